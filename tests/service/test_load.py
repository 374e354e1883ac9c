"""Loading files into a store that lives, and writing all that one holds: the same on both."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import signal
import subprocess
import tracemalloc
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from graph_seed import SHIPPED, Facts
from graph_seed.facts import EVIDENCE_FIELDS
from schema import ONTOLOGY
from service.errors import FactsError
from service.settings import read_settings
from service.stores import Store, no_progress, open_store
from service.stores.sqlite.store import SqliteStore
from service.stores.transaction import LogEntry
from service.writes.export import export
from service.writes.load import LoadErrors, Loading, LoadSummary, files, update
from tests.commands import COMMAND, wait_until
from tests.graphs import Graphs
from tests.texts import AWKWARD_TEXTS

pytestmark = pytest.mark.anyio

SOURCE = {"kind": "Source", "slug": "s", "name": "S", "publisher": "P", "published": "2024-03"}
OTHER = {"kind": "Source", "slug": "t", "name": "T", "publisher": "Q", "published": "2020"}
DJANGO = {"kind": "Framework", "slug": "django", "name": "Django", "aliases": ["Джанго"], "summary": "A framework."}
FLASK = {"kind": "Framework", "slug": "flask", "name": "Flask"}
ORM = {"kind": "Feature", "slug": "orm", "name": "ORM", "category": "CAPABILITY"}
HAS = {
    "subject": "Framework:django",
    "relation": "HAS_FEATURE",
    "object": "Feature:orm",
    "source": "s",
    "supports": True,
    "note": "Django has one.",
}
DENIED = {**HAS, "source": "t", "supports": False, "note": "It has none."}
SMALL = [SOURCE, OTHER, DJANGO, FLASK, ORM, HAS, DENIED]


@pytest.fixture
async def atlas(graphs: Graphs, store: str) -> Store[Any]:
    """A store of either kind with a graph in which nothing is."""
    return (await graphs.hold(store, Facts((), (), uuid.uuid4().hex[:16]))).store


def jsonl(path: Path, lines: Iterable[Any]) -> Path:
    """A file of these lines; one that is text stays as it is."""
    told = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text("".join(f"{line}\n" for line in told), "utf-8")
    return path


def as_csv(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    """The same lines as rows under one header."""
    fields = list(dict.fromkeys(name for line in lines for name in line))
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(fields)
    for line in lines:
        rows.writerow([_cell(line.get(name)) for name in fields])
    path.write_bytes(text.getvalue().encode())
    return path


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


async def load(
    store: Store[Any], *paths: Path, check: bool = False, write: bool = True, most: int = 100
) -> tuple[LoadSummary, list[str]]:
    """What loading did, or found out, and what was wrong."""
    faults = LoadErrors(most)
    with files([str(path) for path in paths], None, io.BytesIO()) as opened:
        loading = Loading(store, ONTOLOGY, opened, faults, no_progress)
        tally = await loading.check() if check or not write else LoadSummary()
        if write and not (check and faults.found):
            tally = await loading.write()
        return tally, [told.removeprefix(f"{paths[0].parent}/") for told in faults.told(opened)]


async def exported(store: Store[Any]) -> bytes:
    found = io.BytesIO()
    await export(store, found.write, no_progress)
    return found.getvalue()


async def loaded_into_sqlite(folder: Path, *paths: Path) -> bytes:
    """What a new SQLite store writes that has loaded these files."""
    opened = await open_store(read_settings(store=f"sqlite:///{folder / uuid.uuid4().hex}.db"), ONTOLOGY)
    try:
        assert (await load(opened, *paths, check=True))[1] == []
        return await exported(opened)
    finally:
        await opened.close()


def nasty() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": "s", "name": AWKWARD_TEXTS[0], "publisher": AWKWARD_TEXTS[4]},
        {
            "kind": "Company",
            "slug": "c",
            "name": AWKWARD_TEXTS[5],
            "summary": 'a,b;"c"\n\n"d',
            "aliases": ["a|b", "[c]", " d "],
        },
    ]
    for number, text in enumerate((*AWKWARD_TEXTS, '"', ",", "'=1+1", "\n", "\t", "a\u2028b")):
        lines.append(
            {"kind": "Framework", "slug": f"f{number}", "name": f"<{text}>", "summary": text, "aliases": [f"[{text}]"]}
        )
        said = dict.fromkeys(("note", "term", "locator"), f"{text}.")
        lines.append(
            {"subject": "Company:c", "relation": "USES", "object": f"Framework:f{number}", "source": "s", **said}
        )
    return lines


# -------------------------------------------------------------------------------------------------------------- the format


async def test_the_shipped_facts_come_out_of_either_store_byte_by_byte_alike(atlas: Store[Any], tmp_path: Path) -> None:
    shipped = sorted(SHIPPED.glob("*.jsonl"))
    first = await loaded_into_sqlite(tmp_path, *shipped)
    (tmp_path / "first.jsonl").write_bytes(first)

    await load(atlas, tmp_path / "first.jsonl", check=True)
    second = await exported(atlas)
    (tmp_path / "second.jsonl").write_bytes(second)
    third = await loaded_into_sqlite(tmp_path, tmp_path / "second.jsonl")

    assert first == second == third
    told = [json.loads(line) for path in shipped for line in path.read_bytes().splitlines()]
    assert sorted(map(repr, map(sorted, map(dict.items, told)))) == sorted(
        repr(sorted(json.loads(line).items())) for line in first.splitlines()
    )


async def test_nasty_text_is_loaded_and_written_as_it_is(atlas: Store[Any], tmp_path: Path) -> None:
    lines = nasty()

    tally, faults = await load(atlas, jsonl(tmp_path / "nasty.jsonl", lines), check=True)
    written = await exported(atlas)
    (tmp_path / "again.jsonl").write_bytes(written)

    assert (faults, tally.same) == ([], 0)
    given = [{"supports": True, **line} if "relation" in line else line for line in lines]
    assert sorted(repr(sorted(json.loads(line).items())) for line in written.split(b"\n") if line) == sorted(
        repr(sorted(line.items())) for line in given
    )
    assert await loaded_into_sqlite(tmp_path, tmp_path / "again.jsonl") == written


@pytest.mark.parametrize("lines", [SMALL, nasty()], ids=["small", "nasty"])
async def test_csv_says_the_same_as_json_lines(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    written = await loaded_into_sqlite(tmp_path, jsonl(tmp_path / "a.jsonl", lines))

    assert await loaded_into_sqlite(tmp_path, as_csv(tmp_path / "a.csv", lines)) == written


async def test_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_bytes(
        "\ufeffkind,slug,name,aliases,category\r\nFeature,orm,ORM,mapper| Object mapping,CAPABILITY\r\n\r\n"
        'Framework,django,"Django\r\nframework",,\r\nSource,s,S,,\r\n'.encode()
    )
    (tmp_path / "evidence.csv").write_text(
        "subject,relation,object,source,supports,note\nFramework:django,HAS_FEATURE,Feature:orm,s,FALSE,None.\n"
    )

    written = await loaded_into_sqlite(tmp_path, tmp_path / "evidence.csv", tmp_path / "entities.csv")

    assert [json.loads(line) for line in written.splitlines()] == [
        {"kind": "Framework", "slug": "django", "name": "Django\nframework"},
        {
            "kind": "Feature",
            "slug": "orm",
            "name": "ORM",
            "aliases": ["mapper", "Object mapping"],
            "category": "CAPABILITY",
        },
        {"kind": "Source", "slug": "s", "name": "S"},
        {**HAS, "supports": False, "note": "None."},
    ]


# ------------------------------------------------------------------------------------------------------------- what it does


async def test_what_a_line_leaves_out_stays_as_it_is(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", SMALL))
    parts = [
        {"kind": "Framework", "slug": "django", "homepage": "https://example.org/"},
        {"kind": "Framework", "slug": "flask", "aliases": ["Fläsk"]},
        {"kind": "Framework", "slug": "django", "summary": None},
    ]

    tally, faults = await load(atlas, jsonl(tmp_path / "parts.jsonl", parts), check=True)

    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert (tally.entities, faults) == (2, [])
    assert lines[:2] == [
        {
            "kind": "Framework",
            "slug": "django",
            "name": "Django",
            "aliases": ["Джанго"],
            "homepage": "https://example.org/",
        },
        {**FLASK, "aliases": ["Fläsk"]},
    ]


async def test_loading_again_changes_and_logs_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    path = jsonl(tmp_path / "small.jsonl", SMALL)

    first, _ = await load(atlas, path, check=True)
    entries, version, written = await atlas.log_entries(0, 100), await atlas.version(), await exported(atlas)
    second, _ = await load(atlas, path, check=True)

    assert (first, second) == (LoadSummary(entities=5, evidence=2), LoadSummary(same=7))
    assert [(one.change.action, one.change.kinds, one.change.count) for one in entries] == [
        ("LOAD", (), 0),
        ("LOAD", ("Feature", "Framework", "Source"), 5),
        ("LOAD", ("Feature", "Framework"), 1),
    ]
    assert (await atlas.log_entries(0, 100), await atlas.version(), await exported(atlas)) == (
        entries,
        version,
        written,
    )


async def test_claims_are_weighed_from_what_was_said_before_and_what_is_loaded(
    atlas: Store[Any], tmp_path: Path
) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not DENIED]))

    await load(atlas, jsonl(tmp_path / "denied.jsonl", [DENIED]))
    await load(atlas, jsonl(tmp_path / "source.jsonl", [{"kind": "Source", "slug": "t", "published": "2025"}]))

    assert await weighed(atlas) == [("Framework:django/HAS_FEATURE/Feature:orm", "DISPUTED", 500, "2024-03", "2025")]


async def weighed(store: Any) -> list[tuple[Any, ...]]:
    """Every claim as it is stored."""
    if store.name == "sqlite":
        rows = store.database.rows("SELECT key, stance, confidence, first_seen, last_seen FROM claim ORDER BY key")
        return [(key, ("HAS", "DISPUTED", "LACKS")[stance], *rest) for key, stance, *rest in rows]
    listed = "MATCH (c:Claim) RETURN c.key AS k, c.stance AS s, c.confidence AS n, c.first_seen AS f, c.last_seen AS l"
    return [tuple(row.values()) for row in await store._run(f"{listed} ORDER BY k")]


async def test_entities_of_all_files_come_before_evidence(atlas: Store[Any], tmp_path: Path) -> None:
    evidence, entities = jsonl(tmp_path / "a.jsonl", [HAS, SOURCE]), jsonl(tmp_path / "b.jsonl", [DJANGO, ORM])

    tally, faults = await load(atlas, evidence, entities, check=True)

    assert (tally, faults) == (LoadSummary(entities=3, evidence=1), [])


# ------------------------------------------------------------------------------------------------------------------- faults

WRONG = [
    ("{", "invalid JSON (Expecting property name enclosed in double quotes at column 2)."),
    (FLASK, None),
    ({"kind": "Framwork", "slug": "x"}, "unknown kind 'Framwork'; use one of "),
    ({"kind": "Framework", "slug": "new"}, "name is missing."),
    ({"kind": "Framework", "slug": "new2", "name": "N", "aliases": ["ДЖАНГО"]}, "aliases: 'ДЖАНГО' already leads to Framework:django."),
    ({"kind": "Framework", "slug": "new3", "name": "N", "nmae": "N"}, "Framework has no property 'nmae'; use "),
    ({"kind": "Framework", "slug": "джанго", "name": "N"}, "slug: 'джанго' is an alias of Framework:django."),
    ({**HAS, "object": "Feature:nope"}, "there is no Feature:nope."),
    ({**HAS, "source": "nobody"}, "there is no Source:nobody."),
    ({**HAS, "relation": "USES"}, "unknown relation Framework USES Feature; use Framework "),
    ({"slug": "x"}, "a line must have 'kind' (an entity) or 'relation' (evidence)."),
    ({**HAS, "note": "Changed."}, None),
    ({"kind": "Framework", "slug": "bottle", "name": "Bottle", "aliases": ["one"]}, None),
    ({"kind": "Framework", "slug": "web2py", "name": "Web2py", "aliases": ["One"]}, "aliases: 'One' already leads to Framework:bottle."),
    ({"kind": "Framework", "slug": "\ud800", "name": "half"}, "slug contains an unpaired surrogate."),
    ({**HAS, "source": "\ud800"}, "source contains an unpaired surrogate."),
]  # fmt: skip


def wrong(folder: Path) -> tuple[Path, list[str]]:
    """A file with faults, and what they are."""
    path = folder / "wrong.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line, _ in WRONG))
    return path, [f"wrong.jsonl:{number}: {told}" for number, (_, told) in enumerate(WRONG, start=1) if told]


async def test_one_fault_and_nothing_is_written(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not FLASK]))
    before, (path, told) = (await exported(atlas), await atlas.version()), wrong(tmp_path)

    _, faults = await load(atlas, path, check=True)

    assert [fault.startswith(expected) for fault, expected in zip(faults, told, strict=True)] == [True] * len(told), (
        faults
    )
    assert (await exported(atlas), await atlas.version()) == before


async def test_all_lines_but_the_wrong_ones_can_be_written(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not FLASK]))
    path, told = wrong(tmp_path)

    tally, faults = await load(atlas, path)

    assert [fault.startswith(expected) for fault, expected in zip(faults, told, strict=True)] == [True] * len(told), (
        faults
    )
    assert tally == LoadSummary(entities=2, evidence=1)
    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert [line["slug"] for line in lines if line.get("kind") == "Framework"] == ["bottle", "django", "flask"]
    assert {**HAS, "note": "Changed."} in lines


async def test_it_stops_at_so_many_faults(atlas: Store[Any], tmp_path: Path) -> None:
    path = jsonl(tmp_path / "wrong.jsonl", ["{"] * 10)

    for check in (True, False):
        _, faults = await load(atlas, path, check=check, most=3)

        assert [fault.partition(": ")[0] for fault in faults] == [f"wrong.jsonl:{number}" for number in (1, 2, 3)]


async def test_a_dry_run_writes_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    before = await exported(atlas), await atlas.version(), await atlas.log_entries(0, 100)

    tally, faults = await load(atlas, jsonl(tmp_path / "small.jsonl", SMALL), write=False)

    assert (tally, faults) == (LoadSummary(entities=5, evidence=2), [])
    assert (await exported(atlas), await atlas.version(), await atlas.log_entries(0, 100)) == before


async def test_a_fault_of_an_entity_is_told_once(atlas: Store[Any], tmp_path: Path) -> None:
    """Not for every line that names it."""
    lines = [line for line in SMALL if line is not ORM] + [{**ORM, "category": "Nope"}]

    _, faults = await load(atlas, jsonl(tmp_path / "a.jsonl", lines), check=True)

    assert [fault.partition(" must be ")[0] for fault in faults] == ["a.jsonl:7: category"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.csv:1: the header must have a column 'kind' (for entities) or 'relation' (for evidence)."),
        ("kind,slg\n", "a.csv:1: unknown column 'slg' in the header; use kind, slug, name, "),
        ("kind,slug,slug\n", "a.csv:1: duplicate column 'slug' in the header."),
        ("slug,name\nx,X\n", "a.csv:1: the header must have a column "),
        ("kind,slug,name\n\nFramework,x\n", "a.csv:3: the row has 2 cells, but the header has 3 columns."),
        ('kind,slug,name\nFramework,x,"X\nY"\nFramework,y,\n', "a.csv:4: name is missing."),
        ('kind,slug,name\nFramework,x,"X"Y\n', "a.csv:2: invalid CSV ("),
        ("kind,slug,name,aliases\nFramework,x,X,[a\n", "a.csv:2: aliases starts with '[', but is invalid JSON ("),
        ("kind,slug,name,category\nFramework,x,X,CAPABILITY\n", "a.csv:2: Framework has no property 'category'; "),
        ("kind,slug,name\nFramework,x,\udcff\n", "a.csv:2: name contains invalid UTF-8."),
        ("kind,slug,name\n,x,X\n", "a.csv:2: a line must have 'kind' (an entity) or 'relation' (evidence)."),
        (f"{','.join(EVIDENCE_FIELDS)}\nFramework:x,HAS_FEATURE,Feature:y,s,maybe,N.,,\n", "a.csv:2: supports must be true or false, not 'maybe'."),
    ],
)  # fmt: skip
async def test_faults_of_csv_are_told_with_the_line_where_the_row_begins(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode(errors="surrogateescape"))
    opened = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'a.db'}"), ONTOLOGY)
    try:
        _, faults = await load(opened, tmp_path / "a.csv", check=True)
    finally:
        await opened.close()

    assert (len(faults), faults[0][: len(told)]) == (1, told)


# ---------------------------------------------------------------------------------------------------------------- seed --update


async def test_an_update_leaves_what_people_say_alone(atlas: Store[Any], tmp_path: Path) -> None:
    own = {"kind": "Source", "slug": "own", "name": "Own"}
    note = {**HAS, "source": "own", "note": "We use it."}
    mine = {
        "subject": "Framework:flask",
        "relation": "HAS_FEATURE",
        "object": "Feature:orm",
        "source": "own",
        "note": "No.",
    }
    gone = {**mine, "source": "s", "note": "Flask has one."}
    await load(atlas, jsonl(tmp_path / "old.jsonl", [*SMALL, own, note, mine, gone]))
    (folder := tmp_path / "facts").mkdir()
    jsonl(folder / "a.jsonl", [SOURCE, {**DJANGO, "summary": "New."}, ORM, {**HAS, "note": "Said anew."}, FLASK])

    tally = await update(atlas, ONTOLOGY, folder, no_progress)
    again = await update(atlas, ONTOLOGY, folder, no_progress)

    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert (tally, again) == (LoadSummary(entities=1, evidence=1, retracted=1, same=3), LoadSummary(same=5))
    assert [line for line in lines if "relation" in line] == [
        {"supports": True, **line} for line in (note, {**HAS, "note": "Said anew."}, DENIED, mine)
    ]
    assert [line["summary"] for line in lines if line.get("slug") == "django"] == ["New."]
    assert await weighed(atlas) == [
        ("Framework:django/HAS_FEATURE/Feature:orm", "DISPUTED", 667, "2020", "2024-03"),
        ("Framework:flask/HAS_FEATURE/Feature:orm", "HAS", 500, None, None),
    ]


async def test_an_update_that_clashes_with_what_people_have_writes_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    mine = {"kind": "Framework", "slug": "mine", "name": "Mine", "aliases": ["Dj"]}
    await load(atlas, jsonl(tmp_path / "old.jsonl", [*SMALL, mine]))
    before = await exported(atlas)
    (folder := tmp_path / "facts").mkdir()
    jsonl(folder / "a.jsonl", [{**FLASK, "name": "Flask!"}, {**DJANGO, "aliases": ["DJ"]}])

    with pytest.raises(FactsError) as caught:
        await update(atlas, ONTOLOGY, folder, no_progress)

    assert caught.value.errors == (f"{folder}/a.jsonl:2: aliases: 'DJ' already leads to Framework:mine.",)
    assert await exported(atlas) == before


# ------------------------------------------------------------------------------------------------------------ many, and cut off


def many(path: Path, claims: int) -> Path:
    """A file of so many lines of evidence on few entities."""
    side = int(claims**0.5) + 1
    lines = [
        SOURCE,
        *({**FLASK, "slug": f"f{one}"} for one in range(side)),
        *({**ORM, "slug": f"o{one}"} for one in range(side)),
    ]
    said = (
        {**HAS, "subject": f"Framework:f{one // side}", "object": f"Feature:o{one % side}"} for one in range(claims)
    )
    return jsonl(path, [*lines, *said])


async def test_memory_does_not_grow_with_the_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqliteStore, "batch_size", 1000)
    peaks: dict[int, int] = {}
    for claims in (3_000, 12_000):
        path = many(tmp_path / f"{claims}.jsonl", claims)
        opened = await open_store(read_settings(store=f"sqlite:///{tmp_path / str(claims)}.db"), ONTOLOGY)
        tracemalloc.start()
        try:
            assert (await load(opened, path, check=True))[0].evidence == claims
            await export(opened, lambda _: None, no_progress)
            peaks[claims] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            await opened.close()

    assert peaks[12_000] < 1.2 * peaks[3_000]


def test_a_load_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    path, database = many(tmp_path / "many.jsonl", 30_000), tmp_path / "atlas.db"
    command = [COMMAND, "load", str(path), "--store", f"sqlite:///{database}"]
    killed = 0
    for logged in (2, 3, 4):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: process.poll() is not None or sequence(database) >= logged, f"change {logged} is there")  # noqa: B023
            process.kill()
        killed += process.returncode == -signal.SIGKILL

    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    again = subprocess.run(command, check=True, capture_output=True, text=True)

    entries, written = asyncio.run(log_and_lines(database))
    assert killed == 3
    assert " 0 were there" not in ended.stdout
    assert ": 0 entities and 0 pieces of evidence written, " in again.stdout
    assert [one.sequence for one in entries] == list(range(1, len(entries) + 1))
    assert sum(one.change.count for one in entries) == 30_000 + 349
    assert written == asyncio.run(loaded_into_sqlite(tmp_path, path))


async def log_and_lines(database: Path) -> tuple[list[LogEntry], bytes]:
    opened = await open_store(read_settings(store=f"sqlite:///{database}"), ONTOLOGY)
    try:
        return await opened.log_entries(0, 100), await exported(opened)
    finally:
        await opened.close()


def sequence(database: Path) -> int:
    """The number of the last change in a file that another process writes."""
    try:
        with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as db:
            return db.execute("SELECT ifnull(max(_pk), 0) FROM change").get
    except apsw.Error:  # it is not made yet
        return 0
