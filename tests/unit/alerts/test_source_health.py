"""A source is judged against its own past: nights, days off, clumps and bursts are no breaks, a cut line is one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.source_health import DAY, HOUR, Past, expected, judge, past_of
from streams.clock import beijing, ms

NOW = ms(datetime(2026, 5, 13, 4, 0, tzinfo=UTC))
"""A Wednesday, noon in Beijing."""
PATIENCE = 6 * HOUR


def weekend(day: date) -> bool:
    return day.weekday() >= 5


def office(at: int) -> int:
    """A portal: 12 posts an hour in office hours of working days, 1 else by day, none at night."""
    when = beijing(at)
    if 9 <= when.hour < 18:
        return 1 if weekend(when.date()) else 12
    return 0


def hours(count: int = 28, until: int = NOW) -> dict[int, int]:
    start = until // HOUR * HOUR - count * DAY
    return {at: office(at) for at in range(start, until // HOUR * HOUR, HOUR) if office(at)}


@pytest.fixture
def past() -> Past:
    found = past_of(hours(), NOW - 28 * DAY, NOW, weekend)
    assert found is not None
    return found


def state(past: Past | None, last: int, now: int, day: int = 100) -> str:
    return judge("portal", last=last, day=day, past=past, now=now, patience=PATIENCE).state


def test_what_is_usual_follows_the_hour_and_the_kind_of_day(past: Past) -> None:
    noon, night = NOW, NOW + 14 * HOUR
    assert expected(past, noon, noon + HOUR, weekend) == pytest.approx(12)
    assert expected(past, night, night + HOUR, weekend) == 0
    assert expected(past, noon + 3 * DAY, noon + 3 * DAY + HOUR, weekend) == pytest.approx(1)


@pytest.mark.parametrize(
    ("silence", "now", "told"),
    [
        (HOUR // 4, NOW, "fresh"),
        (2 * HOUR, NOW, "quiet"),
        (15 * HOUR, NOW - 3 * HOUR, "fresh"),  # from 18:00 to 9:00: a night
    ],
)
def test_a_night_is_no_break_two_office_hours_are(past: Past, silence: int, now: int, told: str) -> None:
    assert state(past, now - silence, now) == told


def test_a_burst_does_not_raise_what_is_usual(past: Past) -> None:
    poisoned = hours()
    poisoned[NOW // HOUR * HOUR - 7 * DAY] = 5000
    found = past_of(poisoned, NOW - 28 * DAY, NOW, weekend)
    assert found is not None
    assert expected(found, NOW, NOW + HOUR, weekend) < 1.3 * expected(past, NOW, NOW + HOUR, weekend)


def test_a_clumpy_source_is_given_more_time() -> None:
    begin, end = NOW // HOUR * HOUR - 28 * DAY, NOW // HOUR * HOUR
    clumpy = dict.fromkeys(range(begin, end, 7 * HOUR), 40)
    found = past_of(clumpy, NOW - 28 * DAY, NOW, weekend)
    assert found is not None
    assert found.dispersion > 5
    assert state(found, NOW - 6 * HOUR, NOW) == "fresh"


def test_a_day_far_below_the_usual_is_thin(past: Past) -> None:
    assert state(past, NOW - HOUR // 4, NOW, day=3) == "thin"
    assert state(past, NOW - HOUR // 4, NOW, day=90) == "fresh"


def test_a_source_without_a_past_goes_by_patience_and_one_that_never_sent_is_not_connected() -> None:
    assert past_of(hours(2), NOW - 2 * DAY, NOW, weekend) is None
    assert state(None, NOW - HOUR, NOW) == "new"
    assert state(None, NOW - 7 * HOUR, NOW) == "quiet"
    assert state(None, 0, NOW, day=0) == "never"


@given(st.integers(0, 40 * 24), st.integers(0, 40 * 24), st.integers(0, 40 * 24))
def test_what_is_expected_adds_up(a: int, b: int, c: int) -> None:
    found = past_of(hours(), NOW - 28 * DAY, NOW, weekend)
    assert found is not None
    first, middle, last = (NOW + n * HOUR // 4 for n in sorted((a, b, c)))
    whole = expected(found, first, last, weekend)
    assert whole == pytest.approx(expected(found, first, middle, weekend) + expected(found, middle, last, weekend))
