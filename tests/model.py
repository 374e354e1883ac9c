"""The facts that a sequence of writes should leave, and what each of them should answer: a graph as a model in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_seed import Facts
from graph_seed.claims import Assessment, publisher_of, weigh_evidence
from graph_seed.facts import global_id
from schema import ONTOLOGY, Kind
from schema.text import text_key
from tests.graphs import facts_from

Write = tuple[str, str, dict[str, Any]]
"""What is done (upsert, claim, retract or delete), to which kind or relation, and what is given."""


@dataclass
class Model:
    """The facts, and what a write makes of them."""

    entities: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    said: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)
    changes: int = 1

    @classmethod
    def of(cls, lines: list[dict[str, Any]]) -> Model:
        """That of a graph that was seeded with these lines, which hold entities only."""
        kinds = {line["kind"]: _bare(ONTOLOGY.kind_by_name[line["kind"]]) for line in lines}
        given = ({name: value for name, value in line.items() if name != "kind"} for line in lines)
        entities = zip(lines, given, strict=True)
        return cls(
            {(line["kind"], line["slug"]): {**kinds[line["kind"]], "aliases": [], **all_} for line, all_ in entities}
        )

    def facts(self, folder: Path) -> Facts:
        """What would be seeded, by way of files in this folder."""
        return facts_from(folder, self.lines())

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
        aliases = {text_key(alias): slug for slug, held in others.items() for alias in held["aliases"]}
        if before is None and given["slug"] in aliases:
            return {"__typename": "Conflict", "field": "slug", "value": aliases[given["slug"]]}
        if clashing := [alias for alias in map(text_key, values["aliases"]) if alias in aliases or alias in others]:
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
        return {"__typename": "Claimed", "claim": self._assessment(ends)}

    def _retract(self, given: dict[str, Any]) -> dict[str, Any]:
        ends = _ends(given)
        if ends not in self.said:
            return {"__typename": "NotFound"}
        del self.said[ends]
        self.changes += 1
        return {"__typename": "Retracted", "claim": self._assessment(ends)}

    def _assessment(self, ends: tuple[str, str, str, str]) -> dict[str, Any] | None:
        told = {found[3]: said for found, said in self.said.items() if found[:3] == ends[:3]}
        if not told:
            return None
        assessment: Assessment = weigh_evidence(
            (publisher_of(self.entities["Source", one]), said["supports"]) for one, said in told.items()
        )
        published = {one: self.entities["Source", one]["published"] for one in told}
        oldest_first = sorted(told, key=lambda one: (published[one] is None, published[one], one))
        return {
            "stance": assessment.stance,
            "confidence": assessment.confidence / 1000,
            "firstSeen": assessment.first_seen,
            "lastSeen": assessment.last_seen,
            "evidence": [{"note": told[source]["note"]} for source in oldest_first],
        }


def _bare(kind: Kind) -> dict[str, Any]:
    return {prop.name: None for prop in kind.properties if prop.name != "id"}


def _ends(given: dict[str, Any]) -> tuple[str, str, str, str]:
    return given["subject"], given["relation"], given["object"], given["source"]


_CLAIM = "claim { stance confidence firstSeen lastSeen evidence { note } } version"
_WRONG = "... on InvalidInput { field }"
_CLAIMING = f"claim(input: $input) {{ __typename ... on Claimed {{ {_CLAIM} }} {_WRONG} }}"
_RETRACTING = f"retract(input: $input) {{ __typename ... on Retracted {{ {_CLAIM} }} }}"
_DELETING = "deleteEntity(id: $id) { __typename ... on Deleted { version } }"


def document(write: Write) -> tuple[str, dict[str, Any]]:
    """The mutation of a write, which answers as the model does and with the version, and its variables."""
    did, name, given = write
    if did == "delete":
        return f"mutation ($id: ID!) {{ done: {_DELETING} }}", {"id": global_id(name, given["slug"])}
    if did == "upsert":
        told = f"__typename ... on Upserted{name} {{ version }} ... on Conflict {{ field value }} {_WRONG}"
        text = f"mutation ($input: {name}Input!) {{ done: upsert{name}(input: $input) {{ {told} }} }}"
        return text, {"input": given}
    ids = {end: global_id(*given[end].split(":", 1)) for end in ("subject", "object")}
    type_, asked = ("ClaimInput", _CLAIMING) if did == "claim" else ("RetractInput", _RETRACTING)
    text = f"mutation ($input: {type_}!) {{ done: {asked} }}"
    return text, {"input": {**given, **ids, "source": global_id("Source", given["source"])}}


def number(version: str) -> int:
    """The number of a version's last change."""
    return int(version.rpartition(".")[2])
