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
from service.stores.neo4j.access_paths import AccessPath, RowSource
from service.stores.neo4j.predicates import list_placeholder, placeholder
from service.stores.neo4j.row import Row, collect, dictionary

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

_GRAPH = "MATCH (g:AtlasGraph {name: 'graph'})"
_OLDEST = (
    "head(COLLECT { MATCH (c:Change) WHERE c.sequence IS NOT NULL RETURN c.sequence ORDER BY c.sequence LIMIT 1 })"
)


def changes(writer: Writer, root: Changes | ChangeByNumber) -> tuple[str, str]:
    """A change, a page of them, or `[whether the version is of another graph, whether the log has gaps behind it, page]`."""
    log = writer.variables.new("x")
    if isinstance(root, ChangeByNumber):
        row = Row()
        shaped = writer.source.function(f"return {change(writer, root.parts, log, row)}", argument="r")
        name = writer.call(f"{_GRAPH} MATCH ({log}:Change {{sequence: {placeholder(root.number)}}})", row.text)
        return f"head({name})", writer.source.function(
            f"return VersionUnavailable(foreign=False) if c is None else {shaped}(c, v)"
        )
    way = AccessPath((f"({log}:Change)",), (f"{log}.sequence IS NOT NULL",))
    rows = RowSource((way,), log, ((f"{log}.sequence", False),), cursor=_cursor(log))
    value, shape = writer.connection(rows, root.page, root.parts, collect)
    if root.after is None:
        return f"head({writer.call(_GRAPH, value)})", shape
    digest, number = list_placeholder(root.after[0]), placeholder(root.after[1])
    foreign = f"{digest} <> g.digest OR {number} > g.sequence"
    name = writer.call(_GRAPH, f"[{foreign}, {number} < {_OLDEST} - 1, {value}]")
    lines = "if c[0] or c[1]:", "    return VersionUnavailable(foreign=c[0])", f"return {shape}(c[2], v)"
    return f"head({name})", writer.source.function(*lines)


def change(writer: Writer, parts: tuple[ChangePart, ...], log: str, row: Row) -> str:
    """The Python that shapes a change from its row `r`; `g` is the node of the graph."""
    return dictionary((part.key, _part(writer, part, log, row)) for part in parts)


def _cursor(log: str) -> str:
    return f"g.digest + '.' + toString({log}.sequence)"


def _part(writer: Writer, part: ChangePart, log: str, row: Row) -> str:
    match part:
        case Typename(name=name):
            return repr(name)
        case ChangeScalar(name="cursor"):
            return row.place(_cursor(log))
        case ChangeScalar(name=name):
            return row.place(f"{log}.{name}")
        case ChangedKind(kinds=kinds, values=values):
            return f"{dict(zip(kinds, values, strict=True))!r}.get({row.place(f'{log}.kind')})"
        case ChangedEntity(branches=branches):
            entity = writer.variables.new("e")
            value, shape = writer.branches(branches, entity)
            return _found(writer, f"MATCH ({entity}:Entity {{id: {log}.entity}}) RETURN {value}", shape, row)
        case ChangedClaim(parts=parts):
            claim, own = writer.variables.new("c"), Row()
            shape = writer.source.function(f"return {writer.claim(parts, claim, own)}", argument="r")
            return _found(writer, f"MATCH ({claim}:Claim {{key: {log}.claim}}) RETURN {own.text}", shape, row)


def _found(writer: Writer, sought: str, shape: str, row: Row) -> str:
    one = writer.source.function(f"return None if c is None else {shape}(c, v)")
    return f"{one}({row.place(f'head(COLLECT {{ {sought} }})')}, v)"
