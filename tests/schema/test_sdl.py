"""The SDL: the printed file is current, it contains the contract, it stays small, and every element has a description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    print_ast,
    specified_scalar_types,
)

from schema import ONTOLOGY, Ontology, build
from schema.entities import KINDS, Entity
from schema.ontology import kind, relation

ROOT = Path(__file__).parents[2]
PRINTED = ROOT / "schema" / "schema.graphql"
CONTRACT = Path(__file__).parent / "contract.graphql"
DESIGN = ROOT.parent / "shared" / "design" / "contract.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as clients see it, built from its SDL."""
    return build_schema(build().as_str())


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------------------------------------------- printed


def test_the_printed_schema_is_current() -> None:
    assert PRINTED.read_text(encoding="utf-8") == build().as_str() + "\n", (
        "The schema has changed. Check that the change is compatible, then update the file:\n"
        "    uv run framework-atlas schema > schema/schema.graphql"
    )


def test_the_sdl_is_deterministic() -> None:
    assert build().as_str() == build().as_str()


# --------------------------------------------------------------------------------------------------------------- contract


@pytest.mark.skipif(not DESIGN.is_file(), reason="the design documents are not available")
def test_the_contract_is_that_of_the_design() -> None:
    assert CONTRACT.read_bytes() == DESIGN.read_bytes()


def test_the_schema_contains_the_contract(schema: GraphQLSchema, contract: GraphQLSchema) -> None:
    assert list(differences(schema, contract)) == []


KIND_LINE = re.compile(
    r"^#   (?P<name>[A-Z]\w+)\s+(?P<singular>\w+) / (?P<plural>\w+)\s+(?P<fields>[\w ]+?)(?:\s+[+(].*)?$",
    re.MULTILINE,
)


def test_every_kind_follows_the_pattern_of_framework(schema: GraphQLSchema) -> None:
    expected = {match["name"]: match for match in KIND_LINE.finditer(CONTRACT.read_text(encoding="utf-8"))}
    query = schema.query_type
    assert query is not None

    assert list(expected) == [item.name for item in ONTOLOGY.kinds]
    for name, match in expected.items():
        assert signature(query.fields[match["singular"]]) == f"(slug: String!): {name}"
        assert signature(query.fields[match["plural"]]) == f"({lists(name)}, {PAGES}): {name}Connection!"
        for field in match["fields"].split():
            if field == "claims":
                assert signature(fields(schema, name)[field]) == f"({PAGES}): ClaimConnection!"
                continue
            target = ONTOLOGY.kind_by_name[name].edge_by_name[field].target
            assert signature(fields(schema, name)[field]) == (
                f"({lists(target)}, stance: [Stance!] = [HAS, DISPUTED], {PAGES}): {target}Connection!"
            )


PAGES = "first: Int, after: String, last: Int, before: String"


def lists(kind: str) -> str:
    return f"where: {kind}Filter, orderBy: [{kind}Order!]"


def signature(field: Any) -> str:
    arguments = ", ".join(f"{name}: {argument.type}{default_of(argument)}" for name, argument in field.args.items())
    return f"({arguments}): {field.type}" if arguments else f": {field.type}"


def default_of(argument: GraphQLArgument | Any) -> str:
    """` = [HAS, DISPUTED]`, or nothing."""
    node = argument.ast_node
    if node is None or node.default_value is None:
        return ""
    return f" = {print_ast(node.default_value)}"


def fields(schema: GraphQLSchema, name: str) -> dict[str, Any]:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    return dict(type_.fields)


def differences(schema: GraphQLSchema, contract: GraphQLSchema) -> Iterator[str]:
    """One line for each element of the contract that the schema lacks or defines differently."""
    for name, expected in contract.type_map.items():
        if name.startswith("__"):
            continue
        actual = schema.type_map.get(name)
        if actual is None:
            yield name
        elif type(actual) is not type(expected):
            yield f"{name} is a {type(expected).__name__}"
        else:
            yield from type_differences(name, actual, expected)


def type_differences(name: str, actual: Any, expected: Any) -> Iterator[str]:
    match expected:
        case GraphQLEnumType():
            yield from (f"{name}.{value}" for value in expected.values if value not in actual.values)
        case GraphQLUnionType():
            members = {item.name for item in actual.types}
            yield from (f"{name} = {item.name}" for item in expected.types if item.name not in members)
        case GraphQLInputObjectType():
            if actual.is_one_of != expected.is_one_of:
                yield f"{name} @oneOf"
            yield from input_differences(f"{name}.", actual.fields, expected.fields)
        case GraphQLObjectType() | GraphQLInterfaceType():
            interfaces = {item.name for item in actual.interfaces}
            yield from (f"{name} & {item.name}" for item in expected.interfaces if item.name not in interfaces)
            for key, field in expected.fields.items():
                if key not in actual.fields:
                    yield f"{name}.{key}"
                    continue
                if str(actual.fields[key].type) != str(field.type):
                    yield f"{name}.{key}: {field.type}"
                yield from input_differences(f"{name}.{key}.", actual.fields[key].args, field.args)
        case _:
            pass  # a scalar has only a name


def input_differences(prefix: str, actual: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    """Arguments or input fields; a required one that the contract lacks breaks clients too."""
    for name, item in expected.items():
        if name not in actual:
            yield f"{prefix}{name}"
        elif (str(actual[name].type), default_of(actual[name])) != (str(item.type), default_of(item)):
            yield f"{prefix}{name}: {item.type}{default_of(item)}"
    for name in actual.keys() - expected.keys():
        if str(actual[name].type).endswith("!") and not default_of(actual[name]):
            yield f"{prefix}{name} must be optional"


# ------------------------------------------------------------------------------------------------------- size and conventions


def test_the_schema_stays_small(schema: GraphQLSchema) -> None:
    types = [name for name in schema.type_map if not name.startswith("__") and name not in specified_scalar_types]

    assert len(types) <= 10 * len(ONTOLOGY.kinds) + 60  # the contract needs ten for each kind


def test_names_follow_the_conventions(schema: GraphQLSchema) -> None:
    unconventional: list[str] = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        unconventional += [name] if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) else []
        if isinstance(type_, GraphQLEnumType):
            unconventional += [
                f"{name}.{value}" for value in type_.values if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value)
            ]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            unconventional += [
                f"{name}.{field}" for field in type_.fields if not re.fullmatch(r"[a-z][A-Za-z0-9]*", field)
            ]

    assert unconventional == []


def test_every_list_that_can_grow_is_a_connection(schema: GraphQLSchema) -> None:
    """Every connection follows the Relay specification."""
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and name.endswith("Connection"):
            node = name.removesuffix("Connection")
            edge = fields(schema, f"{node}Edge")
            assert (str(type_.fields["edges"].type), str(type_.fields["pageInfo"].type)) == (
                f"[{node}Edge!]!",
                "PageInfo!",
            )
            assert str(edge["cursor"].type) == "String!"
            assert edge["node"].type.of_type.name == ("Entity" if node == "Search" else node)

    plain_lists = [
        f"{name}.{key}"
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and name in ONTOLOGY.kind_by_name
        for key, field in type_.fields.items()
        if "[" in str(field.type) and "String" not in str(field.type) and key not in BOUNDED
    ]
    assert plain_lists == []


BOUNDED = {"alternatives"}
"""Lists whose length the argument `first` limits."""


# ----------------------------------------------------------------------------------------------------------- descriptions


def test_every_element_of_the_schema_has_a_description(schema: GraphQLSchema) -> None:
    assert list(undescribed(schema)) == []


@kind("userGroups")
class UserGroup(Entity):
    founding_year: int
    city: str | None = strawberry.field()

    favours = relation("FAVOURS", "Framework", inverse="favoured_by")


def test_every_element_of_another_ontology_has_a_description() -> None:
    other = build_schema(build(Ontology.of(*KINDS, UserGroup)).as_str())

    assert list(undescribed(other)) == []
    assert other.type_map["UserGroup"].description == "The kind UserGroup."
    assert fields(other, "UserGroup")["foundingYear"].description == "The founding year."
    assert fields(other, "UserGroup")["city"].description == "The city."
    assert fields(other, "UserGroup")["favours"].description == (
        "Frameworks that this user group favours (relation FAVOURS)."
    )
    assert fields(other, "Framework")["favouredBy"].description == (
        "User groups with the relation FAVOURS to this framework."
    )


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    """The types, fields, arguments, input fields and enum values without a description."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in specified_scalar_types:
            continue
        if not type_.description:
            yield name
        members: dict[str, Any] = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
        for key, member in members.items():
            if not member.description:
                yield f"{name}.{key}"
            for argument, definition in getattr(member, "args", {}).items():
                if not definition.description:
                    yield f"{name}.{key}({argument})"
