"""Kill what serves a graph while it is written to, again and again, and check what is left.

    uv run python -m benchmarks.kills --rounds 100
    uv run python -m benchmarks.kills --store neo4j --rounds 10      # Neo4j itself is killed, the service goes on

A round: several clients write over HTTP and a subscriber listens that resumes with the last cursor it has; at a random
moment `kill -9`; start again. Checked are: each write that was acknowledged stands in the log and in the graph; the
subscriber saw each change exactly once; and all that the store holds is what a seeding of its facts makes, so that no
claim is half-written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from graph_seed import Facts, Reference, claims
from graph_seed.claims import claim_key
from schema import ONTOLOGY
from service.auth import new_token
from service.errors import StoreUnavailable
from service.settings import Settings, read_settings
from service.stores import Entry, Store, Transaction, open_store
from service.stores.neo4j.writing import claim_row
from tests import neo4j_server
from tests.contents import contents
from tests.graphs import facts_from
from tests.model import Write, document, number

T = TypeVar("T")

CLIENTS = 4
BEGUN: list[dict[str, Any]] = [
    *({"kind": "Framework", "slug": f"f{one}", "name": f"F{one}"} for one in range(CLIENTS)),
    *({"kind": "Feature", "slug": f"x{one}", "name": f"X{one}", "category": "QUALITY"} for one in range(3)),
    *({"kind": "Source", "slug": f"s{one}", "name": f"S{one}"} for one in range(3)),
]
_CHANGES = "subscription ($after: String) { changes(after: $after) { cursor } }"
_COMMAND = shutil.which("framework-atlas", path=str(Path(sys.executable).parent)) or "framework-atlas"
_TOKEN = new_token("kills", "write")
_LONGEST_LOAD_SECONDS = 1.5
_PATIENCE_SECONDS = 120.0


@dataclass
class Client:
    """Writes one thing after the other, each with its number in it. What it writes to, nobody else writes to."""

    name: int
    turn: int = 0
    answered: int = 0
    sent: dict[str, list[int]] = field(default_factory=dict)
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)  # by what: the turn, the change

    def next(self, chance: random.Random) -> tuple[str, Write]:
        """What is written, and how."""
        self.turn += 1
        feature, source = (chance.randrange(3) for _ in range(2))
        if chance.random() < 0.3:
            given = {"slug": f"f{self.name}", "summary": str(self.turn), "aliases": [f"{self.name} {self.turn}"]}
            return f"Framework:f{self.name}", ("upsert", "Framework", given)
        ends = {"subject": f"Framework:f{self.name}", "relation": "HAS_FEATURE", "object": f"Feature:x{feature}"}
        said = {**ends, "source": f"s{source}", "supports": chance.random() < 0.7, "note": str(self.turn)}
        return f"{'/'.join(ends.values())} {source}", ("claim", "HAS_FEATURE", said)

    async def write(self, base: str, chance: random.Random, stop: asyncio.Event) -> None:
        """Write until told to stop, or until the service is gone."""
        headers = {"authorization": f"Bearer {_TOKEN.token}"}
        async with httpx.AsyncClient(base_url=base, timeout=_PATIENCE_SECONDS, headers=headers) as asking:
            while not stop.is_set():
                what, write = self.next(chance)
                text, variables = document(write)
                self.sent.setdefault(what, []).append(self.turn)
                try:
                    response = await asking.post("/graphql", json={"query": text, "variables": variables})
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
                    continue
                payload = ((response.json().get("data") or {}).get("done")) or {}
                if "version" in payload:
                    self.acknowledged[what] = self.turn, number(payload["version"])
                    self.answered += 1
                elif response.status_code == 503:
                    await asyncio.sleep(0.05)
                else:
                    raise AssertionError(response.text)


@dataclass
class Subscriber:
    """Listens by server-sent events, and resumes whenever it is cut off."""

    after: str
    heard: list[int] = field(default_factory=list)
    cuts: int = 0

    async def listen(self, base: str) -> None:
        while True:
            with suppress(httpx.HTTPError, OSError):
                await self._listen(base)
            self.cuts += 1
            await asyncio.sleep(0.05)

    async def _listen(self, base: str) -> None:
        given = {"query": _CHANGES, "variables": {"after": self.after}}
        async with (
            httpx.AsyncClient(
                base_url=base, timeout=_PATIENCE_SECONDS, headers={"accept": "text/event-stream"}
            ) as asking,
            asking.stream("POST", "/graphql", json=given) as response,
        ):
            async for line in response.aiter_lines():
                found = re.match(r'data: \{"data":\{"changes":\{"cursor":"([^"]+)"', line)
                if found:
                    self.after = found[1]
                    self.heard.append(number(self.after))


@dataclass
class Outcome:
    """What came of all rounds."""

    rounds: int = 0
    acknowledged: int = 0
    changes: int = 0
    cuts: int = 0
    faults: list[str] = field(default_factory=list)


class Service:
    """`framework-atlas serve` in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        environment = {**os.environ, **settings.as_environment(), "ATLAS_TOKENS": _TOKEN.entry, "ATLAS_RATE": ""}
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the service; a pipe would fill and hold it up
        self._process = subprocess.Popen(
            [_COMMAND, "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )
        while not (found := re.search(r"(http://\S+)/graphql", self.said())):
            assert self._process.poll() is None, f"it did not start: {self.said()}"
            time.sleep(0.05)
        self.base = found[1]

    def said(self) -> str:
        """What it has logged."""
        return os.pread(self._said.fileno(), 10**7, 0).decode()

    async def ready(self) -> None:
        """Wait until it answers from its store."""
        give_up = time.monotonic() + _PATIENCE_SECONDS
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as asking:
            while time.monotonic() < give_up:
                with suppress(httpx.HTTPError):
                    if (await asking.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError("it does not get ready")

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._said.close()


class Rounds:
    """Rounds on one store. Where a Neo4j is given, it is killed and not the service."""

    def __init__(
        self, settings: Settings, folder: Path, server: neo4j_server.Server | None = None, seed: int = 1
    ) -> None:
        self.outcome = Outcome()
        self._settings = settings
        self._folder = folder
        self._server = server
        self._chance = random.Random(seed)
        self._clients = [Client(name) for name in range(CLIENTS)]
        self._subscriber = Subscriber("")

    async def run(self, rounds: int) -> Outcome:
        """Fill the store, which is empty, and do so many rounds, or less where something is wrong."""
        async with _opened(self._settings) as store:
            await store.seed(lambda: facts_from(self._folder / "begun", BEGUN))
            self._subscriber.after = await store.version()
        service = Service(self._settings)
        try:
            while self.outcome.rounds < rounds and not self.outcome.faults:
                await service.ready()
                await self._load(service)
                last = await self._check()
                if self._server is None:
                    service = Service(self._settings)
                    await service.ready()
                await self._catch_up(service, last)
                self.outcome.rounds += 1
        finally:
            service.kill()
        return self.outcome

    async def _load(self, service: Service) -> None:
        """Write and listen until what serves is killed at a random moment."""
        stop = asyncio.Event()
        chances = [random.Random(self._chance.random()) for _ in self._clients]
        pairs = zip(self._clients, chances, strict=True)
        writing = [asyncio.create_task(client.write(service.base, chance, stop)) for client, chance in pairs]
        listening = asyncio.create_task(self._subscriber.listen(service.base))
        some = (
            sum(client.answered for client in self._clients) + 1
        )  # what has just started may take seconds for its first
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while sum(client.answered for client in self._clients) < some:  # noqa: ASYNC110 - nor here
                    await asyncio.sleep(0.01)
        await asyncio.sleep(self._chance.uniform(0, _LONGEST_LOAD_SECONDS))
        if self._server is None:
            service.kill()
        else:
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(_restart, self._server)
            await asyncio.sleep(self._chance.uniform(0.5, 2))  # what was cut off is tried again
        stop.set()
        await asyncio.gather(*writing)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _check(self) -> int:
        """Look at what is there; the number of the last change."""
        async with _opened(self._settings) as store:
            facts = await _facts(store)
            last = number(await store.version())
            entries = {entry.sequence: entry for entry in await _all(store)}
            held = await contents(store)
        if sorted(entries) != list(range(1, last + 1)):
            self._tell(f"the log has gaps: {len(entries)} entries, the last is {last}")
        for client in self._clients:
            self._tell(*_lost(client, entries, _told(facts)))
        self._tell(*await _half_written(held, facts, self._folder / f"seeded-{self.outcome.rounds}.db"))
        self.outcome.acknowledged = sum(client.answered for client in self._clients)
        self.outcome.changes = last - 1
        return last

    async def _catch_up(self, service: Service, last: int) -> None:
        """Let the subscriber hear what it has missed."""
        heard = self._subscriber.heard
        listening = asyncio.create_task(self._subscriber.listen(service.base))
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while last > 1 and (not heard or heard[-1] < last):  # noqa: ASYNC110 - two processes share no event
                    await asyncio.sleep(0.02)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        if heard != list(range(2, last + 1)):
            missed, twice = set(range(2, last + 1)) - set(heard), len(heard) - len(set(heard))
            self._tell(f"the subscriber missed {sorted(missed)} of 2 to {last} and saw {twice} twice: {heard[-5:]}")
        self.outcome.cuts = self._subscriber.cuts

    def _tell(self, *faults: str) -> None:
        self.outcome.faults += faults


def _restart(server: neo4j_server.Server) -> None:
    """On a busy machine it may take more than one wait."""
    for left in (2, 1, 0):
        try:
            server.restart()
        except neo4j_server.Unavailable:
            if not left:
                raise
        else:
            return


async def _facts(store: Store[Any]) -> Facts:
    """The entities there are, and what is said of every claim that can be."""
    references = [Reference(line["kind"], line["slug"]) for line in BEGUN]
    of = {kind: [str(one) for one in references if one.kind == kind] for kind in ("Framework", "Feature")}
    keys = [f"{one}/HAS_FEATURE/{other}" for one in of["Framework"] for other in of["Feature"]]

    async def work(transaction: Transaction) -> Facts:
        entities = await transaction.entities(references)
        evidence = await transaction.evidence(keys)
        told = tuple(said for key in keys for said in evidence.get(key, ()))
        return Facts(tuple(one.fact for one in entities.values()), told, "kills")

    facts, _ = await _patiently(lambda: store.transact(work))
    return facts


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a database that is only just back until it answers."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except StoreUnavailable:
            if time.monotonic() > give_up:
                raise
        await asyncio.sleep(0.1)


def _told(facts: Facts) -> dict[str, str]:
    """The turn in which each thing was last written, by what it is."""
    entities = {str(one.reference): one.values["summary"] for one in facts.entities if one.values["summary"]}
    evidence = {
        f"{claim_key(one.subject, one.relation, one.object)} {one.source.removeprefix('s')}": one.note
        for one in facts.evidence
    }
    return entities | evidence


async def _half_written(held: dict[str, list[str]], facts: Facts, file: Path) -> list[str]:
    """Where what is held differs from what these facts come to."""
    if "entity" in held:  # the tables of SQLite
        async with _opened(read_settings(store=f"sqlite:///{file}")) as seeded:
            await seeded.seed(lambda: facts)
            wanted = await contents(seeded)
    else:
        wanted = _weighed(facts)
        held = {name: held.get(name, []) for name in {*wanted, "CITES", "Claim", *filter(_EDGE.fullmatch, held)}}
    return [
        f"{name} holds {sorted(set(held.get(name, [])) ^ set(wanted.get(name, [])))[:4]} on one side only"
        for name in {*held, *wanted}
        if held.get(name, []) != wanted.get(name, [])
    ]


_EDGE = re.compile("(NOT_)?FRAMEWORK_HAS_FEATURE")


def _weighed(facts: Facts) -> dict[str, list[str]]:
    """The claims, citations and edges that Neo4j should hold."""
    found: dict[str, list[str]] = {}

    def add(name: str, value: Any) -> None:
        found.setdefault(name, []).append(json.dumps(value, ensure_ascii=False, sort_keys=True))

    def given(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None}

    for claim in claims(facts):
        row = claim_row(claim)
        add("Claim", given({"key": claim.key, **row["claim"]}))
        edge = "NOT_FRAMEWORK_HAS_FEATURE" if claim.weight.stance == "LACKS" else "FRAMEWORK_HAS_FEATURE"
        add(edge, [claim.subject.id, claim.object.id, given(row["edge"])])
        for said in row["evidence"]:
            add("CITES", [row["claim"]["id"], Reference("Source", said["source"]).id, given(said["values"])])
    return {name: sorted(texts) for name, texts in found.items()}


async def _all(store: Store[Any]) -> list[Entry]:
    found: list[Entry] = []
    while page := await store.entries(found[-1].sequence if found else 0, 1000):
        found += page
    return found


def _lost(client: Client, entries: dict[int, Entry], facts: dict[str, str]) -> list[str]:
    """What was acknowledged and is not there, or was overwritten by what was sent before it."""
    faults = []
    for what, (turn, sequence) in client.acknowledged.items():
        entry = entries.get(sequence)
        subject = what.partition(" ")[0]
        if entry is None or subject not in (entry.change.claim, str(entry.change.reference)):
            faults.append(f"change {sequence} of {what} was acknowledged; the log has {entry}")
        found = facts.get(what)
        if found is None or not (int(found) >= turn and int(found) in client.sent[what]):
            faults.append(f"{what} is {found}, {turn} was acknowledged")
    return faults


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store[Any]]:
    store = await open_store(settings, ONTOLOGY)
    try:
        yield store
    finally:
        await store.close()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, server = read_settings(store=f"sqlite:///{folder / 'atlas.db'}"), None
        if given.store == "neo4j":
            os.environ.pop("ATLAS_TEST_NEO4J_URI", None)  # one that we may kill
            server = stack.enter_context(neo4j_server.running())
            settings = read_settings(store=server.uri, neo4j_user=server.user, neo4j_password=server.password)
        start = time.monotonic()
        outcome = asyncio.run(Rounds(settings, folder, server, given.seed).run(given.rounds))
    print(
        f"{given.store}: {outcome.rounds} rounds in {time.monotonic() - start:.0f} s; {outcome.acknowledged} writes "
        f"acknowledged, {outcome.changes} changes, the subscriber was cut off {outcome.cuts} times; "
        f"{len(outcome.faults)} faults"
    )
    print("".join(f"  {fault}\n" for fault in outcome.faults), end="")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
