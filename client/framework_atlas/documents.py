"""What a client must know of a document: whether it may be sent twice, and which variables it takes.

No parser: a document's outline is its words and brackets; whether it is right, the service says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

OperationKind = Literal["query", "mutation", "subscription"]

_TOKEN = re.compile(
    r'"""(?:\\"""|.)*?"""'  # a block string, which may hold anything
    r'|"(?:\\.|[^"\\\n\r])*"'
    r"|#[^\n\r]*"
    r"|(?P<told>[@$]?\w+|[(){}\[\]])",
    re.DOTALL,
)
_KINDS: dict[str, OperationKind] = {"query": "query", "mutation": "mutation", "subscription": "subscription"}


def operation_kind(document: str, name: str | None = None) -> OperationKind:
    """What sort of operation is asked for; `mutation` where that is open and one of them is."""
    operations = list(_operations(document))
    chosen = [kind for kind, named in operations if name is None or named == name] or [kind for kind, _ in operations]
    for kind in ("mutation", "subscription"):
        if kind in chosen:
            return kind
    return "query"


def takes(document: str, variable: str) -> bool:
    """Whether a document names a variable."""
    return f"${variable}" in _tokens(document)


def _operations(document: str) -> Iterator[tuple[OperationKind, str | None]]:
    """Kind and name of every operation."""
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
                named = head[1] if len(head) > 1 and not head[1].startswith("@") else None
                yield kind, named
        elif depth == 0 and token not in {"(", "["}:
            head.append(token)
        if token in {"(", "[", "{"}:
            depth += 1


def _tokens(document: str) -> Iterator[str]:
    for found in _TOKEN.finditer(document):
        if told := found["told"]:
            yield told
