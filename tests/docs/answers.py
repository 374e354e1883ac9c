"""Compare what a page shows with what the service answers, and print JSON as the pages show it."""

from __future__ import annotations

import json
import re
from typing import Any

ANY = "..."
"""In a page: any value in JSON, any text in a line of output, any lines where it stands alone."""

_WIDTH = 100


def same_json(shown: Any, answer: Any) -> bool:
    """Whether both are equal, including the order of keys; `ANY` equals every value."""
    match shown, answer:
        case str(), _ if shown == ANY:
            return True
        case dict(), dict():
            return list(shown) == list(answer) and all(same_json(shown[key], answer[key]) for key in shown)
        case list(), list():
            return len(shown) == len(answer) and all(map(same_json, shown, answer))
        case _:
            return type(shown) is type(answer) and shown == answer


def same_text(shown: str, printed: str) -> bool:
    """Whether both are equal apart from blanks at the ends of lines; `ANY` equals every text."""
    pattern = ".*?".join(map(re.escape, _stripped(shown).split(ANY)))
    return re.fullmatch(pattern, _stripped(printed), re.DOTALL) is not None


def pretty(value: Any, indent: str = "") -> str:
    """JSON with each object and list on one line if it fits, otherwise one item per line."""
    line = _inline(value)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{deeper}{json.dumps(key)}: {pretty(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + pretty(item, deeper) for item in value) + f"\n{indent}]"


def _inline(value: Any) -> str:
    match value:
        case dict() if value:
            return "{ " + ", ".join(f"{json.dumps(key)}: {_inline(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
