"""Authenticate requests: a bearer token becomes a principal with scopes.

A token is either static, with its hash in the settings, or a JWT that the configured key verifies. A request with an invalid
token is rejected, even if it would be accepted without a token.
"""
