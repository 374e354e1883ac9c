"""What statements ask Python for, a row of a page at a time."""

from __future__ import annotations

import json
from typing import Any

import apsw

from schema.answers import sentence
from schema.text import highlights


def register(db: apsw.Connection) -> None:
    """Let statements on this connection call `highlights` and `sentence`."""
    db.create_scalar_function("highlights", _highlights, 4, deterministic=True)
    db.create_scalar_function("sentence", _sentence, 1, deterministic=True)


def _highlights(*given: Any) -> str:
    name, aliases, summary, words = given
    return json.dumps(highlights(name, json.loads(aliases), summary, json.loads(words)), ensure_ascii=False)


def _sentence(*given: Any) -> str:
    (steps,) = given
    return sentence((start, end, bool(ahead), tuple(says)) for start, end, ahead, says in json.loads(steps))
