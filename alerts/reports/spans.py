"""Weeks and months of Beijing time: how they are named, what lies before them, and the same a year earlier."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from msgspec import Struct

from alerts.reports.periods import Window, day_window
from streams.clock import beijing, ms
from streams.errors import Misconfigured

WEEK = re.compile(r"(\d{4})-W(\d{2})")
MONTH = re.compile(r"(\d{4})-(\d{2})")
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Span(Struct, frozen=True, kw_only=True):
    """A week (from Monday) or a month: the days [first, after) of Beijing, and its name, `2026-W47` or `2026-11`."""

    kind: str
    name: str
    first: date
    after: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.after - self.first).days

    @property
    def window(self) -> Window:
        """Its event time."""
        return Window(start=day_window(self.first).start, end=day_window(self.after).start)

    @property
    def words(self) -> str:
        """As people write it: `2026年11月16日至22日（第47周）`, `2026年11月`."""
        if self.kind == "monthly":
            return f"{self.first.year}年{self.first.month}月"
        last = self.after - timedelta(days=1)
        until = f"{last.day}日" if last.month == self.first.month else f"{last.month}月{last.day}日"
        if last.year != self.first.year:
            until = f"{last.year}年{last.month}月{last.day}日"
        week = self.first.isocalendar().week
        return f"{self.first.year}年{self.first.month}月{self.first.day}日至{until}（第{week}周）"


def week_of(day: date) -> Span:
    """Return the week that a day lies in."""
    first = day - timedelta(days=day.weekday())
    year, week, _ = first.isocalendar()
    return Span(kind="weekly", name=f"{year}-W{week:02d}", first=first, after=first + timedelta(days=7))


def month_of(day: date) -> Span:
    """Return the month that a day lies in."""
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Span(kind="monthly", name=f"{first:%Y-%m}", first=first, after=after)


def parse_span(kind: str, text: str) -> Span:
    """Return the week `2026-W47` or month `2026-11`; raises Misconfigured on anything else."""
    found = (WEEK if kind == "weekly" else MONTH).fullmatch(text)
    wanted = "a week is written like 2026-W47" if kind == "weekly" else "a month is written like 2026-11"
    msg = f"{wanted}, not {text!r}"
    if found is None or not FIRST_YEAR <= int(found[1]) < LAST_YEAR:
        raise Misconfigured(msg)
    year, number = int(found[1]), int(found[2])
    try:
        return week_of(date.fromisocalendar(year, number, 1)) if kind == "weekly" else month_of(date(year, number, 1))
    except ValueError as error:
        raise Misconfigured(msg) from error


def latest_span(kind: str, now: datetime) -> Span:
    """Return the last whole week or month before `now`."""
    today = beijing(now).date()
    if kind == "weekly":
        return week_of(today - timedelta(days=7))
    return month_of(today.replace(day=1) - timedelta(days=1))


def before(span: Span) -> Span:
    """Return the week or month before (环比)."""
    return (week_of if span.kind == "weekly" else month_of)(span.first - timedelta(days=1))


def year_before(span: Span) -> Span:
    """Return the same month, or the week 52 weeks earlier (so that weekdays match), a year before (同比)."""
    if span.kind == "weekly":
        return week_of(span.first - timedelta(weeks=52))
    return month_of(span.first.replace(year=span.first.year - 1))


def covered(span: Span, now: datetime) -> Window:
    """Return what is covered of it as of `now`; raises Misconfigured for one that has not begun."""
    window = span.window
    if ms(now) <= window.start:
        msg = f"{span.name} has not begun yet in Beijing; its report can be made from {span.first} 00:01 on"
        raise Misconfigured(msg)
    return Window(start=window.start, end=min(window.end, ms(now)))


def same_part(span: Span, window: Window, *, whole: bool) -> Window:
    """Return all of another span to compare a whole one with; else its part that is as long as what is covered."""
    other = span.window
    if whole:
        return other
    return Window(start=other.start, end=min(other.end, other.start + window.end - window.start))
