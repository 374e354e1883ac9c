"""Write a plan as one Cypher statement that returns one record with nested lists, one for each root field.

Objects are lists and not maps, because Neo4j changes the order of the keys of a map. So a `Shaper`, which knows the
meaning of the items, is written together with the statement. A page is cut (ORDER BY, LIMIT) before the values of its
rows are read, so that nested lists are read only for the rows of the page:

    CALL () { MATCH (t1:`Framework`) WHERE t1.`slug` IS NOT NULL WITH t1 ORDER BY t1.`slug` LIMIT $v0
              RETURN collect([t1.`name`, COLLECT { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(t2:`Feature`)
                              WITH t2, r1 ORDER BY t2.`slug` LIMIT $v1 RETURN [t2.`name`] }]) AS x1 }
    RETURN [x1] AS data

The clauses have a module each: `connections`, `pages`, `access_paths`, `predicates`, `expressions`. Root fields with an
algorithm of their own, too: `search`, `compare`, `recommend`, `paths`, `changes`, `graph`.

https://neo4j.com/docs/cypher-manual/current/subqueries/collect/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.plan import (
    Alternatives,
    Branch,
    ChangeByNumber,
    Changes,
    ClaimEnd,
    ClaimList,
    ClaimPart,
    ClaimScalar,
    Comparison,
    ConnectionPart,
    EntityList,
    EntityPart,
    EvidenceList,
    EvidenceScalar,
    EvidenceSource,
    Graph,
    Introspection,
    Lookup,
    NodeLookup,
    Page,
    Paths,
    Plan,
    Recommend,
    RelationConnection,
    Root,
    Scalar,
    Search,
    SourceClaims,
    Typename,
)
from service.plan.parameters import ParameterIndex
from service.stores.neo4j.access_paths import entity_row_source, related_row_source
from service.stores.neo4j.alternatives import alternatives
from service.stores.neo4j.changes import changes
from service.stores.neo4j.compare import comparison
from service.stores.neo4j.connections import connection
from service.stores.neo4j.expressions import collect, list_placeholder
from service.stores.neo4j.graph import graph
from service.stores.neo4j.layout import alias_label, label, property_name
from service.stores.neo4j.pages import AccessPath, RowSource
from service.stores.neo4j.paths import paths
from service.stores.neo4j.predicates import CLAIM_PROPERTIES, claim_patterns
from service.stores.neo4j.recommend import recommendation
from service.stores.neo4j.row import Row, Variables
from service.stores.neo4j.search import search
from service.stores.neo4j.shaper import Shaped, Shaper, ShaperSource, dict_source

_SIZED = re.compile(r"\$v(\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """Cypher, and the function that shapes its record.

    The value of the plan's parameter 3 is `$v[3]`, and also `$v3` if the query plan should depend on its size. Neo4j
    plans a statement again for texts and lists of another size class (0, 1, up to 10, up to 100, ...), but not for other
    items of a list.
    """

    text: str
    shaper: Shaper
    sized: tuple[ParameterIndex, ...]

    def parameters(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the Cypher parameters for the values of the plan's parameters."""
        return {"v": list(values), **{f"v{parameter}": values[parameter] for parameter in self.sized}}


def write_statement(plan: Plan) -> Statement:
    """Write a plan; equal plans give equal statements."""
    writer = Writer()
    roots = [writer.root(root) for root in plan.roots if not isinstance(root, Typename | Introspection)]
    text = "\n".join([*writer.calls, f"RETURN [{', '.join(value for value, _ in roots)}] AS data"])
    sized = sorted({int(parameter) for parameter in _SIZED.findall(text)})
    return Statement(text, writer.shaper.compile([shape for _, shape in roots]), tuple(sized))


@dataclass(slots=True)
class Writer:
    """Writes the nodes of one plan. The modules of the clauses call it for the nodes below theirs."""

    shaper: ShaperSource = field(default_factory=ShaperSource)
    calls: list[str] = field(default_factory=list[str])
    variables: Variables = field(default_factory=Variables)

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> Shaped:
        """Return the value of a root field."""
        match root:
            case Lookup():
                return self._lookup(root)
            case EntityList(kind=kind, where=where, page=page, parts=parts):
                rows = entity_row_source(kind.name, where, page.order, self.variables)
                return self.connection(rows, page, parts, self.call)
            case ClaimList(where=where, page=page, parts=parts):
                claim = self.variables.new("c")
                prefix = (f"{claim}.object",) if where.object is not None else ()
                path = AccessPath(*claim_patterns(where, claim))
                rows = RowSource((path,), claim, ((f"{claim}.key", False),), prefix)
                return self.connection(rows, page, parts, self.call)
            case NodeLookup():
                return self._node_lookup(root)
            case Graph():
                return graph(self, root)
            case Changes() | ChangeByNumber():
                return changes(self, root)
            case Search():
                return search(self, root)
            case Recommend():
                return recommendation(self, root)
            case Paths():
                return paths(self, root)
            case Comparison():
                return comparison(self, root)
            case Typename() | Introspection():
                raise TypeError(f"no store answers {root}")

    def _lookup(self, root: Lookup) -> Shaped:
        node, row = self.variables.new("e"), Row()
        members = self.entity(root.parts, node, row)
        kind, slug = root.kind.name, list_placeholder(root.slug)
        # with LIMIT 1, the aliases are not read if there is an entity with the slug
        clauses = (
            f"CALL () {{ MATCH ({node}:{label(kind)} {{slug: {slug}}}) RETURN {node}"
            f" UNION ALL MATCH (:{alias_label(kind)} {{key: {slug}}})-[:NAMES]->({node}:{label(kind)}) RETURN {node} }}"
            f" WITH {node} LIMIT 1"
        )
        shape = self.shaper.function(f"return {members}", argument="r")
        return self.call(clauses, row.text), self.shaper.function(f"return {shape}(c[0], v) if c else None")

    def _node_lookup(self, root: NodeLookup) -> Shaped:
        entity, claim = self.variables.new("e"), self.variables.new("c")
        id_ = "i" if root.many else list_placeholder(root.parameter)
        candidates: list[str] = []
        shapes = ""
        if root.branches:
            value, shape = self.branches(root.branches, entity)
            candidates.append(f"head(COLLECT {{ MATCH ({entity}:Entity {{id: {id_}}}) RETURN [0, {value}] }})")
            shapes += f"{shape}, "
        if root.claim:
            row = Row()
            shapes += f"{self.shaper.function(f'return {self.claim(root.claim, claim, row)}', argument='r')}, "
            query = f"MATCH ({claim}:Claim {{id: {id_}}}) RETURN [{len(candidates)}, {row.text}]"
            candidates.append(f"head(COLLECT {{ {query} }})")
        value = f"coalesce({', '.join(candidates)})"
        shape = self.shaper.function(f"return None if c is None else ({shapes})[c[0]](c[1], v)")
        if not root.many:
            return value, shape
        nodes = f"[i IN {list_placeholder(root.parameter)} | {value}]"
        return nodes, self.shaper.function(f"return [{shape}(r, v) for r in c]")

    def call(self, body: str, row: str) -> str:
        """Add a CALL that collects the rows of a root field, and return the variable of the list."""
        name = self.variables.new("x")
        # a row may contain counts, and Neo4j 5 does not allow an aggregation inside another
        self.calls.append(f"CALL () {{ {body} WITH {row} AS row RETURN collect(row) AS {name} }}")
        return name

    def connection(
        self, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...], collect: Callable[[str, str], str]
    ) -> Shaped:
        """Return the value of a connection."""
        return connection(self, rows, page, parts, collect)

    # ------------------------------------------------------------------------------------------------------- entities

    def entity(self, parts: tuple[EntityPart, ...], node: str, row: Row) -> str:
        """Return the code that shapes an entity from its row `r`."""
        return dict_source((part.key, self._entity_part(part, node, row)) for part in parts)

    def _entity_part(self, part: EntityPart, node: str, row: Row) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case Scalar(property=prop):
                return row.item(f"{node}.{property_name(prop)}")
            case RelationConnection():
                value, shape = self._relation(part, node)
                return f"{shape}({row.item(value)}, v)"
            case Alternatives():
                value, shape = alternatives(self, part, node)
                return f"{shape}({row.item(value)}, v)"
            case SourceClaims(page=page, parts=parts):
                claim = self.variables.new("c")
                path = AccessPath((f"({node})<-[:CITES]-({claim})",))
                count_pattern = f"({node})<-[:CITES]-()"
                rows = RowSource((path,), claim, ((f"{claim}.key", False),), count_pattern=count_pattern)
                value, shape = self.connection(rows, page, parts, collect)
                return f"{shape}({row.item(value)}, v)"

    def _relation(self, relation: RelationConnection, node: str) -> Shaped:
        rows = related_row_source(node, relation.traversal, relation.where, relation.page.order, self.variables)
        return self.connection(rows, relation.page, relation.parts, collect)

    def branches(self, branches: tuple[Branch, ...], node: str) -> Shaped:
        """Return the value of an entity of one of several kinds."""
        cases, shapes = "", ""
        for index, branch in enumerate(branches):
            row = Row([str(index)])
            shapes += f"{self.shaper.function(f'return {self.entity(branch.parts, node, row)}', argument='r')}, "
            cases += f" WHEN {' OR '.join(f'{node}:{label(kind)}' for kind in branch.kinds)} THEN {row.text}"
        return f"CASE{cases} END", self.shaper.function(f"return ({shapes})[c[0]](c, v)")

    # --------------------------------------------------------------------------------------------------------- claims

    def claim(self, parts: tuple[ClaimPart, ...], claim: str, row: Row) -> str:
        """Return the code that shapes a claim from its row `r`; `claim` is the variable of its node."""

        def member(part: ClaimPart) -> str:
            match part:
                case Typename(name=name):
                    return repr(name)
                case ClaimScalar(name="confidence"):
                    return f"{row.item(f'{claim}.confidence')} / 1000"
                case ClaimScalar(name=name):
                    return row.item(f"{claim}.{CLAIM_PROPERTIES.get(name, name)}")
                case ClaimEnd(name=name, branches=branches):
                    end = self.variables.new("e")
                    value, shape = self.branches(branches, end)
                    entity = f"head(COLLECT {{ MATCH ({end}:Entity {{id: {claim}.{name}}}) RETURN {value} }})"
                    return f"{shape}({row.item(entity)}, v)"
                case EvidenceList():
                    value, shape = self._evidence(part, claim)
                    return f"{shape}({row.item(value)}, v)"

        return dict_source((part.key, member(part)) for part in parts)

    def edge_claim(self, parts: tuple[ClaimPart, ...], rows: RowSource, row: Row) -> str:
        """Return the code that shapes the claim of an edge. Scalars are read from the edge, which has copies of them."""
        if rows.traversal is None:
            return "None"
        if all(isinstance(part, Typename | ClaimScalar) for part in parts):
            return dict_source((part.key, self._edge_claim_scalar(part, rows, row)) for part in parts)
        claim, claim_row = self.variables.new("c"), Row()
        shape = self.shaper.function(f"return {self.claim(parts, claim, claim_row)}", argument="r")
        value = f"head(COLLECT {{ MATCH ({claim}:Claim {{key: {rows.edge}.claim}}) RETURN {claim_row.text} }})"
        return f"{shape}({row.item(value)}, v)"

    def _edge_claim_scalar(self, part: ClaimPart, rows: RowSource, row: Row) -> str:
        match part:
            case ClaimScalar(name="id"):
                return f"claim_id({row.item(f'{rows.edge}.claim')})"
            case ClaimScalar(name="relation"):
                return repr(rows.traversal.edge.relation.name if rows.traversal else None)
            case ClaimScalar(name="confidence"):
                return f"{row.item(f'{rows.edge}.confidence')} / 1000"
            case ClaimScalar(name=name):
                return row.item(f"{rows.edge}.{CLAIM_PROPERTIES.get(name, name)}")
            case Typename(name=name):
                return repr(name)
            case ClaimEnd() | EvidenceList():
                raise TypeError(f"an edge has no {part}")

    def _evidence(self, part: EvidenceList, claim: str) -> Shaped:
        cites, source, row = self.variables.new("v"), self.variables.new("s"), Row()

        def member(item: Typename | EvidenceScalar | EvidenceSource) -> str:
            match item:
                case Typename(name=name):
                    return repr(name)
                case EvidenceScalar(name=name):
                    return row.item(f"{cites}.{name}")
                case EvidenceSource(parts=parts):
                    return self.entity(parts, source, row)

        members = dict_source((item.key, member(item)) for item in part.parts)
        value = (
            f"COLLECT {{ MATCH ({claim})-[{cites}:CITES]->({source}:Source) WITH {cites}, {source}"
            f" ORDER BY {source}.published, {source}.slug RETURN {row.text} }}"
        )
        return value, self.shaper.function(f"return [{members} for r in c]")
