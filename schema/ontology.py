"""The ontology: the kinds of entities and the relations between them, read from the entity classes.

An entity class (`entities.py`) declares a kind: its annotations are the properties, and each `relation(...)` is a
relation whose subject is this kind. Filters, sort orders, connections, tables, constraints and the validation of facts
are derived from the `Ontology` that `Ontology.of(*classes)` returns.
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
from strawberry.types.field import StrawberryField

from schema.scalars import Date

T = TypeVar("T", bound=type)

_NAME = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_RELATION_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z")
_FIELD_NAME = re.compile(r"[a-z][A-Za-z0-9]*\Z")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENTITY_PROPERTIES = frozenset({"id", "slug", "name", "aliases", "summary", "homepage"})
_RESERVED_FIELDS = frozenset({"and", "or", "not", "claim"})
_ROOT_FIELDS = frozenset({"node", "nodes", "claims", "graph", "search", "compare", "recommend", "paths", "changes"})


class OntologyError(ValueError):
    """The entity classes are inconsistent. Raised when the schema is built, never while a request runs."""


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
    """A property of a kind. `choices` are the names of an enum's values, in order."""

    name: str
    type: PropertyType
    required: bool
    choices: tuple[str, ...] = ()
    annotation: Any = field(default=None, compare=False, repr=False)
    description: str = field(default="", compare=False, repr=False)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject -[name]-> object`. Each subject kind has its own relation, so that a degree is an exact count.

    `field` is the field of the subject's kind, `inverse` the field of the object's kind. In a sentence: the subject
    `verb` the object; the object `passive` the subject.
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
    """One direction of a relation: the field `name` of the kind `source` returns entities of the kind `target`."""

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
    entity_class: type = field(compare=False, repr=False)
    description: str = field(default="", compare=False, repr=False)

    @property
    def singular(self) -> str:
        return self.name[0].lower() + self.name[1:]

    @property
    def verbose_name(self) -> str:
        """The name in running text: `framework type`."""
        return _in_words(self.name)

    @property
    def verbose_name_plural(self) -> str:
        return _in_words(self.plural)

    @cached_property
    def property_by_name(self) -> dict[str, Property]:
        return {item.name: item for item in self.properties}

    @cached_property
    def edge_by_name(self) -> dict[str, Edge]:
        return {item.name: item for item in self.edges}

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class _RelationDeclaration:
    name: str
    object: str
    inverse: str
    says: tuple[str, str]


def relation(name: str, to: str, *, inverse: str, says: tuple[str, str] | None = None) -> Any:
    """Declare the relation `name` from this entity class to the kind `to`.

    `inverse` is the field of the other kind for the opposite direction. `says` is the relation in words, active and
    passive: `("uses", "is used by")`.
    """
    verb = name.lower().replace("_", " ")
    return _RelationDeclaration(name, to, inverse, says or (verb, f"is the object of '{verb}' from"))


def kind(plural: str) -> Callable[[T], T]:
    """Declare a subclass of `Entity` as a kind; `plural` is the name of its root list."""

    def declare(cls: T) -> T:
        relations = {name: value for name, value in vars(cls).items() if isinstance(value, _RelationDeclaration)}
        for name in relations:
            delattr(cls, name)
        for name in vars(cls).get("__annotations__", {}):
            if name not in vars(cls):
                setattr(cls, name, strawberry.field())
            member = vars(cls)[name]
            if isinstance(member, StrawberryField) and not member.description:
                member.description = f"The {name.replace('_', ' ')}."
        typed = typing.cast("Any", strawberry.type(cls, description=_class_description(cls)))
        typed.__plural__ = plural
        typed.__relations__ = relations
        return typed

    return declare


@dataclass(frozen=True)
class Ontology:
    """All kinds and relations, in declaration order."""

    kinds: tuple[Kind, ...]
    relations: tuple[Relation, ...]

    @classmethod
    def of(cls, *classes: type) -> Ontology:
        """Read the entity classes; raises OntologyError if they are inconsistent."""
        relations = tuple(_relations(classes))
        kinds = tuple(
            Kind(
                name=entity.__name__,
                plural=_plural(entity),
                properties=tuple(_properties(entity)),
                edges=_edges(entity.__name__, relations),
                entity_class=entity,
                description=typing.cast("Any", entity).__strawberry_definition__.description,
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
        """The properties that only some kinds have, each name once."""
        common = set[str].intersection(*({item.name for item in kind.properties} for kind in self.kinds))
        extra = {item.name: item for kind in self.kinds for item in kind.properties if item.name not in common}
        return tuple(extra.values())


def _plural(entity: type) -> str:
    plural = getattr(entity, "__plural__", None)
    if not plural or "__relations__" not in vars(entity):
        raise OntologyError(f"{entity.__name__} is not a kind; decorate the class with @kind('plural').")
    return plural


def _relations(classes: Iterable[type]) -> Iterable[Relation]:
    kind_names = {entity.__name__ for entity in classes}
    for entity in classes:
        for name, declaration in vars(entity).get("__relations__", {}).items():
            if not _RELATION_NAME.match(declaration.name):
                raise OntologyError(
                    f"{entity.__name__}.{name}: write the relation '{declaration.name}' in upper case, like HAS_FEATURE."
                )
            if declaration.object not in kind_names:
                raise OntologyError(
                    f"{entity.__name__}.{name}: the object '{declaration.object}' is not a kind of this ontology."
                )
            fields = camel(name), camel(declaration.inverse)
            yield Relation(declaration.name, entity.__name__, declaration.object, *fields, *declaration.says)


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
            description=item.description or "",
        )


def _without_none(annotation: Any) -> Any:
    others = [item for item in typing.get_args(annotation) if item is not NoneType]
    is_union = isinstance(annotation, UnionType | type(typing.Optional[int]))  # noqa: UP045
    return others[0] if is_union and len(others) == 1 else annotation


def _property_type(location: str, annotation: Any) -> PropertyType:
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
    raise OntologyError(
        f"{location}: a property cannot have the type {annotation}; use str, int, Date, list[str] or an enum."
    )


def _edges(kind_name: str, relations: tuple[Relation, ...]) -> tuple[Edge, ...]:
    forward = [Edge(item, reverse=False) for item in relations if item.subject == kind_name]
    backward = [Edge(item, reverse=True) for item in relations if item.object == kind_name]
    return (*forward, *backward)


def _check(kinds: tuple[Kind, ...], relations: tuple[Relation, ...]) -> None:
    root_fields = set(_ROOT_FIELDS)
    for item in kinds:
        if not _NAME.match(item.name):
            raise OntologyError(f"Kind '{item.name}': write the name in PascalCase.")
        names = [member.name for member in (*item.properties, *item.edges)]
        if not {member.name for member in item.properties} >= _ENTITY_PROPERTIES:
            raise OntologyError(f"{item.name}: the class of a kind must inherit Entity.")
        if invalid := [name for name in names if not _FIELD_NAME.match(name) or name in _RESERVED_FIELDS]:
            raise OntologyError(f"{item.name}.{invalid[0]}: '{invalid[0]}' is not a valid field name or is reserved.")
        if duplicates := {name for name in names if names.count(name) > 1}:
            raise OntologyError(f"{item.name} has two fields with the name '{min(duplicates)}'; rename one.")
        if duplicates := root_fields & {item.singular, item.plural} or {item.singular} & {item.plural}:
            raise OntologyError(f"{item.name}: the root field '{min(duplicates)}' already exists; rename the kind.")
        root_fields |= {item.singular, item.plural}
    signatures = [(item.subject, item.name) for item in relations]
    if duplicates := {signature for signature in signatures if signatures.count(signature) > 1}:
        raise OntologyError(f"{' '.join(min(duplicates))} is declared twice; remove or rename one.")


def camel(name: str) -> str:
    """`used_by` -> `usedBy`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _in_words(name: str) -> str:
    """`FrameworkType` -> `framework type`."""
    return _WORD_START.sub(" ", name).lower()


def _class_description(cls: type) -> str:
    # inspect.getdoc would return the docstring of a base class.
    return inspect.cleandoc(cls.__doc__) if cls.__doc__ else f"The kind {cls.__name__}."
