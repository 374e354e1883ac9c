// The objects that the explorer's components share. The entry module creates them.
import { createContext, useContext } from "react";
import type { GraphViewServices } from "../graph-view/graph-view";
import type { LatestResult } from "./latest-result";

export interface ExplorerServices extends GraphViewServices {
  latestResult: LatestResult;
}

export const ExplorerContext = createContext<ExplorerServices | null>(null);

export function useExplorer(): ExplorerServices {
  const services = useContext(ExplorerContext);
  if (!services) throw new Error("This component needs an ExplorerContext.");
  return services;
}
