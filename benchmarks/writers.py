"""Let several processes write to one graph at once while others read its log, and check what is left.

    uv run python -m benchmarks.writers --stores sqlite neo4j --processes 8 --writes 500

Checked are: the log has every change once, whoever reads it; each write that was acknowledged stands in it under the
version that it was told; and all that the store holds is what a model in Python makes of these writes in the order of the
log, seeded anew: no write lost, no relation twice, every edge what its claim derives.
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
from tests.graphs import empty, write
from tests.model import Model, Write, document, number

FRAMEWORKS, FEATURES, SOURCES = (range(count) for count in (8, 8, 4))
BEGUN: list[dict[str, Any]] = [
    *({"kind": "Framework", "slug": f"f{one}", "name": f"F{one}"} for one in FRAMEWORKS),
    *({"kind": "Feature", "slug": f"x{one}", "name": f"X{one}", "category": "QUALITY"} for one in FEATURES),
    *({"kind": "Source", "slug": f"s{one}", "name": f"S{one}"} for one in SOURCES),
]
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A write, the version that its client was told, when, and how long that took."""

    write: Write
    sequence: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; `faults` has a sentence for each thing that is not as it must be."""

    acknowledged: int
    changes: int
    seconds: float
    latencies: list[float]
    faults: list[str]


def draw(chance: random.Random, writer: int, turn: int) -> Write:
    """A write: most of them where others write too."""
    note = f"{writer}.{turn}"
    framework, feature, source = (chance.choice(of) for of in (FRAMEWORKS, FEATURES, SOURCES))
    ends = {
        "subject": f"Framework:f{framework}",
        "relation": "HAS_FEATURE",
        "object": f"Feature:x{feature}",
        "source": f"s{source}",
    }
    claim = "claim", "HAS_FEATURE", {**ends, "supports": chance.random() < 0.7, "note": note}
    publisher = "upsert", "Source", {"slug": f"s{source}", "publisher": chance.choice(("P", "Q", None))}
    writes: list[tuple[int, Write]] = [
        (50, claim),
        (15, ("retract", "HAS_FEATURE", ends)),
        (
            14,
            ("upsert", "Framework", {"slug": f"own-{writer}-{turn}", "name": "Own", "aliases": [f"O {writer} {turn}"]}),
        ),
        (14, ("upsert", "Framework", {"slug": f"f{framework}", "name": f"F{framework}", "summary": note})),
        (5, publisher),
        (2, ("delete", "Framework", {"slug": f"f{framework}"})),
    ]
    weights, all_ = zip(*writes, strict=True)
    return chance.choices(all_, weights)[0]


def work(environment: dict[str, Any], writer: int, writes: int) -> list[Acknowledged]:
    """Write, in a process of its own; what was acknowledged."""

    async def all_() -> list[Acknowledged]:
        store = await open_store(Settings(**environment), ONTOLOGY)
        engine, chance, done = Engine(store), random.Random(writer), []
        try:
            for turn in range(writes):
                drawn = draw(chance, writer, turn)
                start = time.perf_counter()
                answered = (await write(engine, *document(drawn)))["done"]
                seconds = time.perf_counter() - start
                if "version" in answered:
                    done.append(Acknowledged(drawn, number(answered["version"]), time.time(), seconds))
        finally:
            await engine.close()
            await store.close()
        return done

    return asyncio.run(all_())


async def measure(settings: Settings, processes: int, writes: int, folder: Path) -> Outcome:
    """Fill an empty store, let them write, and check; facts are made in this folder."""
    store = await open_store(settings, ONTOLOGY)
    try:
        await store.seed(lambda: Model.of(BEGUN).facts(folder))
        ended = asyncio.Event()
        readers = [asyncio.create_task(reader(store, ended)) for reader in (_poll, _listen, _page)]
        loop = asyncio.get_running_loop()
        given = settings.model_dump(exclude_none=True)
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            working = [loop.run_in_executor(pool, work, given, writer, writes) for writer in range(processes)]
            acknowledged = [one for done in await asyncio.gather(*working) for one in done]
        ended.set()
        times = [one.at for one in acknowledged]
        seconds = max(times) - min(times)  # without the start of the processes
        last = number(await store.version())
        faults = []
        for reader, found in zip(("polls", "listens", "pages"), await asyncio.gather(*readers), strict=True):
            if found != list(range(2, last + 1)):
                faults.append(f"who {reader} saw {len(found)} of {last - 1} changes, or not in their order")
        model, more = replay(acknowledged, await store.entries(1, last))
        faults += more
        held = await contents(store)
        faults += await _differences(settings, held, model.facts(folder))
        return Outcome(len(acknowledged), last - 1, seconds, [one.seconds for one in acknowledged], faults)
    finally:
        await store.close()


def replay(acknowledged: Sequence[Acknowledged], entries: Sequence[LogEntry]) -> tuple[Model, list[str]]:
    """The facts that these writes leave in the order of the log, and where log and acknowledgements differ."""
    model, faults = Model.of(BEGUN), []
    told: defaultdict[int, list[Write]] = defaultdict(list)
    for one in acknowledged:
        told[one.sequence].append(one.write)
    for entry in entries:
        mine = [one for one in told[entry.sequence] if _is(one, entry)]
        if not mine:
            faults.append(f"nobody was told of change {entry.sequence}: {entry.change}")
            continue
        # the others found done what they asked for, so in the model they must change nothing
        for one in (mine[0], *(other for other in told.pop(entry.sequence) if other is not mine[0])):
            model.write(one)
        if model.changes != entry.sequence:
            return model, [*faults, f"change {entry.sequence} leaves the model with {model.changes}: {mine}"]
    faults += (f"the log lacks {sequence}: {writes}" for sequence, writes in told.items() if sequence != 1)
    return model, faults


def _is(write: Write, entry: LogEntry) -> bool:
    did, kind, given = write
    if did in {"claim", "retract"}:
        return entry.change.claim == f"{given['subject']}/{given['relation']}/{given['object']}"
    return entry.change.claim is None and entry.change.reference == (kind, given["slug"])


async def _differences(settings: Settings, held: dict[str, list[str]], facts: Any) -> list[str]:
    """What a store holds beside, or lacks of, that which a seeding of these facts makes."""
    store = await anew(settings)
    try:
        await store.seed(lambda: facts)
        seeded = await contents(store)
    finally:
        await store.close()
    if held.keys() != seeded.keys():
        return [f"there are {sorted(held.keys() ^ seeded.keys())} on one side only"]
    both = ((table, set(texts) ^ set(seeded[table]), len(texts), len(seeded[table])) for table, texts in held.items())
    return [f"{table}: {sorted(odd)[:3]}, {has} for {wants}" for table, odd, has, wants in both if odd or has != wants]


async def anew(settings: Settings) -> Store[Any]:
    """An empty store: the same Neo4j, emptied, or a file beside that of the settings."""
    path = settings.sqlite_path
    if path is None:
        store = await open_store(settings, ONTOLOGY)
        await empty(store)
        return store
    return await open_store(settings.model_copy(update={"store": f"sqlite:///{path}.seeded"}), ONTOLOGY)


# -------------------------------------------------------------------------------------------------------------- readers


async def _poll(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Ask for a few entries at a time."""
    found = [1]
    while True:
        last = ended.is_set()
        entries = await store.entries(found[-1], 7)
        found += [entry.sequence for entry in entries]
        if last and not entries:
            return found[1:]
        await asyncio.sleep(0.01)


async def _listen(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Listen to a feed, and now and then stop and resume."""
    feed, found, chance = ChangeFeed(store, look_seconds=0.02), [1], random.Random(1)
    while True:
        last = ended.is_set()
        listener = feed.listen(found[-1])
        for _ in range(chance.randrange(1, 60)):
            try:
                async with asyncio.timeout(0.5):
                    found.append((await listener.next()).sequence)
            except TimeoutError:
                break
        listener.close()
        if last and found[-1] == number(await store.version()):
            await feed.close()
            return found[1:]


async def _page(store: Store[Any], ended: asyncio.Event) -> list[int]:
    """Page through `changes` as a client does."""
    engine, found = Engine(store), []
    after = (await store.version()).rpartition(".")[0] + ".1"
    text = (
        "query ($after: String) { changes(after: $after, first: 9) { nodes { cursor entity { slug } claim { id } } } }"
    )
    while True:
        last = ended.is_set()
        result = await engine.schema.execute(text, variable_values={"after": after})
        assert result.errors is None, result.errors
        nodes = orjson.loads(orjson.dumps(result.data))["changes"]["nodes"]
        found += [number(node["cursor"]) for node in nodes]
        after = nodes[-1]["cursor"] if nodes else after
        if last and not nodes:
            await engine.close()
            return found
        await asyncio.sleep(0.02)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--writes", type=int, default=500, help="of each process")
    given = parser.parse_args()
    wrong = 0
    for name in given.stores:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            settings = read_settings(store=f"sqlite:///{folder / 'atlas.db'}")
            if name == "neo4j":
                server = stack.enter_context(neo4j_server.running())
                named = {"neo4j_user": server.user, "neo4j_password": server.password}
                settings = read_settings(store=server.uri, neo4j_timeout=_PATIENCE_SECONDS, **named)
                asyncio.run(_clear(settings))
            outcome = asyncio.run(measure(settings, given.processes, given.writes, folder / "facts"))
        cuts = statistics.quantiles(outcome.latencies, n=100)
        print(
            f"{name}: {given.processes} processes x {given.writes} mutations in {outcome.seconds:.1f} s; "
            f"{outcome.acknowledged} acknowledged, {outcome.changes} changes; a write took {cuts[49] * 1000:.0f} ms "
            f"(median), {cuts[98] * 1000:.0f} ms (99 of 100); {len(outcome.faults)} faults"
        )
        print("".join(f"  {fault}\n" for fault in outcome.faults), end="", flush=True)
        wrong += len(outcome.faults)
    return 1 if wrong else 0


async def _clear(settings: Settings) -> None:
    store = await anew(settings)
    await store.close()


if __name__ == "__main__":
    sys.exit(main())
