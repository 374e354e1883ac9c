"""Write filters and orders as SQL conditions and expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
from service.stores.sqlite.expressions import placeholder, sql_string, starts_with, where_clause
from service.stores.sqlite.layout import STANCES, column, edge_table, key_column
from service.stores.sqlite.row import Aliases

_OPERATORS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_MAX_FLAT_TERMS = 50
CLAIM_COLUMNS = {"firstSeen": "first_seen", "lastSeen": "last_seen"}


# -------------------------------------------------------------------------------------------------------------- filters


def conditions(predicate: Predicate | None, alias: str, kind: str, aliases: Aliases) -> tuple[str, ...]:
    """Return the conditions of a filter on entities of a kind."""
    return () if predicate is None else (_condition(predicate, alias, kind, aliases),)


def claim_conditions(where: ClaimFilter, claim: str) -> Iterator[str]:
    """Return the conditions of a filter on claims."""
    for name, parameter in (("subject", where.subject), ("object", where.object)):
        if parameter is not None:
            yield f'{claim}.{name} = (SELECT _pk FROM entity WHERE "id" = {placeholder(parameter)})'
    if where.source is not None:
        source = f'(SELECT _pk FROM entity WHERE "id" = {placeholder(where.source)})'
        yield f"{claim}._pk IN (SELECT claim FROM evidence WHERE source = {source})"
    if where.relations is not None:
        yield f"{claim}.relation IN (SELECT value FROM json_each({placeholder(where.relations)}))"
    if where.stances is not None:
        yield from _stance_conditions(where.stances, claim)
    if where.min_confidence is not None:
        yield f"{claim}.confidence >= {placeholder(where.min_confidence)}"


def hop_conditions(traversal: Traversal, edge: str) -> tuple[str, ...]:
    """Return the conditions on the edges of a traversal."""
    stances = _stance_conditions(traversal.stances, edge)
    if traversal.min_confidence is None:
        return stances
    return *stances, f"{edge}.confidence >= {placeholder(traversal.min_confidence)}"


def reads_property(where: Predicate | None) -> bool:
    """Return whether a filter reads a property of the entity itself, and not only its edges and names."""
    match where:
        case PropertyMatches():
            return True
        case And(parts) | Or(parts):
            return any(map(reads_property, parts))
        case Not(part):
            return reads_property(part)
        case _:
            return False


def _condition(predicate: Predicate, alias: str, kind: str, aliases: Aliases) -> str:
    """Return a condition that is true or false, never NULL."""
    match predicate:
        case PropertyMatches(prop, "null"):
            return f"{alias}.{column(prop)} IS NULL"
        case PropertyMatches(prop, operator, parameter):
            assert parameter is not None  # noqa: S101 - only the operator `null` has no parameter
            text = _comparison(f"{alias}.{key_column(prop)}", operator, parameter)
            return text if prop.required else f"ifnull({text}, 0)"
        case NameMatches(operator, parameter):
            names = aliases.new("n")
            matches = _name_comparison(names, operator, parameter)
            return (
                f"{alias}._pk IN (SELECT {names}.entity FROM name {names}"
                f" WHERE {names}.kind = {sql_string(kind)} AND {matches})"
            )
        case HasRelated(traversal, where):
            return _has_related(traversal, where, alias, aliases)
        case CountMatches(traversal, operator, parameter):
            return _comparison(_hop_count(traversal, alias, aliases), operator, parameter)
        case And(parts):
            return _join(" AND ", "1", (_condition(part, alias, kind, aliases) for part in parts))
        case Or(parts):
            return _join(" OR ", "0", (_condition(part, alias, kind, aliases) for part in parts))
        case Not(part):
            return f"NOT ({_condition(part, alias, kind, aliases)})"


def _comparison(text: str, operator: str, parameter: ParameterIndex) -> str:
    value = placeholder(parameter)
    match operator:
        case "in":
            return f"{text} IN (SELECT value FROM json_each({value}))"
        case "contains":
            return f"{text} GLOB {_contains_pattern(value)}"
        case "startsWith":
            return f"({starts_with(text, value)})"
        case "endsWith":
            return (
                f"substr({text}, length({text}) - length({value}) + 1) = {value} AND length({text}) >= length({value})"
            )
        case _:
            return f"{text} {_OPERATORS[operator]} {value}"


def _name_comparison(names: str, operator: str, parameter: ParameterIndex) -> str:
    if operator != "contains":
        return _comparison(f"{names}.key", operator, parameter)
    # The trigram index serves GLOB for three characters and more, and scans for fewer:
    # https://sqlite.org/fts5.html#the_trigram_tokenizer
    return f"{names}._pk IN (SELECT rowid FROM name_fts WHERE key GLOB {_contains_pattern(placeholder(parameter))})"


def _contains_pattern(value: str) -> str:
    """Return a GLOB pattern for text that contains the value literally."""
    return f"'*' || replace(replace(replace({value}, '[', '[[]'), '*', '[*]'), '?', '[?]') || '*'"


def _has_related(traversal: Traversal, where: Predicate | None, alias: str, aliases: Aliases) -> str:
    edge, target = aliases.new("r"), aliases.new("t")
    table, near, far = edge_table(traversal.edge)
    tables = f"{table} {edge}"
    terms = list(hop_conditions(traversal, edge))
    if where is not None:
        tables += f" JOIN entity {target} ON {target}._pk = {edge}.{far}"
        terms.append(_condition(where, target, traversal.edge.target, aliases))
    if _selects_by_slug(where):  # few targets: to follow their edges back is cheaper than to test every entity
        kind = f"{target}._kind = {sql_string(traversal.edge.target)}"
        return f"{alias}._pk IN (SELECT {edge}.{near} FROM {tables} WHERE {' AND '.join([kind, *terms])})"
    terms.insert(0, f"{edge}.{near} = {alias}._pk")
    return f"EXISTS (SELECT 1 FROM {tables} WHERE {' AND '.join(terms)})"


def _selects_by_slug(where: Predicate | None) -> bool:
    """Return whether a filter selects entities by their slugs."""
    return any(
        isinstance(part, PropertyMatches) and part.property.name == "slug" and part.operator in {"eq", "in"}
        for part in conjuncts(where)
    )


def _hop_count(traversal: Traversal, alias: str, aliases: Aliases) -> str:
    edge, (table, near, _) = aliases.new("r"), edge_table(traversal.edge)
    terms = (f"{edge}.{near} = {alias}._pk", *hop_conditions(traversal, edge))
    return f"(SELECT count(*) FROM {table} {edge}{where_clause(terms)})"


def _stance_conditions(stances: tuple[str, ...], alias: str) -> tuple[str, ...]:
    if len(stances) == len(STANCES):
        return ()
    if stances == ("HAS", "DISPUTED"):
        return (f"{alias}.stance < {STANCES['LACKS']}",)
    return (f"{alias}.stance IN ({', '.join(str(STANCES[name]) for name in stances)})",)


def _join(operator: str, empty: str, terms: Iterable[str]) -> str:
    listed = list(terms)
    return f"({_balanced(operator, listed)})" if listed else empty


def _balanced(operator: str, terms: Sequence[str]) -> str:
    """Join terms, many of them as a balanced tree: a chain `a OR b OR c ...` is as deep as it is long, and SQLite limits the
    depth of an expression to 1000 (https://sqlite.org/limits.html#max_expr_depth).
    """
    if len(terms) <= _MAX_FLAT_TERMS:
        return operator.join(terms)
    half = len(terms) // 2
    return f"({_balanced(operator, terms[:half])}){operator}({_balanced(operator, terms[half:])})"


# --------------------------------------------------------------------------------------------------------------- orders


def sort_terms(order: tuple[Order, ...], alias: str, edge: str, aliases: Aliases) -> tuple[tuple[str, bool], ...]:
    """Return the expressions of an order, and whether each is descending."""
    return tuple((_sort_expression(term, alias, edge, aliases), term.descending) for term in order)


def _sort_expression(order: Order, alias: str, edge: str, aliases: Aliases) -> str:
    match order:
        case ByProperty(prop):
            text = f"{alias}.{key_column(prop)}"
            return text if prop.required else f"ifnull({text}, {_null_value(order)})"
        case ByCount(target):
            return _hop_count(Traversal(target, ("HAS", "DISPUTED")), alias, aliases)
        case ByClaim("confidence"):
            return f"{edge}.confidence"
        case ByClaim(name):
            return f"ifnull({edge}.{CLAIM_COLUMNS[name]}, {_null_value(order)})"


def _null_value(order: ByProperty | ByClaim) -> str:
    value = null_placeholder(order)
    return f"'{value}'" if isinstance(value, str) else str(value)
