"""Opinions as a file: CSV, XLSX or JSONL, each with what was asked, when, of which index, by which version inside.

A row has what a page shows and no more: the masked text and its labels, no sentiment (that is for groups) and no author
(there is none). No cell can be a formula: a spreadsheet reads every text as a text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
import xlsxwriter

from analyzers.masking import mask
from streams.clock import beijing

ROWS_MOST = 10_000
"""More is no look at texts but a copy of the archive; who needs more narrows the time and takes several."""
COLUMNS: dict[str, str] = {
    "id": "编号", "source": "来源", "posted_at": "发布时间", "topic": "主题", "subtopic": "子主题", "county": "区县",
    "place": "地点", "intent": "诉求", "urgent": "紧急", "danger": "涉及人身安全", "event_key": "事件", "likes": "点赞",
    "answer": "答复与否", "text": "内容（已遮盖个人信息）", "model": "模型",
}  # fmt: skip
"""Fields of a stored opinion that a file may hold, and what their columns are called."""
FORMS: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson; charset=utf-8",
}
FORMULA = "=+-@\t\r\n＝＋－＠"
"""A cell that begins so can be run by a spreadsheet (OWASP, CSV injection; full-width signs work in some)."""


def running() -> str:
    """Return the version that runs."""
    try:
        return version("huiying")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True)
class Head:
    """What a file says of itself. asked: Chinese name → value; at: ms UTC; total: how many matched."""

    asked: Mapping[str, str]
    at: int
    index: str
    total: int
    rows: int
    version: str = field(default_factory=running)

    def lines(self) -> list[tuple[str, str]]:
        """Return it as pairs, in Chinese."""
        cut = "" if self.rows >= self.total else f"，只导出前{self.rows}条，请缩小时间范围分次导出"
        return [
            *((name, value) for name, value in self.asked.items() if value),
            ("导出时间", f"{beijing(self.at):%Y-%m-%d %H:%M:%S} 北京时间"),
            ("数据索引", self.index),
            ("系统版本", f"huiying {self.version}"),
            ("条数", f"符合条件{self.total}条{cut}"),
            ("说明", "内容已遮盖个人信息，不含发布者信息；情感只对不少于5条的分组统计，不在单条中给出"),
        ]


def row(document: Mapping[str, Any], words: Mapping[str, Callable[[Any], str]]) -> dict[str, Any]:
    """Return one opinion as a row: only `COLUMNS`, texts masked by today's rules too, codes in words."""
    out: dict[str, Any] = {}
    for name in COLUMNS:
        value = document.get(name, "")
        if name in words:
            value = words[name](value)
        elif name == "posted_at":
            value = f"{beijing(int(value)):%Y-%m-%d %H:%M:%S}"
        elif isinstance(value, bool):
            value = "是" if value else ""
        elif name in {"text", "place", "event_key"}:
            value = mask(str(value)).text
        out[name] = value
    return out


def safe(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ")[:1] in (*FORMULA,) else value


def as_csv(head: Head, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return UTF-8 with a mark at its start, as office programs want it: the head, an empty line, the table."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerows([safe(cell) for cell in line] for line in head.lines())
    write.writerow([])
    write.writerow(COLUMNS.values())
    write.writerows([safe(row[name]) for name in COLUMNS] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(head: Head, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a workbook of two sheets: the table, and what was asked; texts are texts, nothing is a formula or link."""
    out = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, plain) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("信息")
        for column, (name, title) in enumerate(COLUMNS.items()):
            sheet.write_string(0, column, title, bold)
            sheet.set_column(column, column, {"text": 80, "posted_at": 20, "id": 26}.get(name, 14), wrap)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            for column, name in enumerate(COLUMNS):
                value = row[name]
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, str(value))
        about = book.add_worksheet("说明")
        about.set_column(0, 0, 16)
        about.set_column(1, 1, 90)
        for number, (name, value) in enumerate(head.lines()):
            about.write_string(number, 0, name, bold)
            about.write_string(number, 1, value, wrap)
    return out.getvalue()


def as_jsonl(head: Head, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return one JSON object a line: the head first, under `export`, then the rows by their fields' names."""
    first = {"export": {**dict(head.lines()), "at": head.at, "index": head.index, "version": head.version}}
    return b"".join(msgspec.json.encode(line) + b"\n" for line in [first, *rows])


MAKERS: dict[str, Callable[[Head, Sequence[Mapping[str, Any]]], bytes]] = {
    "csv": as_csv, "xlsx": as_xlsx, "jsonl": as_jsonl,
}  # fmt: skip
