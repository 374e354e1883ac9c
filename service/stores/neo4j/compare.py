"""Entities side by side, in Cypher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Edge
from service.plan import (
    CellPart,
    Cells,
    CellValue,
    ClaimNode,
    ComparedEntities,
    Comparison,
    ComparisonRows,
    EntityNode,
    RowPart,
    RowRelation,
    Traversal,
    Typename,
)
from service.stores.neo4j.access_paths import RowSource
from service.stores.neo4j.layout import label
from service.stores.neo4j.predicates import list_placeholder, pattern
from service.stores.neo4j.row import Row, dictionary, named

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def comparison(writer: Writer, root: Comparison) -> tuple[str, str]:
    """`[keys that are not there, [frameworks, rows of a relation, rows of the next ...]]`."""
    kind, slugs, row = root.kind.name, list_placeholder(root.slugs), Row()

    def shaped(part: Typename | ComparedEntities | ComparisonRows) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case ComparedEntities(parts=parts):
                own = Row()
                members = writer.entity(parts, "a", own)
                return f"[{members} for r in {row.place(f'[a IN asked | {own.text}]')}]"
            case ComparisonRows(edges=edges, parts=parts):
                each = zip(edges, parts, strict=True)
                lists = (_rows(writer, root, edge, row_parts, row) for edge, row_parts in each)
                return f"[{', '.join(f'*{rows}' for rows in lists)}]"

    members = dictionary((part.key, shaped(part)) for part in root.parts)
    own = writer.source.function(f"return {members}", argument="r")
    found = (
        f"UNWIND range(0, size({slugs}) - 1) AS i WITH i, {named(kind, f'{slugs}[i]')} AS e"
        f" WITH collect(CASE WHEN e IS NULL THEN [0, {slugs}[i]] END) AS unknown, collect(DISTINCT e) AS asked"
    )
    name = writer.call(found, f"[unknown, {row.text}]")
    return f"head({name})", writer.source.function(f"return unknown(c[0]) if c[0] else {own}(c[1], v)")


def _rows(writer: Writer, root: Comparison, edge: Edge, parts: tuple[RowPart, ...], row: Row) -> str:
    """The Python that shapes the rows of one relation: a list."""
    traversal = Traversal(edge, ("HAS", "DISPUTED", "LACKS"))
    target, hop, own = writer.variables.new("t"), writer.variables.new("r"), Row()
    cell, rows = Row([f"{hop}.stance"]), RowSource((), target, (), edge=hop, traversal=traversal)

    def cell_part(part: CellPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case CellValue():
                return "(r[0] or 'UNKNOWN')"
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, "a", cell)
            case ClaimNode(parts=claim_parts):
                return f"(None if r[0] is None else {writer.led(claim_parts or (), rows, cell)})"

    def row_part(part: RowPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case RowRelation():
                return repr(edge.name)
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, target, own)
            case Cells(parts=cell_parts):
                return f"[{dictionary((item.key, cell_part(item)) for item in cell_parts)} for r in cells]"

    members = dictionary((part.key, row_part(part)) for part in parts)
    one = f"head(COLLECT {{ OPTIONAL MATCH {pattern(traversal, 'a', hop, target)} RETURN {cell.text} }})"
    cells = own.place(f"[a IN asked | {one}]")
    reach = pattern(traversal, "a", "", f"{target}:{label(edge.target)}")
    value = (
        f"COLLECT {{ UNWIND asked AS a MATCH {reach} WITH DISTINCT asked, {target} ORDER BY {target}.slug"
        f" RETURN {own.text} }}"
    )
    shape = writer.source.function(f"cells = {cells}", f"return {members}", argument="r")
    differ = f" if len({{cell[0] for cell in {cells}}}) > 1" if root.only_differences else ""
    return f"[{shape}(r, v) for r in {row.place(value)}{differ}]"
