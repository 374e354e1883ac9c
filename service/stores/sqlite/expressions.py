"""SQL expressions: parameters, strings, and lookups and counts that several clauses use."""

from __future__ import annotations

from collections.abc import Sequence

from schema import Edge, Relation
from service.plan.parameters import ParameterIndex
from service.stores.sqlite.layout import STANCES, relation_table

STANCE_TO_JSON = " ".join(f"""WHEN {code} THEN '"{name}"'""" for name, code in STANCES.items())
"""The branches of a CASE that turns a stored stance into a JSON string."""


def placeholder(parameter: ParameterIndex) -> str:
    """Return the SQL parameter that is bound to a parameter of the plan."""
    return f":v{parameter}"


def sql_string(name: str) -> str:
    """Return a name of the ontology as an SQL string."""
    return "'" + name.replace("'", "''") + "'"


def where_clause(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def starts_with(text: str, prefix: str) -> str:
    """Return the condition that a text starts with a prefix, as a range that an index can serve.

    SQLite compares text byte by byte, and the byte FF follows every byte of UTF-8.
    """
    return f"{text} >= {prefix} AND {text} < {prefix} || CAST(x'FF' AS TEXT)"


def entity_by_reference(kind: str, key: str) -> str:
    """Return the primary key of the entity with this slug, or else of the only one with this name or alias; else NULL."""
    return (
        f'coalesce((SELECT _pk FROM entity WHERE _kind = {sql_string(kind)} AND "slug" = {key}), '
        f"(SELECT max(entity) FROM name WHERE kind = {sql_string(kind)} AND key = {key} HAVING count(*) = 1))"
    )


def entity_by_slug_or_alias(kind: str, key: str) -> str:
    """Return the primary key of the entity with this slug or alias, or NULL."""
    return (
        f'coalesce((SELECT _pk FROM entity WHERE _kind = {sql_string(kind)} AND "slug" = {key}), '
        f"(SELECT entity FROM name WHERE kind = {sql_string(kind)} AND key = {key} AND alias = 1))"
    )


def claim_count(entity: str) -> str:
    """Return the number of claims that mention an entity."""
    return f"ifnull((SELECT claims FROM degree WHERE entity = {entity}), 0)"


def degree(edge: Edge, target: str) -> str:
    """Return the number of entities that an edge connects to a target, without denied claims."""
    if edge.reverse:
        return f"(SELECT count(*) FROM {relation_table(edge.relation)} WHERE subject = {target} AND stance < {STANCES['LACKS']})"
    return f"ifnull((SELECT claims FROM {in_degrees(edge.relation)} AND object = {target}), 0)"


def in_degrees(relation: Relation) -> str:
    """Return the rows of `in_degree` for a relation: a table and a WHERE clause."""
    return f"in_degree WHERE relation = {sql_string(relation.name)} AND kind = {sql_string(relation.subject)}"


def population(kind: str) -> str:
    """Return the number of entities of a kind."""
    return f"ifnull((SELECT entities FROM population WHERE kind = {sql_string(kind)}), 0)"
