"""Recommendations for requirements, in Cypher. The variables of the statement:

unknown  the references that do not match exactly one entity: list, reference
want     each target once: list, position, entity, rarity
ranked   the entities that meet at least one requirement: entity, users, score, number of failures
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Edge
from service.plan import (
    AnyNode,
    CellValue,
    ClaimNode,
    EntityNode,
    ReasonPart,
    Reasons,
    Recommend,
    RecommendationList,
    RecommendationPart,
    Requirement,
    RequirementName,
    Score,
    Traversal,
    Typename,
    Weight,
)
from service.stores.neo4j.expressions import entity_by_reference, list_placeholder, placeholder
from service.stores.neo4j.layout import label
from service.stores.neo4j.pages import RowSource
from service.stores.neo4j.predicates import pattern
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source
from service.stores.ranking import ADOPTION

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

_NOT_DENIED = ("HAS", "DISPUTED")
_ANY = ("HAS", "DISPUTED", "LACKS")


def recommendation(writer: Writer, root: Recommend) -> Shaped:
    """Return the value `[unknown, row]`."""
    row = Row()
    members = dict_source((part.key, _list(writer, root, part, row)) for part in root.parts)
    shape = writer.shaper.function(f"return {members}", argument="r")
    name = writer.call(f"{_want(root)} {_ranked(root)} WITH unknown, want, ranked", f"[unknown, {row.text}]")
    return f"head({name})", writer.shaper.function(f"return unknown_references(c[0]) if c[0] else {shape}(c[1], v)")


def _want(root: Recommend) -> str:
    numbered = list(enumerate(root.requirements))
    lists = ", ".join(f"[{number}, {list_placeholder(item.slugs)}]" for number, item in numbered)
    targets = " ".join(
        f"WHEN {number} THEN {entity_by_reference(item.edge.target, 'key')}" for number, item in numbered
    )
    degrees = " ".join(
        f"WHEN {number} THEN COUNT {{ {pattern(Traversal(item.edge, _NOT_DENIED), '', '', 'e')} }}"
        for number, item in numbered
    )
    target, degree = (f"CASE q {targets} END", f"CASE q {degrees} END") if numbered else ("null", "0")
    return (
        f"UNWIND [{lists}] AS asked UNWIND range(0, size(asked[1]) - 1) AS n"
        f" WITH asked[0] AS q, n, asked[1][n] AS key WITH q, n, key, {target} AS e"
        f" WITH collect(CASE WHEN e IS NULL THEN [q, key] END) AS unknown,"
        f" collect(CASE WHEN e IS NOT NULL THEN [q, n, e] END) AS named"
        f" CALL (named) {{ UNWIND named AS x WITH x[0] AS q, x[2] AS e, min(x[1]) AS n ORDER BY q, n"
        f" WITH q, n, e, COUNT {{ (:{label(root.kind.name)}) }} AS everyone"
        f" WITH q, n, e, CASE everyone WHEN 0 THEN 1 ELSE everyone END AS everyone"
        f" RETURN collect([q, n, e, 1000 * everyone / (everyone + 9 * {degree})]) AS want }}"
    )


def _weight(item: Requirement) -> str:
    """Return the weight of an edge `r` to a target of the rarity `y`, in thousandths; 0 without an edge."""
    weight = "r.confidence * y"
    if not item.wanted:
        cases = f"WHEN 'HAS' THEN -({weight} / 1000) WHEN 'DISPUTED' THEN -(y / 4) WHEN 'LACKS' THEN {weight} / 4000"
    else:
        cases = f"WHEN 'HAS' THEN {weight} / 1000 WHEN 'DISPUTED' THEN y / 4 WHEN 'LACKS' THEN -({weight} / 1000)"
    points = f"CASE r.stance {cases} ELSE 0 END"
    return points if item.required else f"({points}) / 2"


def _ranked(root: Recommend) -> str:
    not_denied = "CASE r.stance WHEN 'LACKS' THEN 0 ELSE 1 END"
    branches = [
        f"UNWIND want AS w WITH w WHERE w[0] = {number} WITH w[2] AS e, w[3] AS y"
        f" MATCH {pattern(Traversal(item.edge, _ANY), 'f', 'r', 'e')}"
        f" RETURN f, {_weight(item)} AS s, {not_denied if item.required and item.wanted else 0} AS ok,"
        f" {0 if item.wanted else not_denied} AS hit, {not_denied if item.wanted else 0} AS known"
        for number, item in enumerate(root.requirements)
    ]
    users, too_few_users = "0", "0"
    if root.users is not None:
        users = f"COUNT {{ {_users(root.users, 'f')} }}"
        if root.min_users is not None:
            too_few_users = f"CASE WHEN u < {placeholder(root.min_users)} THEN 1 ELSE 0 END"
            branches.append(
                f"MATCH {_users(root.users, 'f')} WITH f, count(*) AS u WHERE u >= {placeholder(root.min_users)}"
                f" RETURN f, 0 AS s, 0 AS ok, 0 AS hit, 1 AS known"
            )
    required = [str(number) for number, item in enumerate(root.requirements) if item.required and item.wanted]
    required_count = f"size([w IN want WHERE w[0] IN [{', '.join(required)}]])"
    score = f"s + {ADOPTION.max_points} * u / (u + {ADOPTION.half_at})"
    return (
        f"CALL (want) {{ CALL (want) {{ {' UNION ALL '.join(branches)} }}"
        f" WITH want, f, sum(s) AS s, sum(ok) AS ok, sum(hit) AS hit, max(known) AS known WHERE known > 0"
        f" WITH want, f, s, ok, hit, {users} AS u"
        f" RETURN collect([f, u, {score}, {required_count} - ok + hit + {too_few_users}]) AS ranked }}"
    )


def _users(edge: Edge, node: str) -> str:
    return pattern(Traversal(edge, _NOT_DENIED), node, "", "")


def _list(writer: Writer, root: Recommend, part: Typename | RecommendationList, root_row: Row) -> str:
    """Return the code that shapes a list of recommendations."""
    if isinstance(part, Typename):
        return repr(part.name)
    node, row = writer.variables.new("t"), Row()

    def reasons(number: int, item: Requirement, parts: tuple[ReasonPart, ...]) -> str:
        text, shape = _reasons(writer, number, item, parts, node)
        return f"{shape}({row.item(text)}, v)"

    def value(item: RecommendationPart) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case EntityNode(parts=parts):
                return writer.entity(parts, node, row)
            case Score():
                return f"{row.item('k[2]')} / 1000"
            case Reasons():
                numbered = enumerate(zip(root.requirements, item.parts, strict=True))
                lists = [reasons(number, requirement, parts) for number, (requirement, parts) in numbered]
                users = [] if root.users is None else [_user_reason(root, item.users, row)]
                return f"[{', '.join([*(f'*{text}' for text in lists), *users])}]"

    members = dict_source((item.key, value(item)) for item in part.parts)
    failed, order = ("> 0", "k[3], ") if part.near_misses else ("= 0", "")
    text = (
        f"COLLECT {{ UNWIND ranked AS k WITH k, k[0] AS {node} WHERE k[3] {failed}"
        f" WITH k, {node} ORDER BY {order}k[2] DESC, {node}.slug LIMIT {placeholder(root.size)} RETURN {row.text} }}"
    )
    return f"{writer.shaper.function(f'return [{members} for r in c]')}({root_row.item(text)}, v)"


def _reasons(writer: Writer, number: int, item: Requirement, parts: tuple[ReasonPart, ...], node: str) -> Shaped:
    """Return the reasons of one list of requirements."""
    traversal = Traversal(item.edge, _ANY)
    row, edge_rows = Row(["r.stance"]), RowSource((), "e", (), edge="r", traversal=traversal)

    def value(part: ReasonPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case RequirementName():
                return repr(item.name)
            case AnyNode(branches=branches):
                text, shape = writer.branches(branches, "e")
                return f"{shape}({row.item(text)}, v)"
            case CellValue():
                return "(r[0] or 'UNKNOWN')"
            case Weight():
                return f"{row.item(_weight(item))} / 1000"
            case ClaimNode(parts=claim_parts):
                return f"(None if r[0] is None else {writer.edge_claim(claim_parts or (), edge_rows, row)})"

    members = dict_source((part.key, value(part)) for part in parts)
    text = (
        f"COLLECT {{ UNWIND want AS w WITH w WHERE w[0] = {number} WITH w[1] AS n, w[2] AS e, w[3] AS y"
        f" OPTIONAL MATCH {pattern(traversal, node, 'r', 'e')} WITH n, e, y, r ORDER BY n RETURN {row.text} }}"
    )
    return text, writer.shaper.function(f"return [{members} for r in c]")


def _user_reason(root: Recommend, parts: tuple[ReasonPart, ...], row: Row) -> str:
    users, min_users = row.item("k[1]"), "1" if root.min_users is None else f"v[{root.min_users}]"

    def value(part: ReasonPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case RequirementName():
                return repr("usedBy" if root.min_users is None else "usedByAtLeast")
            case CellValue():
                return f"('HAS' if {users} >= {min_users} else 'UNKNOWN')"
            case Weight():
                return f"{ADOPTION.max_points} * {users} // ({users} + {ADOPTION.half_at}) / 1000"
            case AnyNode() | ClaimNode():
                return "None"

    return dict_source((part.key, value(part)) for part in parts)
