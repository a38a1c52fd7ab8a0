"""How much is told, and how soon: bounds that a city sets once, as one frozen value; spans in ms."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from alerts.alert import LEVELS
from alerts.settings import TellSettings
from streams.clock import beijing
from streams.errors import Misconfigured

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Bounds(Struct, frozen=True, kw_only=True):
    """Bounds of what is told.

    repeat_every: an alert that nobody signs for is told again so often, at most repeats_most times (0: never).
    group_wait, group_interval: how long the first notice of a group waits for others, and how far apart two are.
    flood_most: single notices in flood_window; the rest come together in one (0: no bound).
    quiet_from, quiet_until: Beijing hours (`22:00`, `07:00`) in which alerts of quiet_levels wait for the morning;
    equal: never. 重大 and danger to life never wait, whatever the levels say.
    sign_lasts: who signed is asked again after so long, if it still fires (0: a signature never ends); sign_lasts_by:
    the same for levels that have their own; sign_remind: he is reminded so long before, at most half of it (0: not).
    flap_times, flap_within: who opened so often before within this span flaps: told once, then kept back (0: never).
    """

    repeat_every: int = 4 * HOUR
    repeats_most: int = 3
    group_wait: int = 0
    group_interval: int = 5 * MINUTE
    flood_most: int = 20
    flood_window: int = 5 * MINUTE
    quiet_from: str = "22:00"
    quiet_until: str = "07:00"
    quiet_levels: tuple[str, ...] = ("general",)
    sign_lasts: int = DAY
    sign_lasts_by: Mapping[str, int] = msgspec.field(default_factory=lambda: {"major": 12 * HOUR})
    sign_remind: int = HOUR
    flap_times: int = 3
    flap_within: int = DAY


def _of_day(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * MINUTE


def quiet_end(bounds: Bounds, at: int) -> int:
    """Return when the quiet hours that hold a moment end, 0 if it lies in none (ms UTC)."""
    since, until = _of_day(bounds.quiet_from), _of_day(bounds.quiet_until)
    local = beijing(at)
    now = local.hour * HOUR + local.minute * MINUTE + local.second * 1000 + local.microsecond // 1000
    inside = since <= now < until if since <= until else now >= since or now < until
    return at + (until - now) % DAY if inside else 0


CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def bounds_of(given: TellSettings) -> Bounds:
    """Return the bounds that are set. Raises Misconfigured for what can't be meant."""
    since, _, until = (part.strip() for part in given.tell_quiet.partition("-"))
    if given.tell_quiet.strip() and not (CLOCK.fullmatch(since) and CLOCK.fullmatch(until)):
        raise Misconfigured(f"HUIYING_TELL_QUIET={given.tell_quiet}: write it as 22:00-07:00, or leave it empty")
    levels = tuple(name.strip() for name in given.tell_quiet_levels.split(",") if name.strip())
    allowed = [name for name in LEVELS if name != "major"]
    if wrong := [name for name in levels if name not in allowed]:
        raise Misconfigured(f"HUIYING_TELL_QUIET_LEVELS: {wrong[0]!r} is none of {', '.join(allowed)}")
    words = ("tell_quiet", "tell_quiet_levels", "tell_sign_hours_by_level")
    numbers = {name: getattr(given, name) for name in given.__dataclass_fields__ if name not in words}
    if below := [name for name, number in numbers.items() if number < 0]:
        raise Misconfigured(f"HUIYING_{below[0].upper()}={numbers[below[0]]}: it can't be below 0")
    return Bounds(
        repeat_every=int(given.tell_again_hours * HOUR), repeats_most=given.tell_again_most,
        group_wait=int(given.tell_group_wait * 1000), group_interval=int(given.tell_group_interval * 1000),
        flood_most=given.tell_most, flood_window=max(1, int(given.tell_most_minutes * MINUTE)),
        quiet_from=since or "00:00", quiet_until=until or "00:00", quiet_levels=levels,
        flap_times=given.tell_flap_times, flap_within=int(given.tell_flap_hours * HOUR),
        sign_lasts=int(given.tell_sign_hours * HOUR), sign_lasts_by=_by_level(given.tell_sign_hours_by_level),
        sign_remind=int(given.tell_sign_remind_minutes * MINUTE),
    )  # fmt: skip


def _by_level(text: str) -> dict[str, int]:
    """Read `larger 12, major 4`: hours by level."""
    found: dict[str, int] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        level, _, hours = part.partition(" ")
        try:
            span = float(hours)
        except ValueError:
            span = -1.0
        if level not in LEVELS or not 0 <= span < float("inf"):
            raise Misconfigured(
                f"HUIYING_TELL_SIGN_HOURS_BY_LEVEL: {part!r} is no level and hours; write it as larger 12, major 4"
            )
        found[level] = int(span * HOUR)
    return found
