"""The kinds of reports and their forms: one table, and plain functions for the command, the console and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import ModuleType

from msgspec import Struct

from alerts.reports import (
    appraisal,
    bulletin,
    daily,
    detection,
    effect,
    effect_span,
    handover,
    matter,
    sources,
    span,
)
from alerts.reports.dressing import dress
from alerts.reports.glyphs import printable_report
from alerts.reports.periods import parse_day, yesterday
from alerts.reports.render_docx import render_docx
from alerts.reports.render_html import render_html
from alerts.reports.render_pdf import render_pdf
from alerts.reports.render_xlsx import render_xlsx
from alerts.reports.settings import ReportSettings
from alerts.reports.spans import latest_span, month_of, parse_span, week_of
from alerts.reports.tree import Report
from analyzers import places
from streams.elastic import Elastic
from streams.errors import Misconfigured


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of report: its Chinese name, its usual period, the one a day lies in, and how it is built for a period.

    A kind without `of_day` is about one consultation, whose id is its period.
    """

    title: str
    latest: Callable[[datetime], str]
    of_day: Callable[[date], str] | None
    build: Callable[[Elastic, str, datetime, str], Awaitable[Report]]


async def _daily(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await daily.build(elastic, parse_day(period), now, unit=unit)


async def _weekly(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await span.build(elastic, parse_span("weekly", period), now, unit=unit)


async def _monthly(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await span.build(elastic, parse_span("monthly", period), now, unit=unit)


async def _effect(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await effect.build(elastic, effect_span.parse(period), now, unit=unit)


async def _appraisal(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await appraisal.build(elastic, period, now, unit)


def _of_month(of: ModuleType) -> Kind:
    """Return a kind that is made of a whole month by a module with `build` and the words KIND and TITLE."""

    async def build(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
        made: Report = await of.build(elastic, parse_span("monthly", period), now, unit=unit)
        return made

    return Kind(
        title=_MONTHLY[of], latest=lambda now: latest_span("monthly", now).name,
        of_day=lambda day: month_of(day).name, build=build,
    )  # fmt: skip


def _which(now: datetime) -> str:
    msg = f"say which consultation or handover with --for ID (now {now:%Y-%m-%d}); its id stands in its address"
    raise Misconfigured(msg)


_MONTHLY = {bulletin: "阅评通报", detection: "预警质量", sources: "覆盖与缺口"}
_MATTERS = {"urgent": "快报", "special": "专报", "minutes": "会商纪要"}

KINDS: dict[str, Kind] = {
    daily.KIND: Kind(
        title="日报", latest=lambda now: yesterday(now).isoformat(), of_day=date.isoformat, build=_daily
    ),
    "weekly": Kind(
        title="周报", latest=lambda now: latest_span("weekly", now).name, of_day=lambda day: week_of(day).name,
        build=_weekly,
    ),
    "monthly": Kind(
        title="月报", latest=lambda now: latest_span("monthly", now).name, of_day=lambda day: month_of(day).name,
        build=_monthly,
    ),
    effect_span.KIND: Kind(
        title="效果评估", latest=lambda now: latest_span("monthly", now).name,
        of_day=lambda day: month_of(day).name, build=_effect,
    ),
    appraisal.KIND: Kind(
        title="督查考核", latest=lambda now: latest_span("monthly", now).name,
        of_day=lambda day: month_of(day).name, build=_appraisal,
    ),
    **{of.KIND: _of_month(of) for of in _MONTHLY},
    **{
        kind: Kind(title=title, latest=_which, of_day=None, build=partial(matter.build, kind))
        for kind, title in _MATTERS.items()
    },
    handover.KIND: Kind(title="交接班", latest=_which, of_day=None, build=handover.build),
}

FORMS: dict[str, tuple[Callable[[Report], bytes], str]] = {
    "html": (render_html, "text/html; charset=utf-8"),
    "docx": (render_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (render_pdf, "application/pdf"),
    "xlsx": (render_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""Form → what makes it, and its media type."""


def kind_named(kind: str) -> Kind:
    """Return a kind; raises Misconfigured for one that isn't in the table."""
    if kind not in KINDS:
        msg = f"unknown report {kind!r}; known: {', '.join(KINDS)}"
        raise Misconfigured(msg)
    return KINDS[kind]


async def make_report(
    kind: str, period: str, elastic: Elastic, now: datetime, settings: ReportSettings | None = None
) -> Report:
    """Return a report as of `now`, not stored; `period` as the kind writes it (`2026-11-22`, `2026-W47`, `2026-11`).

    Raises Misconfigured for an unknown kind or period, and what `Elastic.search` raises.
    """
    settings = settings or ReportSettings()
    unit = settings.report_unit or f"{places.default().name}政务舆情回应"
    found = kind_named(kind)
    folder = Path(settings.report_templates) if settings.report_templates else None
    build = found.build
    if kind == appraisal.KIND:
        build = partial(appraisal.build, given=settings.report_appraisal)
    return dress(await build(elastic, period, now, unit), folder, found.title)


def render(report: Report, form: str) -> bytes:
    """Return a report as `html`, `docx`, `pdf` or `xlsx`; takes up to a second of CPU, so call it in a thread.

    Raises Misconfigured for another form.
    """
    if form not in FORMS:
        msg = f"unknown form {form!r}; known: {', '.join(FORMS)}"
        raise Misconfigured(msg)
    return FORMS[form][0](printable_report(report))


def filename(report: Report, form: str) -> str:
    """Return a name for a report's file, as `政务舆情日报 2026-11-22.pdf`, or with the matter that it is about."""
    about = report.period
    if KINDS[report.kind].of_day is None:
        about = "".join(character for character in report.subtitle if character.isalnum())[:30]
    return f"{report.title} {about}.{form}"
