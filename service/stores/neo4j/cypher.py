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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from schema import Edge
from service.plan import (
    All,
    AnyOf,
    Branch,
    ByClaim,
    ByCount,
    ById,
    ByProperty,
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
    Compare,
    Compared,
    CompareRows,
    Comparison,
    ConnectionPart,
    Count,
    Counted,
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
    Named,
    Nodes,
    Not,
    Order,
    Page,
    PageFact,
    PageInfo,
    Plan,
    Predicate,
    Related,
    Root,
    RowPart,
    RowRelation,
    Scalar,
    Slot,
    SourceClaims,
    Total,
    Typename,
    Walk,
    missing,
)
from service.stores.neo4j.names import alias_label, key_name, label, property_name, relationship
from service.stores.neo4j.shaper import Shaper, Source

_COMPARE = {
    "eq": "=",
    "in": "IN",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "contains": "CONTAINS",
    "startsWith": "STARTS WITH",
    "endsWith": "ENDS WITH",
}
_CLAIM_PROPERTIES = {"firstSeen": "first_seen", "lastSeen": "last_seen"}


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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a list come from: a pattern, what must hold, and the total order.

    `node` is the variable of a row's entity or claim, `edge` that of the relationship that led there. `order` holds
    expressions and whether they fall. `count` is the pattern of a bare count. `base` is what must hold whatever the
    filter is, `kind` that of the entities.
    """

    pattern: str
    conditions: tuple[str, ...]
    node: str
    order: tuple[tuple[str, bool], ...]
    edge: str = ""
    hops: Hops | None = None
    count: str | None = None
    kind: str = ""
    base: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writer:
    source: Source = field(default_factory=Source)
    calls: list[str] = field(default_factory=list[str])
    _variables: dict[str, int] = field(default_factory=dict[str, int])

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> tuple[str, str]:
        """The expression of a root field's value, and the name of the function that shapes it."""
        match root:
            case Lookup():
                return self._lookup(root)
            case Listing(kind=kind, where=where, page=page, parts=parts):
                node = self._variable("t")
                rows = _Rows(
                    pattern=f"({node}:{label(kind.name)})",
                    conditions=self._where(where, node, kind.name),
                    node=node,
                    order=self._order(page.order, node, ""),
                    count=f"(:{label(kind.name)})" if where is None else None,
                    kind=kind.name,
                )
                return self._connection(rows, page, parts, self._call)
            case ClaimListing(where=where, page=page, parts=parts):
                node = self._variable("c")
                pattern, conditions = self._claim_where(where, node)
                rows = _Rows(pattern, conditions, node, ((f"{node}.key", False),))
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
        node, row = self._variable("e"), _Row()
        shaped = self._entity(root.parts, node, row)
        kind, slug = root.kind.name, _slot(root.slug)
        # LIMIT 1 keeps a hit by slug from looking at the aliases
        call = (
            f"CALL () {{ MATCH ({node}:{label(kind)} {{slug: {slug}}}) RETURN {node}"
            f" UNION ALL MATCH (:{alias_label(kind)} {{key: {slug}}})-[:NAMES]->({node}:{label(kind)}) RETURN {node} }}"
            f" WITH {node} LIMIT 1"
        )
        name = self.source.function(f"return {shaped}", argument="r")
        return self._call(call, row.text), self.source.function(f"return {name}(c[0], v) if c else None")

    def _by_id(self, root: ById) -> tuple[str, str]:
        entity, claim = self._variable("e"), self._variable("c")
        found, row = self._branches(root.branches, entity), _Row()
        claimed = self.source.function(f"return {self._claim(root.claim, claim, row)}", argument="r")
        wanted = "i" if root.many else _slot(root.slot)
        value = (
            f"coalesce(head(COLLECT {{ MATCH ({entity}:Entity {{id: {wanted}}}) RETURN [0, {found[0]}] }}), "
            f"head(COLLECT {{ MATCH ({claim}:Claim {{id: {wanted}}}) RETURN [1, {row.text}] }}))"
        )
        one = self.source.function(f"return None if c is None else ({found[1]}, {claimed})[c[0]](c[1], v)")
        if not root.many:
            return value, one
        listed = f"[i IN {_slot(root.slot)} | {value}]"
        return listed, self.source.function(f"return [{one}(r, v) for r in c]")

    def _comparison(self, root: Comparison) -> tuple[str, str]:
        """`[keys that are not there, [frameworks, rows of a relation, rows of the next ...]]`."""
        kind, slugs, row = root.kind.name, _slot(root.slugs), _Row()

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
        target, hop, own = self._variable("t"), self._variable("r"), _Row()
        cell, rows = _Row([f"{hop}.stance"]), _Rows("", (), target, (), edge=hop, hops=hops)

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
        one = f"head(COLLECT {{ OPTIONAL MATCH {_pattern(hops, 'a', hop, target)} RETURN {cell.text} }})"
        cells = own.place(f"[a IN asked | {one}]")
        reach = _pattern(hops, "a", "", f"{target}:{label(edge.target)}")
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
        name = self._variable("x")
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
                claim = self._variable("c")
                rows = _Rows(
                    pattern=f"({node})<-[:CITES]-({claim}:Claim)",
                    conditions=(),
                    node=claim,
                    order=((f"{claim}.key", False),),
                    count=f"({node})<-[:CITES]-()",
                )
                value, shape = self._connection(rows, page, parts, _collect)
                return f"{shape}({row.place(value)}, v)"

    def _walk(self, walk: Walk, node: str) -> tuple[str, str]:
        edge, target = self._variable("r"), self._variable("t")
        bare = walk.where is None and not _needs_edge(walk.hops)
        rows = _Rows(
            pattern=_pattern(walk.hops, node, edge, f"{target}:{label(walk.hops.edge.target)}"),
            conditions=(*_hop_conditions(walk.hops, edge), *self._where(walk.where, target, walk.hops.edge.target)),
            node=target,
            order=self._order(walk.page.order, target, edge),
            edge=edge,
            hops=walk.hops,
            count=_pattern(walk.hops, node, "", "") if bare else None,
            kind=walk.hops.edge.target,
            base=_hop_conditions(walk.hops, edge),
        )
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
                    return row.place(f"{claim}.{_CLAIM_PROPERTIES.get(name, name)}")
                case ClaimEnd(name=name, branches=branches):
                    end = self._variable("e")
                    value, shape = self._branches(branches, end)
                    found = f"head(COLLECT {{ MATCH ({end}:Entity {{id: {claim}.{name}}}) RETURN {value} }})"
                    return f"{shape}({row.place(found)}, v)"
                case EvidenceList():
                    value, shape = self._evidence(part, claim)
                    return f"{shape}({row.place(value)}, v)"

        return _members((part.key, shaped(part)) for part in parts)

    def _led(self, parts: tuple[ClaimPart, ...], rows: _Rows, row: _Row) -> str:
        """The Python that shapes the claim that led over an edge; what the edge knows is read from it."""
        if rows.hops is None:
            return "None"
        if all(isinstance(part, Typename | ClaimScalar) for part in parts):
            return _members((part.key, self._led_scalar(part, rows, row)) for part in parts)
        claim, own = self._variable("c"), _Row()
        shape = self.source.function(f"return {self._claim(parts, claim, own)}", argument="r")
        value = f"head(COLLECT {{ MATCH ({claim}:Claim {{key: {rows.edge}.claim}}) RETURN {own.text} }})"
        return f"{shape}({row.place(value)}, v)"

    def _led_scalar(self, part: ClaimPart, rows: _Rows, row: _Row) -> str:
        match part:
            case ClaimScalar(name="id"):
                return f"claim_id({row.place(f'{rows.edge}.claim')})"
            case ClaimScalar(name="relation"):
                return repr(rows.hops.edge.relation.name if rows.hops else None)
            case ClaimScalar(name="confidence"):
                return f"{row.place(f'{rows.edge}.confidence')} / 1000"
            case ClaimScalar(name=name):
                return row.place(f"{rows.edge}.{_CLAIM_PROPERTIES.get(name, name)}")
            case Typename(name=name):
                return repr(name)
            case ClaimEnd() | EvidenceList():
                raise TypeError(f"no edge knows {part}")

    def _evidence(self, part: EvidenceList, claim: str) -> tuple[str, str]:
        cites, source, row = self._variable("v"), self._variable("s"), _Row()

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
        self, rows: _Rows, page: Page, parts: tuple[ConnectionPart, ...], collect: Callable[[str, str], str]
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
            facts.values[0] = collect(self._cut(rows, page, more=more), row.text)
            lines = ["rows = c[0]", f"shown = rows[:v[{page.size}]]" if more else "shown = rows"]
            lines += ["shown = shown[::-1]"] if page.backwards else []
        return facts.text, self.source.function(*lines, f"return {members}")

    def _connection_part(self, part: ConnectionPart, rows: _Rows, page: Page, row: _Row, facts: _Row) -> str:
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
                return facts.place(_count(rows), of="c")
            case Facets(parts=items):
                return _members((item.key, self._facet(item, rows, facts)) for item in items)

    def _edge_part(self, part: EdgePart, rows: _Rows, page: Page, row: _Row) -> str:
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

    def _page_fact(self, item: Typename | PageFact, rows: _Rows, page: Page, row: _Row, facts: _Row) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case PageFact(name="hasNextPage" | "hasPreviousPage" as name):
                ahead = name == "hasNextPage"
                terms = [f"len(rows) > v[{page.size}]"] if ahead != page.backwards else []
                bound = page.before if ahead else page.after
                if bound is not None:
                    outside = f"NOT ({_beyond(rows, bound, behind=not ahead)})"
                    exists = f"EXISTS {{ MATCH {rows.pattern}{_clause((*rows.conditions, outside))} }}"
                    terms.append(facts.place(exists, of="c"))
                return " or ".join(terms) or "False"
            case PageFact(name=name):
                outermost = "shown[0]" if name == "startCursor" else "shown[-1]"
                return f"{_cursor(rows, page, row, outermost)} if shown else None"

    def _facet(self, facet: Typename | Facet, rows: _Rows, facts: _Row) -> str:
        if isinstance(facet, Typename):
            return repr(facet.name)
        edge, target, row = self._variable("r"), self._variable("t"), _Row()

        def shaped(part: FacetPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case FacetTarget(parts=parts):
                    return self._entity(parts, target, row)
                case FacetCount():
                    return row.place("n")

        members = _members((part.key, shaped(part)) for part in facet.parts)
        conditions = (*rows.base, *self._where(facet.where, rows.node, rows.kind))
        hop = _pattern(facet.hops, rows.node, edge, f"{target}:{label(facet.hops.edge.target)}")
        value = (
            f"COLLECT {{ MATCH {rows.pattern}{_clause(conditions)} MATCH {hop} WITH {target}, count(*) AS n"
            f" ORDER BY n DESC, {target}.slug LIMIT {_slot(facet.size)} RETURN {row.text} }}"
        )
        return f"{self.source.function(f'return [{members} for r in c]')}({facts.place(value, of='c')}, v)"

    def _cut(self, rows: _Rows, page: Page, *, more: bool) -> str:
        conditions = list(rows.conditions)
        if page.after is not None:
            conditions.append(_beyond(rows, page.after, behind=True))
        if page.before is not None:
            conditions.append(_beyond(rows, page.before, behind=False))
        if not rows.edge and not rows.conditions:
            # the order of an index serves only where a predicate proves that the property is there
            conditions += [f"{term} IS NOT NULL" for term, _ in rows.order if term.startswith(f"{rows.node}.")]
        order = ", ".join(f"{term}{' DESC' if falls != page.backwards else ''}" for term, falls in rows.order)
        kept = f"{rows.node}, {rows.edge}" if rows.edge else rows.node
        limit = f"{_slot(page.size)}{' + 1' if more else ''}"
        return f"MATCH {rows.pattern}{_clause(conditions)} WITH {kept} ORDER BY {order} LIMIT {limit}"

    # -------------------------------------------------------------------------------------------- orders and predicates

    def _order(self, order: tuple[Order, ...], node: str, edge: str) -> tuple[tuple[str, bool], ...]:
        return tuple((_order_term(term, node, edge), term.descending) for term in order)

    def _where(self, predicate: Predicate | None, node: str, kind: str) -> tuple[str, ...]:
        match predicate:
            case None:
                return ()
            case All(parts):
                return tuple(self._predicate(part, node, kind) for part in parts)
            case _:
                return (self._predicate(predicate, node, kind),)

    def _predicate(self, predicate: Predicate, node: str, kind: str) -> str:
        """A condition that is true or false, never null."""
        match predicate:
            case Compare(prop, "null"):
                return f"{node}.{property_name(prop)} IS NULL"
            case Compare(prop, operator, slot):
                value = f"{node}.{key_name(prop)}"
                text = f"{value} {_COMPARE[operator]} {_value(slot)}"
                return text if prop.required else f"({value} IS NOT NULL AND {text})"
            case Named(operator, slot):
                alias, operation = self._variable("n"), f"{_COMPARE[operator]} {_slot(slot)}"
                other = f"EXISTS {{ ({node})<-[:NAMES]-({alias}:{alias_label(kind)}) WHERE {alias}.key {operation} }}"
                return f"({node}.name_key {operation} OR {other})"
            case Related(hops, where):
                return self._related(hops, where, node)
            case Counted(hops, operator, slot):
                return f"{_hop_count(hops, node)} {_COMPARE[operator]} {_slot(slot)}"
            case All(parts):
                return _join(" AND ", "true", (self._predicate(part, node, kind) for part in parts))
            case AnyOf(parts):
                return _join(" OR ", "false", (self._predicate(part, node, kind) for part in parts))
            case Not(part):
                return f"NOT ({self._predicate(part, node, kind)})"

    def _related(self, hops: Hops, where: Predicate | None, node: str) -> str:
        edge, target = self._variable("r"), self._variable("t")
        if where is None and not _needs_edge(hops):
            return f"EXISTS {{ {_pattern(hops, node, '', '')} }}"
        conditions = (*_hop_conditions(hops, edge), *self._where(where, target, hops.edge.target))
        pattern = _pattern(hops, node, edge, f"{target}:{label(hops.edge.target)}")
        return f"EXISTS {{ MATCH {pattern}{_clause(conditions)} }}"

    def _claim_where(self, where: ClaimWhere, claim: str) -> tuple[str, tuple[str, ...]]:
        patterns, conditions = [f"({claim}:Claim)"], list[str]()
        for name, slot in (("subject", where.subject), ("object", where.object)):
            if slot is not None:
                conditions.append(f"{claim}.{name} = {_slot(slot)}")
        if where.source is not None:
            patterns.append(f"({claim})-[:CITES]->(:Entity {{id: {_slot(where.source)}}})")
        if where.relations is not None:
            conditions.append(f"{claim}.relation IN {_slot(where.relations)}")
        if where.stances is not None:
            conditions.append(f"{claim}.stance IN {_names(where.stances)}")
        if where.least is not None:
            conditions.append(f"{claim}.confidence >= {_slot(where.least)}")
        return ", ".join(patterns), tuple(conditions)

    def _variable(self, letter: str) -> str:
        self._variables[letter] = self._variables.get(letter, 0) + 1
        return f"{letter}{self._variables[letter]}"


def _collect(body: str, row: str) -> str:
    return f"COLLECT {{ {body} RETURN {row} }}"


def _count(rows: _Rows) -> str:
    if rows.count is not None:
        return f"COUNT {{ {rows.count} }}"
    return f"COUNT {{ MATCH {rows.pattern}{_clause(rows.conditions)} }}"


def _cursor(rows: _Rows, page: Page, row: _Row, of: str = "r") -> str:
    values = ", ".join(row.place(term, of) for term, _ in rows.order)
    return f"write_cursor({page.signature!r}, [{values}])"


def _beyond(rows: _Rows, bound: Sequence[Slot], *, behind: bool) -> str:
    """Whether a row comes strictly behind (or before) a cursor, in the list's own order."""
    text = ""
    for (term, falls), slot in reversed(list(zip(rows.order, bound, strict=True))):
        sign = ">" if falls != behind else "<"
        step = f"{term} {sign} {_slot(slot)}"
        # the first bound alone narrows the index, the rest decides among equals
        text = f"({term} {sign}= {_slot(slot)} AND ({step} OR {text}))" if text else step
    return text


def _order_term(order: Order, node: str, edge: str) -> str:
    match order:
        case ByProperty(prop):
            text = f"{node}.{key_name(prop)}"
            return text if prop.required else f"coalesce({text}, {_sentinel(order)})"
        case ByCount(target):
            return _hop_count(Hops(target, ("HAS", "DISPUTED")), node)
        case ByClaim("confidence"):
            return f"{edge}.confidence"
        case ByClaim(name):
            return f"coalesce({edge}.{_CLAIM_PROPERTIES[name]}, {_sentinel(order)})"


def _hop_count(hops: Hops, node: str) -> str:
    if not _needs_edge(hops):
        return f"COUNT {{ {_pattern(hops, node, '', '')} }}"
    return f"COUNT {{ MATCH {_pattern(hops, node, 'r', '')}{_clause(_hop_conditions(hops, 'r'))} }}"


def _pattern(hops: Hops, near: str, edge: str, far: str) -> str:
    """`(near)-[edge:TYPES]->(far)`, turned where the edge is walked back."""
    known = {"HAS", "DISPUTED"} & set(hops.stances) or not hops.stances
    types = [relationship(hops.edge.relation)] if known else []
    types += [relationship(hops.edge.relation, denied=True)] if "LACKS" in hops.stances else []
    ahead, back = ("<-", "-") if hops.edge.reverse else ("-", "->")
    return f"({near}){ahead}[{edge}:{'|'.join(types)}]{back}({far})"


def _needs_edge(hops: Hops) -> bool:
    return bool(_hop_conditions(hops, ""))


def _hop_conditions(hops: Hops, edge: str) -> tuple[str, ...]:
    """What must hold of an edge beyond its type."""
    least = () if hops.least is None else (f"{edge}.confidence >= {_slot(hops.least)}",)
    if set(hops.stances) & {"HAS", "DISPUTED"} in ({"HAS", "DISPUTED"}, set()) and hops.stances:
        return least
    return f"{edge}.stance IN {_names(hops.stances)}", *least


def _names(names: Iterable[str]) -> str:
    return f"[{', '.join(repr(name) for name in names)}]"


def _sentinel(order: ByProperty | ByClaim) -> str:
    return repr(missing(order))


def _clause(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _join(word: str, empty: str, parts: Iterable[str]) -> str:
    listed = list(parts)
    return f"({word.join(listed)})" if listed else empty


def _members(parts: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in parts) + "}"


def _slot(slot: Slot) -> str:
    return f"$v{slot}"


def _value(slot: Slot | None) -> str:
    assert slot is not None  # noqa: S101 - only `null` has none
    return _slot(slot)
