"""The one clock: real, scaled for the demo, or told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.clock import BEIJING, ManualClock, ScaledClock, SystemClock, beijing, clock_from, from_ms, ms
from streams.errors import Misconfigured

START = datetime(2026, 5, 1, 6, tzinfo=BEIJING)
ANCHOR = datetime(2026, 5, 3, 1, 2, 3, tzinfo=UTC)
DAY = ScaledClock(START, ANCHOR, 510.0, START + timedelta(hours=17))


def test_a_scaled_clock_shows_its_start_at_the_anchor() -> None:
    assert DAY.at(ANCHOR) == START


def test_a_scaled_clock_plays_seventeen_hours_in_two_minutes() -> None:
    assert DAY.at(ANCHOR + timedelta(minutes=2)) == START + timedelta(hours=17)


def test_a_scaled_clock_runs_at_everybodys_speed_after_its_day() -> None:
    assert DAY.at(ANCHOR + timedelta(minutes=12)) == START + timedelta(hours=17, minutes=10)


@given(st.lists(st.floats(0, 10_000), min_size=2, max_size=5))
def test_a_scaled_clock_never_runs_backwards(seconds: list[float]) -> None:
    shown = [DAY.at(ANCHOR + timedelta(seconds=second)) for second in sorted(seconds)]
    assert shown == sorted(shown)


def test_an_empty_setting_is_the_machines_clock() -> None:
    assert isinstance(clock_from(""), SystemClock)
    assert clock_from("").now().utcoffset() == timedelta(0)


def test_a_scaled_clock_survives_its_setting() -> None:
    text = f"{START.isoformat()},{ANCHOR.isoformat()},510,{(START + timedelta(hours=17)).isoformat()}"
    assert clock_from(text) == DAY


@pytest.mark.parametrize("text", ["noon", "1,2,3,4", f"{START.isoformat()},{ANCHOR.isoformat()},0,{START.isoformat()}"])
def test_a_wrong_clock_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(Misconfigured, match="HUIYING_CLOCK"):
        clock_from(text)


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_survive_the_way_there_and_back(value: int) -> None:
    assert ms(from_ms(value)) == value
    assert ms(beijing(value)) == value


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock(START)
    assert clock.forward(hours=2) == START + timedelta(hours=2) == clock.now()
