"""SQL functions that are implemented in Python. A statement calls them for the rows of a page only."""

from __future__ import annotations

import json
from typing import Any

import apsw

from schema.answers import sentence
from schema.text import highlights


def register_functions(db: apsw.Connection) -> None:
    """Add the functions `highlights` and `sentence` to a connection."""
    db.create_scalar_function("highlights", _highlights, 4, deterministic=True)
    db.create_scalar_function("sentence", _sentence, 1, deterministic=True)


def _highlights(*arguments: Any) -> str:
    name, aliases, summary, words = arguments
    return json.dumps(highlights(name, json.loads(aliases), summary, json.loads(words)), ensure_ascii=False)


def _sentence(*arguments: Any) -> str:
    (steps,) = arguments
    return sentence((start, end, bool(forward), tuple(verbs)) for start, end, forward, verbs in json.loads(steps))
