"""The spelling correction: misspelled search texts become names of the graph, others stay unchanged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schema import ONTOLOGY
from schema.text import text_key
from service.errors import StoreUnavailable
from service.execution.spelling import SpellingCorrector
from service.settings import read_settings
from service.stores import open_store
from service.stores.sqlite.store import SqliteStore
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import query

pytestmark = pytest.mark.anyio

SHIPPED = {
    "djnago": "django",
    "Djang": "django",
    "djangoo": "django",
    "DJÁNGO": "django",
    "Dijàngo": "django",
    "flaskk": "flask",
    " Flask ": "flask",
    "fast api": "fast api",
    "fast-api": "fastapi",
    "fast ai": "fastapi",
    "fast features": "fast features",
    "pytho backend web framework": "python backend web framework",
    "fastapy": "fastapi",
    "cherrypie": "cherrypy",
    "micro framwork": "microframework",
    "django-rest-framework": "django rest framework",
    "machine lerning": "machine learning",
    "webdevelopment": "web development",
    "rest framewrok": "rest framework",
    "a pyhton webserver": "a python webserver",
    "django re": "django re",
    "pyt": "pyt",
    "security": "security",
    "zzzzzz": "zzzzzz",
    "": "",
}


async def test_texts_become_the_nearest_shipped_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    corrector = SpellingCorrector(engine.store)

    assert {text: await corrector.correct(text_key(text), None) for text in SHIPPED} == SHIPPED
    await corrector.close()


async def test_only_names_of_the_requested_kinds_count(graphs: Graphs, store: str) -> None:
    corrector = SpellingCorrector((await graphs.load(store)).store)
    kinds: list[tuple[str, ...] | None] = [
        ("Company", "Application"),
        ("Framework",),
        ("Feature", "Framework"),
        (),
        None,
    ]

    corrections = [await corrector.correct("djnago", selected) for selected in kinds]

    assert corrections == ["djnago", "django", "django", "djnago", "django"]


@pytest.fixture
async def corrector_of(graphs: Graphs, tmp_path: Path) -> AsyncIterator[Any]:
    """Makes a corrector for frameworks with these names."""

    async def make(*names: str) -> SpellingCorrector:
        lines = [{"kind": "Framework", "slug": f"f{number}", "name": name} for number, name in enumerate(names)]
        facts = facts_from_lines(tmp_path, lines)
        loaded.append(facts)
        return SpellingCorrector((await graphs.load("sqlite", facts)).store)

    loaded: list[Any] = []
    yield make
    for facts in loaded:
        await graphs.close_sqlite(facts)


@pytest.mark.parametrize(
    ("names", "typed", "expected"),
    [
        # equal to a name except for spaces and symbols; the shortest of several
        (["reactor", "reacter"], "reacter", "reacter"),
        (["web2py", "web-2-py"], "web 2py", "web2py"),
        (["C++"], "c#", "c#"),
        (["++"], "+-", "+-"),
        # the prefix of a name
        (["reactor", "react"], "reac", "react"),
        (["reactor"], "reac", "reac"),
        (["reacta", "reactb"], "react", "react"),
        (["node js"], "node-j", "node js"),
        (["go", "graphql"], "g", "g"),
        (["java"], "jav", "jav"),
        # the prefix of a squashed name, but no words that a search would find
        (["go", "gorilla mux", "gorilla"], "gorillam", "gorilla"),
        # words of names
        (["rust", "the rest framework"], "rest", "rest"),
        (["restapis", "rest framework", "apis"], "apis rest", "apis rest"),
        # the maximum distance
        (["vue"], "vua", "vua"),
        (["flask"], "flsak", "flask"),
        (["flask"], "flossk", "flossk"),
        (["tornado"], "tarnedo", "tarnedo"),
        (["strawberry"], "stravbery", "strawberry"),
        (["strawberry"], "stravbary", "stravbary"),
        (["fast api"], "fats-api", "fast api"),
        # the order of equally near names
        (["xlask", "flusk", "flaska"], "flesk", "flusk"),
        (["flasks", "flasb"], "flasz", "flasb"),
        (["abcdef", "abcd"], "abcde f", "abcdef"),
        (["bottles", "bottl", "botle"], "bottxe", "bottxe"),
        (["flaskb", "flaska"], "flaskx", "flaska"),
        # word by word
        (["django rest framework"], "djnago rest", "django rest"),
        (["django rest framework"], "djan framewrok", "djan framework"),
        (["django", "pyramid"], "Djnago, or piramid?", "django, or pyramid?"),
        (["django"], "nothing near", "nothing near"),
        (["ёлка"], "ёлкка", "елка"),
        (["django"], "djnago " * 28, "django " * 28),
        (["django"], "djnago " * 29, "djnago " * 29),
    ],
)
async def test_the_rules_of_correction(corrector_of: Any, names: list[str], typed: str, expected: str) -> None:
    corrector = await corrector_of(*names)

    assert await corrector.correct(text_key(typed), None) == expected


FAST = {"kind": "Framework", "slug": "fastapi", "name": "FastAPI", "summary": "A fast one."}
AI = {"kind": "Company", "slug": "ai", "name": "AI"}
FAST_AI = {"kind": "Framework", "slug": "kit", "name": "AI Kit", "summary": "Intelligence, fast."}


@pytest.mark.parametrize(
    ("lines", "kinds", "expected"),
    [
        # no entity has both words
        ([FAST, AI], None, "fastapi"),
        # an entity has both words, in its names or its summary
        ([FAST, AI, FAST_AI], None, "fast ai"),
        ([FAST, AI, FAST_AI], ("Company",), "fast ai"),
        ([FAST, AI, {**FAST_AI, "kind": "Feature", "category": "QUALITY"}], ("Framework",), "fastapi"),
    ],
)
async def test_words_that_no_entity_has_together_are_compared_as_one_name(
    graphs: Graphs, tmp_path: Path, lines: list[dict[str, Any]], kinds: tuple[str, ...] | None, expected: str
) -> None:
    facts = facts_from_lines(tmp_path, lines)
    corrector = SpellingCorrector((await graphs.load("sqlite", facts)).store)

    assert await corrector.correct("fast ai", kinds) == expected
    await graphs.close_sqlite(facts)


async def test_search_finds_a_name_typed_as_two_words(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    response = await query(engine, '{ search(text: "Fast AI") { nodes { slug } } }')

    assert response == {"search": {"nodes": [{"slug": "fastapi"}]}}


async def test_other_tasks_run_while_a_text_is_compared_with_many_names(corrector_of: Any) -> None:
    letters = "abcdefghij"
    names = [
        f"{one}{two}{three}{four}quick" for one in letters for two in letters for three in letters for four in letters
    ]
    corrector = await corrector_of("strawberry", *names)
    turns = 0

    async def run() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other_task = asyncio.create_task(run())
    corrections = [await corrector.correct(text, None) for text in ("stravbery", "jijiqiuck", "zzzzquick", "zzjjquick")]
    other_task.cancel()

    assert corrections == ["strawberry", "jijiquick", "zzzzquick", "aajjquick"]
    assert turns > 4


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store that a test can change."""
    store = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'own.db'}"), ONTOLOGY)
    assert isinstance(store, SqliteStore)
    facts = facts_from_lines(tmp_path / "facts", [{"kind": "Framework", "slug": "flask", "name": "Flask"}])
    await store.seed(lambda: facts)
    yield store
    await store.close()


def rename(store: SqliteStore, name: str, version: str) -> None:
    store.database.rows("UPDATE name SET key = ?", (name,))
    store.database.rows("UPDATE graph SET version = ?", (version,))


async def test_names_are_refreshed_in_the_background_after_a_change(sqlite_store: SqliteStore) -> None:
    corrector = SpellingCorrector(sqlite_store, refresh_seconds=0)
    corrections = [await corrector.correct("flsk", None)]
    rename(sqlite_store, "flosk", "1")
    corrections.append(await corrector.correct("flsk", None))
    assert corrector._refreshing is not None
    await corrector._refreshing
    corrections.append(await corrector.correct("flsk", None))
    await corrector.close()

    assert corrections == ["flask", "flask", "flosk"]


async def test_names_are_not_refreshed_for_the_same_version_or_too_soon(sqlite_store: SqliteStore) -> None:
    default, immediate = SpellingCorrector(sqlite_store), SpellingCorrector(sqlite_store, refresh_seconds=0)
    version = await sqlite_store.version()
    corrections = []
    for corrector in (default, immediate):
        rename(sqlite_store, "flask", version)
        await corrector.correct("flsk", None)
        rename(sqlite_store, "flosk", version)
        await corrector.correct("flsk", None)
        if corrector is immediate:
            assert corrector._refreshing is not None
            await corrector._refreshing
        else:
            assert corrector._refreshing is None
        corrections.append(await corrector.correct("flasj", None))
        await corrector.close()

    assert corrections == ["flask", "flask"]


async def test_a_failed_refresh_is_logged_and_the_former_names_stay(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    corrector = SpellingCorrector(sqlite_store, refresh_seconds=0)
    errors = iter([StoreUnavailable("unavailable"), ZeroDivisionError("unexpected")])

    async def fail(**_: object) -> str:
        raise next(errors)

    await corrector.correct("flsk", None)
    monkeypatch.setattr(sqlite_store, "version", fail)
    corrections = []
    with caplog.at_level(logging.WARNING, logger="atlas"):
        for _ in range(2):
            corrections.append(await corrector.correct("flsk", None))
            assert corrector._refreshing is not None
            await corrector._refreshing
    monkeypatch.undo()
    rename(sqlite_store, "flosk", "2")
    await corrector.correct("flsk", None)
    await corrector._refreshing
    corrections.append(await corrector.correct("flsk", None))
    await corrector.close()

    assert corrections == ["flask", "flask", "flosk"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "unavailable" in caplog.text
    assert "unexpected" in caplog.text


async def test_concurrent_uses_load_the_names_once_and_refresh_them_one_at_a_time(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_reads = []
    version = sqlite_store.version

    async def slow(**_: object) -> str:
        version_reads.append("version")
        await asyncio.sleep(0.05)
        return await version()

    monkeypatch.setattr(sqlite_store, "version", slow)
    corrector = SpellingCorrector(sqlite_store, refresh_seconds=0)
    await asyncio.gather(*(corrector.correct("flsk", None) for _ in range(5)))
    first_reads = len(version_reads)
    for _ in range(5):
        await corrector.correct("flsk", None)
        await asyncio.sleep(0)
    refreshing = corrector._refreshing
    await corrector.close()

    assert (first_reads, len(version_reads)) == (1, 2)
    assert refreshing is not None
    assert refreshing.cancelled()


async def test_the_first_use_raises_if_the_store_is_unavailable_and_the_next_tries_again(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable() -> dict[str, list[str]]:
        raise StoreUnavailable("unavailable")

    corrector = SpellingCorrector(sqlite_store)
    monkeypatch.setattr(sqlite_store, "names_by_kind", unavailable)
    with pytest.raises(StoreUnavailable, match="unavailable"):
        await corrector.correct("flsk", None)
    monkeypatch.undo()

    assert await corrector.correct("flsk", None) == "flask"


async def test_an_empty_graph_corrects_nothing_until_it_is_seeded(tmp_path: Path) -> None:
    store = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'empty.db'}"), ONTOLOGY)
    corrector = SpellingCorrector(store, refresh_seconds=0)
    facts = facts_from_lines(tmp_path / "facts", [{"kind": "Framework", "slug": "flask", "name": "Flask"}])

    before = await store.version(), await store.names_by_kind(), await corrector.correct("flsk", None)
    await store.seed(lambda: facts)
    await corrector.correct("flsk", None)
    assert corrector._refreshing is not None
    await corrector._refreshing
    after = await store.version(), await store.names_by_kind(), await corrector.correct("flsk", None)
    await corrector.close()
    await store.close()

    assert before == ("", {}, "flsk")
    assert after == (f"{facts.digest}.1", {"Framework": ["flask"]}, "flask")
