"""Explain how a query was answered, for `extensions.explain`: its plan, its statement, and the steps of the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from schema import Edge, Kind, Property, Relation
from service.plan import Plan
from service.plan.parameters import Constant, ListOf, Parameter, ValueSource, VariablePath
from service.stores import Explanation, Store

_INDENT = "  "
_PARAMETER_TYPE = "ParameterIndex"
_UNLABELED = {"parts", "branches"}


def explain(store: Store[Any], plan: Plan, explanation: Explanation, data: Any) -> dict[str, Any]:
    """Return the explanation of a query for the client; `data` is the data of its response.

    `rows` is the number of list items in the data. Without a query to the store there is no statement.
    """
    statement = {"language": store.language, "text": explanation.statement, "steps": explanation.steps}
    return {
        "store": store.name,
        "plan": describe_plan(plan),
        "statements": [statement] if explanation.statement else [],
        "rows": count_rows(orjson.loads(orjson.dumps(data))),
        "milliseconds": {"store": round(explanation.seconds * 1000, 3)},
    }


def describe_plan(plan: Plan) -> str:
    """Return a plan as text: one node a line, indented below its parent, then the source of each parameter (`$3`)."""
    lines = [line for root in plan.roots for line in _describe_node(root, "")]
    lines += [f"${index} = {_describe_parameter(parameter)}" for index, parameter in enumerate(plan.parameters)]
    return "\n".join(lines)


def count_rows(data: Any) -> int:
    """Count the items of all lists in the data of a response."""
    match data:
        case dict():
            return sum(count_rows(value) for value in data.values())
        case list():
            return len(data) + sum(count_rows(item) for item in data)
        case _:
            return 0


def _describe_node(node: Any, indent: str, label: str = "") -> Iterator[str]:
    attributes: list[str] = []
    children: list[tuple[str, Any]] = []
    for field in fields(node):
        value = getattr(node, field.name)
        inline = _inline(value, is_parameter=_PARAMETER_TYPE in str(field.type))
        if inline is None:
            children.append((field.name, value))
        elif inline and field.name == "key":
            attributes.insert(0, inline)
        elif inline:
            attributes.append(f"{field.name} {inline}")
    yield f"{indent}{label}{type(node).__name__} {', '.join(attributes)}".rstrip()
    for name, value in children:
        yield from _describe_children(name, value, indent + _INDENT)


def _describe_children(name: str, value: Any, indent: str) -> Iterator[str]:
    label = "" if name in _UNLABELED else f"{name}: "
    if is_dataclass(value):
        yield from _describe_node(value, indent, label)
    else:
        for item in value:
            yield from _describe_children(name, item, indent)


def _inline(value: Any, *, is_parameter: bool) -> str | None:
    """Return the text of an attribute in the line of its node; '' to omit it, None if it has lines of its own."""
    match value:
        case None | () | False:
            return ""
        case Kind() | Property() | Relation() | Edge():
            return repr(value)
        case int() if is_parameter and not isinstance(value, bool):
            return f"${value}"
        case tuple() if all(isinstance(item, str | int | Edge | Kind | Relation) for item in value):
            return ", ".join(filter(None, (_inline(item, is_parameter=is_parameter) for item in value)))
        case tuple():
            return None
        case _ if is_dataclass(value):
            return None
        case _:
            return str(value)


def _describe_parameter(parameter: Parameter) -> str:
    location = ".".join((*parameter.location.path, parameter.location.argument))
    return f"{_describe_source(parameter.source)} ({parameter.conversion.label}, of {location})"


def _describe_source(source: ValueSource) -> str:
    match source:
        case Constant(value):
            return repr(value)
        case VariablePath(path):
            return "variable " + ".".join(map(str, path))
        case ListOf(items):
            return f"[{', '.join(map(_describe_source, items))}]"
