// What both examples need of the service: where it is, who asks, and how a client reads its own writes.

/** The address of the service, and a token of the scope `write`. */
export const url = process.env.ATLAS_URL ?? 'http://127.0.0.1:8000/graphql'
export const token = process.env.ATLAS_TOKEN ?? ''

/** What identifies this client. */
export const credentials = { Authorization: `Bearer ${token}` }

let bookmark: string | null = null

/**
 * A `fetch` that remembers the bookmark a write gave and sends it along, so that a later read sees that write whichever
 * process answers it.
 */
export const fetchWithBookmark: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  if (bookmark !== null) headers.set('Atlas-Bookmark', bookmark)
  const response = await fetch(input, { ...init, headers })
  bookmark = response.headers.get('Atlas-Bookmark') ?? bookmark
  return response
}
