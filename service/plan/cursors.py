"""Cursors: the position of a row in an ordered list, as hexadecimal JSON.

A cursor contains the signature of the order and the values of the row. A cursor of another order is rejected.
"""

from __future__ import annotations

import json
from typing import Any

from service.plan.parameters import MAX_INTEGER, CursorValue


def write_cursor(signature: str, values: list[Any]) -> str:
    """Return the cursor of a row with these values."""
    return json.dumps([signature, *values], ensure_ascii=False, separators=(",", ":")).encode().hex().upper()


def read_cursor(cursor: str, conversion: CursorValue) -> str | int | None:
    """Return one value of a cursor, or None if the cursor is not valid for the order."""
    try:
        content = json.loads(bytes.fromhex(cursor))
        valid = content[0] == conversion.signature and len(content) == len(conversion.types) + 1
        valid = valid and all(
            isinstance(item, type_) for item, type_ in zip(content[1:], conversion.types, strict=True)
        )
        value = content[conversion.index + 1] if valid else None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    return None if isinstance(value, int) and abs(value) > MAX_INTEGER else value
