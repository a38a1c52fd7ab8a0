"""A report as PDF: typeset by Typst from the tree as data, so nothing in a text can become markup.

A4 and margins of GB/T 9704-2012; free fonts embedded, text selectable, charts as vectors, tagged for screen readers.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import msgspec
import typst

from alerts.reports.columns import across, widths
from alerts.reports.drawing import svg
from alerts.reports.fonts import folder
from alerts.reports.periods import made_words
from alerts.reports.render_html import kind_of, numeral
from alerts.reports.tree import Block, Chart, Figures, Report, Table, cell_text

STANDARD: Literal["a-2a"] = "a-2a"
"""PDF/A-2a: for the archive, with everything embedded, and tagged."""


def render_pdf(report: Report) -> bytes:
    """Return the report as one PDF file; the same report gives the same bytes."""
    document = typst.Compiler(font_paths=_fonts()).compile(
        input=_template(),
        format="pdf",
        sys_inputs={"report": msgspec.json.encode(_data(report)).decode()},
        pdf_standards=[STANDARD],
        timestamp=report.made_at // 1000,
    )
    assert isinstance(document, bytes)
    return document


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder())])


@lru_cache(maxsize=1)
def _template() -> bytes:
    return resources.files("alerts.reports").joinpath("templates/report.typ").read_bytes()


def _data(report: Report) -> dict[str, Any]:
    """Return what the template needs: the tree with captions numbered and charts drawn."""
    counts = {"table": 0, "chart": 0}
    sections = []
    edition = f"（第{report.version}版）" if report.version > 1 else ""
    for place, section in enumerate(report.sections, 1):
        blocks = [_block(block, counts) for block in section.blocks]
        sections.append({"title": f"{numeral(place)}、{section.title}", "blocks": blocks})
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "unit": report.unit,
        "mark": report.mark,
        "made": f"{made_words(report.made_at, report.window_from)} 成稿{edition}",
        "version": report.version,
        "changes": list(report.changes),
        "letterhead": report.letterhead,
        "opening": list(report.opening),
        "closing": list(report.closing),
        "signature": list(report.signature),
        "sections": sections,
    }


def _block(block: Block, counts: dict[str, int]) -> dict[str, Any]:
    kind = kind_of(block)
    if isinstance(block, Table):
        counts["table"] += 1
        return {
            "kind": kind,
            "caption": f"表{counts['table']}　{block.caption}",
            "columns": [
                {"title": column.title, "number": column.number, "width": width}
                for column, width in zip(block.columns, widths(block), strict=True)
            ],
            "rows": [[cell_text(cell) for cell in row] for row in block.rows],
            "strong": list(block.strong),
        }
    if isinstance(block, Chart):
        counts["chart"] += 1
        drawn = svg(block.spec, label=block.alt)
        return {"kind": kind, "caption": f"图{counts['chart']}　{block.caption}", "svg": drawn, "alt": block.alt}
    if isinstance(block, Figures):
        items = [msgspec.to_builtins(item) for item in block.items]
        return {"kind": kind, "items": items, "across": across(block)}
    built: dict[str, Any] = msgspec.to_builtins(block)
    return {"kind": kind, **built}
