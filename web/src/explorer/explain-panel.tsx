// The panel that explains how the service executes the current operation: its plan, its statements, and the query plan
// of the database.
import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";
import { errorMessage } from "../dom";
import { useCurrentOperation } from "./current-operation";
import { useExplorer } from "./explorer-context";

/** `extensions.explain` of a response. Extensions are not part of the schema, so this type cannot be generated. */
interface Explanation {
  store: string;
  plan: string;
  statements: { language: string; text: string; steps: string[] }[];
  rows: number;
  cost: number;
  milliseconds: { compile: number; store: number; total: number };
}

interface NamedExplanation {
  name: string;
  explanation: Explanation;
}

const STORES: Readonly<Partial<Record<string, string>>> = { sqlite: "SQLite", neo4j: "Neo4j" };

export function ExplainPanel() {
  const { api } = useExplorer();
  const readOperation = useCurrentOperation();
  const isReady = useGraphiQL((state) => state.queryEditor !== undefined);
  const [result, setResult] = useState<NamedExplanation | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const explain = async () => {
    setBusy(true);
    try {
      const { headers, name, request } = readOperation();
      const response = await api.post<unknown>({ ...request, extensions: { explain: true } }, headers);
      const explanation = response.extensions?.explain as Explanation | undefined;
      // A response with an explanation may have errors as well; the result pane is the place for these.
      if (!explanation) throw new Error(response.errors?.[0]?.message ?? "The response has no explanation.");
      setResult({ name, explanation });
      setError(null);
    } catch (reason) {
      setResult(null);
      setError(errorMessage(reason));
    }
    setBusy(false);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: explain when the panel opens, not on each change in the editors
  useEffect(() => {
    if (isReady) void explain();
  }, [isReady]);

  return (
    <section className="atlas-explain" aria-label="Explain" aria-busy={isBusy}>
      <h2>Explain</h2>
      <p>How the service executes the operation in the editor.</p>
      <button type="button" className="atlas-button" disabled={!isReady || isBusy} onClick={() => void explain()}>
        Explain again
      </button>
      <div role="status">
        {error === null ? null : <p>{error}</p>}
        {result === null ? null : <Summary {...result} />}
      </div>
      {result === null ? null : <Details {...result.explanation} />}
    </section>
  );
}

function Summary({ explanation: { cost, milliseconds, rows, statements, store }, name }: NamedExplanation) {
  const facts = {
    Store: STORES[store] ?? store,
    Statements: statements.length,
    "In the result": `${rows.toLocaleString()} rows`,
    "Maximum cost": `${cost.toLocaleString()} rows`,
    "Compile time": `${milliseconds.compile} ms`,
    "Store time": `${milliseconds.store} ms`,
    "Total time": `${milliseconds.total} ms`,
  };
  return (
    <>
      <h3>{name}</h3>
      <dl>
        {Object.entries(facts).map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Details({ plan, statements }: Explanation) {
  return (
    <>
      <h3>Plan</h3>
      <pre>{plan}</pre>
      {statements.map(({ language, steps, text }) => (
        <div key={text}>
          <h3>{language}</h3>
          <pre>{text}</pre>
          {steps.length > 0 && <h3>Query plan of the database</h3>}
          {steps.length > 0 && <pre>{steps.join("\n")}</pre>}
        </div>
      ))}
    </>
  );
}
