"""Build Strawberry types whose fields depend on the ontology.

Every generated type has fields, arguments and descriptions, but no resolvers: operations are compiled, so no resolver
runs. Annotations are strings that are resolved in the registry's namespace when the schema is built, so types may
refer to each other in any order.
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
class ArgumentDefinition:
    """An argument of a field; `type` is a Python annotation as text, `default` a Python value."""

    name: str
    type: str
    description: str
    default: Any = strawberry.UNSET


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of a generated type; `type` is a Python annotation as text: `FeatureConnection`, `int | None`."""

    name: str
    type: str
    description: str
    arguments: tuple[ArgumentDefinition, ...] = ()
    default: Any = strawberry.UNSET
    deprecation_reason: str | None = None


class TypeRegistry:
    """The types of one schema by name: the namespace in which annotations are resolved."""

    def __init__(self, **types: Any) -> None:
        self.namespace: dict[str, Any] = {"ID": strawberry.ID, **types}

    def __getitem__(self, name: str) -> Any:
        return self.namespace[name]

    def output(
        self, name: str, fields: tuple[FieldDefinition, ...], description: str, bases: tuple[type, ...] = ()
    ) -> type:
        """Create and register an object type that inherits the fields and interfaces of `bases`."""
        members = {_attribute(field.name): self._output_field(field) for field in fields}
        created = strawberry.type(_new_class(name, bases, members), name=name, description=description)
        return self._register(name, created, fields)

    def input(self, name: str, fields: tuple[FieldDefinition, ...], description: str, *, one_of: bool = False) -> type:
        """Create and register an input type; a field without a default is optional."""
        members = {_attribute(field.name): self._input_field(field) for field in fields}
        created = strawberry.input(
            _new_class(name, (), members), name=name, description=description, one_of=one_of or None
        )
        return self._register(name, created, fields)

    def union(self, name: str, members: tuple[str, ...], description: str) -> None:
        """Create and register a union of object types."""
        joined = Union[tuple(self.namespace[member] for member in members)]  # type: ignore[valid-type]  # noqa: UP007
        self.namespace[name] = Annotated[joined, strawberry.union(name, description=description)]

    def _register(self, name: str, created: type, fields: tuple[FieldDefinition, ...]) -> type:
        # dataclasses replace each field's annotation with that of the class, which lacks the namespace.
        annotations = {_attribute(field.name): self._annotation(field.type) for field in fields}
        for field in get_object_definition(created, strict=True).fields:
            field.type_annotation = annotations.get(field.python_name, field.type_annotation)
        if name in self.namespace:
            raise OntologyError(f"The schema has two types with the name {name}; rename the kind.")
        self.namespace[name] = created
        return created

    def _annotation(self, text: str) -> StrawberryAnnotation:
        return StrawberryAnnotation(text, namespace=self.namespace)

    def _output_field(self, field: FieldDefinition) -> StrawberryField:
        created = StrawberryField(
            python_name=_attribute(field.name),
            graphql_name=field.name,
            type_annotation=self._annotation(field.type),
            description=field.description,
            deprecation_reason=field.deprecation_reason,
        )
        created.arguments = [
            StrawberryArgument(
                python_name=_attribute(argument.name),
                graphql_name=argument.name,
                type_annotation=self._annotation(argument.type),
                description=argument.description,
                default=argument.default,
            )
            for argument in field.arguments
        ]
        return created

    def _input_field(self, field: FieldDefinition) -> StrawberryField:
        return StrawberryField(
            python_name=_attribute(field.name),
            graphql_name=field.name,
            type_annotation=self._annotation(field.type),
            description=field.description,
            **_default(field.default),
        )


def _default(value: Any) -> dict[str, Any]:
    # dataclasses reject a mutable default and require a factory
    return {"default_factory": cast("list[Any]", value).copy} if isinstance(value, list) else {"default": value}


def _attribute(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _new_class(name: str, bases: tuple[type, ...], members: dict[str, Any]) -> type:
    def fill(namespace: dict[str, Any]) -> None:
        namespace.update(members)
        namespace["__annotations__"] = dict.fromkeys(members, object)
        namespace["__module__"] = __name__

    return types.new_class(name, bases, {}, fill)
