"""The second section: who asked for what, where and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts.reports import charts
from alerts.reports.day import DayData
from alerts.reports.numbers import FEW, HIDDEN, LEAST, at_least, change, protect, share, shown
from alerts.reports.tree import Block, Cell, Chart, Column, Note, Section, Table
from streams.records import SOURCES

CONCERNS = 8
"""How many concerns (topic × county) are listed."""
COUNTIES = ("counties", "各县（市、区）反映量（条）", "县（市、区）")


def topic_name(topic: str) -> str:
    """Return what people read for a topic."""
    return topic or "未归类"


def source_name(source: str) -> str:
    """Return what people call a source."""
    return SOURCES.get(source, source or "来源不明")


def demands(data: DayData) -> Section:
    """Return 二、诉求分布; a day without posts says so and shows no empty tables."""
    if not data.today.total and not data.past.total:
        return Section(title="诉求分布", blocks=(Note(text="当日和前一日均没有收到群众反映，本节从略。"),))
    names = ("当日", "前一日")
    blocks: list[Block] = [
        Chart(
            name="hours",
            caption="分时反映量",
            spec=charts.hours(
                list(protect(dict(enumerate(data.today.hours))).values()),
                list(protect(dict(enumerate(data.past.hours))).values()),
                names=names,
            ),
            alt=_hours_in_words(data.today.hours),
            source="opinions",
        ),
        _compared(("sources", "各渠道反映量（条）", "渠道"), data, data.today.sources, data.past.sources, source_name),
        _topics(data),
        Chart(
            name="topics_chart",
            caption="反映较多的主题",
            spec=charts.ranking(_named(data.today.topics), _named(data.past.topics), names=names),
            alt="各主题当日与前一日的条数，数值见上表。",
            source="opinions",
        ),
        _compared(COUNTIES, data, data.today.counties, data.past.counties, data.county),
    ]  # fmt: skip
    concerns = _concerns(data)
    if concerns.rows:
        blocks.append(concerns)
    blocks.append(Note(text=_how_to_read()))
    return Section(title="诉求分布", blocks=tuple(blocks))


def _how_to_read() -> str:
    return (
        f"“{FEW}”表示1至{LEAST - 1}条，不列具体数；“{HIDDEN}”是为避免由合计反推而不列的数。"
        f"负面占比只对{LEAST}条以上的群体计算，说明群众遇到的困难集中在哪里，不是对发言的评价，"
        "不与前一日比较，也不作为考核依据。"
    )


def _named(counts: Mapping[str, int]) -> dict[str, int | str]:
    return {topic_name(key): value for key, value in protect(counts).items()}


def _order(counts: Mapping[str, int], past: Mapping[str, int]) -> list[str]:
    """Return all keys, the largest first, what is not known last."""
    return sorted({*counts, *past}, key=lambda key: (not key, -counts.get(key, 0), -past.get(key, 0), key))


def _compared(
    names: tuple[str, str, str],
    data: DayData,
    today: Mapping[str, int],
    past: Mapping[str, int],
    called: Callable[[str], str],
) -> Table:
    """Return a table of counts beside the day before, with its total; names: the table's, its caption, first column."""
    name, caption, title = names
    now, then = protect(today), protect(past)
    rows: list[tuple[Cell, ...]] = [
        (called(key), now.get(key, 0), then.get(key, 0), change(now.get(key, 0), then.get(key, 0)))
        for key in _order(today, past)
    ]
    rows.append(_sum_row(data))
    columns = (
        Column(title=title, width=2.2), Column(title="当日", number=True),
        Column(title="前一日", number=True), Column(title="增减", number=True),
    )  # fmt: skip
    return Table(
        name=name, caption=caption, columns=columns, rows=tuple(rows), strong=(len(rows) - 1,), source="opinions"
    )


def _sum_row(data: DayData) -> tuple[Cell, ...]:
    now: int | str = data.today.total if shown(data.today.total) != FEW else FEW
    then: int | str = data.past.total if shown(data.past.total) != FEW else FEW
    return ("合计", now, then, change(now, then))


def _topics(data: DayData) -> Table:
    table = _compared(
        ("topics", "各主题反映量（条）", "主题"), data, data.today.topics, data.past.topics, topic_name
    )
    keys = _order(data.today.topics, data.past.topics)
    shown_now = protect(data.today.topics)
    shares = [
        share(data.today.negative.get(key, 0), data.today.topics[key]) if isinstance(shown_now.get(key), int) else "—"
        for key in keys
    ]
    shares.append("")
    rows = tuple((*row, part) for row, part in zip(table.rows, shares, strict=True))
    return Table(
        name=table.name, caption=table.caption, columns=(*table.columns, Column(title="负面占比", number=True)),
        rows=rows, strong=table.strong, source=table.source,
    )  # fmt: skip


def _concerns(data: DayData) -> Table:
    """Return the concerns of 5 posts or more; in steps of 5, so that no rest can be computed from other tables."""
    large = {key: count for key, count in data.today.concerns.items() if count >= LEAST and key[0] != "其他"}
    keys = sorted(large, key=lambda key: (-large[key], key))[:CONCERNS]
    rows = tuple(
        (topic_name(topic), data.county(county), at_least(large[topic, county]),
         at_least(data.past.concerns.get((topic, county), 0)))
        for topic, county in keys
    )  # fmt: skip
    columns = (
        Column(title="主题", width=1.6), Column(title="县（市、区）", width=1.6),
        Column(title="当日", number=True), Column(title="前一日", number=True),
    )  # fmt: skip
    return Table(name="concerns", caption="集中反映的事项", columns=columns, rows=rows, keys=2, source="opinions")


def _hours_in_words(hours: tuple[int, ...]) -> str:
    if not any(count >= LEAST for count in hours):
        return "各小时反映量都很少。"
    most = max(range(len(hours)), key=lambda hour: (hours[hour], -hour))
    return f"反映最集中的是{most}时至{most + 1}时。"
