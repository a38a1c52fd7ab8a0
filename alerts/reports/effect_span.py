"""The spans of an evaluation: a month, or any days; what lies before, and the same a year earlier."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from alerts.reports.periods import DAY_MS, Window, day_window, parse_day
from alerts.reports.spans import Span, month_of, parse_span
from streams.clock import beijing
from streams.errors import Misconfigured

KIND = "effect"
DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
MOST_DAYS = 366
CUT_AFTER = 30 * DAY_MS
"""An item is counted as it stood at most so long after the span's end: a report of an old span stays what it was."""


def month_span(month: Span) -> Span:
    """Return a month as a span of an evaluation."""
    return replace(month, kind=KIND)


def parse(text: str) -> Span:
    """Return the span `2026-11` or `2026-10-05..2026-11-20` (both in it); raises Misconfigured on anything else."""
    found = DAYS.fullmatch(text)
    if found is None:
        if ".." in text:
            msg = f"a span of an evaluation is written like 2026-11 or 2026-10-05..2026-11-20, not {text!r}"
            raise Misconfigured(msg)
        return month_span(parse_span("monthly", text))
    first, last = parse_day(found[1]), parse_day(found[2])
    days = (last - first).days + 1
    if not 1 <= days <= MOST_DAYS:
        msg = f"a span has from 1 to {MOST_DAYS} days, its last day after its first, not {text!r}"
        raise Misconfigured(msg)
    return Span(kind=KIND, name=text, first=first, after=last + timedelta(days=1))


def is_month(span: Span) -> bool:
    """Say whether a span is one month by name."""
    return ".." not in span.name


def words(span: Span) -> str:
    """Return a span as people write it: `2026年11月`, `2026年10月5日至2026年11月20日`."""
    if is_month(span):
        return f"{span.first.year}年{span.first.month}月"
    last = span.after - timedelta(days=1)
    return "至".join(f"{day.year}年{day.month}月{day.day}日" for day in (span.first, last))


def before(span: Span) -> Span:
    """Return the month before, or as many days just before (环比)."""
    if is_month(span):
        return month_span(month_of(span.first - timedelta(days=1)))
    return _days(span.first - timedelta(days=span.days), span.first)


def year_before(span: Span) -> Span:
    """Return the same month or days a year earlier (同比); 29 February is then the 28th."""
    if is_month(span):
        return month_span(month_of(span.first.replace(year=span.first.year - 1)))
    first = _year_less(span.first)
    return _days(first, first + timedelta(days=span.days))


def cut_off(window: Window, now: datetime) -> int:
    """Return as of when items are counted: the last midnight in Beijing, within the 30 days after the span; ms UTC.

    Midnight, so that a report made again on the same day says the same; a span that still runs is counted up to now.
    """
    return max(window.end, min(day_window(beijing(now).date()).start, window.end + CUT_AFTER))


def _days(first: date, after: date) -> Span:
    return Span(kind=KIND, name=f"{first}..{after - timedelta(days=1)}", first=first, after=after)


def _year_less(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
