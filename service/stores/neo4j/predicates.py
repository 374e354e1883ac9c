"""Write filters, traversals and orders as Cypher conditions and expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.plan import (
    And,
    ByClaim,
    ByCount,
    ByProperty,
    ClaimFilter,
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
from service.stores.neo4j.expressions import list_placeholder, placeholder, string_list, where_clause
from service.stores.neo4j.layout import alias_label, key_name, label, property_name, relationship
from service.stores.neo4j.row import Variables

_OPERATORS = {
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
_NOT_DENIED = frozenset({"HAS", "DISPUTED"})
CLAIM_PROPERTIES = {"firstSeen": "first_seen", "lastSeen": "last_seen"}
"""The properties of claims whose names differ from those of the fields."""


# -------------------------------------------------------------------------------------------------------------- filters


def conditions(parts: Iterable[Predicate], node: str, kind: str, variables: Variables) -> tuple[str, ...]:
    """Return the conditions of predicates on a node of a kind. Each is true or false, never null."""
    return tuple(_condition(part, node, kind, variables) for part in parts)


def comparison(expression: str, operator: str, parameter: ParameterIndex | None) -> str:
    """Compare an expression to a value. The type and size of the value help Neo4j to plan: a text index serves only a value
    that is known to be a text, and the length of a part of a text indicates the number of matches.
    """
    return f"{expression} {_OPERATORS[operator]} {placeholder(parameter)}"


def slug_comparison(node: str, operator: str, parameter: ParameterIndex | None) -> str:
    """Compare the slug of a node to a value. Slugs are unique, so the length of a single slug does not help to plan."""
    value = list_placeholder(parameter) if operator == "eq" else placeholder(parameter)
    return f"{node}.slug {_OPERATORS[operator]} {value}"


def claim_patterns(where: ClaimFilter, claim: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the patterns and the conditions of a filter on claims."""
    # every claim has a key; Neo4j uses indexes with a key only if a condition requires it
    patterns, terms = [f"({claim}:Claim)"], [f"{claim}.key IS NOT NULL"]
    for name, end in (("subject", where.subject), ("object", where.object)):
        if end is not None:
            terms.append(f"{claim}.{name} = {list_placeholder(end)}")
    if where.source is not None:
        patterns.append(f"({claim})-[:CITES]->(:Entity {{id: {list_placeholder(where.source)}}})")
    if where.relations is not None:
        terms.append(f"{claim}.relation IN {placeholder(where.relations)}")
    if where.stances is not None:
        terms.append(f"{claim}.stance IN {string_list(where.stances)}")
    if where.min_confidence is not None:
        terms.append(f"{claim}.confidence >= {placeholder(where.min_confidence)}")
    return tuple(patterns), tuple(terms)


def _condition(predicate: Predicate, node: str, kind: str, variables: Variables) -> str:
    match predicate:
        case PropertyMatches(prop, "null"):
            return f"{node}.{property_name(prop)} IS NULL"
        case PropertyMatches(prop, operator, parameter) if prop.name == "slug":
            return slug_comparison(node, operator, parameter)
        case PropertyMatches(prop, operator, parameter):
            value = f"{node}.{key_name(prop)}"
            text = comparison(value, operator, parameter)
            return text if prop.required else f"({value} IS NOT NULL AND {text})"
        case NameMatches(operator, parameter):
            alias = variables.new("n")
            pattern_ = f"({node})<-[:NAMES]-({alias}:{alias_label(kind)})"
            has_alias = f"EXISTS {{ {pattern_} WHERE {comparison(f'{alias}.key', operator, parameter)} }}"
            return f"({comparison(f'{node}.name_key', operator, parameter)} OR {has_alias})"
        case HasRelated(traversal, where):
            return _has_related(traversal, where, node, variables)
        case CountMatches(traversal, operator, parameter):
            return comparison(_hop_count(traversal, node), operator, parameter)
        case And(parts):
            return _join(" AND ", "true", conditions(parts, node, kind, variables))
        case Or(parts):
            return _join(" OR ", "false", conditions(parts, node, kind, variables))
        case Not(part):
            return f"NOT ({_condition(part, node, kind, variables)})"


def _has_related(traversal: Traversal, where: Predicate | None, node: str, variables: Variables) -> str:
    edge, target = variables.new("r"), variables.new("t")
    if where is None and not has_hop_conditions(traversal):
        return f"EXISTS {{ {pattern(traversal, node, '', '')} }}"
    terms = conditions(conjuncts(where), target, traversal.edge.target, variables)
    hop = pattern(traversal, node, edge, f"{target}:{label(traversal.edge.target)}" if terms else "")
    return f"EXISTS {{ MATCH {hop}{where_clause((*hop_conditions(traversal, edge), *terms))} }}"


def _join(operator: str, empty: str, terms: Sequence[str]) -> str:
    return f"({operator.join(terms)})" if terms else empty


# ----------------------------------------------------------------------------------------------------------- traversals


def pattern(traversal: Traversal, near: str, edge: str, far: str) -> str:
    """Return `(near)-[edge:TYPES]->(far)`, or the reverse for a reverse edge. The types imply the label of the far node."""
    relation, stances = traversal.edge.relation, set(traversal.stances)
    types = [relationship(relation)] if _NOT_DENIED & stances or not stances else []
    types += [relationship(relation, denied=True)] if "LACKS" in stances else []
    left, right = ("<-", "-") if traversal.edge.reverse else ("-", "->")
    return f"({near}){left}[{edge}:{'|'.join(types)}]{right}({far})"


def has_hop_conditions(traversal: Traversal) -> bool:
    """Return whether a traversal has conditions on relationships in addition to their types."""
    return bool(hop_conditions(traversal, ""))


def hop_conditions(traversal: Traversal, edge: str) -> tuple[str, ...]:
    """Return the conditions on a relationship in addition to its type."""
    terms: tuple[str, ...] = ()
    if traversal.min_confidence is not None:
        terms = (f"{edge}.confidence >= {placeholder(traversal.min_confidence)}",)
    if traversal.stances and _NOT_DENIED & set(traversal.stances) in (_NOT_DENIED, frozenset()):
        return terms  # the types select exactly these stances
    return f"{edge}.stance IN {string_list(traversal.stances)}", *terms


def claim_stance_conditions(traversal: Traversal, claim: str) -> tuple[str, ...]:
    """Return the conditions that a claim has a stance of a traversal without hop conditions."""
    has, lacks = "HAS" in traversal.stances, "LACKS" in traversal.stances
    return () if has and lacks else (f"{claim}.stance {'=' if lacks else '<>'} 'LACKS'",)


def _hop_count(traversal: Traversal, node: str) -> str:
    if not has_hop_conditions(traversal):
        return f"COUNT {{ {pattern(traversal, node, '', '')} }}"
    return f"COUNT {{ MATCH {pattern(traversal, node, 'r', '')}{where_clause(hop_conditions(traversal, 'r'))} }}"


# --------------------------------------------------------------------------------------------------------------- orders


def sort_terms(order: tuple[Order, ...], node: str, edge: str) -> tuple[tuple[str, bool], ...]:
    """Return the expressions of an order, and whether each is descending."""
    return tuple((_sort_expression(term, node, edge), term.descending) for term in order)


def _sort_expression(order: Order, node: str, edge: str) -> str:
    match order:
        case ByProperty(prop):
            text = f"{node}.{key_name(prop)}"
            return text if prop.required else f"coalesce({text}, {_null_value(order)})"
        case ByCount(target):
            return _hop_count(Traversal(target, ("HAS", "DISPUTED")), node)
        case ByClaim("confidence"):
            return f"{edge}.confidence"
        case ByClaim(name):
            return f"coalesce({edge}.{CLAIM_PROPERTIES[name]}, {_null_value(order)})"


def _null_value(order: ByProperty | ByClaim) -> str:
    return repr(null_placeholder(order))
