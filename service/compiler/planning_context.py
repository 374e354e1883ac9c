"""One operation while it is planned: its fields as GraphQL collects them, and the slots that its values fill."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from service.compiler.variables import value_source
from service.errors import ArgumentLocation, InputError
from service.plan import MAX_RELATION_DEPTH, Typename
from service.plan.parameters import Conversion, Parameter, ParameterIndex

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class SelectedField:
    """One response key of a selection set: its field, and everything selected below it."""

    key: str
    name: str
    parent: GraphQLObjectType
    details: tuple[FieldDetails, ...]
    path: tuple[str, ...]

    @property
    def node(self) -> FieldNode:
        return self.details[0].node

    def location(self, argument: str) -> ArgumentLocation:
        """Where in the document an argument of this field is to be pointed out."""
        for item in self.node.arguments or ():
            if item.name.value == argument.split(".", maxsplit=1)[0]:
                return ArgumentLocation(self.path, argument, item.loc.start if item.loc else 0)
        return ArgumentLocation(self.path, argument, self.node.loc.start if self.node.loc else 0)

    def input_error(self, argument: str, message: str) -> InputError:
        return InputError(f"{argument}: {message}", self.location(argument))


@dataclass(slots=True)
class PlanningContext:
    """Reads selections; hands out slots."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    _nested: int = 0

    def roots(self) -> Iterator[SelectedField]:
        """The root fields, in the order of the response."""
        type_ = self.schema.get_root_type(self.definition.operation)
        if type_ is None:
            return
        found = collect_fields(self.schema, self.fragments, self.variables, type_, self.definition)
        yield from self._selected(found.grouped_field_set, type_, ())

    def subfields(self, selected: SelectedField, type_name: str) -> Iterator[SelectedField]:
        """What is selected below a field if its value is of this object type."""
        type_ = self.schema.type_map[type_name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_name} is no object type")
        found = collect_subfields(
            self.schema, self.fragments, self.variables, self.definition, type_, list(selected.details)
        )
        yield from self._selected(found.grouped_field_set, type_, selected.path)

    def plan_subfields(
        self, selected: SelectedField, type_name: str, rule: Callable[[SelectedField], P]
    ) -> tuple[Typename | P, ...]:
        """What is planned of what is selected below a field: `__typename` as on every type, all else by the rule."""
        return tuple(
            Typename(part.key, type_name) if part.name == "__typename" else rule(part)
            for part in self.subfields(selected, type_name)
        )

    def arguments(self, selected: SelectedField) -> dict[str, Any]:
        """The field's arguments, coerced; leaves that come from variables are Marks."""
        return get_argument_values(selected.parent.fields[selected.name], selected.node, self.variables)

    @contextmanager
    def nested(self, selected: SelectedField) -> Generator[None]:
        """Go one relation deeper; raises InputError where that is deeper than a database is asked to go."""
        if self._nested == MAX_RELATION_DEPTH:
            message = (
                f"relations are nested more than {MAX_RELATION_DEPTH} deep; ask for the rest by another operation."
            )
            raise selected.input_error(selected.key, message)
        self._nested += 1
        try:
            yield
        finally:
            self._nested -= 1

    def parameter(
        self, value: Any, conversion: Conversion, location: ArgumentLocation, detail: tuple[Any, ...] = ()
    ) -> ParameterIndex:
        """Reserve a slot for a marked leaf."""
        self.parameters.append(Parameter(value_source(value), conversion, location, detail))
        return len(self.parameters) - 1

    def first(self, selected: SelectedField) -> ParameterIndex:
        """The slot of the argument `first`; where it is null, its default counts."""
        first = self.arguments(selected).get("first")
        if first is None:
            first = selected.parent.fields[selected.name].args["first"].default_value
        return self.parameter(first, Conversion.SIZE, selected.location("first"))

    def _selected(
        self, grouped: GroupedFieldSet, parent: GraphQLObjectType, path: tuple[str, ...]
    ) -> Iterator[SelectedField]:
        for key, details in grouped.items():
            yield SelectedField(key, details[0].node.name.value, parent, tuple(details), (*path, key))
