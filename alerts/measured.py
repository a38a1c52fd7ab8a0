"""What Huiying measures of itself for rules: figures over a bound, and things that must be done by a time of the day.

No row counts posts or knows a person who wrote. Figures are in the unit of their row.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from msgspec import Struct

from alerts.alert import Key
from alerts.rule_bounds import on_day
from alerts.rules import Rule
from streams.clock import BEIJING, beijing, ms


class Metric(Struct, frozen=True):
    """A measurement: what people call it, its unit, whether each source has its own, whether its past is known."""

    title: str
    unit: str
    by_source: bool = False
    past: bool = False


METRICS: dict[str, Metric] = {
    "waiting": Metric("等待处理的消息", "页"),
    "source_silence": Metric("渠道距上一次来件", "分钟", by_source=True),
    "unanswered": Metric("台账未答复的来信", "件", past=True),
    "oldest_unanswered": Metric("台账最久未答复的来信已等", "小时", past=True),
    "oldest_unsigned": Metric("最久未签收的预警已等", "分钟"),
}
CHECKS: dict[str, str] = {
    "daily_brief": "每日简报已生成",
    "drill_came": "通知渠道演练已送达",
    "somebody_signed_in": "有人登录控制台",
}
MEASURED = frozenset({"metric_aggregation", "schedule"})
"""Kinds that count no posts."""
LOOK_BACK = 31
"""Days: longer than any holiday."""
BY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def problem_of(rule: Rule) -> str:
    """Say what is wrong with a rule's measurement or check, or nothing."""
    measures, checks = rule.kind == "metric_aggregation", rule.kind == "schedule"
    metric = METRICS.get(rule.metric)
    key = ("source",) if metric and metric.by_source else ()
    wrong = {
        f"`metric` must be one of {', '.join(METRICS)}": measures and metric is None,
        "`max_threshold` must be 1 or more, in the metric's unit": measures and rule.max_threshold < 1,
        f"the key of {rule.metric} is [{''.join(key)}]": measures and rule.key != key,
        "only a metric_aggregation has `metric` and `max_threshold`": not measures
        and bool(rule.metric or rule.max_threshold),
        f"`check` must be one of {', '.join(CHECKS)}": checks and rule.check not in CHECKS,
        f"`by` must be a time of the day in Beijing like 10:00, not {rule.by!r}": checks and not BY.fullmatch(rule.by),
        "a schedule has no `key` and no `hours`: it looks from `by` until it is done": checks
        and bool(rule.key or rule.hours),
        "only a schedule has `check` and `by`": not checks and bool(rule.check or rule.by),
        f"a {rule.kind} counts no posts: it has no `at_least`, `times_usual`, `usual_over` or `major`": (
            rule.kind in MEASURED and bool(rule.times_usual or rule.usual_over or rule.major or rule.at_least != 1)
        ),
    }
    return next((text for text, so in wrong.items() if so), "")


def due(rule: Rule, at: int, *, stands: bool = False) -> tuple[int, int] | None:
    """Return from when and by when (ms UTC) a check must be done, if that time has come on the day of a moment.

    The window ends at `by`: a rule of a window of 1d by 10:00 asks for what was done since 10:00 of the day before.
    stands: an alert is open, so what was due on an earlier day counts until it is done.
    """
    hour, minute = map(int, rule.by.split(":"))
    for back in range(LOOK_BACK if stands else 1):
        day = beijing(at).date() - timedelta(days=back)
        by = ms(datetime.combine(day, time(hour, minute), BEIJING))
        if at >= by and on_day(rule, by):
            return by - rule.window, by
    return None


def next_due(rule: Rule, start: int, end: int) -> list[int]:
    """Return the moments in [start, end] at which a check's time comes (ms UTC)."""
    day, found = beijing(start).date(), []
    while True:
        moment = ms(datetime.combine(day, time(), BEIJING) + timedelta(hours=23, minutes=59))
        there = due(rule, moment)
        if there is not None and start <= there[1] <= end:
            found.append(there[1])
        if moment > end:
            return found
        day += timedelta(days=1)


def said(rule: Rule, value: float) -> str:
    """Say in one Chinese sentence what was measured against which bound."""
    if rule.kind == "schedule":
        return f"到{rule.by}还没有：{CHECKS[rule.check]}（{_days(rule)}{rule.by}检查）。请值班人员查看并补上。"
    metric = METRICS[rule.metric]
    return f"{metric.title}{_number(value)}{metric.unit}，超过{_number(rule.max_threshold)}{metric.unit}的界限。"


def ended(measure: str, peak: float, lasted: str) -> str:
    """Say how an alert of a measurement or check ended."""
    if measure in CHECKS:
        return f"{CHECKS[measure]}，比规定时间晚约{lasted}。"
    metric = METRICS[measure]
    return f"{metric.title}已回到界限以内，最高时{_number(peak)}{metric.unit}，持续{lasted}。"


def _days(rule: Rule) -> str:
    return {"every": "每天", "workdays": "工作日", "daysoff": "休息日"}[rule.days]


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def keyed(rule: Rule, values: dict[str, float]) -> dict[Key, float]:
    """Return figures by key; values: by source, or under the empty name."""
    return {Key(source=name) if METRICS[rule.metric].by_source else Key(): value for name, value in values.items()}
