"""Reading facts, finding what is wrong with them, weighing what they say."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_seed import SHIPPED, Facts, claims, read
from graph_seed.claims import Voice, Weight, voice_of, weigh
from graph_seed.facts import Reference, by_kind
from schema import ONTOLOGY
from service.errors import FactsError

GOOD: list[dict[str, Any]] = [
    {"kind": "Source", "slug": "a-source", "name": "A source", "publisher": "A publisher", "published": "2024-03"},
    {"kind": "Source", "slug": "no-date", "name": "Undated"},
    {"kind": "Framework", "slug": "django", "name": "Django", "aliases": ["Джанго"], "summary": "A framework."},
    {"kind": "Feature", "slug": "orm", "name": "ORM", "category": "CAPABILITY"},
    {"kind": "Company", "slug": "日本-会社_1.0", "name": "会社"},
    {
        "subject": "Framework:django",
        "relation": "HAS_FEATURE",
        "object": "Feature:orm",
        "source": "a-source",
        "note": "Django has one.",
        "term": "mapper",
        "locator": "1",
    },
    {
        "subject": "Framework:django",
        "relation": "HAS_FEATURE",
        "object": "Feature:orm",
        "source": "no-date",
        "supports": False,
        "note": "It has none.",
    },
    {
        "subject": "Company:日本-会社_1.0",
        "relation": "USES",
        "object": "Framework:django",
        "source": "a-source",
        "note": "So it says.",
    },
]

KINDS = "Framework, FrameworkType, Feature, Application, Technology, Company, Source"
FRAMEWORK = '{"kind": "Framework", "slug": "flask", "name": "Flask"'
EVIDENCE = '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:orm", "source": "a-source"'
SAYS = "evidence has no"
KNOWS = "locator, note, object, relation, source, subject, supports, term"

FAULTS: dict[str, str] = {
    "{": "not JSON (Expecting property name enclosed in double quotes at column 2).",
    "[]": "a line is one JSON object.",
    "7": "a line is one JSON object.",
    '"Framework"': "a line is one JSON object.",
    "{}": "a line is an entity (it has a 'kind') or a piece of evidence (it has a 'relation').",
    '{"kind": "Framework"} {}': "not JSON (Extra data at column 23).",
    '{"kind": "Framework", "n": ' + "9" * 5000 + "}": "not JSON (a number has too many digits).",
    '{"kind": "Framework", "n": ' + "[" * 20_000: "nested too deeply.",
    '{"kind": "Framework", "kind": "Framework"}': "'kind' is given twice.",
    '{"kind": "Framwork", "slug": "x", "name": "X"}': f"there is no kind 'Framwork'; there are {KINDS}.",
    '{"kind": null}': f"there is no kind 'None'; there are {KINDS}.",
    '{"kind": 5}': "kind is 5; write text.",
    '{"kind": "Framework", "name": "X"}': "slug is missing.",
    '{"kind": "Framework", "slug": "x"}': "name is missing.",
    '{"kind": "Framework", "slug": null, "name": "X"}': "slug is missing.",
    '{"kind": "Framework", "slug": "", "name": "X"}': "slug has 0 characters; it has 1 to 200.",
    '{"kind": "Framework", "slug": "' + "x" * 201 + '", "name": "X"}': "slug has 201 characters; it has 1 to 200.",
    '{"kind": "Framework", "slug": "Café", "name": "X"}': (
        "slug 'Café' is not lower-case without accents; write 'cafe'."
    ),
    '{"kind": "Framework", "slug": "a b", "name": "X"}': (
        "slug 'a b' holds ' '; it is made of letters, digits, '-', '_' and '.'."
    ),
    '{"kind": "Framework", "slug": "a:b", "name": "X"}': (
        "slug 'a:b' holds ':'; it is made of letters, digits, '-', '_' and '.'."
    ),
    '{"kind": "Framework", "slug": "x", "name": " "}': "name is blank.",
    '{"kind": "Framework", "slug": "x", "name": 5}': "name is 5; write text.",
    '{"kind": "Framework", "slug": "x", "name": "a\\u0000"}': "name holds a control character.",
    '{"kind": "Framework", "slug": "x", "name": "a\\u0085"}': "name holds a control character.",
    '{"kind": "Framework", "slug": "x", "name": "\\ud800"}': "name holds half of a surrogate pair.",
    FRAMEWORK + ', "id": "x"}': ("Framework has no property 'id'; it has aliases, homepage, name, slug, summary."),
    FRAMEWORK + ', "category": "QUALITY"}': (
        "Framework has no property 'category'; it has aliases, homepage, name, slug, summary."
    ),
    FRAMEWORK + ', "aliases": "x"}': "aliases is 'x'; write a list of texts.",
    FRAMEWORK + ', "aliases": [5]}': "aliases is 5; write text.",
    FRAMEWORK + ', "aliases": [" "]}': "aliases holds a blank text.",
    '{"kind": "Feature", "slug": "x", "name": "X"}': "category is missing.",
    '{"kind": "Feature", "slug": "x", "name": "X", "category": "NICE"}': (
        "category is 'NICE'; there are CAPABILITY, QUALITY, PRINCIPLE, SECURITY, STATUS."
    ),
    '{"kind": "Source", "slug": "x", "name": "X", "published": "March"}': (
        "published: Date cannot represent 'March': use 2024, 2024-03 or 2024-03-19."
    ),
    '{"kind": "Source", "slug": "x", "name": "X", "published": 2024}': (
        "published: Date cannot represent 2024: use 2024, 2024-03 or 2024-03-19."
    ),
    '{"kind": "Framework", "slug": "django", "name": "Another"}': ("Framework:django stands already at good.jsonl:3."),
    EVIDENCE + "}": "note is missing: say the claim in a sentence of your own.",
    EVIDENCE + ', "note": " "}': "note is missing: say the claim in a sentence of your own.",
    EVIDENCE + ', "note": 5}': "note is 5; write text.",
    EVIDENCE + ', "note": "Again."}': (
        "Framework:django HAS_FEATURE Feature:orm a-source stands already at good.jsonl:6."
    ),
    EVIDENCE + ', "note": "N.", "supports": "no"}': "supports is 'no'; write true or false.",
    EVIDENCE + ', "note": "N.", "supports": null}': "supports is None; write true or false.",
    EVIDENCE + ', "note": "N.", "weight": 1}': f"{SAYS} 'weight'; it has {KNOWS}.",
    EVIDENCE + ', "note": "N.", "term": 5}': "term is 5; write text.",
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:orm", "note": "N."}': (
        "source is missing: name the slug of the source that says so."
    ),
    '{"subject": "django", "relation": "HAS_FEATURE", "object": "Feature:orm"}': (
        "subject is 'django'; write it as Kind:slug, such as Framework:django."
    ),
    '{"relation": "HAS_FEATURE", "object": "Feature:orm"}': (
        "subject is None; write it as Kind:slug, such as Framework:django."
    ),
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Nope:orm"}': (
        "object is 'Nope:orm'; write it as Kind:slug, such as Framework:django."
    ),
    '{"subject": "Framework:django", "relation": "NOPE", "object": "Feature:orm"}': (
        "no relation Framework NOPE Feature; from Framework there are OF_TYPE FrameworkType, HAS_FEATURE Feature, "
        "SUITS Application, WORKS_WITH Technology, EXTENDS Framework."
    ),
    '{"subject": "Feature:orm", "relation": "HAS_FEATURE", "object": "Framework:django"}': (
        "no relation Feature HAS_FEATURE Framework; nothing starts at a Feature."
    ),
}
"""What is wrong with a line, when GOOD stands in good.jsonl."""

LATE_FAULTS: dict[str, str] = {
    '{"subject": "Framework:djago", "relation": "HAS_FEATURE", "object": "Feature:orm", "source": "a-source", "note": "N."}': (
        "there is no Framework:djago; did you mean Framework:django."
    ),
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:zzz", "source": "a-source", "note": "N."}': (
        "there is no Feature:zzz."
    ),
    EVIDENCE.replace("a-source", "a-sorce") + ', "note": "N."}': (
        "there is no Source:a-sorce; did you mean Source:a-source."
    ),
    '{"kind": "Framework", "slug": "x-1", "name": "X", "aliases": ["ДЖАНГО"]}': (
        "the alias 'ДЖАНГО' of Framework:x-1 already leads to Framework:django."
    ),
    '{"kind": "Framework", "slug": "x-2", "name": "X", "aliases": ["DJANGO"]}': (
        "the alias 'DJANGO' of Framework:x-2 already leads to Framework:django."
    ),
}
"""What is wrong with a line only when all the others are known."""


def folder_of(folder: Path, **files: list[Any] | bytes) -> Path:
    """Write JSON Lines, a file each; a line that is text stays as it is."""
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        content = lines if isinstance(lines, bytes) else "".join(f"{_line(line)}\n" for line in lines).encode()
        (folder / f"{name}.jsonl").write_bytes(content)
    return folder


def _line(line: Any) -> str:
    return line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(FactsError) as caught:
        read(folder)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return list(caught.value.faults)


def held(facts: Facts) -> tuple[Any, Any]:
    """What facts hold, in whichever order it was written."""
    return sorted(map(repr, facts.entities)), sorted(map(repr, facts.evidence))


# ---------------------------------------------------------------------------------------------------------------- reading


def test_a_line_becomes_an_entity_or_a_piece_of_evidence(tmp_path: Path) -> None:
    facts = read(folder_of(tmp_path, all=GOOD))

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
def test_any_split_and_order_of_the_lines_holds_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines = chance.sample(GOOD, len(GOOD))
    cut = chance.randrange(len(lines) + 1)

    split = read(folder_of(tmp_path / "split", z=lines[:cut], a=lines[cut:], empty=[]))

    whole = read(folder_of(tmp_path / "whole", facts=GOOD))
    assert held(split) == held(whole)
    assert [(claim.key, claim.weight) for claim in claims(split)] == [
        (claim.key, claim.weight) for claim in claims(whole)
    ]


def test_blank_lines_and_the_ways_of_editors_are_read(tmp_path: Path) -> None:
    text = "﻿" + "\r\n\r\n  ".join(map(_line, GOOD))

    facts = read(folder_of(tmp_path / "odd", all=text.encode()))

    assert held(facts) == held(read(folder_of(tmp_path / "plain", all=GOOD)))


def test_two_sets_of_facts_have_two_digests(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path / "one", all=GOOD), folder_of(tmp_path / "two", all=GOOD[:5])]

    digests = [read(folder).digest for folder in (*folders, folders[0])]

    assert digests[0] == digests[2] != digests[1]


def test_slugs_and_names_are_of_any_script(tmp_path: Path) -> None:
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

    facts = read(folder_of(tmp_path, all=lines))

    assert {item.slug: item.values["name"] for item in facts.entities} == names


def test_the_same_slug_and_alias_may_stand_for_things_of_two_kinds(tmp_path: Path) -> None:
    lines = [
        {"kind": "Framework", "slug": "x", "name": "X", "aliases": ["ex"]},
        {"kind": "Company", "slug": "x", "name": "X", "aliases": ["EX"]},
    ]

    assert len(read(folder_of(tmp_path, all=lines)).entities) == 2


def test_an_alias_may_repeat_what_its_own_entity_is_called(tmp_path: Path) -> None:
    line = {"kind": "Framework", "slug": "django", "name": "Django", "aliases": ["django", "DJANGO", "Django"]}

    assert read(folder_of(tmp_path, all=[line])).entities[0].values["aliases"] == ["django", "DJANGO", "Django"]


def test_the_shipped_facts_are_whole(tmp_path: Path) -> None:
    facts = read(SHIPPED)

    lines = sum(len(file.read_bytes().splitlines()) for file in SHIPPED.glob("*.jsonl"))
    assert len(facts.entities) + len(facts.evidence) == lines
    assert sum(count for _, count in by_kind(facts, ONTOLOGY)) == len(facts.entities)
    assert {item.source for item in facts.evidence} == {item.slug for item in facts.entities if item.kind == "Source"}


# ----------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(("line", "reason"), FAULTS.items(), ids=[line[:70] for line in FAULTS])
def test_a_fault_is_told_with_its_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    folder = folder_of(tmp_path, good=GOOD, later=["", line])

    assert faults_of(folder) == [f"later.jsonl:2: {reason}"]


@pytest.mark.parametrize(("line", "reason"), LATE_FAULTS.items(), ids=[line[:70] for line in LATE_FAULTS])
def test_a_fault_between_two_lines_is_told_where_the_second_stands(tmp_path: Path, line: str, reason: str) -> None:
    folder = folder_of(tmp_path, good=GOOD, later=[line])

    assert faults_of(folder) == [f"later.jsonl:1: {reason}"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    lines = [*FAULTS, *LATE_FAULTS]
    reasons = [*FAULTS.values(), *LATE_FAULTS.values()]
    folder = folder_of(tmp_path, good=GOOD, later=lines)

    found = faults_of(folder)

    assert sorted(found) == sorted(f"later.jsonl:{number}: {reason}" for number, reason in enumerate(reasons, start=1))


def test_bytes_that_are_no_text_are_a_fault_of_their_line_alone(tmp_path: Path) -> None:
    content = b"\n".join([_line(GOOD[0]).encode(), b'{"kind": "Framework", "slug": "\xff"}', _line(GOOD[1]).encode()])

    assert faults_of(folder_of(tmp_path, all=content)) == ["all.jsonl:2: not UTF-8 (invalid start byte at byte 31)."]


def test_a_folder_without_facts_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("{}")
    (tmp_path / "a.file").write_text("")
    nowhere = [tmp_path, tmp_path / "missing", tmp_path / "a.file"]

    assert [faults_of(folder) for folder in nowhere] == [
        [f"{folder}: there is no .jsonl file; a facts folder holds JSON Lines."] for folder in nowhere
    ]


def test_what_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (folder_of(tmp_path, good=GOOD) / "a.jsonl").mkdir()

    assert faults_of(tmp_path) == ["a.jsonl: cannot be read (Is a directory)."]


@pytest.mark.parametrize(
    ("one", "other"), [("Café", "CAFE"), ("Ελλάς", "ΕΛΛΑΣ"), ("Straße", "STRASSE"), ("ｗｅｂ", "Web")]
)
def test_aliases_that_differ_only_in_case_accents_or_width_are_one(tmp_path: Path, one: str, other: str) -> None:
    lines = [
        {"kind": "Company", "slug": "a", "name": "A", "aliases": [one]},
        {"kind": "Company", "slug": "b", "name": "B", "aliases": [other]},
    ]

    assert faults_of(folder_of(tmp_path, all=lines)) == [
        f"all.jsonl:2: the alias '{other}' of Company:b already leads to Company:a."
    ]


# --------------------------------------------------------------------------------------------------------------- weighing


def voice(name: str, published: str | None = None) -> Voice:
    return Voice(("publisher", name), published)


@pytest.mark.parametrize(
    ("for_it", "against", "expected"),
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
    for_it: int, against: int, expected: tuple[str, int]
) -> None:
    said = [(voice(f"yes {number}"), True) for number in range(for_it)]
    said += [(voice(f"no {number}"), False) for number in range(against)]

    found = weigh(said)

    assert (found.stance, found.confidence) == expected


def test_a_publisher_that_says_it_twice_counts_once() -> None:
    assert weigh([(voice("a"), True), (voice("a"), True), (voice("b"), True)]).confidence == 750


def test_a_publisher_that_contradicts_itself_stands_on_both_sides() -> None:
    assert weigh([(voice("a"), True), (voice("a"), False)]) == Weight("DISPUTED", 500, None, None)


def test_a_document_without_a_publisher_counts_as_its_own() -> None:
    sources = [{"slug": "one"}, {"slug": "two"}, {"slug": "three", "publisher": "two"}]

    assert weigh((voice_of(source), True) for source in sources).confidence == 875


def test_a_claim_is_as_old_as_its_first_dated_source() -> None:
    said = [(voice("a", "2024-03"), True), (voice("b"), False), (voice("c", "2024"), True), (voice("d", "2025"), False)]

    assert weigh(said) == Weight("DISPUTED", 500, "2024", "2025")


SAID = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), min_size=1, max_size=40)


@given(SAID)
def test_confidence_is_a_share_and_tells_its_stance(said: list[tuple[str, bool]]) -> None:
    found = weigh((voice(name), supports) for name, supports in said)

    sides = Counter(supports for _, supports in set(said))
    if sides[True] and sides[False]:
        larger = max(sides.values()) / sides.total()
        expected = Weight("DISPUTED", round(1000 * larger), None, None)
        assert 500 <= found.confidence < 1000
    else:
        expected = Weight("HAS" if sides[True] else "LACKS", round(1000 * (1 - 0.5 ** sides.total())), None, None)
        assert 500 <= found.confidence <= 1000
    assert found == expected


@given(SAID, st.randoms())
def test_the_order_of_the_evidence_does_not_matter(said: list[tuple[str, bool]], chance: random.Random) -> None:
    shuffled = chance.sample(said, len(said))

    one, other = [weigh((voice(name), supports) for name, supports in items) for items in (said, shuffled)]

    assert one == other


@given(SAID, st.sampled_from("abcdefgh"))
def test_one_more_voice_on_an_undisputed_side_never_lowers_confidence(said: list[tuple[str, bool]], name: str) -> None:
    agreed = [(voice(who), True) for who, _ in said]

    before, after = weigh(agreed), weigh([*agreed, (voice(name), True)])

    assert before.confidence <= after.confidence


def test_claims_gather_their_evidence_in_the_order_of_their_keys(tmp_path: Path) -> None:
    found = list(claims(read(folder_of(tmp_path, all=GOOD))))

    assert [(claim.key, claim.weight, len(claim.evidence)) for claim in found] == [
        ("Company:日本-会社_1.0/USES/Framework:django", Weight("HAS", 500, "2024-03", "2024-03"), 1),
        ("Framework:django/HAS_FEATURE/Feature:orm", Weight("DISPUTED", 500, "2024-03", "2024-03"), 2),
    ]


def test_every_shipped_claim_has_a_key_of_its_own() -> None:
    keys = [claim.key for claim in claims(read(SHIPPED))]

    assert keys == sorted(set(keys))
    assert all(one < other for one, other in itertools.pairwise(keys))


def test_a_reference_prints_as_it_is_written() -> None:
    assert (str(Reference("Framework", "django")), Reference("Framework", "django").id) == (
        "Framework:django",
        "RnJhbWV3b3JrOmRqYW5nbw==",
    )
