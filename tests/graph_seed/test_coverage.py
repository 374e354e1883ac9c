"""coverage.csv maps every paragraph of the documents to its evidence, or gives the reason why it has none.

The documents are not in the repository; tests that need them are skipped without them.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from graph_seed import SHIPPED, Facts, read_facts

COVERAGE = SHIPPED.parent / "coverage.csv"
DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

SOURCES = {
    "000_ff7ef851663a8af3": "glossary-python-backend-framework",
    "001_5e36bc3d328c85f7": "glossary-python-backend-development",
    "002_5eaeb8140af58ed8": "foreignerds-python-backend-frameworks",
    "003_6c4210974bbff335": "top-5-high-performance-python-backend-frameworks",
    "004_35a3818522c963df": "python-web-development-for-backends",
}
"""The source in the graph for each document."""

needs_documents = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documents are not available")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with COVERAGE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def facts() -> Facts:
    return read_facts(SHIPPED)


def keys_by_source(facts: Facts) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for item in facts.evidence:
        keys[item.source].add(f"{item.subject}/{item.relation.name}/{item.object}")
    return keys


def paragraphs(file: Path) -> Iterator[str]:
    """The lines of a document that are not blank, without surrounding white space."""
    return filter(None, map(str.strip, file.read_text(encoding="utf-8").splitlines()))


def test_the_rows_cover_the_five_documents_and_are_numbered_without_gaps(rows: list[dict[str, str]]) -> None:
    numbers = {
        document: [int(row["paragraph"]) for row in group]
        for document, group in groupby(rows, key=lambda row: row["document"])
    }

    assert list(rows[0]) == ["document", "paragraph", "digest", "evidence", "why"]
    assert list(numbers) == list(SOURCES)
    assert numbers == {document: list(range(1, len(group) + 1)) for document, group in numbers.items()}


def test_every_row_has_either_evidence_or_a_reason(rows: list[dict[str, str]]) -> None:
    assert [row for row in rows if bool(row["evidence"].split()) == bool(row["why"].strip())] == []


def test_every_row_has_a_digest(rows: list[dict[str, str]]) -> None:
    assert [row for row in rows if not re.fullmatch(r"[0-9a-f]{12}", row["digest"])] == []


def test_every_key_in_a_row_is_evidence_of_its_document(rows: list[dict[str, str]], facts: Facts) -> None:
    keys = keys_by_source(facts)

    unknown = [
        (row["document"], row["paragraph"], key)
        for row in rows
        for key in row["evidence"].split()
        if key not in keys[SOURCES[row["document"]]]
    ]

    assert unknown == []


def test_the_keys_in_a_row_are_distinct(rows: list[dict[str, str]]) -> None:
    assert [row for row in rows if len(set(row["evidence"].split())) != len(row["evidence"].split())] == []


def test_every_piece_of_evidence_is_in_a_row(rows: list[dict[str, str]], facts: Facts) -> None:
    covered: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        covered[SOURCES[row["document"]]].update(row["evidence"].split())

    missing = {source: keys - covered[source] for source, keys in keys_by_source(facts).items()}
    assert {source: keys for source, keys in missing.items() if keys} == {}


def test_every_source_is_a_document(facts: Facts) -> None:
    assert {item.slug for item in facts.entities if item.kind == "Source"} == set(SOURCES.values())


def test_every_entity_is_part_of_a_claim(facts: Facts) -> None:
    with_claims = {end for item in facts.evidence for end in (item.subject, item.object)}

    assert [
        str(item.reference) for item in facts.entities if item.kind != "Source" and item.reference not in with_claims
    ] == []


@needs_documents
def test_every_paragraph_has_a_row(rows: list[dict[str, str]]) -> None:
    expected = [
        (file.stem, str(number), hashlib.sha256(text.encode()).hexdigest()[:12])
        for file in sorted(DOCUMENTS.glob("*.txt"))
        for number, text in enumerate(paragraphs(file), start=1)
    ]

    assert [(row["document"], row["paragraph"], row["digest"]) for row in rows] == expected


@needs_documents
def test_every_term_occurs_in_its_document(facts: Facts) -> None:
    texts = {
        SOURCES[file.stem]: " ".join(file.read_text(encoding="utf-8").split()).casefold()
        for file in DOCUMENTS.glob("*.txt")
    }

    missing = [
        (item.source, item.term)
        for item in facts.evidence
        if item.term is not None and item.term.casefold() not in texts[item.source]
    ]

    assert missing == []


@needs_documents
def test_no_note_is_copied_from_a_document(facts: Facts) -> None:
    sequences = set()
    for file in DOCUMENTS.glob("*.txt"):
        sequences |= word_sequences(file.read_text(encoding="utf-8"))

    assert [item.note for item in facts.evidence if word_sequences(item.note) & sequences] == []


def word_sequences(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
