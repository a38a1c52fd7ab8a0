"""台账导出: items as a file of twenty columns, CSV or XLSX; no cell can be a formula, nothing says who wrote."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import xlsxwriter

from alerts.exports import Head, safe
from alerts.ledger import RESULTS, SATISFACTION, Item
from analyzers.masking import mask
from streams.clock import beijing
from streams.records import SOURCES

ROWS_MOST = 10_000
COLUMNS: tuple[str, ...] = (
    "编号", "来源", "来信时间", "收到时间", "主题", "诉求类型", "区县", "标题", "内容（已遮盖个人信息）", "牵头单位",
    "协办单位", "督办单位", "交办时间", "办理时限", "时限依据", "首次答复时间", "办结时间", "办理状态", "办理结果",
    "满意度",
)  # fmt: skip
"""What offices keep of a message: what it says, who has it, by when and on what basis, and how it ended."""
WIDE = {
    "编号": 14, "来源": 11, "主题": 11, "诉求类型": 9, "区县": 9, "标题": 26, "内容（已遮盖个人信息）": 56,
    "牵头单位": 18, "时限依据": 30, "办理状态": 14, "办理结果": 14, "满意度": 12,
}  # fmt: skip
USUAL = 16
"""Characters a column is wide (a Chinese one is two), of those that are not usual ones: a time fits in a line."""
LINE_POINTS, TALLEST = 17, 408


def _time(at: int) -> str:
    return f"{beijing(at):%Y-%m-%d %H:%M}" if at else ""


def standing(item: Item, now: int) -> str:
    """Return an item's state with what counts: overdue, answered late, opened again."""
    parts = [item.state_name]
    parts += ["已逾期"] if item.overdue(now) else []
    parts += ["逾期答复"] if item.late else []
    parts += ["曾重新办理"] if item.rounds and item.state_name != "重新办理" else []
    return "，".join(parts)


def row(item: Item, now: int, county: Callable[[str], str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return an item as the cells of `COLUMNS`, texts masked by today's rules too."""
    return (
        item.id, SOURCES.get(item.source, item.source), _time(item.posted_at), _time(item.received_at), item.topic,
        kinds.get(item.kind, ""), county(item.county), mask(item.title).text, mask(item.text).text, item.lead,
        "、".join(item.assists), item.supervisor, _time(item.assigned_at), _time(item.due), item.basis,
        _time(item.first_reply_at), _time(item.closed_at), standing(item, now), RESULTS.get(item.result, ""),
        SATISFACTION[item.surveys[-1].satisfaction] if item.surveys else "",
    )  # fmt: skip


def _lines(head: Head) -> list[tuple[str, str]]:
    return [(name, value) for name, value in head.lines() if name != "说明"]


def _height(line: Sequence[str]) -> int:
    """Return how tall a row must be, points, for its texts to be read in their columns' widths."""
    lines = 1
    for title, cell in zip(COLUMNS, line, strict=True):
        wide = sum(2 if ord(character) > 255 else 1 for character in cell)
        lines = max(lines, cell.count("\n") - (-wide // WIDE.get(title, USUAL)))
    return min(TALLEST, LINE_POINTS * lines)


def as_csv(head: Head, rows: Sequence[Sequence[str]]) -> bytes:
    """Return UTF-8 with a mark at its start: what was asked, an empty line, the table."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerows([safe(cell) for cell in line] for line in _lines(head))
    write.writerow([])
    write.writerow(COLUMNS)
    write.writerows([safe(cell) for cell in line] for line in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(head: Head, rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook of two sheets: the table, and what was asked; texts are texts, nothing is a formula or link."""
    out = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, plain) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#F3F6FA", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": "#CDCDCD"})
        sheet = book.add_worksheet("台账")
        sheet.set_paper(8)  # A3, on its side: twenty columns on one sheet's width, their titles on each
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.4, 0.4, 0.5, 0.5)
        sheet.repeat_rows(0)
        sheet.set_footer("&C— &P —")
        for column, title in enumerate(COLUMNS):
            sheet.write_string(0, column, title, bold)
            sheet.set_column(column, column, WIDE.get(title, USUAL), wrap)
        sheet.freeze_panes(1, 0)
        for number, line in enumerate(rows, 1):
            sheet.set_row(number, _height(line))  # a program that only prints does not measure wrapped cells
            for column, cell in enumerate(line):
                sheet.write_string(number, column, cell, wrap)
        about = book.add_worksheet("说明")
        about.set_column(1, 1, 90)
        for number, (name, value) in enumerate(_lines(head)):
            about.write_string(number, 0, name, bold)
            about.write_string(number, 1, value, wrap)
    return out.getvalue()


MAKERS: dict[str, Callable[[Head, Sequence[Sequence[str]]], bytes]] = {"xlsx": as_xlsx, "csv": as_csv}
