// The plugins in GraphiQL's sidebar.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { GraphiQLPlugin } from "@graphiql/react";
import { ExamplesPanel } from "./examples-panel";
import { ExplainPanel } from "./explain-panel";
import { CompassIcon, NetworkIcon, StepsIcon } from "./icons";
import { ResultGraphPanel } from "./result-graph-panel";

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: "Examples", icon: CompassIcon, content: ExamplesPanel };

export const PLUGINS: GraphiQLPlugin[] = [
  EXAMPLES_PLUGIN,
  { title: "Result graph", icon: NetworkIcon, content: ResultGraphPanel },
  { title: "Explain", icon: StepsIcon, content: ExplainPanel },
  { ...explorerPlugin(), title: "Query builder" },
  HISTORY_PLUGIN,
];
