"""Weekly and monthly: who asked for what and where, beside the span before and the year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from alerts.reports import charts
from alerts.reports.numbers import FEW, HIDDEN, LEAST, protect, share, shown
from alerts.reports.overlap import protect_over
from alerts.reports.sections.demands import source_name, topic_name
from alerts.reports.span_data import Days, SpanCounted, SpanData, days_in
from alerts.reports.tree import Block, Cell, Chart, Column, Note, Section, Table
from alerts.reports.trend import TOO_FEW, TOO_FEW_WORDS, trend, trend_words


def compared(data: SpanData, now: Days, then: tuple[Days, SpanCounted], *, year: bool) -> str:
    """Return 环比 (or 同比) of one row in words; `then`: the row's days and all counts of that span."""
    window = data.year_window if year else data.past_window
    past, whole = then
    if not whole.total:
        return trend_words(None, 0)
    return trend_words(trend(now, past, days=(days_in(data.window), days_in(window))), sum(past) or 1)


def demands(data: SpanData) -> Section:
    """Return 二、诉求分布; a span without posts says so and shows no empty tables."""
    this, last, _ = data.words
    if not data.now.total and not data.past.total:
        return Section(title="诉求分布", blocks=(Note(text=f"{this}和{last}均没有收到群众反映，本节从略。"),))
    labels = _labels(data)
    by_day = list(protect(dict(enumerate(data.now.days))).values())
    blocks: list[Block] = [
        Chart(
            name="days", caption="逐日反映量", spec=charts.days(labels, by_day), alt=_days_in_words(data, labels),
            source="opinions",
        ),
        _table(("topics", "各主题反映量（条）", "主题"), data, lambda one: one.topics, topic_name),
        _table(("counties", "各县（市、区）反映量（条）", "县（市、区）"), data, lambda one: one.counties, data.county),
        _table(("sources", "各渠道反映量（条）", "渠道"), data, lambda one: one.sources, source_name),
        Note(text=_how_to_read(data)),
    ]  # fmt: skip
    return Section(title="诉求分布", blocks=tuple(blocks))


def share_notes(data: SpanData) -> tuple[Block, ...]:
    """Return the shares of dissatisfied posts by topic, for groups of at least 5; never compared over time."""
    totals = {key: sum(days) for key, days in data.now.topics.items()}
    told = protect_over(data.now.topics)
    keys = [key for key in sorted(totals, key=lambda key: (-totals[key], key)) if key and isinstance(told[key], int)]
    rows = tuple((topic_name(key), share(data.now.negative.get(key, 0), totals[key])) for key in keys if totals[key])
    if not rows:
        return ()
    columns = (Column(title="主题", width=2), Column(title="负面占比", number=True))
    return (
        Table(name="shares", caption="反映较多困难的主题", columns=columns, rows=rows, source="opinions"),
        Note(text="负面占比说明群众遇到的困难集中在哪里，不是对发言的评价，不作前后比较，也不作为考核依据。"),
    )


def _table(
    names: tuple[str, str, str], data: SpanData, pick: Callable[[SpanCounted], Mapping[str, Days]],
    called: Callable[[str], str],
) -> Table:  # fmt: skip
    """Return a table of one breakdown with its total; names: the table's, its caption, its first column."""
    name, caption, title = names
    now, past, year = pick(data.now), pick(data.past), pick(data.year)
    told, told_past, told_year = protect_over(now), protect_over(past), protect_over(year)
    order = sorted(
        {*now, *past}, key=lambda key: (not key, -sum(now.get(key, ())), -sum(past.get(key, ())), key)
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for key in order:
        days, was, old = now.get(key, ()), past.get(key, ()), year.get(key, ())
        count, before, long_ago = told.get(key, 0), told_past.get(key, 0), told_year.get(key, 0)
        rows.append((
            called(key), count, before,
            _safe(count, before) or compared(data, days, (was, data.past), year=False),
            _safe(count, long_ago) or compared(data, days, (old, data.year), year=True),
        ))  # fmt: skip
    rows.append((
        "合计", _plain(data.now.total), _plain(data.past.total),
        compared(data, data.now.days, (data.past.days, data.past), year=False),
        compared(data, data.now.days, (data.year.days, data.year), year=True),
    ))  # fmt: skip
    this, last, _ = data.words
    columns = (
        Column(title=title, width=1.7), Column(title=this, number=True, width=0.7),
        Column(title=last, number=True, width=0.7), Column(title="环比", number=True, width=2.7),
        Column(title="同比", number=True, width=2.3),
    )  # fmt: skip
    return Table(
        name=name, caption=caption, columns=columns, rows=tuple(rows), strong=(len(rows) - 1,), source="opinions"
    )


def _safe(now: int | str, then: int | str) -> str:
    """Return what stands in place of a comparison that would give a suppressed count away."""
    if FEW in {now, then}:
        return TOO_FEW_WORDS
    return "—" if isinstance(now, str) or isinstance(then, str) else ""


def _plain(count: int) -> int | str:
    return FEW if shown(count) == FEW else count


def _labels(data: SpanData) -> list[str]:
    days = [data.span.first + timedelta(days=place) for place in range(len(data.now.days))]
    return [f"{day.month}.{day.day}" if data.span.kind == "weekly" else str(day.day) for day in days]


def _days_in_words(data: SpanData, labels: list[str]) -> str:
    days = data.now.days
    if not any(count >= LEAST for count in days):
        return "各日反映量都很少。"
    most = max(range(len(days)), key=lambda place: (days[place], -place))
    day = data.span.first + timedelta(days=most)
    return f"反映最多的是{day.month}月{day.day}日（图中“{labels[most]}”）。"


def _how_to_read(data: SpanData) -> str:
    _, last, year = data.words
    return (
        f"“{FEW}”表示1至{LEAST - 1}条，不列具体数；“{HIDDEN}”和“N条以上”是为避免由合计或各日日报反推而不列的数。"
        f"环比以{last}、同比以{year}为基数，按日均比较；括号内是95%置信区间，已计入逐日波动，"
        f"区间跨越0的写“无明显变化”。任一方少于{TOO_FEW}条的写“{TOO_FEW_WORDS}”。"
    )
