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

from service.compiler.variables import origin
from service.errors import InputError, Place
from service.plan import MOST_NESTED, Typename
from service.plan.parameters import Convert, Slot, Value

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Selected:
    """One response key of a selection set: its field, and everything selected below it."""

    key: str
    name: str
    parent: GraphQLObjectType
    details: tuple[FieldDetails, ...]
    path: tuple[str, ...]

    @property
    def node(self) -> FieldNode:
        return self.details[0].node

    def place(self, argument: str) -> Place:
        """Where in the document an argument of this field is to be pointed out."""
        for item in self.node.arguments or ():
            if item.name.value == argument.split(".", maxsplit=1)[0]:
                return Place(self.path, argument, item.loc.start if item.loc else 0)
        return Place(self.path, argument, self.node.loc.start if self.node.loc else 0)

    def wrong(self, argument: str, message: str) -> InputError:
        return InputError(f"{argument}: {message}", self.place(argument))


@dataclass(slots=True)
class Operation:
    """Reads selections; hands out slots."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    slots: list[Value] = field(default_factory=list[Value])
    _nested: int = 0

    def roots(self) -> Iterator[Selected]:
        """The root fields, in the order of the response."""
        type_ = self.schema.get_root_type(self.definition.operation)
        if type_ is None:
            return
        found = collect_fields(self.schema, self.fragments, self.variables, type_, self.definition)
        yield from self._selected(found.grouped_field_set, type_, ())

    def below(self, selected: Selected, type_name: str) -> Iterator[Selected]:
        """What is selected below a field if its value is of this object type."""
        type_ = self.schema.type_map[type_name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_name} is no object type")
        found = collect_subfields(
            self.schema, self.fragments, self.variables, self.definition, type_, list(selected.details)
        )
        yield from self._selected(found.grouped_field_set, type_, selected.path)

    def parts(self, selected: Selected, type_name: str, rule: Callable[[Selected], P]) -> tuple[Typename | P, ...]:
        """What is planned of what is selected below a field: `__typename` as on every type, all else by the rule."""
        return tuple(
            Typename(part.key, type_name) if part.name == "__typename" else rule(part)
            for part in self.below(selected, type_name)
        )

    def arguments(self, selected: Selected) -> dict[str, Any]:
        """The field's arguments, coerced; leaves that come from variables are Marks."""
        return get_argument_values(selected.parent.fields[selected.name], selected.node, self.variables)

    @contextmanager
    def nested(self, selected: Selected) -> Generator[None]:
        """Go one relation deeper; raises InputError where that is deeper than a database is asked to go."""
        if self._nested == MOST_NESTED:
            message = f"relations are nested more than {MOST_NESTED} deep; ask for the rest by another operation."
            raise selected.wrong(selected.key, message)
        self._nested += 1
        try:
            yield
        finally:
            self._nested -= 1

    def slot(self, value: Any, convert: Convert, place: Place, detail: tuple[Any, ...] = ()) -> Slot:
        """Reserve a slot for a marked leaf."""
        self.slots.append(Value(origin(value), convert, place, detail))
        return len(self.slots) - 1

    def first(self, selected: Selected) -> Slot:
        """The slot of the argument `first`; where it is null, its default counts."""
        first = self.arguments(selected).get("first")
        if first is None:
            first = selected.parent.fields[selected.name].args["first"].default_value
        return self.slot(first, Convert.SIZE, selected.place("first"))

    def _selected(
        self, grouped: GroupedFieldSet, parent: GraphQLObjectType, path: tuple[str, ...]
    ) -> Iterator[Selected]:
        for key, details in grouped.items():
            yield Selected(key, details[0].node.name.value, parent, tuple(details), (*path, key))
