"""Write a connection: its edges, nodes, page info, total count and facets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.plan import (
    AnyNode,
    ChangeNode,
    ClaimNode,
    ConnectionPart,
    Cursor,
    EdgePart,
    Edges,
    EntityNode,
    Facet,
    FacetCount,
    FacetPart,
    Facets,
    FacetTarget,
    Highlights,
    Nodes,
    Page,
    PageInfo,
    PageInfoField,
    Score,
    TotalCount,
    Typename,
)
from service.stores.sqlite.changes import change
from service.stores.sqlite.expressions import placeholder, where_clause
from service.stores.sqlite.json_text import (
    JsonLiteral,
    JsonPart,
    JsonText,
    concat,
    json_array,
    json_boolean,
    json_count,
    json_object,
    json_or_null,
    json_page,
    json_quoted,
    json_string,
)
from service.stores.sqlite.layout import edge_table
from service.stores.sqlite.pages import RowSource, cursor, has_more, page_rows
from service.stores.sqlite.predicates import conditions, hop_conditions, reads_property
from service.stores.sqlite.row import PageSubquery, RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer


def connection(writer: Writer, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...]) -> JsonText:
    """Return the JSON of a connection as one expression."""
    subquery = PageSubquery(writer.aliases.new("p"))
    page_info = {
        item.name
        for part in parts
        if isinstance(part, PageInfo)
        for item in part.parts
        if isinstance(item, PageInfoField)
    }
    is_numbered = bool(page_info) or page.backwards
    # for `hasNextPage` and `hasPreviousPage`, the subquery has one row more than the page
    shown = f" FILTER (WHERE {subquery.alias}._n <= {placeholder(page.size)})" if is_numbered else ""
    reverse = f" ORDER BY {subquery.alias}._n DESC" if page.backwards else ""

    def array(items: Iterable[JsonPart]) -> list[JsonPart]:
        return json_array(f"group_concat({concat(items).sql}, ','{reverse}){shown}", is_aggregate=True)

    def json(part: ConnectionPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case Edges(parts=items):
                return array(json_object((item.key, _edge_part(writer, item, rows, page, subquery)) for item in items))
            case Nodes(node=node):
                return array(_edge_part(writer, node, rows, page, subquery))
            case PageInfo(parts=items):
                return json_object((item.key, _page_info_field(item, rows, page, subquery)) for item in items)
            case TotalCount():
                return [json_count(_total_count(rows))]
            case Facets(parts=items):
                return json_object((item.key, _facet(writer, item, rows)) for item in items)

    text = concat(json_object((part.key, json(part)) for part in parts))
    return json_page(text, f"{page_rows(rows, page, subquery, page_info)} {subquery.alias}")


def _edge_part(writer: Writer, part: EdgePart, rows: RowSource, page: Page, subquery: PageSubquery) -> list[JsonPart]:
    row = RowAlias(rows.alias, subquery)
    match part:
        case Typename(name=name):
            return [json_string(name)]
        case Cursor():
            return json_quoted(cursor(rows, page, subquery))
        case EntityNode(parts=parts):
            return writer.entity(parts, row)
        case AnyNode(branches=branches):
            return [writer.branches(branches, row)]
        case ChangeNode(parts=parts):
            return change(writer, parts, row)
        case ClaimNode(parts=None):
            return [JsonLiteral("null")]
        case ClaimNode(parts=parts) if not rows.edge:
            return writer.claim(parts or (), row)
        case ClaimNode(parts=parts):
            return [writer.edge_claim(parts, subquery.column("_claim", f"{rows.edge}.claim"))]
        case Score():
            return [json_or_null(f"{subquery.column('_o0', rows.order[0][0])} / 1000.0")]
        case Highlights():
            texts = ", ".join(row.column(name) for name in ('"name"', '"aliases"', '"summary"'))
            return [json_or_null(f"highlights({texts}, {rows.words})")]


def _page_info_field(
    item: Typename | PageInfoField, rows: RowSource, page: Page, subquery: PageSubquery
) -> list[JsonPart]:
    match item:
        case Typename(name=name):
            return [json_string(name)]
        case PageInfoField(name="hasNextPage" | "hasPreviousPage" as name):
            after = name == "hasNextPage"
            condition = has_more(rows, page, subquery, after=after)
            return [json_boolean(condition, is_aggregate=after != page.backwards)]
        case PageInfoField(name=name):
            alias, size = subquery.alias, placeholder(page.size)
            is_first = (name == "startCursor") != page.backwards
            position = f"{alias}._n = 1 AND {size} > 0" if is_first else f"{alias}._n = min({alias}._m, {size})"
            value = f"max({cursor(rows, page, subquery)}) FILTER (WHERE {position})"
            return [json_or_null(f"'\"' || {value} || '\"'", is_aggregate=True)]


def _total_count(rows: RowSource) -> str:
    tables, terms = rows.count_source or (rows.tables, rows.conditions)
    return f"(SELECT count(*) FROM {tables}{where_clause(terms)})"


def _facet(writer: Writer, facet: Typename | Facet, rows: RowSource) -> list[JsonPart]:
    if isinstance(facet, Typename):
        return [json_string(facet.name)]
    edge, target, subquery = writer.aliases.new("r"), writer.aliases.new("t"), PageSubquery(writer.aliases.new("p"))
    table, near, far = edge_table(facet.traversal.edge)

    def json(part: FacetPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case FacetTarget(parts=parts):
                return writer.entity(parts, RowAlias(target, subquery))
            case FacetCount():
                return [json_count(subquery.column("_count", "g._count"))]

    text = concat(json_object((part.key, json(part)) for part in facet.parts))
    filtered = conditions(facet.where, rows.alias, rows.kind, writer.aliases)
    if not rows.edge and not reads_property(facet.where):
        # every entity with such an edge is of the list's kind: read the edges only, not the entities
        edge = rows.alias
        tables = f"(SELECT {near} AS _pk, {far}, stance, confidence FROM {table}) {edge}"
        terms = *filtered, *hop_conditions(facet.traversal, edge)
    else:
        tables = f"{rows.tables} JOIN {table} {edge} ON {edge}.{near} = {rows.alias}._pk"
        terms = *rows.base_conditions, *filtered, *hop_conditions(facet.traversal, edge)
    groups = f"SELECT {edge}.{far} AS _target, count(*) AS _count FROM {tables}{where_clause(terms)} GROUP BY 1"
    return json_array(
        f"(SELECT group_concat({text.sql}, ',') FROM (SELECT {subquery.select_list} FROM ({groups}) g"
        f" JOIN entity {target} ON {target}._pk = g._target"
        f' ORDER BY g._count DESC, {target}."slug" LIMIT {placeholder(facet.size)}) {subquery.alias})'
    )
