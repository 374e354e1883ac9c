"""Cypher expressions and clauses that several modules write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.plan.parameters import ParameterIndex
from service.stores.neo4j.layout import alias_label, label


def placeholder(parameter: ParameterIndex | None) -> str:
    """Return the Cypher parameter of a value on whose size the query plan should depend.

    Neo4j plans a statement again for another type of the value, and for another size of a text or a list.
    """
    assert parameter is not None  # noqa: S101 - only the operator `null` has none
    return f"$v{parameter}"


def list_placeholder(parameter: ParameterIndex | None) -> str:
    """Return an item of the list `$v` of all values: one query plan serves texts and lists of every size."""
    assert parameter is not None  # noqa: S101 - only the operator `null` has none
    return f"$v[{parameter}]"


def where_clause(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def string_list(names: Iterable[str]) -> str:
    """Return names of the schema as a list of strings."""
    return f"[{', '.join(repr(name) for name in names)}]"


def collect(body: str, row: str) -> str:
    return f"COLLECT {{ {body} RETURN {row} }}"


def claim_count(node: str) -> str:
    """Return the number of claims that mention an entity: its degree without the relationships of its aliases."""
    return f"COUNT {{ ({node})--() }} - COUNT {{ ({node})<-[:NAMES]-() }}"


def entity_by_reference(kind: str, key: str) -> str:
    """Return the entity with this slug, or else the only one with this name or alias; else null."""
    # the index of names also contains slugs, and serves only queries with conditions on both
    by_name = f"MATCH (e:{label(kind)}) WHERE e.name_key = {key} AND e.slug IS NOT NULL RETURN e"
    by_alias = f"MATCH (:{alias_label(kind)} {{key: {key}}})-[:NAMES]->(e) RETURN e"
    return (
        f"coalesce(head(COLLECT {{ MATCH (e:{label(kind)} {{slug: {key}}}) RETURN e }}), "
        f"head([es IN [COLLECT {{ {by_name} UNION {by_alias} }}] WHERE size(es) = 1 | es[0]]))"
    )
