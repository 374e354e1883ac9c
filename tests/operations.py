"""Generate GraphQL operations from a schema: every field, argument, input and directive that it offers.

The generator knows nothing of the service. It reads the schema (so a new field is covered as soon as the SDL has it) and
takes values from a `ValuePool`. `Operation.text` is the document; `neighbours` yields variants that are likely invalid.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

TYPENAME = "type_"
"""The alias of `__typename` in every selection of an interface or union."""

_MAX_LIST = 3


class EnumName(str):
    """An enum value: a bare name in a document, a string in variables."""

    __slots__ = ()


@dataclass(frozen=True)
class VariableUse:
    """A variable in place of a value."""

    name: str


@dataclass
class Selection:
    """A field, an inline fragment (`on`), or a fragment spread (`spread`)."""

    name: str = ""
    alias: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: list[str] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    on: str | None = None
    spread: str | None = None
    coordinate: str = ""

    @property
    def key(self) -> str:
        return self.alias or self.name


@dataclass
class Operation:
    """A document with one operation, and the variables of a request."""

    selections: list[Selection]
    definitions: dict[str, str] = field(default_factory=dict)
    """Variable definitions by name: the type, and the default if there is one."""
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, tuple[str, list[Selection]]] = field(default_factory=dict)
    kind: str = "query"

    @property
    def text(self) -> str:
        definitions = ", ".join(f"${name}: {type_}" for name, type_ in self.definitions.items())
        head = f"{self.kind} ({definitions}) " if definitions else f"{self.kind} "
        return head + self.body

    @property
    def body(self) -> str:
        """The selections and fragments, without the variable definitions."""
        fragments = (f"fragment {name} on {on} {_block(body)}" for name, (on, body) in self.fragments.items())
        return "\n".join([_block(self.selections), *fragments])

    def fields(self) -> Iterator[Selection]:
        """All fields of the document."""
        yield from _fields(self.selections)
        for _, body in self.fragments.values():
            yield from _fields(body)


@dataclass
class ValuePool:
    """Values of scalars. `by_name` has those for arguments and input fields of a certain name, `texts` any others."""

    ids: Sequence[str]
    texts: Sequence[str]
    by_name: Mapping[str, Sequence[Any]]
    dates: Sequence[str] = ("2023", "2024-03", "2024-03-19", "1999-12-31", "2024-02-29", "0001", "9999-12-31")
    numbers: Sequence[int] = (0, 1, 2, 3, 5)
    fractions: Sequence[float] = (0, 0.25, 0.5, 0.501, 0.75, 1)
    cursors: dict[str, list[str]] = field(default_factory=dict)
    """Cursors of earlier responses, by the field that returned them and its order: see `cursor_key`."""


Arguments: TypeAlias = Mapping[str, GraphQLArgument | GraphQLInputField]


@dataclass
class OperationGenerator:
    """Generates operations of one schema. `max_depth` bounds the levels of composite fields, `roots` the root fields."""

    schema: GraphQLSchema
    pool: ValuePool
    random: Random
    max_depth: int = 4
    weights: Mapping[str, float] = field(default_factory=dict)
    """How often a field is chosen, by coordinate (`Query.paths`); 1 for all others, 0 excludes a field."""
    coverage: Counter[str] = field(default_factory=Counter)
    _operation: Operation = field(default_factory=lambda: Operation([]))
    _number: int = 0

    def generate(self) -> Operation:
        """Generate a valid query. Its values can still be semantically wrong, such as two page sizes."""
        self._operation = Operation([])
        self._number = 0
        root = self.schema.query_type
        assert root is not None
        count = self.random.choice((1, 1, 1, 2, 3))
        names = self._weighted(root, [name for name in root.fields if not name.startswith("__")], count)
        self._operation.selections = [self._field(root, name, self.max_depth) for name in names]
        if self.random.random() < 0.1:
            self._operation.selections.append(Selection("__typename"))
        self._drop_unused_variables()
        return self._operation

    def _drop_unused_variables(self) -> None:
        operation = self._operation
        body = operation.body
        for name in [name for name in operation.definitions if not re.search(rf"\${name}\b", body)]:
            del operation.definitions[name]
            operation.variables.pop(name, None)

    # ----------------------------------------------------------------------------------------------------- selections

    def _field(self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> Selection:
        definition: GraphQLField = parent.fields[name]
        coordinate = f"{parent.name}.{name}"
        self.coverage[coordinate] += 1
        selection = Selection(name, coordinate=coordinate)
        selection.arguments = self._arguments(definition.args, coordinate)
        type_ = get_named_type(definition.type)
        if selection.arguments or self.random.random() < 0.3:
            selection.alias = self._fresh(name)
        selection.directives = self._directives()
        if not is_leaf_type(type_):
            selection.selections = self._selection_set(type_, depth - 1)
        return selection

    def _selection_set(self, type_: GraphQLNamedType, depth: int) -> list[Selection]:
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            return self._abstract(type_, depth)
        assert isinstance(type_, GraphQLObjectType)
        selections = self._fields(type_, depth)
        if self.random.random() < 0.1:
            selections.append(Selection("__typename", self.random.choice((None, self._fresh("t")))))
        if self.random.random() < 0.08:
            on = self.random.choice([type_, *type_.interfaces])
            selections.append(self._fragment(on, [Selection("__typename", self._fresh("t"))]))
        return selections

    def _abstract(self, type_: GraphQLUnionType | GraphQLInterfaceType, depth: int) -> list[Selection]:
        selections = [Selection("__typename", TYPENAME)]
        if isinstance(type_, GraphQLInterfaceType) and self.random.random() < 0.7:
            selections += self._fields(type_, depth, aliased=True)
        possible = sorted(self.schema.get_possible_types(type_), key=lambda item: item.name)
        for member in self.random.sample(possible, self.random.choice((0, 1, 1, 2)) if len(possible) > 1 else 1):
            selections.append(self._fragment(member, self._fields(member, depth, aliased=True)))
        others = [
            item
            for item in self.schema.type_map.values()
            if isinstance(item, GraphQLInterfaceType)
            and {member.name for member in self.schema.get_possible_types(item)} & {member.name for member in possible}
        ]
        if others and self.random.random() < 0.2:
            interface = self.random.choice(others)
            selections.append(self._fragment(interface, self._fields(interface, depth, aliased=True)))
        return selections

    def _fields(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, *, aliased: bool = False
    ) -> list[Selection]:
        names = [name for name, item in type_.fields.items() if depth > 0 or is_leaf_type(get_named_type(item.type))]
        if not names:
            return [Selection("__typename")]
        chosen = self._weighted(type_, names, self.random.choice((1, 1, 2, 2, 3, 4)))
        selections = [self._field(type_, name, depth) for name in chosen] or [Selection("__typename")]
        if aliased:  # fields of the same name on two types may have different types
            for selection in selections:
                selection.alias = self._fresh(selection.name)
        return selections

    def _fragment(self, on: GraphQLNamedType, selections: list[Selection]) -> Selection:
        if self.random.random() < 0.3:
            name = self._fresh("F")
            self._operation.fragments[name] = on.name, selections
            return Selection(spread=name, directives=self._directives())
        return Selection(on=on.name, selections=selections, directives=self._directives())

    def _weighted(self, type_: GraphQLNamedType, names: list[str], count: int) -> list[str]:
        weights = [self.weights.get(f"{type_.name}.{name}", 1.0) for name in names]
        if not any(weights):
            return []
        return list(dict.fromkeys(self.random.choices(names, weights, k=count)))

    def _directives(self) -> list[str]:
        if self.random.random() > 0.06:
            return []
        name = self.random.choice(("skip", "include"))
        value = self._use(GraphQLNonNull(self.schema.type_map["Boolean"]), self.random.random() < 0.5, "if")  # type: ignore[type-var]
        return [f"@{name}(if: {literal(value)})"]

    # ------------------------------------------------------------------------------------------------------ arguments

    def _arguments(self, arguments: Arguments, coordinate: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, argument in arguments.items():
            required = is_required_argument(argument) if isinstance(argument, GraphQLArgument) else False
            if not required and self.random.random() < 0.65:
                continue
            self.coverage[f"{coordinate}({name}:)"] += 1
            values[name] = self._value_or_variable(argument, name, 3)
        if "first" in values and "last" in values and self.random.random() < 0.9:
            del values[self.random.choice(("first", "last"))]
        for name in ("after", "before"):
            if name in values:
                known = self.pool.cursors.get(cursor_key(coordinate, values) or "")
                if known and self.random.random() < 0.9:
                    values[name] = self.random.choice(known)
                elif self.random.random() < 0.8:
                    del values[name]
        return values

    def _value_or_variable(self, place: GraphQLArgument | GraphQLInputField, name: str, depth: int) -> Any:
        value = self._value(place.type, name, depth)
        if self.random.random() < 0.25 and not _has_variables(value):
            return self._use(place.type, value, name, has_default=place.default_value is not Undefined)
        return value

    def _value(self, type_: Any, name: str, depth: int) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, name, depth)
        return None if self.random.random() < 0.06 else self._present(type_, name, depth)

    def _present(self, type_: Any, name: str, depth: int) -> Any:
        match type_:
            case GraphQLList():
                if self.random.random() < 0.05:
                    return self._value(type_.of_type, name, depth)
                size = self.random.randint(0, _MAX_LIST)
                return [self._item(type_.of_type, name, depth) for _ in range(size)]
            case GraphQLInputObjectType():
                return self._input(type_, depth)
            case GraphQLEnumType():
                self.coverage[f"{type_.name}"] += 1
                return EnumName(self.random.choice(list(type_.values)))
            case _:
                return self._scalar(type_.name, name)

    def _item(self, type_: Any, name: str, depth: int) -> Any:
        value = self._value(type_, name, depth)
        if self.random.random() < 0.05 and not _has_variables(value):
            return self._use(type_, value, name)
        return value

    def _input(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        fields = type_.fields
        if type_.is_one_of:
            name = self.random.choice(list(fields))
            self.coverage[f"{type_.name}.{name}"] += 1
            value = self._present(fields[name].type, name, depth - 1)
            if self.random.random() < 0.1 and not _has_variables(value):
                value = self._required(fields[name].type, value)
            return {name: value}
        simple = [name for name, item in fields.items() if depth > 1 or not _is_nested(item.type)]
        required = [name for name, item in fields.items() if is_required_input_field(item)]
        chosen = self.random.sample(simple, min(len(simple), self.random.choice((0, 1, 1, 2, 3))))
        values = {}
        for name in dict.fromkeys([*required, *chosen]):
            self.coverage[f"{type_.name}.{name}"] += 1
            values[name] = self._value_or_variable(fields[name], name, depth - 1)
        return values

    def _scalar(self, type_name: str, name: str) -> Any:
        special = self.pool.by_name.get(name)
        if special and type_name != "Boolean" and self.random.random() < 0.9:
            return self.random.choice(special)
        match type_name:
            case "ID":
                return self.random.choice(self.pool.ids)
            case "Int":
                return self.random.choice(self.pool.numbers)
            case "Float":
                return self.random.choice(self.pool.fractions)
            case "Boolean":
                return self.random.random() < 0.5
            case "Date":
                return self.random.choice(self.pool.dates)
            case _:
                return self.random.choice(self.pool.texts)

    # ------------------------------------------------------------------------------------------------------ variables

    def _use(self, type_: Any, value: Any, name: str, *, has_default: bool = False) -> VariableUse:
        """A variable that stands for a value: given, or absent with a default, or null."""
        variable = self._fresh("v")
        operation, text = self._operation, str(type_)
        way = self.random.choice(("given", "given", "default", "overridden", "nullable", "absent"))
        nullable = not isinstance(type_, GraphQLNonNull)
        match way:
            case "default":
                operation.definitions[variable] = f"{text} = {literal(value)}"
            case "overridden":
                other = self._value(type_, name, 2)
                operation.definitions[variable] = f"{text} = {literal(value if _has_variables(other) else other)}"
                operation.variables[variable] = plain(value)
            case "nullable" if nullable or has_default:
                operation.definitions[variable] = text.removesuffix("!") if has_default else text
                operation.variables[variable] = None if nullable else plain(value)
            case "absent" if nullable or has_default:
                operation.definitions[variable] = text.removesuffix("!") if has_default else text
            case "nullable" | "absent" if value is not None and not nullable:
                # a nullable variable with a default may stand in a non-null position
                operation.definitions[variable] = f"{text.removesuffix('!')} = {literal(value)}"
                operation.variables[variable] = plain(value)
            case _:
                operation.definitions[variable] = text
                operation.variables[variable] = plain(value)
        if "= null" in operation.definitions[variable] and not nullable:
            operation.definitions[variable] = text
            operation.variables[variable] = plain(value)
        return VariableUse(variable)

    def _required(self, type_: Any, value: Any) -> VariableUse:
        """A variable of a non-null type, as a field of a oneOf input demands."""
        variable = self._fresh("v")
        self._operation.definitions[variable] = f"{type_}!"
        self._operation.variables[variable] = plain(value)
        return VariableUse(variable)

    def _fresh(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}_{self._number}"


def neighbours(operation: Operation, random: Random) -> Iterator[Operation]:
    """Variants of an operation that differ in one place, each of which is probably invalid."""
    changes = list(_CHANGES)
    random.shuffle(changes)
    for change in changes:
        variant = deepcopy(operation)
        if change(variant, random):
            yield variant


def _unknown_field(operation: Operation, random: Random) -> bool:
    one = random.choice(list(operation.fields()))
    one.selections.append(Selection("noSuchField"))
    return True


def _unknown_argument(operation: Operation, random: Random) -> bool:
    one = random.choice(list(operation.fields()))
    one.arguments["noSuchArgument"] = 1
    return True


def _no_selection(operation: Operation, random: Random) -> bool:
    composite = [one for one in operation.fields() if one.selections]
    if not composite:
        return False
    random.choice(composite).selections = []
    return True


def _no_argument(operation: Operation, random: Random) -> bool:
    given = [one for one in operation.fields() if one.arguments]
    if not given:
        return False
    one = random.choice(given)
    del one.arguments[random.choice(list(one.arguments))]
    return True


def _wrong_value(operation: Operation, random: Random) -> bool:
    given = [one for one in operation.fields() if one.arguments]
    if not given:
        return False
    one = random.choice(given)
    name = random.choice(list(one.arguments))
    one.arguments[name] = _corrupt(one.arguments[name], random)
    return True


def _wrong_variable(operation: Operation, random: Random) -> bool:
    if not operation.definitions:
        return False
    name = random.choice(list(operation.definitions))
    operation.variables[name] = random.choice(
        (None, -1, "", [], {}, [None], {"no": 1}, 1.5, True, [[]], 2**31, "\ud800")
    )
    return True


def _undefined_variable(operation: Operation, random: Random) -> bool:
    if not operation.definitions:
        return False
    del operation.definitions[random.choice(list(operation.definitions))]
    return True


def _unused_variable(operation: Operation, random: Random) -> bool:
    operation.definitions["unused"] = random.choice(("Int", "NoSuchType", "Framework", "[String!]!"))
    return True


_CHANGES = (
    _unknown_field,
    _unknown_argument,
    _no_selection,
    _no_argument,
    _wrong_value,
    _wrong_value,
    _wrong_variable,
    _wrong_variable,
    _undefined_variable,
    _unused_variable,
)
_STRANGE: tuple[Any, ...] = (
    *(None, -1, 0, 2**31, 1.5, 1e308, True, "", "x", EnumName("NO_SUCH_VALUE"), [], [None], {}, [[]], {"no": 1}),
    *("\ufdfa", "A" * 2000, "2023-02-29", "2024-04-31", "0000", [{}], [{"name": None}], VariableUse("undefined")),
)


def _corrupt(value: Any, random: Random) -> Any:
    """A value in which one part is replaced by something strange, added or removed."""
    match value:
        case dict() if value and random.random() < 0.7:
            name = random.choice(list(value))
            if random.random() < 0.2:
                return {**value, random.choice(("slug", "name", "count", "eq", "noSuchField")): random.choice(_STRANGE)}
            return {**value, name: _corrupt(value[name], random)}
        case list() if value and random.random() < 0.7:
            place = random.randrange(len(value))
            return [*value[:place], _corrupt(value[place], random), *value[place + 1 :]]
        case _:
            return random.choice(_STRANGE)


# -------------------------------------------------------------------------------------------------------------- printing


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case VariableUse(name):
            return f"${name}"
        case EnumName():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return json.dumps(value)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case EnumName():
            return str(value)
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def cursor_key(coordinate: str, arguments: Mapping[str, Any]) -> str | None:
    """The lists whose cursors fit each other: those of one field in one order. None if a variable decides the order."""
    order = arguments.get("orderBy")
    return None if _has_variables(order) else f"{coordinate} {literal(order)}"


def _block(selections: Sequence[Selection]) -> str:
    return "{ " + " ".join(map(_selection, selections)) + " }"


def _selection(selection: Selection) -> str:
    directives = "".join(f" {directive}" for directive in selection.directives)
    if selection.spread is not None:
        return f"...{selection.spread}{directives}"
    if selection.on is not None:
        return f"... on {selection.on}{directives} {_block(selection.selections)}"
    alias = f"{selection.alias}: " if selection.alias else ""
    arguments = ", ".join(f"{name}: {literal(value)}" for name, value in selection.arguments.items())
    head = f"{alias}{selection.name}" + (f"({arguments})" if arguments else "") + directives
    return f"{head} {_block(selection.selections)}" if selection.selections else head


def _fields(selections: Sequence[Selection]) -> Iterator[Selection]:
    for selection in selections:
        if selection.name:
            yield selection
        yield from _fields(selection.selections)


def _has_variables(value: Any) -> bool:
    match value:
        case VariableUse():
            return True
        case dict():
            return any(map(_has_variables, value.values()))
        case list():
            return any(map(_has_variables, value))
        case _:
            return False


def _is_nested(type_: Any) -> bool:
    return isinstance(get_named_type(type_), GraphQLInputObjectType)
