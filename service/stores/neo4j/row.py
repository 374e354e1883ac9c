"""What the writers of Cypher share: the values that a statement returns for one thing, and their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from service.stores.neo4j.layout import alias_label, label


@dataclass(slots=True)
class Row:
    """The values that a statement returns for one thing: expressions, each once, and their places."""

    values: list[str] = field(default_factory=list[str])

    def place(self, expression: str, of: str = "r") -> str:
        """How the shaper reads this expression's value, in the list that it calls `of`."""
        if expression not in self.values:
            self.values.append(expression)
        return f"{of}[{self.values.index(expression)}]"

    @property
    def text(self) -> str:
        return f"[{', '.join(self.values)}]"


def collect(body: str, row: str) -> str:
    return f"COLLECT {{ {body} RETURN {row} }}"


def dictionary(parts: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in parts) + "}"


def named(kind: str, key: str) -> str:
    """The node of a kind that has this slug, or else the only one that has this name or alias; or null."""
    # the index of names has slugs as well, and serves only what asks for both
    own = f"MATCH (e:{label(kind)}) WHERE e.name_key = {key} AND e.slug IS NOT NULL RETURN e"
    other = f"MATCH (:{alias_label(kind)} {{key: {key}}})-[:NAMES]->(e) RETURN e"
    return (
        f"coalesce(head(COLLECT {{ MATCH (e:{label(kind)} {{slug: {key}}}) RETURN e }}), "
        f"head([es IN [COLLECT {{ {own} UNION {other} }}] WHERE size(es) = 1 | es[0]]))"
    )
