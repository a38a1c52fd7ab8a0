"""A report as HTML: one file without scripts or outside parts, for screens, mail and printing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from alerts.reports.drawing import svg
from alerts.reports.periods import made_words, window_words
from alerts.reports.tree import Report, cell_text

NUMERALS = "一二三四五六七八九"


def numeral(place: int) -> str:
    """Return 1 as 一, 11 as 十一 (to 99), as headings of official documents count."""
    tens, ones = divmod(place, 10)
    return (NUMERALS[tens - 1] if tens > 1 else "") + ("十" if tens else "") + (NUMERALS[ones - 1] if ones else "")


def render_html(report: Report) -> bytes:
    """Return a whole HTML document, UTF-8."""
    return _page("report.html", report).encode()


def html_body(report: Report) -> str:
    """Return only the report's `<article>`, for a page that brings `templates/report.css` itself."""
    return _page("body.html", report)


def styles() -> str:
    """Return the style sheet of reports."""
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), "report.css")[0]


def kind_of(block: object) -> str:
    """Return a block's tag: paragraph, figures, note, table or chart."""
    return str(type(block).__struct_config__.tag)  # type: ignore[attr-defined]


def _page(name: str, report: Report) -> str:
    return _environment().get_template(name).render(report=report, css=Markup(styles()))  # noqa: S704 - our own file  # nosec B704


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("alerts.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "cell": cell_text,
        "kind": kind_of,
        "made": made_words,
        "numeral": numeral,
        # the SVG is drawn by us from our own specification; Vega escapes the texts in it
        "svg": lambda chart: Markup(svg(chart.spec, label=chart.alt)),  # noqa: S704 - escapes its labels  # nosec B704
        "json": lambda value: msgspec.json.format(msgspec.json.encode(value), indent=2).decode(),
    }
    environment.filters.update(filters)
    environment.globals["window_words"] = window_words
    return environment
