"""Hours and days of a rule, and rules that inhibit others: told with a reason, and never a danger held."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alert import Alert
from alerts.evaluate import Tally, evaluate
from alerts.hush import Scene
from alerts.manager import DEFAULT, Reason, decide, opened
from alerts.rule_bounds import active, hours_problem, inhibition_problem, on_day
from alerts.rules import Example, Rule

HOUR = 3_600_000
DAY = 24 * HOUR
MONDAY = 1_772_380_800_000
"""2 March 2026, 0:00 in Beijing (ms UTC)."""
MAKE_UP = 1_771_084_800_000 + 13 * DAY
"""28 February 2026, a Saturday that is worked for the Spring Festival."""


def rule(**changed: Any) -> Rule:
    given: dict[str, Any] = {
        "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "", "key": ("county",),
        "window": 2 * HOUR, "step": HOUR, "recover": HOUR, "at_least": 2, "fires": Example(count=2),
        "silent": Example(count=1),
    }  # fmt: skip
    return Rule(**{**given, **changed})


@pytest.mark.parametrize(
    ("hours", "days", "at", "so"),
    [
        ("", "every", MONDAY, True),
        ("08:00-20:00", "every", MONDAY + 8 * HOUR, True),
        ("08:00-20:00", "every", MONDAY + 20 * HOUR, False),
        ("22:00-07:00", "every", MONDAY + 23 * HOUR, True),
        ("22:00-07:00", "every", MONDAY + 12 * HOUR, False),
        ("", "workdays", MONDAY, True),
        ("", "workdays", MONDAY - DAY, False),
        ("", "daysoff", MONDAY - DAY, True),
        ("", "workdays", MAKE_UP, True),
        ("", "workdays", MONDAY + 4000 * DAY, True),  # a Wednesday of a year without a calendar
    ],
)
def test_a_rule_opens_alerts_in_its_hours_on_its_days(hours: str, days: Any, at: int, *, so: bool) -> None:
    assert active(rule(hours=hours, days=days), at) is so


def test_a_day_off_is_none_of_the_working_days() -> None:
    assert on_day(rule(days="workdays"), MONDAY)
    assert not on_day(rule(days="daysoff"), MONDAY)


@pytest.mark.parametrize("text", ["8:00-20:00", "08:00", "08:00-08:00", "25:00-26:00", "08:00-20:60"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    assert "must be like 08:00-20:00" in hours_problem(text)


def test_outside_its_hours_nothing_opens_and_what_is_open_goes_on() -> None:
    shut = rule(hours="08:00-20:00")
    from alerts.alert import Key

    night = MONDAY + 22 * HOUR
    found = evaluate(shut, Key(county="620826"), Tally(count=5), 0.0, night)
    assert found is not None
    assert decide(shut, found, None, night).reason is Reason.OFF_HOURS
    standing = opened(found, "live")
    assert decide(shut, found, standing, night).reason is Reason.UNCHANGED


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": ("b",), "b": ()}, ""),
        ({"a": ("c",)}, "there is no such rule"),
        ({"a": ("b",), "b": ("a",)}, "goes round"),
        ({"a": ("a",)}, "goes round"),
    ],
)
def test_who_inhibits_whom_names_rules_and_never_goes_round(given: dict[str, tuple[str, ...]], said: str) -> None:
    assert said in inhibition_problem(given)
    assert bool(inhibition_problem(given)) is bool(said)


def alert(name: str, **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": name, "rule": "hint", "rule_title": "", "level": "general", "topic": "民政", "county": "620826",
        "title": "", "reason": "", "opened_at": MONDAY, "updated_at": MONDAY, "last_firing_at": MONDAY,
        "window_from": MONDAY, "window_to": MONDAY, "value": 5.0, "bound": 4.0, "count": 5, "total": 5, "peak": 5.0,
        **fields,
    }  # fmt: skip
    return Alert(**given)


@pytest.mark.parametrize(
    ("wider", "held"),
    [
        ({"told_at": MONDAY}, True),
        ({"told_at": MONDAY, "topic": ""}, True),
        ({}, False),
        ({"told_at": MONDAY, "county": "620825"}, False),
        ({"told_at": MONDAY, "source": "weibo"}, False),
        ({"told_at": MONDAY, "rule": "another"}, False),
        ({"told_at": MONDAY, "state": "resolved"}, False),
    ],
)
def test_a_rule_is_held_while_another_that_inhibits_it_was_told_on_the_same_or_a_wider_key(
    wider: dict[str, Any], *, held: bool
) -> None:
    standing = alert("w", **{"rule": "grows", **wider})
    scene = Scene(DEFAULT, (), (standing,), MONDAY + 12 * HOUR, inhibits={"hint": ("grows",)})
    verdict = scene.judge(alert("a"), Reason.REPEATED)
    assert (verdict.what, verdict.reason) == (("hold", "inhibited") if held else ("tell", ""))
    assert scene.judge(alert("d", danger=True), Reason.OPENED).what == "tell"
