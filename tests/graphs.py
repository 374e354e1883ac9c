"""Load facts into a store of either type, and get an engine on it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from graph_seed import Facts
from schema import ONTOLOGY, Ontology
from service.changes.feed import ChangeFeed
from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine, EngineConfig
from service.execution.spelling import SpellingCorrector
from service.settings import Settings, read_settings
from service.stores import Store, open_store
from tests.apps import app_client
from tests.facts import facts_from_lines, shipped_facts
from tests.queries import WRITER, execute, mutate, query, response_with_cost

STORES = ("sqlite", "neo4j")
HIGH_LIMITS = replace(
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
"""For tests of responses. Tests of the limits make an engine with limits of their own."""

_Key = tuple[str, int]
"""Facts by their digest, or a store by its name; and the identity of an ontology."""


@dataclass
class Graphs:
    """Loads facts into stores. There is an SQLite file for each graph, but one Neo4j database for all of them.

    Building an engine takes a second, so that there is one for each store and ontology. It is valid for the graph that
    was loaded last.
    """

    folder: Path
    neo4j_settings: Callable[[], Settings]
    _file_numbers: Iterator[int] = field(default_factory=itertools.count)
    _engines: dict[_Key, Engine] = field(default_factory=dict)
    _sqlite: dict[_Key, Store[Any]] = field(default_factory=dict)
    _neo4j: dict[int, Store[Any]] = field(default_factory=dict)
    _neo4j_graph: _Key | None = None

    async def load(self, store: str, facts: Facts | None = None, ontology: Ontology = ONTOLOGY) -> Engine:
        """Load facts (default: the shipped ones) unless the store has them already, and return an engine on the store."""
        facts = facts or shipped_facts()
        opened = await (self._load_neo4j if store == "neo4j" else self._load_sqlite)(facts, ontology)
        key = store, id(ontology)
        if key not in self._engines:
            self._engines[key] = build_engine(opened, ontology)
        set_store(self._engines[key], opened)
        return self._engines[key]

    @asynccontextmanager
    async def load_isolated(self, store: str, facts: Facts | None = None) -> AsyncIterator[Engine]:
        """An engine on a copy of these facts that no other test sees, so that the test can write to it."""
        copy = replace(facts or shipped_facts(), digest=uuid.uuid4().hex[:16])
        engine = await self.load(store, copy)
        feed = engine._feed
        try:
            yield engine
        finally:
            await feed.close()
            await self.close_sqlite(copy)

    @asynccontextmanager
    async def serve(self, store: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A client of an application with these settings on a store with the shipped facts."""
        opened = (await self.load(store)).store
        if store == "sqlite":
            location = {"store": f"sqlite:///{opened.path}"}  # type: ignore[attr-defined]
        else:
            names = {"store", "neo4j_user", "neo4j_password", "neo4j_timeout"}
            location = self.neo4j_settings().model_dump(include=names)
        async with app_client(read_settings(**{**location, **settings})) as client:
            yield client

    def invalidate_neo4j(self) -> None:
        """Load the Neo4j database anew at the next request, because a test has written to it by other means."""
        self._neo4j_graph = None

    async def close_sqlite(self, facts: Facts, ontology: Ontology = ONTOLOGY) -> None:
        """Close the SQLite store that `load` has opened for these facts, if there is one."""
        opened = self._sqlite.pop((facts.digest, id(ontology)), None)
        if opened is not None:
            await opened.close()

    async def close(self) -> None:
        for opened in (*self._sqlite.values(), *self._neo4j.values()):
            await opened.close()

    async def _load_sqlite(self, facts: Facts, ontology: Ontology) -> Store[Any]:
        key = facts.digest, id(ontology)
        if key not in self._sqlite:
            path = self.folder / f"{next(self._file_numbers)}.db"
            opened = await open_store(read_settings(store=f"sqlite:///{path}"), ontology)
            await opened.seed(lambda: facts)
            self._sqlite[key] = opened
        return self._sqlite[key]

    async def _load_neo4j(self, facts: Facts, ontology: Ontology) -> Store[Any]:
        if id(ontology) not in self._neo4j:
            self._neo4j[id(ontology)] = await open_store(self.neo4j_settings(), ontology)
        opened = self._neo4j[id(ontology)]
        key = facts.digest, id(ontology)
        if self._neo4j_graph != key:
            self._neo4j_graph = None  # stays so if one of these fails
            await delete_all(opened)
            await opened.seed(lambda: facts)
            self._neo4j_graph = key
        return opened

    # The former names, for tests that have not followed yet.
    hold, fresh, forget, drop = load, load_isolated, invalidate_neo4j, close_sqlite


def build_engine(store: Store[Any], ontology: Ontology = ONTOLOGY) -> Engine:
    return Engine(store, ontology, config=EngineConfig(limits=HIGH_LIMITS))


def set_store(engine: Engine, store: Store[Any]) -> None:
    """Replace the store of an engine. What the engine has cached for the former store is discarded."""
    engine.store = store
    engine._spelling = SpellingCorrector(store)
    engine._feed = ChangeFeed(store)


async def delete_all(store: Any) -> None:
    """Delete all nodes and relationships of a Neo4j database. Constraints and indexes stay."""
    await store._run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")
    store._is_seeded = False


# The former names, for tests that have not followed yet.
ROOMY, empty, facts_from, shipped = HIGH_LIMITS, delete_all, facts_from_lines, shipped_facts
answer, data, write, costing = execute, query, mutate, response_with_cost
__all__ = ["WRITER"]
