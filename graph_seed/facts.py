"""Read a folder of facts and validate every line against the ontology."""

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
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from schema import ONTOLOGY, Kind, Ontology, Property, PropertyType, Relation
from schema.scalars import parse_date
from schema.text import text_key
from service.errors import FactsError

_MAX_SLUG_LENGTH = 200
EVIDENCE_FIELDS = ("subject", "relation", "object", "source", "supports", "note", "term", "locator")
_DERIVED = {"id"}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # the category Cc without newline and tab
_SPACED_COLONS = (b" :", b"\t:", b"\r:")
_FIELDS = frozenset(EVIDENCE_FIELDS)

UNRECOGNIZED_LINE = "a line must have 'kind' (an entity) or 'relation' (evidence)."


class Reference(NamedTuple):
    """The kind and the slug of an entity; its text is `Framework:django`."""

    kind: str
    slug: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.slug}"

    @property
    def id(self) -> str:
        """The global ID that clients see."""
        return global_id(self.kind, self.slug)

    @classmethod
    def of_id(cls, id_: str) -> Reference | None:
        """Return the reference that a global ID encodes, or None if the ID is invalid."""
        try:
            kind, colon, slug = base64.b64decode(id_, validate=True).decode().partition(":")
        except ValueError:
            return None
        return cls(kind, slug) if colon else None


@dataclass(frozen=True, slots=True)
class EntityFact:
    """An entity; `values` are all its properties by their GraphQL names."""

    kind: str
    slug: str
    values: dict[str, Any]

    @property
    def reference(self) -> Reference:
        return Reference(self.kind, self.slug)


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """The evidence of one source for one claim."""

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
    """Facts that are valid for the ontology; `digest` identifies their content."""

    entities: tuple[EntityFact, ...]
    evidence: tuple[EvidenceFact, ...]
    digest: str


def global_id(kind: str, name: str) -> str:
    """Return the Relay global ID of an entity or claim. It is opaque to clients and the same in every store."""
    return base64.b64encode(f"{kind}:{name}".encode()).decode()


def read_facts(folder: Path, ontology: Ontology = ONTOLOGY) -> Facts:
    """Read all `*.jsonl` files of a folder; raises FactsError with all errors, each with its file and line."""
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not files:
        raise FactsError((f"{folder}: found no .jsonl file; give a folder of facts in JSON Lines.",))
    reader = _Reader(ontology)
    digest = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            reader.errors.append(f"{file.name}: cannot be read ({error.strerror}).")
            continue
        digest.update(content)
        reader.read(file.name, content)
    reader.finish()
    if reader.errors:
        raise FactsError(tuple(reader.errors))
    return Facts(tuple(reader.entities.values()), tuple(reader.evidence.values()), digest.hexdigest()[:16])


class FactError(ValueError):
    """A line is invalid; `field` is the field that causes the error, or empty."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def entity_fact(
    line: Mapping[str, Any], ontology: Ontology, stored: Mapping[str, Any] = MappingProxyType({})
) -> EntityFact:
    """Return the entity on a line of facts; raises FactError.

    `stored` are the values of the entity in a store. They stay unchanged if the line omits them, and are not checked:
    an older version may have accepted a value that is invalid now.
    """
    kind = ontology.kind_by_name.get(_text(line, "kind") or "")
    if kind is None:
        raise FactError(f"unknown kind '{line['kind']}'; use one of {', '.join(ontology.kind_by_name)}.", "kind")
    names = {item.name for item in kind.properties} - _DERIVED
    if unknown := set(line) - names - {"kind"}:
        raise FactError(f"{kind.name} has no property '{min(unknown)}'; use {', '.join(sorted(names))}.", min(unknown))
    unchanged = {name: value for name, value in stored.items() if value is not None and name not in line}
    values = {
        item.name: unchanged[item.name] if item.name in unchanged else _value(item, line)
        for item in kind.properties
        if item.name not in _DERIVED
    }
    _check_slug(values["slug"])
    if not values["name"].strip():
        raise FactError("name is blank.", "name")
    return EntityFact(kind.name, values["slug"], values)


def evidence_fact(line: Mapping[str, Any], ontology: Ontology) -> EvidenceFact:
    """Return the evidence on a line of facts; raises FactError."""
    if unknown := line.keys() - _FIELDS:
        fields = ", ".join(sorted(EVIDENCE_FIELDS))
        raise FactError(f"evidence has no field '{min(unknown)}'; use {fields}.", min(unknown))
    subject, object_ = _reference(line, "subject", ontology), _reference(line, "object", ontology)
    name = _text(line, "relation")
    relation = ontology.relation_by_signature.get((subject.kind, name or "", object_.kind))
    if relation is None:
        allowed = _allowed(subject.kind, ontology)
        raise FactError(f"unknown relation {subject.kind} {name} {object_.kind}; {allowed}.", "relation")
    supports = line.get("supports", True)
    if not isinstance(supports, bool):
        raise FactError(f"supports must be true or false, not {supports!r}.", "supports")
    note = _text(line, "note")
    if not note or not note.strip():
        raise FactError("note is missing; state the claim in a sentence in your own words.", "note")
    source = _text(line, "source")
    if not source:
        raise FactError("source is missing; give the slug of the source.", "source")
    return EvidenceFact(subject, relation, object_, source, supports, note, _text(line, "term"), _text(line, "locator"))


def _reference(line: Mapping[str, Any], end: str, ontology: Ontology) -> Reference:
    reference = _parse_reference(_text(line, end) or "")
    if reference is None or reference.kind not in ontology.kind_by_name:
        raise FactError(f"{end} must be written as Kind:slug, such as Framework:django, not {line.get(end)!r}.", end)
    return reference


@lru_cache(maxsize=1 << 14)  # most lines repeat references of earlier lines
def _parse_reference(text: str) -> Reference | None:
    kind, colon, slug = text.partition(":")
    return Reference(kind, slug) if colon else None


def relations_from(kind: str, ontology: Ontology) -> list[str]:
    """Return the relations whose subject is a kind, each with the kind of its object: `HAS_FEATURE Feature`."""
    return [f"{item.name} {item.object}" for item in ontology.relations if item.subject == kind]


def _allowed(kind: str, ontology: Ontology) -> str:
    relations = relations_from(kind, ontology)
    return f"use {kind} {', '.join(relations)}" if relations else f"{kind} is not the subject of any relation"


class _Reader:
    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self.errors: list[str] = []
        self.entities: dict[Reference, EntityFact] = {}
        self.evidence: dict[tuple[Reference, str, Reference, str], EvidenceFact] = {}
        self._locations: dict[Any, str] = {}
        self._owners: dict[tuple[str, str], Reference] = {}

    def read(self, file: str, content: bytes) -> None:
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            location = f"{file}:{number}"
            try:
                self._line(json_object(line), location)
            except FactError as error:
                self.errors.append(f"{location}: {error}")

    def finish(self) -> None:
        """Validate aliases and references, which requires that all lines are read."""
        for entity in self.entities.values():
            for name in entity.values["aliases"]:
                self._check_alias(entity.reference, name)
        for evidence_key, item in self.evidence.items():
            location = self._locations[evidence_key]
            for end in (item.subject, item.object, Reference("Source", item.source)):
                if end not in self.entities:
                    self.errors.append(f"{location}: {end} does not exist{self._suggestion(end)}")

    def _line(self, line: dict[str, Any], location: str) -> None:
        if "kind" in line:
            entity = entity_fact(line, self._ontology)
            self._add(self.entities, entity.reference, entity, location)
        elif "relation" in line:
            item = evidence_fact(line, self._ontology)
            self._add(self.evidence, (item.subject, item.relation.name, item.object, item.source), item, location)
        else:
            raise FactError(UNRECOGNIZED_LINE)

    def _add(self, facts: dict[Any, Any], fact_key: Any, fact: Any, location: str) -> None:
        if fact_key in facts:
            name = fact_key if isinstance(fact_key, Reference) else " ".join(map(str, fact_key))
            raise FactError(f"{name} is already defined at {self._locations[fact_key]}.")
        facts[fact_key] = fact
        self._locations[fact_key] = location

    def _check_alias(self, owner: Reference, alias: str) -> None:
        """An alias must belong to only one entity of a kind."""
        current = self._owners.setdefault((owner.kind, text_key(alias)), owner)
        same_slug = Reference(owner.kind, text_key(alias))
        if current == owner and same_slug in self.entities:
            current = same_slug
        if current != owner:
            self.errors.append(
                f"{self._locations[owner]}: the alias '{alias}' of {owner} already belongs to {current}."
            )

    def _suggestion(self, missing: Reference) -> str:
        import difflib  # noqa: PLC0415 - only needed for errors

        slugs = [item.slug for item in self.entities if item.kind == missing.kind]
        matches = difflib.get_close_matches(missing.slug, slugs, n=1)
        return f"; did you mean {missing.kind}:{matches[0]}?" if matches else "."


def json_object(line: bytes) -> dict[str, Any]:
    """Return the JSON object on a line; raises FactError."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _json_object(line)
    # orjson accepts duplicate names. A line with as many '":' as the object has names has no duplicates; other lines are
    # parsed again by _json_object, which rejects duplicates.
    spaced = any(colon in line for colon in _SPACED_COLONS)
    if isinstance(value, dict) and line.count(b'":') == len(value) and not spaced:
        return value
    return _json_object(line)


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.rstrip(b"\n").decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise FactError(f"invalid UTF-8 ({error.reason} at byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise FactError(f"invalid JSON ({error.msg} at column {error.colno}).") from error
    except FactError:
        raise
    except ValueError as error:
        raise FactError("invalid JSON (a number has too many digits).") from error
    except RecursionError as error:
        raise FactError("invalid JSON (nested too deeply).") from error
    if not isinstance(value, dict):
        raise FactError("a line must be one JSON object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise FactError(f"duplicate name '{next(name for name in names if names.count(name) > 1)}'.")
    return value


def _text(line: Mapping[str, Any], name: str) -> str | None:
    value = line.get(name)
    return None if value is None else _checked_text(value, name)


def _checked_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise FactError(f"{name} must be text, not {value!r}.", name)
    if value.isprintable():  # the common case; excludes all characters that are checked below
        return value
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise FactError(f"{name} contains an unpaired surrogate.", name) from error
    if _CONTROL.search(value):
        raise FactError(f"{name} contains a control character.", name)
    return value


def _value(item: Property, line: Mapping[str, Any]) -> Any:
    value = line.get(item.name)
    if item.type is PropertyType.TEXTS and value is None:
        return []
    if value is None:
        if item.required:
            raise FactError(f"{item.name} is missing.", item.name)
        return None
    return _READERS[item.type](item, value)


def _read_texts(item: Property, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise FactError(f"{item.name} must be a list of texts, not {value!r}.", item.name)
    texts = [_checked_text(text, item.name) for text in value]
    if any(not text.strip() for text in texts):
        raise FactError(f"{item.name} contains a blank text.", item.name)
    return texts


def _read_date(item: Property, value: Any) -> str:
    try:
        return parse_date(value)
    except ValueError as error:
        raise FactError(f"{item.name}: {error}", item.name) from error


def _read_integer(item: Property, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise FactError(f"{item.name} must be a 32-bit integer, not {value!r}.", item.name)
    return value


def _read_choice(item: Property, value: Any) -> str:
    if value not in item.choices:
        raise FactError(f"{item.name} must be one of {', '.join(item.choices)}, not {value!r}.", item.name)
    return value


_READERS: dict[PropertyType, Callable[[Property, Any], Any]] = {
    PropertyType.TEXT: lambda item, value: _checked_text(value, item.name),
    PropertyType.TEXTS: _read_texts,
    PropertyType.DATE: _read_date,
    PropertyType.INTEGER: _read_integer,
    PropertyType.CHOICE: _read_choice,
}


def _check_slug(slug: str) -> None:
    if not slug or len(slug) > _MAX_SLUG_LENGTH:
        raise FactError(f"slug must have 1 to {_MAX_SLUG_LENGTH} characters, not {len(slug)}.", "slug")
    if high := [char for char in slug if "\ue000" <= char <= "\uffff"]:
        raise FactError(
            f"slug '{slug}' contains {high[0]!r}, which is not sorted the same in every store; remove it.", "slug"
        )
    if text_key(slug) != slug:
        raise FactError(f"slug '{slug}' must be lower-case without accents; use '{text_key(slug)}'.", "slug")
    if invalid := [char for char in slug if char not in "-_." and unicodedata.category(char)[0] not in "LMN"]:
        raise FactError(f"slug '{slug}' contains {invalid[0]!r}; use only letters, digits, '-', '_' and '.'.", "slug")


def by_kind(facts: Facts, ontology: Ontology) -> Iterator[tuple[Kind, int]]:
    """Count the entities of each kind."""
    for kind in ontology.kinds:
        yield kind, sum(1 for item in facts.entities if item.kind == kind.name)
