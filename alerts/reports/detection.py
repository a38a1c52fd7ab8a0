"""预警质量: how good the rules were in a month, by what staff said of their alerts; notices a shift; time to sign.

Only live alerts count; those that nobody judged stand beside those that were, and no precision is shown of fewer than
five. A shift here is 08:00 to 20:00 or 20:00 to 08:00 in Beijing, whatever the city's rota is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from alerts.alert import Alert
from alerts.notices import CHANNELS
from alerts.quality import Quality, quality
from alerts.reports.numbers import LEAST, span_words
from alerts.reports.periods import HOUR_MS, Window
from alerts.reports.rates import Rate, wilson
from alerts.reports.sections.coverage import provenance
from alerts.reports.spans import Span, covered
from alerts.reports.tree import Block, Cell, Column, Figure, Figures, Note, Paragraph, Report, Section, Source, Table
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic

KIND = "detection"
TITLE = "预警质量报告"
SHIFT_MS = 12 * HOUR_MS
FIELDS = ("channel", "via", "sent_at")


class Load(Struct, frozen=True, kw_only=True):
    """Notices of a window: sent by channel, and by shift (its start, ms UTC)."""

    channels: dict[str, int]
    shifts: dict[int, int]


class DetectionData(Struct, frozen=True, kw_only=True):
    """A month's alerts and notices; made_at: ms UTC."""

    span: Span
    window: Window
    made_at: int
    unit: str
    rules: tuple[Quality, ...]
    alerts: int
    unsigned: int
    load: Load
    sources: tuple[Source, ...]


def shift_of(at: int) -> int:
    """Return the start of the shift of a moment (ms UTC): 08:00 and 20:00 in Beijing are 00:00 and 12:00 UTC."""
    return at // SHIFT_MS * SHIFT_MS


def load_of(notices: Iterable[tuple[str, int]]) -> Load:
    """Return what was sent, from pairs of channel and moment."""
    channels, shifts = Counter[str](), Counter[int]()
    for channel, at in notices:
        channels[channel] += 1
        shifts[shift_of(at)] += 1
    return Load(channels=dict(channels), shifts=dict(shifts))


def precision_words(one: Quality) -> str:
    """Return the precision with its interval, or why there is none."""
    if one.judged < LEAST:
        return "标记太少"
    rate = Rate(part=one.right + one.late, whole=one.judged)
    low, high = wilson(rate)
    return f"{rate.value:.0%}（{low:.0%}～{high:.0%}）"


def compose(data: DetectionData) -> Report:
    """Return the report as a content tree; a month without alerts has one too."""
    judged = sum(one.judged for one in data.rules)
    false = sum(one.false for one in data.rules)
    return Report(
        kind=KIND, period=data.span.name, title=TITLE, subtitle=data.span.words, unit=data.unit,
        window_from=data.window.start, window_to=data.window.end, made_at=data.made_at,
        sections=(_overview(data, judged, false), _rules(data), _load(data), provenance(data.sources)),
        sources=data.sources,
        summary=f"预警{data.alerts}件，值班人员标记{judged}件，其中误报{false}件；发出通知{_sent(data)}条。",
    )  # fmt: skip


def _sent(data: DetectionData) -> int:
    return sum(data.load.channels.values())


def _overview(data: DetectionData, judged: int, false: int) -> Section:
    late = sum(one.late for one in data.rules)
    values = (
        ("alerts", "预警", data.alerts), ("judged", "已标记", judged), ("false", "误报", false), ("late", "迟报", late),
        ("unsigned", "未签收（含已平息）", data.unsigned),
    )  # fmt: skip
    figures = Figures(
        items=tuple(
            Figure(name=name, label=label, value=value, shown=str(value), unit="件", source="alerts")
            for name, label, value in values
        )
    )
    text = "件数是系统发出的预警，不是群众反映。属实、误报、迟报由值班人员写明理由标记；回放历史数据的预警不计。"
    blocks: list[Block] = [figures, Paragraph(text=text)]
    if data.alerts > judged:
        left = f"有{data.alerts - judged}件没有标记，准确率只代表标记过的预警。"
        return Section(title="总体情况", blocks=(*blocks, Note(text=left, warn=True)))
    return Section(title="总体情况", blocks=tuple(blocks))


def _rules(data: DetectionData) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            one.title or one.rule, one.alerts, one.right, one.false, one.late, precision_words(one),
            "—" if one.to_acknowledge is None else span_words(one.to_acknowledge),
            "—" if one.slow_acknowledge is None else span_words(one.slow_acknowledge),
        )
        for one in data.rules
    )  # fmt: skip
    if not rows:
        return Section(title="各规则情况", blocks=(Paragraph(text="本月没有预警。"),))
    columns = (
        Column(title="规则", width=1.5), *(Column(title=name, number=True, width=0.7) for name in
                                          ("预警", "属实", "误报", "迟报")),
        Column(title="准确率（95%区间）", number=True, width=2.3),
        Column(title="签收中位", number=True, width=1.2), Column(title="九成在", number=True, width=1.2),
    )  # fmt: skip
    table = Table(name="rules", caption="各规则的质量（件）", columns=columns, rows=rows, source="alerts")
    note = Note(text=f"准确率＝（属实＋迟报）÷已标记，不足{LEAST}件不计算。签收用时从预警开始到签收，只算已签收的。")
    return Section(title="各规则情况", blocks=(table, note))


def _load(data: DetectionData) -> Section:
    first, last = shift_of(data.window.start), data.window.end
    shifts = [data.load.shifts.get(at, 0) for at in range(first, last, SHIFT_MS)]
    most = max(shifts, default=0)
    mean = sum(shifts) / max(1, len(shifts))
    text = f"按每日08:00和20:00分班，{len(shifts)}个班次平均每班{mean:.1f}条通知，最多{most}条。"
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (CHANNELS.get(channel, channel), count) for channel, count in sorted(data.load.channels.items())
    )
    columns = (Column(title="渠道", width=2), Column(title="发出", number=True))
    note = Note(text="一件预警经几个渠道发出就计几条；本地排班的交接时间不同时，以交接班记录为准。")
    if not rows:
        return Section(title="通知负担", blocks=(Paragraph(text="本月没有发出通知。"),))
    table = Table(name="channels", caption="各渠道发出的通知（条）", columns=columns, rows=rows, source="notices")
    return Section(title="通知负担", blocks=(Paragraph(text=text), table, note))


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> DetectionData:
    """Ask for all that the report needs; raises what `Elastic` raises."""
    window = covered(span, now)

    def within(field: str, **term: str) -> dict[str, object]:
        inside = {"range": {field: {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}}
        return {"bool": {"filter": [inside, *({"term": {name: value}} for name, value in term.items())]}}

    alerts_query, notices_query = within("opened_at", mode="live"), within("sent_at", state="sent")
    alerts = [
        msgspec.convert(hit.source, Alert) async for hit in elastic.scan(topics.ALERTS.name, alerts_query)
    ]
    notices = [
        (hit.source.get("via") or hit.source["channel"], int(hit.source["sent_at"]))
        async for hit in elastic.scan(topics.NOTICES.name, notices_query, fields=FIELDS)
    ]
    alerts.sort(key=lambda one: (one.opened_at, one.id))
    asked = (("alerts", "预警", topics.ALERTS.name, alerts_query),
             ("notices", "通知", topics.NOTICES.name, notices_query))  # fmt: skip
    return DetectionData(
        span=span, window=window, made_at=ms(now), unit=unit, rules=quality(alerts), alerts=len(alerts),
        unsigned=sum(not one.acknowledged_at for one in alerts), load=load_of(notices),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=window.start, window_to=window.end,
                   query={"query": query})
            for name, title, index, query in asked
        ),
    )  # fmt: skip


async def build(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> Report:
    """Return the report of a month as of `now`; stores nothing."""
    return compose(await gather(elastic, span, now, unit=unit))
