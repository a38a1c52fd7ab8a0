"""A report's annex as XLSX: its figures and tables as they are shown, one sheet each, and where they came from.

Texts are written as texts, never as formulas; what is suppressed in the report is suppressed here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from alerts.reports.periods import made_words, window_words
from alerts.reports.tree import Cell, Figure, Report, Table

PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
WIDE = 78
"""Characters of a Chinese page's width, shared by the columns of a table."""
FORBIDDEN = str.maketrans("[]:*?/\\'", "（）：＊？／＼’")
LONGEST_NAME = 31
LONGEST_TEXT = 32_000


def render_xlsx(report: Report) -> bytes:
    """Return the annex as one XLSX file; the same report gives the same bytes."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, PLAIN) as book:
        made = datetime.fromtimestamp(report.made_at / 1000, UTC).replace(tzinfo=None)
        book.set_properties({"title": f"{report.title} {report.subtitle}", "author": report.unit, "created": made})
        styles = _styles(book)
        _first(book, styles, report)
        tables = [block for block in report.blocks() if isinstance(block, Table)]
        for place, table in enumerate(tables, 1):
            _table(book, styles, table, f"表{place} {table.caption}", report.mark)
        _sources(book, styles, report)
    return out.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
    line = {**base, "bottom": 1, "bottom_color": "#CDCDCD"}
    return {
        "title": book.add_format({**base, "font_name": "黑体", "font_size": 16, "text_wrap": False}),
        "plain": book.add_format(base),
        "mark": book.add_format({**base, "font_name": "黑体", "font_color": "#9C2F24", "text_wrap": False}),
        "head": book.add_format({**base, "font_name": "黑体", "bg_color": "#F3F6FA", "top": 2, "bottom": 1}),
        "head_number": book.add_format({
            **base, "font_name": "黑体", "bg_color": "#F3F6FA", "top": 2, "bottom": 1, "align": "right",
        }),
        "text": book.add_format(line),
        "number": book.add_format({**line, "align": "right"}),
        "percent": book.add_format({**line, "align": "right", "num_format": "0%"}),
        "strong": book.add_format({**line, "font_name": "黑体", "bg_color": "#F3F6FA"}),
        "strong_number": book.add_format({**line, "font_name": "黑体", "bg_color": "#F3F6FA", "align": "right"}),
    }  # fmt: skip


def _first(book: Any, styles: dict[str, Any], report: Report) -> None:
    sheet = book.add_worksheet("主要数字")
    _printed(sheet, report.mark)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 36)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, f"{report.title}　{report.subtitle}", styles["title"])
    edition = f"（第{report.version}版）" if report.version > 1 else ""
    made = f"{report.letterhead or report.unit}　{made_words(report.made_at, report.window_from)} 成稿{edition}"
    sheet.merge_range(1, 0, 1, 3, made, styles["plain"])
    sheet.write_string(2, 0, report.mark, styles["mark"])
    for place, title in enumerate(("指标", "数值", "单位", "比较或说明")):
        sheet.write_string(4, place, title, styles["head_number" if place == 1 else "head"])
    line = 4
    for line, figure in enumerate(report.figures(), 5):
        sheet.write_string(line, 0, figure.label, styles["text"])
        _figure(sheet, line, figure, styles)
        sheet.write_string(line, 2, figure.unit, styles["text"])
        sheet.write_string(line, 3, figure.change, styles["text"])
    sheet.merge_range(line + 2, 0, line + 2, 3, report.summary[:LONGEST_TEXT], styles["plain"])
    sheet.set_row(line + 2, 18 * (1 + len(report.summary) // 34))


def _figure(sheet: Any, line: int, figure: Figure, styles: dict[str, Any]) -> None:
    """Write a figure as a number that can be calculated with; a span of time, which has no unit, in its words."""
    if figure.value is not None and figure.shown.endswith("%"):
        sheet.write_number(line, 1, figure.value, styles["percent"])
    elif figure.value is None or (not figure.unit and not figure.shown.isascii()):
        _write(sheet, (line, 1), figure.shown, styles["number"])
    else:
        _write(sheet, (line, 1), figure.value, styles["number"])


def _table(book: Any, styles: dict[str, Any], table: Table, name: str, mark: str) -> None:
    sheet = book.add_worksheet(name.translate(FORBIDDEN)[:LONGEST_NAME])
    _printed(sheet, mark)
    whole = sum(column.width for column in table.columns)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, max(9, WIDE * column.width / whole))
        sheet.write_string(0, place, column.title, styles["head_number" if column.number else "head"])
    for line, row in enumerate(table.rows):
        look = "strong" if line in table.strong else ""
        for place, cell in enumerate(row):
            kind = "number" if table.columns[place].number else "text"
            style = "_".join(part for part in (look, kind if kind == "number" or not look else "") if part)
            _write(sheet, (line + 1, place), cell, styles[style])
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _sources(book: Any, styles: dict[str, Any], report: Report) -> None:
    sheet = book.add_worksheet("数据来源与查询")
    _printed(sheet, report.mark)
    for place, (title, width) in enumerate((("数据", 20), ("索引", 22), ("时段（北京时间）", 44), ("查询语句", 90))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, title, styles["head"])
    for line, source in enumerate(report.sources, 1):
        cells = (
            source.title, source.index, window_words(source.window_from, source.window_to),
            json.dumps(source.query, ensure_ascii=False)[:LONGEST_TEXT],
        )  # fmt: skip
        for place, text in enumerate(cells):
            sheet.write_string(line, place, text, styles["text"])


def _printed(sheet: Any, mark: str) -> None:
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&R{mark}")
    sheet.set_footer("&C— &P —")


def _write(sheet: Any, place: tuple[int, int], cell: Cell, style: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(*place, cell[:LONGEST_TEXT], style)
    else:
        sheet.write_number(*place, cell, style)
