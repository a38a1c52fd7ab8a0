"""What differs between two versions of a report, in Chinese sentences for those who read the first one."""

from __future__ import annotations

from alerts.reports.periods import moment_words, window_words
from alerts.reports.tree import Report, Table, cell_text

MOST = 20
"""Most differences that are listed one by one."""


def differences(before: Report, after: Report) -> tuple[str, ...]:
    """Return what changed in figures and tables; never empty for reports whose content differs."""
    if (before.window_from, before.window_to) != (after.window_from, after.window_to):
        until = moment_words(before.window_to)
        return (f"上一版的数据截至{until}，本版覆盖{window_words(after.window_from, after.window_to)}。",)
    found = [*_figures(before, after), *_tables(before, after)]
    if not found:
        found = ["文字或说明有调整，各项数字没有变化。"]
    if len(found) > MOST:
        found = [*found[:MOST], f"另有{len(found) - MOST}处变动，见表。"]
    return tuple(found)


def _figures(before: Report, after: Report) -> list[str]:
    old = {figure.name: figure for figure in before.figures()}
    return [
        f"{figure.label}：由{old[figure.name].shown}{figure.unit}改为{figure.shown}{figure.unit}"
        for figure in after.figures()
        if figure.name in old and old[figure.name].shown != figure.shown
    ]


def _tables(before: Report, after: Report) -> list[str]:
    old = {table.name: table for table in before.blocks() if isinstance(table, Table)}
    found: list[str] = []
    for table in after.blocks():
        if not isinstance(table, Table):
            continue
        if table.name not in old:
            found.append(f"新增表“{table.caption}”")
            continue
        found += _rows(old[table.name], table)
    gone = old.keys() - {table.name for table in after.blocks() if isinstance(table, Table)}
    return found + [f"不再有表“{old[name].caption}”" for name in sorted(gone)]


def _rows(before: Table, after: Table) -> list[str]:
    if before.columns != after.columns or before.keys != after.keys:
        return [f"“{after.caption}”的栏目有调整"]
    width = after.keys
    old = {row[:width]: row for row in before.rows}
    new = {row[:width]: row for row in after.rows}
    caption = f"“{after.caption}”"
    found = [f"{caption}新增“{_key(key)}”" for key in new if key not in old]
    found += [f"{caption}不再有“{_key(key)}”" for key in old if key not in new]
    for key, row in new.items():
        if key not in old:
            continue
        # differences to the day before follow from the counts; naming them too would say it twice
        found += [
            f"{caption}“{_key(key)}”{column.title}：由{cell_text(was)}改为{cell_text(now)}"
            for column, was, now in zip(after.columns, old[key], row, strict=True)
            if was != now and column.title != "增减"
        ]
    return found


def _key(key: tuple[str | int | float, ...]) -> str:
    return " ".join(cell_text(cell) for cell in key)
