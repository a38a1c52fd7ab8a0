"""Is a source as lively as it usually is at these hours? Judged against its own past, purely.

Usual is the mean of the same hour on days of the same kind (working days, or days off by the State Council's
calendar) over the past four weeks, each hour cut to twice the ninth decile of its kind so that a burst does not raise
what is usual. Posts come in clumps, so a silence is judged by the expected number divided by the series' dispersion
(variance over mean of hours, at least 1): a source is quiet when 7 or more independent arrivals are missing, which by
chance happens once in e^7, about 1,100 silences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from statistics import mean
from typing import Literal

from msgspec import Struct

from alerts.deadlines import is_workday
from streams.clock import beijing
from streams.errors import Misconfigured

HOUR = 3_600_000
DAY = 24 * HOUR
WEEKS = 4
LEAST_DAYS = 3
"""With a shorter past nothing is known; the console's fixed minutes hold then."""
MISSING = 7.0
CUT, FLOOR = 2.0, 4.0
LEAST_SILENCE = HOUR // 2
FEW = 0.25
"""A day with less than this share of what is usual is called thin."""
State = Literal["fresh", "quiet", "thin", "never", "new"]
STATES: dict[str, str] = {
    "fresh": "正常", "quiet": "中断", "thin": "明显偏少", "never": "未接入", "new": "刚接入",
}  # fmt: skip


class Past(Struct, frozen=True):
    """What is usual: posts an hour by (day off, hour of the day in Beijing), and how much they clump (at least 1)."""

    rates: dict[tuple[bool, int], float]
    dispersion: float


class Pulse(Struct, frozen=True, kw_only=True):
    """How a source is: since when it is silent (ms UTC), how many posts are missing, how many came in a day.

    expected: posts that usually come in the time of the silence; usual_day: in the last 24 hours.
    """

    source: str
    state: State
    since: int
    expected: float
    day: int
    usual_day: float


def day_off(day: date) -> bool:
    """Say whether a day is off; a year without a published calendar goes by the weekend."""
    try:
        return not is_workday(day)
    except Misconfigured:
        return day.weekday() >= 5


def past_of(hours: Mapping[int, int], first: int, now: int, off: Callable[[date], bool] = day_off) -> Past | None:
    """Return what is usual, from posts by hour (its start, ms UTC; hours without posts left out).

    first: when the source's first post arrived; None if that is less than LEAST_DAYS ago.
    """
    begin = max(first, now - WEEKS * 7 * DAY) // HOUR * HOUR + HOUR
    if now - begin < LEAST_DAYS * DAY:
        return None
    cells: dict[tuple[bool, int], list[int]] = {}
    for at in range(begin, now // HOUR * HOUR, HOUR):
        when = beijing(at)
        cells.setdefault((off(when.date()), when.hour), []).append(hours.get(at, 0))
    rates: dict[tuple[bool, int], float] = {}
    squares = expected = 0.0
    for key, counts in cells.items():
        most = CUT * sorted(counts)[len(counts) * 9 // 10] + FLOOR
        cut = [min(float(count), most) for count in counts]
        rates[key] = mean(cut)
        squares += sum((count - rates[key]) ** 2 for count in cut)
        expected += sum(cut)
    return Past(rates, max(1.0, squares / expected if expected else 1.0))


def expected(past: Past, since: int, until: int, off: Callable[[date], bool] = day_off) -> float:
    """Return how many posts usually come between two moments (ms UTC)."""
    total, at = 0.0, since
    while at < until:
        end = min(until, at // HOUR * HOUR + HOUR)
        when = beijing(at)
        kind = off(when.date())
        rate = past.rates.get((kind, when.hour), past.rates.get((not kind, when.hour), 0.0))
        total += rate * (end - at) / HOUR
        at = end
    return total


def judge(source: str, *, last: int, day: int, past: Past | None, now: int, patience: int) -> Pulse:
    """Return how a source is. last: its last arrival (ms UTC, 0: never); day: posts of the last 24 hours.

    patience: ms of silence after which a source without enough past is called quiet.
    """
    if not last:
        return Pulse(source=source, state="never", since=0, expected=0.0, day=0, usual_day=0.0)
    if past is None:
        state: State = "quiet" if now - last > patience else "new"
        return Pulse(source=source, state=state, since=last, expected=0.0, day=day, usual_day=0.0)
    missing, usual = expected(past, last, now), expected(past, now - DAY, now)
    if now - last >= LEAST_SILENCE and missing / past.dispersion >= MISSING:
        state = "quiet"
    elif day < FEW * usual and (usual - day) / past.dispersion >= 2 * MISSING:
        state = "thin"
    else:
        state = "fresh"
    return Pulse(source=source, state=state, since=last, expected=missing, day=day, usual_day=usual)
