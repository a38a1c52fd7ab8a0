"""The weekly and monthly reports (周报、月报): ask Elasticsearch about one span, then compose the content tree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.gaps import gap_words, overlapping
from alerts.reports import figures, queries
from alerts.reports.sections.coverage import provenance
from alerts.reports.sections.span_counts import demands, share_notes
from alerts.reports.sections.span_overview import overview, summary
from alerts.reports.sections.span_work import coverage, timeliness, work
from alerts.reports.span_data import SpanData, span_counted
from alerts.reports.spans import Span, before, covered, same_part, year_before
from alerts.reports.stages import SAMPLED, stages
from alerts.reports.tree import Report, Source
from analyzers.places import county_name
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic

TITLES = {"weekly": "政务舆情周报", "monthly": "政务舆情月报"}
ROWS = 5_000
"""Most alerts or consultations that one report counts."""


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> SpanData:
    """Ask for all that the report of a span needs; raises what `Elastic.search` raises."""
    window = covered(span, now)
    whole = window == span.window
    past = same_part(before(span), window, whole=whole)
    year = same_part(year_before(span), window, whole=whole)
    opinions = topics.pattern(topics.OPINIONS)
    asked = (
        ("opinions", "群众反映", opinions, window, queries.by_day(window)),
        ("past", "上期群众反映", opinions, past, queries.by_day(past)),
        ("year", "去年同期群众反映", opinions, year, queries.by_day(year)),
        ("times", "收到和入库时间", opinions, window, queries.times(window, SAMPLED)),
        ("alerts", "预警", topics.ALERTS.name, window, {**queries.alerts(window), "size": ROWS}),
        ("consultations", "会商", topics.CONSULTATIONS.name, window, {**queries.consultations(window), "size": ROWS}),
        ("actions", "复盘改进措施", topics.CONSULTATIONS.name, window, queries.review_actions(window)),
        ("pages", "读入账目", topics.pattern(topics.PAGES), window, queries.books(window)),
        ("gaps", "数据缺口", topics.GAPS.name, window, overlapping(window.start, window.end)),
        ("rejected", "未能读取的数据", topics.pattern(topics.DEAD_LETTERS), window, queries.dead_letters(window)),
    )
    answers: dict[str, Mapping[str, Any]] = {}
    for name, _, index, _, body in asked:
        answers[name] = await elastic.search(index, body)
    counts = span_counted(answers["opinions"], window), span_counted(answers["past"], past)
    alerts = tuple(msgspec.convert(figures.documents(answers["alerts"]), list[Alert]))
    records = [one["record"] for one in figures.documents(answers["consultations"])]
    consultations = tuple(msgspec.convert(records, list[Consultation]))
    followed = [one["record"] for one in figures.documents(answers["actions"])]
    posts = figures.documents(answers["times"])
    return SpanData(
        span=span,
        window=window,
        past_window=past,
        year_window=year,
        whole=whole,
        made_at=ms(now),
        unit=unit,
        names={code: county_name(code) for code in {*counts[0].counties, *counts[1].counties} if code},
        now=counts[0],
        past=counts[1],
        year=span_counted(answers["year"], year),
        alerts=alerts,
        consultations=consultations,
        reviewed=tuple(msgspec.convert(followed, list[Consultation])),
        stages=stages(posts, [alert for alert in alerts if alert.opened_at >= window.start], consultations),
        sampled=len(posts),
        books=figures.booked(answers["pages"]),
        dead=figures.total_hits(answers["rejected"]),
        gaps=tuple(gap_words(answers["gaps"])),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=over.start, window_to=over.end, query=body)
            for name, title, index, over, body in asked
        ),
    )


def compose(data: SpanData) -> Report:
    """Return the report of a span as a content tree; plain and total: a span without data has one too."""
    return Report(
        kind=data.span.kind,
        period=data.span.name,
        title=TITLES[data.span.kind],
        subtitle=data.span.words,
        unit=data.unit,
        window_from=data.window.start,
        window_to=data.window.end,
        made_at=data.made_at,
        sections=(
            overview(data),
            demands(data),
            work(data),
            timeliness(data),
            coverage(data, share_notes(data)),
            provenance(data.sources),
        ),
        sources=data.sources,
        summary=summary(data),
    )


async def build(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> Report:
    """Return the report of a week or month as of `now`; stores nothing."""
    return compose(await gather(elastic, span, now, unit=unit))
