"""Generate `framework_atlas/types.py` from `schema/schema.graphql`: `uv run python client/generate_types.py`.

Requires graphql-core and ruff, which are in the environment of the repository.
"""

from __future__ import annotations

import keyword
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

CLIENT = Path(__file__).parent
SDL = CLIENT.parent / "schema" / "schema.graphql"
OUTPUT = CLIENT / "framework_atlas" / "types.py"

HEAD = '''"""The types of the GraphQL schema for type checkers.

Generated from the schema by `generate_types.py`; do not edit.

Input types are exact, so that a type checker finds an invalid filter, order or input. Output types contain all fields of the
schema; at run time a value contains only the fields that the document selects.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

Date: TypeAlias = str
DateTime: TypeAlias = str
'''
SCALARS = {"String": "str", "ID": "str", "Int": "int", "Float": "float", "Boolean": "bool"}


def generate(sdl: str) -> str:
    """Return the source of the module, formatted."""
    schema = build_schema(sdl)
    types = [type_ for name, type_ in sorted(schema.type_map.items()) if not name.startswith("__")]
    rank = [GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType]
    types = [type_ for type_ in types if type(type_) in rank]
    types.sort(key=lambda type_: rank.index(type(type_)))
    text = "\n\n".join([HEAD, *(part for type_ in types for part in _definitions(type_, schema))])
    formatted = subprocess.run(  # noqa: S603 - runs ruff on generated code
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(OUTPUT), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return formatted.stdout


def _definitions(type_: Any, schema: GraphQLSchema) -> Iterator[str]:
    match type_:
        case GraphQLEnumType():
            yield f"{type_.name}: TypeAlias = Literal[{', '.join(map(repr, type_.values))}]{_docstring(type_)}"
        case GraphQLInputObjectType(is_one_of=True):
            parts = {name: f"{type_.name}By{name[0].upper()}{name[1:]}" for name in type_.fields}
            for name, part in parts.items():
                yield _typed_dict(part, {name: _python_type(type_.fields[name].type, nullable=False)})
            yield f"{type_.name}: TypeAlias = {' | '.join(parts.values())}{_docstring(type_)}"
        case GraphQLInputObjectType():
            fields = {name: _input(field) for name, field in type_.fields.items()}
            yield _typed_dict(type_.name, fields, _docstring(type_))
        case GraphQLObjectType():
            fields = {name: _python_type(field.type) for name, field in type_.fields.items()}
            if type_ not in (schema.query_type, schema.mutation_type, schema.subscription_type):
                fields = {"__typename": f"Literal[{type_.name!r}]", **fields}
            yield _typed_dict(type_.name, fields, _docstring(type_))
        case GraphQLInterfaceType() | GraphQLUnionType():
            members = sorted(member.name for member in schema.get_possible_types(type_))
            yield f"{type_.name}: TypeAlias = {' | '.join(members)}{_docstring(type_)}"
        case _:
            raise TypeError(f"cannot generate a type for {type_}")


def _input(field: Any) -> str:
    type_ = _python_type(field.type)
    required = isinstance(field.type, GraphQLNonNull) and field.ast_node.default_value is None
    return type_ if required else f"NotRequired[{type_}]"


def _python_type(type_: Any, *, nullable: bool = True) -> str:
    match type_:
        case GraphQLNonNull():
            return _python_type(type_.of_type, nullable=False)
        case GraphQLList():
            name = f"list[{_python_type(type_.of_type)}]"
        case GraphQLScalarType():
            name = SCALARS.get(type_.name, type_.name)
        case _:
            name = type_.name
    return f"{name} | None" if nullable else name


def _typed_dict(name: str, fields: dict[str, str], docstring: str = "") -> str:
    """A class statement if all names are valid in a class, else a call of TypedDict."""
    if any(keyword.iskeyword(field) or field.startswith("__") for field in fields):
        return f"{name} = TypedDict({name!r}, {{{', '.join(f'{key!r}: {type_!r}' for key, type_ in fields.items())}}}){docstring}"
    return f"class {name}(TypedDict):{docstring.replace(chr(10), chr(10) + '    ')}\n" + "\n".join(
        f"    {key}: {type_}" for key, type_ in fields.items()
    )


def _docstring(type_: Any) -> str:
    return f'\n"""{type_.description}"""' if type_.description else ""


if __name__ == "__main__":
    OUTPUT.write_text(generate(SDL.read_text("utf-8")), "utf-8")
