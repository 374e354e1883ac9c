"""A comparison of entities, in SQL."""

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
    Typename,
)
from service.stores.sqlite.expressions import STANCE_TO_JSON, entity_by_reference, placeholder
from service.stores.sqlite.json_text import (
    JsonPart,
    concat,
    json_array,
    json_case,
    json_object,
    json_query,
    json_string,
)
from service.stores.sqlite.layout import relation_table
from service.stores.sqlite.row import RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer


def comparison(writer: Writer, root: Comparison) -> str:
    """Return the JSON of the comparison.

    If a reference is unknown or ambiguous, the result is `!` (no JSON starts with it) and all such references.
    """

    def part_json(part: Typename | ComparedEntities | ComparisonRows) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case ComparedEntities(parts=parts):
                alias = writer.aliases.new("e")
                json = concat(writer.entity(parts, RowAlias(alias)))
                entities = f"group_concat({json.sql}, ',' ORDER BY a._n)"
                return json_array(f"(SELECT {entities} FROM asked a JOIN entity {alias} USING (_pk))")
            case ComparisonRows(edges=edges, parts=parts):
                relations = enumerate(zip(edges, parts, strict=True))
                rows = " UNION ALL ".join(
                    _rows(writer, root, edge, number, row_parts) for number, (edge, row_parts) in relations
                )
                return json_array(f"(SELECT group_concat(_v, ',' ORDER BY _e, _k) FROM ({rows}))")

    json = concat(json_object((part.key, part_json(part)) for part in root.parts))
    return (
        f"(WITH named AS (SELECT j.key AS _n, j.value AS _key, {entity_by_reference(root.kind.name, 'j.value')} AS _pk"
        f" FROM json_each({placeholder(root.slugs)}) j), "
        f"asked AS MATERIALIZED (SELECT min(_n) AS _n, _pk FROM named WHERE _pk IS NOT NULL GROUP BY _pk)"
        f" SELECT iif((SELECT count(*) FROM named WHERE _pk IS NULL),"
        f" (SELECT '!' || json_group_array(json_array(0, _key)) FROM named WHERE _pk IS NULL), {json.sql}))"
    )


def _rows(writer: Writer, root: Comparison, edge: Edge, number: int, parts: tuple[RowPart, ...]) -> str:
    """Return a query for the rows of one relation: the JSON of each, and the number and slug by which rows are sorted."""
    target, hop, table = writer.aliases.new("t"), writer.aliases.new("r"), relation_table(edge.relation)
    cells = f"asked a LEFT JOIN {table} {hop} ON {hop}.subject = a._pk AND {hop}.object = {target}._pk"

    def cell_json(part: CellPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case CellValue():
                return [json_case(STANCE_TO_JSON, json_string("UNKNOWN"), f"{hop}.stance")]
            case EntityNode(parts=entity_parts):
                entity = writer.aliases.new("e")
                json = concat(writer.entity(entity_parts, RowAlias(entity)))
                return [json_query(json, f"FROM entity {entity} WHERE {entity}._pk = a._pk")]
            case ClaimNode(parts=claim_parts):
                return [writer.edge_claim(claim_parts, f"{hop}.claim")]

    def row_json(part: RowPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case RowRelation():
                return [json_string(edge.name)]
            case RowRelationType():
                return [json_string(edge.relation.name)]
            case EntityNode(parts=entity_parts):
                return writer.entity(entity_parts, RowAlias(target))
            case Cells(parts=cell_parts):
                json = concat(json_object((item.key, cell_json(item)) for item in cell_parts))
                return json_array(f"(SELECT group_concat({json.sql}, ',' ORDER BY a._n) FROM {cells})")

    json = concat(json_object((part.key, row_json(part)) for part in parts))
    stances = f"(SELECT count(DISTINCT ifnull({hop}.stance, -1)) FROM {cells})"
    differs = f" AND {stances} > 1" if root.only_differences else ""
    return (
        f'SELECT {number} AS _e, {target}."slug" AS _k, {json.sql} AS _v FROM entity {target} WHERE {target}._pk IN'
        f" (SELECT object FROM {table} WHERE subject IN (SELECT _pk FROM asked)){differs}"
    )
