"""An alert's decision can be made again from the posts, and what has changed since is said."""

from __future__ import annotations

from typing import Any

import msgspec
from memory_counts import MemoryCounts, opinion

from alerts.alert import Alert, Key
from alerts.backtest import backtest
from alerts.explaining import explained
from alerts.manager import Reason
from alerts.rules import Example, Rule

HOUR = 3_600_000
START = 1_767_225_600_000
RULE = Rule(
    name="many", title="集中反映", kind="count", level="larger", reason="", key=("topic", "county"), window=2 * HOUR,
    step=HOUR, recover=2 * HOUR, at_least=5, fires=Example(count=5), silent=Example(count=4),
)  # fmt: skip


def surge(**fields: Any) -> MemoryCounts:
    return MemoryCounts([opinion(f"p{n}", START + HOUR + n * 60_000, **fields) for n in range(6)])


async def alert_of(counts: MemoryCounts) -> Alert:
    (found,) = (await backtest([RULE], counts, START, START + HOUR * 9)).alerts
    return found


async def test_the_same_posts_and_rule_decide_the_same() -> None:
    counts = surge()
    again = await explained(RULE, await alert_of(counts), counts)
    assert again.differs == ()
    assert again.decision.reason == Reason.OPENED
    assert again.finding is not None
    assert (again.finding.key, again.finding.tally.count) == (Key("城乡建设", "620826"), 6)


async def test_a_changed_rule_is_said_to_fire_no_more() -> None:
    counts = surge()
    again = await explained(msgspec.structs.replace(RULE, at_least=9), await alert_of(counts), counts)
    assert again.differs == ("fires: yes -> no",)
    assert again.decision.reason == Reason.NOTHING


async def test_late_posts_of_the_window_are_said_and_those_after_it_are_not_counted() -> None:
    counts = surge()
    alert = await alert_of(counts)
    counts.add(opinion("late", alert.window_to - 1), opinion("next", alert.window_to))
    again = await explained(RULE, alert, counts)
    assert again.differs == ("value: 6 -> 7", "count: 6 -> 7")


async def test_nothing_of_an_alert_is_taken_for_granted_when_its_posts_are_gone() -> None:
    again = await explained(RULE, await alert_of(surge()), MemoryCounts())
    assert again.finding is None
    assert again.differs == ("fires: yes -> no",)
