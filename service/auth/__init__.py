"""Authenticate requests: a bearer token becomes a principal with scopes."""
