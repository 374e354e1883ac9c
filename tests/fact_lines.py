"""Lines of facts: valid ones, invalid ones with their errors, and folders of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VALID_LINES: list[dict[str, Any]] = [
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
EVIDENCE_FIELDS = "locator, note, object, relation, source, subject, supports, term"

LINE_ERRORS: dict[str, str] = {
    "{": "invalid JSON (Expecting property name enclosed in double quotes at column 2).",
    "[]": "a line must be one JSON object.",
    "7": "a line must be one JSON object.",
    '"Framework"': "a line must be one JSON object.",
    "{}": "a line must have 'kind' (an entity) or 'relation' (evidence).",
    '{"kind": "Framework"} {}': "invalid JSON (Extra data at column 23).",
    '{"kind": "Framework", "n": ' + "9" * 5000 + "}": "invalid JSON (a number has too many digits).",
    '{"kind": "Framework", "n": ' + "[" * 20_000: "invalid JSON (nested too deeply).",
    '{"kind": "Framework", "kind": "Framework"}': "duplicate name 'kind'.",
    '{"kind": "Framwork", "slug": "x", "name": "X"}': f"unknown kind 'Framwork'; use one of {KINDS}.",
    '{"kind": null}': f"unknown kind 'None'; use one of {KINDS}.",
    '{"kind": 5}': "kind must be text, not 5.",
    '{"kind": "Framework", "name": "X"}': "slug is missing.",
    '{"kind": "Framework", "slug": "x"}': "name is missing.",
    '{"kind": "Framework", "slug": null, "name": "X"}': "slug is missing.",
    '{"kind": "Framework", "slug": "", "name": "X"}': "slug must have 1 to 200 characters, not 0.",
    '{"kind": "Framework", "slug": "' + "x" * 201 + '", "name": "X"}': "slug must have 1 to 200 characters, not 201.",
    '{"kind": "Framework", "slug": "Café", "name": "X"}': (
        "slug 'Café' must be lower-case without accents; use 'cafe'."
    ),
    '{"kind": "Framework", "slug": "a b", "name": "X"}': (
        "slug 'a b' contains ' '; use only letters, digits, '-', '_' and '.'."
    ),
    '{"kind": "Framework", "slug": "a:b", "name": "X"}': (
        "slug 'a:b' contains ':'; use only letters, digits, '-', '_' and '.'."
    ),
    '{"kind": "Framework", "slug": "x", "name": " "}': "name is blank.",
    '{"kind": "Framework", "slug": "x", "name": 5}': "name must be text, not 5.",
    '{"kind": "Framework", "slug": "x", "name": "a\\u0000"}': "name contains a control character.",
    '{"kind": "Framework", "slug": "x", "name": "a\\u0085"}': "name contains a control character.",
    '{"kind": "Framework", "slug": "x", "name": "\\ud800"}': "name contains an unpaired surrogate.",
    FRAMEWORK + ', "id": "x"}': ("Framework has no property 'id'; use aliases, homepage, name, slug, summary."),
    FRAMEWORK + ', "category": "QUALITY"}': (
        "Framework has no property 'category'; use aliases, homepage, name, slug, summary."
    ),
    FRAMEWORK + ', "aliases": "x"}': "aliases must be a list of texts, not 'x'.",
    FRAMEWORK + ', "aliases": [5]}': "aliases must be text, not 5.",
    FRAMEWORK + ', "aliases": [" "]}': "aliases contains a blank text.",
    '{"kind": "Feature", "slug": "x", "name": "X"}': "category is missing.",
    '{"kind": "Feature", "slug": "x", "name": "X", "category": "NICE"}': (
        "category must be one of CAPABILITY, QUALITY, PRINCIPLE, SECURITY, STATUS, not 'NICE'."
    ),
    '{"kind": "Source", "slug": "x", "name": "X", "published": "March"}': (
        "published: Date cannot represent 'March': use 2024, 2024-03 or 2024-03-19."
    ),
    '{"kind": "Source", "slug": "x", "name": "X", "published": 2024}': (
        "published: Date cannot represent 2024: use 2024, 2024-03 or 2024-03-19."
    ),
    '{"kind": "Source", "slug": "x", "name": "X", "published": "2023-02-29"}': (
        "published: Date cannot represent '2023-02-29': 2023-02 has 28 days."
    ),
    '{"kind": "Framework", "slug": "django", "name": "Another"}': (
        "Framework:django is already defined at good.jsonl:3."
    ),
    EVIDENCE + "}": "note is missing; state the claim in a sentence in your own words.",
    EVIDENCE + ', "note": " "}': "note is missing; state the claim in a sentence in your own words.",
    EVIDENCE + ', "note": 5}': "note must be text, not 5.",
    EVIDENCE + ', "note": "Again."}': (
        "Framework:django HAS_FEATURE Feature:orm a-source is already defined at good.jsonl:6."
    ),
    EVIDENCE + ', "note": "N.", "supports": "no"}': "supports must be true or false, not 'no'.",
    EVIDENCE + ', "note": "N.", "supports": null}': "supports must be true or false, not None.",
    EVIDENCE + ', "note": "N.", "weight": 1}': f"evidence has no field 'weight'; use {EVIDENCE_FIELDS}.",
    EVIDENCE + ', "note": "N.", "term": 5}': "term must be text, not 5.",
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:orm", "note": "N."}': (
        "source is missing; give the slug of the source."
    ),
    '{"subject": "django", "relation": "HAS_FEATURE", "object": "Feature:orm"}': (
        "subject must be written as Kind:slug, such as Framework:django, not 'django'."
    ),
    '{"relation": "HAS_FEATURE", "object": "Feature:orm"}': (
        "subject must be written as Kind:slug, such as Framework:django, not None."
    ),
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Nope:orm"}': (
        "object must be written as Kind:slug, such as Framework:django, not 'Nope:orm'."
    ),
    '{"subject": "Framework:django", "relation": "NOPE", "object": "Feature:orm"}': (
        "unknown relation Framework NOPE Feature; use Framework OF_TYPE FrameworkType, HAS_FEATURE Feature, "
        "SUITS Application, WORKS_WITH Technology, EXTENDS Framework."
    ),
    '{"subject": "Feature:orm", "relation": "HAS_FEATURE", "object": "Framework:django"}': (
        "unknown relation Feature HAS_FEATURE Framework; Feature is not the subject of any relation."
    ),
}
"""Invalid lines with their errors, if good.jsonl contains VALID_LINES."""

FOLDER_ERRORS: dict[str, str] = {
    '{"subject": "Framework:djago", "relation": "HAS_FEATURE", "object": "Feature:orm", "source": "a-source", "note": "N."}': (
        "Framework:djago does not exist; did you mean Framework:django?"
    ),
    '{"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:zzz", "source": "a-source", "note": "N."}': (
        "Feature:zzz does not exist."
    ),
    EVIDENCE.replace("a-source", "a-sorce") + ', "note": "N."}': (
        "Source:a-sorce does not exist; did you mean Source:a-source?"
    ),
    '{"kind": "Framework", "slug": "x-1", "name": "X", "aliases": ["ДЖАНГО"]}': (
        "the alias 'ДЖАНГО' of Framework:x-1 already belongs to Framework:django."
    ),
    '{"kind": "Framework", "slug": "x-2", "name": "X", "aliases": ["DJANGO"]}': (
        "the alias 'DJANGO' of Framework:x-2 already belongs to Framework:django."
    ),
}
"""Lines with errors that show only when the whole folder is read."""


def write_folder(folder: Path, **files: list[Any] | bytes) -> Path:
    """Write one JSON Lines file per argument; a line that is a string is written unchanged."""
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        content = lines if isinstance(lines, bytes) else "".join(f"{json_line(line)}\n" for line in lines).encode()
        (folder / f"{name}.jsonl").write_bytes(content)
    return folder


def json_line(line: Any) -> str:
    return line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)


# The former names, for tests that have not followed yet.
GOOD, ERRORS, LATE_ERRORS, folder_of = VALID_LINES, LINE_ERRORS, FOLDER_ERRORS, write_folder
