"""Dates that do not exist: rejected wherever a date enters, and still read if an older version has stored them."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_seed import Facts
from schema import ONTOLOGY
from service.stores import no_progress
from service.writes.export import export
from service.writes.input_files import open_input_files
from service.writes.load import BulkLoad
from service.writes.load_results import LoadErrors
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import WRITER, execute, mutate, query

pytestmark = pytest.mark.anyio

INVALID = "2023-02-29"
ERROR = f"Date cannot represent '{INVALID}': 2023-02 has 28 days."
LINES: list[dict[str, Any]] = [
    {"kind": "Source", "slug": "before", "name": "Before", "published": "2023-02-28"},
    {"kind": "Source", "slug": "stored", "name": "Stored", "published": "2023-02"},
    {"kind": "Source", "slug": "after", "name": "After", "published": "2023-03-01"},
    {"kind": "Framework", "slug": "django", "name": "Django"},
    {"kind": "Feature", "slug": "orm", "name": "ORM", "category": "CAPABILITY"},
    {
        "subject": "Framework:django",
        "relation": "HAS_FEATURE",
        "object": "Feature:orm",
        "source": "stored",
        "note": "It has one.",
    },
]
UPSERT = """mutation ($input: SourceInput!) { upsertSource(input: $input) {
  __typename ... on UpsertedSource { source { name published } } ... on InvalidInput { message field } } }"""


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """Facts as an older version stored them, with a date that does not exist."""
    valid = facts_from_lines(tmp_path / "facts", LINES)
    entities = tuple(
        replace(item, values={**item.values, "published": INVALID}) if item.slug == "stored" else item
        for item in valid.entities
    )
    return replace(valid, entities=entities, digest=uuid.uuid4().hex[:16])


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (f'{{ sources(where: {{ published: {{ eq: "{INVALID}" }} }}) {{ totalCount }} }}', {}),
        (f'{{ sources(where: {{ not: {{ published: {{ gte: "{INVALID}" }} }} }}) {{ totalCount }} }}', {}),
        ("query ($d: Date) { sources(where: { published: { lt: $d } }) { totalCount } }", {"d": INVALID}),
        (f'query ($d: Date = "{INVALID}") {{ sources(where: {{ published: {{ lt: $d }} }}) {{ totalCount }} }}', {}),
        (
            "query ($w: SourceFilter) { sources(where: $w) { totalCount } }",
            {"w": {"or": [{"published": {"ne": INVALID}}]}},
        ),
        (
            f'mutation {{ upsertSource(input: {{ slug: "x", name: "X", published: "{INVALID}" }}) {{ __typename }} }}',
            {},
        ),
        (UPSERT, {"input": {"slug": "x", "name": "X", "published": INVALID}}),
    ],
)
async def test_an_operation_with_a_date_that_does_not_exist_is_rejected(
    graphs: Graphs, store: str, text: str, variables: dict[str, Any]
) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, text, variables, WRITER)

    (error,) = response["errors"]
    assert (response["data"], ERROR.removesuffix(".") in error["message"], "locations" in error) == (None, True, True)


@pytest.mark.parametrize("name", ["sources.jsonl", "sources.csv"])
async def test_load_rejects_a_date_that_does_not_exist_with_file_and_line(
    graphs: Graphs, store: str, name: str, tmp_path: Path
) -> None:
    engine = await graphs.load(store)
    rows = [("valid", "2024-02-29"), ("invalid", INVALID), ("year", "2023"), ("zero", "0000-01")]
    lines = [{"kind": "Source", "slug": slug, "name": slug, "published": date} for slug, date in rows]
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("kind,slug,name,published\n" + "".join(",".join(line.values()) + "\n" for line in lines))
    else:
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    errors = LoadErrors(10)

    with open_input_files([str(path)], None, io.BytesIO()) as opened:
        summary = await BulkLoad(engine.store, ONTOLOGY, opened, errors, no_progress).check()
        messages = list(errors.messages(opened))

    first = 2 if path.suffix == ".csv" else 1
    assert summary.entities == 2
    assert messages == [
        f"{path}:{first + 1}: published: {ERROR}",
        f"{path}:{first + 3}: published: Date cannot represent '0000-01': use a year from 0001 to 9999.",
    ]


async def test_a_stored_date_that_does_not_exist_is_read_filtered_and_sorted_as_text(
    graphs: Graphs, store: str, facts: Facts
) -> None:
    engine = await graphs.load(store, facts)
    text = """query ($after: String) {
      sources(first: 2, after: $after, orderBy: [{ published: ASC }]) { nodes { slug published } pageInfo { endCursor } }
      later: sources(where: { published: { gt: "2023-02-28", lt: "2023-03" } }) { nodes { slug } }
      claims { nodes { firstSeen lastSeen } }
    }"""

    first = await query(engine, text)
    second = await query(engine, text, {"after": first["sources"]["pageInfo"]["endCursor"]})
    exported = io.BytesIO()
    await export(engine.store, exported.write, no_progress)

    assert first["sources"]["nodes"] == [
        {"slug": "before", "published": "2023-02-28"},
        {"slug": "stored", "published": INVALID},
    ]
    assert second["sources"]["nodes"] == [{"slug": "after", "published": "2023-03-01"}]
    assert first["later"] == {"nodes": [{"slug": "stored"}]}
    assert first["claims"] == {"nodes": [{"firstSeen": INVALID, "lastSeen": INVALID}]}
    assert INVALID in exported.getvalue().decode()


async def test_an_upsert_keeps_a_stored_date_that_it_omits_and_can_correct_it(
    graphs: Graphs, store: str, facts: Facts
) -> None:
    async with graphs.load_isolated(store, facts) as engine:
        renamed = await mutate(engine, UPSERT, {"input": {"slug": "stored", "name": "Renamed"}})
        corrected = await mutate(
            engine, UPSERT, {"input": {"slug": "stored", "name": "Renamed", "published": "2023-02-28"}}
        )

    source = {"name": "Renamed", "published": INVALID}
    assert renamed == {"upsertSource": {"__typename": "UpsertedSource", "source": source}}
    assert corrected["upsertSource"]["source"] == {"name": "Renamed", "published": "2023-02-28"}
