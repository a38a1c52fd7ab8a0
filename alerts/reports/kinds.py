"""The kinds of reports and their forms: one table, and plain functions for the command, the console and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import Struct

from alerts.reports import daily
from alerts.reports.glyphs import printable_report
from alerts.reports.periods import parse_day, yesterday
from alerts.reports.render_docx import render_docx
from alerts.reports.render_html import render_html
from alerts.reports.render_pdf import render_pdf
from alerts.reports.settings import ReportSettings
from alerts.reports.tree import Report
from analyzers import places
from streams.elastic import Elastic
from streams.errors import Misconfigured


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of report: its Chinese name, its usual period at a moment, and how it is built for a period."""

    title: str
    latest: Callable[[datetime], str]
    build: Callable[[Elastic, str, datetime, str], Awaitable[Report]]


async def _daily(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    return await daily.build(elastic, parse_day(period), now, unit=unit)


KINDS: dict[str, Kind] = {
    daily.KIND: Kind(title="日报", latest=lambda now: yesterday(now).isoformat(), build=_daily),
}

FORMS: dict[str, tuple[Callable[[Report], bytes], str]] = {
    "html": (render_html, "text/html; charset=utf-8"),
    "docx": (render_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (render_pdf, "application/pdf"),
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
    """Return a report as of `now`, not stored; `period` as the kind writes it (daily: `2026-11-22`).

    Raises Misconfigured for an unknown kind or period, and what `Elastic.search` raises.
    """
    settings = settings or ReportSettings()
    unit = settings.report_unit or f"{places.default().name}政务舆情回应"
    return await kind_named(kind).build(elastic, period, now, unit)


def render(report: Report, form: str) -> bytes:
    """Return a report as `html`, `docx` or `pdf`; takes up to a second of CPU, so call it in a thread.

    Raises Misconfigured for another form.
    """
    if form not in FORMS:
        msg = f"unknown form {form!r}; known: {', '.join(FORMS)}"
        raise Misconfigured(msg)
    return FORMS[form][0](printable_report(report))


def filename(report: Report, form: str) -> str:
    """Return a name for a report's file, as `政务舆情日报 2026-11-22.pdf`."""
    return f"{report.title} {report.period}.{form}"
