// Storage for GraphiQL's tabs, history and settings where the browser blocks its own: the memory of the page.

/** Undefined if GraphiQL can use the storage of the browser. */
export function fallbackStorage(): Storage | undefined {
  try {
    return localStorage ? undefined : createMemoryStorage();
  } catch {
    return createMemoryStorage();
  }
}

function createMemoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value);
    },
    removeItem: (key) => {
      items.delete(key);
    },
    clear: () => items.clear(),
  };
}
