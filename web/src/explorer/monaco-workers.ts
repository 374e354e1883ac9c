// The web workers of the Monaco editor, bundled as files of the service.
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/esm/vs/language/json/json.worker.js?worker";
import GraphQlWorker from "monaco-graphql/esm/graphql.worker.js?worker";

const WORKERS: Readonly<Partial<Record<string, new () => Worker>>> = { json: JsonWorker, graphql: GraphQlWorker };

/** Must run before the first editor is created. */
export function registerWorkers(): void {
  // biome-ignore lint/style/useGlobalThis: monaco-editor declares the property on Window
  window.MonacoEnvironment = {
    getWorker: (_id: string, label: string) => new (WORKERS[label] ?? EditorWorker)(),
  };
}
