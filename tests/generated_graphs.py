"""Generate small graphs with Hypothesis: names that are equal or nearly so, evidence that supports claims and denies them."""

from __future__ import annotations

from itertools import cycle, product
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from schema import ONTOLOGY, Kind, PropertyType
from schema.text import text_key
from tests.texts import LONG_TEXTS, SHORT_TEXTS

SLUGS = ("日本", "s1", "s2")
MIN_SLUGS = {kind.name: SLUGS[: 2 if kind.name in {"Framework", "Feature"} else 1] for kind in ONTOLOGY.kinds}
"""The slugs that every generated graph contains, by kind. Operations may refer to them on any graph."""

_MAX_ENTITIES = {"Framework": 3, "Feature": 3, "Source": 3}
"""By kind; 2 for the others."""
T = TypeVar("T")
_DATES = (None, None, "2023", "2024", "2024-03", "2024-03-19")
_TEXTS = (*SHORT_TEXTS, *LONG_TEXTS * 4)


@st.composite
def graph_lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The lines of a facts folder: a few entities of every kind, and up to 40 records of evidence."""
    slugs = {
        kind.name: SLUGS[: draw(st.integers(len(MIN_SLUGS[kind.name]), _MAX_ENTITIES.get(kind.name, 2)))]
        for kind in ONTOLOGY.kinds
    }
    entities = [draw(_entities(kind, slug)) for kind in ONTOLOGY.kinds for slug in slugs[kind.name]]
    _remove_conflicting_aliases(entities)
    # Claims about frameworks are the most frequent, because most operations are about frameworks.
    relations = [*ONTOLOGY.relations, *(edge.relation for edge in ONTOLOGY.kind_by_name["Framework"].edges)]
    evidence: dict[tuple[str, ...], dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 10) | st.integers(15, 40) | st.integers(15, 40))):
        relation = draw(st.sampled_from(relations))
        subject = f"{relation.subject}:{draw(st.sampled_from(slugs[relation.subject]))}"
        object_ = f"{relation.object}:{draw(st.sampled_from(slugs[relation.object]))}"
        source = draw(st.sampled_from(slugs["Source"]))
        line = {"subject": subject, "relation": relation.name, "object": object_, "source": source}
        line["supports"] = draw(st.sampled_from((True, True, False)))
        line["note"] = draw(st.sampled_from(SHORT_TEXTS)).strip() or "x"
        evidence.setdefault((subject, relation.name, object_, source), line)
    return [*entities, *evidence.values()]


def complete_graph_lines() -> list[dict[str, Any]]:
    """The lines of a graph with every entity that a generated graph may contain, and many of the claims."""
    texts = cycle((*LONG_TEXTS, *(text.strip() or "x" for text in SHORT_TEXTS)))
    entities: list[dict[str, Any]] = []
    for kind in ONTOLOGY.kinds:
        choices = {prop.name: prop.choices[0] for prop in kind.properties if prop.type is PropertyType.CHOICE}
        for slug in SLUGS[: _MAX_ENTITIES.get(kind.name, 2)]:
            line = {"kind": kind.name, "slug": slug, "name": next(texts), "aliases": [next(texts)], **choices}
            entities.append(line)
    _remove_conflicting_aliases(entities)
    evidence = [
        {
            "subject": f"{relation.subject}:{subject}",
            "relation": relation.name,
            "object": f"{relation.object}:{object_}",
        }
        | {"source": SLUGS[0], "note": "x"}
        for relation in ONTOLOGY.relations
        for subject, object_ in product(SLUGS[:2], repeat=2)
    ]
    return [*entities, *evidence]


def generate_examples(strategy: st.SearchStrategy[T], count: int, seed_: int) -> list[T]:
    """Examples of a strategy; the same for the same seed."""
    examples: list[T] = []

    @seed(seed_)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: T) -> None:
        examples.append(example)

    collect()
    return examples[:count]


@st.composite
def _entities(draw: st.DrawFn, kind: Kind, slug: str) -> dict[str, Any]:
    line: dict[str, Any] = {"kind": kind.name, "slug": slug, "name": draw(st.sampled_from(_TEXTS)).strip() or "x"}
    if draw(st.booleans()):
        line["aliases"] = draw(st.lists(st.sampled_from(_TEXTS), max_size=2))
    for prop in kind.properties:
        if prop.type is PropertyType.CHOICE:
            line[prop.name] = draw(st.sampled_from(prop.choices))
        elif prop.type is PropertyType.DATE:
            line[prop.name] = draw(st.sampled_from(_DATES))
        elif prop.name in {"summary", "publisher", "title"}:
            line[prop.name] = draw(st.sampled_from((None, "", *_TEXTS)))
    return line


def _remove_conflicting_aliases(entities: list[dict[str, Any]]) -> None:
    """Remove aliases that are blank, or that equal another alias or a slug of the same kind: facts reject them."""
    used = {(line["kind"], line["slug"]) for line in entities}
    for line in entities:
        aliases = line.pop("aliases", [])
        line["aliases"] = []
        for alias in filter(str.strip, aliases):
            key = line["kind"], text_key(alias)
            if key not in used:
                used.add(key)
                line["aliases"].append(alias)
