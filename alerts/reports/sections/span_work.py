"""Weekly and monthly: what we did about it, how soon, and how complete the data is."""

from __future__ import annotations

from alerts.alert import LEVELS, STATES, rank
from alerts.deadlines import COLOURS, clock_colour, due_at
from alerts.grading import GRADES
from alerts.reports.numbers import HIDDEN, at_least, in_words, protect, shown, small, span_words
from alerts.reports.periods import moment_words
from alerts.reports.sections.demands import source_name
from alerts.reports.sections.span_overview import waited
from alerts.reports.span_data import SpanData
from alerts.reports.stages import PERCENTILES, SAMPLED
from alerts.reports.tree import Block, Cell, Column, Note, Paragraph, Section, Table

ROWS = 15
ALERTS = (
    Column(title="开始时间", width=1.4), Column(title="级别", width=0.7), Column(title="事项", width=3),
    Column(title="状态", width=0.9), Column(title="签收用时", width=1.2),
    Column(title="涉及条数", number=True, width=1.2),
)  # fmt: skip
CONSULTATIONS = (
    Column(title="会商事项", width=2.3), Column(title="等级", width=0.7), Column(title="状态", width=1.1),
    Column(title="时限要求", width=1.8), Column(title="到期", width=1.4), Column(title="情况", width=1.1),
)  # fmt: skip
ACTIONS = (
    Column(title="会商事项", width=2.2), Column(title="改进措施", width=3), Column(title="责任单位", width=1.4),
    Column(title="时限", width=1.4), Column(title="落实", width=1.2),
)  # fmt: skip
STAGES = (
    Column(title="环节", width=2.4), Column(title="完成", number=True, width=0.8),
    Column(title="未完成", number=True, width=0.8),
    *(Column(title=title, number=True, width=1.6) for title in ("中位", "九成在", "九成九在")),
)  # fmt: skip


def work(data: SpanData) -> Section:
    """Return 三、预警与会商."""
    this = data.words[0]
    followed = _actions(data)
    if not data.alerts and not data.consultations and not followed:
        nothing = Paragraph(text=f"{this}没有新增预警，也没有在办的会商。")
        return Section(title="预警与会商", blocks=(nothing,))
    opened = data.opened
    older = len(data.alerts) - len(opened)
    text = f"{this}新增预警{len(opened)}件" + (f"，此前未解除{older}件" if older else "") + "。"
    blocks: list[Block] = [Paragraph(text=text)]
    listed = sorted(data.alerts, key=lambda one: (-rank(one.level), one.opened_at, one.id))
    rows: list[tuple[Cell, ...]] = [
        (
            moment_words(one.opened_at), LEVELS[one.level], one.title, STATES[one.state],
            span_words(one.acknowledged_at - one.opened_at) if one.acknowledged_at else "未签收", at_least(one.count),
        )
        for one in listed[:ROWS]
    ]  # fmt: skip
    if rows:
        blocks.append(
            Table(name="alerts", caption="主要预警", columns=ALERTS, rows=tuple(rows), keys=3, source="alerts")
        )
    if len(listed) > ROWS:
        blocks.append(Note(text=f"另有{len(listed) - ROWS}件级别较低或较晚的预警未列，请在“预警”页面查看。"))
    if data.consultations:
        blocks.append(_consultations(data))
    blocks += followed
    return Section(title="预警与会商", blocks=tuple(blocks))


def _consultations(data: SpanData) -> Table:
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for one in data.consultations:
        for limit in one.limits:
            due = due_at(limit, one.known_at)
            colour = clock_colour(one.known_at, due, one.met_at(limit), data.made_at)
            if colour in {"red", "met_late"}:
                strong.append(len(rows))
            rows.append((
                one.title, GRADES[one.grade], one.state_name, limit.title, moment_words(due), COLOURS[colour],
            ))  # fmt: skip
    return Table(
        name="consultations", caption="会商事项的回应时限", columns=CONSULTATIONS, rows=tuple(rows),
        strong=tuple(strong), keys=4, source="consultations",
    )  # fmt: skip


def _actions(data: SpanData) -> list[Block]:
    """Follow up what was promised in reviews: open actions stay until they are carried out."""
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for one in data.reviewed:
        for review in one.reviews:
            if review.done_at and not data.window.start <= review.done_at < data.window.end:
                continue
            late = (review.done_at or data.made_at) > review.due
            if late:
                strong.append(len(rows))
            words = ("逾期落实" if late else "已落实") if review.done_at else ("逾期未落实" if late else "未到期")
            rows.append((one.title, review.action, review.unit, moment_words(review.due), words))
    if not rows:
        return []
    return [
        Table(
            name="actions", caption="复盘改进措施落实情况", columns=ACTIONS, rows=tuple(rows), strong=tuple(strong),
            keys=4, source="actions",
        )
    ]  # fmt: skip


def timeliness(data: SpanData) -> Section:
    """Return 四、回应时效: every stage of the clock in percentiles, with what is still open counted as the longest."""
    rows: list[tuple[Cell, ...]] = []
    for one in data.stages:
        of_posts = one.name in {"received", "scored"}
        # the number of posts stands in the first section; here a group too small for percentiles shows none
        few = of_posts and small(len(one.spans))
        done: Cell = shown(len(one.spans)) if of_posts else len(one.spans)
        rows.append((
            one.label, done, "—" if of_posts else one.waiting,
            *("—" if few else waited(one, percent) for percent in PERCENTILES),
        ))  # fmt: skip
    text = "从群众发布到会商办结的各环节用时如下（完成、未完成以件计）。“九成在”指九成的件数不超过这个用时。"
    note = "未完成的按用时最长计入，不从分母中去掉；落在未完成件上的写“尚未完成”。回放历史数据产生的预警不计入。"
    if data.sampled >= SAMPLED:
        note += f"前两个环节按编号取{SAMPLED}条计算，编号由内容生成，相当于随机抽取。"
    if data.now.late:
        note += f"{data.words[0]}的反映中有{in_words(data.now.late)}晚到或补录，用时含补录前的时间。"
    table = Table(name="stages", caption="各环节用时", columns=STAGES, rows=tuple(rows), source="times")
    return Section(title="回应时效", blocks=(Paragraph(text=text), table, Note(text=note)))


def coverage(data: SpanData, shares: tuple[Block, ...]) -> Section:
    """Return 五、数据说明: gaps, coverage by source, dead letters, and how shares are to be read."""
    read = sum(book.received for book in data.books.values())
    if not read:
        text = f"{data.words[0]}没有读入新的数据包。"
    else:
        balanced = all(book.balanced for book in data.books.values())
        text = "读入的数据收支" + ("相符（读入＝入库＋重复＋未能读取）。" if balanced else "不符，请运行账目核对。")
    text += f"未能读取{data.dead}件，已留存来源和原因。" if data.dead else "没有未能读取的数据。"
    blocks: list[Block] = [Paragraph(text=text)]
    if data.gaps:
        rows: tuple[tuple[Cell, ...], ...] = tuple((place, gap) for place, gap in enumerate(data.gaps, 1))
        columns = (Column(title="序号", width=0.5), Column(title="缺口", width=5))
        blocks.append(Table(name="gaps", caption="数据缺口", columns=columns, rows=rows, source="gaps"))
    if data.now.sources:
        blocks.append(_sources(data))
    return Section(title="数据说明", blocks=(*blocks, *shares))


def _sources(data: SpanData) -> Table:
    told = protect({key: sum(days) for key, days in data.now.sources.items()})
    rows: list[tuple[Cell, ...]] = []
    for key, days in sorted(data.now.sources.items()):
        visible = isinstance(told[key], int)
        rows.append((
            source_name(key), sum(not day for day in days) if visible else HIDDEN,
            moment_words(data.now.last[key]) if visible else "—",
        ))  # fmt: skip
    columns = (
        Column(title="渠道", width=2), Column(title="没有数据的天数", number=True, width=1.2),
        Column(title="最新一条", number=True, width=1.4),
    )  # fmt: skip
    return Table(name="coverage", caption="各渠道数据情况", columns=columns, rows=tuple(rows), source="opinions")
