"""A client for Framework Atlas: `Client` blocks, `AsyncClient` uses asyncio.

The types of the schema are in `framework_atlas.types`.
"""

from framework_atlas.clients import AsyncClient, Client
from framework_atlas.errors import (
    AccessError,
    AnsweredError,
    AtlasError,
    DocumentError,
    ForbiddenError,
    GraphQLError,
    OperationError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from framework_atlas.retries import Retries

__all__ = [
    "AccessError",
    "AnsweredError",
    "AsyncClient",
    "AtlasError",
    "Client",
    "DocumentError",
    "ForbiddenError",
    "GraphQLError",
    "OperationError",
    "Retries",
    "UnauthenticatedError",
    "UnavailableError",
    "UnexpectedAnswerError",
]
