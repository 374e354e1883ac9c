"""Entities side by side, in SQL."""

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
    Typename,
)
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.layout import relation_table
from service.stores.sqlite.row import STANCE_TEXT, Scope, named, placeholder

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer


def comparison(writer: Writer, root: Comparison) -> str:
    """Side by side; what is not there comes back as '!' and the keys, which no JSON begins with."""

    def part_json(part: Typename | ComparedEntities | ComparisonRows) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case ComparedEntities(parts=parts):
                alias = writer.alias("e")
                json = concat(writer.entity(parts, Scope(alias)))
                listed = f"group_concat({json}, ',' ORDER BY a._n)"
                return [Fixed("["), f"(SELECT {listed} FROM asked a JOIN entity {alias} USING (_pk))", Fixed("]")]
            case ComparisonRows(edges=edges, parts=parts):
                each = zip(edges, parts, strict=True)
                rows = " UNION ALL ".join(
                    _rows(writer, root, edge, number, row) for number, (edge, row) in enumerate(each)
                )
                return [
                    Fixed("["),
                    f"(SELECT ifnull(group_concat(_v, ',' ORDER BY _e, _k), '') FROM ({rows}))",
                    Fixed("]"),
                ]

    json = concat(members((part.key, part_json(part)) for part in root.parts))
    return (
        f"(WITH named AS (SELECT j.key AS _n, j.value AS _key, {named(root.kind.name, 'j.value')} AS _pk"
        f" FROM json_each({placeholder(root.slugs)}) j), "
        f"asked AS MATERIALIZED (SELECT min(_n) AS _n, _pk FROM named WHERE _pk IS NOT NULL GROUP BY _pk)"
        f" SELECT iif((SELECT count(*) FROM named WHERE _pk IS NULL),"
        f" (SELECT '!' || json_group_array(json_array(0, _key)) FROM named WHERE _pk IS NULL), {json}))"
    )


def _rows(writer: Writer, root: Comparison, edge: Edge, number: int, parts: tuple[RowPart, ...]) -> str:
    """The rows of one relation, each as JSON with what it is sorted by."""
    target, hop, table = writer.alias("t"), writer.alias("r"), relation_table(edge.relation)
    cells = f"asked a LEFT JOIN {table} {hop} ON {hop}.subject = a._pk AND {hop}.object = {target}._pk"

    def cell(part: CellPart) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case CellValue():
                return [f"CASE {hop}.stance {STANCE_TEXT} ELSE '\"UNKNOWN\"' END"]
            case EntityNode(parts=entity_parts):
                entity = writer.alias("e")
                json = concat(writer.entity(entity_parts, Scope(entity)))
                return [f"(SELECT {json} FROM entity {entity} WHERE {entity}._pk = a._pk)"]
            case ClaimNode(parts=claim_parts):
                return [f"ifnull({writer.led(claim_parts, f'{hop}.claim')}, 'null')"]

    def row(part: RowPart) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case RowRelation():
                return [string(edge.name)]
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, Scope(target))
            case Cells(parts=cell_parts):
                json = concat(members((item.key, cell(item)) for item in cell_parts))
                return [Fixed("["), f"(SELECT group_concat({json}, ',' ORDER BY a._n) FROM {cells})", Fixed("]")]

    json = concat(members((part.key, row(part)) for part in parts))
    differ = f" AND (SELECT count(DISTINCT ifnull({hop}.stance, -1)) FROM {cells}) > 1" if root.only_differences else ""
    return (
        f'SELECT {number} AS _e, {target}."slug" AS _k, {json} AS _v FROM entity {target} WHERE {target}._pk IN'
        f" (SELECT object FROM {table} WHERE subject IN (SELECT _pk FROM asked)){differ}"
    )
