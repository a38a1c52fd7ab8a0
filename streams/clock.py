"""The one clock: the only place that reads the machine's time.

All times inside Huiying are aware datetimes in UTC, or whole milliseconds since 1970 (`ms`); people see Beijing time.
The demo plays one day in two minutes: all its processes get the same `ScaledClock` by the setting `HUIYING_CLOCK`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from streams.errors import Misconfigured

BEIJING = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock


@dataclass(frozen=True)
class ScaledClock:
    """A clock that shows `start` at the machine's `anchor`, runs `speed` times as fast to `until`, then at 1×."""

    start: datetime
    anchor: datetime
    speed: float
    until: datetime

    def at(self, real: datetime) -> datetime:
        """Return what this clock shows when the machine shows `real`."""
        fast = (self.until - self.start) / self.speed
        passed = real - self.anchor
        if passed <= fast:
            return self.start + passed * self.speed
        return self.until + (passed - fast)

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return self.at(datetime.now(UTC))  # noqa: TID251 - this is the clock


@dataclass
class ManualClock:
    """A clock for tests: it shows what it was told."""

    time: datetime

    def now(self) -> datetime:
        """Return the time it was told."""
        return self.time

    def forward(self, **delta: float) -> datetime:
        """Move on by a timedelta's arguments, and return the new time."""
        self.time += timedelta(**delta)
        return self.time


def clock_from(text: str) -> Clock:
    """Read a clock from a setting: empty is the machine's; else `START,ANCHOR,SPEED,UNTIL`, ISO times with zone."""
    if not text:
        return SystemClock()
    try:
        start, anchor, speed, until = text.split(",")
        clock = ScaledClock(
            datetime.fromisoformat(start), datetime.fromisoformat(anchor), float(speed), datetime.fromisoformat(until)
        )
        clock.now()
    except (ValueError, TypeError, ZeroDivisionError) as error:
        msg = f"HUIYING_CLOCK must be START,ANCHOR,SPEED,UNTIL (times with zone), not {text!r}: {error}"
        raise Misconfigured(msg) from error
    return clock


def ms(when: datetime) -> int:
    """Return whole milliseconds since 1970, UTC."""
    return round(when.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, UTC)


def beijing(when: datetime | int) -> datetime:
    """Return a time (aware, or in milliseconds) as Beijing time, for people."""
    return (from_ms(when) if isinstance(when, int) else when).astimezone(BEIJING)


def monotonic() -> float:
    """Return seconds that never run backwards, for waits and speeds."""
    return time.monotonic()
