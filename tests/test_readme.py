"""The README is true: its query, answer, statements, settings, commands and code are those of the service.

`ATLAS_REFRESH_GOLDENS=1 uv run pytest tests/test_readme.py` writes its answer, statements and settings anew.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse

from graph_seed import EntityFact, EvidenceFact, claims
from graph_seed.facts import Fault, entity_fact, evidence_fact
from graph_seed.lines import read_csv
from schema import ONTOLOGY
from service.auth import Principal
from service.cli import main
from service.settings import Settings, default_of
from service.stores.neo4j import cypher
from service.stores.sqlite import sql
from service.terms import Context
from tests.compare_examples import difference
from tests.graphs import Graphs, answer, facts_from, shipped

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"

_ROWS = re.compile(r"^(?:\| `ATLAS_.*\n)+", re.MULTILINE)


async def test_the_answer_is_what_either_store_gives(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, _block("graphql"))

    if REFRESH and difference(answered, json.loads(_block("json"))):
        _write("json", json.dumps(answered, indent=2, ensure_ascii=False))
    assert difference(answered, json.loads(_block("json"))) is None


async def test_the_statements_are_those_that_the_query_becomes(graphs: Graphs) -> None:
    engine = await graphs.hold("sqlite")
    text = _block("graphql")

    plan = engine.compile(text, parse(text), None, {}).plan

    for language, statement in (("sql", sql.write(plan)), ("cypher", cypher.write(plan).text)):
        if REFRESH and _block(language).split() != statement.split():
            _write(language, textwrap.fill(statement, 120, break_long_words=False, break_on_hyphens=False))
        assert _block(language).split() == statement.split()  # the page breaks lines where a person would


async def test_what_it_writes_is_written(graphs: Graphs, store: str, tmp_path: Path) -> None:
    facts = facts_from(tmp_path, [{"kind": "Framework", "slug": "written-to", "name": "Written to"}])
    engine = await graphs.hold(store, facts)
    writer = Context(Principal("me", frozenset({"write"})))

    written = await engine.schema.execute(_blocks("graphql")[1], context_value=writer)
    await graphs.drop(facts)
    graphs._held = None

    assert written.errors is None
    assert written.data is not None
    assert written.data["upsertFramework"].keys() == {"version", "framework"}


def test_the_settings_are_those_there_are() -> None:
    rows = "".join(_settings_rows())

    if REFRESH:
        README.write_text(_ROWS.sub(lambda _: rows, _text()), "utf-8")

    assert _ROWS.findall(_text()) == [rows]


def test_the_commands_are_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    there_are = re.findall(r"^ {4}(\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert re.findall(r"^\| `framework-atlas (\w+)", _text(), re.MULTILINE) == there_are


def test_what_the_readme_runs_is_there() -> None:
    runs = [words[2:] for words in _commands() if words[:2] == ["uv", "run"]]

    assert runs[:2] == [["framework-atlas", "serve"], ["pytest"]]
    for program, *arguments in runs:
        match program:
            case "framework-atlas":
                with pytest.raises(SystemExit, match=r"^0$"):
                    main([*arguments, "--help"])
            case "python":
                assert arguments[0] == "-m"
                assert importlib.util.find_spec(arguments[1])
            case _:
                assert importlib.util.find_spec(program)


async def test_a_mounted_application_answers_what_curl_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    curl, table, listening = (words for words in _commands() if words[0] == "curl")
    outer: dict[str, Any] = {}
    exec(compile(_block("python"), str(README), "exec"), outer)  # noqa: S102 - what the README tells people to run
    app = outer["app"]

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside") as client,
    ):
        headers = dict([curl[curl.index("-H") + 1].split(": ")])
        answered = await client.post("/atlas/graphql", content=curl[curl.index("-d") + 1], headers=headers)

        downloaded = await client.get(
            "/atlas/graphql",
            params=dict([table[table.index("--data-urlencode") + 1].split("=", 1)]),
            headers=dict([table[table.index("-H") + 1].split(": ")]),
        )
        refused = await client.post("/atlas/graphql", content=listening[listening.index("-d") + 1], headers=headers)

    assert answered.json()["data"]["framework"]["name"] == "Django REST Framework"
    assert downloaded.text.startswith('"name","features.nodes.name"\r\n')
    assert "needs a transport that streams" in refused.json()["errors"][0]["message"]
    assert (tmp_path / "atlas.db").exists()


def test_the_lines_of_facts_fit_the_ontology(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in _block("jsonl").splitlines()]
    others = [
        {"kind": "Framework", "slug": "django", "name": "Django"},
        {"kind": "Source", "slug": "a-source", "name": "A source"},
    ]

    facts = facts_from(tmp_path, [*lines, *others])

    assert (len(facts.entities), len(facts.evidence)) == (3, 1)


def test_the_csv_fits_the_ontology() -> None:
    lines = [line for block in _blocks("csv") for line in read_csv(io.BytesIO(block.encode()), ONTOLOGY)]

    told = [
        entity_fact(line.given, ONTOLOGY) if "kind" in line.given else evidence_fact(line.given, ONTOLOGY)
        for line in lines
        if not isinstance(line.given, Fault)
    ]
    assert [type(fact) for fact in told] == [EntityFact, EntityFact, EntityFact, EvidenceFact]
    assert isinstance(told[0], EntityFact)
    assert told[0].values["aliases"] == ["Starlite", "Lite Star"]


def test_the_counts_are_those_of_the_shipped_facts() -> None:
    facts = shipped()

    told = f"{len(facts.entities)} entities and {len(list(claims(facts)))} claims"
    assert told in " ".join(_text().split())


def test_links_lead_to_files() -> None:
    pages = [page.relative_to(ROOT) for page in ROOT.glob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^):#]+)\)", page.read_text("utf-8"))]

    assert [(str(page), link) for page, link in links if not (ROOT / link).exists()] == []


def test_no_file_names_a_package_registry_or_a_place_of_one_machine() -> None:
    # Put together here, so that this file does not hold what it looks for.
    registries = [
        *("py" + "pi.org", "python" + "hosted", "npm" + "js.", "maven.apache" + ".org/maven2", "maven" + ".org"),
        *("repo.maven" + ".apache", "proxy.golang" + ".org", "static.crates" + ".io", "deb.debian" + ".org"),
    ]
    places = ["/" + folder + "/" for folder in ("work", "root")]
    wrong = re.compile("|".join([*map(re.escape, registries), *(rf"(?<![\w.*-]){place}" for place in places)]))
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")

    found: list[str] = []
    for file in filter(None, files):
        with suppress(UnicodeDecodeError, FileNotFoundError):  # what is no text, what is not committed as deleted yet
            lines = (ROOT / file).read_text("utf-8").splitlines()
            found += [f"{file}:{number}: {line}" for number, line in enumerate(lines, 1) if wrong.search(line)]

    assert found == []


def _text() -> str:
    return README.read_text("utf-8")


def _blocks(language: str) -> list[str]:
    """What stands in the fences of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", _text(), re.DOTALL | re.MULTILINE)


def _block(language: str) -> str:
    """The first of them."""
    return _blocks(language)[0]


def _write(language: str, block: str) -> None:
    fenced = re.compile(rf"^```{language}\n.*?^```$", re.DOTALL | re.MULTILINE)
    README.write_text(fenced.sub(lambda _: f"```{language}\n{block}\n```", _text(), count=1), "utf-8")


def _commands() -> list[list[str]]:
    """The words of every command in the `sh` fences, without the variables that are set before it."""
    lines = "".join(_blocks("sh")).replace("\\\n", " ").splitlines()
    variable = re.compile(r"[A-Z0-9_]+=")
    return [[word for word in shlex.split(line) if not variable.match(word)] for line in lines if line]


def _settings_rows() -> Iterator[str]:
    for name, item in Settings.model_fields.items():
        default = default_of(name) or "not set"
        default = default if " " in default else f"`{default}`"
        yield f"| `ATLAS_{name.upper()}` | {default} | {item.description} |\n"
