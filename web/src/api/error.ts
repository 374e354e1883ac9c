// The error of a request to the service.

/** A failed request, with a message for the person who uses the page. */
export class ApiError extends Error {
  /** Whether the service requires a token, or another one. */
  readonly needsToken: boolean;

  constructor(message: string, options: ErrorOptions & { needsToken?: boolean } = {}) {
    super(message, options);
    this.needsToken = options.needsToken ?? false;
  }
}
