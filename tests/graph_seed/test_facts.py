"""Reading and validating facts, and combining evidence into claims."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_seed import SHIPPED, Facts, group_claims, read_facts
from graph_seed.claims import Assessment, Publisher, publisher_of, weigh_evidence
from graph_seed.facts import Reference, by_kind
from schema import ONTOLOGY
from service.errors import FactsError
from tests.fact_lines import FOLDER_ERRORS, LINE_ERRORS, VALID_LINES, json_line, write_folder


def errors_of(folder: Path) -> list[str]:
    with pytest.raises(FactsError) as caught:
        read_facts(folder)
    assert str(caught.value) == "\n".join(caught.value.errors)
    return list(caught.value.errors)


def contents(facts: Facts) -> tuple[Any, Any]:
    """The entities and the evidence, independent of their order."""
    return sorted(map(repr, facts.entities)), sorted(map(repr, facts.evidence))


# ---------------------------------------------------------------------------------------------------------------- reading


def test_a_line_becomes_an_entity_or_a_piece_of_evidence(tmp_path: Path) -> None:
    facts = read_facts(write_folder(tmp_path, all=VALID_LINES))

    assert facts.entities[2].values == {
        "slug": "django",
        "name": "Django",
        "aliases": ["Джанго"],
        "summary": "A framework.",
        "homepage": None,
    }
    assert [str(item.reference) for item in facts.entities] == [
        "Source:a-source",
        "Source:no-date",
        "Framework:django",
        "Feature:orm",
        "Company:日本-会社_1.0",
    ]
    assert [(item.source, item.supports, item.term, item.locator) for item in facts.evidence] == [
        ("a-source", True, "mapper", "1"),
        ("no-date", False, None, None),
        ("a-source", True, None, None),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_files_and_lines_does_not_matter(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    lines = rng.sample(VALID_LINES, len(VALID_LINES))
    cut = rng.randrange(len(lines) + 1)

    split = read_facts(write_folder(tmp_path / "split", z=lines[:cut], a=lines[cut:], empty=[]))

    whole = read_facts(write_folder(tmp_path / "whole", facts=VALID_LINES))
    assert contents(split) == contents(whole)
    assert [(claim.key, claim.assessment) for claim in group_claims(split)] == [
        (claim.key, claim.assessment) for claim in group_claims(whole)
    ]


def test_blank_lines_and_byte_order_marks_and_crlf_are_accepted(tmp_path: Path) -> None:
    text = "﻿" + "\r\n\r\n  ".join(map(json_line, VALID_LINES))

    facts = read_facts(write_folder(tmp_path / "odd", all=text.encode()))

    assert contents(facts) == contents(read_facts(write_folder(tmp_path / "plain", all=VALID_LINES)))


def test_two_sets_of_facts_have_two_digests(tmp_path: Path) -> None:
    folders = [write_folder(tmp_path / "one", all=VALID_LINES), write_folder(tmp_path / "two", all=VALID_LINES[:5])]

    digests = [read_facts(folder).digest for folder in (*folders, folders[0])]

    assert digests[0] == digests[2] != digests[1]


def test_slugs_and_names_can_use_any_script(tmp_path: Path) -> None:
    names = {
        "джанго": "Джанго",
        "日本語-フレームワーク": "日本語フレームワーク",
        "إطار": "إطار العمل",
        "กรอบงาน": "กรอบงาน",
        "फ्रेमवर्क": "फ्रेमवर्क",
        "한국어": "한국어",
        "२०२४": "२०२४",
        "a.b_c-9": "𝔘nicode 🐍",
    }
    lines = [{"kind": "Framework", "slug": slug, "name": name} for slug, name in names.items()]

    facts = read_facts(write_folder(tmp_path, all=lines))

    assert {item.slug: item.values["name"] for item in facts.entities} == names


def test_entities_of_two_kinds_can_have_the_same_slug_and_alias(tmp_path: Path) -> None:
    lines = [
        {"kind": "Framework", "slug": "x", "name": "X", "aliases": ["ex"]},
        {"kind": "Company", "slug": "x", "name": "X", "aliases": ["EX"]},
    ]

    assert len(read_facts(write_folder(tmp_path, all=lines)).entities) == 2


def test_an_alias_can_repeat_the_name_of_its_own_entity(tmp_path: Path) -> None:
    line = {"kind": "Framework", "slug": "django", "name": "Django", "aliases": ["django", "DJANGO", "Django"]}

    assert read_facts(write_folder(tmp_path, all=[line])).entities[0].values["aliases"] == [
        "django",
        "DJANGO",
        "Django",
    ]


def test_the_shipped_facts_are_complete_and_valid(tmp_path: Path) -> None:
    facts = read_facts(SHIPPED)

    lines = sum(len(file.read_bytes().splitlines()) for file in SHIPPED.glob("*.jsonl"))
    assert len(facts.entities) + len(facts.evidence) == lines
    assert sum(count for _, count in by_kind(facts, ONTOLOGY)) == len(facts.entities)
    assert {item.source for item in facts.evidence} == {item.slug for item in facts.entities if item.kind == "Source"}


# ----------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(("line", "reason"), LINE_ERRORS.items(), ids=[line[:70] for line in LINE_ERRORS])
def test_an_error_has_its_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    folder = write_folder(tmp_path, good=VALID_LINES, later=["", line])

    assert errors_of(folder) == [f"later.jsonl:2: {reason}"]


@pytest.mark.parametrize(("line", "reason"), FOLDER_ERRORS.items(), ids=[line[:70] for line in FOLDER_ERRORS])
def test_an_error_between_two_lines_has_the_location_of_the_second(tmp_path: Path, line: str, reason: str) -> None:
    folder = write_folder(tmp_path, good=VALID_LINES, later=[line])

    assert errors_of(folder) == [f"later.jsonl:1: {reason}"]


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    lines = [*LINE_ERRORS, *FOLDER_ERRORS]
    reasons = [*LINE_ERRORS.values(), *FOLDER_ERRORS.values()]
    folder = write_folder(tmp_path, good=VALID_LINES, later=lines)

    errors = errors_of(folder)

    assert sorted(errors) == sorted(f"later.jsonl:{number}: {reason}" for number, reason in enumerate(reasons, start=1))


def test_invalid_utf_8_is_an_error_of_its_line_only(tmp_path: Path) -> None:
    content = b"\n".join(
        [
            json_line(VALID_LINES[0]).encode(),
            b'{"kind": "Framework", "slug": "\xff"}',
            json_line(VALID_LINES[1]).encode(),
        ]
    )

    assert errors_of(write_folder(tmp_path, all=content)) == [
        "all.jsonl:2: invalid UTF-8 (invalid start byte at byte 31)."
    ]


def test_a_folder_without_facts_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("{}")
    (tmp_path / "a.file").write_text("")
    folders = [tmp_path, tmp_path / "missing", tmp_path / "a.file"]

    assert [errors_of(folder) for folder in folders] == [
        [f"{folder}: found no .jsonl file; give a folder of facts in JSON Lines."] for folder in folders
    ]


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (write_folder(tmp_path, good=VALID_LINES) / "a.jsonl").mkdir()

    assert errors_of(tmp_path) == ["a.jsonl: cannot be read (Is a directory)."]


@pytest.mark.parametrize(
    ("one", "other"), [("Café", "CAFE"), ("Ελλάς", "ΕΛΛΑΣ"), ("Straße", "STRASSE"), ("ｗｅｂ", "Web")]
)
def test_aliases_that_differ_only_in_case_accents_or_width_are_duplicates(tmp_path: Path, one: str, other: str) -> None:
    lines = [
        {"kind": "Company", "slug": "a", "name": "A", "aliases": [one]},
        {"kind": "Company", "slug": "b", "name": "B", "aliases": [other]},
    ]

    assert errors_of(write_folder(tmp_path, all=lines)) == [
        f"all.jsonl:2: the alias '{other}' of Company:b already belongs to Company:a."
    ]


# --------------------------------------------------------------------------------------------------------------- combining evidence


def publisher(name: str, published: str | None = None) -> Publisher:
    return Publisher(("publisher", name), published)


@pytest.mark.parametrize(
    ("supporting", "denying", "expected"),
    [
        (1, 0, ("HAS", 500)),
        (2, 0, ("HAS", 750)),
        (3, 0, ("HAS", 875)),
        (4, 0, ("HAS", 938)),
        (5, 0, ("HAS", 969)),
        (0, 1, ("LACKS", 500)),
        (0, 3, ("LACKS", 875)),
        (1, 1, ("DISPUTED", 500)),
        (2, 1, ("DISPUTED", 667)),
        (1, 2, ("DISPUTED", 667)),
        (3, 1, ("DISPUTED", 750)),
        (5, 2, ("DISPUTED", 714)),
    ],
)
def test_confidence_grows_with_the_publishers_of_the_stronger_side(
    supporting: int, denying: int, expected: tuple[str, int]
) -> None:
    statements = [(publisher(f"yes {number}"), True) for number in range(supporting)]
    statements += [(publisher(f"no {number}"), False) for number in range(denying)]

    assessment = weigh_evidence(statements)

    assert (assessment.stance, assessment.confidence) == expected


def test_a_publisher_with_two_sources_counts_once() -> None:
    assert weigh_evidence([(publisher("a"), True), (publisher("a"), True), (publisher("b"), True)]).confidence == 750


def test_a_publisher_that_contradicts_itself_counts_on_both_sides() -> None:
    assert weigh_evidence([(publisher("a"), True), (publisher("a"), False)]) == Assessment("DISPUTED", 500, None, None)


def test_a_source_without_a_publisher_counts_as_its_own_publisher() -> None:
    sources = [{"slug": "one"}, {"slug": "two"}, {"slug": "three", "publisher": "two"}]

    assert weigh_evidence((publisher_of(source), True) for source in sources).confidence == 875


def test_a_claim_has_the_dates_of_its_oldest_and_latest_source() -> None:
    statements = [
        (publisher("a", "2024-03"), True),
        (publisher("b"), False),
        (publisher("c", "2024"), True),
        (publisher("d", "2025"), False),
    ]

    assert weigh_evidence(statements) == Assessment("DISPUTED", 500, "2024", "2025")


STATEMENTS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), min_size=1, max_size=40)


@given(STATEMENTS)
def test_the_confidence_follows_from_the_publishers_of_both_sides(statements: list[tuple[str, bool]]) -> None:
    assessment = weigh_evidence((publisher(name), supports) for name, supports in statements)

    sides = Counter(supports for _, supports in set(statements))
    if sides[True] and sides[False]:
        larger = max(sides.values()) / sides.total()
        expected = Assessment("DISPUTED", round(1000 * larger), None, None)
        assert 500 <= assessment.confidence < 1000
    else:
        expected = Assessment("HAS" if sides[True] else "LACKS", round(1000 * (1 - 0.5 ** sides.total())), None, None)
        assert 500 <= assessment.confidence <= 1000
    assert assessment == expected


@given(STATEMENTS, st.randoms())
def test_the_order_of_the_evidence_does_not_matter(statements: list[tuple[str, bool]], rng: random.Random) -> None:
    shuffled = rng.sample(statements, len(statements))

    weights = [
        weigh_evidence((publisher(name), supports) for name, supports in items) for items in (statements, shuffled)
    ]

    assert weights[0] == weights[1]


@given(STATEMENTS, st.sampled_from("abcdefgh"))
def test_another_supporting_publisher_never_lowers_the_confidence(
    statements: list[tuple[str, bool]], name: str
) -> None:
    supporting = [(publisher(other), True) for other, _ in statements]

    before, after = weigh_evidence(supporting), weigh_evidence([*supporting, (publisher(name), True)])

    assert before.confidence <= after.confidence


def test_claims_group_their_evidence_and_are_ordered_by_key(tmp_path: Path) -> None:
    grouped = list(group_claims(read_facts(write_folder(tmp_path, all=VALID_LINES))))

    assert [(claim.key, claim.assessment, len(claim.evidence)) for claim in grouped] == [
        ("Company:日本-会社_1.0/USES/Framework:django", Assessment("HAS", 500, "2024-03", "2024-03"), 1),
        ("Framework:django/HAS_FEATURE/Feature:orm", Assessment("DISPUTED", 500, "2024-03", "2024-03"), 2),
    ]


def test_the_keys_of_the_shipped_claims_are_unique() -> None:
    keys = [claim.key for claim in group_claims(read_facts(SHIPPED))]

    assert keys == sorted(set(keys))
    assert all(one < other for one, other in itertools.pairwise(keys))


def test_a_reference_has_a_text_and_a_global_id() -> None:
    assert (str(Reference("Framework", "django")), Reference("Framework", "django").id) == (
        "Framework:django",
        "RnJhbWV3b3JrOmRqYW5nbw==",
    )
