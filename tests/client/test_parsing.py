"""The kind of an operation, server-sent events, and delays between retries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_atlas.documents import has_variable, operation_kind
from framework_atlas.events import Event, EventParser
from framework_atlas.retries import Backoff, Retries, retry_after


@pytest.mark.parametrize(
    ("document", "name", "kind"),
    [
        ("{ a }", None, "query"),
        ("# mutation\n query Q { a }", None, "query"),
        ('query ($a: I = {b: "mutation { c }"}) { mutation(a: "}") { b } }', None, "query"),
        ('"""mutation { a }""" query { a }', None, "query"),
        ("fragment mutation on Q { a } query { ...mutation }", None, "query"),
        ("mutation A { a } query B { b }", "B", "query"),
        ("mutation A { a } query B { b }", "A", "mutation"),
        ("mutation A { a } query B { b }", None, "mutation"),  # ambiguous, so it must not be retried
        ("mutation A { a } query B { b }", "C", "mutation"),
        ("mutation @a(b: {c: 1}) { a }", "a", "mutation"),
        ("subscription S($after: String) { changes(after: $after) { cursor } }", None, "subscription"),
        ("fragment F on Q { a }\n\nsubscription { ...F }", None, "subscription"),
    ],
)
def test_the_kind_of_the_selected_operation(document: str, name: str | None, kind: str) -> None:
    assert operation_kind(document, name) == kind


def test_strings_and_comments_do_not_contain_variables() -> None:
    assert has_variable("query ($after: String) { a }", "after")
    assert not has_variable('query ($afterwards: String) { a(b: "$after") } # $after', "after")


STREAM = (
    ':ping\n\nevent: next\ndata: {"name": "a\u2028b\u0085c é"}\n\n'
    "event: next\r\ndata: 1\r\ndata:2\r\n\r\nevent:complete\rdata\r\r"
    "event: next\ndata: cut off"
)
EVENTS = [
    Event("next", '{"name": "a\u2028b\u0085c é"}'),
    Event("next", "1\n2"),
    Event("complete", ""),
]


@given(st.lists(st.integers(0, len(STREAM.encode()))))
def test_the_division_into_chunks_does_not_matter(cuts: list[int]) -> None:
    content, parser = STREAM.encode(), EventParser()
    bounds = [0, *sorted(cuts), len(content)]

    events = [event for start, end in pairwise(bounds) for event in parser.feed(content[start:end])]

    assert events == EVENTS


def test_delays_double_and_stop_before_the_deadline() -> None:
    backoff = Backoff(Retries(attempts=100, first=1, longest=8), seconds=100)

    delays = [backoff.delay() or 0 for _ in range(6)]

    assert all(limit / 2 <= delay <= limit for delay, limit in zip(delays, (1, 2, 4, 8, 8, 8), strict=True))
    assert backoff.delay(retry_after=50) == 50
    assert backoff.delay(retry_after=101) is None


def test_retry_after_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert [retry_after(text) for text in (None, "", "7", "nonsense")] == [None, None, 7, None]
    assert 85 < (retry_after(soon) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("options", [{"attempts": 0}, {"first": -1}, {"longest": -1}])
def test_invalid_retries_raise_an_error(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="`attempts` must be at least 1"):
        Retries(**options)
