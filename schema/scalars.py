"""Scalars that GraphQL does not define."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime
from typing import Any, NewType

import strawberry

Date = NewType("Date", str)
"""A date with the precision that is known: `2024`, `2024-03` or `2024-03-19`. Dates sort as text."""

_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?\Z", re.ASCII)


def parse_date(value: Any) -> Date:
    """Return the value if it is a date of one of the three precisions that exists in the calendar, else raise ValueError."""
    match = _DATE.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"Date cannot represent {value!r}: use 2024, 2024-03 or 2024-03-19.")
    year, month, day = (int(part) if part else None for part in match.groups())
    if not year:
        raise ValueError(f"Date cannot represent {value!r}: use a year from 0001 to 9999.")
    if month and day and day > (days := monthrange(year, month)[1]):
        raise ValueError(f"Date cannot represent {value!r}: {value[:7]} has {days} days.")
    return Date(value)


DATE = strawberry.scalar(
    name="Date",
    description="A date with the precision that is known: `2024`, `2024-03` or `2024-03-19`.",
    specified_by_url="https://www.w3.org/TR/NOTE-datetime",  # RFC 3339 has no dates without a day
    serialize=str,
    parse_value=parse_date,
)

DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A date and time in UTC, in ISO 8601 format: `2024-03-19T08:30:00.000Z`.",
    specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
    serialize=str,
    parse_value=datetime.fromisoformat,
)
