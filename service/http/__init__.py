"""GraphQL over HTTP: the endpoint, negotiation, errors, caching, persisted queries, rate limits, security headers."""
