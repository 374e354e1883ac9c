"""A comparison of entities, in Cypher."""

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
    RowRelationType,
    Traversal,
    Typename,
)
from service.stores.neo4j.expressions import entity_by_reference, list_placeholder
from service.stores.neo4j.layout import label
from service.stores.neo4j.pages import RowSource
from service.stores.neo4j.predicates import pattern
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def comparison(writer: Writer, root: Comparison) -> Shaped:
    """Return the value `[unknown references, [entities, rows of a relation, rows of the next relation, ...]]`."""
    kind, slugs, row = root.kind.name, list_placeholder(root.slugs), Row()

    def part_value(part: Typename | ComparedEntities | ComparisonRows) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case ComparedEntities(parts=parts):
                entity_row = Row()
                members = writer.entity(parts, "a", entity_row)
                return f"[{members} for r in {row.item(f'[a IN asked | {entity_row.text}]')}]"
            case ComparisonRows(edges=edges, parts=parts):
                pairs = zip(edges, parts, strict=True)
                lists = (_rows(writer, root, edge, row_parts, row) for edge, row_parts in pairs)
                return f"[{', '.join(f'*{rows}' for rows in lists)}]"

    members = dict_source((part.key, part_value(part)) for part in root.parts)
    shape = writer.shaper.function(f"return {members}", argument="r")
    entities = (
        f"UNWIND range(0, size({slugs}) - 1) AS i WITH i, {entity_by_reference(kind, f'{slugs}[i]')} AS e"
        f" WITH collect(CASE WHEN e IS NULL THEN [0, {slugs}[i]] END) AS unknown, collect(DISTINCT e) AS asked"
    )
    name = writer.call(entities, f"[unknown, {row.text}]")
    return f"head({name})", writer.shaper.function(f"return unknown_references(c[0]) if c[0] else {shape}(c[1], v)")


def _rows(writer: Writer, root: Comparison, edge: Edge, parts: tuple[RowPart, ...], row: Row) -> str:
    """Return the code of the list of the rows of one relation."""
    traversal = Traversal(edge, ("HAS", "DISPUTED", "LACKS"))
    target, relationship, target_row = writer.variables.new("t"), writer.variables.new("r"), Row()
    cell = Row([f"{relationship}.stance"])
    edge_rows = RowSource((), target, (), edge=relationship, traversal=traversal)

    def cell_value(part: CellPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case CellValue():
                return "(r[0] or 'UNKNOWN')"
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, "a", cell)
            case ClaimNode(parts=claim_parts):
                return f"(None if r[0] is None else {writer.edge_claim(claim_parts or (), edge_rows, cell)})"

    def row_value(part: RowPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case RowRelation():
                return repr(edge.name)
            case RowRelationType():
                return repr(edge.relation.name)
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, target, target_row)
            case Cells(parts=cell_parts):
                return f"[{dict_source((item.key, cell_value(item)) for item in cell_parts)} for r in cells]"

    members = dict_source((part.key, row_value(part)) for part in parts)
    cell_text = f"head(COLLECT {{ OPTIONAL MATCH {pattern(traversal, 'a', relationship, target)} RETURN {cell.text} }})"
    cells = target_row.item(f"[a IN asked | {cell_text}]")
    targets = pattern(traversal, "a", "", f"{target}:{label(edge.target)}")
    value = (
        f"COLLECT {{ UNWIND asked AS a MATCH {targets} WITH DISTINCT asked, {target} ORDER BY {target}.slug"
        f" RETURN {target_row.text} }}"
    )
    shape = writer.shaper.function(f"cells = {cells}", f"return {members}", argument="r")
    differs = f" if len({{cell[0] for cell in {cells}}}) > 1" if root.only_differences else ""
    return f"[{shape}(r, v) for r in {row.item(value)}{differs}]"
