"""Bounds that a rule of any kind may have: hours and days on which it opens alerts, and rules that inhibit it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from alerts.alert import Alert
from alerts.deadlines import is_workday
from alerts.rules import Rule
from streams.clock import beijing
from streams.errors import Misconfigured

HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")


def hours_problem(text: str) -> str:
    """Say what is wrong with a rule's hours, or nothing."""
    if not text or (HOURS.fullmatch(text) and text[:5] != text[6:]):
        return ""
    return f"`hours` must be like 08:00-20:00 or 22:00-07:00, not {text!r}"


def on_day(rule: Rule, at: int) -> bool:
    """Say whether a moment (ms UTC) lies on a day of the rule's; a year without a calendar goes by the weekend."""
    if rule.days == "every":
        return True
    day = beijing(at).date()
    try:
        works = is_workday(day)
    except Misconfigured:
        works = day.weekday() < 5
    return works == (rule.days == "workdays")


def active(rule: Rule, at: int) -> bool:
    """Say whether a rule may open an alert at a moment (ms UTC)."""
    if not on_day(rule, at):
        return False
    if not rule.hours:
        return True
    since, until = rule.hours.split("-")
    now = f"{beijing(at):%H:%M}"
    return since <= now < until if since < until else now >= since or now < until


def inhibition_problem(inhibits: Mapping[str, tuple[str, ...]]) -> str:
    """Say what is wrong with which rule is inhibited by which, or nothing: no strangers, nobody by himself."""
    for name, others in inhibits.items():
        for other in others:
            if other not in inhibits:
                return f"rule {name}: `inhibited_by` names {other}, and there is no such rule"
        seen, todo = set[str](), list(others)
        while todo:
            other = todo.pop()
            if other == name:
                return f"rule {name}: `inhibited_by` goes round to the rule itself, so nobody would be told"
            if other not in seen:
                seen.add(other)
                todo += inhibits[other]
    return ""


def inhibits(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Return by which rules each rule is inhibited, those without any left out."""
    return {rule.name: rule.inhibited_by for rule in rules if rule.inhibited_by}


def covers(wider: Alert, alert: Alert) -> bool:
    """Say whether an alert's key lies within another's: what the wider one names is the same."""
    parts = ("topic", "county", "source")
    return all(not getattr(wider, part) or getattr(wider, part) == getattr(alert, part) for part in parts)


def inhibited(alert: Alert, names: Iterable[str], told: Mapping[str, list[Alert]]) -> bool:
    """Say whether a told alert of one of these rules stands on the same or a wider key."""
    return any(covers(one, alert) for name in names for one in told.get(name, ()) if one.id != alert.id)
