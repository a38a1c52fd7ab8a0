"""覆盖与缺口: what each source sent in a month beside what it usually sends, its silences, freshness and rejects.

Usual is judged on the four weeks before the month (`alerts.source_health`), so that a source that fell silent in the
month is not measured by its own silence. Counts of one to four are not shown, nor what a total would give away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from alerts.gaps import Gap, gaps_of, overlapping
from alerts.reports import figures, queries
from alerts.reports.figures import Book
from alerts.reports.numbers import HIDDEN, LEAST, protect, small, span_words
from alerts.reports.periods import Window, moment_words
from alerts.reports.sections.coverage import provenance
from alerts.reports.sections.demands import source_name
from alerts.reports.spans import Span, covered
from alerts.reports.tree import Block, Cell, Column, Figure, Figures, Note, Paragraph, Report, Section, Source, Table
from alerts.source_health import DAY, HOUR, WEEKS, expected, past_of
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic
from streams.records import REASONS, SOURCES

KIND = "coverage"
TITLE = "数据覆盖与缺口报告"


class Covered(Struct, frozen=True, kw_only=True):
    """One source: live posts received in the window, how many usually come (None: not known), last arrival (0: none).

    silent: ms of its gaps inside the window; book: what became of all its posts, past ones sent in included.
    """

    source: str
    received: int
    usual: float | None
    last: int
    silent: int
    book: Book


class CoverageData(Struct, frozen=True, kw_only=True):
    """A month's coverage; dead: rejected inputs by reason; made_at: ms UTC."""

    span: Span
    window: Window
    made_at: int
    unit: str
    rows: tuple[Covered, ...]
    gaps: tuple[Gap, ...]
    dead: dict[str, int]
    sources: tuple[Source, ...]


def usual(hours: dict[int, int], window: Window) -> float | None:
    """Return how many posts usually come in a window, by the four weeks before it; hours: start (ms UTC) → posts."""
    before = {at: count for at, count in hours.items() if at < window.start and count}
    if not before:
        return None
    past = past_of(before, min(before), window.start)
    return None if past is None else expected(past, window.start, window.end)


def inside(gap: Gap, window: Window) -> int:
    """Return how long (ms) a gap lies in a window."""
    return max(0, min(gap.until or window.end, window.end) - max(gap.since, window.start))


def compose(data: CoverageData) -> Report:
    """Return the report as a content tree; a month without data has one too."""
    silent = sorted({source_name(gap.source) for gap in data.gaps})
    said = f"出现中断的渠道：{'、'.join(silent)}。" if silent else "没有记录到渠道中断。"
    none = sorted(source_name(one.source) for one in data.rows if not one.received)
    said += f"没有收到实时数据的渠道：{'、'.join(none)}。" if none else ""
    return Report(
        kind=KIND, period=data.span.name, title=TITLE, subtitle=data.span.words, unit=data.unit,
        window_from=data.window.start, window_to=data.window.end, made_at=data.made_at,
        sections=(_overview(data, said), _received(data), _gaps(data), _rejected(data), provenance(data.sources)),
        sources=data.sources, summary=said,
    )  # fmt: skip


def _overview(data: CoverageData, said: str) -> Section:
    total = sum(one.received for one in data.rows)
    values = (
        ("received", "实时读入", total, "条", "live"), ("gaps", "中断", len(data.gaps), "次", "gaps"),
        ("rejected", "未能读取", sum(data.dead.values()), "件", "rejected"),
    )  # fmt: skip
    told = Figures(
        items=tuple(
            Figure(name=name, label=label, value=None if small(value) and name == "received" else value,
                   shown=f"<{LEAST}" if small(value) and name == "received" else str(value), unit=unit, source=source)
            for name, label, value, unit, source in values
        )
    )  # fmt: skip
    balanced = all(one.book.balanced for one in data.rows)
    text = "各渠道收支" + ("相符（读入＝入库＋重复＋未能读取）。" if balanced else "不符，请运行账目核对。")
    return Section(title="总体情况", blocks=(told, Paragraph(text=said + text)))


def _received(data: CoverageData) -> Section:
    if not data.rows:
        return Section(title="各渠道读入", blocks=(Paragraph(text="本月没有读入数据。"),))
    told = protect({one.source: one.received for one in data.rows})
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for one in data.rows:
        count = told[one.source]
        known = one.usual is not None and one.usual >= LEAST and isinstance(count, int)
        part = one.received / one.usual if known and one.usual else None
        if part is not None and part < 0.5:
            strong.append(len(rows))
        rows.append((
            source_name(one.source), count, "历史不足" if one.usual is None else f"约{one.usual:.0f}",
            "—" if part is None else f"{part:.0%}", span_words(one.silent) if one.silent else "无",
            HIDDEN if isinstance(count, str) else moment_words(one.last) if one.last else "—",
        ))  # fmt: skip
    columns = (
        Column(title="渠道", width=1.3), Column(title="读入", number=True), Column(title="平时约", number=True),
        Column(title="占平时", number=True), Column(title="中断合计", width=1.4), Column(title="最新到达", width=1.3),
    )  # fmt: skip
    blocks: list[Block] = [
        Table(name="sources", caption="各渠道实时读入与平时比较（条）", columns=columns, rows=tuple(rows),
              strong=tuple(strong), source="live"),
        Note(text=f"平时按此前{WEEKS}周同类日子（工作日、休息日）同一时段估计；补录和回放的历史数据不在内。"),
    ]  # fmt: skip
    return Section(title="各渠道读入", blocks=tuple(blocks))


def _gaps(data: CoverageData) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            source_name(gap.source), moment_words(gap.since), moment_words(gap.until) if gap.until else "仍在中断",
            span_words(inside(gap, data.window)), f"约{gap.missing:.0f}条" if gap.missing >= LEAST else "—",
        )
        for gap in data.gaps
    )  # fmt: skip
    if not rows:
        return Section(title="中断时段", blocks=(Paragraph(text="没有记录到中断。"),))
    columns = (
        Column(title="渠道", width=1.3), Column(title="开始", width=1.2), Column(title="恢复", width=1.2),
        Column(title="本月内时长", width=1.3), Column(title="平时应有", number=True),
    )  # fmt: skip
    table = Table(name="gaps", caption="渠道中断", columns=columns, rows=rows, keys=2, source="gaps")
    note = Note(text="中断时段内的数字可能偏少，引用本月数字时请一并说明。", warn=True)
    return Section(title="中断时段", blocks=(table, note))


def _rejected(data: CoverageData) -> Section:
    if not data.dead:
        return Section(title="未能读取的数据", blocks=(Paragraph(text="没有未能读取的数据。"),))
    rows = tuple(
        (REASONS.get(reason, reason), count)
        for reason, count in sorted(data.dead.items(), key=lambda one: (-one[1], one[0]))
    )
    columns = (Column(title="原因", width=3), Column(title="件数", number=True))
    table = Table(name="dead", caption="未能读取的原因（件）", columns=columns, rows=rows, source="rejected")
    text = "只留存来源和原因，不留正文；可在“死信”页更正后重新读入。"
    return Section(title="未能读取的数据", blocks=(Paragraph(text=text), table))


def arrivals(window: Window) -> dict[str, Any]:
    """Ask for live arrivals by source and hour, from four weeks before the window to its end."""
    since = window.start - WEEKS * 7 * DAY
    posts = {"posts": {"sum": {"field": "received"}}, "last": {"max": {"field": "at"}}}
    hours = {"histogram": {"field": "at", "interval": HOUR, "min_doc_count": 1}, "aggs": posts}
    live = [
        {"term": {"topic": topics.LIVE.name}},
        {"range": {"at": {"gte": since, "lt": window.end, "format": "epoch_millis"}}},
    ]
    return {
        "size": 0, "query": {"bool": {"filter": live}},
        "aggs": {"sources": {"terms": {"field": "source", "size": 50}, "aggs": {"hours": hours}}},
    }  # fmt: skip


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> CoverageData:
    """Ask for all that the report needs; raises what `Elastic` raises."""
    window = covered(span, now)
    asked = (
        ("live", "实时读入", topics.pattern(topics.PAGES), arrivals(window)),
        ("pages", "读入账目", topics.pattern(topics.PAGES), queries.books(window)),
        ("gaps", "数据缺口", topics.GAPS.name, {**overlapping(window.start, window.end), "size": 500}),
        ("rejected", "未能读取的数据", topics.pattern(topics.DEAD_LETTERS), queries.dead_letters(window)),
    )
    answers = {name: await elastic.search(index, body) for name, _, index, body in asked}
    books, gaps = figures.booked(answers["pages"]), tuple(gaps_of(answers["gaps"]))
    found: dict[str, list[dict[str, Any]]] = {
        one["key"]: one["hours"]["buckets"]
        for one in answers["live"].get("aggregations", {}).get("sources", {}).get("buckets", [])
    }
    names = sorted({*(name for name in SOURCES if name in found), *books, *found})
    rows = []
    for name in names:
        hours = {int(one["key"]): int(one["posts"]["value"]) for one in found.get(name, [])}
        lasts = [int(one["last"]["value"]) for one in found.get(name, []) if one["key"] >= window.start]
        rows.append(
            Covered(
                source=name, received=sum(count for at, count in hours.items() if at >= window.start),
                usual=usual(hours, window), last=max(lasts, default=0),
                silent=sum(inside(gap, window) for gap in gaps if gap.source == name), book=books.get(name, Book()),
            )
        )  # fmt: skip
    return CoverageData(
        span=span, window=window, made_at=ms(now), unit=unit, rows=tuple(rows), gaps=gaps,
        dead=figures.by_key(answers["rejected"], "reasons"),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=window.start, window_to=window.end, query=body)
            for name, title, index, body in asked
        ),
    )  # fmt: skip


async def build(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> Report:
    """Return the report of a month as of `now`; stores nothing."""
    return compose(await gather(elastic, span, now, unit=unit))
