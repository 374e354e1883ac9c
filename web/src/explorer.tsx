// Entry of the explorer: GraphiQL with a query builder, example queries, a graph of the result, and explanations.
import { GraphiQL } from "graphiql";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
// Not the style.css of GraphiQL: it contains two font families, and the styles of Monaco, which load with Monaco.
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./theme.css";
import "./explorer.css";
import { ApiClient } from "./api/client";
import { pageElement } from "./dom";
import { EXAMPLES, type Example } from "./examples";
import { DownloadBar } from "./explorer/download-bar";
import { EditorReadySignal } from "./explorer/editor-ready";
import { ExplorerContext, type ExplorerServices } from "./explorer/explorer-context";
import { createFetcher } from "./explorer/fetcher";
import { LatestResult } from "./explorer/latest-result";
import { registerWorkers } from "./explorer/monaco-workers";
import { EXAMPLES_PLUGIN, PLUGINS } from "./explorer/plugins";
import { fallbackStorage } from "./explorer/storage";
import { ThemeSelect } from "./explorer/theme-select";
import { SchemaCache } from "./graph-view/schema-cache";
import { ThemeController } from "./theme";

const DEFAULT_TABS = 3; // in addition to an example that the address names

registerWorkers();
const api = new ApiClient(new URL("graphql", document.baseURI));
const services: ExplorerServices = {
  api,
  latestResult: new LatestResult(),
  schemas: new SchemaCache(api),
  theme: new ThemeController(),
};
const editorReady = Promise.withResolvers<void>();
const fetcher = createFetcher(api, services.latestResult, editorReady.promise);
const linkedExample = findLinkedExample();
const defaults = EXAMPLES.slice(0, DEFAULT_TABS).filter((example) => example !== linkedExample);
const tabs = linkedExample ? [linkedExample, ...defaults] : defaults;

createRoot(pageElement("explorer")).render(
  <StrictMode>
    <ExplorerContext value={services}>
      <GraphiQL
        fetcher={fetcher}
        plugins={PLUGINS}
        visiblePlugin={EXAMPLES_PLUGIN}
        initialQuery={linkedExample?.query}
        defaultTabs={tabs.map(({ query }) => ({ query }))}
        defaultEditorToolsVisibility={false}
        storage={fallbackStorage()}
      >
        <GraphiQL.Logo>
          <a className="atlas-home" href="./">
            Framework Atlas
          </a>
          <ThemeSelect />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <DownloadBar />
          <EditorReadySignal onReady={editorReady.resolve} />
        </GraphiQL.Footer>
      </GraphiQL>
    </ExplorerContext>
  </StrictMode>,
);

/** The example that the fragment of the address names, as the links of the start page do. */
function findLinkedExample(): Example | undefined {
  const name = new URLSearchParams(location.hash.slice(1)).get("example");
  return EXAMPLES.find((example) => example.name === name);
}
