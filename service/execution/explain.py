"""How a query was answered, for `extensions.explain`: the plan in words, the statement, what the database did."""

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


def explain(store: Store[Any], plan: Plan, explained: Explanation, data: Any) -> dict[str, Any]:
    """What a client is told of a query that was answered with this data.

    `rows` is how many things the lists of the answer hold. There is no statement where no store was asked.
    """
    statement = {"language": store.language, "text": explained.statement, "steps": explained.steps}
    return {
        "store": store.name,
        "plan": describe(plan),
        "statements": [statement] if explained.statement else [],
        "rows": count(orjson.loads(orjson.dumps(data))),
        "milliseconds": {"store": round(explained.seconds * 1000, 3)},
    }


def describe(plan: Plan) -> str:
    """A plan as text: a node a line, what hangs on it below; `$3` is a value, listed at the end with where it is from."""
    lines = [line for root in plan.roots for line in _node(root, "")]
    lines += [f"${parameter} = {_value(value)}" for parameter, value in enumerate(plan.parameters)]
    return "\n".join(lines)


def count(data: Any) -> int:
    """How many things the lists of an answer hold."""
    match data:
        case dict():
            return sum(count(value) for value in data.values())
        case list():
            return len(data) + sum(count(item) for item in data)
        case _:
            return 0


def _node(node: Any, indent: str, label: str = "") -> Iterator[str]:
    told: list[str] = []
    below: list[tuple[str, Any]] = []
    for field in fields(node):
        value = getattr(node, field.name)
        inline = _inline(value, is_parameter="ParameterIndex" in str(field.type))
        if inline is None:
            below.append((field.name, value))
        elif inline and field.name == "key":
            told.insert(0, inline)
        elif inline:
            told.append(f"{field.name} {inline}")
    yield f"{indent}{label}{type(node).__name__} {', '.join(told)}".rstrip()
    for name, value in below:
        yield from _below(name, value, indent + _INDENT)


def _below(name: str, value: Any, indent: str) -> Iterator[str]:
    label = "" if name in {"parts", "branches"} else f"{name}: "
    if is_dataclass(value):
        yield from _node(value, indent, label)
    else:
        for item in value:
            yield from _below(name, item, indent)


def _inline(value: Any, *, is_parameter: bool) -> str | None:
    """What stands on the node's own line; None for what gets lines of its own, '' for what says nothing."""
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


def _value(value: Parameter) -> str:
    location = ".".join((*value.location.path, value.location.argument))
    return f"{_origin(value.source)} ({value.conversion.label}, of {location})"


def _origin(origin: ValueSource) -> str:
    match origin:
        case Constant(value):
            return repr(value)
        case VariablePath(path):
            return "variable " + ".".join(map(str, path))
        case ListOf(items):
            return f"[{', '.join(map(_origin, items))}]"
