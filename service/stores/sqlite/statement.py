"""Write a plan as one SQL statement: one row, with one column of JSON text for each root field.

A list is a correlated subquery that concatenates the JSON of its rows. Its page is cut (ORDER BY, LIMIT) in a subquery of
its own, so that nested lists are read only for the rows of the page:

    (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"name":', json_quote(p1."name"), '}'), ','), ''), ']}')
     FROM (SELECT t1._pk, t1."name" FROM "framework_has_feature" r1 JOIN entity t1 ON t1._pk = r1.object
           WHERE r1.subject = e1._pk AND r1.stance < 2 ORDER BY t1."slug" LIMIT :v0) p1)

Each clause has a module: `connections`, `pages`, `predicates`, `expressions`. So does each root field that is not a list or
a lookup: `search`, `compare`, `recommend`, `paths`, `changes`, `graph`.

SQL functions: https://sqlite.org/lang_corefunc.html, https://sqlite.org/lang_aggfunc.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schema import PropertyType
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
from service.stores.sqlite.alternatives import alternatives
from service.stores.sqlite.changes import changes
from service.stores.sqlite.compare import comparison
from service.stores.sqlite.connections import connection
from service.stores.sqlite.expressions import (
    STANCE_TO_JSON,
    entity_by_slug_or_alias,
    placeholder,
    sql_string,
)
from service.stores.sqlite.graph import graph
from service.stores.sqlite.json_text import (
    JsonLiteral,
    JsonPart,
    JsonText,
    concat,
    json_array,
    json_boolean,
    json_case,
    json_object,
    json_or_null,
    json_query,
    json_quoted,
    json_string,
    json_value,
)
from service.stores.sqlite.layout import column, edge_table
from service.stores.sqlite.pages import RowSource
from service.stores.sqlite.paths import paths
from service.stores.sqlite.predicates import CLAIM_COLUMNS, claim_conditions, conditions, hop_conditions, sort_terms
from service.stores.sqlite.recommend import recommendation
from service.stores.sqlite.row import Aliases, RowAlias
from service.stores.sqlite.search import search

_UNESCAPED_PROPERTIES = frozenset({"id", "slug"})
"""Properties that are never null and contain no character that JSON escapes."""


def write_statement(plan: Plan) -> str:
    """Write a plan; equal plans give equal text. `:v3` is the parameter with the index 3."""
    writer = Writer()
    columns = [writer.root(root) for root in plan.roots if not isinstance(root, Typename | Introspection)]
    return "SELECT " + ",\n  ".join(columns)


@dataclass(slots=True)
class Writer:
    """Writes the nodes of one plan. The modules for clauses and root fields call it for nested nodes."""

    aliases: Aliases = field(default_factory=Aliases)

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> str:
        """Return the JSON of a root field."""
        match root:
            case Lookup():
                return self._lookup(root)
            case NodeLookup():
                return self._node_lookup(root)
            case EntityList():
                return self._entity_list(root)
            case ClaimList(where=where, page=page, parts=parts):
                alias = self.aliases.new("c")
                terms = tuple(claim_conditions(where, alias))
                rows = RowSource(f"claim {alias}", terms, ((f"{alias}.key", False),), alias)
                return self.connection(rows, page, parts).sql
            case Search():
                return search(self, root)
            case Comparison():
                return comparison(self, root)
            case Recommend():
                return recommendation(self, root)
            case Paths():
                return paths(self, root)
            case Graph():
                return graph(root)
            case Changes() | ChangeByNumber():
                return changes(self, root)
            case Typename() | Introspection():
                raise TypeError(f"not a root field that a store answers: {root}")

    def _lookup(self, root: Lookup) -> str:
        alias, key = self.aliases.new("e"), placeholder(root.slug)
        json = concat(self.entity(root.parts, RowAlias(alias)))
        entity = entity_by_slug_or_alias(root.kind.name, key)
        return json_query(json, f"FROM entity {alias} WHERE {alias}._pk = {entity}").sql

    def _node_lookup(self, root: NodeLookup) -> str:
        entity, claim, parameter = self.aliases.new("e"), self.aliases.new("c"), placeholder(root.parameter)
        item = self.aliases.new("j")
        id_ = f"{item}.value" if root.many else parameter
        candidates: list[str] = []
        if root.branches:
            json = self.branches(root.branches, RowAlias(entity))
            candidates.append(f'(SELECT {json.sql} FROM entity {entity} WHERE {entity}."id" = {id_})')
        if root.claim:
            json = concat(self.claim(root.claim, RowAlias(claim)))
            candidates.append(f"(SELECT {json.sql} FROM claim {claim} WHERE {claim}.id = {id_})")
        node = f"coalesce({', '.join(candidates)}, 'null')"
        if not root.many:
            return node
        nodes = f"ifnull(group_concat({node}, ',' ORDER BY {item}.key), '')"
        return f"(SELECT concat('[', {nodes}, ']') FROM json_each({parameter}) {item})"

    def _entity_list(self, root: EntityList) -> str:
        alias, kind = self.aliases.new("t"), root.kind.name
        base = (f"{alias}._kind = {sql_string(kind)}",)
        rows = RowSource(
            tables=f"entity {alias}",
            conditions=(*base, *conditions(root.where, alias, kind, self.aliases)),
            order=sort_terms(root.page.order, alias, "", self.aliases),
            alias=alias,
            kind=kind,
            base_conditions=base,
        )
        return self.connection(rows, root.page, root.parts).sql

    def connection(self, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...]) -> JsonText:
        """Return the JSON of a connection."""
        return connection(self, rows, page, parts)

    # ------------------------------------------------------------------------------------------------------- entities

    def entity(self, parts: tuple[EntityPart, ...], row: RowAlias) -> list[JsonPart]:
        """Return the JSON of an entity."""
        return json_object((part.key, self._entity_part(part, row)) for part in parts)

    def branches(self, branches: tuple[Branch, ...], row: RowAlias) -> JsonText:
        """Return the JSON of an entity of one of several kinds."""
        if len(branches) == 1:
            return concat(self.entity(branches[0].parts, row))
        cases = " ".join(
            f"WHEN {row.column('_kind')} IN ({', '.join(map(sql_string, branch.kinds))})"
            f" THEN {concat(self.entity(branch.parts, row)).sql}"
            for branch in branches
        )
        return json_case(cases, JsonLiteral("null"))

    def _entity_part(self, part: EntityPart, row: RowAlias) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case Scalar(property=prop):
                value = row.column(column(prop))
                if prop.name in _UNESCAPED_PROPERTIES:
                    return json_quoted(value)
                return [json_or_null(value) if prop.type is PropertyType.TEXTS else json_value(value)]
            case RelationConnection():
                return [self._relation(part, row)]
            case Alternatives():
                return alternatives(self, part, row)
            case SourceClaims(page=page, parts=parts):
                evidence, claim = self.aliases.new("v"), self.aliases.new("c")
                tables = f"evidence {evidence} JOIN claim {claim} ON {claim}._pk = {evidence}.claim"
                terms = (f"{evidence}.source = {row.column('_pk')}",)
                rows = RowSource(tables, terms, ((f"{claim}.key", False),), claim)
                return [self.connection(rows, page, parts)]

    def _relation(self, relation: RelationConnection, row: RowAlias) -> JsonText:
        edge, alias = self.aliases.new("r"), self.aliases.new("t")
        table, near, far = edge_table(relation.traversal.edge)
        kind = relation.traversal.edge.target
        base = f"{edge}.{near} = {row.column('_pk')}", *hop_conditions(relation.traversal, edge)
        rows = RowSource(
            tables=f"{table} {edge} JOIN entity {alias} ON {alias}._pk = {edge}.{far}",
            conditions=(*base, *conditions(relation.where, alias, kind, self.aliases)),
            order=sort_terms(relation.page.order, alias, edge, self.aliases),
            alias=alias,
            edge=edge,
            kind=kind,
            base_conditions=base,
            count_source=(f"{table} {edge}", base) if relation.where is None else None,
        )
        return self.connection(rows, relation.page, relation.parts)

    # --------------------------------------------------------------------------------------------------------- claims

    def claim(self, parts: tuple[ClaimPart, ...], row: RowAlias) -> list[JsonPart]:
        """Return the JSON of a claim."""
        return json_object((part.key, self._claim_part(part, row)) for part in parts)

    def edge_claim(self, parts: tuple[ClaimPart, ...] | None, primary_key: str) -> JsonText:
        """Return the JSON of the claim that an edge was made from; null if there is no such claim."""
        claim = self.aliases.new("c")
        json = concat(self.claim(parts or (), RowAlias(claim)))
        return json_query(json, f"FROM claim {claim} WHERE {claim}._pk = {primary_key}")

    def _claim_part(self, part: ClaimPart, row: RowAlias) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case ClaimScalar(name="stance"):
                return [json_case(STANCE_TO_JSON, JsonLiteral("null"), row.column("stance"))]
            case ClaimScalar(name="confidence"):
                return [json_or_null(f"{row.column('confidence')} / 1000.0")]
            case ClaimScalar(name=name):
                return [json_value(row.column(CLAIM_COLUMNS.get(name, name)))]
            case ClaimEnd(name=name, branches=branches):
                entity = self.aliases.new("e")
                json = self.branches(branches, RowAlias(entity))
                return [json_query(json, f"FROM entity {entity} WHERE {entity}._pk = {row.column(name)}")]
            case EvidenceList():
                return self._evidence(part, row)

    def _evidence(self, part: EvidenceList, row: RowAlias) -> list[JsonPart]:
        evidence, source = self.aliases.new("v"), self.aliases.new("s")

        def json(item: Typename | EvidenceScalar | EvidenceSource) -> list[JsonPart]:
            match item:
                case Typename(name=name):
                    return [json_string(name)]
                case EvidenceScalar(name="supports"):
                    return [json_boolean(f"{evidence}.supports")]
                case EvidenceScalar(name=name):
                    return [json_value(f"{evidence}.{name}")]
                case EvidenceSource(parts=parts):
                    return self.entity(parts, RowAlias(source))

        text = concat(json_object((item.key, json(item)) for item in part.parts))
        oldest_first = f'{source}."published" IS NULL, {source}."published", {source}."slug"'
        return json_array(
            f"(SELECT group_concat({text.sql}, ',' ORDER BY {oldest_first})"
            f" FROM evidence {evidence} JOIN entity {source} ON {source}._pk = {evidence}.source"
            f" WHERE {evidence}.claim = {row.column('_pk')})"
        )
