"""A graph that was written one mutation at a time is the graph that is seeded with the same facts, on both stores.

A model in Python holds the facts that a sequence of writes should leave, and says what each of them should answer.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed.claims import Weight, voice_of, weigh
from graph_seed.facts import global_id
from schema import ONTOLOGY, Kind, PropertyType
from schema.text import key
from service.engine import Engine
from tests.contents import contents
from tests.drawn import TEXTS
from tests.graphs import Graphs, facts_from, write

pytestmark = pytest.mark.anyio

SLUGS = ("a", "b", "日-1")
NAMES = ("a", "B", "Café", "cafe", "日-1", "two words", *TEXTS)
DATES = (None, "2023", "2024-03", "2024-03-19")
PUBLISHERS = (None, "", "P", "Q")
Write = tuple[str, str, dict[str, Any]]
"""What is done (upsert, claim, retract or delete), to which kind or relation, and what is given."""


@dataclass
class Model:
    """The facts, and what a write makes of them."""

    entities: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    said: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)
    changes: int = 1

    def lines(self) -> list[dict[str, Any]]:
        evidence = (
            {"subject": subject, "relation": name, "object": object_, "source": source, **said}
            for (subject, name, object_, source), said in self.said.items()
        )
        return [*({"kind": kind, **values} for (kind, _), values in self.entities.items()), *evidence]

    def write(self, write: Write) -> dict[str, Any]:
        """What a write answers, after which the model is as the graph should be."""
        did, name, values = write
        match did:
            case "upsert":
                return self._upsert(name, values)
            case "delete":
                return self._delete(name, values["slug"])
            case "claim":
                return self._claim(values)
            case _:
                return self._retract(values)

    def _upsert(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        before = self.entities.get((kind, given["slug"]))
        values = {**(before or _bare(ONTOLOGY.kind_by_name[kind])), **given, "slug": given["slug"]}
        values["aliases"] = values["aliases"] or []
        if values["name"] is None or ("category" in values and values["category"] is None):
            return {"__typename": "InvalidInput", "field": "category" if values["name"] is not None else "name"}
        if values == before:
            return {"__typename": f"Upserted{kind}"}
        others = {slug: held for (of, slug), held in self.entities.items() if of == kind and slug != given["slug"]}
        aliases = {key(alias): slug for slug, held in others.items() for alias in held["aliases"]}
        if before is None and given["slug"] in aliases:
            return {"__typename": "Conflict", "field": "slug", "value": aliases[given["slug"]]}
        if clashing := [alias for alias in map(key, values["aliases"]) if alias in aliases or alias in others]:
            values_ = {aliases.get(alias, alias) for alias in clashing}
            return {"__typename": "Conflict", "field": "aliases", "value": values_}
        self.entities[kind, given["slug"]] = values
        self.changes += 1
        return {"__typename": f"Upserted{kind}"}

    def _delete(self, kind: str, slug: str) -> dict[str, Any]:
        if (kind, slug) not in self.entities:
            return {"__typename": "NotFound"}
        del self.entities[kind, slug]
        self.said = {
            ends: said
            for ends, said in self.said.items()
            if f"{kind}:{slug}" not in (ends[0], ends[2], f"Source:{ends[3]}")
        }
        self.changes += 1
        return {"__typename": "Deleted"}

    def _claim(self, given: dict[str, Any]) -> dict[str, Any]:
        ends = _ends(given)
        for end in (ends[0], ends[2]):
            if tuple(end.split(":", 1)) not in self.entities:
                return {"__typename": "NotFound"}
        if ("Source", ends[3]) not in self.entities:
            return {"__typename": "InvalidInput", "field": "source"}
        said = {name: given.get(name) for name in ("supports", "note", "term", "locator")}
        self.changes += self.said.get(ends) != said
        self.said[ends] = said
        return {"__typename": "Claimed", "claim": self._weight(ends)}

    def _retract(self, given: dict[str, Any]) -> dict[str, Any]:
        ends = _ends(given)
        if ends not in self.said:
            return {"__typename": "NotFound"}
        del self.said[ends]
        self.changes += 1
        return {"__typename": "Retracted", "claim": self._weight(ends)}

    def _weight(self, ends: tuple[str, str, str, str]) -> dict[str, Any] | None:
        told = {found[3]: said for found, said in self.said.items() if found[:3] == ends[:3]}
        if not told:
            return None
        weight: Weight = weigh((voice_of(self.entities["Source", one]), said["supports"]) for one, said in told.items())
        return {
            "stance": weight.stance,
            "confidence": weight.confidence / 1000,
            "firstSeen": weight.first_seen,
            "lastSeen": weight.last_seen,
            "evidence": [{"note": told[source]["note"]} for source in sorted(told)],
        }


def _bare(kind: Kind) -> dict[str, Any]:
    return {prop.name: None for prop in kind.properties if prop.name != "id"}


def _ends(given: dict[str, Any]) -> tuple[str, str, str, str]:
    return given["subject"], given["relation"], given["object"], given["source"]


# -------------------------------------------------------------------------------------------------------------- drawing


@st.composite
def upserts(draw: st.DrawFn) -> Write:
    kind = draw(st.sampled_from([*ONTOLOGY.kinds, *(ONTOLOGY.kind_by_name[name] for name in ("Framework", "Source"))]))
    given: dict[str, Any] = {"slug": draw(st.sampled_from(SLUGS)), "name": draw(st.sampled_from(NAMES)).strip() or "x"}
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for prop in kind.properties:
        if prop.type is PropertyType.CHOICE:
            given[prop.name] = draw(st.sampled_from((*prop.choices, *prop.choices, None)))
        elif prop.type is PropertyType.DATE:
            drawn[prop.name] = st.sampled_from(DATES)
        elif prop.name == "publisher":
            drawn[prop.name] = st.sampled_from(PUBLISHERS)
        elif prop.name == "aliases":
            drawn[prop.name] = st.none() | st.lists(
                st.sampled_from([name for name in NAMES if name.strip()]), max_size=3
            )
        elif prop.name == "summary":
            drawn[prop.name] = st.none() | st.sampled_from(NAMES)
    for name in draw(st.lists(st.sampled_from(sorted(drawn)), unique=True)):
        given[name] = draw(drawn[name])
    for name in draw(st.lists(st.sampled_from(sorted(set(given) - {"slug"})), max_size=1)):
        del given[name]
    return "upsert", kind.name, given


@st.composite
def words(draw: st.DrawFn) -> Write:
    """Claims, mostly, and retractions."""
    relation = draw(st.sampled_from([*ONTOLOGY.relations[:3], *ONTOLOGY.relations]))
    given: dict[str, Any] = {
        "subject": f"{relation.subject}:{draw(st.sampled_from(SLUGS[:2]))}",
        "relation": relation.name,
        "object": f"{relation.object}:{draw(st.sampled_from(SLUGS[:2]))}",
        "source": draw(st.sampled_from(SLUGS)),
    }
    if draw(st.integers(0, 3)) == 0:
        return "retract", relation.name, given
    given |= {"supports": draw(st.booleans()), "note": draw(st.sampled_from(("n", "q'\"`\\$v0", "日本")))}
    given |= draw(st.sampled_from(({}, {"term": "t"}, {"locator": "1", "term": None})))
    return "claim", relation.name, given


deletions = st.tuples(
    st.just("delete"),
    st.sampled_from(["Source", *(kind.name for kind in ONTOLOGY.kinds)]),
    st.fixed_dictionaries({"slug": st.sampled_from(SLUGS)}),
)
begun = [
    {"kind": kind.name, "slug": slug, "name": slug}
    | {prop.name: prop.choices[0] for prop in kind.properties if prop.type is PropertyType.CHOICE}
    for kind in ONTOLOGY.kinds
    for slug in SLUGS[:2]
]


@st.composite
def sequences(draw: st.DrawFn) -> list[Write]:
    """Many claims between what there is at first, among them other writes."""
    one = st.one_of(words(), words(), words(), upserts(), upserts(), deletions)
    return draw(st.lists(one, min_size=5, max_size=30))


# -------------------------------------------------------------------------------------------------------------- writing

_CLAIM = "claim { stance confidence firstSeen lastSeen evidence { note } }"
_TOLD = "... on InvalidInput { field } ... on NotFound { __typename }"
CLAIM = f"mutation ($input: ClaimInput!) {{ done: claim(input: $input) {{ __typename ... on Claimed {{ {_CLAIM} }} {_TOLD} }} }}"
RETRACT = f"mutation ($input: RetractInput!) {{ done: retract(input: $input) {{ __typename ... on Retracted {{ {_CLAIM} }} }} }}"
DELETE = "mutation ($id: ID!) { done: deleteEntity(id: $id) { __typename } }"


def document(write: Write) -> tuple[str, dict[str, Any]]:
    """The mutation of a write, and its variables."""
    did, name, given = write
    if did == "delete":
        return DELETE, {"id": global_id(name, given["slug"])}
    if did == "upsert":
        text = f"mutation ($input: {name}Input!) {{ done: upsert{name}(input: $input) {{ __typename"
        return text + " ... on Conflict { field value } ... on InvalidInput { field } } }", {"input": given}
    ids = {end: global_id(*given[end].split(":", 1)) for end in ("subject", "object")}
    text = CLAIM if did == "claim" else RETRACT
    return text, {"input": {**given, **ids, "source": global_id("Source", given["source"])}}


async def check(engine: Engine, graphs: Graphs, writes: list[Write]) -> None:
    """Write, compare every answer with that of the model, and all that is held with what would be seeded."""
    model = Model()
    for line in begun:
        model.entities[line["kind"], line["slug"]] = {
            **_bare(ONTOLOGY.kind_by_name[line["kind"]]),
            **{name: value for name, value in line.items() if name != "kind"},
            "aliases": [],
        }
    for one in writes:
        answered = (await write(engine, *document(one)))["done"]
        expected = model.write(one)
        if isinstance(expected.get("value"), set):  # of several aliases that clash, any may be told
            assert answered.pop("value") in expected.pop("value")
        assert answered == expected, one
        assert int((await engine.store.version()).rpartition(".")[2]) == model.changes, one
    held = await contents(engine.store)
    with tempfile.TemporaryDirectory() as folder:
        facts = facts_from(Path(folder) / "facts", model.lines())
    async with graphs.fresh(engine.store.name, facts) as seeded:
        assert held == await contents(seeded.store)


async def _hold(graphs: Graphs, store: str, writes: list[Write]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        facts = facts_from(Path(folder) / "facts", begun)
    async with graphs.fresh(store, facts) as engine:
        await check(engine, graphs, writes)


def drawn(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@drawn(40)
@given(writes=sequences())
async def test_a_written_graph_is_the_graph_that_would_be_seeded_on_sqlite(graphs: Graphs, writes: list[Write]) -> None:
    await _hold(graphs, "sqlite", writes)


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_instance")
@drawn(6)
@given(writes=sequences())
async def test_a_written_graph_is_the_graph_that_would_be_seeded_on_neo4j(graphs: Graphs, writes: list[Write]) -> None:
    await _hold(graphs, "neo4j", writes)
