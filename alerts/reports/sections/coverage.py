"""The last sections: how complete the data is, and where each figure came from."""

from __future__ import annotations

from alerts.reports.day import DayData
from alerts.reports.figures import silences
from alerts.reports.numbers import HIDDEN, in_words, protect, shown, small
from alerts.reports.periods import clock_words, window_words
from alerts.reports.sections.demands import source_name
from alerts.reports.tree import Block, Cell, Column, Paragraph, Section, Source, Table
from streams.records import REASONS


def coverage(data: DayData) -> Section:
    """Return 五、数据说明: coverage by source, gaps, late posts, dead letters."""
    keys = sorted({*data.today.sources, *data.past.sources, *data.books})
    blocks: list[Block] = [Paragraph(text=_in_words(data))]
    if keys:
        blocks.append(_sources(data, keys))
    if data.dead:
        largest_first = sorted(data.dead.items(), key=lambda item: (-item[1], item[0]))
        rows = tuple((REASONS.get(reason, reason), count) for reason, count in largest_first)
        columns = (Column(title="原因", width=3), Column(title="件数", number=True))
        blocks.append(Table(name="dead", caption="未能读取的数据（件）", columns=columns, rows=rows, source="rejected"))
    return Section(title="数据说明", blocks=tuple(blocks))


def provenance(sources: tuple[Source, ...]) -> Section:
    """Return the annex: each figure's index and window, so that anybody can count again."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (source.title, source.index, window_words(source.window_from, source.window_to)) for source in sources
    )
    columns = (
        Column(title="数据", width=2), Column(title="索引", width=1.2), Column(title="时段（北京时间）", width=2.6),
    )  # fmt: skip
    text = (
        "各项数字均由系统按下列范围查询得出，查询语句随报告存档，可据以复核。"
        "反映按发布时间计入时段，同一条只计一次。"
    )
    return Section(
        title="数据来源",
        blocks=(Paragraph(text=text), Table(name="provenance", caption="数字的来源", columns=columns, rows=rows)),
    )


def gaps(data: DayData) -> list[str]:
    """Return a sentence for every source that fell silent, wholly or for hours of the day."""
    found = [f"{gap}。" for gap in data.gaps]
    for source in sorted({*data.today.sources, *data.past.sources}):
        name = source_name(source)
        past = data.past.sources.get(source, 0)
        if not data.today.sources.get(source, 0):
            found.append(f"{name}当日没有数据（前一日{in_words(past)}），可能是接入中断，请核对。")
            continue
        hours = data.today.source_hours.get(source, ())
        # a source with few posts is silent for hours on any day; that says nothing
        if data.today.sources[source] < 24:
            continue
        found += [f"{name}在{start}时至{end}时没有数据。" for start, end in silences(hours)]
    return found


def _in_words(data: DayData) -> str:
    read = sum(book.received for book in data.books.values())
    if not read:
        text = "当日没有读入新的数据包；当日的反映为其他日期补录或尚无数据。"
    else:
        rejected = sum(book.rejected for book in data.books.values())
        balanced = all(book.balanced for book in data.books.values())
        text = "相符（读入＝入库＋重复＋未能读取）。" if balanced else "不符，请运行账目核对。"
        text = f"当日读入的数据收支{text}"
        text += f"未能读取{rejected}件，已留存来源和原因，可更正后重新读入。" if rejected else "没有未能读取的数据。"
    if data.today.late:
        text += f"当日的反映中有{in_words(data.today.late)}晚到，已计入其发布的时段。"
    return text


def _sources(data: DayData, keys: list[str]) -> Table:
    now = protect(data.today.sources)
    rows = tuple(_source_row(data, key, now.get(key, 0)) for key in keys)
    columns = (
        Column(title="渠道", width=1.4), Column(title="读入", number=True), Column(title="重复", number=True),
        Column(title="未能读取", number=True), Column(title="最新一条", number=True, width=1.2),
    )  # fmt: skip
    return Table(name="coverage", caption="各渠道数据情况（条）", columns=columns, rows=rows, source="pages")


def _source_row(data: DayData, key: str, stored: int | str) -> tuple[Cell, ...]:
    book = data.books.get(key)
    read: Cell = "—" if book is None else shown(book.received)
    if book is not None and (isinstance(stored, str) or small(book.stored)) and not small(book.received):
        # what is suppressed above must not come back here
        read = HIDDEN
    last = data.today.last.get(key)
    return (
        source_name(key), read, "—" if book is None else book.repeated, "—" if book is None else book.rejected,
        clock_words(last, data.day) if last and isinstance(stored, int) else "—",
    )  # fmt: skip
