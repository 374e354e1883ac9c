"""The log of changes, in Cypher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import (
    ChangeByNumber,
    ChangedClaim,
    ChangedEntity,
    ChangedKind,
    ChangePart,
    Changes,
    ChangeScalar,
    Typename,
)
from service.stores.neo4j.expressions import collect, list_placeholder, placeholder
from service.stores.neo4j.pages import AccessPath, RowSource
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

_GRAPH = "MATCH (g:AtlasGraph {name: 'graph'})"
_OLDEST = (
    "head(COLLECT { MATCH (c:Change) WHERE c.sequence IS NOT NULL RETURN c.sequence ORDER BY c.sequence LIMIT 1 })"
)


def changes(writer: Writer, root: Changes | ChangeByNumber) -> Shaped:
    """Return the value of a change or a page of changes.

    The value of a page after a version is `[is_foreign, is_compacted, page]`: whether the version is of another graph,
    and whether its next changes are no longer in the log.
    """
    log = writer.variables.new("x")
    if isinstance(root, ChangeByNumber):
        row = Row()
        shape = writer.shaper.function(f"return {change(writer, root.parts, log, row)}", argument="r")
        name = writer.call(f"{_GRAPH} MATCH ({log}:Change {{sequence: {placeholder(root.number)}}})", row.text)
        return f"head({name})", writer.shaper.function(
            f"return VersionUnavailable(foreign=False) if c is None else {shape}(c, v)"
        )
    path = AccessPath((f"({log}:Change)",), (f"{log}.sequence IS NOT NULL",))
    rows = RowSource((path,), log, ((f"{log}.sequence", False),), cursor=_cursor(log))
    page, shape = writer.connection(rows, root.page, root.parts, collect)
    if root.after is None:
        return f"head({writer.call(_GRAPH, page)})", shape
    digest, number = list_placeholder(root.after[0]), placeholder(root.after[1])
    is_foreign = f"{digest} <> g.digest OR {number} > g.sequence"
    is_compacted = f"{number} < {_OLDEST} - 1"
    name = writer.call(_GRAPH, f"[{is_foreign}, {is_compacted}, {page}]")
    lines = "if c[0] or c[1]:", "    return VersionUnavailable(foreign=c[0])", f"return {shape}(c[2], v)"
    return f"head({name})", writer.shaper.function(*lines)


def change(writer: Writer, parts: tuple[ChangePart, ...], log: str, row: Row) -> str:
    """Return the code that shapes a change from its row `r`. The variable of the graph's node is `g`."""
    return dict_source((part.key, _part(writer, part, log, row)) for part in parts)


def _cursor(log: str) -> str:
    return f"g.digest + '.' + toString({log}.sequence)"


def _part(writer: Writer, part: ChangePart, log: str, row: Row) -> str:
    match part:
        case Typename(name=name):
            return repr(name)
        case ChangeScalar(name="cursor"):
            return row.item(_cursor(log))
        case ChangeScalar(name=name):
            return row.item(f"{log}.{name}")
        case ChangedKind(kinds=kinds, values=values):
            return f"{dict(zip(kinds, values, strict=True))!r}.get({row.item(f'{log}.kind')})"
        case ChangedEntity(branches=branches):
            entity = writer.variables.new("e")
            value, shape = writer.branches(branches, entity)
            return _optional(writer, f"MATCH ({entity}:Entity {{id: {log}.entity}}) RETURN {value}", shape, row)
        case ChangedClaim(parts=parts):
            claim, claim_row = writer.variables.new("c"), Row()
            shape = writer.shaper.function(f"return {writer.claim(parts, claim, claim_row)}", argument="r")
            return _optional(writer, f"MATCH ({claim}:Claim {{key: {log}.claim}}) RETURN {claim_row.text}", shape, row)


def _optional(writer: Writer, query: str, shape: str, row: Row) -> str:
    """Return the code that shapes the value of a query, or None if the query finds nothing."""
    function = writer.shaper.function(f"return None if c is None else {shape}(c, v)")
    return f"{function}({row.item(f'head(COLLECT {{ {query} }})')}, v)"
