"""Make Strawberry types whose fields are known only once the ontology is read.

Every derived type is a plain shape: it has fields, arguments and descriptions but no resolver, since operations are
compiled and no resolver runs. Annotations are strings that are looked up in `Types` when the schema is built, so types
may refer to each other in any order.
"""

from __future__ import annotations

import keyword
import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import get_object_definition
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from schema.ontology import OntologyError


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field; `type` is a Python annotation as text, `default` a Python value."""

    name: str
    type: str
    description: str | None = None
    default: Any = strawberry.UNSET


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a derived type; `type` is a Python annotation as text: `FeatureConnection`, `int | None`."""

    name: str
    type: str
    description: str | None = None
    arguments: tuple[Argument, ...] = ()
    default: Any = strawberry.UNSET


class Types:
    """The derived types of one schema by name: the namespace in which their annotations are looked up."""

    def __init__(self, **known: Any) -> None:
        self.namespace: dict[str, Any] = {"ID": strawberry.ID, **known}

    def __getitem__(self, name: str) -> Any:
        return self.namespace[name]

    def output(
        self, name: str, fields: tuple[Field, ...], description: str | None = None, bases: tuple[type, ...] = ()
    ) -> type:
        """Make and remember an object type; `bases` are types whose fields and interfaces it inherits."""
        members = {_attribute(field.name): self._output_field(field) for field in fields}
        made = strawberry.type(_new_class(name, bases, members), name=name, description=description)
        return self._remember(name, made, fields)

    def input(self, name: str, fields: tuple[Field, ...], description: str, *, one_of: bool = False) -> type:
        """Make and remember an input type; a field without a default may be left out."""
        members = {_attribute(field.name): self._input_field(field) for field in fields}
        made = strawberry.input(
            _new_class(name, (), members), name=name, description=description, one_of=one_of or None
        )
        return self._remember(name, made, fields)

    def union(self, name: str, members: tuple[str, ...], description: str) -> None:
        """Make and remember a union of object types."""
        joined = Union[tuple(self.namespace[member] for member in members)]  # type: ignore[valid-type]  # noqa: UP007
        self.namespace[name] = Annotated[joined, strawberry.union(name, description=description)]

    def _remember(self, name: str, made: type, fields: tuple[Field, ...]) -> type:
        # dataclasses put the class's annotation in place of each field's own, which knows where to look names up.
        annotations = {_attribute(field.name): self._annotation(field.type) for field in fields}
        for field in get_object_definition(made, strict=True).fields:
            field.type_annotation = annotations.get(field.python_name, field.type_annotation)
        if name in self.namespace:
            raise OntologyError(f"Two types are called {name}; give the kind another name.")
        self.namespace[name] = made
        return made

    def _annotation(self, text: str) -> StrawberryAnnotation:
        return StrawberryAnnotation(text, namespace=self.namespace)

    def _output_field(self, field: Field) -> StrawberryField:
        made = StrawberryField(
            python_name=_attribute(field.name),
            graphql_name=field.name,
            type_annotation=self._annotation(field.type),
            description=field.description,
        )
        made.arguments = [
            StrawberryArgument(
                python_name=_attribute(argument.name),
                graphql_name=argument.name,
                type_annotation=self._annotation(argument.type),
                description=argument.description,
                default=argument.default,
            )
            for argument in field.arguments
        ]
        return made

    def _input_field(self, field: Field) -> StrawberryField:
        return StrawberryField(
            python_name=_attribute(field.name),
            graphql_name=field.name,
            type_annotation=self._annotation(field.type),
            description=field.description,
            **_default(field.default),
        )


def _default(value: Any) -> dict[str, Any]:
    # dataclasses want a list from a factory
    return {"default_factory": cast("list[Any]", value).copy} if isinstance(value, list) else {"default": value}


def _attribute(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _new_class(name: str, bases: tuple[type, ...], members: dict[str, Any]) -> type:
    def fill(namespace: dict[str, Any]) -> None:
        namespace.update(members)
        namespace["__annotations__"] = dict.fromkeys(members, object)
        namespace["__module__"] = __name__

    return types.new_class(name, bases, {}, fill)
