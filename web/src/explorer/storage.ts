// Where GraphiQL keeps tabs, history and settings: the browser's storage, or the page's memory where that is switched off.

/** Undefined where GraphiQL may help itself. */
export function storage(): Storage | undefined {
  try {
    return localStorage ? undefined : memory();
  } catch {
    return memory();
  }
}

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (place) => [...kept.keys()][place] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}
