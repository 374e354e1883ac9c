"""The soak benchmark fits lines to its measurements."""

from __future__ import annotations

from benchmarks.soak import slope


def test_the_slope_of_a_line_is_per_hour_and_has_a_standard_error() -> None:
    exact, noisy = (slope([(float(x), 100 + x / 60 + noise * (-1) ** x) for x in range(20)]) for noise in (0, 1))

    assert (round(exact.per_hour, 6), round(exact.error, 6)) == (1, 0)
    assert 2 < noisy.error < 3
    assert abs(noisy.per_hour - 1) < noisy.error
