"""Run the service in a process of its own, with clients that write, read and subscribe, and check what is left.

Each client writes to entities and claims of its own, and each write contains its number. So every answer can be checked:
it must contain nothing older than what was acknowledged before the request, and nothing that was never sent.
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
from service.auth.static_tokens import new_token
from service.errors import StoreUnavailable
from service.settings import Settings, read_settings
from service.stores import LogEntry, Store, Transaction, open_store
from service.stores.neo4j.transaction import claim_row
from tests import neo4j_server
from tests.contents import contents
from tests.write_model import Write, change_number

T = TypeVar("T")

CLIENTS = 4
INITIAL_FACTS: list[dict[str, Any]] = [
    *({"kind": "Framework", "slug": f"f{client}", "name": f"F{client}"} for client in range(CLIENTS)),
    *({"kind": "Feature", "slug": f"x{index}", "name": f"X{index}", "category": "QUALITY"} for index in range(3)),
    *({"kind": "Source", "slug": f"s{index}", "name": f"S{index}"} for index in range(3)),
]
TIMEOUT_SECONDS = 120.0

OK, UNAVAILABLE = "200", "503 SERVICE_UNAVAILABLE"
CONNECTION_LOST, CONNECTION_REFUSED, NO_ANSWER = "connection lost", "connection refused", "no answer"

_CHANGES = "subscription ($after: String) { changes(after: $after) { cursor } }"
_EVIDENCE = "stance confidence evidence { supports note source { slug } }"
_READ = f"""query ($slug: String!, $id: ID!) {{
  framework(slug: $slug) {{ name summary aliases features(first: 10) {{ nodes {{ slug }} }} }}
  claims(where: {{subject: $id}}, first: 10) {{ nodes {{ object {{ slug }} {_EVIDENCE} }} }}
}}"""
_COMMAND = shutil.which("framework-atlas", path=str(Path(sys.executable).parent)) or "framework-atlas"
_TOKEN = new_token("kills", "write")


# -------------------------------------------------------------------------------------------------------------- clients


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The result of one request: a status with its error code, or what happened to the connection."""

    action: str  # read or write
    result: str
    finished_at: float  # time.monotonic()
    seconds: float


class Connection:
    """Sends one request after another and records their results."""

    def __init__(self, base: str, results: list[RequestResult], timeout: float = TIMEOUT_SECONDS) -> None:
        self._results = results
        headers = {"authorization": f"Bearer {_TOKEN.token}"}
        self._client = httpx.AsyncClient(base_url=base, timeout=timeout, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(self, action: str, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Send an operation; returns its data, or None when there is none."""
        started = time.monotonic()
        answer: dict[str, Any] = {}
        try:
            response = await self._client.post("/graphql", json={"query": query, "variables": variables})
            answer = response.json()
            result = _status(response.status_code, answer)
        except httpx.ConnectError:
            result = CONNECTION_REFUSED
        except httpx.TimeoutException:
            result = NO_ANSWER
        except (httpx.HTTPError, ValueError):
            result = CONNECTION_LOST
        now = time.monotonic()
        self._results.append(RequestResult(action, result, now, now - started))
        return answer["data"] if result == OK else None


def _status(status: int, answer: dict[str, Any]) -> str:
    if "errors" not in answer:
        return str(status)
    return f"{status} {answer['errors'][0].get('extensions', {}).get('code', 'without a code')}"


@dataclass
class Writer:
    """Sends numbered writes to entities and claims that no other writer uses.

    A target is what a write changes: `Framework:f0`, or a claim's key and its source.
    """

    index: int
    turn: int = 0
    acknowledged_count: int = 0
    sent: dict[str, dict[int, bool]] = field(default_factory=dict)
    """By target and turn: `supports` of the evidence; True for an entity."""
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By target: the turn and the number of the change."""
    results: list[RequestResult] = field(default_factory=list)

    def next_write(self, rng: random.Random) -> tuple[str, Write]:
        """Choose the next write and its target."""
        self.turn += 1
        feature, source = (rng.randrange(3) for _ in range(2))
        if rng.random() < 0.3:
            entity = {"slug": f"f{self.index}", "summary": str(self.turn), "aliases": [f"{self.index} {self.turn}"]}
            return f"Framework:f{self.index}", Write("upsert", "Framework", entity)
        ends = {"subject": f"Framework:f{self.index}", "relation": "HAS_FEATURE", "object": f"Feature:x{feature}"}
        evidence = {**ends, "source": f"s{source}", "supports": rng.random() < 0.7, "note": str(self.turn)}
        return f"{'/'.join(ends.values())} {source}", Write("claim", "HAS_FEATURE", evidence)

    async def run(self, base: str, rng: random.Random, stop: asyncio.Event, pause: float = 0.0) -> None:
        """Write until `stop` is set, with pauses of `pause` seconds on average."""
        async with Connection(base, self.results) as connection:
            while not stop.is_set():
                target, write = self.next_write(rng)
                self.sent.setdefault(target, {})[self.turn] = write.values.get("supports", True)
                data = await connection.send("write", *write.operation)
                if data is None:
                    await asyncio.sleep(0.05)
                    continue
                assert "version" in data["payload"], data
                self.acknowledged[target] = self.turn, change_number(data["payload"]["version"])
                self.acknowledged_count += 1
                await asyncio.sleep(rng.uniform(0, 2 * pause))


@dataclass
class Reader:
    """Reads what writers have written, and records answers that cannot be correct."""

    results: list[RequestResult] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    """Answers whose parts are correct but do not belong to the same moment."""

    async def run(
        self, base: str, writers: Sequence[Writer], rng: random.Random, stop: asyncio.Event, pause: float
    ) -> None:
        """Read until `stop` is set, with pauses of `pause` seconds on average."""
        async with Connection(base, self.results) as connection:
            while not stop.is_set():
                writer = rng.choice(writers)
                acknowledged = {target: turn for target, (turn, _) in writer.acknowledged.items()}
                slug = f"f{writer.index}"
                data = await connection.send("read", _READ, {"slug": slug, "id": global_id("Framework", slug)})
                if data is not None:
                    self.wrong += (f"{problem}: {data}" for problem in _wrong_parts(writer, acknowledged, data))
                    self.torn += (f"{problem}: {data}" for problem in _torn_parts(writer, data))
                await asyncio.sleep(0.05 if data is None else rng.uniform(0, 2 * pause))


def _wrong_parts(writer: Writer, acknowledged: Mapping[str, int], data: dict[str, Any]) -> list[str]:
    """Values that were never sent, or that are older than what was acknowledged before the request."""
    framework = data["framework"]
    if framework is None or framework["name"] != f"F{writer.index}":
        return ["the framework is missing"]
    subject = f"Framework:f{writer.index}"
    read = {} if framework["summary"] is None else {subject: (int(framework["summary"]), True)}
    for claim in data["claims"]["nodes"]:
        key = f"{subject}/HAS_FEATURE/Feature:{claim['object']['slug']}"
        read |= {
            f"{key} {evidence['source']['slug'].removeprefix('s')}": (int(evidence["note"]), evidence["supports"])
            for evidence in claim["evidence"]
        }
    never_sent = (
        target for target, (turn, supports) in read.items() if writer.sent.get(target, {}).get(turn) is not supports
    )
    outdated = (target for target, turn in acknowledged.items() if target not in read or read[target][0] < turn)
    return [
        *(f"{target} was never sent with this value" for target in never_sent),
        *(f"{target} is older than an acknowledged write" for target in outdated),
    ]


def _torn_parts(writer: Writer, data: dict[str, Any]) -> list[str]:
    """Values that did not exist at the same moment."""
    framework, problems = data["framework"], []
    if framework is None:
        return []
    summary = framework["summary"]
    if framework["aliases"] != ([] if summary is None else [f"{writer.index} {summary}"]):
        problems.append("summary and aliases are from different writes")
    for claim in data["claims"]["nodes"]:
        assessment = weigh_evidence(
            (Publisher(("document", item["source"]["slug"]), None), item["supports"]) for item in claim["evidence"]
        )
        if (assessment.stance, assessment.confidence / 1000) != (claim["stance"], claim["confidence"]):
            problems.append(f"the claim about {claim['object']['slug']} does not match its evidence")
    expected = sorted(claim["object"]["slug"] for claim in data["claims"]["nodes"] if claim["stance"] != "LACKS")
    if sorted(feature["slug"] for feature in framework["features"]["nodes"]) != expected:
        problems.append("the features do not match the claims")
    return problems


@dataclass
class Subscriber:
    """Receives changes as server-sent events, and resumes whenever the connection is lost."""

    after: str
    received: list[int] = field(default_factory=list)
    disconnects: int = 0

    async def run(self, base: str) -> None:
        while True:
            with suppress(httpx.HTTPError, OSError):
                await self._receive(base)
            self.disconnects += 1
            await asyncio.sleep(0.05)

    async def _receive(self, base: str) -> None:
        body = {"query": _CHANGES, "variables": {"after": self.after}}
        async with (
            httpx.AsyncClient(
                base_url=base, timeout=TIMEOUT_SECONDS, headers={"accept": "text/event-stream"}
            ) as client,
            client.stream("POST", "/graphql", json=body) as response,
        ):
            async for line in response.aiter_lines():
                if match := re.match(r'data: \{"data":\{"changes":\{"cursor":"([^"]+)"', line):
                    self.after = match[1]
                    self.received.append(change_number(self.after))

    async def catch_up(self, base: str, last_change: int) -> list[str]:
        """Receive the remaining changes up to this one; returns a message when changes are missing or duplicated."""
        running = asyncio.create_task(self.run(base))
        with suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while last_change > 1 and (not self.received or self.received[-1] < last_change):  # noqa: ASYNC110 - two processes share no event
                    await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if self.received == list(range(2, last_change + 1)):
            return []
        missing = set(range(2, last_change + 1)) - set(self.received)
        duplicates = len(self.received) - len(set(self.received))
        return [f"the subscriber missed {sorted(missing)} of 2 to {last_change}, received {duplicates} changes twice"]


# ---------------------------------------------------------------------------------------------------------- the service


class ServiceProcess:
    """`framework-atlas serve` in a process of its own."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        own = {"ATLAS_TOKENS": _TOKEN.entry, "ATLAS_RATE": "", **(environment or {})}
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process; a pipe would fill up and block it
        self._process = subprocess.Popen(
            [_COMMAND, "serve", "--port", "0"],
            env={**os.environ, **settings.as_environment(), **own},
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,
        )
        while not (match := re.search(r"(http://\S+)/graphql", self.log())):
            assert self._process.poll() is None, f"the service did not start: {self.log()}"
            time.sleep(0.05)
        self.base = match[1]

    def log(self) -> str:
        """What the service has written to standard error."""
        return os.pread(self._log.fileno(), 10**7, 0).decode()

    def processes(self) -> list[int]:
        """The process that was started, and its workers."""
        return [self._process.pid, *self.workers()]

    def workers(self) -> list[int]:
        """The worker processes, when there are several: the children that Python has spawned."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="utf-8")
        with suppress(FileNotFoundError):
            return [
                int(child) for child in children.split() if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
            ]
        return []

    async def wait_until_ready(self) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as client:
            while time.monotonic() < deadline:
                with suppress(httpx.HTTPError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError(f"the service does not become ready: {self.log()}")

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()


def restart(server: neo4j_server.Server) -> None:
    """Restart Neo4j; on a busy machine a start may exceed the time that one attempt waits."""
    for attempts_left in (2, 1, 0):
        try:
            server.restart()
        except neo4j_server.Unavailable:
            if not attempts_left:
                raise
        else:
            return


# ------------------------------------------------------------------------------------------------------------ the store


@dataclass
class Inspection:
    """What a store contains afterwards, compared with what was acknowledged."""

    last_change: int
    lost: list[str]
    half_written: list[str]


async def inspect_store(
    settings: Settings, writers: Sequence[Writer], initial: Sequence[dict[str, Any]], file: Path
) -> Inspection:
    """Compare the store with the acknowledged writes, and with a fresh seed of its facts into `file`."""
    async with opened(settings) as store:
        facts = await _stored_facts(store, initial)
        last_change = change_number(await store.version())
        entries = {entry.sequence: entry for entry in await _log_entries(store)}
        stored = await contents(store)
    turns = _last_turns(facts)
    lost = [problem for writer in writers for problem in _lost_writes(writer, entries, turns)]
    if sorted(entries) != list(range(1, last_change + 1)):
        lost.append(f"the log has gaps: {len(entries)} entries, the last one is {last_change}")
    return Inspection(last_change, lost, await _half_written(stored, facts, file))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store[Any]]:
    store = await open_store(settings, ONTOLOGY)
    try:
        yield store
    finally:
        await store.close()


async def _stored_facts(store: Store[Any], initial: Sequence[dict[str, Any]]) -> Facts:
    """The entities of the store, and the evidence of every claim that the writers may have made."""
    references = [Reference(line["kind"], line["slug"]) for line in initial]
    of = {kind: [str(item) for item in references if item.kind == kind] for kind in ("Framework", "Feature")}
    keys = [f"{framework}/HAS_FEATURE/{feature}" for framework in of["Framework"] for feature in of["Feature"]]

    async def work(transaction: Transaction) -> Facts:
        entities = await transaction.entities(references)
        evidence = await transaction.evidence(keys)
        items = tuple(item for key in keys for item in evidence.get(key, ()))
        return Facts(tuple(entity.fact for entity in entities.values()), items, "kills")

    facts, _ = await _retry_while_unavailable(lambda: store.transact(work))
    return facts


async def _retry_while_unavailable(call: Callable[[], Awaitable[T]]) -> T:
    """Call until a database that has just been restarted answers."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return await call()
        except StoreUnavailable:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.1)


def _last_turns(facts: Facts) -> dict[str, str]:
    """By target: the turn in which it was last written."""
    entities = {
        str(entity.reference): entity.values["summary"] for entity in facts.entities if entity.values["summary"]
    }
    evidence = {
        f"{claim_key(item.subject, item.relation, item.object)} {item.source.removeprefix('s')}": item.note
        for item in facts.evidence
    }
    return entities | evidence


async def _half_written(stored: dict[str, list[str]], facts: Facts, file: Path) -> list[str]:
    """Where the store differs from what its facts derive."""
    if "entity" in stored:  # the tables of SQLite
        async with opened(read_settings(store=f"sqlite:///{file}")) as fresh:
            await fresh.seed(lambda: facts)
            expected = await contents(fresh)
    else:
        expected = _derived(facts)
        names = {*expected, "CITES", "Claim", *filter(_EDGE.fullmatch, stored)}
        stored = {name: stored.get(name, []) for name in names}
    return [
        f"{name}: {sorted(set(stored.get(name, [])) ^ set(expected.get(name, [])))[:4]} exist on one side only"
        for name in {*stored, *expected}
        if stored.get(name, []) != expected.get(name, [])
    ]


_EDGE = re.compile("(NOT_)?FRAMEWORK_HAS_FEATURE")


def _derived(facts: Facts) -> dict[str, list[str]]:
    """The claims, citations and edges that Neo4j must contain."""
    rows: dict[str, list[str]] = {}

    def add(name: str, value: Any) -> None:
        rows.setdefault(name, []).append(json.dumps(value, ensure_ascii=False, sort_keys=True))

    def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None}

    for claim in group_claims(facts):
        row = claim_row(claim)
        add("Claim", without_nulls({"key": claim.key, **row["claim"]}))
        edge = "NOT_FRAMEWORK_HAS_FEATURE" if claim.assessment.stance == "LACKS" else "FRAMEWORK_HAS_FEATURE"
        add(edge, [claim.subject.id, claim.object.id, without_nulls(row["edge"])])
        for item in row["evidence"]:
            source = Reference("Source", item["source"])
            add("CITES", [row["claim"]["id"], source.id, without_nulls(item["values"])])
    return {name: sorted(texts) for name, texts in rows.items()}


async def _log_entries(store: Store[Any]) -> list[LogEntry]:
    entries: list[LogEntry] = []
    while page := await store.log_entries(entries[-1].sequence if entries else 0, 1000):
        entries += page
    return entries


def _lost_writes(writer: Writer, entries: dict[int, LogEntry], turns: dict[str, str]) -> list[str]:
    """Acknowledged writes that are missing, or were overwritten by an earlier one."""
    problems = []
    for target, (turn, sequence) in writer.acknowledged.items():
        entry = entries.get(sequence)
        subject = target.partition(" ")[0]
        if entry is None or subject not in (entry.change.claim, str(entry.change.reference)):
            problems.append(f"change {sequence} of {target} was acknowledged; the log has {entry}")
        stored = turns.get(target)
        if stored is None or not (int(stored) >= turn and int(stored) in writer.sent[target]):
            problems.append(f"{target} has the value {stored}, but {turn} was acknowledged")
    return problems
