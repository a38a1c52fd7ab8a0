"""A back-test tells what a rulebook would have told, how much of it a shift, and what another would have missed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_counts import MemoryCounts, opinion

from alerts.alert import Key
from alerts.backtest import Notified, against, backtest, by_day, load, same_thing
from alerts.backtest_picture import timeline
from alerts.manager import Reason
from alerts.reports.drawing import svg
from alerts.rules import Example, Rule

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_767_225_600_000
"""2026-01-01, UTC: 8 o'clock in Beijing, where a shift begins."""


def rule(**changed: Any) -> Rule:
    given_: dict[str, Any] = {
        "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "",
        "key": ("topic", "county"), "window": 2 * HOUR, "step": HOUR, "recover": 2 * HOUR, "at_least": 5,
        "fires": Example(count=5), "silent": Example(count=4),
    }  # fmt: skip
    return Rule(**{**given_, **changed})


def surge(at: int, count: int, name: str = "s", **fields: Any) -> list[dict[str, Any]]:
    return [opinion(f"{name}{at}-{n}", at + n * 60_000, **fields) for n in range(count)]


async def test_a_surge_is_told_once_and_again_when_it_is_over() -> None:
    found = await backtest([rule()], MemoryCounts(surge(START + 3 * HOUR, 6)), START, START + DAY)
    (tried,) = found.rules
    (alert,) = tried.alerts
    assert (alert.opened_at, alert.resolved_at) == (START + 4 * HOUR, START + 7 * HOUR)
    assert [(one.reason, one.at) for one in tried.notices] == [
        (Reason.OPENED, START + 4 * HOUR),
        (Reason.RESOLVED, START + 7 * HOUR),
    ]


@pytest.mark.parametrize(
    ("pending", "told"),
    [(HOUR, [(Reason.OPENED, START + 5 * HOUR), (Reason.RESOLVED, START + 7 * HOUR)]), (3 * HOUR, [])],
)
async def test_what_does_not_last_its_pending_time_would_have_told_nobody(
    pending: int, told: list[tuple[Reason, int]]
) -> None:
    found = await backtest([rule(pending=pending)], MemoryCounts(surge(START + 3 * HOUR, 6)), START, START + DAY)
    (tried,) = found.rules
    assert [(one.reason, one.at) for one in tried.notices] == told
    assert len(tried.alerts) == 1


async def test_nothing_after_the_end_is_counted() -> None:
    posts = surge(START + 3 * HOUR, 6) + surge(START + DAY + HOUR, 9, "after")
    found = await backtest([rule()], MemoryCounts(posts), START, START + 5 * HOUR)
    (tried,) = found.rules
    assert [one.reason for one in tried.notices] == [Reason.OPENED]
    assert len(found.alerts) == 1


async def test_a_rule_that_listens_to_arrivals_is_named_as_not_tried() -> None:
    quiet = rule(name="still", kind="quiet", key=("source",), usual_over=7 * DAY)
    found = await backtest([rule(), quiet], MemoryCounts(), START, START + DAY)
    assert found.left_out == ("still",)
    assert [one.rule.name for one in found.rules] == ["many"]


async def test_what_a_stricter_rulebook_misses_is_said_and_the_other_way_round_nothing() -> None:
    counts = MemoryCounts(surge(START + 3 * HOUR, 6) + surge(START + 12 * HOUR, 20, "big"))
    mild = await backtest([rule()], counts, START, START + DAY)
    strict = await backtest([rule(name="more", at_least=12)], counts, START, START + DAY)
    assert [(one.alert.peak, one.missed) for one in against(mild, strict)] == [(6.0, True), (20.0, False)]
    assert [one.missed for one in against(strict, mild)] == [False]


async def test_what_is_told_later_is_said_by_how_much() -> None:
    posts = surge(START + 3 * HOUR, 6) + surge(START + 4 * HOUR, 8, "more")
    mild = await backtest([rule()], MemoryCounts(posts), START, START + DAY)
    strict = await backtest([rule(at_least=12)], MemoryCounts(posts), START, START + DAY)
    (compared,) = against(mild, strict)
    assert compared.later == HOUR


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Key("民政", "620826"), Key("民政", "620826"), True),
        (Key("民政", "620826"), Key(county="620826"), True),
        (Key("民政", "620826"), Key("民政", "620821"), False),
        (Key("民政"), Key(county="620826"), False),
        (Key(), Key(), True),
        (Key(), Key("民政"), False),
        (Key(phrase="自来水厂 停水"), Key(phrase="停水 几天"), True),
        (Key(phrase="自来水厂 停水"), Key(phrase="供暖 温度"), False),
    ],
)
def test_keys_are_about_the_same_thing_where_what_both_name_agrees(one: Key, other: Key, *, same: bool) -> None:
    assert same_thing(one, other) is same
    assert same_thing(other, one) is same


def notice(at: int) -> Notified:
    return Notified(at=at, alert="a", reason=Reason.OPENED)


def test_a_shift_holds_what_was_told_until_its_end_and_silent_shifts_count() -> None:
    told = [notice(START + HOUR), notice(START + 12 * HOUR), notice(START + 13 * HOUR)]
    found = load(told, START, START + 2 * DAY)
    assert (found.notices, found.shifts, found.mean, found.most, found.silent) == (3, 4, 0.75, 2, 2)
    assert found.most_at == START


def test_days_are_those_of_beijing() -> None:
    assert by_day([notice(START + 15 * HOUR), notice(START + 17 * HOUR)]) == {"2026-01-01": 1, "2026-01-02": 1}


@given(st.lists(st.integers(1, 5 * DAY), max_size=30))
def test_no_notice_is_lost_among_the_shifts(times: list[int]) -> None:
    found = load([notice(START + HOUR + at) for at in times], START + HOUR, START + HOUR + 5 * DAY)
    assert found.notices == len(times)


async def test_the_picture_has_a_lane_a_rule_and_no_machines_zone() -> None:
    found = await backtest([rule()], MemoryCounts(surge(START + 3 * HOUR, 6)), START, START + DAY)
    spec = timeline({"A": found, "B": found})
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == ["集中反映（A）", "集中反映（B）"]
    assert spec["layer"][0]["data"]["values"][0]["起"] == "2026-01-01T12:00:00Z"
    drawn = svg(spec, label="回测")
    assert drawn.startswith("<svg")
    assert "较大" in drawn
