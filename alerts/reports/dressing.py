"""Lays a department's template over a made report: words around the figures, never the figures.

A template with a fault leaves the report as it was made, with a warning on its first page: a report on time in the
usual dress is better than none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from alerts.reports.periods import moment_words
from alerts.reports.template import KEPT, Template, filled, template_of
from alerts.reports.tree import Note, Report, Section
from analyzers import places
from streams.clock import beijing
from streams.errors import Misconfigured

log = logging.getLogger(__name__)
FAULT = "报告模板有误，本稿按默认样式生成，请系统管理员运行 huiying doctor 查看：{}"


def values_of(report: Report, kind: str) -> dict[str, Any]:
    """Return what a template's texts may name (`alerts.reports.template.VARIABLES`). kind: its Chinese name."""
    made = beijing(report.made_at)
    return {
        "unit": report.unit, "city": places.default().name, "kind": kind, "title": report.title,
        "subtitle": report.subtitle, "period": report.period, "since": moment_words(report.window_from),
        "until": moment_words(report.window_to), "made": moment_words(report.made_at),
        "day": f"{made.year}年{made.month}月{made.day}日",
        "figures": SimpleNamespace(**{one.name: f"{one.shown}{one.unit}" for one in report.figures()}),
    }  # fmt: skip


def dressed(report: Report, template: Template, kind: str) -> Report:
    """Return the report with a template's words, names and order. Raises Misconfigured for a figure it lacks."""
    values = values_of(report, kind)
    values["unit"] = filled(template.unit, values) or report.unit

    def several(some: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for one in some if (text := filled(one, values)))

    return msgspec.structs.replace(
        report, unit=values["unit"], title=filled(template.title, values) or report.title,
        letterhead=filled(template.letterhead, values), opening=several(template.opening),
        closing=several(template.closing), signature=several(template.signature),
        sections=_sections(report.sections, template, values),
    )  # fmt: skip


def _sections(
    sections: tuple[Section, ...], template: Template, values: Mapping[str, Any]
) -> tuple[Section, ...]:
    by_title = {section.title: section for section in sections}
    order = [by_title[title] for title in template.sections if title in by_title] if template.sections else [*sections]
    order = [*(one for one in sections[:1] if one not in order), *order]  # the first page says how far to trust it
    order += [section for section in sections if section.title in KEPT and section not in order]
    return tuple(
        msgspec.structs.replace(one, title=filled(template.headings.get(one.title, ""), values) or one.title)
        for one in order
    )


def dress(report: Report, folder: Path | None, kind: str) -> Report:
    """Return the report in its department's dress, or with a warning as it was made if the template has a fault."""
    try:
        return dressed(report, template_of(folder, report.kind), kind)
    except Misconfigured as error:
        log.error("report %s %s: %s; made without its template", report.kind, report.period, error)  # noqa: TRY400
        first, *rest = report.sections or (Section(title=KEPT[0], blocks=()),)
        warned = msgspec.structs.replace(first, blocks=(Note(text=FAULT.format(error), warn=True), *first.blocks))
        return msgspec.structs.replace(report, sections=(warned, *rest))
