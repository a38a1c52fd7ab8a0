"""A rulebook over stored history: what it would have told, when, and what another rulebook would have missed.

It runs the code that judges live posts (`alerts.replaying`), and neither stores nor sends. All times are ms UTC.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from alerts.alert import Alert, Key
from alerts.counts import Counts
from alerts.evaluate import Finding
from alerts.manager import Decision, Reason
from alerts.measured import MEASURED
from alerts.measures import Measures, can_look_back
from alerts.replaying import UNHEARD, run_rule
from alerts.rules import Rule
from streams.clock import beijing

DAY = 86_400_000
SHIFT = DAY // 2
"""Notices are counted by shifts of twelve hours, from 8 and from 20 o'clock in Beijing: whole multiples of UTC."""


def can_try(rule: Rule, measures: Measures | None) -> bool:
    """Say whether a rule can be tried on the past: not if it listens to arrivals, or to a figure without a past."""
    return rule.kind not in UNHEARD or (rule.kind in MEASURED and measures is not None and can_look_back(rule))


class Notified(Struct, frozen=True, kw_only=True):
    """A moment at which a notice would have gone out, and why."""

    at: int
    alert: str
    reason: Reason


class Tried(Struct, frozen=True, kw_only=True):
    """What one rule would have done: its alerts, in order of opening, and its notices, in order of time."""

    rule: Rule
    alerts: tuple[Alert, ...]
    notices: tuple[Notified, ...]
    steps: int


class Backtest(Struct, frozen=True, kw_only=True):
    """What a rulebook would have done over [start, end); left_out: its rules that can't be tried on the past."""

    start: int
    end: int
    rules: tuple[Tried, ...]
    left_out: tuple[str, ...] = ()

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts, in order of opening."""
        found = (alert for one in self.rules for alert in one.alerts)
        return tuple(sorted(found, key=lambda alert: (alert.opened_at, alert.id)))


class Load(Struct, frozen=True, kw_only=True):
    """How many notices people would have had: in all, and a shift of twelve hours (mean, and the worst one)."""

    notices: int
    shifts: int
    mean: float
    most: int
    most_at: int
    silent: int


class Compared(Struct, frozen=True, kw_only=True):
    """An alert, and what the other rulebook would have said of the same thing: nothing, or so much later (ms)."""

    alert: Alert
    other: str = ""
    later: int = 0

    @property
    def missed(self) -> bool:
        """Whether the other rulebook would have said nothing."""
        return not self.other


async def _unsampled(decision: Decision, _: Finding | None) -> Alert:
    """Return the alert without looking up its samples: only what fires is asked."""
    if decision.alert is None:
        msg = "a decision without an alert has nothing to sample"
        raise ValueError(msg)
    return decision.alert


async def backtest(
    rules: Sequence[Rule], counts: Counts, start: int, end: int, measures: Measures | None = None
) -> Backtest:
    """Run rules over the posts of [start, end) from nothing. Raises Unavailable.

    What was open before `start` opens anew; an alert still open at the end is left open, as it then was.
    """
    able = [rule for rule in rules if can_try(rule, measures)]
    tried = [await _tried(rule, counts, start, end, measures) for rule in able]
    left = tuple(rule.name for rule in rules if rule not in able)
    return Backtest(start=start, end=end, rules=tuple(tried), left_out=left)


async def _tried(
    rule: Rule, counts: Counts, start: int, end: int, measures: Measures | None
) -> Tried:
    run = await run_rule(rule, counts, start, end, _unsampled, measures)
    alerts = {alert.id: alert for alert in run.alerts.values() if alert.opened_at <= end}
    told = [
        Notified(at=one.alert.updated_at, alert=one.alert.id, reason=one.decision.reason)
        for one in run.told
        if one.alert.id in alerts and one.alert.updated_at <= end
    ]
    return Tried(
        rule=rule,
        alerts=tuple(sorted(alerts.values(), key=lambda alert: (alert.opened_at, alert.id))),
        notices=tuple(sorted(told, key=lambda one: (one.at, one.alert))),
        steps=run.steps,
    )


def load(notices: Iterable[Notified], start: int, end: int) -> Load:
    """Return what notices were for the people on duty, shifts without any included."""
    first, last = start // SHIFT, max(end - 1, start) // SHIFT
    counted = Counter(min((one.at - 1) // SHIFT, last) for one in notices)
    by_shift = [counted[number] for number in range(first, last + 1)]
    most = max(by_shift)
    return Load(
        notices=sum(by_shift), shifts=len(by_shift), mean=statistics.fmean(by_shift), most=most,
        most_at=(first + by_shift.index(most)) * SHIFT if most else 0,
        silent=by_shift.count(0),
    )  # fmt: skip


def by_day(notices: Iterable[Notified]) -> dict[str, int]:
    """Return how many notices there were on each day of Beijing's, days without any left out."""
    return dict(sorted(Counter(f"{beijing(one.at):%Y-%m-%d}" for one in notices).items()))


def same_thing(one: Key, other: Key) -> bool:
    """Say whether two keys, perhaps of rules that count differently, may be about the same thing.

    What both name must agree, and they must have something in common: a rule by county and one by topic and county
    meet in the county. Two matters meet in a word.
    """
    shared = [part for part in Key.__struct_fields__ if getattr(one, part) and getattr(other, part)]
    if not shared:
        return one == other
    for part in shared:
        mine, theirs = getattr(one, part), getattr(other, part)
        if part == "phrase":
            if not set(mine.split()) & set(theirs.split()):
                return False
        elif mine != theirs:
            return False
    return True


def _stretch(alert: Alert) -> tuple[int, int]:
    """Return from when to when the posts of an alert were written."""
    return alert.window_from, alert.resolved_at or alert.window_to


def _meet(one: Alert, other: Alert) -> bool:
    (since, until), (from_, to) = _stretch(one), _stretch(other)
    return since < to and from_ < until and same_thing(one.key, other.key)


def against(mine: Backtest, other: Backtest) -> tuple[Compared, ...]:
    """Return each alert of mine with what the other would have said of the same thing: of any of its rules, the first.

    So a rule that was renamed misses nothing; what matters is whether anybody would have been told.
    """
    found: list[Compared] = []
    for alert in mine.alerts:
        there = [one for one in other.alerts if _meet(alert, one)]
        if not there:
            found.append(Compared(alert=alert))
            continue
        first = there[0]
        found.append(Compared(alert=alert, other=first.id, later=first.opened_at - alert.opened_at))
    return tuple(found)
