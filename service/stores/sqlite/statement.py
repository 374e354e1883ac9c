"""Write a plan as one SQL statement: one row, and in it one JSON text per root field.

A list is a correlated subquery that concatenates the JSON of its rows; the page is cut (ORDER BY, LIMIT) in a subquery
below, before anything under its rows is looked at:

    (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"name":', json_quote(p1."name"), '}'), ','), ''), ']}')
     FROM (SELECT t1._pk, t1."name" FROM "framework_has_feature" r1 JOIN entity t1 ON t1._pk = r1.object
           WHERE r1.subject = e1._pk AND r1.stance < 2 ORDER BY t1."slug" LIMIT :v0) p1)

`concat`, `group_concat(... ORDER BY ...)` and `FILTER` are SQLite's: https://sqlite.org/lang_corefunc.html,
https://sqlite.org/lang_aggfunc.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schema import PropertyType
from service.plan import (
    Alternatives,
    And,
    AnyNode,
    Branch,
    ByClaim,
    ByCount,
    ByProperty,
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
    CountMatches,
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
    HasRelated,
    Highlights,
    Introspection,
    Lookup,
    NameMatches,
    NodeLookup,
    Nodes,
    Not,
    Or,
    Order,
    Page,
    PageInfo,
    PageInfoField,
    Paths,
    Plan,
    Predicate,
    PropertyMatches,
    Recommend,
    RelationConnection,
    Root,
    Scalar,
    Score,
    Search,
    SourceClaims,
    TotalCount,
    Traversal,
    Typename,
    conjuncts,
    null_placeholder,
)
from service.plan.parameters import ParameterIndex
from service.stores.sqlite.alternatives import alternatives
from service.stores.sqlite.changes import change, changes
from service.stores.sqlite.compare import comparison
from service.stores.sqlite.graph import graph
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.layout import STANCES, column, key_column, sides
from service.stores.sqlite.paths import paths
from service.stores.sqlite.recommend import recommending
from service.stores.sqlite.row import (
    STANCE_TEXT,
    CutPage,
    RowSource,
    Scope,
    begins,
    found,
    literal,
    placeholder,
    where_clause,
)
from service.stores.sqlite.search import search

_COMPARE = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_FLAT = 50
_BARE = frozenset({"id", "slug"})
"""Properties whose characters JSON never escapes, and that are never null."""
_CLAIM_COLUMNS = {"firstSeen": "first_seen", "lastSeen": "last_seen", "confidence": "confidence"}


def write_statement(plan: Plan) -> str:
    """Write a plan; deterministic. The parameter `:v3` is the value of the plan's slot 3."""
    writer = Writer()
    columns = [writer.root(root) for root in plan.roots if not isinstance(root, Typename | Introspection)]
    return "SELECT " + ",\n  ".join(columns)


@dataclass(slots=True)
class Writer:
    _aliases: dict[str, int] = field(default_factory=dict[str, int])

    # ---------------------------------------------------------------------------------------------------------- roots

    def root(self, root: Root) -> str:
        match root:
            case Lookup():
                return self._lookup(root)
            case EntityList(where=where, page=page, parts=parts, kind=kind):
                alias = self.alias("t")
                base = (f"{alias}._kind = {literal(kind.name)}",)
                conditions = (*base, *self._where(where, alias, kind.name))
                order = self._order(page.order, alias, "")
                rows = RowSource(f"entity {alias}", conditions, order, alias, kind=kind.name, base=base)
                return self.connection(rows, page, parts)
            case ClaimList(where=where, page=page, parts=parts):
                alias = self.alias("c")
                conditions = tuple(self._claim_where(where, alias))
                rows = RowSource(f"claim {alias}", conditions, ((f"{alias}.key", False),), alias)
                return self.connection(rows, page, parts)
            case NodeLookup():
                return self._by_id(root)
            case Search():
                return search(self, root)
            case Comparison():
                return comparison(self, root)
            case Recommend():
                return recommending(self, root)
            case Paths():
                return paths(self, root)
            case Graph():
                return graph(root)
            case Changes() | ChangeByNumber():
                return changes(self, root)
            case Typename() | Introspection():
                raise TypeError(f"no store answers {root}")

    def _lookup(self, root: Lookup) -> str:
        alias, slug = self.alias("e"), placeholder(root.slug)
        json = concat(self.entity(root.parts, Scope(alias)))
        return (
            f"coalesce((SELECT {json} FROM entity {alias} WHERE {alias}._pk = {found(root.kind.name, slug)}), 'null')"
        )

    def _by_id(self, root: NodeLookup) -> str:
        entity, claim, wanted = self.alias("e"), self.alias("c"), placeholder(root.parameter)
        each = self.alias("j")
        given = f"{each}.value" if root.many else wanted
        sought: list[str] = []
        if root.branches:
            json = self.branches(root.branches, Scope(entity))
            sought.append(f'(SELECT {json} FROM entity {entity} WHERE {entity}."id" = {given})')
        if root.claim:
            json = concat(self.claim(root.claim, Scope(claim)))
            sought.append(f"(SELECT {json} FROM claim {claim} WHERE {claim}.id = {given})")
        found = f"coalesce({', '.join(sought)}, 'null')"
        if not root.many:
            return found
        listed = f"ifnull(group_concat({found}, ',' ORDER BY {each}.key), '')"
        return f"(SELECT concat('[', {listed}, ']') FROM json_each({wanted}) {each})"

    # ------------------------------------------------------------------------------------------------------- entities

    def entity(self, parts: tuple[EntityPart, ...], scope: Scope) -> list[Piece]:
        return members((part.key, self._entity_part(part, scope)) for part in parts)

    def _entity_part(self, part: EntityPart, scope: Scope) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case Scalar(property=prop):
                value = scope.read(column(prop))
                if prop.name in _BARE:
                    return [Fixed('"'), value, Fixed('"')]
                return [value if prop.type is PropertyType.TEXTS else f"json_quote({value})"]
            case RelationConnection():
                return [self._walk(part, scope)]
            case Alternatives():
                return alternatives(self, part, scope)
            case SourceClaims(page=page, parts=parts):
                evidence, claim = self.alias("v"), self.alias("c")
                tables = f"evidence {evidence} JOIN claim {claim} ON {claim}._pk = {evidence}.claim"
                conditions = (f"{evidence}.source = {scope.read('_pk')}",)
                rows = RowSource(tables, conditions, ((f"{claim}.key", False),), claim)
                return [self.connection(rows, page, parts)]

    def _walk(self, walk: RelationConnection, scope: Scope) -> str:
        edge, alias = self.alias("r"), self.alias("t")
        name, near, far = sides(walk.traversal.edge)
        table = f"{name} {edge}"
        conditions = (f"{edge}.{near} = {scope.read('_pk')}", *self._traversal(walk.traversal, edge))
        rows = RowSource(
            tables=f"{table} JOIN entity {alias} ON {alias}._pk = {edge}.{far}",
            conditions=(*conditions, *self._where(walk.where, alias, walk.traversal.edge.target)),
            order=self._order(walk.page.order, alias, edge),
            alias=alias,
            edge=edge,
            bare_count=(table, conditions) if walk.where is None else None,
            kind=walk.traversal.edge.target,
            base=conditions,
        )
        return self.connection(rows, walk.page, walk.parts)

    def branches(self, branches: tuple[Branch, ...], scope: Scope) -> str:
        """The JSON of an entity of any of several kinds."""
        if len(branches) == 1:
            return concat(self.entity(branches[0].parts, scope))
        cases = " ".join(
            f"WHEN {scope.read('_kind')} IN ({', '.join(map(literal, branch.kinds))})"
            f" THEN {concat(self.entity(branch.parts, scope))}"
            for branch in branches
        )
        return f"CASE {cases} END"

    # --------------------------------------------------------------------------------------------------------- claims

    def claim(self, parts: tuple[ClaimPart, ...], scope: Scope) -> list[Piece]:
        return members((part.key, self._claim_part(part, scope)) for part in parts)

    def led(self, parts: tuple[ClaimPart, ...] | None, key: str) -> str:
        """The JSON of the claim with this key; null where there is none."""
        claim = self.alias("c")
        json = concat(self.claim(parts or (), Scope(claim)))
        return f"(SELECT {json} FROM claim {claim} WHERE {claim}._pk = {key})"

    def _claim_part(self, part: ClaimPart, scope: Scope) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case ClaimScalar(name="stance"):
                return [f"CASE {scope.read('stance')} {STANCE_TEXT} END"]
            case ClaimScalar(name="confidence"):
                return [f"{scope.read('confidence')} / 1000.0"]
            case ClaimScalar(name=name):
                return [f"json_quote({scope.read(_CLAIM_COLUMNS.get(name, name))})"]
            case ClaimEnd(name=name, branches=branches):
                entity = self.alias("e")
                json = self.branches(branches, Scope(entity))
                return [f"(SELECT {json} FROM entity {entity} WHERE {entity}._pk = {scope.read(name)})"]
            case EvidenceList():
                return [self._evidence(part, scope)]

    def _evidence(self, part: EvidenceList, scope: Scope) -> str:
        evidence, source = self.alias("v"), self.alias("s")

        def value(item: Typename | EvidenceScalar | EvidenceSource) -> list[Piece]:
            match item:
                case Typename(name=name):
                    return [string(name)]
                case EvidenceScalar(name="supports"):
                    return [f"iif({evidence}.supports, 'true', 'false')"]
                case EvidenceScalar(name=name):
                    return [f"json_quote({evidence}.{name})"]
                case EvidenceSource(parts=parts):
                    return self.entity(parts, Scope(source))

        json = concat(members((item.key, value(item)) for item in part.parts))
        oldest = f'{source}."published" IS NULL, {source}."published", {source}."slug"'
        return (
            f"(SELECT concat('[', group_concat({json}, ',' ORDER BY {oldest}), ']')"
            f" FROM evidence {evidence} JOIN entity {source} ON {source}._pk = {evidence}.source"
            f" WHERE {evidence}.claim = {scope.read('_pk')})"
        )

    # ---------------------------------------------------------------------------------------------------- connections

    def connection(self, rows: RowSource, page: Page, parts: tuple[ConnectionPart, ...]) -> str:
        cut = CutPage(self.alias("p"))
        scope = Scope(rows.alias, cut)
        facts = {
            item.name
            for part in parts
            if isinstance(part, PageInfo)
            for item in part.parts
            if isinstance(item, PageInfoField)
        }
        counted = bool(facts) or page.backwards
        size = placeholder(page.size)
        keep = f" FILTER (WHERE {cut.alias}._n <= {size})" if counted else ""
        arrange = f" ORDER BY {cut.alias}._n DESC" if page.backwards else ""

        def listed(pieces: Iterable[Piece]) -> list[Piece]:
            return [Fixed("["), f"ifnull(group_concat({concat(pieces)}, ','{arrange}){keep}, '')", Fixed("]")]

        def part_json(part: ConnectionPart) -> list[Piece]:
            match part:
                case Typename(name=name):
                    return [string(name)]
                case Edges(parts=items):
                    return listed(members((item.key, self._edge_part(item, rows, page, scope)) for item in items))
                case Nodes(node=node):
                    return listed(self._edge_part(node, rows, page, scope))
                case PageInfo(parts=items):
                    return members((item.key, self._page_fact(item, rows, page, cut, size)) for item in items)
                case TotalCount():
                    return [self._total(rows)]
                case Facets(parts=items):
                    return members((item.key, self._facet(item, rows)) for item in items)

        json = concat(members((part.key, part_json(part)) for part in parts))
        if not any(isinstance(part, Edges | Nodes) for part in parts) and not facts:
            return f"(SELECT {json})"
        return f"(SELECT {json}\n  FROM {self._cut(rows, page, cut, size, facts)} {cut.alias})"

    def _edge_part(self, part: EdgePart, rows: RowSource, page: Page, scope: Scope) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case AnyNode(branches=branches):
                return [self.branches(branches, scope)]
            case Score():
                assert scope.page is not None  # noqa: S101 - edges stand in a page
                return [f"{scope.page.read('_o0', rows.order[0][0])} / 1000.0"]
            case Highlights():
                texts = ", ".join(scope.read(name) for name in ('"name"', '"aliases"', '"summary"'))
                return [f"highlights({texts}, {rows.words})"]
            case Cursor():
                assert scope.page is not None  # noqa: S101 - edges stand in a page
                return [Fixed('"'), _cursor(rows, page, scope.page), Fixed('"')]
            case EntityNode(parts=parts):
                return self.entity(parts, scope)
            case ChangeNode(parts=parts):
                return change(self, parts, scope)
            case ClaimNode(parts=None):
                return [Fixed("null")]
            case ClaimNode(parts=parts) if not rows.edge:
                return self.claim(parts or (), scope)
            case ClaimNode(parts=parts):
                assert scope.page is not None  # noqa: S101 - edges stand in a page
                return [self.led(parts, scope.page.read("_claim", f"{rows.edge}.claim"))]

    def _page_fact(
        self, item: Typename | PageInfoField, rows: RowSource, page: Page, cut: CutPage, size: str
    ) -> list[Piece]:
        match item:
            case Typename(name=name):
                return [string(name)]
            case PageInfoField(name="hasNextPage" | "hasPreviousPage" as name):
                return [f"iif({self._has_more(rows, page, cut, size, ahead=name == 'hasNextPage')}, 'true', 'false')"]
            case PageInfoField(name=name):
                outer = (name == "startCursor") != page.backwards
                here = (
                    f"{cut.alias}._n = 1 AND {size} > 0" if outer else f"{cut.alias}._n = min({cut.alias}._m, {size})"
                )
                cursor = f"max({_cursor(rows, page, cut)}) FILTER (WHERE {here})"
                return [f"ifnull('\"' || {cursor} || '\"', 'null')"]

    def _has_more(self, rows: RowSource, page: Page, cut: CutPage, size: str, *, ahead: bool) -> str:
        """Whether there are rows behind (`ahead`) or before the page."""
        terms: list[str] = []
        if ahead != page.backwards:
            terms.append(f"ifnull(max({cut.alias}._m), 0) > {size}")
        bound = page.before if ahead else page.after
        if bound is not None:
            outside = self._beyond(rows, bound, behind=not ahead)
            conditions = " AND ".join((*rows.conditions, f"NOT ({outside})"))
            terms.append(f"EXISTS (SELECT 1 FROM {rows.tables} WHERE {conditions})")
        return " OR ".join(terms) or "0"

    def _total(self, rows: RowSource) -> str:
        tables, conditions = rows.bare_count or (rows.tables, rows.conditions)
        return f"(SELECT count(*) FROM {tables}{where_clause(conditions)})"

    def _facet(self, facet: Typename | Facet, rows: RowSource) -> list[Piece]:
        if isinstance(facet, Typename):
            return [string(facet.name)]
        edge, target, cut = self.alias("r"), self.alias("t"), CutPage(self.alias("p"))
        table, near, far = sides(facet.traversal.edge)

        def value(part: FacetPart) -> list[Piece]:
            match part:
                case Typename(name=name):
                    return [string(name)]
                case FacetTarget(parts=parts):
                    return self.entity(parts, Scope(target, cut))
                case FacetCount():
                    return [cut.read("_count", "g._count")]

        json = concat(members((part.key, value(part)) for part in facet.parts))
        if not rows.edge and _is_by_key(facet.where):  # whoever has such an edge is of the kind: no entity need be read
            joined = f"(SELECT {near} AS _pk, {far}, stance, confidence FROM {table}) {rows.alias}"
            conditions = (
                *self._where(facet.where, rows.alias, rows.kind),
                *self._traversal(facet.traversal, rows.alias),
            )
            edge = rows.alias
        else:
            joined = f"{rows.tables} JOIN {table} {edge} ON {edge}.{near} = {rows.alias}._pk"
            conditions = (
                *rows.base,
                *self._where(facet.where, rows.alias, rows.kind),
                *self._traversal(facet.traversal, edge),
            )
        groups = (
            f"SELECT {edge}.{far} AS _target, count(*) AS _count FROM {joined}{where_clause(conditions)} GROUP BY 1"
        )
        listed = (
            f"(SELECT ifnull(group_concat({json}, ','), '') FROM (SELECT {cut.text} FROM ({groups}) g"
            f" JOIN entity {target} ON {target}._pk = g._target"
            f' ORDER BY g._count DESC, {target}."slug" LIMIT {placeholder(facet.size)}) {cut.alias})'
        )
        return [Fixed("["), listed, Fixed("]")]

    def _cut(self, rows: RowSource, page: Page, cut: CutPage, size: str, facts: set[str]) -> str:
        conditions = list(rows.conditions)
        if page.after is not None:
            conditions.append(self._beyond(rows, page.after, behind=True))
        if page.before is not None:
            conditions.append(self._beyond(rows, page.before, behind=False))
        order = ", ".join(f"{term}{' DESC' if falls != page.backwards else ''}" for term, falls in rows.order)
        more = "hasPreviousPage" if page.backwards else "hasNextPage"
        limit = f"{size} + 1" if more in facts else size
        text = f"SELECT {cut.text} FROM {rows.tables}{where_clause(conditions)} ORDER BY {order} LIMIT {limit}"
        if not facts and not page.backwards:
            return f"({text})"
        return f"(SELECT row_number() OVER () AS _n, count(*) OVER () AS _m, q.* FROM ({text}) q)"

    def _beyond(self, rows: RowSource, bound: Sequence[ParameterIndex], *, behind: bool) -> str:
        """Whether a row comes strictly behind (or before) a cursor, in the list's own order."""
        terms = [
            (term, falls != behind, placeholder(parameter))
            for (term, falls), parameter in zip(rows.order, bound, strict=True)
        ]
        if len({rises for _, rises, _ in terms}) == 1:
            sign = ">" if terms[0][1] else "<"
            left, right = ", ".join(term for term, _, _ in terms), ", ".join(parameter for _, _, parameter in terms)
            return f"({left}) {sign} ({right})"
        # (a, b) with mixed directions: a beyond, or a equal and b beyond
        text = ""
        for term, rises, parameter in reversed(terms):
            step = f"{term} {'>' if rises else '<'} {parameter}"
            text = f"({step} OR ({term} = {parameter} AND {text}))" if text else step
        return text

    # -------------------------------------------------------------------------------------------- orders and predicates

    def _order(self, order: tuple[Order, ...], alias: str, edge: str) -> tuple[tuple[str, bool], ...]:
        return tuple((self._order_term(term, alias, edge), term.descending) for term in order)

    def _order_term(self, order: Order, alias: str, edge: str) -> str:
        match order:
            case ByProperty(prop):
                text = f"{alias}.{key_column(prop)}"
                return text if prop.required else f"ifnull({text}, {_sentinel(order)})"
            case ByCount(target):
                return self._count(Traversal(target, ("HAS", "DISPUTED")), alias)
            case ByClaim("confidence"):
                return f"{edge}.confidence"
            case ByClaim(name):
                return f"ifnull({edge}.{_CLAIM_COLUMNS[name]}, {_sentinel(order)})"

    def _where(self, predicate: Predicate | None, alias: str, kind: str) -> tuple[str, ...]:
        return () if predicate is None else (self._predicate(predicate, alias, kind),)

    def _predicate(self, predicate: Predicate, alias: str, kind: str) -> str:
        """A condition that is true or false, never null."""
        match predicate:
            case PropertyMatches(prop, "null"):
                return f"{alias}.{column(prop)} IS NULL"
            case PropertyMatches(prop, operator, parameter):
                assert parameter is not None  # noqa: S101 - only `null` has none
                text = self._compare(f"{alias}.{key_column(prop)}", operator, parameter)
                return text if prop.required else f"ifnull({text}, 0)"
            case NameMatches(operator, parameter):
                names = self.alias("n")
                matches = self._name_matches(names, operator, parameter)
                return f"{alias}._pk IN (SELECT {names}.entity FROM name {names} WHERE {names}.kind = {literal(kind)} AND {matches})"
            case HasRelated(traversal, where):
                return self._related(traversal, where, alias)
            case CountMatches(traversal, operator, parameter):
                return self._compare(self._count(traversal, alias), operator, parameter)
            case And(parts):
                return _join(" AND ", "1", (self._predicate(part, alias, kind) for part in parts))
            case Or(parts):
                return _join(" OR ", "0", (self._predicate(part, alias, kind) for part in parts))
            case Not(part):
                return f"NOT ({self._predicate(part, alias, kind)})"

    def _compare(self, text: str, operator: str, parameter: ParameterIndex) -> str:
        value = placeholder(parameter)
        match operator:
            case "in":
                return f"{text} IN (SELECT value FROM json_each({value}))"
            case "contains":
                return f"{text} GLOB {_glob(value)}"
            case "startsWith":
                return f"({begins(text, value)})"
            case "endsWith":
                return f"({value} = '' OR substr({text}, -length({value})) = {value})"
            case _:
                return f"{text} {_COMPARE[operator]} {value}"

    def _name_matches(self, names: str, operator: str, parameter: ParameterIndex) -> str:
        if operator != "contains":
            return self._compare(f"{names}.key", operator, parameter)
        # three letters and more are looked up in the trigram index, fewer are scanned for
        return f"{names}._pk IN (SELECT rowid FROM name_fts WHERE key GLOB {_glob(placeholder(parameter))})"

    def _related(self, traversal: Traversal, where: Predicate | None, alias: str) -> str:
        edge, target = self.alias("r"), self.alias("t")
        table, near, far = sides(traversal.edge)
        tables = f"{table} {edge}"
        conditions = list(self._traversal(traversal, edge))
        if where is not None:
            tables += f" JOIN entity {target} ON {target}._pk = {edge}.{far}"
            conditions.append(self._predicate(where, target, traversal.edge.target))
        if _is_one(where):  # the few that it leads from are found sooner than it is looked for from each
            kind = f"{target}._kind = {literal(traversal.edge.target)}"
            return f"{alias}._pk IN (SELECT {edge}.{near} FROM {tables} WHERE {' AND '.join([kind, *conditions])})"
        conditions.insert(0, f"{edge}.{near} = {alias}._pk")
        return f"EXISTS (SELECT 1 FROM {tables} WHERE {' AND '.join(conditions)})"

    def _count(self, traversal: Traversal, alias: str) -> str:
        edge, (table, near, _) = self.alias("r"), sides(traversal.edge)
        conditions = (f"{edge}.{near} = {alias}._pk", *self._traversal(traversal, edge))
        return f"(SELECT count(*) FROM {table} {edge}{where_clause(conditions)})"

    def _traversal(self, traversal: Traversal, edge: str) -> tuple[str, ...]:
        least = (
            ()
            if traversal.min_confidence is None
            else (f"{edge}.confidence >= {placeholder(traversal.min_confidence)}",)
        )
        return (*_stances(traversal.stances, edge), *least)

    def _claim_where(self, where: ClaimFilter, claim: str) -> Iterable[str]:
        for name, parameter in (("subject", where.subject), ("object", where.object)):
            if parameter is not None:
                yield f'{claim}.{name} = (SELECT _pk FROM entity WHERE "id" = {placeholder(parameter)})'
        if where.source is not None:
            source = f'(SELECT _pk FROM entity WHERE "id" = {placeholder(where.source)})'
            yield f"{claim}._pk IN (SELECT claim FROM evidence WHERE source = {source})"
        if where.relations is not None:
            yield f"{claim}.relation IN (SELECT value FROM json_each({placeholder(where.relations)}))"
        if where.stances is not None:
            yield from _stances(where.stances, claim)
        if where.min_confidence is not None:
            yield f"{claim}.confidence >= {placeholder(where.min_confidence)}"

    # ---------------------------------------------------------------------------------------------------------- names

    def alias(self, letter: str) -> str:
        self._aliases[letter] = self._aliases.get(letter, 0) + 1
        return f"{letter}{self._aliases[letter]}"


def _stances(stances: tuple[str, ...], alias: str) -> tuple[str, ...]:
    if len(stances) == len(STANCES):
        return ()
    if stances == ("HAS", "DISPUTED"):
        return (f"{alias}.stance < {STANCES['LACKS']}",)
    return (f"{alias}.stance IN ({', '.join(str(STANCES[name]) for name in stances)})",)


def _is_one(where: Predicate | None) -> bool:
    """Whether a filter names entities by their slugs."""
    return any(
        isinstance(part, PropertyMatches) and part.property.name == "slug" and part.operator in {"eq", "in"}
        for part in conjuncts(where)
    )


def _is_by_key(where: Predicate | None) -> bool:
    """Whether a filter asks of an entity only what its edges and names tell, none of its own properties."""
    match where:
        case PropertyMatches():
            return False
        case And(parts) | Or(parts):
            return all(map(_is_by_key, parts))
        case Not(part):
            return _is_by_key(part)
        case _:
            return True


def _cursor(rows: RowSource, page: Page, cut: CutPage) -> str:
    if rows.cursor:
        return cut.read("_cursor", rows.cursor)
    values = [cut.read(f"_o{index}", term) for index, (term, _) in enumerate(rows.order)]
    return f"hex(json_array('{page.signature}', {', '.join(values)}))"


def _sentinel(order: ByProperty | ByClaim) -> str:
    value = null_placeholder(order)
    return f"'{value}'" if isinstance(value, str) else str(value)


def _glob(value: str) -> str:
    """A GLOB pattern that matches text which contains the value, letter by letter."""
    return f"'*' || replace(replace(replace({value}, '[', '[[]'), '*', '[*]'), '?', '[?]') || '*'"


def _join(word: str, empty: str, parts: Iterable[str]) -> str:
    listed = list(parts)
    return f"({_balanced(word, listed)})" if listed else empty


def _balanced(word: str, parts: Sequence[str]) -> str:
    """Many parts, in brackets by halves: `a OR b OR c ...` is as deep as it is long, and SQLite goes 1000 deep at most
    (https://sqlite.org/limits.html#max_expr_depth).
    """
    if len(parts) <= _FLAT:
        return word.join(parts)
    half = len(parts) // 2
    return f"({_balanced(word, parts[:half])}){word}({_balanced(word, parts[half:])})"
