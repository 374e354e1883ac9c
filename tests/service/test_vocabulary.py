"""Typing mistakes are mended by the names that the graph holds; what is no mistake stays as it was typed."""

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
from tests.graphs import Graphs, data, facts_from

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


async def test_what_was_meant_is_one_of_the_shipped_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    vocabulary = SpellingCorrector(engine.store)

    assert {text: await vocabulary.correct(text_key(text), None) for text in SHIPPED} == SHIPPED
    await vocabulary.close()


async def test_only_names_of_the_kinds_that_are_asked_for_count(graphs: Graphs, store: str) -> None:
    vocabulary = SpellingCorrector((await graphs.hold(store)).store)
    asked: list[tuple[str, ...] | None] = [
        ("Company", "Application"),
        ("Framework",),
        ("Feature", "Framework"),
        (),
        None,
    ]

    found = [await vocabulary.correct("djnago", kinds) for kinds in asked]

    assert found == ["djnago", "django", "django", "djnago", "django"]


# ----------------------------------------------------------------------------------------------------------- each rule


@pytest.fixture
async def spelt(graphs: Graphs, tmp_path: Path) -> AsyncIterator[Any]:
    """Makes a vocabulary of these names of frameworks."""

    async def make(*names: str) -> SpellingCorrector:
        lines = [{"kind": "Framework", "slug": f"f{number}", "name": name} for number, name in enumerate(names)]
        facts = facts_from(tmp_path, lines)
        made.append(facts)
        return SpellingCorrector((await graphs.hold("sqlite", facts)).store)

    made: list[Any] = []
    yield make
    for facts in made:
        await graphs.drop(facts)


@pytest.mark.parametrize(
    ("names", "typed", "mended"),
    [
        # a name, or one but for blanks and symbols; of several the shortest
        (["reactor", "reacter"], "reacter", "reacter"),
        (["web2py", "web-2-py"], "web 2py", "web2py"),
        (["C++"], "c#", "c#"),
        (["++"], "+-", "+-"),
        # the beginning of a name
        (["reactor", "react"], "reac", "react"),
        (["reactor"], "reac", "reac"),
        (["reacta", "reactb"], "react", "react"),
        (["node js"], "node-j", "node js"),
        (["go", "graphql"], "g", "g"),
        (["java"], "jav", "jav"),
        # the beginning of a name, but no words that a search would find
        (["go", "gorilla mux", "gorilla"], "gorillam", "gorilla"),
        # words that are in names
        (["rust", "the rest framework"], "rest", "rest"),
        (["restapis", "rest framework", "apis"], "apis rest", "apis rest"),
        # how many letters may be wrong
        (["vue"], "vua", "vua"),
        (["flask"], "flsak", "flask"),
        (["flask"], "flossk", "flossk"),
        (["tornado"], "tarnedo", "tarnedo"),
        (["strawberry"], "stravbery", "strawberry"),
        (["strawberry"], "stravbary", "stravbary"),
        (["fast api"], "fats-api", "fast api"),
        # which of several that are equally near
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
async def test_the_rules(spelt: Any, names: list[str], typed: str, mended: str) -> None:
    vocabulary = await spelt(*names)

    assert await vocabulary.correct(text_key(typed), None) == mended


FAST = {"kind": "Framework", "slug": "fastapi", "name": "FastAPI", "summary": "A fast one."}
AI = {"kind": "Company", "slug": "ai", "name": "AI"}
FAST_AI = {"kind": "Framework", "slug": "kit", "name": "AI Kit", "summary": "Intelligence, fast."}


@pytest.mark.parametrize(
    ("lines", "kinds", "mended"),
    [
        # the words are there, but nothing has them together
        ([FAST, AI], None, "fastapi"),
        # what finds something, by names and summary, stays
        ([FAST, AI, FAST_AI], None, "fast ai"),
        ([FAST, AI, FAST_AI], ("Company",), "fast ai"),
        ([FAST, AI, {**FAST_AI, "kind": "Feature", "category": "QUALITY"}], ("Framework",), "fastapi"),
    ],
)
async def test_words_that_nothing_has_together_are_compared_as_one(
    graphs: Graphs, tmp_path: Path, lines: list[dict[str, Any]], kinds: tuple[str, ...] | None, mended: str
) -> None:
    facts = facts_from(tmp_path, lines)
    vocabulary = SpellingCorrector((await graphs.hold("sqlite", facts)).store)

    assert await vocabulary.correct("fast ai", kinds) == mended
    await graphs.drop(facts)


async def test_a_name_that_was_typed_as_two_words_is_found(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    found = await data(engine, '{ search(text: "Fast AI") { nodes { slug } } }')

    assert found == {"search": {"nodes": [{"slug": "fastapi"}]}}


async def test_what_was_mended_beside_many_names_is_the_same_and_others_run_meanwhile(spelt: Any) -> None:
    letters = "abcdefghij"
    names = [
        f"{one}{two}{three}{four}quick" for one in letters for two in letters for three in letters for four in letters
    ]
    vocabulary = await spelt("strawberry", *names)
    ran = 0

    async def run() -> None:
        nonlocal ran
        while True:
            ran += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(run())
    mended = [await vocabulary.correct(text, None) for text in ("stravbery", "jijiqiuck", "zzzzquick", "zzjjquick")]
    running.cancel()

    assert mended == ["strawberry", "jijiquick", "zzzzquick", "aajjquick"]
    assert ran > 4


# ------------------------------------------------------------------------------------------------------ when it is read


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store of its own, which a test may change."""
    store = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'own.db'}"), ONTOLOGY)
    assert isinstance(store, SqliteStore)
    facts = facts_from(tmp_path / "facts", [{"kind": "Framework", "slug": "flask", "name": "Flask"}])
    await store.seed(lambda: facts)
    yield store
    await store.close()


def rename(store: SqliteStore, name: str, version: str) -> None:
    store.database.rows("UPDATE name SET key = ?", (name,))
    store.database.rows("UPDATE graph SET version = ?", (version,))


async def test_it_is_read_again_when_the_version_moves_and_nobody_waits_for_that(own: SqliteStore) -> None:
    vocabulary = SpellingCorrector(own, refresh_seconds=0)
    told = [await vocabulary.correct("flsk", None)]
    rename(own, "flosk", "1")
    told.append(await vocabulary.correct("flsk", None))
    assert vocabulary._refreshing is not None
    await vocabulary._refreshing
    told.append(await vocabulary.correct("flsk", None))
    await vocabulary.close()

    assert told == ["flask", "flask", "flosk"]


async def test_it_is_not_read_again_when_the_version_stays_or_before_it_is_time(own: SqliteStore) -> None:
    patient, eager = SpellingCorrector(own), SpellingCorrector(own, refresh_seconds=0)
    version = await own.version()
    told = []
    for vocabulary in (patient, eager):
        rename(own, "flask", version)
        await vocabulary.correct("flsk", None)
        rename(own, "flosk", version)
        await vocabulary.correct("flsk", None)
        if vocabulary is eager:
            assert vocabulary._refreshing is not None
            await vocabulary._refreshing
        else:
            assert vocabulary._refreshing is None
        told.append(await vocabulary.correct("flasj", None))
        await vocabulary.close()

    assert told == ["flask", "flask"]


async def test_what_cannot_be_read_again_is_logged_and_the_old_names_stay(
    own: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vocabulary = SpellingCorrector(own, refresh_seconds=0)
    faults = iter([StoreUnavailable("away"), ZeroDivisionError("strange")])

    async def fail(**_: object) -> str:
        raise next(faults)

    await vocabulary.correct("flsk", None)
    monkeypatch.setattr(own, "version", fail)
    told = []
    with caplog.at_level(logging.WARNING, logger="atlas"):
        for _ in range(2):
            told.append(await vocabulary.correct("flsk", None))
            assert vocabulary._refreshing is not None
            await vocabulary._refreshing
    monkeypatch.undo()
    rename(own, "flosk", "2")
    await vocabulary.correct("flsk", None)
    await vocabulary._refreshing
    told.append(await vocabulary.correct("flsk", None))
    await vocabulary.close()

    assert told == ["flask", "flask", "flosk"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "away" in caplog.text
    assert "strange" in caplog.text


async def test_many_first_uses_read_it_once_and_one_task_at_a_time_looks(
    own: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    version = own.version

    async def slow(**_: object) -> str:
        asked.append("version")
        await asyncio.sleep(0.05)
        return await version()

    monkeypatch.setattr(own, "version", slow)
    vocabulary = SpellingCorrector(own, refresh_seconds=0)
    await asyncio.gather(*(vocabulary.correct("flsk", None) for _ in range(5)))
    once = len(asked)
    for _ in range(5):
        await vocabulary.correct("flsk", None)
        await asyncio.sleep(0)
    looking = vocabulary._refreshing
    await vocabulary.close()

    assert (once, len(asked)) == (1, 2)
    assert looking is not None
    assert looking.cancelled()


async def test_a_store_that_is_away_is_told_at_the_first_use_and_asked_again_at_the_next(
    own: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> dict[str, list[str]]:
        raise StoreUnavailable("away")

    vocabulary = SpellingCorrector(own)
    monkeypatch.setattr(own, "names_by_kind", away)
    with pytest.raises(StoreUnavailable, match="away"):
        await vocabulary.correct("flsk", None)
    monkeypatch.undo()

    assert await vocabulary.correct("flsk", None) == "flask"


async def test_a_graph_that_is_empty_mends_nothing_until_it_is_filled(tmp_path: Path) -> None:
    store = await open_store(read_settings(store=f"sqlite:///{tmp_path / 'empty.db'}"), ONTOLOGY)
    vocabulary = SpellingCorrector(store, refresh_seconds=0)
    facts = facts_from(tmp_path / "facts", [{"kind": "Framework", "slug": "flask", "name": "Flask"}])

    before = await store.version(), await store.names_by_kind(), await vocabulary.correct("flsk", None)
    await store.seed(lambda: facts)
    await vocabulary.correct("flsk", None)
    assert vocabulary._refreshing is not None
    await vocabulary._refreshing
    after = await store.version(), await store.names_by_kind(), await vocabulary.correct("flsk", None)
    await vocabulary.close()
    await store.close()

    assert before == ("", {}, "flsk")
    assert after == (f"{facts.digest}.1", {"Framework": ["flask"]}, "flask")
