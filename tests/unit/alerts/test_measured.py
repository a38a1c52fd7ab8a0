"""Rules over what Huiying measures of itself, and over what must be done by a time of the day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import yaml
from memory_counts import MemoryCounts

from alerts.alert import Key
from alerts.backtest import backtest
from alerts.evaluate import tried
from alerts.explaining import NOT_KEPT, explained
from alerts.manager import Reason, decide, opened
from alerts.measured import CHECKS, METRICS, due, next_due
from alerts.measures import can_look_back, measured_findings
from alerts.notices import lines
from alerts.rulebook import load_rulebook
from alerts.rulebook_words import condition
from alerts.rules import Rule
from streams.clock import BEIJING, ms
from streams.errors import Misconfigured

HOUR = 3_600_000
MONDAY = ms(datetime(2026, 3, 2, tzinfo=BEIJING))
METRIC: dict[str, Any] = {
    "name": "piles_up", "title": "消息积压", "kind": "metric_aggregation", "level": "larger", "reason": "会迟",
    "metric": "waiting", "max_threshold": 500, "clear": 0.5, "pending": "10m", "window": "10m", "step": "10m",
    "recover": "10m", "fires": {"value": 501}, "silent": {"value": 500},
}  # fmt: skip
SCHEDULE: dict[str, Any] = {
    "name": "no_brief", "title": "每日简报未生成", "kind": "schedule", "level": "general", "reason": "要有人去补",
    "check": "daily_brief", "by": "10:00", "days": "workdays", "window": "10h", "step": "10m", "recover": "10m",
    "fires": {"time": "10:05"}, "silent": {"time": "10:05", "done": True},
}  # fmt: skip


def rule(given: dict[str, Any], **changed: Any) -> Rule:
    (found,) = load_rulebook(yaml.safe_dump({"rules": [{**given, **changed}]}, allow_unicode=True))
    return found


class Held:
    """Figures and checks as they are told."""

    def __init__(self, values: dict[str, float] | None = None, done: tuple[int, ...] = ()) -> None:
        self.values, self.when = values or {}, done

    async def figures(self, metric: str, at: int, *, past: bool) -> dict[str, float]:
        del metric, at, past
        return self.values

    async def done(self, check: str, since: int, until: int) -> bool:
        del check
        return any(since <= at <= until for at in self.when)


async def test_a_figure_over_its_bound_fires_and_an_open_alert_ends_by_its_milder_one() -> None:
    piles = rule(METRIC)
    found = await measured_findings(piles, Held({"": 620.0}), MONDAY)
    assert found[Key()].value == 620
    assert found[Key()].reason == "等待处理的消息620页，超过500页的界限。"
    assert await measured_findings(piles, Held({"": 500.0}), MONDAY) == {}
    assert await measured_findings(piles, Held({"": 300.0}), MONDAY, {Key()})
    assert await measured_findings(piles, Held({"": 250.0}), MONDAY, {Key()}) == {}


async def test_it_must_last_its_time_before_anybody_is_told() -> None:
    found = (await measured_findings(rule(METRIC), Held({"": 620.0}), MONDAY))[Key()]
    alert = opened(found, "live")
    assert alert.pending_until == MONDAY + HOUR // 6
    assert alert.measure == "waiting"


async def test_each_source_has_a_silence_of_its_own() -> None:
    silence = rule(METRIC, metric="source_silence", key=["source"], max_threshold=60, fires={"value": 61},
                   silent={"value": 1})  # fmt: skip
    found = await measured_findings(silence, Held({"weibo": 90.0, "portal": 5.0}), MONDAY)
    assert set(found) == {Key(source="weibo")}


@pytest.mark.parametrize(
    ("hour", "done", "fires"),
    [(9, (), False), (10, (), True), (15, (), True), (15, (9,), False), (15, (14,), False), (15, (-1,), True)],
)
async def test_what_is_not_done_by_its_time_fires_until_it_is_done(
    hour: int, done: tuple[int, ...], *, fires: bool
) -> None:
    held = Held(done=tuple(MONDAY + at * HOUR for at in done))
    assert bool(await measured_findings(rule(SCHEDULE), held, MONDAY + hour * HOUR)) is fires


async def test_a_day_off_asks_for_nothing_and_an_open_alert_stays_until_it_is_done() -> None:
    sunday = MONDAY - 12 * HOUR
    brief = rule(SCHEDULE)
    assert await measured_findings(brief, Held(), sunday) == {}
    assert await measured_findings(brief, Held(), sunday, {Key()})
    assert await measured_findings(brief, Held(done=(sunday,)), sunday, {Key()}) == {}


def test_the_times_of_a_week_are_those_of_its_working_days() -> None:
    found = next_due(rule(SCHEDULE), MONDAY, MONDAY + 7 * 24 * HOUR)
    assert found == [MONDAY + (24 * day + 10) * HOUR for day in range(5)]
    assert due(rule(SCHEDULE), MONDAY + 11 * HOUR) == (MONDAY, MONDAY + 10 * HOUR)


async def test_a_back_test_tells_of_the_days_on_which_it_was_missing_and_explains_it() -> None:
    brief = rule(SCHEDULE)
    done = tuple(MONDAY + (24 * day + (12 if day == 1 else 9)) * HOUR for day in range(5))
    test = await backtest([brief], MemoryCounts(), MONDAY, MONDAY + 4 * 24 * HOUR, Held(done=done))
    (alert,) = test.alerts
    assert alert.opened_at == MONDAY + 34 * HOUR
    assert MONDAY + 36 * HOUR <= alert.resolved_at <= MONDAY + 37 * HOUR
    again = await explained(brief, alert, MemoryCounts(), Held(done=done))
    assert again.finding is not None
    assert again.differs == ()


async def test_a_figure_without_a_past_is_named_as_not_tried_and_not_explained_anew() -> None:
    piles = rule(METRIC)
    assert not can_look_back(piles)
    test = await backtest([piles], MemoryCounts(), MONDAY, MONDAY + HOUR, Held({"": 900.0}))
    assert test.left_out == ("piles_up",)
    alert = opened((await measured_findings(piles, Held({"": 620.0}), MONDAY))[Key()], "live")
    assert (await explained(piles, alert, MemoryCounts(), Held())).differs == (NOT_KEPT,)


async def test_a_figure_of_the_ledger_is_tried_on_the_past() -> None:
    waits = rule(METRIC, metric="unanswered", pending="", clear=1)
    test = await backtest([waits], MemoryCounts(), MONDAY, MONDAY + HOUR, Held({"": 900.0}))
    assert [one.reason for one in test.rules[0].notices] == [Reason.OPENED]


async def test_an_end_says_what_it_was_and_speaks_of_no_posts() -> None:
    piles = rule(METRIC)
    alert = opened((await measured_findings(piles, Held({"": 620.0}), MONDAY))[Key()], "live")
    over = decide(piles, None, alert, MONDAY + HOUR).alert
    assert over is not None
    said = lines(over, Reason.RESOLVED, link="", quiet_duty=False)
    assert said[0] == "等待处理的消息已回到界限以内，最高时620页，持续60分钟。"


@pytest.mark.parametrize(
    ("given", "changed", "said"),
    [
        (METRIC, {"metric": "mood"}, "`metric` must be one of waiting"),
        (METRIC, {"max_threshold": 0.5}, "`max_threshold` must be 1 or more"),
        (METRIC, {"key": ["county"]}, r"the key of waiting is \[\]"),
        (METRIC, {"metric": "source_silence"}, r"is \[source\]"),
        (METRIC, {"at_least": 3}, "counts no posts"),
        (METRIC, {"by": "10:00"}, "only a schedule has"),
        (METRIC, {"fires": {"value": 9}}, "should fire does not"),
        (SCHEDULE, {"check": "coffee"}, "`check` must be one of daily_brief"),
        (SCHEDULE, {"by": "10"}, "`by` must be a time"),
        (SCHEDULE, {"hours": "08:00-10:00"}, "no `hours`"),
        (SCHEDULE, {"metric": "waiting"}, "only a metric_aggregation"),
        (SCHEDULE, {"silent": {"time": "10:05"}}, "should be silent fires"),
    ],
)
def test_a_mistake_is_refused_with_what_is_wrong(given: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        rule(given, **changed)


@pytest.mark.parametrize("given", [METRIC, SCHEDULE])
def test_people_read_it_in_chinese(given: dict[str, Any]) -> None:
    found = rule(given)
    assert tried(found, found.fires) is not None
    assert condition(found).endswith("。")
    assert all(title for title in CHECKS.values())
    assert all(one.title and one.unit for one in METRICS.values())
