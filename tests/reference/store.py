"""The reference implementation as a store, so that the engine answers from it as from SQLite or Neo4j. It only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schema.text import text_key
from service.plan import (
    ChangeByNumber,
    Changes,
    ClaimFilter,
    ClaimList,
    Comparison,
    Count,
    CountedName,
    Counts,
    EntityList,
    Graph,
    GraphScalar,
    Introspection,
    Lookup,
    NodeLookup,
    Paths,
    Plan,
    Recommend,
    Search,
    Typename,
    VersionUnavailable,
)
from service.stores import Explanation, LogEntry
from service.stores.transaction import load_change
from tests.reference import answers
from tests.reference.graph import MemoryGraph
from tests.reference.lists import Row
from tests.reference.selections import Connection, Selections


class MemoryStore:
    """A graph that answers plans by interpreting them. `name` is the store that it stands for."""

    language = "plan"
    batch_size = 1000
    caches_plans = False

    def __init__(self, graph: MemoryGraph, name: str) -> None:
        self.graph = graph
        self.name = name

    def write_statement(self, plan: Plan) -> Plan:
        return plan

    async def fetch(self, statement: Plan, values: Sequence[Any], bookmark: str | None = None) -> list[Any]:  # noqa: ARG002
        return interpret(self.graph, self.name, statement, values)

    async def cache_plan(self, statement: Plan, values: Sequence[Any]) -> None:
        """Nothing to prepare."""

    async def explain(self, statement: Plan, values: Sequence[Any], bookmark: str | None = None) -> Explanation:
        return Explanation(await self.fetch(statement, values, bookmark), str(statement))

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        names: dict[str, set[str]] = {}
        for item in self.graph.of_kind(kind):
            for name in (item.slug, *self.graph.names(item)):
                names.setdefault(name, set()).add(item.slug)
        return {name: sorted(slugs) for name, slugs in sorted(names.items())}

    async def names_by_kind(self) -> dict[str, list[str]]:
        return {
            kind.name: sorted({name for item in self.graph.of_kind(kind.name) for name in self.graph.names(item)})
            for kind in self.graph.ontology.kinds
        }

    async def search_texts(self) -> dict[str, list[str]]:
        return {
            kind.name: [" ".join(words) for item in self.graph.of_kind(kind.name) for words in self.graph.words(item)]
            for kind in self.graph.ontology.kinds
        }

    async def version(self, *, background: bool = False) -> str:  # noqa: ARG002
        return _version(self.graph)

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:
        return f"{_version(self.graph)} {self.graph.changed}", bookmark

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:  # noqa: ARG002
        return [entry for entry in _log(self.graph) if entry.sequence > after][:limit]

    async def is_ready(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open."""


def interpret(graph: MemoryGraph, store: str, plan: Plan, values: Sequence[Any]) -> list[Any]:
    """The JSON value of each root field that a store answers, in the plan's order."""
    selections = Selections(graph, values)
    return [_root(selections, store, root) for root in plan.roots if not isinstance(root, Typename | Introspection)]


def _root(selections: Selections, store: str, root: Any) -> Any:
    graph, values = selections.graph, selections.values
    match root:
        case Lookup(kind=kind, slug=slug, parts=parts):
            name = values[slug]
            matches = [
                item
                for item in graph.of_kind(kind.name)
                if name == item.slug or name in map(text_key, item.values["aliases"])
            ]
            best = sorted(matches, key=lambda item: item.slug != name)
            return selections.entity(parts, best[0]) if best else None
        case EntityList(kind=kind, where=where, page=page, parts=parts):
            base = graph.of_kind(kind.name)
            rows = [Row(item) for item in base if selections.lists.matches(item, where)]
            ordered = selections.lists.sorted_rows(rows, page.order)
            connection = Connection(ordered, tuple(term.descending for term in page.order), base)
            return selections.connection(connection, page, parts)
        case ClaimList(where=where, page=page, parts=parts):
            return selections.claims(_claims(selections, where), page, parts)
        case NodeLookup(parameter=parameter, many=many, branches=branches, claim=claim_parts):

            def node(id_: str) -> Any:
                if (item := graph.entity_by_id.get(id_)) is not None:
                    return selections.branch(branches, item)
                claim = graph.claim_by_id.get(id_)
                return selections.claim(claim_parts, claim) if claim and claim_parts else None

            return [node(id_) for id_ in values[parameter]] if many else node(values[parameter])
        case Graph(parts=parts):
            return {part.key: _graph_part(graph, store, part) for part in parts}
        case Search():
            return answers.search(selections, root)
        case Comparison():
            return answers.comparison(selections, root)
        case Recommend():
            return answers.recommend(selections, root)
        case Paths():
            return answers.paths(selections, root)
        case Changes(after=after, page=page, parts=parts):
            return _changes(selections, after, page, parts)
        case ChangeByNumber(number=number, parts=parts):
            entry = next((entry for entry in _log(graph) if entry.sequence == values[number]), None)
            if entry is None:
                return VersionUnavailable(foreign=False)
            return selections.change(parts, entry, f"{graph.facts.digest}.{entry.sequence}")


def _claims(selections: Selections, where: ClaimFilter) -> list[Any]:
    values, graph = selections.values, selections.graph
    return [
        claim
        for claim in graph.claims.values()
        if (where.subject is None or claim.subject.id == values[where.subject])
        and (where.object is None or claim.object.id == values[where.object])
        and (
            where.source is None
            or any(
                (source := graph.entity_by_id.get(values[where.source])) is not None
                and source.kind == "Source"
                and source.slug == item.source
                for item in claim.evidence
            )
        )
        and (where.relations is None or claim.relation.name in values[where.relations])
        and (where.stances is None or claim.assessment.stance in where.stances)
        and (where.min_confidence is None or claim.assessment.confidence >= values[where.min_confidence])
    ]


def _graph_part(graph: MemoryGraph, store: str, part: Any) -> Any:
    match part:
        case Typename(name=name):
            return name
        case GraphScalar(name="version"):
            return _version(graph)
        case GraphScalar(name="store"):
            return store
        case GraphScalar():
            return graph.changed
        case Counts(of=of, names=names, values=values, parts=parts):

            def count(name: str) -> int:
                if of == "kinds":
                    return len(graph.of_kind(name))
                return sum(claim.relation.name == name for claim in graph.claims.values())

            return [
                {inner.key: _count_part(inner, value, count(name)) for inner in parts}
                for name, value in zip(names, values, strict=True)
            ]


def _count_part(part: Any, value: str, count: int) -> Any:
    match part:
        case Typename(name=name):
            return name
        case CountedName():
            return value
        case Count():
            return count


def _changes(selections: Selections, after: tuple[int, int] | None, page: Any, parts: Any) -> Any:
    graph, values = selections.graph, selections.values
    log = _log(graph)
    if after is not None:
        digest, number = (values[parameter] for parameter in after)
        if digest != graph.facts.digest or number > log[-1].sequence:
            return VersionUnavailable(foreign=True)
        if number < log[0].sequence - 1:
            return VersionUnavailable(foreign=False)
    rows = [Row(change=entry, order=(entry.sequence,)) for entry in log]
    cursors = {entry.sequence: f"{graph.facts.digest}.{entry.sequence}" for entry in log}
    return selections.connection(Connection(rows, (False,), cursors=cursors), page, parts)


def _log(graph: MemoryGraph) -> list[LogEntry]:
    return [LogEntry(1, graph.changed, load_change(graph.facts))]


def _version(graph: MemoryGraph) -> str:
    return f"{graph.facts.digest}.{_log(graph)[-1].sequence}"
