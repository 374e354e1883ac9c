"""Read a folder of facts and check every line against the ontology."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schema import ONTOLOGY, Kind, Ontology, Property, PropertyType, Relation
from schema.scalars import parse_date
from schema.text import key
from service.errors import FactsError

_LONGEST_SLUG = 200
EVIDENCE_FIELDS = ("subject", "relation", "object", "source", "supports", "note", "term", "locator")
_DERIVED = {"id"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # the category Cc but for newlines and tabs
_APART = (b" :", b"\t:", b"\r:")
_FIELDS = frozenset(EVIDENCE_FIELDS)


NEITHER = "a line is an entity (it has a 'kind') or a piece of evidence (it has a 'relation')."


class Reference(NamedTuple):
    """An entity by kind and slug; reads and prints as `Framework:django`."""

    kind: str
    slug: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.slug}"

    @property
    def id(self) -> str:
        """The global ID that clients see."""
        return global_id(self.kind, self.slug)

    @classmethod
    def of_id(cls, given: str) -> Reference | None:
        """What a global ID refers to; None where it is none."""
        try:
            kind, colon, slug = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            return None
        return cls(kind, slug) if colon else None


@dataclass(frozen=True, slots=True)
class EntityFact:
    """An entity; `values` are its properties by GraphQL name, slug, name and aliases among them."""

    kind: str
    slug: str
    values: dict[str, Any]

    @property
    def reference(self) -> Reference:
        return Reference(self.kind, self.slug)


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """What one source says about one claim."""

    subject: Reference
    relation: Relation
    object: Reference
    source: str
    supports: bool
    note: str
    term: str | None
    locator: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that fit the ontology; `digest` tells two sets of them apart."""

    entities: tuple[EntityFact, ...]
    evidence: tuple[EvidenceFact, ...]
    digest: str


def global_id(kind: str, name: str) -> str:
    """The Relay global ID of a thing: opaque to clients, the same in every store."""
    return base64.b64encode(f"{kind}:{name}".encode()).decode()


def read(folder: Path, ontology: Ontology = ONTOLOGY) -> Facts:
    """Read all `*.jsonl` files of a folder; raises FactsError with every fault, its file and line."""
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not files:
        raise FactsError((f"{folder}: there is no .jsonl file; a facts folder holds JSON Lines.",))
    reader = _Reader(ontology)
    digest = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            reader.faults.append(f"{file.name}: cannot be read ({error.strerror}).")
            continue
        digest.update(content)
        reader.read(file.name, content)
    reader.finish()
    if reader.faults:
        raise FactsError(tuple(reader.faults))
    return Facts(tuple(reader.entities.values()), tuple(reader.evidence.values()), digest.hexdigest()[:16])


class Fault(ValueError):  # noqa: N818 - it is what is wrong, not where the reader failed
    """What is wrong with a line, and with which of its fields, where it is one."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def entity_fact(line: Mapping[str, Any], ontology: Ontology) -> EntityFact:
    """The entity that a line of facts tells; raises Fault."""
    kind = ontology.kind_by_name.get(_text(line, "kind") or "")
    if kind is None:
        raise Fault(f"there is no kind '{line['kind']}'; there are {', '.join(ontology.kind_by_name)}.", "kind")
    known = {item.name for item in kind.properties} - _DERIVED
    if unknown := set(line) - known - {"kind"}:
        raise Fault(f"{kind.name} has no property '{min(unknown)}'; it has {', '.join(sorted(known))}.", min(unknown))
    values = {item.name: _value(item, line) for item in kind.properties if item.name not in _DERIVED}
    _check_slug(values["slug"])
    if not values["name"].strip():
        raise Fault("name is blank.", "name")
    return EntityFact(kind.name, values["slug"], values)


def evidence_fact(line: Mapping[str, Any], ontology: Ontology) -> EvidenceFact:
    """The piece of evidence that a line of facts tells; raises Fault."""
    if unknown := line.keys() - _FIELDS:
        raise Fault(f"evidence has no '{min(unknown)}'; it has {', '.join(sorted(EVIDENCE_FIELDS))}.", min(unknown))
    subject, object_ = _reference(line, "subject", ontology), _reference(line, "object", ontology)
    name = _text(line, "relation")
    relation = ontology.relation_by_signature.get((subject.kind, name or "", object_.kind))
    if relation is None:
        allowed = _allowed(subject.kind, ontology)
        raise Fault(f"no relation {subject.kind} {name} {object_.kind}{allowed}.", "relation")
    supports = line.get("supports", True)
    if not isinstance(supports, bool):
        raise Fault(f"supports is {supports!r}; write true or false.", "supports")
    note = _text(line, "note")
    if not note or not note.strip():
        raise Fault("note is missing: say the claim in a sentence of your own.", "note")
    source = _text(line, "source")
    if not source:
        raise Fault("source is missing: name the slug of the source that says so.", "source")
    return EvidenceFact(subject, relation, object_, source, supports, note, _text(line, "term"), _text(line, "locator"))


def _reference(line: Mapping[str, Any], end: str, ontology: Ontology) -> Reference:
    found = _referred(_text(line, end) or "")
    if found is None or found.kind not in ontology.kind_by_name:
        raise Fault(f"{end} is {line.get(end)!r}; write it as Kind:slug, such as Framework:django.", end)
    return found


@lru_cache(maxsize=1 << 14)  # most lines name what those before have named
def _referred(text: str) -> Reference | None:
    kind, colon, slug = text.partition(":")
    return Reference(kind, slug) if colon else None


def relations_from(kind: str, ontology: Ontology) -> list[str]:
    """The relations that may start at a kind, each with what it leads to: `HAS_FEATURE Feature`."""
    return [f"{item.name} {item.object}" for item in ontology.relations if item.subject == kind]


def _allowed(kind: str, ontology: Ontology) -> str:
    told = relations_from(kind, ontology)
    return f"; from {kind} there are {', '.join(told)}" if told else f"; nothing starts at a {kind}"


class _Reader:
    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self.faults: list[str] = []
        self.entities: dict[Reference, EntityFact] = {}
        self.evidence: dict[tuple[Reference, str, Reference, str], EvidenceFact] = {}
        self._places: dict[Any, str] = {}
        self._owners: dict[tuple[str, str], Reference] = {}

    def read(self, file: str, content: bytes) -> None:
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            place = f"{file}:{number}"
            try:
                self._line(json_object(line), place)
            except Fault as fault:
                self.faults.append(f"{place}: {fault}")

    def finish(self) -> None:
        """Check what can only be known once all lines are read."""
        for entity in self.entities.values():
            for name in entity.values["aliases"]:
                self._claim_alias(entity.reference, name)
        for found, item in self.evidence.items():
            place = self._places[found]
            for end in (item.subject, item.object, Reference("Source", item.source)):
                if end not in self.entities:
                    self.faults.append(f"{place}: there is no {end}{self._near(end)}.")

    def _line(self, line: dict[str, Any], place: str) -> None:
        if "kind" in line:
            entity = entity_fact(line, self._ontology)
            self._keep(self.entities, entity.reference, entity, place)
        elif "relation" in line:
            item = evidence_fact(line, self._ontology)
            self._keep(self.evidence, (item.subject, item.relation.name, item.object, item.source), item, place)
        else:
            raise Fault(NEITHER)

    def _keep(self, kept: dict[Any, Any], name: Any, fact: Any, place: str) -> None:
        if name in kept:
            told = name if isinstance(name, Reference) else " ".join(map(str, name))
            raise Fault(f"{told} stands already at {self._places[name]}.")
        kept[name] = fact
        self._places[name] = place

    def _claim_alias(self, owner: Reference, alias: str) -> None:
        """An alias leads to one entity of its kind."""
        holder = self._owners.setdefault((owner.kind, key(alias)), owner)
        slugged = Reference(owner.kind, key(alias))
        if holder == owner and slugged in self.entities:
            holder = slugged
        if holder != owner:
            self.faults.append(f"{self._places[owner]}: the alias '{alias}' of {owner} already leads to {holder}.")

    def _near(self, missing: Reference) -> str:
        import difflib  # noqa: PLC0415 - only when something is wrong

        slugs = [item.slug for item in self.entities if item.kind == missing.kind]
        near = difflib.get_close_matches(missing.slug, slugs, n=1)
        return f"; did you mean {missing.kind}:{near[0]}" if near else ""


def json_object(line: bytes) -> dict[str, Any]:
    """The object that a line of JSON is; raises Fault."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _json_object(line)
    # orjson takes the last of two equal names; as many '":' as names mean that no name is given twice
    if isinstance(found, dict) and line.count(b'":') == len(found) and not any(apart in line for apart in _APART):
        return found
    return _json_object(line)


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.rstrip(b"\n").decode("utf-8-sig"), object_pairs_hook=_no_double)
    except UnicodeDecodeError as error:
        raise Fault(f"not UTF-8 ({error.reason} at byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise Fault(f"not JSON ({error.msg} at column {error.colno}).") from error
    except Fault:
        raise
    except ValueError as error:
        raise Fault("not JSON (a number has too many digits).") from error
    except RecursionError as error:
        raise Fault("nested too deeply.") from error
    if not isinstance(found, dict):
        raise Fault("a line is one JSON object.")
    return found


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Fault(f"'{next(name for name in names if names.count(name) > 1)}' is given twice.")
    return found


def _text(line: Mapping[str, Any], name: str) -> str | None:
    value = line.get(name)
    return None if value is None else _checked_text(value, name)


def _checked_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"{name} is {value!r}; write text.", name)
    if value.isprintable():  # most are; neither what is refused below nor newlines and tabs
        return value
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Fault(f"{name} holds half of a surrogate pair.", name) from error
    if _CONTROL.search(value):
        raise Fault(f"{name} holds a control character.", name)
    return value


def _value(item: Property, line: Mapping[str, Any]) -> Any:
    value = line.get(item.name)
    if item.type is PropertyType.TEXTS and value is None:
        return []
    if value is None:
        if item.required:
            raise Fault(f"{item.name} is missing.", item.name)
        return None
    return _READERS[item.type](item, value)


def _read_texts(item: Property, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Fault(f"{item.name} is {value!r}; write a list of texts.", item.name)
    texts = [_checked_text(one, item.name) for one in value]
    if any(not text.strip() for text in texts):
        raise Fault(f"{item.name} holds a blank text.", item.name)
    return texts


def _read_date(item: Property, value: Any) -> str:
    try:
        return parse_date(value)
    except ValueError as error:
        raise Fault(f"{item.name}: {error}", item.name) from error


def _read_integer(item: Property, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise Fault(f"{item.name} is {value!r}; write a whole number of at most 32 bits.", item.name)
    return value


def _read_choice(item: Property, value: Any) -> str:
    if value not in item.choices:
        raise Fault(f"{item.name} is {value!r}; there are {', '.join(item.choices)}.", item.name)
    return value


_READERS: dict[PropertyType, Callable[[Property, Any], Any]] = {
    PropertyType.TEXT: lambda item, value: _checked_text(value, item.name),
    PropertyType.TEXTS: _read_texts,
    PropertyType.DATE: _read_date,
    PropertyType.INTEGER: _read_integer,
    PropertyType.CHOICE: _read_choice,
}


def _check_slug(slug: str) -> None:
    if not slug or len(slug) > _LONGEST_SLUG:
        raise Fault(f"slug has {len(slug)} characters; it has 1 to {_LONGEST_SLUG}.", "slug")
    if high := [char for char in slug if "\ue000" <= char <= "\uffff"]:
        raise Fault(
            f"slug '{slug}' holds {high[0]!r}, which not every store sorts alike; spell it another way.", "slug"
        )
    if key(slug) != slug:
        raise Fault(f"slug '{slug}' is not lower-case without accents; write '{key(slug)}'.", "slug")
    if wrong := [char for char in slug if char not in "-_." and unicodedata.category(char)[0] not in "LMN"]:
        raise Fault(f"slug '{slug}' holds {wrong[0]!r}; it is made of letters, digits, '-', '_' and '.'.", "slug")


def by_kind(facts: Facts, ontology: Ontology) -> Iterator[tuple[Kind, int]]:
    """How many entities of each kind there are."""
    for kind in ontology.kinds:
        yield kind, sum(1 for item in facts.entities if item.kind == kind.name)
