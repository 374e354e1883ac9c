"""What the graph is made of: kinds of things and the relations between them, read off the entity classes.

An entity class declares both (`entities.py`): its annotations are the properties of the kind, `relation(...)` is a
relation that starts at it. All else (filters, orders, connections, tables, constraints, the check of facts) is derived
from the `Ontology` that `Ontology.of(*classes)` returns.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, TypeVar

import strawberry

from schema.scalars import Date

T = TypeVar("T", bound=type)

_NAME = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_RELATION_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z")


_FIELD_NAME = re.compile(r"[a-z][A-Za-z0-9]*\Z")
_ENTITY = frozenset({"id", "slug", "name", "aliases", "summary", "homepage"})
_FILTER_WORDS = frozenset({"and", "or", "not", "claim"})
_ROOT_FIELDS = frozenset({"node", "nodes", "claims", "graph", "search", "compare", "recommend", "paths", "changes"})


class OntologyError(ValueError):
    """The entity classes do not fit together; raised when the service starts, never at a client."""


class PropertyType(enum.Enum):
    """How a property is stored, matched and sorted."""

    ID = "id"
    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, repr=False)
class Property:
    """One value of an entity. `choices` are the names of an enum's values, in order."""

    name: str
    type: PropertyType
    required: bool
    choices: tuple[str, ...] = ()
    annotation: Any = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject -[name]-> object`, told apart per subject kind, so that a degree is an exact count.

    `field` is what the subject's kind calls it, `inverse` what the object's kind does. In words: the subject `verb` the
    object, the object `passive` the subject.
    """

    name: str
    subject: str
    object: str
    field: str
    inverse: str
    verb: str = dataclasses.field(compare=False)
    passive: str = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{self.subject} {self.name} {self.object}"


@dataclass(frozen=True, slots=True, repr=False)
class Edge:
    """A relation as seen from one of its ends: the field `name` of kind `source` leads to kind `target`."""

    relation: Relation
    reverse: bool

    @property
    def name(self) -> str:
        return self.relation.inverse if self.reverse else self.relation.field

    @property
    def source(self) -> str:
        return self.relation.object if self.reverse else self.relation.subject

    @property
    def target(self) -> str:
        return self.relation.subject if self.reverse else self.relation.object

    def __repr__(self) -> str:
        return f"{self.source}.{self.name}"


@dataclass(frozen=True, repr=False)
class Kind:
    """A kind of entity: `name` is its GraphQL type, `singular` and `plural` its root fields."""

    name: str
    plural: str
    properties: tuple[Property, ...]
    edges: tuple[Edge, ...]
    declared: type = field(compare=False, repr=False)

    @property
    def singular(self) -> str:
        return self.name[0].lower() + self.name[1:]

    @cached_property
    def property_by_name(self) -> dict[str, Property]:
        return {item.name: item for item in self.properties}

    @cached_property
    def edge_by_name(self) -> dict[str, Edge]:
        return {item.name: item for item in self.edges}

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    object: str
    inverse: str
    says: tuple[str, str]


def relation(name: str, to: str, *, inverse: str, says: tuple[str, str] | None = None) -> Any:
    """Declare on an entity class that it is the subject of `name`, whose object is the kind `to`.

    `inverse` is the field by which the object's kind leads back; `says` puts the relation in words, from the subject
    and from the object: `("uses", "is used by")`.
    """
    verb = name.lower().replace("_", " ")
    return _Declared(name, to, inverse, says or (verb, f"stands at the end of '{verb}' from"))


def kind(plural: str) -> Callable[[T], T]:
    """Make a class that inherits `Entity` a kind of the graph; `plural` is the name of its root list."""

    def declare(cls: T) -> T:
        declared = {name: value for name, value in vars(cls).items() if isinstance(value, _Declared)}
        for name in declared:
            delattr(cls, name)
        typed = typing.cast("Any", strawberry.type(cls, description=inspect.getdoc(cls)))
        typed.__plural__ = plural
        typed.__relations__ = declared
        return typed

    return declare


@dataclass(frozen=True)
class Ontology:
    """All kinds and relations, in the order of their declaration."""

    kinds: tuple[Kind, ...]
    relations: tuple[Relation, ...]

    @classmethod
    def of(cls, *classes: type) -> Ontology:
        """Read entity classes; raises OntologyError where they contradict each other."""
        relations = tuple(_relations(classes))
        kinds = tuple(
            Kind(
                name=entity.__name__,
                plural=_plural(entity),
                properties=tuple(_properties(entity)),
                edges=_edges(entity.__name__, relations),
                declared=entity,
            )
            for entity in classes
        )
        _check(kinds, relations)
        return cls(kinds, relations)

    @cached_property
    def kind_by_name(self) -> dict[str, Kind]:
        return {item.name: item for item in self.kinds}

    @cached_property
    def relation_by_signature(self) -> dict[tuple[str, str, str], Relation]:
        return {(item.subject, item.name, item.object): item for item in self.relations}

    @cached_property
    def relation_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.name for item in self.relations))

    @cached_property
    def extra_properties(self) -> tuple[Property, ...]:
        """The properties that not every kind has, each name once."""
        common = set[str].intersection(*({item.name for item in kind.properties} for kind in self.kinds))
        found = {item.name: item for kind in self.kinds for item in kind.properties if item.name not in common}
        return tuple(found.values())


def _plural(entity: type) -> str:
    plural = getattr(entity, "__plural__", None)
    if not plural or "__relations__" not in vars(entity):
        raise OntologyError(f"{entity.__name__} is no kind: decorate it with @kind('plural').")
    return plural


def _relations(classes: Iterable[type]) -> Iterable[Relation]:
    known = {entity.__name__ for entity in classes}
    for entity in classes:
        for name, declared in vars(entity).get("__relations__", {}).items():
            if not _RELATION_NAME.match(declared.name):
                raise OntologyError(f"{entity.__name__}.{name}: '{declared.name}' is not SCREAMING_CASE.")
            if declared.object not in known:
                raise OntologyError(f"{entity.__name__}.{name} leads to {declared.object}, which is no kind.")
            fields = camel(name), camel(declared.inverse)
            yield Relation(declared.name, entity.__name__, declared.object, *fields, *declared.says)


def _properties(entity: type) -> Iterable[Property]:
    definition = typing.cast("Any", entity).__strawberry_definition__
    hints = typing.get_type_hints(entity, include_extras=True)
    for item in definition.fields:
        annotation = hints[item.python_name]
        required = NoneType not in typing.get_args(annotation)
        bare = annotation if required else _without_none(annotation)
        yield Property(
            name=camel(item.python_name),
            type=_property_type(f"{entity.__name__}.{item.python_name}", bare),
            required=required,
            choices=tuple(choice.name for choice in bare)
            if inspect.isclass(bare) and issubclass(bare, enum.Enum)
            else (),
            annotation=bare,
        )


def _without_none(annotation: Any) -> Any:
    rest = [item for item in typing.get_args(annotation) if item is not NoneType]
    return rest[0] if len(rest) == 1 and isinstance(annotation, UnionType | type(typing.Optional[int])) else annotation  # noqa: UP045


def _property_type(place: str, annotation: Any) -> PropertyType:
    if annotation is strawberry.ID:
        return PropertyType.ID
    if annotation is Date:
        return PropertyType.DATE
    if annotation is str:
        return PropertyType.TEXT
    if annotation is int:
        return PropertyType.INTEGER
    if annotation == list[str]:
        return PropertyType.TEXTS
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        return PropertyType.CHOICE
    raise OntologyError(f"{place}: a property is a str, int, Date or enum, not {annotation}.")


def _edges(kind_name: str, relations: tuple[Relation, ...]) -> tuple[Edge, ...]:
    ahead = [Edge(item, reverse=False) for item in relations if item.subject == kind_name]
    back = [Edge(item, reverse=True) for item in relations if item.object == kind_name]
    return (*ahead, *back)


def _check(kinds: tuple[Kind, ...], relations: tuple[Relation, ...]) -> None:
    roots = set(_ROOT_FIELDS)
    for item in kinds:
        if not _NAME.match(item.name):
            raise OntologyError(f"Kind '{item.name}' is not PascalCase.")
        names = [one.name for one in (*item.properties, *item.edges)]
        if not {one.name for one in item.properties} >= _ENTITY:
            raise OntologyError(f"{item.name} is no entity: let its class inherit Entity.")
        if wrong := [name for name in names if not _FIELD_NAME.match(name) or name in _FILTER_WORDS]:
            raise OntologyError(
                f"{item.name}.{wrong[0]}: '{wrong[0]}' is no name for a field, or means something else."
            )
        if twice := {name for name in names if names.count(name) > 1}:
            raise OntologyError(f"{item.name} has two fields '{min(twice)}'.")
        if clash := roots & {item.singular, item.plural} or {item.singular} & {item.plural}:
            raise OntologyError(f"The root field '{min(clash)}' is wanted twice.")
        roots |= {item.singular, item.plural}
    signatures = [(item.subject, item.name) for item in relations]
    if twice := {signature for signature in signatures if signatures.count(signature) > 1}:
        raise OntologyError(f"{' '.join(min(twice))} is declared twice.")


def camel(name: str) -> str:
    """`used_by` -> `usedBy`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
