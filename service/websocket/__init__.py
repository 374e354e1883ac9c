"""GraphQL over WebSockets: the graphql-transport-ws protocol."""
