"""Write `framework_atlas/types.py` anew, from the schema as clients see it: `uv run python client/generate_types.py`.

Needs graphql-core and ruff, which the repository's environment has.
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
WRITTEN = CLIENT / "framework_atlas" / "types.py"

HEAD = '''"""The types of the schema, as type checkers read them.

Made from the schema by `generate_types.py`: change that, not this.

An input has what the schema asks for, so a wrong filter, order or mutation is found before it is sent. An answer has what
can be selected; what a document leaves out is not there, which its type cannot know.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

Date: TypeAlias = str
DateTime: TypeAlias = str
'''
SCALARS = {"String": "str", "ID": "str", "Int": "int", "Float": "float", "Boolean": "bool"}


def generate(sdl: str) -> str:
    """The module for a schema, formatted."""
    schema = build_schema(sdl)
    types = [type_ for name, type_ in sorted(schema.type_map.items()) if not name.startswith("__")]
    rank = [GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType]
    types = [type_ for type_ in types if type(type_) in rank]
    types.sort(key=lambda type_: rank.index(type(type_)))
    text = "\n\n".join([HEAD, *(part for type_ in types for part in _written(type_, schema))])
    made = subprocess.run(  # noqa: S603 - our own formatter over our own text
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(WRITTEN), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout


def _written(type_: Any, schema: GraphQLSchema) -> Iterator[str]:
    match type_:
        case GraphQLEnumType():
            yield f"{type_.name}: TypeAlias = Literal[{', '.join(map(repr, type_.values))}]{_about(type_)}"
        case GraphQLInputObjectType(is_one_of=True):
            parts = {name: f"{type_.name}By{name[0].upper()}{name[1:]}" for name in type_.fields}
            for name, part in parts.items():
                yield _dict(part, {name: _told(type_.fields[name].type, nullable=False)})
            yield f"{type_.name}: TypeAlias = {' | '.join(parts.values())}{_about(type_)}"
        case GraphQLInputObjectType():
            fields = {name: _input(field) for name, field in type_.fields.items()}
            yield _dict(type_.name, fields, _about(type_))
        case GraphQLObjectType():
            fields = {name: _told(field.type) for name, field in type_.fields.items()}
            if type_ not in (schema.query_type, schema.mutation_type, schema.subscription_type):
                fields = {"__typename": f"Literal[{type_.name!r}]", **fields}
            yield _dict(type_.name, fields, _about(type_))
        case GraphQLInterfaceType() | GraphQLUnionType():
            members = sorted(member.name for member in schema.get_possible_types(type_))
            yield f"{type_.name}: TypeAlias = {' | '.join(members)}{_about(type_)}"
        case _:
            raise TypeError(f"{type_} cannot be written")


def _input(field: Any) -> str:
    told = _told(field.type)
    needed = isinstance(field.type, GraphQLNonNull) and field.ast_node.default_value is None
    return told if needed else f"NotRequired[{told}]"


def _told(type_: Any, *, nullable: bool = True) -> str:
    match type_:
        case GraphQLNonNull():
            return _told(type_.of_type, nullable=False)
        case GraphQLList():
            told = f"list[{_told(type_.of_type)}]"
        case GraphQLScalarType():
            told = SCALARS.get(type_.name, type_.name)
        case _:
            told = type_.name
    return f"{told} | None" if nullable else told


def _dict(name: str, fields: dict[str, str], about: str = "") -> str:
    """A class where all names allow it, and else a call."""
    if any(keyword.iskeyword(field) or field.startswith("__") for field in fields):
        return f"{name} = TypedDict({name!r}, {{{', '.join(f'{key!r}: {told!r}' for key, told in fields.items())}}}){about}"
    return f"class {name}(TypedDict):{about.replace(chr(10), chr(10) + '    ')}\n" + "\n".join(
        f"    {key}: {told}" for key, told in fields.items()
    )


def _about(type_: Any) -> str:
    return f'\n"""{type_.description}"""' if type_.description else ""


if __name__ == "__main__":
    WRITTEN.write_text(generate(SDL.read_text("utf-8")), "utf-8")
