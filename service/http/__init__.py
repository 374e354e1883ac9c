"""GraphQL over HTTP: endpoint, content negotiation, errors, caching, persisted queries, rate limits, security headers."""
