"""What the writers of SQL share: the rows of a list, the page that cuts them, the row that is being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schema import Edge, Relation
from service.plan.parameters import ParameterIndex
from service.stores.sqlite.layout import STANCES, relation_table

STANCE_TEXT = " ".join(f"""WHEN {code} THEN '"{name}"'""" for name, code in STANCES.items())
"""The cases that turn a stored stance into a JSON string."""


@dataclass(frozen=True, slots=True)
class RowSource:
    """Where the rows of a list come from: tables, what must hold (`base` of it whatever the filter is), a total order.

    `alias` is that of a row's entity or claim, `edge` that of the edge that led there, `kind` that of the entities;
    `words` is the parameter of the words that were searched for, `cursor` what a cursor is where it is not the keyset.
    """

    tables: str
    conditions: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]
    alias: str
    edge: str = ""
    bare_count: tuple[str, tuple[str, ...]] | None = None
    kind: str = ""
    base: tuple[str, ...] = ()
    words: str = ""
    cursor: str = ""


@dataclass(slots=True)
class CutPage:
    """The rows of a page as seen from outside the subquery that cuts it; what is read of them is asked for by name."""

    alias: str
    columns: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, name: str, expression: str) -> str:
        self.columns[name] = expression
        return f"{self.alias}.{name}"

    @property
    def text(self) -> str:
        """What the subquery that cuts the page selects, once all that is read of it has been asked for."""
        return ", ".join(f"{expression} AS {name}" for name, expression in self.columns.items()) or "1"


@dataclass(frozen=True, slots=True)
class Scope:
    """The row that is being written: its alias, inside the page that cut it if there is one."""

    alias: str
    page: CutPage | None = None

    def read(self, name: str) -> str:
        return f"{self.alias}.{name}" if self.page is None else self.page.read(name, f"{self.alias}.{name}")


def placeholder(parameter: ParameterIndex) -> str:
    """The parameter that a slot's value is bound to."""
    return f":v{parameter}"


def literal(name: str) -> str:
    """A name of the ontology as an SQL string."""
    return "'" + name.replace("'", "''") + "'"


def where_clause(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def begins(text: str, value: str) -> str:
    """Whether a text begins with a value, as a range that an index serves."""
    return f"{text} >= {value} AND {text} < {value} || char(1114111)"


def claim_count(entity: str) -> str:
    """How many claims speak of an entity."""
    return f"ifnull((SELECT claims FROM degree WHERE entity = {entity}), 0)"


def named(kind: str, key: str) -> str:
    """The entity of a kind that has this slug, or else the only one that has this name or alias; or null."""
    return (
        f'coalesce((SELECT _pk FROM entity WHERE _kind = {literal(kind)} AND "slug" = {key}), '
        f"(SELECT max(entity) FROM name WHERE kind = {literal(kind)} AND key = {key} HAVING count(*) = 1))"
    )


def in_degrees(relation: Relation) -> str:
    """The rows of `in_degree` that count the claims of a relation."""
    return f"in_degree WHERE relation = {literal(relation.name)} AND kind = {literal(relation.subject)}"


def degree(edge: Edge, target: str) -> str:
    """How many an edge joins to a target, not counting what is denied."""
    if edge.reverse:
        return f"(SELECT count(*) FROM {relation_table(edge.relation)} WHERE subject = {target} AND stance < {STANCES['LACKS']})"
    return f"ifnull((SELECT claims FROM {in_degrees(edge.relation)} AND object = {target}), 0)"


def population(kind: str) -> str:
    """How many entities of a kind there are."""
    return f"ifnull((SELECT entities FROM population WHERE kind = {literal(kind)}), 0)"


def found(kind: str, key: str) -> str:
    """The entity of a kind that has this slug or alias, or null."""
    return (
        f'coalesce((SELECT _pk FROM entity WHERE _kind = {literal(kind)} AND "slug" = {key}), '
        f"(SELECT entity FROM name WHERE kind = {literal(kind)} AND key = {key} AND alias = 1))"
    )
