"""The bounds that a city sets: read whole, or refused with what to write."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.hush_bounds import HOUR, MINUTE, Bounds, bounds_of, quiet_end
from alerts.settings import TellSettings
from streams.errors import Misconfigured

NOON = 1_772_424_000_000
"""2 March 2026, 12:00 in Beijing (ms UTC)."""


def test_what_the_settings_say_by_default_is_what_the_manager_does_by_default() -> None:
    assert bounds_of(TellSettings()) == Bounds()


def test_spans_are_read_in_the_units_of_their_names() -> None:
    found = bounds_of(TellSettings(tell_group_wait=30.0, tell_again_hours=0.5, tell_most_minutes=10.0))
    assert (found.group_wait, found.repeat_every, found.flood_window) == (30_000, HOUR // 2, 10 * MINUTE)


def test_without_quiet_hours_nothing_waits_for_the_morning() -> None:
    bounds = bounds_of(TellSettings(tell_quiet=""))
    assert [quiet_end(bounds, NOON + n * HOUR) for n in range(24)] == [0] * 24


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tell_quiet": "22-7"}, "HUIYING_TELL_QUIET=22-7.*22:00-07:00"),
        ({"tell_quiet": "22:00-25:00"}, "HUIYING_TELL_QUIET"),
        ({"tell_quiet_levels": "general,major"}, "HUIYING_TELL_QUIET_LEVELS: 'major' is none of general, larger"),
        ({"tell_most": -1}, "HUIYING_TELL_MOST=-1"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_what_to_write(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        bounds_of(TellSettings(**given))
