"""Inspect documents: the kind of an operation, which decides whether it can be retried, and the variables.

This is not a parser. It scans the names and brackets of a document; the service validates the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

OperationKind = Literal["query", "mutation", "subscription"]

_TOKEN = re.compile(
    r'"""(?:\\"""|.)*?"""'  # a block string, which can contain anything
    r'|"(?:\\.|[^"\\\n\r])*"'
    r"|#[^\n\r]*"
    r"|(?P<token>[@$]?\w+|[(){}\[\]])",
    re.DOTALL,
)
_KINDS: dict[str, OperationKind] = {"query": "query", "mutation": "mutation", "subscription": "subscription"}


def operation_kind(document: str, name: str | None = None) -> OperationKind:
    """The kind of the selected operation. If the selection is ambiguous, `mutation` takes precedence."""
    operations = list(_operations(document))
    kinds = [kind for kind, other in operations if name is None or other == name] or [kind for kind, _ in operations]
    for kind in ("mutation", "subscription"):
        if kind in kinds:
            return kind
    return "query"


def has_variable(document: str, variable: str) -> bool:
    """Whether a document contains a variable."""
    return f"${variable}" in _tokens(document)


def _operations(document: str) -> Iterator[tuple[OperationKind, str | None]]:
    """The kind and the name of every operation."""
    depth, head = 0, list[str]()
    for token in _tokens(document):
        if token in {")", "]", "}"}:
            depth -= 1
            if token == "}" and depth == 0:  # noqa: S105 - a bracket
                head = []
            continue
        if depth == 0 and token == "{":  # noqa: S105 - a bracket
            if not head:
                yield "query", None
            elif kind := _KINDS.get(head[0]):
                name = head[1] if len(head) > 1 and not head[1].startswith("@") else None
                yield kind, name
        elif depth == 0 and token not in {"(", "["}:
            head.append(token)
        if token in {"(", "[", "{"}:
            depth += 1


def _tokens(document: str) -> Iterator[str]:
    for match in _TOKEN.finditer(document):
        if token := match["token"]:
            yield token
