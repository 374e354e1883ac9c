// The panel with the graph of the latest result. The code of the graph view is loaded when the panel is opened.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { writeHash } from "../graph-view/view-state";
import { useExplorer } from "./explorer-context";

export function ResultGraphPanel() {
  const services = useExplorer();
  const { latestResult } = services;
  const container = useRef<HTMLDivElement>(null);
  const query = useSyncExternalStore(latestResult.subscribe, latestResult.getQuery);
  const [address, setAddress] = useState("graph");

  useEffect(() => {
    if (!query) return;
    let isClosed = false;
    let close = () => {
      isClosed = true;
    };
    const open = async () => {
      const { GraphView } = await import("../graph-view/graph-view");
      if (isClosed) return;
      const graphView = new GraphView(services, { keys: [], query }, (view, selected) =>
        setAddress(`graph${writeHash(view, selected)}`),
      );
      container.current?.append(graphView.element);
      close = () => {
        graphView.destroy();
        graphView.element.remove();
      };
      await graphView.load();
    };
    void open();
    return () => close();
  }, [query, services]);

  return (
    <section className="atlas-result-graph" aria-label="Result graph">
      <h2>Result graph</h2>
      {query ? (
        <p>
          <a href={address} target="_blank" rel="noopener">
            Open on the graph page
          </a>
        </p>
      ) : (
        <p>Run a query to see its result as a graph.</p>
      )}
      <div className="atlas-graph-container" ref={container} />
    </section>
  );
}
