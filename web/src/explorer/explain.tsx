// How the service comes to an answer: the plan of the operation, the statements it is made to, and the database's own steps.
import { useGraphiQL } from "@graphiql/react";
import { useEffect, useState } from "react";
import { post } from "../api";
import { useOperation } from "./operation";

/** What stands in `extensions.explain` of an answer. */
interface Explained {
  store: string;
  plan: string;
  statements: { language: string; text: string; steps: string[] }[];
  rows: number;
  cost: number;
  milliseconds: { compile: number; store: number; total: number };
}

type Told = { name: string; explained: Explained } | { trouble: string } | null;

export function Explain() {
  const read = useOperation();
  const ready = useGraphiQL((state) => state.queryEditor !== undefined);
  const [told, setTold] = useState<Told>(null);
  const [asking, setAsking] = useState(false);

  const explain = async () => {
    setAsking(true);
    try {
      const { body, headers, name } = read();
      const answer = await post<unknown>({ ...body, extensions: { explain: true } }, headers);
      const explained = answer.extensions?.explain as Explained | undefined;
      // An answer that is explained may have errors too; then they stand where the answer does.
      if (!explained) throw new Error(answer.errors?.[0]?.message ?? "The service answered without explaining.");
      setTold({ name, explained });
    } catch (error) {
      setTold({ trouble: error instanceof Error ? error.message : String(error) });
    }
    setAsking(false);
  };

  useEffect(() => {
    if (ready) void explain();
    // What is in the editors counts when this is opened, and when the button is pressed.
  }, [ready]);

  return (
    <section className="atlas-explain" aria-label="Explain" aria-busy={asking}>
      <h2>Explain</h2>
      <p>How the service comes to the answer of the operation in the editor.</p>
      <button type="button" className="atlas-button" disabled={!ready || asking} onClick={() => void explain()}>
        Explain again
      </button>
      <div role="status">{told && "trouble" in told ? <p className="trouble">{told.trouble}</p> : told && <Summary {...told} />}</div>
      {told && "explained" in told && <Details explained={told.explained} />}
    </section>
  );
}

function Summary({ explained, name }: { explained: Explained; name: string }) {
  const { cost, milliseconds, rows, statements, store } = explained;
  return (
    <>
      <h3>{name}</h3>
      <dl>
        {Object.entries({
          "Answered by": { sqlite: "SQLite", neo4j: "Neo4j" }[store] ?? store,
          Statements: statements.length,
          "In the answer": `${rows.toLocaleString()} rows`,
          "At most touched": `${cost.toLocaleString()} rows`,
          "Compiling took": `${milliseconds.compile} ms`,
          "The store took": `${milliseconds.store} ms`,
          "All of it took": `${milliseconds.total} ms`,
        }).map(([what, said]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{said}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Details({ explained: { plan, statements } }: { explained: Explained }) {
  return (
    <>
      <h3>Plan</h3>
      <pre>{plan}</pre>
      {statements.map(({ language, steps, text }, place) => (
        <div key={`${place} ${text}`}>
          <h3>{language}</h3>
          <pre>{text}</pre>
          {steps.length > 0 && <h3>Steps of the database</h3>}
          {steps.length > 0 && <pre>{steps.join("\n")}</pre>}
        </div>
      ))}
    </>
  );
}
