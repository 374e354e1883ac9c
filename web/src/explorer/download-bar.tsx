// Buttons that save the result of the current operation as a file: the service returns it in the format of the file.
import { useState } from "react";
import { errorMessage, saveFile } from "../dom";
import { useCurrentOperation } from "./current-operation";
import { useExplorer } from "./explorer-context";

interface FileFormat {
  name: string;
  mediaType: string;
  extension: string;
}

const FORMATS: readonly FileFormat[] = [
  { name: "CSV", mediaType: "text/csv", extension: "csv" },
  { name: "JSON Lines", mediaType: "application/jsonl", extension: "jsonl" },
];

export function DownloadBar() {
  const { api } = useExplorer();
  const readOperation = useCurrentOperation();
  const [status, setStatus] = useState("");
  const [isBusy, setBusy] = useState(false);

  const download = async ({ extension, mediaType }: FileFormat) => {
    setBusy(true);
    setStatus("Downloading.");
    try {
      const { headers, name, request } = readOperation();
      const fileName = `${name}.${extension}`;
      saveFile(await api.download(request, mediaType, headers), fileName);
      setStatus(`Saved as ${fileName}.`);
    } catch (error) {
      setStatus(errorMessage(error));
    }
    setBusy(false);
  };

  return (
    <fieldset className="atlas-download" aria-label="Save the result">
      <span>Save as</span>
      {FORMATS.map((format) => (
        <button
          key={format.name}
          type="button"
          className="atlas-button"
          disabled={isBusy}
          onClick={() => void download(format)}
        >
          {format.name}
        </button>
      ))}
      <span role="status">{status}</span>
    </fieldset>
  );
}
