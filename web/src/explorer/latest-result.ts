// The latest query that the service has answered, for the result graph.
import type { ViewQuery } from "../graph-view/view-state";

/** A store for React's useSyncExternalStore. */
export class LatestResult {
  readonly #listeners = new Set<() => void>();
  #query: ViewQuery | null = null;

  readonly getQuery = (): ViewQuery | null => this.#query;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  setQuery(query: ViewQuery): void {
    this.#query = query;
    for (const listener of this.#listeners) listener();
  }
}
