"""效果评估: every rate beside the span before and the year before, by unit, topic and county, the clock, the data."""

from __future__ import annotations

from alerts.reports.effect_counts import RATES, REPEAT_DAYS, STAGES, Effect
from alerts.reports.effect_data import GROUPS, EffectData
from alerts.reports.effect_span import is_month
from alerts.reports.numbers import FEW, HIDDEN, LEAST, protect, shown
from alerts.reports.periods import moment_words
from alerts.reports.rates import NO_PAST, TOO_FEW_WORDS, difference_words
from alerts.reports.sections.demands import source_name
from alerts.reports.sections.effect_overview import cases_words, rate_words, waited
from alerts.reports.stages import PERCENTILES, Stage
from alerts.reports.tree import Block, Cell, Column, Note, Paragraph, Section, Table
from alerts.reports.trend import TOO_FEW

ROWS = 40
BY_GROUP = ("answered", "in_time", "solved", "reopened", "returned")
NOT_COMPARED = frozenset({"repeated"})
"""Matters are grouped over the latest messages only, so an earlier span would seem to have fewer repeats."""


def rates(data: EffectData) -> Section:
    """Return 二、答复与解决: each rate with its base and how it is counted, 环比 and 同比 with intervals."""
    now, past, year = data.now.whole, data.past.whole, data.year.whole
    if not now.received and not now.due:
        return Section(title="答复与解决", blocks=(Note(text="没有可评估的件，本节从略。"),))
    rows: list[tuple[Cell, ...]] = []
    for name, row in RATES.items():
        told = now.rate(name)
        compared = [
            NO_PAST if name in NOT_COMPARED else difference_words(told, other.rate(name)) for other in (past, year)
        ]
        rows.append((row.title, rate_words(told), _plain(told.whole), *compared))
    last, old = ("上月", "去年同月") if is_month(data.span) else ("上期", "去年同期")
    columns = (
        Column(title="指标", width=1.6), Column(title="本期", number=True, width=0.7),
        Column(title="基数（件）", number=True, width=1.1), Column(title=f"环比（与{last}）", number=True, width=2.7),
        Column(title=f"同比（与{old}）", number=True, width=2.3),
    )  # fmt: skip
    how = "；".join(f"{row.title}＝{row.how}" for row in RATES.values())
    return Section(
        title="答复与解决",
        blocks=(
            Table(name="rates", caption="答复、解决和重复情况", columns=columns, rows=tuple(rows), source="ledger"),
            _set_aside(now),
            Note(text=f"{how}。"),
            Note(text=(
                f"环比、同比为百分点之差，括号内是95%置信区间，跨越0的写“无明显变化”；任一方不足{TOO_FEW}件的写"
                f"“{TOO_FEW_WORDS}”。各期均按同样长的办理时间截止，早先的件没有多得办理时间。"
            )),
        ),
    )  # fmt: skip


def _set_aside(now: Effect) -> Note:
    parts = [
        f"不需办理{cases_words(now.dismissed)}", f"并入同一事项{cases_words(now.merged)}",
        f"暂停计时{cases_words(now.paused)}（不计入到期）", f"期限待定{cases_words(now.no_limit)}",
        f"非公开渠道或未写渠道答复{cases_words(now.private)}", f"回访未联系上{cases_words(now.called - now.contacted)}",
    ]  # fmt: skip
    return Note(text=f"另列：{'，'.join(parts)}。")


def groups(data: EffectData) -> Section:
    """Return 三、分类情况: by unit, topic and county."""
    blocks: list[Block] = [table for name in GROUPS if (table := _group(data, name)) is not None]
    if not blocks:
        return Section(title="分类情况", blocks=(Note(text="没有可分类的件，本节从略。"),))
    blocks.append(Note(text=(
        f"“{FEW}”表示1至{LEAST - 1}件，“{HIDDEN}”是为避免由合计反推而不列的数；基数不足{LEAST}件的不算比率，写“—”，"
        "比率前有“<”“>”的也是如此。按有效件数排列，不是排名；件数少的比率不宜相互比较。"
        "各单位的到期件按当时的承办单位计，转走的不因此消除逾期。"
    )))  # fmt: skip
    return Section(title="分类情况", blocks=tuple(blocks))


def _group(data: EffectData, name: str) -> Table | None:
    found: dict[str, Effect] = getattr(data.now, name)
    found = {key: effect for key, effect in found.items() if effect.valid or effect.due}
    if not found:
        return None
    told = protect({key: effect.valid for key, effect in found.items()})
    order = sorted(found, key=lambda key: (-found[key].valid, key))
    called = data.namer(name)
    rows: list[tuple[Cell, ...]] = []
    for key in order[:ROWS]:
        effect = found[key]
        rows.append((called(key), told[key], *_rates(effect)))
    rows.append(("合计", _plain(data.now.whole.valid), *_rates(data.now.whole)))
    columns = (
        Column(title=GROUPS[name], width=2.1), Column(title="有效件", number=True, width=0.9),
        *(Column(title=RATES[one].title, number=True, width=0.9) for one in BY_GROUP),
        Column(title="首次答复中位", number=True, width=1.4), Column(title="九成在", number=True, width=1.4),
    )  # fmt: skip
    return Table(
        name=name, caption=f"各{GROUPS[name]}办理情况" + (f"（前{ROWS}个）" if len(order) > ROWS else ""),
        columns=columns, rows=tuple(rows), strong=(len(rows) - 1,), source="ledger",
    )  # fmt: skip


def _rates(effect: Effect) -> tuple[Cell, ...]:
    first = Stage(
        name="", label="", spans=tuple(effect.spans["first_reply"]), waiting=effect.waiting["first_reply"]
    )  # fmt: skip
    return (*(rate_words(effect.rate(name)) for name in BY_GROUP), waited(first, 50), waited(first, 90))


def clock(data: EffectData) -> Section:
    """Return 四、全程用时: posted to closed, stage by stage, what is open counted as the longest."""
    rows: list[tuple[Cell, ...]] = []
    effect = data.now.whole
    of_cases = [
        Stage(name=name, label=f"台账：{label}", spans=tuple(effect.spans[name]), waiting=effect.waiting[name])
        for name, label in STAGES
    ]
    for one in (*data.stages, *of_cases):
        ours = one.name in {"alerted", "acknowledged", "consulted", "answered", "closed"}
        posts = one.name in {"received", "scored"}
        # who knows how many there are learns what is done from what is not
        told = protect({"done": len(one.spans), "waiting": one.waiting})
        rows.append((
            one.label, len(one.spans) if ours else told["done"],
            "—" if posts else one.waiting if ours else told["waiting"],
            *(_waited(one, percent, ours=ours) for percent in PERCENTILES),
        ))  # fmt: skip
    columns = (
        Column(title="环节", width=2.4), Column(title="完成", number=True, width=0.8),
        Column(title="未完成", number=True, width=0.8),
        *(Column(title=title, number=True, width=1.6) for title in ("中位", "九成在", "九成九在")),
    )  # fmt: skip
    return Section(
        title="全程用时",
        blocks=(
            Paragraph(text="从群众发布到办结的各环节用时如下。“九成在”指九成的件数不超过这个用时。"),
            Table(name="clock", caption="各环节用时", columns=columns, rows=tuple(rows), source="times"),
            Note(text=(
                "未完成的按用时最长计入，不从分母中去掉；落在未完成件上的写“尚未完成”。系统自动回执不算答复。"
                + (f"前两个环节取{data.sampled}条计算。" if data.sampled else "")
            )),
        ),
    )  # fmt: skip


def _waited(one: Stage, percent: int, *, ours: bool) -> str:
    if ours and one.spans and len(one.spans) + one.waiting < LEAST:
        return "—"
    return waited(one, percent)


def coverage(data: EffectData) -> Section:
    """Return 五、数据说明."""
    read = sum(book.received for book in data.books.values())
    balanced = all(book.balanced for book in data.books.values())
    if read:
        text = "读入的数据收支" + ("相符（读入＝入库＋重复＋未能读取）。" if balanced else "不符，请运行账目核对。")
    else:
        text = "评估时段内没有读入新的数据包。"
    text += f"未能读取{data.dead}件，已留存来源和原因。" if data.dead else "没有未能读取的数据。"
    blocks: list[Block] = [Paragraph(text=text)]
    if data.gaps:
        rows: tuple[tuple[Cell, ...], ...] = tuple((place, gap) for place, gap in enumerate(data.gaps, 1))
        columns = (Column(title="序号", width=0.5), Column(title="缺口", width=5))
        blocks.append(Table(name="gaps", caption="数据缺口", columns=columns, rows=rows, source="gaps"))
    if data.posts.sources:
        blocks.append(_sources(data))
    blocks.append(Note(text=(
        f"重复诉求由两部分组成：办理中经人确认并入的，和系统归并为同一事件、距该事件首次反映不超过{REPEAT_DAYS}天的。"
        "系统只归并最近的反映，早先的可能未计，所以不作前后比较。更正及时率见督查考核（须记录发现错误的时间）。"
    )))  # fmt: skip
    return Section(title="数据说明", blocks=tuple(blocks))


def _sources(data: EffectData) -> Table:
    told = protect({key: sum(days) for key, days in data.posts.sources.items()})
    rows: list[tuple[Cell, ...]] = []
    for key, days in sorted(data.posts.sources.items()):
        visible = isinstance(told[key], int)
        rows.append((
            source_name(key), told[key], sum(not day for day in days) if visible else HIDDEN,
            moment_words(data.posts.last[key]) if visible else "—",
        ))  # fmt: skip
    columns = (
        Column(title="渠道", width=2), Column(title="反映（条）", number=True), Column(
            title="没有数据的天数", number=True, width=1.2
        ),
        Column(title="最新一条", number=True, width=1.4),
    )  # fmt: skip
    return Table(name="coverage", caption="各渠道数据情况", columns=columns, rows=tuple(rows), source="opinions")


def _plain(count: int) -> Cell:
    return FEW if shown(count) == FEW else count

