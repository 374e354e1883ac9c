"""Time `load` and `export` beside what a store can do by hand, and how much memory they take.

By hand means: the same file of JSON Lines, parsed by orjson, every line taken for right and new, in SQLite written by
`executemany` in one transaction (triggers in place, as the file is read meanwhile), in Neo4j by `UNWIND ... CREATE`,
2000 rows a transaction; and read again by one SELECT, or by keyset pages, and written by orjson. Every step is a process
of its own, so that its peak of memory is.

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
from typing import Any

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
from service.stores.sqlite import layout
from service.stores.sqlite.functions import register
from tests.graphs import empty
from tests.neo4j_server import running

_ROWS = 2000
_STEPS = ("by hand", "load", "load --keep-going", "load again", "export by hand", "export")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=["sqlite"])
    parser.add_argument("--folder", type=Path, help="where files are kept; default: one that is deleted at the end")
    parser.add_argument("--steps", nargs="+", choices=_STEPS, default=_STEPS)
    asked = parser.parse_args()
    with nullcontext(asked.folder) if asked.folder else TemporaryDirectory() as folder:
        file = Path(folder) / f"facts-{asked.frameworks}.jsonl"
        if not file.exists():
            _run([sys.executable, "-c", f"import benchmarks.bulk as b; b.generated({asked.frameworks}, {str(file)!r})"])
        count = sum(1 for _ in file.open("rb"))
        print(f"{asked.frameworks} frameworks, {count} lines, {file.stat().st_size / 1e6:.0f} MB")
        for store in asked.stores:
            if store == "sqlite":
                _measure(asked.steps, file, {"ATLAS_STORE": f"sqlite:///{folder}/{os.getpid()}.db"})
                continue
            with running() as server:
                environment = {"ATLAS_NEO4J_USER": server.user, "ATLAS_NEO4J_PASSWORD": server.password}
                environment |= {"ATLAS_STORE": server.uri, "ATLAS_NEO4J_TIMEOUT": "120"}
                _measure(asked.steps, file, environment)


def _measure(steps: Iterable[str], file: Path, environment: dict[str, str]) -> None:
    store = environment["ATLAS_STORE"].partition(":")[0]
    print(
        f"\n| {store} | seconds | times by hand | CPU seconds | times by hand | peak of memory |\n|---|---|---|---|---|---|"
    )
    spent: dict[str, list[float]] = {}
    command = [str(Path(sys.executable).parent / "framework-atlas")]
    for step in steps:
        if step in {"by hand", "load", "load --keep-going"}:
            _run([sys.executable, "-c", "import benchmarks.bulk as b; b.emptied()"], environment)
        match step:
            case "by hand" | "export by hand":
                name = "write_by_hand" if step == "by hand" else "read_by_hand"
                arguments = [sys.executable, "-c", f"import benchmarks.bulk as b; b.{name}({str(file)!r})"]
            case "export":
                arguments = [*command, "export", f"{file}.export"]
            case _:
                keep = ["--keep-going"] if step != "load" else []
                arguments = [*command, "load", str(file), *keep]
        *spent[step], peak = _run(arguments, environment)
        hand = spent.get("export by hand" if "export" in step else "by hand", spent[step])
        told = (f"{of:.1f} | {of / by:.2f}" for of, by in zip(spent[step], hand, strict=True))
        print(f"| {step} | {' | '.join(told)} | {peak:.0f} MB |", flush=True)


def _run(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """The seconds that a process took, those of CPU among them, and the most memory that it had, in MB."""
    began = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def generated(frameworks: int, path: str) -> None:
    """Write the facts of a graph of a size, entities first, claims as they come."""
    facts = generate(frameworks).facts
    with Path(path).open("wb") as file:
        for some in (facts.entities, facts.evidence):
            file.writelines(write_json_lines(batch) for batch in _batches(some))


def emptied() -> None:
    """Make the store one with a graph in which nothing is."""

    async def make() -> None:
        settings = read_settings()
        if settings.sqlite_path:
            for path in settings.sqlite_path.parent.glob(f"{settings.sqlite_path.name}*"):
                path.unlink()
        store: Any = await open_store(settings, ONTOLOGY)
        if not settings.sqlite_path:
            await empty(store)
        await store.seed(lambda: Facts((), (), "bulk"))
        await store.close()

    asyncio.run(make())


def write_by_hand(file: str) -> None:
    with Path(file).open("rb") as opened:
        lines = [orjson.loads(line) for line in opened]
    entities = [EntityFact(line["kind"], line["slug"], _values(line)) for line in lines if "kind" in line]
    said = [line for line in lines if "relation" in line]
    settings = read_settings()
    if settings.sqlite_path:
        _write_sqlite(settings.sqlite_path, entities, said)
    else:
        _write_neo4j(settings, entities, said)


def _values(line: dict[str, Any]) -> dict[str, Any]:
    names = (item.name for item in ONTOLOGY.kind_by_name[line["kind"]].properties if item.name != "id")
    return {name: line.get(name, [] if name == "aliases" else None) for name in names}


def _key(line: dict[str, Any]) -> str:
    return f"{line['subject']}/{line['relation']}/{line['object']}"


def _write_sqlite(path: Path, entities: list[EntityFact], said: list[dict[str, Any]]) -> None:
    db = _connect(path)
    pks = {str(entity.reference): pk for pk, entity in enumerate(entities, start=1)}
    put = layout.put_entity(ONTOLOGY).partition(" ON CONFLICT")[0]
    with db:
        db.executemany(put, (layout.entity_row(ONTOLOGY, entity, 1) for entity in entities))
        names = (row for entity in entities for row in layout.name_rows(pks[str(entity.reference)], entity))
        db.executemany(layout.INSERT_NAME, names)
        db.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, 500, NULL, NULL)",
            (
                (pk, global_id("Claim", _key(one)), _key(one), one["relation"], *_ends(pks, one), _stance(one))
                for pk, one in enumerate(said, start=1)
            ),
        )
        groups: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for pk, one in enumerate(said, start=1):
            table = layout.relation_table(_relation(one))
            groups[table].append((*_ends(pks, one), pk, _stance(one)))
        for table, rows in groups.items():
            db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, 500, NULL, NULL)", rows)  # noqa: S608
        db.executemany(
            "INSERT INTO evidence VALUES (?, ?, ?, ?, NULL, NULL)",
            (
                (pk, pks[f"Source:{one['source']}"], one["supports"], one["note"])
                for pk, one in enumerate(said, start=1)
            ),
        )


def _connect(path: Path) -> apsw.Connection:
    db = apsw.Connection(str(path))
    register(db)
    db.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;")
    return db


def _ends(pks: dict[str, int], one: dict[str, Any]) -> tuple[int, int]:
    return pks[one["subject"]], pks[one["object"]]


def _stance(one: dict[str, Any]) -> int:
    return 0 if one["supports"] else 2


def _relation(one: dict[str, Any]) -> Any:
    subject, object_ = (one[end].partition(":")[0] for end in ("subject", "object"))
    return ONTOLOGY.relation_by_signature[subject, one["relation"], object_]


def _write_neo4j(settings: Any, entities: list[EntityFact], said: list[dict[str, Any]]) -> None:
    kinds: defaultdict[str, list[Any]] = defaultdict(list)
    for entity in entities:
        kinds[entity.kind].append(entity_row(entity, ONTOLOGY, 1))
    relations: defaultdict[tuple[Any, bool], list[Any]] = defaultdict(list)
    for one in said:
        relations[_relation(one), one["supports"]].append(_row(one))
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
                session.run(create, rows=batch).consume()
        for (relation, supports), rows in relations.items():
            create = (
                f"UNWIND $rows AS row MATCH (s:{label(relation.subject)} {{slug: row.subject}})"
                f" MATCH (o:{label(relation.object)} {{slug: row.object}}) MATCH (d:Source {{slug: row.source}})"
                f" CREATE (c:Claim) SET c = row.claim CREATE (s)-[r:{relationship(relation, denied=not supports)}]->(o)"
                f" SET r = row.edge CREATE (c)-[v:CITES]->(d) SET v = row.said"
            )
            for batch in _batches(rows):
                session.run(create, rows=batch).consume()


def _row(one: dict[str, Any]) -> dict[str, Any]:
    subject, object_ = (one[end].partition(":") for end in ("subject", "object"))
    weight = {"stance": "HAS" if one["supports"] else "LACKS", "confidence": 500}
    claim = {"key": _key(one), "id": global_id("Claim", _key(one)), "relation": one["relation"]}
    ends = {"subject": global_id(subject[0], subject[2]), "object": global_id(object_[0], object_[2])}
    return {
        "subject": subject[2],
        "object": object_[2],
        "source": one["source"],
        "claim": {**claim, **ends, **weight},
        "edge": {"claim": claim["key"], **weight},
        "said": {"supports": one["supports"], "note": one["note"]},
    }


def read_by_hand(file: str) -> None:
    settings = read_settings()
    with Path(f"{file}.by-hand").open("wb") as out:
        rows = _read_sqlite(settings.sqlite_path) if settings.sqlite_path else _read_neo4j(settings)
        out.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


_FIELDS = ("claim", "source", "supports", "note", "term", "locator")


def _read_sqlite(path: Path) -> Iterator[dict[str, Any]]:
    db = _connect(path)
    cursor = db.execute('SELECT * FROM entity ORDER BY _kind, "slug"')
    columns = [column[0] for column in cursor.description]
    yield from (dict(zip(columns, row, strict=True)) for row in cursor)
    said = db.execute(
        'SELECT c.key, s."slug", v.supports, v.note, v.term, v.locator FROM claim c CROSS JOIN evidence v'
        ' ON v.claim = c._pk CROSS JOIN entity s ON s._pk = v.source ORDER BY c.key, s."slug"'
    )
    yield from (dict(zip(_FIELDS, row, strict=True)) for row in said)


def _read_neo4j(settings: Any) -> Iterator[dict[str, Any]]:
    password = settings.neo4j_password.get_secret_value()
    with (
        GraphDatabase.driver(
            settings.store, auth=(settings.neo4j_user, password), notifications_min_severity="OFF"
        ) as driver,
        driver.session() as session,
    ):
        for kind in ONTOLOGY.kinds:
            for record in session.run(f"MATCH (e:{label(kind.name)}) RETURN properties(e) AS e ORDER BY e.slug"):
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
    walked = iter(items)
    while batch := list(islice(walked, _ROWS)):
        yield batch


if __name__ == "__main__":
    main()
