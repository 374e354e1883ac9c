"""Dates: the three precisions, and the calendar."""

from __future__ import annotations

import pytest

from schema import build
from schema.scalars import parse_date

VALID = [
    "0001",
    "9999",
    "2024",
    "2024-03",
    "0001-01-01",
    "9999-12-31",
    "2024-02-29",
    "2000-02-29",
    "2023-02-28",
    "2024-04-30",
]
ERRORS = {
    "2023-02-29": "2023-02 has 28 days.",
    "1900-02-29": "1900-02 has 28 days.",
    "2024-02-30": "2024-02 has 29 days.",
    "2024-02-31": "2024-02 has 29 days.",
    "2024-04-31": "2024-04 has 30 days.",
    "2024-06-31": "2024-06 has 30 days.",
    "2024-09-31": "2024-09 has 30 days.",
    "2024-11-31": "2024-11 has 30 days.",
    "0000": "use a year from 0001 to 9999.",
    "0000-01": "use a year from 0001 to 9999.",
    "0000-02-29": "use a year from 0001 to 9999.",
    **dict.fromkeys(
        (
            *(
                "",
                "999",
                "10000",
                "-2024",
                "2024-",
                "2024-00",
                "2024-13",
                "2024-3",
                "2024-03-00",
                "2024-03-32",
                "2024-03-1",
            ),
            *(
                "20240319",
                "2024-W12",
                "2024-079",
                "2024-03-19T00:00",
                "2024-03-19Z",
                " 2024",
                "2024\n",
                "٢٠٢٤",
                "2024/03",
            ),
        ),
        "use 2024, 2024-03 or 2024-03-19.",
    ),
}


@pytest.mark.parametrize("text", VALID)
def test_a_date_of_the_calendar_is_valid_with_each_precision(text: str) -> None:
    assert parse_date(text) == text


@pytest.mark.parametrize("text", ERRORS)
def test_a_date_that_does_not_exist_is_invalid(text: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        parse_date(text)

    assert str(error.value) == f"Date cannot represent {text!r}: {ERRORS[text]}"


@pytest.mark.parametrize("value", [2024, 2024.0, True, None, ["2024"]])
def test_a_date_is_text(value: object) -> None:
    with pytest.raises(ValueError, match="Date cannot represent"):
        parse_date(value)


def test_the_scalars_have_a_specification() -> None:
    result = build().execute_sync(
        """{ date: __type(name: "Date") { specifiedByURL } time: __type(name: "DateTime") { specifiedByURL } }"""
    )

    assert result.data == {
        "date": {"specifiedByURL": "https://www.w3.org/TR/NOTE-datetime"},
        "time": {"specifiedByURL": "https://datatracker.ietf.org/doc/html/rfc3339"},
    }
