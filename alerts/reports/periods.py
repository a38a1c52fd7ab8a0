"""Periods of reports: whole days of Beijing time, and how people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from streams.clock import BEIJING, beijing, ms
from streams.errors import Misconfigured

WEEKDAYS = "一二三四五六日"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Window(Struct, frozen=True, kw_only=True):
    """A stretch of event time, [start, end) in ms UTC."""

    start: int
    end: int


def day_window(day: date) -> Window:
    """Return the day from midnight to midnight in Beijing."""
    start = datetime.combine(day, time(), BEIJING)
    return Window(start=ms(start.astimezone(UTC)), end=ms((start + timedelta(days=1)).astimezone(UTC)))


def yesterday(now: datetime) -> date:
    """Return the last whole day in Beijing before `now`."""
    return beijing(now).date() - timedelta(days=1)


def parse_day(text: str) -> date:
    """Return the day that `2026-11-22` names; raises Misconfigured on anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"a day is written like 2026-11-22, not {text!r}"
        raise Misconfigured(msg) from error


def day_words(day: date) -> str:
    """Return a day as `2026年11月22日（星期日）`."""
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def moment_words(at: int) -> str:
    """Return a moment (ms UTC) as `11月22日 09:05`, Beijing time."""
    when = beijing(at)
    return f"{when.month}月{when.day}日 {when:%H:%M}"


def made_words(at: int, of: int) -> str:
    """Return when something was made (ms UTC), with the year where it is about another one (of: a moment of it)."""
    year = beijing(at).year
    return moment_words(at) if year == beijing(of).year else f"{year}年{moment_words(at)}"


def clock_words(at: int, day: date) -> str:
    """Return a moment as `09:05`, with its date where that is another day."""
    when = beijing(at)
    return f"{when:%H:%M}" if when.date() == day else moment_words(at)


def window_words(start: int, end: int) -> str:
    """Return a window as `2026年11月22日 00:00 至 24:00`, Beijing time."""
    first, last = beijing(start), beijing(end)
    until = f"{last:%H:%M}"
    if last.time() == time() and last.date() == first.date() + timedelta(days=1):
        until = "24:00"
    elif last.date() != first.date():
        until = f"{last.year}年{last.month}月{last.day}日 {last:%H:%M}"
    return f"{first.year}年{first.month}月{first.day}日 {first:%H:%M} 至 {until}"
