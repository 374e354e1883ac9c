"""Graphs to test with: an engine on either store that holds just the facts a test asks for."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from graph_seed import SHIPPED, Facts, read_facts
from schema import ONTOLOGY, Ontology
from service.auth.principal import Principal
from service.changes.feed import ChangeFeed
from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine, EngineConfig
from service.execution.request_context import TransportContext
from service.execution.spelling import SpellingCorrector
from service.settings import Settings, read_settings
from service.stores import Store, open_store
from tests.apps import running

STORES = ("sqlite", "neo4j")
ROOMY = replace(
    DEFAULT_LIMITS,
    characters=10**6,
    tokens=10**5,
    depth=100,
    fields=10**5,
    repeats=10**6,
    aliases=1000,
    root_fields=100,
    nested_page=1000,
    cost=10**9,
)
"""What tests of answers may ask for; tests of limits make an engine of their own."""


@dataclass
class Graphs:
    """Opens stores that hold facts, one engine per kind of store: what it holds is what was asked for last."""

    folder: Path
    neo4j_settings: Callable[[], Settings]
    _numbers: Any = field(default_factory=itertools.count)
    _engines: dict[tuple[str, int], Engine] = field(default_factory=dict)
    _sqlite: dict[tuple[str, int], Store[Any]] = field(default_factory=dict)
    _neo4j: dict[int, Any] = field(default_factory=dict)
    _held: Any = None

    async def hold(self, store: str, facts: Facts | None = None, ontology: Ontology = ONTOLOGY) -> Engine:
        """The engine on this store, which now holds these facts, the shipped ones when none are given."""
        facts = facts or shipped()
        opened = await (self._hold_neo4j if store == "neo4j" else self._hold_sqlite)(facts, ontology)
        if (store, id(ontology)) not in self._engines:
            self._engines[store, id(ontology)] = Engine(opened, ontology, options=EngineConfig(limits=ROOMY))
        engine = self._engines[store, id(ontology)]
        engine.store = opened
        engine._vocabulary = SpellingCorrector(opened)
        engine._feed = ChangeFeed(opened)
        return engine

    @asynccontextmanager
    async def fresh(self, store: str, facts: Facts | None = None) -> AsyncIterator[Engine]:
        """The engine on a graph of these facts that no other test sees: what is written to it goes with it."""
        own = replace(facts or shipped(), digest=uuid.uuid4().hex[:16])
        engine = await self.hold(store, own)
        feed = engine._feed
        try:
            yield engine
        finally:
            await feed.close()
            await self.drop(own)

    @asynccontextmanager
    async def serve(self, store: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A client of an application with these settings on this store, which holds the shipped facts."""
        held = (await self.hold(store)).store
        where = {"store": f"sqlite:///{held.path}"} if store == "sqlite" else {}
        if store == "neo4j":
            where = self.neo4j_settings().model_dump(include={"store", "neo4j_user", "neo4j_password", "neo4j_timeout"})
        async with running(read_settings(**{**where, **settings})) as client:
            yield client

    def forget(self) -> None:
        """Know that somebody else has written to the Neo4j."""
        self._held = None

    async def drop(self, facts: Facts, ontology: Ontology = ONTOLOGY) -> None:
        """Close the SQLite store that `hold` has opened for these facts."""
        opened = self._sqlite.pop((facts.digest, id(ontology)), None)
        if opened is not None:
            await opened.close()

    async def close(self) -> None:
        for opened in (*self._sqlite.values(), *self._neo4j.values()):
            await opened.close()

    async def _hold_sqlite(self, facts: Facts, ontology: Ontology) -> Store[Any]:
        found = self._sqlite.get((facts.digest, id(ontology)))
        if found is None:
            path = self.folder / f"{next(self._numbers)}.db"
            found = await open_store(read_settings(store=f"sqlite:///{path}"), ontology)
            await found.seed(lambda: facts)
            self._sqlite[facts.digest, id(ontology)] = found
        return found

    async def _hold_neo4j(self, facts: Facts, ontology: Ontology) -> Store[Any]:
        settings = self.neo4j_settings()
        if id(ontology) not in self._neo4j:
            self._neo4j[id(ontology)] = await open_store(settings, ontology)
        opened = self._neo4j[id(ontology)]
        if self._held != (facts.digest, id(ontology)):
            await empty(opened)
            await opened.seed(lambda: facts)
            self._held = facts.digest, id(ontology)
        return opened


async def empty(store: Any) -> None:
    """Delete all that a Neo4j holds; constraints and indexes stay."""
    await store._run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")
    store._filled = False


_shipped: list[Facts] = []


def shipped() -> Facts:
    """The facts that come with the package."""
    if not _shipped:
        _shipped.append(read_facts(SHIPPED))
    return _shipped[0]


def facts_from(folder: Path, lines: Iterable[dict[str, Any]], ontology: Ontology = ONTOLOGY) -> Facts:
    """Facts from lines, by way of a file, as an editor would give them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return read_facts(folder, ontology)


WRITER = Principal("ci", frozenset({"write"}))


async def answer(
    engine: Engine, text: str, variables: dict[str, Any] | None = None, principal: Principal | None = None
) -> dict[str, Any]:
    """What a client gets: data and errors, after a round through JSON, key order kept."""
    context = None if principal is None else TransportContext(principal)
    result = await engine.schema.execute(text, variable_values=variables, context_value=context)
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return orjson.loads(orjson.dumps({**errors, "data": result.data}))


def costing(rows: int, data: Any) -> dict[str, Any]:
    """The whole answer to a query over HTTP whose pages can hold so many rows."""
    return {"data": data, "extensions": {"cost": {"rows": rows, "limit": 200_000}}}


async def data(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data of an operation that must have no errors."""
    answered = await answer(engine, text, variables)
    assert "errors" not in answered, answered
    return answered["data"]


async def write(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data that a mutation answers to a client that may write."""
    answered = await answer(engine, text, variables, WRITER)
    assert "errors" not in answered, answered
    return answered["data"]
