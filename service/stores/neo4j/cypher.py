"""Write a plan as one Cypher statement that returns one record: a list per root field, of lists, of lists.

Lists, not maps: Neo4j reorders the keys of a map. What a place in a list means is known only here, so the `Shaper` that
reads it is written along with the statement. A page is cut (ORDER BY, LIMIT) before anything below it is looked at:

    CALL () { MATCH (t1:`Framework`) WHERE t1.`slug` IS NOT NULL WITH t1 ORDER BY t1.`slug` LIMIT $v0
              RETURN collect([t1.`name`, COLLECT { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(t2:`Feature`)
                              WITH t2, r1 ORDER BY t2.`slug` LIMIT $v1 RETURN [t2.`name`] }]) AS x1 }
    RETURN [x1] AS data

https://neo4j.com/docs/cypher-manual/current/subqueries/collect/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schema import Edge
from service.plan import (
    Branch,
    ById,
    CellPart,
    Cells,
    CellValue,
    Cited,
    ClaimEnd,
    ClaimListing,
    ClaimNode,
    ClaimPart,
    ClaimScalar,
    ClaimWhere,
    Compared,
    CompareRows,
    Comparison,
    ConnectionPart,
    Count,
    CountedName,
    Counts,
    Cursor,
    EdgePart,
    Edges,
    EntityNode,
    EntityPart,
    EvidenceList,
    EvidenceScalar,
    Facet,
    FacetCount,
    FacetPart,
    Facets,
    FacetTarget,
    Graph,
    GraphScalar,
    Hops,
    Introspection,
    Listing,
    Lookup,
    Nodes,
    Page,
    PageFact,
    PageInfo,
    Plan,
    Root,
    RowPart,
    RowRelation,
    Scalar,
    SourceClaims,
    Total,
    Typename,
    Walk,
)
from service.stores.neo4j import anchors
from service.stores.neo4j.anchors import Rows, Way
from service.stores.neo4j.names import alias_label, label, property_name
from service.stores.neo4j.predicates import CLAIM_PROPERTIES, Variables, pattern, slot, texts
from service.stores.neo4j.shaper import Shaper, Source


@dataclass(frozen=True, slots=True)
class Statement:
    """Cypher, and what reads its record. The parameter `$v3` is the value of the plan's slot 3."""

    text: str
    shaper: Shaper


def write(plan: Plan) -> Statement:
    """Write a plan; deterministic."""
    writer = _Writer()
    roots = [writer.root(root) for root in plan.roots if not isinstance(root, Typename | Introspection)]
    text = "\n".join([*writer.calls, f"RETURN [{', '.join(value for value, _ in roots)}] AS data"])
    return Statement(text, writer.source.shaper([name for _, name in roots]))


@dataclass(slots=True)
class _Row:
    """The values that a statement returns for one thing: expressions, each once, and their places."""

    values: list[str] = field(default_factory=list[str])

    def place(self, expression: str, of: str = "r") -> str:
        """How the shaper reads this expression's value, in the list that it calls `of`."""
        if expression not in self.values:
            self.values.append(expression)
        return f"{of}[{self.values.index(expression)}]"

    @property
    def text(self) -> str:
        return f"[{', '.join(self.values)}]"


@dataclass(slots=True)
class _Writer:
    source: Source = field(default_factory=Source)
    calls: list[str] = field(default_factory=list[str])
    variables: Variables = field(default_factory=Variables)

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> tuple[str, str]:
        """The expression of a root field's value, and the name of the function that shapes it."""
        match root:
            case Lookup():
                return self._lookup(root)
            case Listing(kind=kind, where=where, page=page, parts=parts):
                rows = anchors.listing(kind.name, where, page.order, self.variables)
                return self._connection(rows, page, parts, self._call)
            case ClaimListing(where=where, page=page, parts=parts):
                node = self.variables.new("c")
                same = (f"{node}.object",) if where.object is not None else ()
                rows = Rows((self._claim_where(where, node),), node, ((f"{node}.key", False),), same)
                return self._connection(rows, page, parts, self._call)
            case ById():
                return self._by_id(root)
            case Graph():
                return self._graph(root)
            case Comparison():
                return self._comparison(root)
            case Typename() | Introspection():
                raise TypeError(f"no store answers {root}")

    def _lookup(self, root: Lookup) -> tuple[str, str]:
        node, row = self.variables.new("e"), _Row()
        shaped = self._entity(root.parts, node, row)
        kind, slug = root.kind.name, slot(root.slug)
        # LIMIT 1 keeps a hit by slug from looking at the aliases
        call = (
            f"CALL () {{ MATCH ({node}:{label(kind)} {{slug: {slug}}}) RETURN {node}"
            f" UNION ALL MATCH (:{alias_label(kind)} {{key: {slug}}})-[:NAMES]->({node}:{label(kind)}) RETURN {node} }}"
            f" WITH {node} LIMIT 1"
        )
        name = self.source.function(f"return {shaped}", argument="r")
        return self._call(call, row.text), self.source.function(f"return {name}(c[0], v) if c else None")

    def _by_id(self, root: ById) -> tuple[str, str]:
        entity, claim = self.variables.new("e"), self.variables.new("c")
        found, row = self._branches(root.branches, entity), _Row()
        claimed = self.source.function(f"return {self._claim(root.claim, claim, row)}", argument="r")
        wanted = "i" if root.many else slot(root.slot)
        value = (
            f"coalesce(head(COLLECT {{ MATCH ({entity}:Entity {{id: {wanted}}}) RETURN [0, {found[0]}] }}), "
            f"head(COLLECT {{ MATCH ({claim}:Claim {{id: {wanted}}}) RETURN [1, {row.text}] }}))"
        )
        one = self.source.function(f"return None if c is None else ({found[1]}, {claimed})[c[0]](c[1], v)")
        if not root.many:
            return value, one
        listed = f"[i IN {slot(root.slot)} | {value}]"
        return listed, self.source.function(f"return [{one}(r, v) for r in c]")

    def _comparison(self, root: Comparison) -> tuple[str, str]:
        """`[keys that are not there, [frameworks, rows of a relation, rows of the next ...]]`."""
        kind, slugs, row = root.kind.name, slot(root.slugs), _Row()

        def shaped(part: Typename | Compared | CompareRows) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case Compared(parts=parts):
                    own = _Row()
                    members = self._entity(parts, "a", own)
                    return f"[{members} for r in {row.place(f'[a IN asked | {own.text}]')}]"
                case CompareRows(edges=edges, parts=parts):
                    each = zip(edges, parts, strict=True)
                    lists = (self._compare_rows(root, edge, row_parts, row) for edge, row_parts in each)
                    return f"[{', '.join(f'*{rows}' for rows in lists)}]"

        members = _members((part.key, shaped(part)) for part in root.parts)
        own = self.source.function(f"return {members}", argument="r")
        found = (
            f"UNWIND range(0, size({slugs}) - 1) AS i WITH i, coalesce("
            f"head(COLLECT {{ MATCH (e:{label(kind)} {{slug: {slugs}[i]}}) RETURN e }}), "
            f"head(COLLECT {{ MATCH (:{alias_label(kind)} {{key: {slugs}[i]}})-[:NAMES]->(e) RETURN e }})) AS e"
            f" WITH collect(CASE WHEN e IS NULL THEN {slugs}[i] END) AS unknown, collect(DISTINCT e) AS asked"
        )
        name = self._call(found, f"[unknown, {row.text}]")
        return f"head({name})", self.source.function(f"return unknown(c[0]) if c[0] else {own}(c[1], v)")

    def _compare_rows(self, root: Comparison, edge: Edge, parts: tuple[RowPart, ...], row: _Row) -> str:
        """The Python that shapes the rows of one relation: a list."""
        hops = Hops(edge, ("HAS", "DISPUTED", "LACKS"))
        target, hop, own = self.variables.new("t"), self.variables.new("r"), _Row()
        cell, rows = _Row([f"{hop}.stance"]), Rows((), target, (), edge=hop, hops=hops)

        def cell_part(part: CellPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case CellValue():
                    return "(r[0] or 'UNKNOWN')"
                case EntityNode(parts=entity_parts):
                    return self._entity(entity_parts, "a", cell)
                case ClaimNode(parts=claim_parts):
                    return f"(None if r[0] is None else {self._led(claim_parts or (), rows, cell)})"

        def row_part(part: RowPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case RowRelation():
                    return repr(edge.name)
                case EntityNode(parts=entity_parts):
                    return self._entity(entity_parts, target, own)
                case Cells(parts=cell_parts):
                    return f"[{_members((item.key, cell_part(item)) for item in cell_parts)} for r in cells]"

        members = _members((part.key, row_part(part)) for part in parts)
        one = f"head(COLLECT {{ OPTIONAL MATCH {pattern(hops, 'a', hop, target)} RETURN {cell.text} }})"
        cells = own.place(f"[a IN asked | {one}]")
        reach = pattern(hops, "a", "", f"{target}:{label(edge.target)}")
        value = (
            f"COLLECT {{ UNWIND asked AS a MATCH {reach} WITH DISTINCT asked, {target} ORDER BY {target}.slug"
            f" RETURN {own.text} }}"
        )
        shape = self.source.function(f"cells = {cells}", f"return {members}", argument="r")
        differ = f" if len({{cell[0] for cell in {cells}}}) > 1" if root.only_differences else ""
        return f"[{shape}(r, v) for r in {row.place(value)}{differ}]"

    def _graph(self, root: Graph) -> tuple[str, str]:
        row = _Row()

        def shaped(part: Typename | GraphScalar | Counts) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case GraphScalar(name="store"):
                    return repr("neo4j")
                case GraphScalar(name=name):
                    known = "digest" if name == "version" else "changed"
                    return row.place(f"head(COLLECT {{ MATCH (g:AtlasGraph) RETURN g.{known} }})")
                case Counts():
                    lines = zip(part.names, part.values, strict=True)
                    return f"[{', '.join(self._count_line(part, name, value, row) for name, value in lines)}]"

        members = _members((part.key, shaped(part)) for part in root.parts)
        return row.text, self.source.function(f"return {members}", argument="r")

    def _count_line(self, counts: Counts, name: str, value: str, row: _Row) -> str:
        def shaped(item: Typename | Count | CountedName) -> str:
            match item:
                case Typename(name=typename):
                    return repr(typename)
                case CountedName():
                    return repr(value)
                case Count():
                    of_kind = f"COUNT {{ (:{label(name)}) }}"
                    return row.place(
                        of_kind if counts.of == "kinds" else f"COUNT {{ (:Claim {{relation: '{name}'}}) }}"
                    )

        return _members((item.key, shaped(item)) for item in counts.parts)

    def _call(self, body: str, row: str) -> str:
        """Put a root field's rows before the RETURN; the value is the list of them."""
        name = self.variables.new("x")
        self.calls.append(f"CALL () {{ {body} RETURN collect({row}) AS {name} }}")
        return name

    # ------------------------------------------------------------------------------------------------------- entities

    def _entity(self, parts: tuple[EntityPart, ...], node: str, row: _Row) -> str:
        """The Python that shapes an entity from its row `r`."""
        return _members((part.key, self._entity_part(part, node, row)) for part in parts)

    def _entity_part(self, part: EntityPart, node: str, row: _Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Scalar(property=prop):
                return row.place(f"{node}.{property_name(prop)}")
            case Walk():
                value, shape = self._walk(part, node)
                return f"{shape}({row.place(value)}, v)"
            case SourceClaims(page=page, parts=parts):
                claim = self.variables.new("c")
                hop, order = f"({node})<-[:CITES]-({claim})", ((f"{claim}.key", False),)
                rows = Rows((Way((hop,)),), claim, order, count=f"({node})<-[:CITES]-()")
                value, shape = self._connection(rows, page, parts, _collect)
                return f"{shape}({row.place(value)}, v)"

    def _walk(self, walk: Walk, node: str) -> tuple[str, str]:
        rows = anchors.walk(node, walk.hops, walk.where, walk.page.order, self.variables)
        return self._connection(rows, walk.page, walk.parts, _collect)

    def _branches(self, branches: tuple[Branch, ...], node: str) -> tuple[str, str]:
        """An entity of any of several kinds: the expression of its row and the function that shapes it."""
        cases, shapes = "", ""
        for index, branch in enumerate(branches):
            row = _Row([str(index)])
            shapes += f"{self.source.function(f'return {self._entity(branch.parts, node, row)}', argument='r')}, "
            cases += f" WHEN {' OR '.join(f'{node}:{label(kind)}' for kind in branch.kinds)} THEN {row.text}"
        return f"CASE{cases} END", self.source.function(f"return ({shapes})[c[0]](c, v)")

    # --------------------------------------------------------------------------------------------------------- claims

    def _claim(self, parts: tuple[ClaimPart, ...], claim: str, row: _Row) -> str:
        """The Python that shapes a claim from its row `r`; `claim` is the variable of its node."""

        def shaped(part: ClaimPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case ClaimScalar(name="confidence"):
                    return f"{row.place(f'{claim}.confidence')} / 1000"
                case ClaimScalar(name=name):
                    return row.place(f"{claim}.{CLAIM_PROPERTIES.get(name, name)}")
                case ClaimEnd(name=name, branches=branches):
                    end = self.variables.new("e")
                    value, shape = self._branches(branches, end)
                    found = f"head(COLLECT {{ MATCH ({end}:Entity {{id: {claim}.{name}}}) RETURN {value} }})"
                    return f"{shape}({row.place(found)}, v)"
                case EvidenceList():
                    value, shape = self._evidence(part, claim)
                    return f"{shape}({row.place(value)}, v)"

        return _members((part.key, shaped(part)) for part in parts)

    def _led(self, parts: tuple[ClaimPart, ...], rows: Rows, row: _Row) -> str:
        """The Python that shapes the claim that led over an edge; what the edge knows is read from it."""
        if rows.hops is None:
            return "None"
        if all(isinstance(part, Typename | ClaimScalar) for part in parts):
            return _members((part.key, self._led_scalar(part, rows, row)) for part in parts)
        claim, own = self.variables.new("c"), _Row()
        shape = self.source.function(f"return {self._claim(parts, claim, own)}", argument="r")
        value = f"head(COLLECT {{ MATCH ({claim}:Claim {{key: {rows.edge}.claim}}) RETURN {own.text} }})"
        return f"{shape}({row.place(value)}, v)"

    def _led_scalar(self, part: ClaimPart, rows: Rows, row: _Row) -> str:
        match part:
            case ClaimScalar(name="id"):
                return f"claim_id({row.place(f'{rows.edge}.claim')})"
            case ClaimScalar(name="relation"):
                return repr(rows.hops.edge.relation.name if rows.hops else None)
            case ClaimScalar(name="confidence"):
                return f"{row.place(f'{rows.edge}.confidence')} / 1000"
            case ClaimScalar(name=name):
                return row.place(f"{rows.edge}.{CLAIM_PROPERTIES.get(name, name)}")
            case Typename(name=name):
                return repr(name)
            case ClaimEnd() | EvidenceList():
                raise TypeError(f"no edge knows {part}")

    def _evidence(self, part: EvidenceList, claim: str) -> tuple[str, str]:
        cites, source, row = self.variables.new("v"), self.variables.new("s"), _Row()

        def shaped(item: Typename | EvidenceScalar | Cited) -> str:
            match item:
                case Typename(name=name):
                    return repr(name)
                case EvidenceScalar(name=name):
                    return row.place(f"{cites}.{name}")
                case Cited(parts=parts):
                    return self._entity(parts, source, row)

        members = _members((item.key, shaped(item)) for item in part.parts)
        value = (
            f"COLLECT {{ MATCH ({claim})-[{cites}:CITES]->({source}:Source) WITH {cites}, {source}"
            f" ORDER BY {source}.published, {source}.slug RETURN {row.text} }}"
        )
        return value, self.source.function(f"return [{members} for r in c]")

    # ---------------------------------------------------------------------------------------------------- connections

    def _connection(
        self, rows: Rows, page: Page, parts: tuple[ConnectionPart, ...], collect: Callable[[str, str], str]
    ) -> tuple[str, str]:
        """The expression of a connection's value, `[rows, fact, ...]`, and the function that shapes it."""
        row, facts = _Row(), _Row(["null"])
        wanted = {
            item.name
            for part in parts
            if isinstance(part, PageInfo)
            for item in part.parts
            if isinstance(item, PageFact)
        }
        listed = bool(wanted) or any(isinstance(part, Edges | Nodes) for part in parts)
        more = ("hasPreviousPage" if page.backwards else "hasNextPage") in wanted
        members = _members((part.key, self._connection_part(part, rows, page, row, facts)) for part in parts)
        lines: list[str] = []
        if listed:
            linked = bool(rows.edge) and f"{rows.edge}." in row.text
            facts.values[0] = collect(anchors.cut(rows, page, more=more, edge=linked), row.text)
            lines = ["rows = c[0]", f"shown = rows[:v[{page.size}]]" if more else "shown = rows"]
            lines += ["shown = shown[::-1]"] if page.backwards else []
        return facts.text, self.source.function(*lines, f"return {members}")

    def _connection_part(self, part: ConnectionPart, rows: Rows, page: Page, row: _Row, facts: _Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Edges(parts=items):
                members = _members((item.key, self._edge_part(item, rows, page, row)) for item in items)
                return f"[{members} for r in shown]"
            case Nodes(node=node):
                return f"[{self._edge_part(node, rows, page, row)} for r in shown]"
            case PageInfo(parts=items):
                return _members((item.key, self._page_fact(item, rows, page, row, facts)) for item in items)
            case Total():
                return facts.place(anchors.count(rows), of="c")
            case Facets(parts=items):
                return _members((item.key, self._facet(item, rows, facts)) for item in items)

    def _edge_part(self, part: EdgePart, rows: Rows, page: Page, row: _Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Cursor():
                return _cursor(rows, page, row)
            case EntityNode(parts=parts):
                return self._entity(parts, rows.node, row)
            case ClaimNode(parts=parts):
                if rows.node.startswith("c"):
                    return self._claim(parts or (), rows.node, row)
                return self._led(parts or (), rows, row)

    def _page_fact(self, item: Typename | PageFact, rows: Rows, page: Page, row: _Row, facts: _Row) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case PageFact(name="hasNextPage" | "hasPreviousPage" as name):
                ahead = name == "hasNextPage"
                terms = [f"len(rows) > v[{page.size}]"] if ahead != page.backwards else []
                bound = page.before if ahead else page.after
                if bound is not None:
                    outside = f"NOT ({anchors.beyond(rows, bound, behind=not ahead)})"
                    terms.append(facts.place(anchors.has(rows, outside), of="c"))
                return " or ".join(terms) or "False"
            case PageFact(name=name):
                outermost = "shown[0]" if name == "startCursor" else "shown[-1]"
                return f"{_cursor(rows, page, row, outermost)} if shown else None"

    def _facet(self, facet: Typename | Facet, rows: Rows, facts: _Row) -> str:
        if isinstance(facet, Typename):
            return repr(facet.name)
        edge, target, row = self.variables.new("r"), self.variables.new("t"), _Row()

        def shaped(part: FacetPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case FacetTarget(parts=parts):
                    return self._entity(parts, target, row)
                case FacetCount():
                    return row.place("n")

        members = _members((part.key, shaped(part)) for part in facet.parts)
        found = anchors.found(rows, facet.where, self.variables)
        hop = pattern(facet.hops, rows.node, edge, target)
        value = (
            f"COLLECT {{ {found} MATCH {hop} WITH {target}, count(*) AS n"
            f" ORDER BY n DESC, {target}.slug LIMIT {slot(facet.size)} RETURN {row.text} }}"
        )
        return f"{self.source.function(f'return [{members} for r in c]')}({facts.place(value, of='c')}, v)"

    def _claim_where(self, where: ClaimWhere, claim: str) -> Way:
        # every claim has a key; to say so opens the indexes that it stands in
        patterns, conditions = [f"({claim}:Claim)"], [f"{claim}.key IS NOT NULL"]
        for name, end in (("subject", where.subject), ("object", where.object)):
            if end is not None:
                conditions.append(f"{claim}.{name} = {slot(end)}")
        if where.source is not None:
            patterns.append(f"({claim})-[:CITES]->(:Entity {{id: {slot(where.source)}}})")
        if where.relations is not None:
            conditions.append(f"{claim}.relation IN {slot(where.relations)}")
        if where.stances is not None:
            conditions.append(f"{claim}.stance IN {texts(where.stances)}")
        if where.least is not None:
            conditions.append(f"{claim}.confidence >= {slot(where.least)}")
        return Way(tuple(patterns), tuple(conditions))


def _collect(body: str, row: str) -> str:
    return f"COLLECT {{ {body} RETURN {row} }}"


def _cursor(rows: Rows, page: Page, row: _Row, of: str = "r") -> str:
    values = ", ".join(row.place(term, of) for term, _ in rows.order)
    return f"write_cursor({page.signature!r}, [{values}])"


def _members(parts: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in parts) + "}"
