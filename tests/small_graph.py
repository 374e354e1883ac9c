"""A graph of eight entities and three claims, as lines of facts, and the inputs of mutations on it."""

from __future__ import annotations

from typing import Any

from graph_seed.facts import global_id

ORM, ADMIN = "Feature:orm", "Feature:admin"
DJANGO, FLASK = "Framework:django", "Framework:flask"


def evidence(subject: str, relation: str, object_: str, source: str, **fields: Any) -> dict[str, Any]:
    """A line of evidence."""
    line = {"subject": subject, "relation": relation, "object": object_, "source": source, "note": "It says so."}
    return {**line, **fields}


LINES: list[dict[str, Any]] = [
    {"kind": "Source", "slug": "alpha", "name": "Alpha", "publisher": "The Press", "published": "2020"},
    {"kind": "Source", "slug": "beta", "name": "Beta", "publisher": "The Press", "published": "2021-05"},
    {"kind": "Source", "slug": "gamma", "name": "Gamma"},
    {
        "kind": "Framework",
        "slug": "django",
        "name": "Django",
        "aliases": ["Джанго", "DJ"],
        "summary": "It comes with batteries.",
        "homepage": "https://django.example",
    },
    {"kind": "Framework", "slug": "flask", "name": "Flask"},
    {"kind": "Feature", "slug": "orm", "name": "ORM", "category": "CAPABILITY"},
    {"kind": "Feature", "slug": "admin", "name": "Admin", "category": "CAPABILITY"},
    {"kind": "Company", "slug": "acme", "name": "Acme"},
    evidence(DJANGO, "HAS_FEATURE", ORM, "alpha"),
    evidence(DJANGO, "HAS_FEATURE", ORM, "gamma"),
    evidence(FLASK, "HAS_FEATURE", ORM, "beta", supports=False),
    evidence("Company:acme", "USES", DJANGO, "alpha"),
]


def id_of(reference: str) -> str:
    """The global ID of an entity written as Kind:slug."""
    return global_id(*reference.split(":", 1))


def claim_input(subject: str, relation: str, object_: str, source: str, **fields: Any) -> dict[str, Any]:
    """The input of `retract` or, with a note, of `claim`."""
    ids = {"subject": id_of(subject), "object": id_of(object_), "source": id_of(f"Source:{source}")}
    return {"relation": relation, **ids, **fields}


ends = claim_input  # the former name
