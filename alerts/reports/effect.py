"""效果评估: were people answered, how soon, solved, repeated; for a month or any days; asked, counted, composed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.gaps import gap_words, overlapping
from alerts.reports import figures, queries
from alerts.reports.after import after_effects
from alerts.reports.cases import cases, query
from alerts.reports.effect_counts import Matter
from alerts.reports.effect_data import EffectData, Totals
from alerts.reports.effect_span import KIND, before, cut_off, words, year_before
from alerts.reports.periods import Window
from alerts.reports.sections.after_blocks import after_all
from alerts.reports.sections.coverage import provenance
from alerts.reports.sections.effect_overview import overview, summary
from alerts.reports.sections.effect_work import clock, coverage, groups, rates
from alerts.reports.span_data import span_counted
from alerts.reports.spans import Span, covered, same_part
from alerts.reports.stages import SAMPLED, stages
from alerts.reports.tree import Report, Source
from analyzers.places import county_name
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic

TITLE = "政务舆情回应效果评估"
ROWS = 5_000
"""Most alerts or consultations that one report counts."""


async def matters(elastic: Elastic) -> dict[str, Matter]:
    """Return, for each message that stands in a current matter, the message that opened it."""
    found: dict[str, Matter] = {}
    async for hit in elastic.scan(topics.EVENTS.name, {"term": {"current": True}}, fields=("posts", "first")):
        posts = hit.source.get("posts") or []
        found |= {post: Matter(posts[0], int(hit.source["first"])) for post in posts}
    return found


async def counted(elastic: Elastic, window: Window, cut: int, known: Mapping[str, Matter]) -> Totals:
    """Count the ledger's items of a window as they stood at the cut-off, one page of them in memory at a time."""
    found = Totals(window=window, cut=cut)
    async for case in cases(elastic, window):
        found.take(case, known)
    return found


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> EffectData:
    """Ask for all that the report needs; raises what `Elastic.search` raises."""
    window = covered(span, now)
    whole = window == span.window
    past = same_part(before(span), window, whole=whole)
    year = same_part(year_before(span), window, whole=whole)
    cut = cut_off(window, now)
    opinions = topics.pattern(topics.OPINIONS)
    asked = (
        ("opinions", "群众反映", opinions, window, queries.by_day(window)),
        ("past", "上期群众反映", opinions, past, queries.by_day(past)),
        ("times", "收到和入库时间", opinions, window, queries.times(window, SAMPLED)),
        ("alerts", "预警", topics.ALERTS.name, window, {**queries.alerts(window), "size": ROWS}),
        ("consultations", "会商", topics.CONSULTATIONS.name, window, {**queries.consultations(window), "size": ROWS}),
        ("pages", "读入账目", topics.pattern(topics.PAGES), window, queries.books(window)),
        ("gaps", "数据缺口", topics.GAPS.name, window, overlapping(window.start, window.end)),
        ("rejected", "未能读取的数据", topics.pattern(topics.DEAD_LETTERS), window, queries.dead_letters(window)),
    )
    answers: dict[str, Mapping[str, Any]] = {}
    for name, _, index, _, body in asked:
        answers[name] = await elastic.search(index, body)
    known = await matters(elastic)
    lag = cut - window.end
    totals = await counted(elastic, window, cut, known)
    alerts = tuple(msgspec.convert(figures.documents(answers["alerts"]), list[Alert]))
    records = [one["record"] for one in figures.documents(answers["consultations"])]
    consultations = tuple(msgspec.convert(records, list[Consultation]))
    posts = figures.documents(answers["times"])
    opened = [alert for alert in alerts if alert.opened_at >= window.start]
    ledger = [
        Source(name=name, title=title, index=topics.LEDGER.name, window_from=over.start, window_to=over.end,
               query={"query": query(over)})
        for name, title, over in (("ledger", "台账", window), ("ledger_past", "上期台账", past),
                                  ("ledger_year", "去年同期台账", year))
    ]  # fmt: skip
    return EffectData(
        span=span,
        window=window,
        whole=whole,
        made_at=ms(now),
        unit=unit,
        names={code: county_name(code) for code in totals.counties if code},
        now=totals,
        past=await counted(elastic, past, past.end + lag, known),
        year=await counted(elastic, year, year.end + lag, known),
        posts=span_counted(answers["opinions"], window),
        past_posts=span_counted(answers["past"], past),
        stages=stages(posts, opened, consultations),
        sampled=len(posts),
        books=figures.booked(answers["pages"]),
        dead=figures.total_hits(answers["rejected"]),
        gaps=tuple(gap_words(answers["gaps"])),
        after=tuple(
            [
                (one, await after_effects(elastic, one, cut))
                for one in consultations
                if window.start <= one.answered_at < window.end
            ]
        ),
        sources=(
            *ledger,
            *(
                Source(name=name, title=title, index=index, window_from=over.start, window_to=over.end, query=body)
                for name, title, index, over, body in asked
            ),
        ),
    )


def compose(data: EffectData) -> Report:
    """Return the evaluation as a content tree; plain and total: a span without items has one too."""
    return Report(
        kind=KIND,
        period=data.span.name,
        title=TITLE,
        subtitle=words(data.span),
        unit=data.unit,
        window_from=data.window.start,
        window_to=data.window.end,
        made_at=data.made_at,
        sections=(
            overview(data), rates(data), groups(data), clock(data), after_all(data.after), coverage(data),
            provenance(data.sources),
        ),
        sources=data.sources,
        summary=summary(data),
    )


async def build(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> Report:
    """Return the evaluation of a span as of `now`; stores nothing."""
    return compose(await gather(elastic, span, now, unit=unit))
