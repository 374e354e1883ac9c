// Shared by both examples: the URL, the credentials, and a `fetch` for reading one's own writes.

/** The URL of the service, and a token with the scope `write`. */
export const url = process.env.ATLAS_URL ?? 'http://127.0.0.1:8000/graphql'
export const token = process.env.ATLAS_TOKEN ?? ''

export const credentials = { Authorization: `Bearer ${token}` }

let bookmark: string | null = null

/**
 * A `fetch` that sends the bookmark of the last write, so that later reads include that write, whichever process serves
 * them.
 */
export const fetchWithBookmark: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  if (bookmark !== null) headers.set('Atlas-Bookmark', bookmark)
  const response = await fetch(input, { ...init, headers })
  bookmark = response.headers.get('Atlas-Bookmark') ?? bookmark
  return response
}
