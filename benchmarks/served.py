"""Serve a graph in a process of its own, ask it, write to it and listen to it as clients do, and check what is left.

What a client writes to, nobody else writes to, and each write has its number in it. So it is known of every answer whether
it can be right: it shows nothing older than what was acknowledged before it was asked for, and nothing that was never sent.
"""

from __future__ import annotations

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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from graph_seed import Facts, Reference, group_claims
from graph_seed.claims import Publisher, claim_key, weigh_evidence
from graph_seed.facts import global_id
from schema import ONTOLOGY
from service.auth.authenticator import new_token
from service.errors import StoreUnavailable
from service.settings import Settings, read_settings
from service.stores import LogEntry, Store, Transaction, open_store
from service.stores.neo4j.transaction import claim_row
from tests import neo4j_server
from tests.contents import contents
from tests.model import Write, document, number

T = TypeVar("T")

CLIENTS = 4
BEGUN: list[dict[str, Any]] = [
    *({"kind": "Framework", "slug": f"f{one}", "name": f"F{one}"} for one in range(CLIENTS)),
    *({"kind": "Feature", "slug": f"x{one}", "name": f"X{one}", "category": "QUALITY"} for one in range(3)),
    *({"kind": "Source", "slug": f"s{one}", "name": f"S{one}"} for one in range(3)),
]
PATIENCE_SECONDS = 120.0
UNAVAILABLE = "503 SERVICE_UNAVAILABLE"
GOOD, CUT_OFF, REFUSED, SILENT = "200", "cut off", "no connection", "no answer"

_CHANGES = "subscription ($after: String) { changes(after: $after) { cursor } }"
_SAID = "stance confidence evidence { supports note source { slug } }"
_LOOK = f"""query ($slug: String!, $id: ID!) {{
  framework(slug: $slug) {{ name summary aliases features(first: 10) {{ nodes {{ slug }} }} }}
  claims(where: {{subject: $id}}, first: 10) {{ nodes {{ object {{ slug }} {_SAID} }} }}
}}"""
_COMMAND = shutil.which("framework-atlas", path=str(Path(sys.executable).parent)) or "framework-atlas"
_TOKEN = new_token("kills", "write")


# -------------------------------------------------------------------------------------------------------------- clients


@dataclass(frozen=True, slots=True)
class PayloadField:
    """What came of a request: when, after how many seconds, and in a word."""

    did: str  # read or write
    word: str
    at: float
    seconds: float


class Asking:
    """Asks, one thing after the other, and keeps what came of it."""

    def __init__(self, base: str, told: list[PayloadField], seconds: float = PATIENCE_SECONDS) -> None:
        self._told = told
        headers = {"authorization": f"Bearer {_TOKEN.token}"}
        self._client = httpx.AsyncClient(base_url=base, timeout=seconds, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, did: str, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """The data, or None where there was none."""
        start = time.monotonic()
        answer: dict[str, Any] = {}
        try:
            response = await self._client.post("/graphql", json={"query": query, "variables": variables})
            answer = response.json()
            word = _word(response.status_code, answer)
        except httpx.ConnectError:
            word = REFUSED
        except httpx.TimeoutException:
            word = SILENT
        except (httpx.HTTPError, ValueError):
            word = CUT_OFF
        now = time.monotonic()
        self._told.append(PayloadField(did, word, now, now - start))
        return answer["data"] if word == GOOD else None


def _word(status: int, answer: dict[str, Any]) -> str:
    if "errors" not in answer:
        return str(status)
    return f"{status} {answer['errors'][0].get('extensions', {}).get('code', 'without a code')}"


@dataclass
class Client:
    """Writes one thing after the other, each with its number in it. What it writes to, nobody else writes to."""

    name: int
    turn: int = 0
    answered: int = 0
    sent: dict[str, dict[int, bool]] = field(default_factory=dict)
    """By what, then by turn: whether it was said to be so."""
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)  # by what: the turn, the change
    told: list[PayloadField] = field(default_factory=list)

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

    async def write(self, base: str, chance: random.Random, stop: asyncio.Event, pause: float = 0.0) -> None:
        """Write until told to stop, with a pause of about so many seconds between."""
        async with Asking(base, self.told) as asking:
            while not stop.is_set():
                what, write = self.next(chance)
                self.sent.setdefault(what, {})[self.turn] = write[2].get("supports", True)
                data = await asking.ask("write", *document(write))
                if data is None:
                    await asyncio.sleep(0.05)
                    continue
                assert "version" in data["done"], data
                self.acknowledged[what] = self.turn, number(data["done"]["version"])
                self.answered += 1
                await asyncio.sleep(chance.uniform(0, 2 * pause))


@dataclass
class Reader:
    """Asks for what clients have written, and tells what cannot be right."""

    told: list[PayloadField] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    """Answers of which each part is right, and not all of the same moment."""

    async def read(
        self, base: str, clients: Sequence[Client], chance: random.Random, stop: asyncio.Event, pause: float
    ) -> None:
        """Read until told to stop, with a pause of about so many seconds between."""
        async with Asking(base, self.told) as asking:
            while not stop.is_set():
                client = chance.choice(clients)
                floor = {what: turn for what, (turn, _) in client.acknowledged.items()}
                slug = f"f{client.name}"
                data = await asking.ask("read", _LOOK, {"slug": slug, "id": global_id("Framework", slug)})
                if data is not None:
                    self.wrong += (f"{one}: {data}" for one in _wrong(client, floor, data))
                    self.torn += (f"{one}: {data}" for one in _torn(client, data))
                await asyncio.sleep(0.05 if data is None else chance.uniform(0, 2 * pause))


def _wrong(client: Client, floor: Mapping[str, int], data: dict[str, Any]) -> list[str]:
    """What cannot have been there when it was asked for."""
    framework = data["framework"]
    if framework is None or framework["name"] != f"F{client.name}":
        return ["the framework is not there"]
    me = f"Framework:f{client.name}"
    found = {} if framework["summary"] is None else {me: (int(framework["summary"]), True)}
    for claim in data["claims"]["nodes"]:
        what = f"{me}/HAS_FEATURE/Feature:{claim['object']['slug']}"
        found |= {
            f"{what} {said['source']['slug'].removeprefix('s')}": (int(said["note"]), said["supports"])
            for said in claim["evidence"]
        }
    never = (what for what, (turn, so) in found.items() if client.sent.get(what, {}).get(turn) is not so)
    old = (what for what, turn in floor.items() if what not in found or found[what][0] < turn)
    return [*(f"{what} was never said so" for what in never), *(f"{what} was newer before" for what in old)]


def _torn(client: Client, data: dict[str, Any]) -> list[str]:
    """What was never there at one and the same moment."""
    framework, faults = data["framework"], []
    if framework is None:
        return []
    summary = framework["summary"]
    if framework["aliases"] != ([] if summary is None else [f"{client.name} {summary}"]):
        faults.append("summary and aliases are not of the same write")
    for claim in data["claims"]["nodes"]:
        weight = weigh_evidence(
            (Publisher(("document", one["source"]["slug"]), None), one["supports"]) for one in claim["evidence"]
        )
        if (weight.stance, weight.confidence / 1000) != (claim["stance"], claim["confidence"]):
            faults.append(f"the claim on {claim['object']['slug']} is not what its evidence comes to")
    had = sorted(one["object"]["slug"] for one in data["claims"]["nodes"] if one["stance"] != "LACKS")
    if sorted(one["slug"] for one in framework["features"]["nodes"]) != had:
        faults.append("the features are not those of the claims")
    return faults


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
                base_url=base, timeout=PATIENCE_SECONDS, headers={"accept": "text/event-stream"}
            ) as asking,
            asking.stream("POST", "/graphql", json=given) as response,
        ):
            async for line in response.aiter_lines():
                found = re.match(r'data: \{"data":\{"changes":\{"cursor":"([^"]+)"', line)
                if found:
                    self.after = found[1]
                    self.heard.append(number(self.after))

    async def catch_up(self, base: str, last: int) -> list[str]:
        """Hear what was missed, up to this change; what was missed for good, or heard twice."""
        listening = asyncio.create_task(self.listen(base))
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while last > 1 and (not self.heard or self.heard[-1] < last):  # noqa: ASYNC110 - two processes share no event
                    await asyncio.sleep(0.02)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        if self.heard == list(range(2, last + 1)):
            return []
        missed, twice = set(range(2, last + 1)) - set(self.heard), len(self.heard) - len(set(self.heard))
        return [f"the subscriber missed {sorted(missed)} of 2 to {last} and saw {twice} twice: {self.heard[-5:]}"]


# ---------------------------------------------------------------------------------------------------------- the service


class Service:
    """`framework-atlas serve` in a process of its own."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        mine = {"ATLAS_TOKENS": _TOKEN.entry, "ATLAS_RATE": "", **(environment or {})}
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the service; a pipe would fill and hold it up
        self._process = subprocess.Popen(
            [_COMMAND, "serve", "--port", "0"],
            env={**os.environ, **settings.as_environment(), **mine},
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

    def processes(self) -> list[int]:
        """The process that was started, and those that serve below it."""
        return [self._process.pid, *self.workers()]

    def workers(self) -> list[int]:
        """The processes that serve, where there are several: those that Python has spawned for it."""
        found = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="utf-8")
        with suppress(FileNotFoundError):
            return [
                int(child) for child in found.split() if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
            ]
        return []

    async def ready(self) -> None:
        """Wait until it answers from its store."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as asking:
            while time.monotonic() < give_up:
                with suppress(httpx.HTTPError):
                    if (await asking.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError(f"it does not get ready: {self.said()}")

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._said.close()


def restart(server: neo4j_server.Server) -> None:
    """On a busy machine it may take more than one wait."""
    for left in (2, 1, 0):
        try:
            server.restart()
        except neo4j_server.Unavailable:
            if not left:
                raise
        else:
            return


# --------------------------------------------------------------------------------------------------------- what is left


@dataclass
class Left:
    """What was found in a store afterwards."""

    last: int
    """The number of its last change."""
    lost: list[str]
    half_written: list[str]


async def look(settings: Settings, clients: Sequence[Client], begun: Sequence[dict[str, Any]], file: Path) -> Left:
    """Look at what is there; what is to compare with is seeded into this file."""
    async with opened(settings) as store:
        facts = await _facts(store, begun)
        last = number(await store.version())
        entries = {entry.sequence: entry for entry in await _all(store)}
        held = await contents(store)
    lost = [fault for client in clients for fault in _lost(client, entries, _told(facts))]
    if sorted(entries) != list(range(1, last + 1)):
        lost.append(f"the log has gaps: {len(entries)} entries, the last is {last}")
    return Left(last, lost, await _half_written(held, facts, file))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store[Any]]:
    store = await open_store(settings, ONTOLOGY)
    try:
        yield store
    finally:
        await store.close()


async def _facts(store: Store[Any], begun: Sequence[dict[str, Any]]) -> Facts:
    """The entities there are, and what is said of every claim that can be."""
    references = [Reference(line["kind"], line["slug"]) for line in begun]
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
    give_up = time.monotonic() + PATIENCE_SECONDS
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
        async with opened(read_settings(store=f"sqlite:///{file}")) as seeded:
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

    for claim in group_claims(facts):
        row = claim_row(claim)
        add("Claim", given({"key": claim.key, **row["claim"]}))
        edge = "NOT_FRAMEWORK_HAS_FEATURE" if claim.assessment.stance == "LACKS" else "FRAMEWORK_HAS_FEATURE"
        add(edge, [claim.subject.id, claim.object.id, given(row["edge"])])
        for said in row["evidence"]:
            add("CITES", [row["claim"]["id"], Reference("Source", said["source"]).id, given(said["values"])])
    return {name: sorted(texts) for name, texts in found.items()}


async def _all(store: Store[Any]) -> list[LogEntry]:
    found: list[LogEntry] = []
    while page := await store.entries(found[-1].sequence if found else 0, 1000):
        found += page
    return found


def _lost(client: Client, entries: dict[int, LogEntry], facts: dict[str, str]) -> list[str]:
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
