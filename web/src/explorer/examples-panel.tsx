// The panel with the example queries: a click opens an example in a tab and runs it.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { EXAMPLES, type Example } from "../examples";

const PARSE_TIMEOUT_MS = 1500;

export function ExamplesPanel() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const open = useOpenExample();
  return (
    <section className="atlas-examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Select an example to open it in a tab and run it.</p>
      <ol>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" disabled={!queryEditor} onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function useOpenExample(): (example: Example) => void {
  const { addTab, run, updateActiveTabValues } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const tabs = useGraphiQL((state) => state.tabs);
  const activeTabIndex = useGraphiQL((state) => state.activeTabIndex);
  const parsedQuery = useGraphiQL((state) => state.documentAST)?.loc?.source.body;
  const pendingQuery = useRef<string | null>(null);

  const runPending = () => {
    if (pendingQuery.current !== null) run();
    pendingQuery.current = null;
  };

  // GraphiQL parses the text of the editor with a delay, and runs the operation that it has parsed last.
  useEffect(() => {
    if (pendingQuery.current !== null && parsedQuery === pendingQuery.current) runPending();
  });

  return ({ query }) => {
    const isEmpty = !queryEditor?.getValue().trim();
    const isOpen = tabs[activeTabIndex]?.query?.trim() === query.trim();
    if (!(isEmpty || isOpen)) addTab();
    updateActiveTabValues({ query, variables: "", response: null });
    queryEditor?.setValue(query);
    variableEditor?.setValue("");
    pendingQuery.current = query;
    setTimeout(runPending, PARSE_TIMEOUT_MS); // GraphiQL does not parse a text again that it has parsed before
  };
}
