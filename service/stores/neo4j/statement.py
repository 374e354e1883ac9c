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

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.plan import (
    Alternatives,
    AnyNode,
    Branch,
    ChangeByNumber,
    ChangeNode,
    Changes,
    ClaimEnd,
    ClaimFilter,
    ClaimList,
    ClaimNode,
    ClaimPart,
    ClaimScalar,
    Comparison,
    ConnectionPart,
    Cursor,
    EdgePart,
    Edges,
    EntityList,
    EntityNode,
    EntityPart,
    EvidenceList,
    EvidenceScalar,
    EvidenceSource,
    Facet,
    FacetCount,
    FacetPart,
    Facets,
    FacetTarget,
    Graph,
    Highlights,
    Introspection,
    Lookup,
    NodeLookup,
    Nodes,
    Page,
    PageInfo,
    PageInfoField,
    Paths,
    Plan,
    Recommend,
    RelationConnection,
    Root,
    Scalar,
    Score,
    Search,
    SourceClaims,
    TotalCount,
    Typename,
)
from service.plan.parameters import ParameterIndex
from service.stores.neo4j import access_paths
from service.stores.neo4j.access_paths import AccessPath, RowSource
from service.stores.neo4j.alternatives import alternatives
from service.stores.neo4j.changes import change, changes
from service.stores.neo4j.compare import comparison
from service.stores.neo4j.graph import graph
from service.stores.neo4j.layout import alias_label, label, property_name
from service.stores.neo4j.paths import paths
from service.stores.neo4j.predicates import CLAIM_PROPERTIES, Variables, list_placeholder, pattern, placeholder, texts
from service.stores.neo4j.recommend import recommending
from service.stores.neo4j.row import Row, collect, dictionary
from service.stores.neo4j.search import search
from service.stores.neo4j.shaper import Shaper, Source

_SIZED = re.compile(r"\$v(\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """Cypher, and what reads its record. The value of the plan's slot 3 is `$v[3]`, and `$v3` where a plan depends on its
    size: Neo4j plans anew for texts and lists of other sizes (none, 1, up to 10, up to 100 ...), but not for what a list holds.
    """

    text: str
    shaper: Shaper
    sized: tuple[ParameterIndex, ...]

    def parameters(self, values: Sequence[Any]) -> dict[str, Any]:
        """What the database gets: the values of all slots."""
        return {"v": list(values), **{f"v{number}": values[number] for number in self.sized}}


def write_statement(plan: Plan) -> Statement:
    """Write a plan; deterministic."""
    writer = Writer()
    roots = [writer.root(root) for root in plan.roots if not isinstance(root, Typename | Introspection)]
    text = "\n".join([*writer.calls, f"RETURN [{', '.join(value for value, _ in roots)}] AS data"])
    sized = sorted({int(number) for number in _SIZED.findall(text)})
    return Statement(text, writer.source.shaper([name for _, name in roots]), tuple(sized))


@dataclass(slots=True)
class Writer:
    source: Source = field(default_factory=Source)
    calls: list[str] = field(default_factory=list[str])
    variables: Variables = field(default_factory=Variables)

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> tuple[str, str]:
        """The expression of a root field's value, and the name of the function that shapes it."""
        match root:
            case Lookup():
                return self._lookup(root)
            case EntityList(kind=kind, where=where, page=page, parts=parts):
                rows = access_paths.listing(kind.name, where, page.order, self.variables)
                return self.connection(rows, page, parts, self.call)
            case ClaimList(where=where, page=page, parts=parts):
                node = self.variables.new("c")
                same = (f"{node}.object",) if where.object is not None else ()
                rows = RowSource((self._claim_where(where, node),), node, ((f"{node}.key", False),), same)
                return self.connection(rows, page, parts, self.call)
            case NodeLookup():
                return self._by_id(root)
            case Graph():
                return graph(self, root)
            case Changes() | ChangeByNumber():
                return changes(self, root)
            case Search():
                return search(self, root)
            case Recommend():
                return recommending(self, root)
            case Paths():
                return paths(self, root)
            case Comparison():
                return comparison(self, root)
            case Typename() | Introspection():
                raise TypeError(f"no store answers {root}")

    def _lookup(self, root: Lookup) -> tuple[str, str]:
        node, row = self.variables.new("e"), Row()
        shaped = self.entity(root.parts, node, row)
        kind, slug = root.kind.name, list_placeholder(root.slug)
        # LIMIT 1 keeps a hit by slug from looking at the aliases
        call = (
            f"CALL () {{ MATCH ({node}:{label(kind)} {{slug: {slug}}}) RETURN {node}"
            f" UNION ALL MATCH (:{alias_label(kind)} {{key: {slug}}})-[:NAMES]->({node}:{label(kind)}) RETURN {node} }}"
            f" WITH {node} LIMIT 1"
        )
        name = self.source.function(f"return {shaped}", argument="r")
        return self.call(call, row.text), self.source.function(f"return {name}(c[0], v) if c else None")

    def _by_id(self, root: NodeLookup) -> tuple[str, str]:
        entity, claim = self.variables.new("e"), self.variables.new("c")
        wanted = "i" if root.many else list_placeholder(root.parameter)
        sought: list[str] = []
        shapes = ""
        if root.branches:
            value, shape = self.branches(root.branches, entity)
            sought.append(f"head(COLLECT {{ MATCH ({entity}:Entity {{id: {wanted}}}) RETURN [0, {value}] }})")
            shapes += f"{shape}, "
        if root.claim:
            row = Row()
            shapes += f"{self.source.function(f'return {self.claim(root.claim, claim, row)}', argument='r')}, "
            found = f"MATCH ({claim}:Claim {{id: {wanted}}}) RETURN [{len(sought)}, {row.text}]"
            sought.append(f"head(COLLECT {{ {found} }})")
        value = f"coalesce({', '.join(sought)})"
        one = self.source.function(f"return None if c is None else ({shapes})[c[0]](c[1], v)")
        if not root.many:
            return value, one
        listed = f"[i IN {list_placeholder(root.parameter)} | {value}]"
        return listed, self.source.function(f"return [{one}(r, v) for r in c]")

    def call(self, body: str, row: str) -> str:
        """Put a root field's rows before the RETURN; the value is the list of them."""
        name = self.variables.new("x")
        # a row may hold counts, and Neo4j 5 wants no aggregate inside another
        self.calls.append(f"CALL () {{ {body} WITH {row} AS row RETURN collect(row) AS {name} }}")
        return name

    # ------------------------------------------------------------------------------------------------------- entities

    def entity(self, parts: tuple[EntityPart, ...], node: str, row: Row) -> str:
        """The Python that shapes an entity from its row `r`."""
        return dictionary((part.key, self._entity_part(part, node, row)) for part in parts)

    def _entity_part(self, part: EntityPart, node: str, row: Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Scalar(property=prop):
                return row.place(f"{node}.{property_name(prop)}")
            case RelationConnection():
                value, shape = self._walk(part, node)
                return f"{shape}({row.place(value)}, v)"
            case Alternatives():
                value, shape = alternatives(self, part, node)
                return f"{shape}({row.place(value)}, v)"
            case SourceClaims(page=page, parts=parts):
                claim = self.variables.new("c")
                hop, order = f"({node})<-[:CITES]-({claim})", ((f"{claim}.key", False),)
                rows = RowSource((AccessPath((hop,)),), claim, order, count=f"({node})<-[:CITES]-()")
                value, shape = self.connection(rows, page, parts, collect)
                return f"{shape}({row.place(value)}, v)"

    def _walk(self, walk: RelationConnection, node: str) -> tuple[str, str]:
        rows = access_paths.walk(node, walk.traversal, walk.where, walk.page.order, self.variables)
        return self.connection(rows, walk.page, walk.parts, collect)

    def branches(self, branches: tuple[Branch, ...], node: str) -> tuple[str, str]:
        """An entity of any of several kinds: the expression of its row and the function that shapes it."""
        cases, shapes = "", ""
        for index, branch in enumerate(branches):
            row = Row([str(index)])
            shapes += f"{self.source.function(f'return {self.entity(branch.parts, node, row)}', argument='r')}, "
            cases += f" WHEN {' OR '.join(f'{node}:{label(kind)}' for kind in branch.kinds)} THEN {row.text}"
        return f"CASE{cases} END", self.source.function(f"return ({shapes})[c[0]](c, v)")

    # --------------------------------------------------------------------------------------------------------- claims

    def claim(self, parts: tuple[ClaimPart, ...], claim: str, row: Row) -> str:
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
                    value, shape = self.branches(branches, end)
                    found = f"head(COLLECT {{ MATCH ({end}:Entity {{id: {claim}.{name}}}) RETURN {value} }})"
                    return f"{shape}({row.place(found)}, v)"
                case EvidenceList():
                    value, shape = self._evidence(part, claim)
                    return f"{shape}({row.place(value)}, v)"

        return dictionary((part.key, shaped(part)) for part in parts)

    def led(self, parts: tuple[ClaimPart, ...], rows: RowSource, row: Row) -> str:
        """The Python that shapes the claim that led over an edge; what the edge knows is read from it."""
        if rows.traversal is None:
            return "None"
        if all(isinstance(part, Typename | ClaimScalar) for part in parts):
            return dictionary((part.key, self._led_scalar(part, rows, row)) for part in parts)
        claim, own = self.variables.new("c"), Row()
        shape = self.source.function(f"return {self.claim(parts, claim, own)}", argument="r")
        value = f"head(COLLECT {{ MATCH ({claim}:Claim {{key: {rows.edge}.claim}}) RETURN {own.text} }})"
        return f"{shape}({row.place(value)}, v)"

    def _led_scalar(self, part: ClaimPart, rows: RowSource, row: Row) -> str:
        match part:
            case ClaimScalar(name="id"):
                return f"claim_id({row.place(f'{rows.edge}.claim')})"
            case ClaimScalar(name="relation"):
                return repr(rows.traversal.edge.relation.name if rows.traversal else None)
            case ClaimScalar(name="confidence"):
                return f"{row.place(f'{rows.edge}.confidence')} / 1000"
            case ClaimScalar(name=name):
                return row.place(f"{rows.edge}.{CLAIM_PROPERTIES.get(name, name)}")
            case Typename(name=name):
                return repr(name)
            case ClaimEnd() | EvidenceList():
                raise TypeError(f"no edge knows {part}")

    def _evidence(self, part: EvidenceList, claim: str) -> tuple[str, str]:
        cites, source, row = self.variables.new("v"), self.variables.new("s"), Row()

        def shaped(item: Typename | EvidenceScalar | EvidenceSource) -> str:
            match item:
                case Typename(name=name):
                    return repr(name)
                case EvidenceScalar(name=name):
                    return row.place(f"{cites}.{name}")
                case EvidenceSource(parts=parts):
                    return self.entity(parts, source, row)

        members = dictionary((item.key, shaped(item)) for item in part.parts)
        value = (
            f"COLLECT {{ MATCH ({claim})-[{cites}:CITES]->({source}:Source) WITH {cites}, {source}"
            f" ORDER BY {source}.published, {source}.slug RETURN {row.text} }}"
        )
        return value, self.source.function(f"return [{members} for r in c]")

    # ---------------------------------------------------------------------------------------------------- connections

    def connection(
        self, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...], collect: Callable[[str, str], str]
    ) -> tuple[str, str]:
        """The expression of a connection's value, `[rows, fact, ...]`, and the function that shapes it."""
        row, facts = Row(), Row(["null"])
        wanted = {
            item.name
            for part in parts
            if isinstance(part, PageInfo)
            for item in part.parts
            if isinstance(item, PageInfoField)
        }
        listed = bool(wanted) or any(isinstance(part, Edges | Nodes) for part in parts)
        more = ("hasPreviousPage" if page.backwards else "hasNextPage") in wanted
        members = dictionary((part.key, self._connection_part(part, rows, page, row, facts)) for part in parts)
        lines: list[str] = []
        if listed:
            linked = bool(rows.edge) and f"{rows.edge}." in row.text
            facts.values[0] = collect(access_paths.cut(rows, page, more=more, edge=linked), row.text)
            lines = ["rows = c[0]", f"shown = rows[:v[{page.size}]]" if more else "shown = rows"]
            lines += ["shown = shown[::-1]"] if page.backwards else []
        return facts.text, self.source.function(*lines, f"return {members}")

    def _connection_part(self, part: ConnectionPart, rows: RowSource, page: Page, row: Row, facts: Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Edges(parts=items):
                members = dictionary((item.key, self._edge_part(item, rows, page, row)) for item in items)
                return f"[{members} for r in shown]"
            case Nodes(node=node):
                return f"[{self._edge_part(node, rows, page, row)} for r in shown]"
            case PageInfo(parts=items):
                return dictionary((item.key, self._page_fact(item, rows, page, row, facts)) for item in items)
            case TotalCount():
                return facts.place(access_paths.count(rows), of="c")
            case Facets(parts=items):
                return dictionary((item.key, self._facet(item, rows, facts)) for item in items)

    def _edge_part(self, part: EdgePart, rows: RowSource, page: Page, row: Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Cursor():
                return _cursor(rows, page, row)
            case AnyNode(branches=branches):
                value, shape = self.branches(branches, rows.node)
                return f"{shape}({row.place(value)}, v)"
            case Score():
                return f"{row.place(rows.order[0][0])} / 1000"
            case Highlights():
                texts_ = ", ".join(row.place(f"{rows.node}.{name}") for name in ("name", "aliases", "summary"))
                return f"highlights({texts_}, v[{rows.words}])"
            case EntityNode(parts=parts):
                return self.entity(parts, rows.node, row)
            case ChangeNode(parts=parts):
                return change(self, parts, rows.node, row)
            case ClaimNode(parts=parts):
                if rows.node.startswith("c"):
                    return self.claim(parts or (), rows.node, row)
                return self.led(parts or (), rows, row)

    def _page_fact(self, item: Typename | PageInfoField, rows: RowSource, page: Page, row: Row, facts: Row) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case PageInfoField(name="hasNextPage" | "hasPreviousPage" as name):
                ahead = name == "hasNextPage"
                terms = [f"len(rows) > v[{page.size}]"] if ahead != page.backwards else []
                bound = page.before if ahead else page.after
                if bound is not None:
                    outside = f"NOT ({access_paths.beyond(rows, bound, behind=not ahead)})"
                    terms.append(facts.place(access_paths.has(rows, outside), of="c"))
                return " or ".join(terms) or "False"
            case PageInfoField(name=name):
                outermost = "shown[0]" if name == "startCursor" else "shown[-1]"
                return f"{_cursor(rows, page, row, outermost)} if shown else None"

    def _facet(self, facet: Typename | Facet, rows: RowSource, facts: Row) -> str:
        if isinstance(facet, Typename):
            return repr(facet.name)
        edge, target, row = self.variables.new("r"), self.variables.new("t"), Row()

        def shaped(part: FacetPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case FacetTarget(parts=parts):
                    return self.entity(parts, target, row)
                case FacetCount():
                    return row.place("n")

        members = dictionary((part.key, shaped(part)) for part in facet.parts)
        found = access_paths.found(rows, facet.where, self.variables)
        hop = pattern(facet.traversal, rows.node, edge, target)
        value = (
            f"COLLECT {{ {found} MATCH {hop} WITH {target}, count(*) AS n"
            f" ORDER BY n DESC, {target}.slug LIMIT {placeholder(facet.size)} RETURN {row.text} }}"
        )
        return f"{self.source.function(f'return [{members} for r in c]')}({facts.place(value, of='c')}, v)"

    def _claim_where(self, where: ClaimFilter, claim: str) -> AccessPath:
        # every claim has a key; to say so opens the indexes that it stands in
        patterns, conditions = [f"({claim}:Claim)"], [f"{claim}.key IS NOT NULL"]
        for name, end in (("subject", where.subject), ("object", where.object)):
            if end is not None:
                conditions.append(f"{claim}.{name} = {list_placeholder(end)}")
        if where.source is not None:
            patterns.append(f"({claim})-[:CITES]->(:Entity {{id: {list_placeholder(where.source)}}})")
        if where.relations is not None:
            conditions.append(f"{claim}.relation IN {placeholder(where.relations)}")
        if where.stances is not None:
            conditions.append(f"{claim}.stance IN {texts(where.stances)}")
        if where.min_confidence is not None:
            conditions.append(f"{claim}.confidence >= {placeholder(where.min_confidence)}")
        return AccessPath(tuple(patterns), tuple(conditions))


def _cursor(rows: RowSource, page: Page, row: Row, of: str = "r") -> str:
    if rows.cursor:
        return row.place(rows.cursor, of)
    values = ", ".join(row.place(term, of) for term, _ in rows.order)
    return f"write_cursor({page.signature!r}, [{values}])"
