"""What the client reads by itself: the outline of a document, and events out of bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework_atlas.documents import operation_kind, takes
from framework_atlas.events import Event, Events
from framework_atlas.retries import Pacing, Retries, retry_after


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
        ("mutation A { a } query B { b }", None, "mutation"),  # which is open, so nothing may be doubled
        ("mutation A { a } query B { b }", "C", "mutation"),
        ("mutation @a(b: {c: 1}) { a }", "a", "mutation"),
        ("subscription S($after: String) { changes(after: $after) { cursor } }", None, "subscription"),
        ("fragment F on Q { a }\n\nsubscription { ...F }", None, "subscription"),
    ],
)
def test_what_sort_of_operation_a_document_asks_for(document: str, name: str | None, kind: str) -> None:
    assert operation_kind(document, name) == kind


def test_a_variable_is_taken_where_it_stands_and_not_where_it_is_spoken_of() -> None:
    assert takes("query ($after: String) { a }", "after")
    assert not takes('query ($afterwards: String) { a(b: "$after") } # $after', "after")


STREAM = (
    ':ping\n\nevent: next\ndata: {"name": "a\u2028b\u0085c é"}\n\n'
    "event: next\r\ndata: 1\r\ndata:2\r\n\r\nevent:complete\rdata\r\r"
    "event: next\ndata: cut off"
)
TOLD = [
    Event("next", '{"name": "a\u2028b\u0085c é"}'),
    Event("next", "1\n2"),
    Event("complete", ""),
]


@given(st.lists(st.integers(0, len(STREAM.encode()))))
def test_events_are_told_alike_however_their_bytes_come(cuts: list[int]) -> None:
    content, events = STREAM.encode(), Events()

    places = [0, *sorted(cuts), len(content)]
    told = [event for begin, end in pairwise(places) for event in events.feed(content[begin:end])]

    assert told == TOLD


def test_pauses_double_and_end_before_the_time_does() -> None:
    pacing = Pacing(Retries(attempts=100, first=1, longest=8), seconds=100)

    pauses = [pacing.pause() or 0 for _ in range(6)]

    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, (1, 2, 4, 8, 8, 8), strict=True))
    assert pacing.pause(asked=50) == 50
    assert pacing.pause(asked=101) is None


def test_the_time_to_wait_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert [retry_after(text) for text in (None, "", "7", "nonsense")] == [None, None, 7, None]
    assert 85 < (retry_after(soon) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("given", [{"attempts": 0}, {"first": -1}, {"longest": -1}])
def test_patience_that_makes_no_sense_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1 attempt"):
        Retries(**given)
