// The explorer: GraphiQL with a query builder and the examples of the repository.
import "./workers";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { StrictMode, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
// Not GraphiQL's own style.css: that holds two families of fonts, and Monaco's style, which comes with Monaco anyway.
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./theme.css";
import "./explorer.css";
import { EXAMPLES, type Example } from "./examples";
import { Explain } from "./explorer/explain";
import { Saving } from "./explorer/saving";
import { storage } from "./explorer/storage";
import { ThemeSwitch } from "./explorer/theme";
import { editor, fetcher, latest } from "./fetcher";

const examplesPlugin: GraphiQLPlugin = { title: "Examples", icon: CompassIcon, content: Examples };
const picturePlugin: GraphiQLPlugin = { title: "Picture of the answer", icon: NetworkIcon, content: Picture };
const explainPlugin: GraphiQLPlugin = { title: "Explain", icon: StepsIcon, content: Explain };
const plugins = [examplesPlugin, picturePlugin, explainPlugin, { ...explorerPlugin(), title: "Query builder" }, HISTORY_PLUGIN];

/** The example that the address names, as the start page links it. */
function linked(): Example | undefined {
  const name = new URLSearchParams(location.hash.slice(1)).get("example");
  return EXAMPLES.find((example) => example.name === name);
}

/** Tells that there is an editor by now. */
function Ready() {
  const made = useGraphiQL((state) => state.queryEditor !== undefined);
  useEffect(() => {
    if (made) editor.ready();
  }, [made]);
  return null;
}

function Examples() {
  const { addTab, updateActiveTabValues, run } = useGraphiQLActions();
  const queries = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);

  const read = useGraphiQL((state) => state.documentAST)?.loc?.source.body;
  const wanted = useRef<string>(null);
  const start = () => {
    if (wanted.current !== null) run();
    wanted.current = null;
  };

  // The editor reads what it holds a little later; before that it would run what was there before.
  useEffect(() => {
    if (read !== undefined && read === wanted.current) start();
  });

  const open = (example: Example) => {
    const current = tabs[active];
    if (queries?.getValue().trim() && current?.query?.trim() !== example.query.trim()) addTab();
    updateActiveTabValues({ query: example.query, variables: "", response: null });
    queries?.setValue(example.query);
    variables?.setValue("");
    wanted.current = example.query;
    setTimeout(start, 1500); // where it was there already, the editor tells nothing new
  };

  return (
    <section className="atlas-examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Choose one: it opens in a tab and runs.</p>
      <ol>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" disabled={!queries} onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.text}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The last answer as a network; what draws it is loaded when this is opened. */
function Picture() {
  const place = useRef<HTMLDivElement>(null);
  const asked = useSyncExternalStore(latest.subscribe, latest.get);
  const [address, setAddress] = useState("graph");

  useEffect(() => {
    if (!asked || !place.current) return undefined;
    let gone = false;
    let close = () => {};
    const root = place.current.appendChild(document.createElement("div"));
    void import("./picture/panel").then(({ Panel, writeHash }) => {
      if (gone) return;
      const panel = new Panel(root, {
        onView: (view, picked) => setAddress(`graph${writeHash(view, picked)}`),
      });
      close = () => panel.destroy();
      void panel.open({ show: [], query: asked });
    });
    return () => {
      gone = true;
      close();
      root.remove();
    };
  }, [asked]);

  return (
    <section className="atlas-picture" aria-label="Picture of the answer">
      <h2>Picture</h2>
      {asked ? (
        <p>
          <a href={address} target="_blank" rel="noopener">
            On a page of its own
          </a>
        </p>
      ) : (
        <p>Run a query: what it answers is drawn here.</p>
      )}
      <div className="atlas-paper" ref={place} />
    </section>
  );
}

function NetworkIcon() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5">
      <path d="M7 8l4 8M9 6h6M17 9l-3 7" />
      <circle cx="6" cy="6" r="3" />
      <circle cx="18" cy="6" r="3" />
      <circle cx="12.500" cy="18.500" r="3" />
    </svg>
  );
}

function StepsIcon() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5">
      <path d="M4 6h16M8 12h12M12 18h8M4 6v12M8 12v0" />
    </svg>
  );
}

function CompassIcon() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5">
      <circle cx="12" cy="12" r="9" />
      <path d="m15.500 8.500-2 5-5 2 2-5z" />
    </svg>
  );
}

const chosen = linked();
const first = chosen ?? EXAMPLES[0]!;
const kept = storage();
const tour = EXAMPLES.slice(0, 3).filter((example) => example !== first);

createRoot(document.getElementById("explorer")!).render(
  <StrictMode>
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      visiblePlugin={examplesPlugin}
      initialQuery={chosen?.query}
      defaultTabs={[first, ...tour].map(({ query }) => ({ query }))}
      defaultEditorToolsVisibility={false}
      storage={kept}
    >
      <GraphiQL.Logo>
        <a className="atlas-home" href="./">
          Framework Atlas
        </a>
        <ThemeSwitch />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <Saving />
        <Ready />
      </GraphiQL.Footer>
    </GraphiQL>
  </StrictMode>,
);
