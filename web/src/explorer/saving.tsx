// The answer as a file: the same operation, asked for in another format, and saved as it comes.
import { useState } from "react";
import { download } from "../api";
import { useOperation } from "./operation";

const FORMATS = [
  { name: "CSV", type: "text/csv", ending: "csv" },
  { name: "JSON Lines", type: "application/jsonl", ending: "jsonl" },
];

export function Saving() {
  const read = useOperation();
  const [told, setTold] = useState("");
  const [busy, setBusy] = useState(false);

  const save = async ({ ending, type }: (typeof FORMATS)[number]) => {
    setBusy(true);
    setTold("Asking.");
    try {
      const { body, headers, name } = read();
      const file = `${name}.${ending}`;
      keep(await download(body, type, headers), file);
      setTold(`Saved as ${file}.`);
    } catch (error) {
      setTold(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };

  return (
    <div className="atlas-saving" role="group" aria-label="Save the answer">
      <span>Save as</span>
      {FORMATS.map((format) => (
        <button key={format.name} type="button" className="atlas-button" disabled={busy} onClick={() => void save(format)}>
          {format.name}
        </button>
      ))}
      <span role="status">{told}</span>
    </div>
  );
}

function keep(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
