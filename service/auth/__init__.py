"""Authenticate requests: a bearer token becomes a principal with scopes.

A token is a static one, whose hash is in the settings, or a JWT that the configured key verifies. A request with an invalid token
is rejected, even where it would be accepted without a token.
"""
