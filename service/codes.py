"""The codes of errors, as answers have them in `extensions.code` and operators count them."""

from __future__ import annotations

BAD_INPUT = "BAD_USER_INPUT"
LIMIT = "LIMIT_EXCEEDED"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
TIMEOUT = "STATEMENT_TIMEOUT"
INTERNAL = "INTERNAL_SERVER_ERROR"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
RATE_LIMITED = "RATE_LIMITED"

# of documents by their hashes, as Apollo's clients and router call them
NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
NOT_SAFE = "QUERY_NOT_IN_SAFELIST"
MISMATCH = "PERSISTED_QUERY_HASH_MISMATCH"

REFUSED = "REFUSED"
"""Not in answers: how operators are told of what has no code."""

COUNTED = frozenset(
    {
        BAD_INPUT,
        LIMIT,
        UNAVAILABLE,
        TIMEOUT,
        INTERNAL,
        UNAUTHENTICATED,
        FORBIDDEN,
        RATE_LIMITED,
        NOT_FOUND,
        NOT_SUPPORTED,
        NOT_IN_LIST,
        NOT_SAFE,
        MISMATCH,
        REFUSED,
    }
)
"""Those that are a label of their own."""
