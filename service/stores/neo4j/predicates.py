"""Write what must hold of a node, and what it is sorted by, as Cypher expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.plan import (
    And,
    ByClaim,
    ByCount,
    ByProperty,
    CountMatches,
    HasRelated,
    NameMatches,
    Not,
    Or,
    Order,
    Predicate,
    PropertyMatches,
    Traversal,
    conjuncts,
    null_placeholder,
)
from service.plan.parameters import ParameterIndex
from service.stores.neo4j.layout import alias_label, key_name, label, property_name, relationship

_COMPARE = {
    "eq": "=",
    "in": "IN",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "contains": "CONTAINS",
    "startsWith": "STARTS WITH",
    "endsWith": "ENDS WITH",
}
CLAIM_PROPERTIES = {"firstSeen": "first_seen", "lastSeen": "last_seen"}


@dataclass(slots=True)
class Variables:
    """The variables of one statement: `t1`, `t2`, `r1`."""

    _used: dict[str, int] = field(default_factory=dict[str, int])

    def new(self, letter: str) -> str:
        self._used[letter] = self._used.get(letter, 0) + 1
        return f"{letter}{self._used[letter]}"


def placeholder(number: ParameterIndex | None) -> str:
    """The parameter that holds the value of a slot. Neo4j plans by its type and, of texts and lists, by its size."""
    assert number is not None  # noqa: S101 - only `null` has none
    return f"$v{number}"


def list_placeholder(number: ParameterIndex | None) -> str:
    """The value of a slot by which no plan is better or worse: one plan serves texts and lists of every size."""
    assert number is not None  # noqa: S101 - only `null` has none
    return f"$v[{number}]"


def clause(conditions: Sequence[str]) -> str:
    """A WHERE, when there is something to ask."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def claim_count(node: str) -> str:
    """How many claims speak of a node: its degree, less its aliases."""
    return f"COUNT {{ ({node})--() }} - COUNT {{ ({node})<-[:NAMES]-() }}"


def texts(names: Iterable[str]) -> str:
    """Names of ours as a list."""
    return f"[{', '.join(repr(name) for name in names)}]"


# ---------------------------------------------------------------------------------------------------------------- nodes


def conditions(parts: Iterable[Predicate], node: str, kind: str, variables: Variables) -> tuple[str, ...]:
    """What must hold of a node of a kind: each is true or false, never null."""
    return tuple(_condition(part, node, kind, variables) for part in parts)


def compared(expression: str, operator: str, number: ParameterIndex | None) -> str:
    """An expression beside a value. A text index serves what is known to be a text, and of a part of one its size tells
    how many match.
    """
    return f"{expression} {_COMPARE[operator]} {placeholder(number)}"


def slug_compared(node: str, operator: str, number: ParameterIndex | None) -> str:
    """A node's slug beside a value. Slugs are unique: one equals it, however long it is."""
    value = list_placeholder(number) if operator == "eq" else placeholder(number)
    return f"{node}.slug {_COMPARE[operator]} {value}"


def _condition(predicate: Predicate, node: str, kind: str, variables: Variables) -> str:
    match predicate:
        case PropertyMatches(prop, "null"):
            return f"{node}.{property_name(prop)} IS NULL"
        case PropertyMatches(prop, operator, number) if prop.name == "slug":
            return slug_compared(node, operator, number)
        case PropertyMatches(prop, operator, number):
            value = f"{node}.{key_name(prop)}"
            text = compared(value, operator, number)
            return text if prop.required else f"({value} IS NOT NULL AND {text})"
        case NameMatches(operator, number):
            alias = variables.new("n")
            other = f"({node})<-[:NAMES]-({alias}:{alias_label(kind)})"
            other = f"EXISTS {{ {other} WHERE {compared(f'{alias}.key', operator, number)} }}"
            return f"({compared(f'{node}.name_key', operator, number)} OR {other})"
        case HasRelated(traversal, where):
            return _related(traversal, where, node, variables)
        case CountMatches(traversal, operator, number):
            return compared(_hop_count(traversal, node), operator, number)
        case And(parts):
            return _join(" AND ", "true", conditions(parts, node, kind, variables))
        case Or(parts):
            return _join(" OR ", "false", conditions(parts, node, kind, variables))
        case Not(part):
            return f"NOT ({_condition(part, node, kind, variables)})"


def _related(traversal: Traversal, where: Predicate | None, node: str, variables: Variables) -> str:
    edge, target = variables.new("r"), variables.new("t")
    if where is None and not needs_edge(traversal):
        return f"EXISTS {{ {pattern(traversal, node, '', '')} }}"
    asked = conditions(conjuncts(where), target, traversal.edge.target, variables)
    found = pattern(traversal, node, edge, f"{target}:{label(traversal.edge.target)}" if asked else "")
    return f"EXISTS {{ MATCH {found}{clause((*hop_conditions(traversal, edge), *asked))} }}"


def _join(word: str, empty: str, parts: Sequence[str]) -> str:
    return f"({word.join(parts)})" if parts else empty


# ----------------------------------------------------------------------------------------------------------------- hops


def pattern(traversal: Traversal, near: str, edge: str, far: str) -> str:
    """`(near)-[edge:TYPES]->(far)`, turned where the edge is walked back. Its types imply the label of what is far."""
    known = {"HAS", "DISPUTED"} & set(traversal.stances) or not traversal.stances
    types = [relationship(traversal.edge.relation)] if known else []
    types += [relationship(traversal.edge.relation, denied=True)] if "LACKS" in traversal.stances else []
    ahead, back = ("<-", "-") if traversal.edge.reverse else ("-", "->")
    return f"({near}){ahead}[{edge}:{'|'.join(types)}]{back}({far})"


def needs_edge(traversal: Traversal) -> bool:
    """Whether more must hold of an edge than its type."""
    return bool(hop_conditions(traversal, ""))


def hop_conditions(traversal: Traversal, edge: str) -> tuple[str, ...]:
    """What must hold of an edge beyond its type."""
    least = (
        () if traversal.min_confidence is None else (f"{edge}.confidence >= {placeholder(traversal.min_confidence)}",)
    )
    if set(traversal.stances) & {"HAS", "DISPUTED"} in ({"HAS", "DISPUTED"}, set()) and traversal.stances:
        return least
    return f"{edge}.stance IN {texts(traversal.stances)}", *least


def bare_stances(traversal: Traversal, claim: str) -> tuple[str, ...]:
    """What must hold of a claim whose edge has a type that is walked, when nothing more is asked of the edge."""
    known, denied = "HAS" in traversal.stances, "LACKS" in traversal.stances
    return () if known and denied else (f"{claim}.stance {'=' if denied else '<>'} 'LACKS'",)


def _hop_count(traversal: Traversal, node: str) -> str:
    if not needs_edge(traversal):
        return f"COUNT {{ {pattern(traversal, node, '', '')} }}"
    return f"COUNT {{ MATCH {pattern(traversal, node, 'r', '')}{clause(hop_conditions(traversal, 'r'))} }}"


# --------------------------------------------------------------------------------------------------------------- orders


def sorting(order: tuple[Order, ...], node: str, edge: str) -> tuple[tuple[str, bool], ...]:
    """The expressions of an order, and whether each falls."""
    return tuple((_order_term(term, node, edge), term.descending) for term in order)


def _order_term(order: Order, node: str, edge: str) -> str:
    match order:
        case ByProperty(prop):
            text = f"{node}.{key_name(prop)}"
            return text if prop.required else f"coalesce({text}, {_sentinel(order)})"
        case ByCount(target):
            return _hop_count(Traversal(target, ("HAS", "DISPUTED")), node)
        case ByClaim("confidence"):
            return f"{edge}.confidence"
        case ByClaim(name):
            return f"coalesce({edge}.{CLAIM_PROPERTIES[name]}, {_sentinel(order)})"


def _sentinel(order: ByProperty | ByClaim) -> str:
    return repr(null_placeholder(order))
