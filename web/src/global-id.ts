// Global IDs: Base64 of a key such as `Framework:django`. Page addresses contain keys, requests contain IDs.

export function globalId(key: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(key)));
}

/** The key of an ID; the ID itself if it does not contain a key. */
export function entityKey(id: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(id), (letter) => letter.charCodeAt(0)));
  } catch {
    return id;
  }
}

/** The address of the graph page with an entity and its neighbours, relative to the other pages. */
export function graphPageLink(id: string): string {
  return `graph#show=${encodeURIComponent(entityKey(id))}`;
}
