"""A model of a graph under writes: the payload that each mutation should return, and the facts that remain in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from graph_seed import Facts
from graph_seed.claims import Assessment, publisher_of, weigh_evidence
from graph_seed.facts import global_id
from schema import ONTOLOGY
from schema.text import text_key
from tests.facts import facts_from_lines

Action: TypeAlias = Literal["upsert", "claim", "retract", "delete"]
Values: TypeAlias = dict[str, Any]
EvidenceKey: TypeAlias = tuple[str, str, str, str]
"""Subject, relation, object, source. Subject and object are written as Kind:slug, the source as its slug."""


@dataclass(frozen=True, slots=True)
class Write:
    """A mutation: what it does, its kind or relation, and its input. Entities in the input are written as Kind:slug."""

    action: Action
    name: str
    values: Values

    @property
    def operation(self) -> tuple[str, Values]:
        """The text and variables of the mutation, whose payload has the alias `payload` and the fields of the model's."""
        match self.action:
            case "delete":
                return f"mutation ($id: ID!) {{ payload: {_DELETE} }}", {
                    "id": global_id(self.name, self.values["slug"])
                }
            case "upsert":
                payload = f"... on Upserted{self.name} {{ version }} ... on Conflict {{ field value }} {_INVALID_INPUT}"
                root = f"upsert{self.name}(input: $input) {{ __typename {payload} }}"
                return f"mutation ($input: {self.name}Input!) {{ payload: {root} }}", {"input": self.values}
            case _:
                ids = {end: global_id(*self.values[end].split(":", 1)) for end in ("subject", "object")}
                type_, root = ("ClaimInput", _CLAIM) if self.action == "claim" else ("RetractInput", _RETRACT)
                values = {**self.values, **ids, "source": global_id("Source", self.values["source"])}
                return f"mutation ($input: {type_}!) {{ payload: {root} }}", {"input": values}


_CLAIM_FIELDS = "claim { stance confidence firstSeen lastSeen evidence { note } } version"
_INVALID_INPUT = "... on InvalidInput { field }"
_CLAIM = f"claim(input: $input) {{ __typename ... on Claimed {{ {_CLAIM_FIELDS} }} {_INVALID_INPUT} }}"
_RETRACT = f"retract(input: $input) {{ __typename ... on Retracted {{ {_CLAIM_FIELDS} }} }}"
_DELETE = "deleteEntity(id: $id) { __typename ... on Deleted { version } }"


@dataclass
class WriteModel:
    """Entities and evidence, and the number of the last change."""

    entities: dict[tuple[str, str], Values] = field(default_factory=dict)
    """Properties by kind and slug."""
    evidence: dict[EvidenceKey, Values] = field(default_factory=dict)
    changes: int = 1

    @classmethod
    def from_lines(cls, lines: list[Values]) -> WriteModel:
        """A graph that was seeded with these lines, which are entities."""
        entities = {}
        for line in lines:
            values = {name: value for name, value in line.items() if name != "kind"}
            entities[line["kind"], line["slug"]] = {**_no_values(line["kind"]), "aliases": [], **values}
        return cls(entities)

    def facts(self, folder: Path) -> Facts:
        """The facts of the graph, read from a file in this folder."""
        return facts_from_lines(folder, self.lines())

    def lines(self) -> list[Values]:
        evidence = (
            {"subject": subject, "relation": name, "object": object_, "source": source, **values}
            for (subject, name, object_, source), values in self.evidence.items()
        )
        return [*({"kind": kind, **values} for (kind, _), values in self.entities.items()), *evidence]

    def apply(self, write: Write) -> Values:
        """Change the model, and return the expected payload of the mutation, without its version."""
        match write.action:
            case "upsert":
                return self._upsert(write.name, write.values)
            case "delete":
                return self._delete(write.name, write.values["slug"])
            case "claim":
                return self._claim(write.values)
            case "retract":
                return self._retract(write.values)

    def _upsert(self, kind: str, input_: Values) -> Values:
        slug = input_["slug"]
        before = self.entities.get((kind, slug))
        values = {**(before or _no_values(kind)), **input_}
        values["aliases"] = values["aliases"] or []
        if values["name"] is None or ("category" in values and values["category"] is None):
            return {"__typename": "InvalidInput", "field": "category" if values["name"] is not None else "name"}
        if values == before:
            return {"__typename": f"Upserted{kind}"}
        others = {other: item for (of, other), item in self.entities.items() if of == kind and other != slug}
        aliases = {text_key(alias): other for other, item in others.items() for alias in item["aliases"]}
        if before is None and slug in aliases:
            return {"__typename": "Conflict", "field": "slug", "value": aliases[slug]}
        if conflicts := [alias for alias in map(text_key, values["aliases"]) if alias in aliases or alias in others]:
            slugs = {aliases.get(alias, alias) for alias in conflicts}
            return {"__typename": "Conflict", "field": "aliases", "value": slugs}
        self.entities[kind, slug] = values
        self.changes += 1
        return {"__typename": f"Upserted{kind}"}

    def _delete(self, kind: str, slug: str) -> Values:
        if (kind, slug) not in self.entities:
            return {"__typename": "NotFound"}
        del self.entities[kind, slug]
        self.evidence = {
            key: values
            for key, values in self.evidence.items()
            if f"{kind}:{slug}" not in (key[0], key[2], f"Source:{key[3]}")
        }
        self.changes += 1
        return {"__typename": "Deleted"}

    def _claim(self, input_: Values) -> Values:
        key = _evidence_key(input_)
        for end in (key[0], key[2]):
            if tuple(end.split(":", 1)) not in self.entities:
                return {"__typename": "NotFound"}
        if ("Source", key[3]) not in self.entities:
            return {"__typename": "InvalidInput", "field": "source"}
        values = {name: input_.get(name) for name in ("supports", "note", "term", "locator")}
        self.changes += self.evidence.get(key) != values
        self.evidence[key] = values
        return {"__typename": "Claimed", "claim": self._claim_payload(key)}

    def _retract(self, input_: Values) -> Values:
        key = _evidence_key(input_)
        if key not in self.evidence:
            return {"__typename": "NotFound"}
        del self.evidence[key]
        self.changes += 1
        return {"__typename": "Retracted", "claim": self._claim_payload(key)}

    def _claim_payload(self, key: EvidenceKey) -> Values | None:
        by_source = {other[3]: values for other, values in self.evidence.items() if other[:3] == key[:3]}
        if not by_source:
            return None
        sources = {slug: self.entities["Source", slug] for slug in by_source}
        assessment: Assessment = weigh_evidence(
            (publisher_of(sources[slug]), values["supports"]) for slug, values in by_source.items()
        )
        published = {slug: source["published"] for slug, source in sources.items()}
        oldest_first = sorted(sources, key=lambda slug: (published[slug] is None, published[slug], slug))
        return {
            "stance": assessment.stance,
            "confidence": assessment.confidence / 1000,
            "firstSeen": assessment.first_seen,
            "lastSeen": assessment.last_seen,
            "evidence": [{"note": by_source[slug]["note"]} for slug in oldest_first],
        }


def change_number(version: str) -> int:
    """The number of the last change in a version."""
    return int(version.rpartition(".")[2])


def _no_values(kind: str) -> Values:
    return {prop.name: None for prop in ONTOLOGY.kind_by_name[kind].properties if prop.name != "id"}


def _evidence_key(input_: Values) -> EvidenceKey:
    return input_["subject"], input_["relation"], input_["object"], input_["source"]
