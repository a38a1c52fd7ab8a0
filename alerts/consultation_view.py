"""A consultation as people look at it: what they may do now, clocks, timeline, review, and all of it as a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from alerts import deadlines
from alerts.consultation import DUTIES, Consultation, PublicText
from alerts.consultation_guards import Act
from alerts.consultation_moves import BY_NAME, MOVES, Move, may, options
from alerts.deadlines import Colour
from alerts.fields import OPTION_KINDS, Field
from alerts.grading import GRADES
from alerts.reports.tree import Block, Column, Note, Paragraph, Report, Section, Table
from streams.clock import beijing
from streams.errors import Misconfigured


class ClockView(Struct, frozen=True, kw_only=True):
    """One limit as shown: from when it runs, when it is due and was met (ms UTC, 0: not yet), how it stands, why.

    colour: a key of `alerts.deadlines.COLOURS`; left: `还剩3小时5分钟`; basis: the rule that sets the limit.
    """

    name: str
    start: int
    due: int
    met: int
    left: str
    colour: Colour
    basis: str


class Choice(Struct, frozen=True, kw_only=True):
    """One move that a role can make now, with what it asks for and what can be chosen for each field.

    blocked: why it can't be made yet whatever is given, in Chinese; empty if it can.
    """

    move: Move
    fields: tuple[tuple[Field, dict[str, str]], ...]
    blocked: str = ""


class Event(Struct, frozen=True, kw_only=True):
    """One line of the timeline: when (ms UTC), what, by whom, with what; late: whether a limit had passed by then."""

    at: int
    title: str
    by: str = ""
    note: str = ""
    late: bool = False


def moment(at: int) -> str:
    """Return a time as `2026年11月23日 09:05`, Beijing time; a dash for none."""
    if not at:
        return "—"
    when = beijing(at)
    return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"


def clocks(c: Consultation, now: int) -> list[ClockView]:
    """Return the limits that a consultation runs against, the first due first; now in ms UTC."""
    views = []
    for limit in c.limits:
        due, met = deadlines.due_at(limit, c.known_at), c.met_at(limit)
        views.append(
            ClockView(
                name=f"{limit.hours}小时内{limit.title}", start=c.known_at, due=due, met=met, basis=limit.basis,
                left=deadlines.remaining(due, met, now), colour=deadlines.clock_colour(c.known_at, due, met, now),
            )
        )
    return sorted(views, key=lambda view: view.due)


def allowed_moves(c: Consultation, role: str, *, by: str = "", now: int = 0) -> list[Choice]:
    """Return the moves that a role can make in this state; those that ask for nothing say what still blocks them."""
    out = []
    for move in MOVES:
        if may(c, move, role):
            continue
        fields = tuple((field, options(c, field)) for field in move.fields)
        if any(field.required and field.kind in OPTION_KINDS and not choices for field, choices in fields):
            continue
        act = Act(by=by, role=role, now=max(now, c.updated_at), data=_Nothing())
        blocked = ""
        for guard in move.guards:
            try:
                blocked = blocked or guard(c, act)
            except KeyError:  # this guard looks at what will be given
                continue
        out.append(Choice(move=move, fields=fields, blocked=blocked))
    return out


class _Nothing(dict[str, Any]):
    """Data not given yet: whoever asks for a value learns that it isn't there."""

    def get(self, key: str, default: Any = None) -> Any:
        del default
        raise KeyError(key)


def timeline(c: Consultation) -> list[Event]:
    """Return what happened, first to last: the matter, our knowing, every move, and every limit when it passed."""
    events = [Event(at=c.known_at, title="获知")]
    if c.occurred_at:
        events.insert(0, Event(at=c.occurred_at, title="发生"))
    for step in c.steps:
        move = BY_NAME.get(step.move)
        title = move.title if move else "发起会商"
        events.append(Event(at=step.at, title=title, by=step.by, note=step.note))
    for limit in c.limits:
        due, met = deadlines.due_at(limit, c.known_at), c.met_at(limit)
        how = deadlines.remaining(due, met, max(c.updated_at, due + 1))
        events.append(Event(at=due, title=f"时限：{limit.hours}小时内{limit.title}", note=how, late=not 0 < met <= due))
    return sorted(events, key=lambda event: event.at)


class Measure(Struct, frozen=True, kw_only=True):
    """One line of a review: what was to be done, by when, when it was, and how that stands in Chinese."""

    title: str
    due: int
    met: int
    words: str
    kept: bool


def review_measures(c: Consultation, now: int) -> list[Measure]:
    """Return everything that had a time, against that time: limits, tasks, dated `not yet known`, review actions."""
    items = [
        (f"{limit.hours}小时内{limit.title}", deadlines.due_at(limit, c.known_at), c.met_at(limit))
        for limit in c.limits
    ]
    items += [(f"任务（{task.unit}）：{task.text}", task.due, task.done_at) for task in c.tasks]
    items += [(f"暂不清楚的问题：{q.text}", q.until, 0) for q in c.questions if q.unknown and q.until]
    items += [(f"改进措施（{review.unit}）：{review.action}", review.due, review.done_at) for review in c.reviews]
    return [
        Measure(title=title, due=due, met=met, words=deadlines.remaining(due, met, now), kept=(met or now) <= due)
        for title, due, met in items
    ]


def working_days(c: Consultation, now: int) -> str:
    """Return how many working days the matter has been open, in Chinese; empty for a year that the calendar lacks."""
    end = c.closed_at or now
    try:
        days = deadlines.workdays_between(beijing(c.known_at).date(), beijing(end).date())
    except Misconfigured:
        return ""
    return f"{days}个工作日"


def as_report(c: Consultation, now: int, *, unit: str) -> Report:
    """Return the whole record as a report of one consultation, for HTML, DOCX and PDF; unit: whose record it is."""
    return Report(
        kind="consultation", period=f"{beijing(c.opened_at):%Y-%m-%d}", title="会商记录", subtitle=c.title, unit=unit,
        window_from=c.known_at, window_to=max(c.updated_at, c.known_at), made_at=now, sections=record(c, now),
        sources=(), version=c.revision,
    )  # fmt: skip


def record(c: Consultation, now: int) -> tuple[Section, ...]:
    """Return the whole record as sections of a report's content tree, for printing and filing."""
    return (
        _matter(c, now), _known(c), _asked(c), _work(c), _said(c),
        _table("timeline", "经过", "时间线", ("时间", "事项", "办理人", "内容"),
               [(moment(e.at), e.title, e.by, e.note) for e in timeline(c)]),
        _reviewed(c, now),
    )  # fmt: skip


def _table(
    name: str, title: str, caption: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], *, none: str = "无。"
) -> Section:
    if not rows:
        return Section(title=title, blocks=(Paragraph(text=none),))
    table = Table(name=name, caption=caption, columns=tuple(Column(title=one) for one in columns), rows=tuple(rows))
    return Section(title=title, blocks=(table,))


def _matter(c: Consultation, now: int) -> Section:
    grade = f"等级：{GRADES[c.grade]}（{c.grade_by} 确认，理由：{c.grade_reason}）"
    rows = [(view.name, moment(view.due), view.left, view.basis) for view in clocks(c, now)]
    limits = _table("clocks", "", "回应时限", ("时限", "到期", "情况", "依据"), rows)
    when = f"发生时间：{moment(c.occurred_at)}；获知时间：{moment(c.known_at)}；状态：{c.state_name}。"
    judged = (Paragraph(text=f"五项研判（{c.assessment.by}）：{c.assessment.reason}"),) if c.assessment else ()
    words = (Paragraph(text=f"{c.title}。{grade}。"), Paragraph(text=when), *judged)
    return Section(title="基本情况", blocks=(*words, *limits.blocks))


def _known(c: Consultation) -> Section:
    rows = [("已确认" if fact.confirmed else "待核实", fact.text, fact.source) for fact in c.facts]
    return _table("facts", "事实", "已确认和待核实的事实", ("情况", "事实", "来源"), rows)


def _asked(c: Consultation) -> Section:
    rows = []
    for question in c.questions:
        unknown = f"暂不清楚：{question.unknown}；{moment(question.until)}前答复" if question.unknown else "尚未答复"
        rows.append((question.text, question.answer or unknown))
    return _table("questions", "群众问题与答复", "归纳后的问题", ("问题", "答复"), rows)


def _work(c: Consultation) -> Section:
    called = [(p.unit, p.duty, "到会" if p.came else "未到会") for p in c.participants]
    units = [(d.unit, DUTIES[d.duty], "") for d in c.departments]
    tasks = [
        (task.unit, task.text, f"{moment(task.due)}前；{task.result or '办理中'}") for task in c.tasks
    ]
    blocks: list[Block] = []
    for part in (
        _table("participants", "", "参会单位", ("单位", "身份", "到会"), called, none="没有参会记录。"),
        _table("departments", "", "承办单位", ("单位", "分工", "备注"), units, none="尚未确定承办单位。"),
        _table("tasks", "", "议定事项", ("单位", "事项", "时限与结果"), tasks, none="没有交办任务。"),
    ):
        blocks += part.blocks
    blocks += [Note(text=f"不同意见（{one.by}）：{one.text}") for one in c.dissents]
    blocks += [Note(text=f"我方失误：{one.text}") for one in c.wrongs]
    return Section(title="会商与交办", blocks=tuple(blocks))


def _said(c: Consultation) -> Section:
    blocks: list[Block] = []
    if c.sheet:
        agreed = f"统一口径第{c.sheet.number}版（{moment(c.sheet.at)}，{c.sheet.by}）：{'；'.join(c.sheet.known)}。"
        unknown = f"尚在核实：{'；'.join(c.sheet.unknown)}。" if c.sheet.unknown else ""
        blocks.append(Paragraph(text=agreed + unknown))
    for name, text in c.public_texts:
        blocks += _public(name, text)
    if c.press:
        held = f"新闻发布会：{moment(c.press.held_at)}，{c.press.unit}，发布人：{c.press.speaker}。"
        blocks.append(Paragraph(text=held))
    return Section(title="对外发布", blocks=tuple(blocks) or (Paragraph(text="尚未对外发布。"),))


def _public(name: str, text: PublicText) -> list[Block]:
    if text.published_at:
        how = f"{text.unit} {moment(text.published_at)} 发布于{text.channel}，{text.signed_by} 签发"
    else:
        how = f"{text.unit}，{text.signed_by} 已签发，尚未发布" if text.signed_by else f"{text.unit}，草稿，待审签"
    corrections = [Note(text=f"更正（{moment(one.at)}）：{one.text}") for one in text.corrections]
    return [Paragraph(text=f"{name}（{how}）"), Paragraph(text=text.text), *corrections]


def _reviewed(c: Consultation, now: int) -> Section:
    rows = [(one.title, moment(one.due), moment(one.met), one.words) for one in review_measures(c, now)]
    table = _table("review", "复盘", "对照时限", ("事项", "时限", "完成", "情况"), rows)
    said = [Paragraph(text=f"原因：{one.cause}。教训：{one.lessons}。改进：{one.action}。") for one in c.reviews]
    closing = (Paragraph(text=f"办结意见：{c.closing}"),) if c.closing else ()
    return Section(title="复盘", blocks=(*table.blocks, *closing, *said))
