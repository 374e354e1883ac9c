"""Graphs to test with: an engine on either store that holds just the facts a test asks for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from neo4j import AsyncGraphDatabase

from graph_seed import SHIPPED, Facts, read
from schema import ONTOLOGY, Ontology
from service.engine import Engine
from service.settings import Settings, read_settings
from service.stores import Store, open_store

STORES = ("sqlite", "neo4j")


@dataclass
class Graphs:
    """Opens stores that hold facts. A Neo4j holds one graph at a time: it is emptied when another is asked for."""

    folder: Path
    neo4j_settings: Callable[[], Settings]
    _numbers: Any = field(default_factory=itertools.count)
    _engines: dict[Any, Engine] = field(default_factory=dict)
    _held: Any = None

    async def hold(self, store: str, facts: Facts | None = None, ontology: Ontology = ONTOLOGY) -> Engine:
        """An engine on a store of this name that holds the facts, the shipped ones when none are given."""
        facts = facts or shipped()
        digest = store, facts.digest, id(ontology)
        if store == "neo4j" and self._held not in (None, digest):
            await self._drop(self._held)
        if digest not in self._engines:
            opened = await self._open(store, ontology)
            await opened.seed(lambda: facts)
            self._engines[digest] = Engine(opened, ontology)
        if store == "neo4j":
            self._held = digest
        return self._engines[digest]

    async def drop(self, store: str, facts: Facts, ontology: Ontology = ONTOLOGY) -> None:
        """Close what `hold` has opened for these facts."""
        await self._drop((store, facts.digest, id(ontology)))

    async def _drop(self, digest: Any) -> None:
        engine = self._engines.pop(digest, None)
        if engine is not None:
            await engine.store.close()

    async def close(self) -> None:
        for digest in list(self._engines):
            await self._drop(digest)

    async def _open(self, store: str, ontology: Ontology) -> Store[Any]:
        if store == "sqlite":
            path = self.folder / f"{next(self._numbers)}.db"
            return await open_store(read_settings(store=f"sqlite:///{path}"), ontology)
        settings = self.neo4j_settings()
        await empty(settings)
        return await open_store(settings, ontology)


async def empty(settings: Settings) -> None:
    """Delete all that a Neo4j holds; constraints and indexes stay."""
    auth = settings.neo4j_user, settings.neo4j_password.get_secret_value()
    async with AsyncGraphDatabase.driver(settings.store, auth=auth) as driver, driver.session() as session:
        await (await session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")).consume()


_shipped: list[Facts] = []


def shipped() -> Facts:
    """The facts that come with the package."""
    if not _shipped:
        _shipped.append(read(SHIPPED))
    return _shipped[0]


def facts_from(folder: Path, lines: Iterable[dict[str, Any]], ontology: Ontology = ONTOLOGY) -> Facts:
    """Facts from lines, by way of a file, as an editor would give them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return read(folder, ontology)


async def answer(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a client gets: data and errors, after a round through JSON, key order kept."""
    result = await engine.schema.execute(text, variable_values=variables)
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return orjson.loads(orjson.dumps({**errors, "data": result.data}))


async def data(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data of an operation that must have no errors."""
    answered = await answer(engine, text, variables)
    assert "errors" not in answered, answered
    return answered["data"]
