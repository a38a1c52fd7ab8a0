"""The daily brief (舆情日报): ask Elasticsearch about one day, then compose the content tree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.gaps import gap_words, overlapping
from alerts.reports import figures, queries
from alerts.reports.day import DayData
from alerts.reports.periods import Window, day_window, day_words
from alerts.reports.sections.acknowledged import alerts as alerts_section
from alerts.reports.sections.consulted import consultations as consultations_section
from alerts.reports.sections.coverage import coverage, provenance
from alerts.reports.sections.demands import demands
from alerts.reports.sections.overview import overview, summary
from alerts.reports.tree import Report, Source
from analyzers.places import county_name
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Misconfigured

KIND = "daily"
TITLE = "政务舆情日报"


def windows(day: date, now: datetime) -> tuple[Window, Window]:
    """Return what is covered of a day, and the same hours of the day before.

    Raises Misconfigured for a day that has not begun.
    """
    whole = day_window(day)
    if ms(now) <= whole.start:
        msg = f"{day} has not begun yet in Beijing; a brief can be made from {day} 00:01 on"
        raise Misconfigured(msg)
    covered = Window(start=whole.start, end=min(whole.end, ms(now)))
    before = day_window(day - timedelta(days=1))
    return covered, Window(start=before.start, end=before.start + covered.end - covered.start)


async def gather(elastic: Elastic, day: date, now: datetime, *, unit: str) -> DayData:
    """Ask for all that the brief of a day needs; raises what `Elastic.search` raises."""
    window, past = windows(day, now)
    asked = (
        ("opinions", "群众反映", topics.pattern(topics.OPINIONS), window, queries.opinions(window)),
        ("past", "前一日群众反映", topics.pattern(topics.OPINIONS), past, queries.opinions(past)),
        ("alerts", "预警", topics.ALERTS.name, window, queries.alerts(window)),
        ("consultations", "会商", topics.CONSULTATIONS.name, window, queries.consultations(window)),
        ("notices", "预警通知", topics.NOTICES.name, window, queries.notices(window)),
        ("pages", "读入账目", topics.pattern(topics.PAGES), window, queries.books(window)),
        ("gaps", "数据缺口", topics.GAPS.name, window, overlapping(window.start, window.end)),
        ("rejected", "未能读取的数据", topics.pattern(topics.DEAD_LETTERS), window, queries.dead_letters(window)),
    )
    answers: dict[str, Mapping[str, Any]] = {}
    for name, _, index, _, body in asked:
        answers[name] = await elastic.search(index, body)
    today, before = figures.counted(answers["opinions"], window), figures.counted(answers["past"], past)
    return DayData(
        day=day,
        window=window,
        whole=window.end == day_window(day).end,
        made_at=ms(now),
        unit=unit,
        names={code: county_name(code) for code in {*today.counties, *before.counties} if code},
        today=today,
        past=before,
        alerts=tuple(msgspec.convert(figures.documents(answers["alerts"]), list[Alert])),
        consultations=tuple(
            msgspec.convert([one["record"] for one in figures.documents(answers["consultations"])], list[Consultation])
        ),
        notices=figures.by_key(answers["notices"], "states"),
        books=figures.booked(answers["pages"]),
        gaps=tuple(gap_words(answers["gaps"])),
        dead=figures.by_key(answers["rejected"], "reasons"),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=over.start, window_to=over.end, query=body)
            for name, title, index, over, body in asked
        ),
    )


def compose(data: DayData) -> Report:
    """Return the brief of a day as a content tree; plain and total: a day without data has one too."""
    return Report(
        kind=KIND,
        period=data.day.isoformat(),
        title=TITLE,
        subtitle=day_words(data.day),
        unit=data.unit,
        window_from=data.window.start,
        window_to=data.window.end,
        made_at=data.made_at,
        sections=(
            overview(data),
            demands(data),
            alerts_section(data),
            consultations_section(data),
            coverage(data),
            provenance(data.sources),
        ),
        sources=data.sources,
        summary=summary(data),
    )


async def build(elastic: Elastic, day: date, now: datetime, *, unit: str) -> Report:
    """Return the brief of a Beijing day as of `now`; stores nothing."""
    return compose(await gather(elastic, day, now, unit=unit))
