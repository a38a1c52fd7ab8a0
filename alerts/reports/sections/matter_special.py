"""专报: one event from beginning to end, with our own performance against the limits."""

from __future__ import annotations

from alerts.consultation import Consultation
from alerts.consultation_moves import MOVES
from alerts.grading import GRADES
from alerts.reports import charts
from alerts.reports.after import After
from alerts.reports.numbers import protect
from alerts.reports.periods import DAY_MS, moment_words
from alerts.reports.sections.after_blocks import after_of
from alerts.reports.sections.coverage import provenance
from alerts.reports.sections.matter_parts import clocks, facts, figures, limits_in_words, questions
from alerts.reports.span_data import SpanCounted
from alerts.reports.tree import Block, Cell, Chart, Column, Note, Paragraph, Section, Source, Table
from streams.clock import beijing

LONGEST = 31
"""Most days that the chart shows."""
NAMES = {move.name: move.title for move in MOVES}


def special(
    one: Consultation, counted: SpanCounted, now: int, sources: tuple[Source, ...], after: tuple[After, ...] = ()
) -> tuple[Section, ...]:
    """Return all sections."""
    return (
        Section(title="基本情况", blocks=_background(one, counted, now)),
        Section(title="事件经过", blocks=(_timeline(one),)),
        Section(title="事实核查", blocks=(facts(one) if one.facts else Paragraph(text="尚未记录事实。"),)),
        Section(title="群众的问题", blocks=(questions(one) if one.questions else Paragraph(text="尚未归纳问题。"),)),
        Section(title="回应情况", blocks=(Paragraph(text=limits_in_words(one, now)), clocks(one, now), *said(one))),
        Section(title="答复前后", blocks=after_of(after)),
        Section(title="原因与改进", blocks=_review(one)),
        provenance(sources),
    )  # fmt: skip


def said(one: Consultation) -> tuple[Block, ...]:
    """Return what was published, in the units' own words."""
    blocks: list[Block] = []
    if one.sheet:
        blocks.append(Paragraph(text=f"统一口径（第{one.sheet.number}版，{moment_words(one.sheet.at)}）：{'；'.join(one.sheet.known)}。"))
    for name, text in one.public_texts:
        if text.published_at:
            blocks.append(Paragraph(text=f"{name}（{text.unit}，{moment_words(text.published_at)}，{text.channel}）：{text.text}"))
            blocks += [
                Note(text=f"{moment_words(fix.at)}更正：{fix.text}") for fix in text.corrections
            ]
    return tuple(blocks) or (Note(text="尚未对外发布信息。", warn=True),)


def _background(one: Consultation, counted: SpanCounted, now: int) -> tuple[Block, ...]:
    since = moment_words(one.occurred_at) + "发生" if one.occurred_at else "发生时间不详"
    text = (
        f"{one.title}，{since}，{moment_words(one.known_at)}获知，{moment_words(one.opened_at)}启动会商。"
        f"等级为{GRADES[one.grade]}，理由：{one.grade_reason}。"
        + (f"由{one.lead}牵头。" if one.lead else "尚未明确牵头单位。") + f"目前{one.state_name}。"
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(text=text), figures(one, counted)]
    days = counted.days[:LONGEST]
    told = list(protect(dict(enumerate(days))).values())
    if sum(isinstance(count, int) and count > 0 for count in told) > 1:
        start = one.known_at - DAY_MS
        stamps = [beijing(start + place * DAY_MS) for place in range(len(days))]
        labels = [f"{stamp.month}.{stamp.day} {stamp:%H:%M}" for stamp in stamps]
        blocks.append(Chart(
            name="days", caption="相关反映（自获知前一天起，每24小时）", spec=charts.days(labels, told),
            alt="每24小时的相关反映条数。", source="opinions",
        ))  # fmt: skip
        blocks.append(Note(text="相关反映指同一主题、同一县（市、区）的反映，可能含少量无关内容。"))
    if one.open:
        blocks.append(Note(text=f"会商尚未办结，数据截至{moment_words(now)}。", warn=True))
    return tuple(blocks)


def _timeline(one: Consultation) -> Table:
    moments: list[tuple[int, str]] = [(one.known_at, "获知")]
    if one.occurred_at:
        moments.append((one.occurred_at, "事情发生"))
    if not one.steps:
        moments.append((one.opened_at, "启动会商"))
    moments += [(step.at, NAMES.get(step.move, "启动会商")) for step in one.steps]
    moments += [(text.published_at, f"{text.unit}发布") for _, text in one.public_texts if text.published_at]
    rows: tuple[tuple[Cell, ...], ...] = tuple((moment_words(at), what) for at, what in sorted(set(moments)))
    columns = (Column(title="时间", width=1.2), Column(title="经过", width=4))
    return Table(name="timeline", caption="事件经过", columns=columns, rows=rows, keys=2, source="consultation")


def _review(one: Consultation) -> tuple[Block, ...]:
    blocks: list[Block] = [Paragraph(text=f"我方失误：{wrong.text}") for wrong in one.wrongs]
    for review in one.reviews:
        blocks.append(Paragraph(text=f"原因：{review.cause}。教训：{review.lessons}。"))
        done = f"已于{moment_words(review.done_at)}落实：{review.result}" if review.done_at else "尚未落实"
        blocks.append(Paragraph(text=f"改进：{review.action}（{review.unit}，{moment_words(review.due)}前）。{done}。"))
    return tuple(blocks) or (Note(text="尚未复盘。原因和改进措施须由责任单位填写，系统不代拟。"),)
