"""Bulk load, export, and the update of shipped facts, on both stores."""

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
from service.writes.input_files import open_input_files
from service.writes.load import BulkLoad, update_facts
from service.writes.load_results import LoadErrors, LoadSummary
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
    """A store with an empty graph."""
    return (await graphs.load(store, Facts((), (), uuid.uuid4().hex[:16]))).store


def jsonl(path: Path, lines: Iterable[Any]) -> Path:
    """Write lines to a file; a line that is a string is written unchanged."""
    texts = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text("".join(f"{line}\n" for line in texts), "utf-8")
    return path


def as_csv(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    """Write lines as rows under one header."""
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
    store: Store[Any], *paths: Path, check: bool = False, write: bool = True, max_errors: int = 100
) -> tuple[LoadSummary, list[str]]:
    """Check files, write them, or both; returns the summary and the error messages."""
    errors = LoadErrors(max_errors)
    with open_input_files([str(path) for path in paths], None, io.BytesIO()) as files:
        bulk_load = BulkLoad(store, ONTOLOGY, files, errors, no_progress)
        summary = await bulk_load.check() if check or not write else LoadSummary()
        if write and not (check and errors.items):
            summary = await bulk_load.write()
        return summary, [message.removeprefix(f"{paths[0].parent}/") for message in errors.messages(files)]


async def exported(store: Store[Any]) -> bytes:
    output = io.BytesIO()
    await export(store, output.write, no_progress)
    return output.getvalue()


async def loaded_into_sqlite(folder: Path, *paths: Path) -> bytes:
    """The export of a new SQLite store that has loaded these files."""
    opened = await open_store(read_settings(store=f"sqlite:///{folder / uuid.uuid4().hex}.db"), ONTOLOGY)
    try:
        assert (await load(opened, *paths, check=True))[1] == []
        return await exported(opened)
    finally:
        await opened.close()


def awkward_lines() -> list[dict[str, Any]]:
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
        evidence = dict.fromkeys(("note", "term", "locator"), f"{text}.")
        lines.append(
            {"subject": "Company:c", "relation": "USES", "object": f"Framework:f{number}", "source": "s", **evidence}
        )
    return lines


# -------------------------------------------------------------------------------------------------------------- the format


async def test_both_stores_export_the_shipped_facts_as_equal_bytes(atlas: Store[Any], tmp_path: Path) -> None:
    shipped = sorted(SHIPPED.glob("*.jsonl"))
    first = await loaded_into_sqlite(tmp_path, *shipped)
    (tmp_path / "first.jsonl").write_bytes(first)

    await load(atlas, tmp_path / "first.jsonl", check=True)
    second = await exported(atlas)
    (tmp_path / "second.jsonl").write_bytes(second)
    third = await loaded_into_sqlite(tmp_path, tmp_path / "second.jsonl")

    assert first == second == third
    lines = [json.loads(line) for path in shipped for line in path.read_bytes().splitlines()]
    assert sorted(map(repr, map(sorted, map(dict.items, lines)))) == sorted(
        repr(sorted(json.loads(line).items())) for line in first.splitlines()
    )


async def test_awkward_text_is_loaded_and_exported_unchanged(atlas: Store[Any], tmp_path: Path) -> None:
    lines = awkward_lines()

    summary, errors = await load(atlas, jsonl(tmp_path / "awkward.jsonl", lines), check=True)
    written = await exported(atlas)
    (tmp_path / "again.jsonl").write_bytes(written)

    assert (errors, summary.unchanged) == ([], 0)
    expected = [{"supports": True, **line} if "relation" in line else line for line in lines]
    assert sorted(repr(sorted(json.loads(line).items())) for line in written.split(b"\n") if line) == sorted(
        repr(sorted(line.items())) for line in expected
    )
    assert await loaded_into_sqlite(tmp_path, tmp_path / "again.jsonl") == written


@pytest.mark.parametrize("lines", [SMALL, awkward_lines()], ids=["small", "awkward"])
async def test_csv_and_json_lines_give_equal_graphs(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    written = await loaded_into_sqlite(tmp_path, jsonl(tmp_path / "a.jsonl", lines))

    assert await loaded_into_sqlite(tmp_path, as_csv(tmp_path / "a.csv", lines)) == written


async def test_csv_of_a_spreadsheet_program_is_accepted(tmp_path: Path) -> None:
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


# ------------------------------------------------------------------------------------------------------------- writing


async def test_properties_that_a_line_omits_stay_unchanged(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", SMALL))
    parts = [
        {"kind": "Framework", "slug": "django", "homepage": "https://example.org/"},
        {"kind": "Framework", "slug": "flask", "aliases": ["Fläsk"]},
        {"kind": "Framework", "slug": "django", "summary": None},
    ]

    summary, errors = await load(atlas, jsonl(tmp_path / "parts.jsonl", parts), check=True)

    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert (summary.entities, errors) == (2, [])
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


async def test_loading_a_file_again_changes_and_logs_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    path = jsonl(tmp_path / "small.jsonl", SMALL)

    first, _ = await load(atlas, path, check=True)
    entries, version, written = await atlas.log_entries(0, 100), await atlas.version(), await exported(atlas)
    second, _ = await load(atlas, path, check=True)

    assert (first, second) == (LoadSummary(entities=5, evidence=2), LoadSummary(unchanged=7))
    assert [(entry.change.action, entry.change.kinds, entry.change.count) for entry in entries] == [
        ("LOAD", (), 0),
        ("LOAD", ("Feature", "Framework", "Source"), 5),
        ("LOAD", ("Feature", "Framework"), 1),
    ]
    assert (await atlas.log_entries(0, 100), await atlas.version(), await exported(atlas)) == (
        entries,
        version,
        written,
    )


async def test_claims_are_assessed_from_stored_and_loaded_evidence(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not DENIED]))

    await load(atlas, jsonl(tmp_path / "denied.jsonl", [DENIED]))
    await load(atlas, jsonl(tmp_path / "source.jsonl", [{"kind": "Source", "slug": "t", "published": "2025"}]))

    assert await stored_claims(atlas) == [
        ("Framework:django/HAS_FEATURE/Feature:orm", "DISPUTED", 500, "2024-03", "2025")
    ]


async def stored_claims(store: Any) -> list[tuple[Any, ...]]:
    """Every claim in the store: key, stance, confidence and dates."""
    if store.name == "sqlite":
        rows = store.database.rows("SELECT key, stance, confidence, first_seen, last_seen FROM claim ORDER BY key")
        return [(key, ("HAS", "DISPUTED", "LACKS")[stance], *rest) for key, stance, *rest in rows]
    listed = "MATCH (c:Claim) RETURN c.key AS k, c.stance AS s, c.confidence AS n, c.first_seen AS f, c.last_seen AS l"
    return [tuple(row.values()) for row in await store._run(f"{listed} ORDER BY k")]


async def test_entities_of_all_files_are_loaded_before_evidence(atlas: Store[Any], tmp_path: Path) -> None:
    evidence, entities = jsonl(tmp_path / "a.jsonl", [HAS, SOURCE]), jsonl(tmp_path / "b.jsonl", [DJANGO, ORM])

    summary, errors = await load(atlas, evidence, entities, check=True)

    assert (summary, errors) == (LoadSummary(entities=3, evidence=1), [])


# ------------------------------------------------------------------------------------------------------------------- errors

LINES_WITH_ERRORS = [
    ("{", "invalid JSON (Expecting property name enclosed in double quotes at column 2)."),
    (FLASK, None),
    ({"kind": "Framwork", "slug": "x"}, "unknown kind 'Framwork'; use one of "),
    ({"kind": "Framework", "slug": "new"}, "name is missing."),
    ({"kind": "Framework", "slug": "new2", "name": "N", "aliases": ["ДЖАНГО"]}, "aliases: 'ДЖАНГО' already belongs to Framework:django."),
    ({"kind": "Framework", "slug": "new3", "name": "N", "nmae": "N"}, "Framework has no property 'nmae'; use "),
    ({"kind": "Framework", "slug": "джанго", "name": "N"}, "slug: 'джанго' is an alias of Framework:django."),
    ({**HAS, "object": "Feature:nope"}, "Feature:nope does not exist."),
    ({**HAS, "source": "missing"}, "Source:missing does not exist."),
    ({**HAS, "relation": "USES"}, "unknown relation Framework USES Feature; use Framework "),
    ({"slug": "x"}, "a line must have 'kind' (an entity) or 'relation' (evidence)."),
    ({**HAS, "note": "Changed."}, None),
    ({"kind": "Framework", "slug": "bottle", "name": "Bottle", "aliases": ["one"]}, None),
    ({"kind": "Framework", "slug": "web2py", "name": "Web2py", "aliases": ["One"]}, "aliases: 'One' already belongs to Framework:bottle."),
    ({"kind": "Framework", "slug": "\ud800", "name": "half"}, "slug contains an unpaired surrogate."),
    ({**HAS, "source": "\ud800"}, "source contains an unpaired surrogate."),
]  # fmt: skip


def file_with_errors(folder: Path) -> tuple[Path, list[str]]:
    """A file with valid and invalid lines, and the beginning of each error message."""
    path = folder / "invalid.jsonl"
    lines = (line if isinstance(line, str) else json.dumps(line) for line, _ in LINES_WITH_ERRORS)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path, [
        f"invalid.jsonl:{number}: {message}"
        for number, (_, message) in enumerate(LINES_WITH_ERRORS, start=1)
        if message
    ]


def matches(errors: list[str], beginnings: list[str]) -> list[bool]:
    return [error.startswith(beginning) for error, beginning in zip(errors, beginnings, strict=True)]


async def test_if_one_line_is_invalid_nothing_is_written(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not FLASK]))
    before, (path, messages) = (await exported(atlas), await atlas.version()), file_with_errors(tmp_path)

    _, errors = await load(atlas, path, check=True)

    assert matches(errors, messages) == [True] * len(messages), errors
    assert (await exported(atlas), await atlas.version()) == before


async def test_the_valid_lines_can_be_written_without_the_invalid_ones(atlas: Store[Any], tmp_path: Path) -> None:
    await load(atlas, jsonl(tmp_path / "small.jsonl", [line for line in SMALL if line is not FLASK]))
    path, messages = file_with_errors(tmp_path)

    summary, errors = await load(atlas, path)

    assert matches(errors, messages) == [True] * len(messages), errors
    assert summary == LoadSummary(entities=2, evidence=1)
    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert [line["slug"] for line in lines if line.get("kind") == "Framework"] == ["bottle", "django", "flask"]
    assert {**HAS, "note": "Changed."} in lines


async def test_loading_stops_at_the_maximum_number_of_errors(atlas: Store[Any], tmp_path: Path) -> None:
    path = jsonl(tmp_path / "invalid.jsonl", ["{"] * 10)

    for check in (True, False):
        _, errors = await load(atlas, path, check=check, max_errors=3)

        assert [error.partition(": ")[0] for error in errors] == [f"invalid.jsonl:{number}" for number in (1, 2, 3)]


async def test_a_check_writes_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    before = await exported(atlas), await atlas.version(), await atlas.log_entries(0, 100)

    summary, errors = await load(atlas, jsonl(tmp_path / "small.jsonl", SMALL), write=False)

    assert (summary, errors) == (LoadSummary(entities=5, evidence=2), [])
    assert (await exported(atlas), await atlas.version(), await atlas.log_entries(0, 100)) == before


async def test_an_invalid_entity_is_reported_once_and_not_for_each_line_that_refers_to_it(
    atlas: Store[Any], tmp_path: Path
) -> None:
    lines = [line for line in SMALL if line is not ORM] + [{**ORM, "category": "Nope"}]

    _, errors = await load(atlas, jsonl(tmp_path / "a.jsonl", lines), check=True)

    assert [error.partition(" must be ")[0] for error in errors] == ["a.jsonl:7: category"]


@pytest.mark.parametrize(
    ("text", "message"),
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
async def test_an_error_in_csv_has_the_line_where_the_row_begins(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode(errors="surrogateescape"))
    opened = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'a.db'}"), ONTOLOGY)
    try:
        _, errors = await load(opened, tmp_path / "a.csv", check=True)
    finally:
        await opened.close()

    assert (len(errors), errors[0][: len(message)]) == (1, message)


# ---------------------------------------------------------------------------------------------------------------- seed --update


async def test_an_update_keeps_the_evidence_of_other_sources(atlas: Store[Any], tmp_path: Path) -> None:
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

    summary = await update_facts(atlas, ONTOLOGY, folder, no_progress)
    again = await update_facts(atlas, ONTOLOGY, folder, no_progress)

    lines = [json.loads(line) for line in (await exported(atlas)).splitlines()]
    assert (summary, again) == (
        LoadSummary(entities=1, evidence=1, retracted=1, unchanged=3),
        LoadSummary(unchanged=5),
    )
    assert [line for line in lines if "relation" in line] == [
        {"supports": True, **line} for line in (note, {**HAS, "note": "Said anew."}, DENIED, mine)
    ]
    assert [line["summary"] for line in lines if line.get("slug") == "django"] == ["New."]
    assert await stored_claims(atlas) == [
        ("Framework:django/HAS_FEATURE/Feature:orm", "DISPUTED", 667, "2020", "2024-03"),
        ("Framework:flask/HAS_FEATURE/Feature:orm", "HAS", 500, None, None),
    ]


async def test_an_update_that_conflicts_with_the_store_writes_nothing(atlas: Store[Any], tmp_path: Path) -> None:
    mine = {"kind": "Framework", "slug": "mine", "name": "Mine", "aliases": ["Dj"]}
    await load(atlas, jsonl(tmp_path / "old.jsonl", [*SMALL, mine]))
    before = await exported(atlas)
    (folder := tmp_path / "facts").mkdir()
    jsonl(folder / "a.jsonl", [{**FLASK, "name": "Flask!"}, {**DJANGO, "aliases": ["DJ"]}])

    with pytest.raises(FactsError) as caught:
        await update_facts(atlas, ONTOLOGY, folder, no_progress)

    assert caught.value.errors == (f"{folder}/a.jsonl:2: aliases: 'DJ' already belongs to Framework:mine.",)
    assert await exported(atlas) == before


# ------------------------------------------------------------------------------------------------------------ large files and interruptions


def many(path: Path, claims: int) -> Path:
    """A file with this number of lines of evidence about few entities."""
    side = int(claims**0.5) + 1
    lines = [
        SOURCE,
        *({**FLASK, "slug": f"f{number}"} for number in range(side)),
        *({**ORM, "slug": f"o{number}"} for number in range(side)),
    ]
    evidence = (
        {**HAS, "subject": f"Framework:f{number // side}", "object": f"Feature:o{number % side}"}
        for number in range(claims)
    )
    return jsonl(path, [*lines, *evidence])


async def test_memory_does_not_grow_with_the_number_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_load_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    path, database = many(tmp_path / "many.jsonl", 30_000), tmp_path / "atlas.db"
    command = [COMMAND, "load", str(path), "--store", f"sqlite:///{database}"]
    killed = 0
    for logged in (2, 3, 4):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: process.poll() is not None or sequence(database) >= logged, f"change {logged} is logged")  # noqa: B023
            process.kill()
        killed += process.returncode == -signal.SIGKILL

    completed = subprocess.run(command, check=True, capture_output=True, text=True)
    again = subprocess.run(command, check=True, capture_output=True, text=True)

    entries, written = asyncio.run(log_and_lines(database))
    assert killed == 3
    assert " 0 unchanged" not in completed.stdout
    assert ": 0 entities and 0 pieces of evidence written, " in again.stdout
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(entry.change.count for entry in entries) == 30_000 + 349
    assert written == asyncio.run(loaded_into_sqlite(tmp_path, path))


async def log_and_lines(database: Path) -> tuple[list[LogEntry], bytes]:
    opened = await open_store(read_settings(store=f"sqlite:///{database}"), ONTOLOGY)
    try:
        return await opened.log_entries(0, 100), await exported(opened)
    finally:
        await opened.close()


def sequence(database: Path) -> int:
    """The number of the last change in a file that another process writes to."""
    try:
        with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as db:
            return db.execute("SELECT ifnull(max(_pk), 0) FROM change").get
    except apsw.Error:  # the table does not exist yet
        return 0
