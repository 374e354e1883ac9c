"""The schema that clients see: it is printed, it keeps its promises, it is small, it explains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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

from schema import ONTOLOGY, build

ROOT = Path(__file__).parents[2]
PRINTED = ROOT / "schema" / "schema.graphql"
CONTRACT = Path(__file__).parent / "contract.graphql"
PROMISED = ROOT.parent / "shared" / "design" / "contract.graphql"


@pytest.fixture(scope="module")
def ours() -> GraphQLSchema:
    """The schema as clients read it: from its text."""
    return build_schema(build().as_str())


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------------------------------------------- printed


def test_the_printed_schema_is_current() -> None:
    assert PRINTED.read_text(encoding="utf-8") == build().as_str() + "\n", (
        "The schema has changed. Look whether clients can live with it, then write it anew:\n"
        "    uv run framework-atlas schema > schema/schema.graphql"
    )


def test_the_schema_is_printed_alike_every_time() -> None:
    assert build().as_str() == build().as_str()


# --------------------------------------------------------------------------------------------------------------- promised


@pytest.mark.skipif(not PROMISED.is_file(), reason="the design does not lie beside the checkout")
def test_the_contract_is_the_one_that_was_promised() -> None:
    assert CONTRACT.read_bytes() == PROMISED.read_bytes()


def test_the_schema_contains_the_contract(ours: GraphQLSchema, contract: GraphQLSchema) -> None:
    assert list(missing_from(ours, contract)) == []


KIND_LINE = re.compile(
    r"^#   (?P<name>[A-Z]\w+)\s+(?P<one>\w+) / (?P<many>\w+)\s+(?P<relations>[\w ]+?)(?:\s+[+(].*)?$", re.MULTILINE
)


def test_every_kind_follows_the_pattern_of_framework(ours: GraphQLSchema) -> None:
    promised = {found["name"]: found for found in KIND_LINE.finditer(CONTRACT.read_text(encoding="utf-8"))}
    query = ours.query_type
    assert query is not None

    assert list(promised) == [item.name for item in ONTOLOGY.kinds]
    for name, found in promised.items():
        assert signature(query.fields[found["one"]]) == f"(slug: String!): {name}"
        assert signature(query.fields[found["many"]]) == f"({lists(name)}, {PAGES}): {name}Connection!"
        for relation in found["relations"].split():
            if relation == "claims":
                assert signature(fields(ours, name)[relation]) == f"({PAGES}): ClaimConnection!"
                continue
            target = ONTOLOGY.kind_by_name[name].edge_by_name[relation].target
            assert signature(fields(ours, name)[relation]) == (
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


def missing_from(ours: GraphQLSchema, contract: GraphQLSchema) -> Iterator[str]:
    """What one schema has and the other lacks or has otherwise, one line each."""
    for name, theirs in contract.type_map.items():
        if name.startswith("__"):
            continue
        own = ours.type_map.get(name)
        if own is None:
            yield name
        elif type(own) is not type(theirs):
            yield f"{name} is a {type(theirs).__name__}"
        else:
            yield from missing_from_type(name, own, theirs)


def missing_from_type(name: str, own: Any, theirs: Any) -> Iterator[str]:
    match theirs:
        case GraphQLEnumType():
            yield from (f"{name}.{value}" for value in theirs.values if value not in own.values)
        case GraphQLUnionType():
            known = {item.name for item in own.types}
            yield from (f"{name} = {item.name}" for item in theirs.types if item.name not in known)
        case GraphQLInputObjectType():
            if own.is_one_of != theirs.is_one_of:
                yield f"{name} @oneOf"
            yield from missing_values(f"{name}.", own.fields, theirs.fields)
        case GraphQLObjectType() | GraphQLInterfaceType():
            known = {item.name for item in own.interfaces}
            yield from (f"{name} & {item.name}" for item in theirs.interfaces if item.name not in known)
            for key, field in theirs.fields.items():
                if key not in own.fields:
                    yield f"{name}.{key}"
                    continue
                if str(own.fields[key].type) != str(field.type):
                    yield f"{name}.{key}: {field.type}"
                yield from missing_values(f"{name}.{key}.", own.fields[key].args, field.args)
        case _:
            pass  # a scalar is its name


def missing_values(prefix: str, own: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Arguments or input fields; what a client must give and the contract does not know breaks it too."""
    for name, item in theirs.items():
        if name not in own:
            yield f"{prefix}{name}"
        elif (str(own[name].type), default_of(own[name])) != (str(item.type), default_of(item)):
            yield f"{prefix}{name}: {item.type}{default_of(item)}"
    for name in own.keys() - theirs.keys():
        if str(own[name].type).endswith("!") and not default_of(own[name]):
            yield f"{prefix}{name} must not be asked for"


# ------------------------------------------------------------------------------------------------------- small and plain


def test_the_schema_stays_small(ours: GraphQLSchema) -> None:
    types = [name for name in ours.type_map if not name.startswith("__") and name not in specified_scalar_types]

    assert len(types) <= 10 * len(ONTOLOGY.kinds) + 60  # ten a kind is what the contract itself takes


def test_names_follow_the_conventions(ours: GraphQLSchema) -> None:
    odd: list[str] = []
    for name, type_ in ours.type_map.items():
        if name.startswith("__"):
            continue
        odd += [name] if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) else []
        if isinstance(type_, GraphQLEnumType):
            odd += [f"{name}.{value}" for value in type_.values if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value)]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            odd += [f"{name}.{field}" for field in type_.fields if not re.fullmatch(r"[a-z][A-Za-z0-9]*", field)]

    assert odd == []


def test_every_list_that_can_grow_is_a_connection(ours: GraphQLSchema) -> None:
    """And a connection is what Relay says it is."""
    for name, type_ in ours.type_map.items():
        if isinstance(type_, GraphQLObjectType) and name.endswith("Connection"):
            node = name.removesuffix("Connection")
            edge = fields(ours, f"{node}Edge")
            assert (str(type_.fields["edges"].type), str(type_.fields["pageInfo"].type)) == (
                f"[{node}Edge!]!",
                "PageInfo!",
            )
            assert str(edge["cursor"].type) == "String!"
            assert edge["node"].type.of_type.name == ("Entity" if node == "Search" else node)

    bare = [
        f"{name}.{key}"
        for name, type_ in ours.type_map.items()
        if isinstance(type_, GraphQLObjectType) and name in ONTOLOGY.kind_by_name
        for key, field in type_.fields.items()
        if "[" in str(field.type) and "String" not in str(field.type) and key not in BOUNDED
    ]
    assert bare == []


BOUNDED = {"alternatives"}
"""Lists that their argument `first` keeps short."""


PLAIN = {"where", "id", "ids", "category"}
"""What its own type explains."""


def test_what_needs_an_explanation_has_one(ours: GraphQLSchema) -> None:
    bare = [name for name, type_ in ours.type_map.items() if not type_.description]
    for name in ("Query", "Node", "Entity", *ONTOLOGY.kind_by_name):
        for key, field in fields(ours, name).items():
            bare += [f"{name}.{key}"] if key not in PLAIN and not field.description else []
            bare += [
                f"{name}.{key}({argument})"
                for argument, item in field.args.items()
                if argument not in PLAIN and not item.description
            ]
    for name, type_ in ours.type_map.items():
        if isinstance(type_, GraphQLInputObjectType) and name.endswith("Relation"):
            bare += [f"{name}.{key}" for key, field in type_.fields.items() if not field.description]

    assert bare == []
