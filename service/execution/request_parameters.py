"""What a request for an operation may hold, by whichever transport it comes.

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
DEEPEST = 40
"""How many levels of lists and objects a value has at the most; what is written as JSON again ends at 254."""


def mistyped(given: Mapping[str, Any]) -> str | None:
    """Which parameter is of a wrong type; None where all are right."""
    for name, type_ in PARAMETERS.items():
        if not isinstance(given.get(name), type_ | None):
            return f"`{name}` must be {'text' if type_ is str else 'a JSON object'} or null."
    return None


def too_deep(given: Mapping[str, Any]) -> str | None:
    """Which parameter's values are nested too deep to be handled; None where none's are."""
    for name, type_ in PARAMETERS.items():
        if type_ is dict and _is_deeper(given.get(name) or {}):
            return f"`{name}` must not be nested deeper than {DEEPEST} levels."
    return None


def _is_deeper(given: Mapping[str, Any]) -> bool:
    level: list[Any] = [given]
    for _ in range(DEEPEST + 1):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True
