"""Write a connection: its edges, nodes, page info, total count and facets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

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
from service.stores.neo4j.access_paths import filtered_row_clauses
from service.stores.neo4j.changes import change
from service.stores.neo4j.expressions import placeholder
from service.stores.neo4j.pages import RowSource, cursor, has_rows_outside, page_rows, row_count
from service.stores.neo4j.predicates import pattern
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

Collect: TypeAlias = Callable[[str, str], str]
"""Returns the expression of a list, from the clauses that find its rows and the expression of a row."""


def connection(
    writer: Writer, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...], collect: Collect
) -> Shaped:
    """Return the value `[rows, total count, facets, ...]` of a connection."""
    return _Connection(writer, rows, page).shaped(parts, collect)


@dataclass(slots=True)
class _Connection:
    writer: Writer
    rows: RowSource
    page: Page
    row: Row = field(default_factory=Row)
    """A row of the page."""
    values: Row = field(default_factory=lambda: Row(["null"]))
    """The rows of the page, or null if they are not selected, and values of the whole list."""

    def shaped(self, parts: tuple[ConnectionPart, ...], collect: Collect) -> Shaped:
        page_info = {
            item.name
            for part in parts
            if isinstance(part, PageInfo)
            for item in part.parts
            if isinstance(item, PageInfoField)
        }
        has_rows = bool(page_info) or any(isinstance(part, Edges | Nodes) for part in parts)
        one_more = ("hasPreviousPage" if self.page.backwards else "hasNextPage") in page_info
        members = dict_source((part.key, self._part(part)) for part in parts)
        lines: list[str] = []
        if has_rows:
            with_edge = bool(self.rows.edge) and f"{self.rows.edge}." in self.row.text
            clauses = page_rows(self.rows, self.page, one_more=one_more, with_edge=with_edge)
            self.values.expressions[0] = collect(clauses, self.row.text)
            lines = ["rows = c[0]", f"shown = rows[:v[{self.page.size}]]" if one_more else "shown = rows"]
            lines += ["shown = shown[::-1]"] if self.page.backwards else []
        return self.values.text, self.writer.shaper.function(*lines, f"return {members}")

    def _part(self, part: ConnectionPart) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Edges(parts=items):
                members = dict_source((item.key, self._edge_part(item)) for item in items)
                return f"[{members} for r in shown]"
            case Nodes(node=node):
                return f"[{self._edge_part(node)} for r in shown]"
            case PageInfo(parts=items):
                return dict_source((item.key, self._page_info_field(item)) for item in items)
            case TotalCount():
                return self.values.item(row_count(self.rows), "c")
            case Facets(parts=items):
                return dict_source((item.key, self._facet(item)) for item in items)

    def _edge_part(self, part: EdgePart) -> str:
        node = self.rows.node
        match part:
            case Typename(name=name):
                return repr(name)
            case Cursor():
                return cursor(self.rows, self.page, self.row)
            case AnyNode(branches=branches):
                value, shape = self.writer.branches(branches, node)
                return f"{shape}({self.row.item(value)}, v)"
            case Score():
                return f"{self.row.item(self.rows.order[0][0])} / 1000"
            case Highlights():
                texts = ", ".join(self.row.item(f"{node}.{name}") for name in ("name", "aliases", "summary"))
                return f"highlights({texts}, v[{self.rows.words}])"
            case EntityNode(parts=parts):
                return self.writer.entity(parts, node, self.row)
            case ChangeNode(parts=parts):
                return change(self.writer, parts, node, self.row)
            case ClaimNode(parts=parts):
                if node.startswith("c"):
                    return self.writer.claim(parts or (), node, self.row)
                return self.writer.edge_claim(parts or (), self.rows, self.row)

    def _page_info_field(self, item: Typename | PageInfoField) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case PageInfoField(name="hasNextPage" | "hasPreviousPage" as name):
                after = name == "hasNextPage"
                terms = [f"len(rows) > v[{self.page.size}]"] if after != self.page.backwards else []
                bound = self.page.before if after else self.page.after
                if bound is not None:
                    terms.append(self.values.item(has_rows_outside(self.rows, bound, after=not after), "c"))
                return " or ".join(terms) or "False"
            case PageInfoField(name=name):
                row = "shown[0]" if name == "startCursor" else "shown[-1]"
                return f"{cursor(self.rows, self.page, self.row, row)} if shown else None"

    def _facet(self, facet: Typename | Facet) -> str:
        if isinstance(facet, Typename):
            return repr(facet.name)
        writer, row = self.writer, Row()
        edge, target = writer.variables.new("r"), writer.variables.new("t")

        def value(part: FacetPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case FacetTarget(parts=parts):
                    return writer.entity(parts, target, row)
                case FacetCount():
                    return row.item("n")

        members = dict_source((part.key, value(part)) for part in facet.parts)
        entities = filtered_row_clauses(self.rows, facet.where, writer.variables)
        hop = pattern(facet.traversal, self.rows.node, edge, target)
        counts = (
            f"COLLECT {{ {entities} MATCH {hop} WITH {target}, count(*) AS n"
            f" ORDER BY n DESC, {target}.slug LIMIT {placeholder(facet.size)} RETURN {row.text} }}"
        )
        shape = writer.shaper.function(f"return [{members} for r in c]")
        return f"{shape}({self.values.item(counts, 'c')}, v)"
