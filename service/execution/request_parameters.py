"""Validate the parameters of a GraphQL request, for all transports.

https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARAMETERS: dict[str, type] = {
    "query": str,
    "documentId": str,
    "operationName": str,
    "variables": dict,
    "extensions": dict,
}
MAX_DEPTH = 40
"""The maximum nesting of lists and objects in a parameter. orjson serializes at most 254 levels."""


def type_error(parameters: Mapping[str, Any]) -> str | None:
    """Return a message about a parameter of the wrong type, None if all types are correct."""
    for name, type_ in PARAMETERS.items():
        if not isinstance(parameters.get(name), type_ | None):
            return f"`{name}` must be {'a string' if type_ is str else 'a JSON object'} or null."
    return None


def depth_error(parameters: Mapping[str, Any]) -> str | None:
    """Return a message about a parameter that is nested too deep, None if there is none."""
    for name, type_ in PARAMETERS.items():
        if type_ is dict and _is_too_deep(parameters.get(name) or {}):
            return f"`{name}` must not be nested deeper than {MAX_DEPTH} levels."
    return None


def _is_too_deep(parameter: Mapping[str, Any]) -> bool:
    level: list[Any] = [parameter]
    for _ in range(MAX_DEPTH + 1):
        items = (value.values() if isinstance(value, dict) else value for value in level)
        level = [item for values in items for item in values if isinstance(item, dict | list)]
        if not level:
            return False
    return True
