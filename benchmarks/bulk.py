"""Measure time, CPU and memory of `load` and `export`, compared with a minimal script (the baseline).

The baseline reads the same file of JSON Lines with orjson, without checks, and writes it to SQLite with `executemany` in one
transaction (triggers in place, because the file is read at the same time), or to Neo4j with `UNWIND ... CREATE`, 2000 rows
a transaction. It exports with one SELECT, or with keyset pages, and orjson. Each step is a separate process, so that its
peak memory can be measured.

    uv run python -m benchmarks.bulk 10000
    uv run python -m benchmarks.bulk 10000 --stores neo4j
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString, cast

import apsw
import orjson
from neo4j import GraphDatabase

from benchmarks.generate import generate
from graph_seed import EntityFact, Facts
from graph_seed.facts import global_id
from graph_seed.records import write_json_lines
from schema import ONTOLOGY
from service.settings import read_settings
from service.stores import open_store
from service.stores.neo4j.layout import alias_label, label, relationship
from service.stores.neo4j.transaction import entity_row
from service.stores.sqlite import layout, records
from service.stores.sqlite.functions import register_functions
from tests.graphs import delete_all
from tests.neo4j_server import running

_ROWS = 2000
_STEPS = ("baseline load", "load", "load --keep-going", "second load", "baseline export", "export")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--folder", type=Path, help="keep the files here; by default they are deleted at the end")
    parser.add_argument("--steps", nargs="+", choices=_STEPS, default=_STEPS)
    arguments = parser.parse_args()
    with nullcontext(arguments.folder) if arguments.folder else TemporaryDirectory() as folder:
        file = Path(folder) / f"facts-{arguments.frameworks}.jsonl"
        if not file.exists():
            _run(
                [
                    sys.executable,
                    "-c",
                    f"import benchmarks.bulk as b; b.generate_file({arguments.frameworks}, {str(file)!r})",
                ]
            )
        count = sum(1 for _ in file.open("rb"))
        print(f"{arguments.frameworks} frameworks, {count} lines, {file.stat().st_size / 1e6:.0f} MB")
        for store in arguments.stores:
            if store == "sqlite":
                _measure(arguments.steps, file, {"ATLAS_STORE": f"sqlite:///{folder}/{os.getpid()}.db"})
                continue
            with running() as server:
                environment = {"ATLAS_NEO4J_USER": server.user, "ATLAS_NEO4J_PASSWORD": server.password}
                environment |= {"ATLAS_STORE": server.uri, "ATLAS_NEO4J_TIMEOUT": "120"}
                _measure(arguments.steps, file, environment)


def _measure(steps: Iterable[str], file: Path, environment: dict[str, str]) -> None:
    store = environment["ATLAS_STORE"].partition(":")[0]
    print(f"\n| {store} | seconds | ratio | CPU seconds | CPU ratio | peak memory |\n|---|---|---|---|---|---|")
    times: dict[str, list[float]] = {}
    command = [str(Path(sys.executable).parent / "framework-atlas")]
    for step in steps:
        if step in {"baseline load", "load", "load --keep-going"}:
            _run([sys.executable, "-c", "import benchmarks.bulk as b; b.create_empty_graph()"], environment)
        match step:
            case "baseline load" | "baseline export":
                function = "load_baseline" if step == "baseline load" else "export_baseline"
                arguments = [sys.executable, "-c", f"import benchmarks.bulk as b; b.{function}({str(file)!r})"]
            case "export":
                arguments = [*command, "export", f"{file}.export"]
            case _:
                keep_going = ["--keep-going"] if step != "load" else []
                arguments = [*command, "load", str(file), *keep_going]
        *times[step], peak = _run(arguments, environment)
        baseline = times.get("baseline export" if "export" in step else "baseline load", times[step])
        cells = (f"{own:.1f} | {own / base:.2f}" for own, base in zip(times[step], baseline, strict=True))
        print(f"| {step} | {' | '.join(cells)} | {peak:.0f} MB |", flush=True)


def _run(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Run a process; returns its seconds, its CPU seconds and its peak memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def generate_file(frameworks: int, path: str) -> None:
    """Write the facts of a generated graph, entities first."""
    facts = generate(frameworks).facts
    with Path(path).open("wb") as file:
        for items in (facts.entities, facts.evidence):
            file.writelines(write_json_lines(batch) for batch in _batches(items))


def create_empty_graph() -> None:
    """Give the store of the settings an empty graph."""

    async def create() -> None:
        settings = read_settings()
        if settings.sqlite_path:
            for path in settings.sqlite_path.parent.glob(f"{settings.sqlite_path.name}*"):
                path.unlink()
        store: Any = await open_store(settings, ONTOLOGY)
        if not settings.sqlite_path:
            await delete_all(store)
        await store.seed(lambda: Facts((), (), "bulk"))
        await store.close()

    asyncio.run(create())


def load_baseline(file: str) -> None:
    with Path(file).open("rb") as opened:
        lines = [orjson.loads(line) for line in opened]
    entities = [EntityFact(line["kind"], line["slug"], _values(line)) for line in lines if "kind" in line]
    evidence = [line for line in lines if "relation" in line]
    settings = read_settings()
    if settings.sqlite_path:
        _write_sqlite(settings.sqlite_path, entities, evidence)
    else:
        _write_neo4j(settings, entities, evidence)


def _values(line: dict[str, Any]) -> dict[str, Any]:
    names = (item.name for item in ONTOLOGY.kind_by_name[line["kind"]].properties if item.name != "id")
    return {name: line.get(name, [] if name == "aliases" else None) for name in names}


def _key(line: dict[str, Any]) -> str:
    return f"{line['subject']}/{line['relation']}/{line['object']}"


def _write_sqlite(path: Path, entities: list[EntityFact], evidence: list[dict[str, Any]]) -> None:
    db = _connect(path)
    pks = {str(entity.reference): pk for pk, entity in enumerate(entities, start=1)}
    put = records.put_entity(ONTOLOGY).partition(" ON CONFLICT")[0]
    with db:
        db.executemany(put, (records.entity_row(ONTOLOGY, entity, 1) for entity in entities))
        names = (row for entity in entities for row in records.name_rows(pks[str(entity.reference)], entity))
        db.executemany(records.INSERT_NAME, names)
        db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, 500, NULL, NULL)",
            (
                (pk, global_id("Claim", _key(line)), _key(line), line["relation"], *_ends(pks, line), _stance(line))
                for pk, line in enumerate(evidence, start=1)
            ),
        )
        groups: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for pk, line in enumerate(evidence, start=1):
            table = layout.relation_table(_relation(line))
            groups[table].append((*_ends(pks, line), pk, _stance(line)))
        for table, rows in groups.items():
            db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, 500, NULL, NULL)", rows)  # noqa: S608
        db.executemany(
            "INSERT INTO evidence VALUES (?, ?, ?, ?, NULL, NULL)",
            (
                (pk, pks[f"Source:{line['source']}"], line["supports"], line["note"])
                for pk, line in enumerate(evidence, start=1)
            ),
        )


def _connect(path: Path) -> apsw.Connection:
    db = apsw.Connection(str(path))
    register_functions(db)
    db.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;")
    return db


def _ends(pks: dict[str, int], line: dict[str, Any]) -> tuple[int, int]:
    return pks[line["subject"]], pks[line["object"]]


def _stance(line: dict[str, Any]) -> int:
    return 0 if line["supports"] else 2


def _relation(line: dict[str, Any]) -> Any:
    subject, object_ = (line[end].partition(":")[0] for end in ("subject", "object"))
    return ONTOLOGY.relation_by_signature[subject, line["relation"], object_]


def _write_neo4j(settings: Any, entities: list[EntityFact], evidence: list[dict[str, Any]]) -> None:
    kinds: defaultdict[str, list[Any]] = defaultdict(list)
    for entity in entities:
        kinds[entity.kind].append(entity_row(entity, ONTOLOGY, 1))
    relations: defaultdict[tuple[Any, bool], list[Any]] = defaultdict(list)
    for line in evidence:
        relations[_relation(line), line["supports"]].append(_row(line))
    password = settings.neo4j_password.get_secret_value()
    with (
        GraphDatabase.driver(
            settings.store, auth=(settings.neo4j_user, password), notifications_min_severity="OFF"
        ) as driver,
        driver.session() as session,
    ):
        for kind, rows in kinds.items():
            create = (
                f"UNWIND $rows AS row CREATE (e:Entity:{label(kind)}) SET e = row.values WITH e, row UNWIND row.aliases"
                f" AS alias CREATE (:{alias_label(kind)} {{key: alias}})-[:NAMES]->(e)"
            )
            for batch in _batches(rows):
                session.run(cast("LiteralString", create), rows=batch).consume()
        for (relation, supports), rows in relations.items():
            create = (
                f"UNWIND $rows AS row MATCH (s:{label(relation.subject)} {{slug: row.subject}})"
                f" MATCH (o:{label(relation.object)} {{slug: row.object}}) MATCH (d:Source {{slug: row.source}})"
                f" CREATE (c:Claim) SET c = row.claim CREATE (s)-[r:{relationship(relation, denied=not supports)}]->(o)"
                f" SET r = row.edge CREATE (c)-[v:CITES]->(d) SET v = row.evidence"
            )
            for batch in _batches(rows):
                session.run(cast("LiteralString", create), rows=batch).consume()


def _row(line: dict[str, Any]) -> dict[str, Any]:
    subject, object_ = (line[end].partition(":") for end in ("subject", "object"))
    weight = {"stance": "HAS" if line["supports"] else "LACKS", "confidence": 500}
    claim = {"key": _key(line), "id": global_id("Claim", _key(line)), "relation": line["relation"]}
    ends = {"subject": global_id(subject[0], subject[2]), "object": global_id(object_[0], object_[2])}
    return {
        "subject": subject[2],
        "object": object_[2],
        "source": line["source"],
        "claim": {**claim, **ends, **weight},
        "edge": {"claim": claim["key"], **weight},
        "evidence": {"supports": line["supports"], "note": line["note"]},
    }


def export_baseline(file: str) -> None:
    settings = read_settings()
    with Path(f"{file}.baseline").open("wb") as out:
        rows = _read_sqlite(settings.sqlite_path) if settings.sqlite_path else _read_neo4j(settings)
        out.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


_FIELDS: tuple[str, ...] = ("claim", "source", "supports", "note", "term", "locator")


def _read_sqlite(path: Path) -> Iterator[dict[str, Any]]:
    db = _connect(path)
    cursor = db.execute('SELECT * FROM entity ORDER BY _kind, "slug"')
    columns = [column[0] for column in cursor.description]
    yield from (dict(zip(columns, row, strict=True)) for row in cursor)
    evidence = db.execute(
        'SELECT c.key, s."slug", v.supports, v.note, v.term, v.locator FROM claim c CROSS JOIN evidence v'
        ' ON v.claim = c._pk CROSS JOIN entity s ON s._pk = v.source ORDER BY c.key, s."slug"'
    )
    yield from (dict(zip(_FIELDS, row, strict=True)) for row in evidence)


def _read_neo4j(settings: Any) -> Iterator[dict[str, Any]]:
    password = settings.neo4j_password.get_secret_value()
    with (
        GraphDatabase.driver(
            settings.store, auth=(settings.neo4j_user, password), notifications_min_severity="OFF"
        ) as driver,
        driver.session() as session,
    ):
        for kind in ONTOLOGY.kinds:
            select = f"MATCH (e:{label(kind.name)}) RETURN properties(e) AS e ORDER BY e.slug"
            for record in session.run(cast("LiteralString", select)):
                yield record["e"]
        after = ""
        page = (
            "MATCH (c:Claim) WHERE c.key > $after WITH c ORDER BY c.key LIMIT 2000 MATCH (c)-[v:CITES]->(s:Source)"
            " WITH c.key AS key, s.slug AS slug, v ORDER BY key, slug"
            " RETURN collect([key, slug, v.supports, v.note, v.term, v.locator]) AS rows"
        )
        while rows := session.run(page, after=after).single(strict=True)["rows"]:
            yield from (dict(zip(_FIELDS, row, strict=True)) for row in rows)
            after = rows[-1][0]


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _ROWS)):
        yield batch


if __name__ == "__main__":
    main()
