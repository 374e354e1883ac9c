"""The context of planning one operation: its fields, as GraphQL collects them, and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from service.compiler.field_errors import MARKER, FieldError, OutputTypes
from service.compiler.variables import value_source
from service.errors import ArgumentLocation, InputError
from service.plan import MAX_RELATION_DEPTH, Typename
from service.plan.parameters import AnyConversion, Conversion, Parameter, ParameterIndex

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field of a selection set: one response key, with all fields that are merged into it."""

    key: str
    name: str
    parent: GraphQLObjectType
    details: tuple[FieldDetails, ...]
    path: tuple[str, ...]
    types: OutputTypes
    """The types of the fields on the path."""

    @property
    def node(self) -> FieldNode:
        return self.details[0].node

    def location(self, argument: str) -> ArgumentLocation:
        """Return the location of an argument in the document, or that of the field if the argument is not there."""
        for item in self.node.arguments or ():
            if item.name.value == argument.split(".", maxsplit=1)[0]:
                return ArgumentLocation(self.path, argument, item.loc.start if item.loc else 0)
        return ArgumentLocation(self.path, argument, self.node.loc.start if self.node.loc else 0)

    def input_error(self, argument: str, message: str) -> InputError:
        return InputError(f"{argument}: {message}", self.location(argument))


@dataclass(slots=True)
class PlanningContext:
    """Collects the fields of an operation and its parameters."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    field_errors: list[FieldError] = field(default_factory=list[FieldError])
    _nested: int = 0

    def roots(self) -> Iterator[SelectedField]:
        """Return the root fields, in the order of the response."""
        type_ = self.schema.get_root_type(self.definition.operation)
        if type_ is None:
            return
        collected = collect_fields(self.schema, self.fragments, self.variables, type_, self.definition)
        yield from self._selected(collected.grouped_field_set, type_, (), ())

    def subfields(self, selected: SelectedField, type_name: str) -> Iterator[SelectedField]:
        """Return the fields that are selected on a field whose value is of this object type."""
        type_ = self.schema.type_map[type_name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_name} is not an object type")
        collected = collect_subfields(
            self.schema, self.fragments, self.variables, self.definition, type_, list(selected.details)
        )
        yield from self._selected(collected.grouped_field_set, type_, selected.path, selected.types)

    def plan_subfields(
        self, selected: SelectedField, type_name: str, rule: Callable[[SelectedField], P]
    ) -> tuple[Typename | P, ...]:
        """Plan the subfields of a field: `__typename` directly, all others with the rule."""
        try:
            subfields = tuple(self.subfields(selected, type_name))
        except GraphQLError as error:
            self.field_errors.append(FieldError(error, selected.path, selected.types, in_selection=True))
            return (Typename(MARKER, MARKER),)
        return tuple(
            Typename(part.key, type_name) if part.name == "__typename" else self.plan_field(part, rule)
            for part in subfields
        )

    def plan_field(self, selected: SelectedField, rule: Callable[[SelectedField], P]) -> Typename | P:
        """Plan a field with a rule. If graphql-core rejects its arguments, plan a marker and record the error."""
        parameters, field_errors = len(self.parameters), len(self.field_errors)
        try:
            return rule(selected)
        except GraphQLError as error:
            del self.parameters[parameters:]
            self.field_errors[field_errors:] = [FieldError(error, selected.path, selected.types)]
            return Typename(selected.key, MARKER)

    def arguments(self, selected: SelectedField) -> dict[str, Any]:
        """Return the coerced arguments of a field; leaves that come from variables are VariableMarkers."""
        return get_argument_values(selected.parent.fields[selected.name], selected.node, self.variables)

    @contextmanager
    def nested(self, selected: SelectedField) -> Generator[None]:
        """Enter the selection of a relation. Raise InputError if relations are nested too deeply."""
        if self._nested == MAX_RELATION_DEPTH:
            message = f"relations are nested more than {MAX_RELATION_DEPTH} levels deep; request the rest in another operation."
            raise selected.input_error(selected.key, message)
        self._nested += 1
        try:
            yield
        finally:
            self._nested -= 1

    def parameter(self, value: Any, conversion: AnyConversion, location: ArgumentLocation) -> ParameterIndex:
        """Add a parameter for the value of an argument."""
        self.parameters.append(Parameter(value_source(value), conversion, location))
        return len(self.parameters) - 1

    def first(self, selected: SelectedField) -> ParameterIndex:
        """Add a parameter for the argument `first`; null means its default."""
        first = self.arguments(selected).get("first")
        if first is None:
            first = selected.parent.fields[selected.name].args["first"].default_value
        return self.parameter(first, Conversion.PAGE_SIZE, selected.location("first"))

    def _selected(
        self, grouped: GroupedFieldSet, parent: GraphQLObjectType, path: tuple[str, ...], types: OutputTypes
    ) -> Iterator[SelectedField]:
        for key, details in grouped.items():
            name = details[0].node.name.value
            field_type = parent.fields.get(name, TypeNameMetaFieldDef).type
            yield SelectedField(key, name, parent, tuple(details), (*path, key), (*types, field_type))
