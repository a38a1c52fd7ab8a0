"""What we did about it: alerts and how soon they were acknowledged.

These count acts of the government, not what people wrote: they are shown as they are.
"""

from __future__ import annotations

from typing import Self

from msgspec import Struct

from alerts.alert import LEVELS, STATES, Alert, rank
from alerts.notices import STATES as NOTICE_STATES
from alerts.reports.day import DayData
from alerts.reports.figures import median
from alerts.reports.numbers import shown, span_words
from alerts.reports.periods import clock_words
from alerts.reports.tree import Block, Cell, Column, Note, Paragraph, Section, Table

ROWS = 15
"""Most rows of a table of alerts; the rest is counted below it."""


class AlertsOfDay(Struct, frozen=True, kw_only=True):
    """The day's alerts in numbers.

    waits: ms from opening to acknowledgement; waiting: how many nobody acknowledged yet, older ones too; unsigned: how
    many of the new ones ended before anybody did.
    """

    opened: int
    major: int
    waiting: int
    unsigned: int
    waits: tuple[int, ...]

    @classmethod
    def of(cls, data: DayData) -> Self:
        """Count the alerts of a day."""
        new = [alert for alert in data.alerts if alert.opened_at >= data.window.start]
        waits = [alert.acknowledged_at - alert.opened_at for alert in new if alert.acknowledged_at]
        return cls(
            opened=len(new),
            major=sum(alert.level == "major" for alert in new),
            waiting=sum(not _answered(alert) for alert in data.alerts),
            unsigned=sum(not alert.acknowledged_at and _answered(alert) for alert in new),
            waits=tuple(sorted(waits)),
        )

    @property
    def speed(self) -> str:
        """How long acknowledging took, in words."""
        middle = median(list(self.waits))
        return "当日无签收" if middle is None else f"签收中位{span_words(middle)}"


def alerts(data: DayData) -> Section:
    """Return 三、预警与签收."""
    of_day = AlertsOfDay.of(data)
    if not data.alerts:
        nothing = Paragraph(text="当日没有新增预警，也没有此前未解除的预警。")
        return Section(title="预警与签收", blocks=(nothing,))
    listed = sorted(data.alerts, key=lambda one: (-rank(one.level), one.opened_at, one.id))
    rows = tuple(_alert_row(alert, data) for alert in listed[:ROWS])
    strong = tuple(place for place, alert in enumerate(listed[:ROWS]) if not _answered(alert))
    columns = (
        Column(title="开始时间", width=1.1), Column(title="级别", width=0.7),
        Column(title="事项", width=3.2),
        Column(title="状态", width=0.9), Column(title="签收用时", width=1.2),
        Column(title="涉及条数", number=True, width=1.0),
    )  # fmt: skip
    table = Table(
        name="alerts", caption="当日新增和此前未解除的预警", columns=columns, rows=rows, strong=strong, keys=3,
        source="alerts",
    )
    blocks: list[Block] = [Paragraph(text=_alerts_in_words(of_day)), table]
    if len(listed) > ROWS:
        blocks.append(Note(text=f"另有{len(listed) - ROWS}件级别较低的预警未在表中列出，请在“预警”页面查看。"))
    if data.notices:
        blocks.append(_told(data))
    if any(alert.mode == "replay" for alert in data.alerts):
        blocks.append(Note(text="其中含对历史数据回放产生的预警，签收用时不代表值班情况。"))
    return Section(title="预警与签收", blocks=tuple(blocks))


def _told(data: DayData) -> Note:
    """Say what became of the day's notices; a failed one is a warning."""
    parts = [f"{name}{data.notices[state]}条" for state, name in NOTICE_STATES.items() if data.notices.get(state)]
    return Note(text=f"当日预警通知：{'，'.join(parts)}。", warn=bool(data.notices.get("failed")))


def _alerts_in_words(of_day: AlertsOfDay) -> str:
    text = f"当日新增预警{of_day.opened}件"
    if of_day.opened:
        text += f"，其中重大{of_day.major}件；已签收{len(of_day.waits)}件"
    if of_day.waits:
        middle = median(list(of_day.waits))
        assert middle is not None
        text += f"，签收用时中位{span_words(middle)}、最长{span_words(of_day.waits[-1])}"
    text += "。"
    if of_day.unsigned:
        text += f"有{of_day.unsigned}件没有人签收即已平息。"
    if of_day.waiting:
        text += f"截至成稿，连同此前的共有{of_day.waiting}件未签收，请值班人员尽快处理。"
    return text


def _alert_row(alert: Alert, data: DayData) -> tuple[Cell, ...]:
    return (
        clock_words(alert.opened_at, data.day),
        LEVELS[alert.level],
        alert.title,
        STATES[alert.state],
        span_words(alert.acknowledged_at - alert.opened_at) if alert.acknowledged_at else "未签收",
        shown(alert.count),
    )


def _answered(alert: Alert) -> bool:
    """Whether a person has taken the alert, or nobody needs to any more."""
    return bool(alert.acknowledged_at) or alert.state == "resolved"
