"""Let several processes write to one graph at once while others read its log, and check the result.

    uv run python -m benchmarks.writers --stores sqlite neo4j --processes 8 --writes 500

Checked: every reader of the log saw every change once; each acknowledged write is in the log under the version that its
client received; and the store equals a fresh seed of the facts that a model in Python computes from these writes in the
order of the log: no write is lost, no relation exists twice, every edge is what its claim derives.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from schema import ONTOLOGY
from service.changes.feed import ChangeFeed
from service.execution.engine import Engine
from service.settings import Settings, read_settings
from service.stores import LogEntry, Store, open_store
from tests import neo4j_server
from tests.contents import contents
from tests.graphs import delete_all
from tests.queries import mutate
from tests.write_model import Write, WriteModel, change_number

FRAMEWORKS, FEATURES, SOURCES = (range(count) for count in (8, 8, 4))
INITIAL_FACTS: list[dict[str, Any]] = [
    *({"kind": "Framework", "slug": f"f{index}", "name": f"F{index}"} for index in FRAMEWORKS),
    *({"kind": "Feature", "slug": f"x{index}", "name": f"X{index}", "category": "QUALITY"} for index in FEATURES),
    *({"kind": "Source", "slug": f"s{index}", "name": f"S{index}"} for index in SOURCES),
]
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A write and the version that its client received."""

    write: Write
    sequence: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result; `problems` has a sentence for everything that must not happen."""

    acknowledged: int
    changes: int
    seconds: float
    latencies: list[float]
    problems: list[str]


def random_write(rng: random.Random, process: int, turn: int) -> Write:
    """Choose a write; most of them conflict with those of other processes."""
    note = f"{process}.{turn}"
    framework, feature, source = (rng.choice(indexes) for indexes in (FRAMEWORKS, FEATURES, SOURCES))
    ends = {
        "subject": f"Framework:f{framework}",
        "relation": "HAS_FEATURE",
        "object": f"Feature:x{feature}",
        "source": f"s{source}",
    }
    claim = Write("claim", "HAS_FEATURE", {**ends, "supports": rng.random() < 0.7, "note": note})
    publisher = Write("upsert", "Source", {"slug": f"s{source}", "publisher": rng.choice(("P", "Q", None))})
    aliases = [f"O {process} {turn}"]
    own = Write("upsert", "Framework", {"slug": f"own-{process}-{turn}", "name": "Own", "aliases": aliases})
    shared = Write("upsert", "Framework", {"slug": f"f{framework}", "name": f"F{framework}", "summary": note})
    weighted: list[tuple[int, Write]] = [
        (50, claim),
        (15, Write("retract", "HAS_FEATURE", ends)),
        (14, own),
        (14, shared),
        (5, publisher),
        (2, Write("delete", "Framework", {"slug": f"f{framework}"})),
    ]
    weights, writes = zip(*weighted, strict=True)
    return rng.choices(writes, weights)[0]


def run_writer(settings: dict[str, Any], process: int, writes: int) -> list[Acknowledged]:
    """Write, in a process of its own; returns what was acknowledged."""

    async def run() -> list[Acknowledged]:
        store = await open_store(Settings(**settings), ONTOLOGY)
        engine, rng, acknowledged = Engine(store), random.Random(process), []
        try:
            for turn in range(writes):
                chosen = random_write(rng, process, turn)
                started = time.perf_counter()
                payload = (await mutate(engine, *chosen.operation))["payload"]
                seconds = time.perf_counter() - started
                if "version" in payload:
                    acknowledged.append(Acknowledged(chosen, change_number(payload["version"]), time.time(), seconds))
        finally:
            await engine.close()
            await store.close()
        return acknowledged

    return asyncio.run(run())


async def measure(settings: Settings, processes: int, writes: int, folder: Path) -> Outcome:
    """Seed an empty store, run the writers and check the result; `folder` is for files of facts."""
    store = await open_store(settings, ONTOLOGY)
    try:
        await store.seed(lambda: WriteModel.from_lines(INITIAL_FACTS).facts(folder))
        ended = asyncio.Event()
        readers = [asyncio.create_task(reader(store, ended)) for reader in (_poll, _subscribe, _page)]
        loop = asyncio.get_running_loop()
        dumped = settings.model_dump(exclude_none=True)
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            running = [loop.run_in_executor(pool, run_writer, dumped, process, writes) for process in range(processes)]
            acknowledged = [item for items in await asyncio.gather(*running) for item in items]
        ended.set()
        times = [item.at for item in acknowledged]
        seconds = max(times) - min(times)  # without the start of the processes
        last = change_number(await store.version())
        problems = []
        for name, sequences in zip(("poll", "feed", "query"), await asyncio.gather(*readers), strict=True):
            if sequences != list(range(2, last + 1)):
                problems.append(f"the reader by {name} saw {len(sequences)} of {last - 1} changes, or in another order")
        model, mismatches = replay(acknowledged, await store.log_entries(1, last))
        problems += mismatches
        problems += await _differences(settings, await contents(store), model.facts(folder))
        latencies = [item.seconds for item in acknowledged]
        return Outcome(len(acknowledged), last - 1, seconds, latencies, problems)
    finally:
        await store.close()


def replay(acknowledged: Sequence[Acknowledged], entries: Sequence[LogEntry]) -> tuple[WriteModel, list[str]]:
    """Apply the writes to a model in the order of the log; returns it, and where log and acknowledgements differ."""
    model, problems = WriteModel.from_lines(INITIAL_FACTS), []
    by_sequence: defaultdict[int, list[Write]] = defaultdict(list)
    for item in acknowledged:
        by_sequence[item.sequence].append(item.write)
    for entry in entries:
        matching = [item for item in by_sequence[entry.sequence] if _matches(item, entry)]
        if not matching:
            problems.append(f"change {entry.sequence} was acknowledged to no client: {entry.change}")
            continue
        # The other writes with this version changed nothing, so they must change nothing in the model either.
        others = (item for item in by_sequence.pop(entry.sequence) if item is not matching[0])
        for item in (matching[0], *others):
            model.apply(item)
        if model.changes != entry.sequence:
            message = f"after change {entry.sequence} the model has {model.changes} changes: {matching}"
            return model, [*problems, message]
    problems += (
        f"the log lacks change {sequence}: {writes}" for sequence, writes in by_sequence.items() if sequence != 1
    )
    return model, problems


def _matches(item: Write, entry: LogEntry) -> bool:
    values = item.values
    if item.action in {"claim", "retract"}:
        return entry.change.claim == f"{values['subject']}/{values['relation']}/{values['object']}"
    return entry.change.claim is None and entry.change.reference == (item.name, values["slug"])


async def _differences(settings: Settings, stored: dict[str, list[str]], facts: Any) -> list[str]:
    """How the contents of a store differ from a fresh seed of these facts."""
    store = await empty_store(settings)
    try:
        await store.seed(lambda: facts)
        seeded = await contents(store)
    finally:
        await store.close()
    if stored.keys() != seeded.keys():
        return [f"{sorted(stored.keys() ^ seeded.keys())} exist on one side only"]
    return [
        f"{table}: {sorted(set(texts) ^ set(seeded[table]))[:3]} exist on one side only, {len(texts)} rows instead of "
        f"{len(seeded[table])}"
        for table, texts in stored.items()
        if set(texts) != set(seeded[table]) or len(texts) != len(seeded[table])
    ]


async def empty_store(settings: Settings) -> Store[Any]:
    """Open an empty store: the same Neo4j, emptied, or a new file next to the SQLite file of the settings."""
    path = settings.sqlite_path
    if path is None:
        store = await open_store(settings, ONTOLOGY)
        await delete_all(store)
        return store
    return await open_store(settings.model_copy(update={"store": f"sqlite:///{path}.seeded"}), ONTOLOGY)


# -------------------------------------------------------------------------------------------------------------- readers


async def _poll(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Read a few entries of the log at a time."""
    sequences = [1]
    while True:
        is_last = ended.is_set()
        entries = await store.log_entries(sequences[-1], 7)
        sequences += [entry.sequence for entry in entries]
        if is_last and not entries:
            return sequences[1:]
        await asyncio.sleep(0.01)


async def _subscribe(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Listen to a change feed; stop and resume at random."""
    feed, sequences, rng = ChangeFeed(store, poll_seconds=0.02), [1], random.Random(1)
    while True:
        is_last = ended.is_set()
        listener = feed.listen(sequences[-1])
        for _ in range(rng.randrange(1, 60)):
            try:
                async with asyncio.timeout(0.5):
                    sequences.append((await listener.next()).sequence)
            except TimeoutError:
                break
        listener.close()
        if is_last and sequences[-1] == change_number(await store.version()):
            await feed.close()
            return sequences[1:]


async def _page(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Page through `changes` as a client does."""
    engine, sequences = Engine(store), []
    after = (await store.version()).rpartition(".")[0] + ".1"
    text = (
        "query ($after: String) { changes(after: $after, first: 9) { nodes { cursor entity { slug } claim { id } } } }"
    )
    while True:
        is_last = ended.is_set()
        result = await engine.schema.execute(text, variable_values={"after": after})
        assert result.errors is None, result.errors
        nodes = orjson.loads(orjson.dumps(result.data))["changes"]["nodes"]
        sequences += [change_number(node["cursor"]) for node in nodes]
        after = nodes[-1]["cursor"] if nodes else after
        if is_last and not nodes:
            await engine.close()
            return sequences
        await asyncio.sleep(0.02)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--writes", type=int, default=500, help="of each process")
    arguments = parser.parse_args()
    problems = 0
    for name in arguments.stores:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            settings = read_settings(store=f"sqlite:///{folder / 'atlas.db'}")
            if name == "neo4j":
                server = stack.enter_context(neo4j_server.running())
                login = {"neo4j_user": server.user, "neo4j_password": server.password}
                settings = read_settings(store=server.uri, neo4j_timeout=_TIMEOUT_SECONDS, **login)
                asyncio.run(_clear(settings))
            outcome = asyncio.run(measure(settings, arguments.processes, arguments.writes, folder / "facts"))
        quantiles = statistics.quantiles(outcome.latencies, n=100)
        print(
            f"{name}: {arguments.processes} processes x {arguments.writes} mutations in {outcome.seconds:.1f} s; "
            f"{outcome.acknowledged} acknowledged, {outcome.changes} changes; latency {quantiles[49] * 1000:.0f} ms "
            f"(median), {quantiles[98] * 1000:.0f} ms (p99); {len(outcome.problems)} problems"
        )
        print("".join(f"  {problem}\n" for problem in outcome.problems), end="", flush=True)
        problems += len(outcome.problems)
    return 1 if problems else 0


async def _clear(settings: Settings) -> None:
    store = await empty_store(settings)
    await store.close()


if __name__ == "__main__":
    sys.exit(main())
