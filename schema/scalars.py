"""Scalars that GraphQL does not define."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NewType

import strawberry

Date = NewType("Date", str)
"""A date with the precision that is known: `2024`, `2024-03` or `2024-03-19`. Dates sort as text."""

_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?\Z", re.ASCII)


def parse_date(value: Any) -> Date:
    """Return the value if it is a date of one of the three precisions, else raise ValueError."""
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError(f"Date cannot represent {value!r}: use 2024, 2024-03 or 2024-03-19.")
    return Date(value)


DATE = strawberry.scalar(
    name="Date",
    description="A date with the precision that is known: `2024`, `2024-03` or `2024-03-19`.",
    serialize=str,
    parse_value=parse_date,
)

DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A date and time in UTC, in ISO 8601 format: `2024-03-19T08:30:00.000Z`.",
    serialize=str,
    parse_value=datetime.fromisoformat,
)
