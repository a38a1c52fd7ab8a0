"""How a consultation may change: one table of moves, and one function that makes a move or refuses it.

A move is a row: from which states to which, who may make it, what must be given, what must hold, what changes. What has
no row can't be done; there is none that hides, removes or quietens what people wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from alerts import consultation_answers as answers
from alerts import consultation_changes as change
from alerts import consultation_guards as guard
from alerts.consultation import DUTIES, STATES, Consultation
from alerts.consultation_changes import Change
from alerts.consultation_guards import SIGNERS, Act, Guard
from alerts.fields import Field, in_words, read, refusal
from alerts.grading import GRADES, OVERDUE, REACH, SAFETY, VULNERABLE
from alerts.moves import Row, Step, stay
from streams.clock import ms

WORKERS = frozenset({"officer", "supervisor", "analyst", "leader", "admin"})
HANDLERS = WORKERS | {"handler"}
"""Who works on a department's own part: its handlers too, each for his department only (`alerts.reach.own_part`)."""


Move = Row[Change, Guard]
OPEN = stay(*(state for state in STATES if state != "closed"))
UNITS_ANSWER = stay("handling", "stated", "answered", "verified")
BEFORE_ANSWER = stay("assessing", "handling", "stated")
UNIT = Field(name="unit", label="单位")
TEXT = Field(name="text", label="内容", kind="long")

MOVES: tuple[Move, ...] = (
    Move(
        name="regrade", title="调整等级", ways=OPEN, roles=WORKERS, change=change.regrade,
        fields=(
            Field(name="grade", label="等级", kind="choice", choices=GRADES),
            Field(name="reason", label="理由", kind="long"),
            Field(name="special_basis", label="认定机关和文件（特别重大必填）", required=False),
            Field(name="emergency", label="属于突发事件", kind="yes", required=False),
        ),
        guards=(guard.grade_changes,),
    ),
    Move(
        name="assess", title="五项研判", ways=OPEN, roles=WORKERS, change=answers.assess,
        fields=(
            Field(name="safety", label="安全健康", kind="choice", choices=SAFETY),
            Field(name="reach", label="影响居民", kind="choice", choices=REACH),
            Field(name="vulnerable", label="老幼病残等特殊群体", kind="choice", choices=VULNERABLE),
            Field(name="overdue", label="诉求办理时限", kind="choice", choices=OVERDUE),
        ),
    ),
    Move(
        name="add_fact", title="记录事实", ways=OPEN, roles=HANDLERS, change=change.add_fact,
        fields=(
            Field(name="text", label="事实", kind="long", masked=True),
            Field(name="confirmed", label="已确认", kind="yes"),
            Field(name="source", label="来源"),
        ),
    ),
    Move(
        name="settle_fact", title="核实事实", ways=OPEN, roles=HANDLERS, change=change.settle_fact,
        fields=(
            Field(name="fact", label="待核实事实", kind="fact"),
            Field(name="text", label="核实后的表述", kind="long", required=False, masked=True),
            Field(name="source", label="来源"),
        ),
    ),
    Move(
        name="add_question", title="归纳群众问题", ways=OPEN, roles=WORKERS, change=change.add_question,
        fields=(
            Field(name="text", label="问题", kind="long", masked=True),
            Field(name="asked", label="约有多少条在问", kind="count", required=False),
        ),
    ),
    Move(
        name="answer_question", title="答复问题", ways=OPEN, roles=HANDLERS, change=change.answer_question,
        fields=(Field(name="question", label="问题", kind="question"), Field(name="text", label="答复", kind="long")),
    ),
    Move(
        name="not_yet_known", title="注明暂不清楚", ways=OPEN, roles=HANDLERS, change=change.not_yet_known,
        fields=(
            Field(name="question", label="问题", kind="question"),
            Field(name="text", label="为何暂不清楚", kind="long"),
            Field(name="until", label="何时答复", kind="time"),
        ),
        guards=(guard.in_the_future("until", "答复时间"),),
    ),
    Move(
        name="admit", title="记录我方失误", ways=OPEN, roles=HANDLERS, change=change.admit,
        fields=(Field(name="text", label="失误", kind="long"),),
    ),
    Move(
        name="call", title="通知参会", ways=OPEN, roles=WORKERS, change=change.call,
        fields=(UNIT, Field(name="part", label="参会身份")),
    ),
    Move(
        name="came", title="记录到会", ways=OPEN, roles=WORKERS, change=change.came,
        fields=(Field(name="unit", label="单位", kind="participant"),), guards=(guard.not_yet_came,),
    ),
    Move(
        name="assign", title="确定单位", ways={**OPEN, "assessing": "handling"}, roles=WORKERS, change=change.assign,
        fields=(UNIT, Field(name="duty", label="分工", kind="choice", choices=DUTIES)), guards=(guard.lead_named,),
    ),
    Move(
        name="decide", title="议定事项并交办", ways=OPEN, roles=WORKERS, change=change.decide,
        fields=(TEXT, UNIT, Field(name="due", label="完成时限", kind="time")),
        guards=(guard.in_the_future("due", "完成时限"),),
    ),
    Move(
        name="task_done", title="任务办结", ways=OPEN, roles=HANDLERS, change=change.task_done,
        fields=(Field(name="task", label="任务", kind="task"), Field(name="result", label="办理结果", kind="long")),
    ),
    Move(
        name="draft_statement", title="拟首次发声", ways=BEFORE_ANSWER, roles=HANDLERS, change=change.draft_statement,
        fields=(Field(name="text", label="正文", kind="long"), Field(name="unit", label="发布单位")),
        guards=(guard.statement_open,),
    ),
    Move(
        name="sign_statement", title="签发首次发声", ways=BEFORE_ANSWER, roles=SIGNERS, change=change.sign_statement,
        guards=(guard.statement_open, guard.statement_signable, guard.some_fact_confirmed),
    ),
    Move(
        name="publish_statement", title="记录首次发声已发布", roles=HANDLERS, change=change.publish_statement,
        ways={**UNITS_ANSWER, "assessing": "stated", "handling": "stated"},
        fields=(
            Field(name="channel", label="发布渠道"),
            Field(name="published_at", label="发布时间", kind="time", required=False),
        ),
        guards=(guard.statement_publishable,),
    ),
    Move(
        name="correct_statement", title="更正首次发声", ways=stay(*STATES), roles=SIGNERS,
        change=change.correct_statement, fields=(Field(name="text", label="更正内容", kind="long"),),
        guards=(guard.statement_is_out,),
    ),
    Move(
        name="hold_press", title="记录新闻发布会", ways=stay(*STATES), roles=HANDLERS, change=change.hold_press,
        fields=(
            Field(name="held_at", label="举行时间", kind="time"), UNIT, Field(name="speaker", label="发布人职务"),
        ),
        guards=(guard.press_in_time,),
    ),
    Move(
        name="draft_answer", title="拟答复", ways=stay("handling", "stated"), roles=HANDLERS,
        change=change.draft_answer,
        fields=(Field(name="text", label="正文", kind="long"), Field(name="unit", label="答复单位")),
        guards=(guard.answer_open, guard.lead_named),
    ),
    Move(
        name="sign_answer", title="签发答复", ways=stay("handling", "stated"), roles=SIGNERS,
        change=change.sign_answer,
        guards=(guard.answer_open, guard.answer_signable, guard.some_fact_confirmed, answers.answer_on_sheet),
    ),
    Move(
        name="publish_answer", title="记录答复已公开", ways={"handling": "answered", "stated": "answered"},
        roles=HANDLERS, change=change.publish_answer,
        fields=(
            Field(name="channel", label="公开渠道"),
            Field(name="published_at", label="公开时间", kind="time", required=False),
        ),
        guards=(guard.answer_publishable, answers.answer_on_sheet),
    ),
    Move(
        name="correct_answer", title="更正答复", ways=stay("answered", "verified", "closed"), roles=SIGNERS,
        change=change.correct_answer, fields=(Field(name="text", label="更正内容", kind="long"),),
        guards=(guard.answer_is_out,),
    ),
    Move(
        name="agree_sheet", title="统一口径", ways=OPEN, roles=SIGNERS, change=answers.agree_sheet,
        guards=(answers.sheet_is_new,),
    ),
    Move(
        name="draft_unit_answer", title="拟单位答复", ways=UNITS_ANSWER, roles=HANDLERS,
        change=answers.draft_unit_answer, guards=(answers.sheet_agreed,),
        fields=(Field(name="unit", label="协办单位", kind="assisting"), Field(name="text", label="正文", kind="long")),
    ),
    Move(
        name="sign_unit_answer", title="签发单位答复", ways=UNITS_ANSWER, roles=SIGNERS,
        change=answers.sign_unit_answer, guards=(answers.unit_signable,),
        fields=(Field(name="unit", label="单位", kind="unit_draft"),),
    ),
    Move(
        name="publish_unit_answer", title="记录单位答复已公开", ways=UNITS_ANSWER, roles=HANDLERS,
        change=answers.publish_unit_answer, guards=(answers.unit_publishable,),
        fields=(
            Field(name="unit", label="单位", kind="unit_signed"), Field(name="channel", label="公开渠道"),
            Field(name="published_at", label="公开时间", kind="time", required=False),
        ),
    ),
    Move(
        name="correct_unit_answer", title="更正单位答复", ways={**UNITS_ANSWER, "closed": "closed"}, roles=SIGNERS,
        change=answers.correct_unit_answer,
        fields=(
            Field(name="unit", label="单位", kind="unit_out"), Field(name="text", label="更正内容", kind="long"),
        ),
    ),
    Move(
        name="set_meeting", title="定下次会商", ways=OPEN, roles=WORKERS, change=change.set_meeting,
        fields=(Field(name="meeting_at", label="时间", kind="time"), Field(name="text", label="议题")),
        guards=(guard.in_the_future("meeting_at", "会商时间"),),
    ),
    Move(
        name="dissent", title="记录不同意见", ways=OPEN, roles=HANDLERS, change=change.dissent, fields=(TEXT, UNIT),
    ),
    Move(
        name="verify", title="核验整改", ways={"answered": "verified"}, roles=WORKERS, change=change.verify,
        fields=(Field(name="unit", label="核验单位"), Field(name="text", label="核验情况", kind="long")),
        guards=(guard.all_tasks_done, guard.by_somebody_else),
    ),
    Move(
        name="close", title="办结", ways={"verified": "closed"}, roles=SIGNERS, change=change.close,
        fields=(
            Field(name="text", label="办结意见", kind="long"),
            Field(name="no_press", label="未举行新闻发布会的理由（应举行而未举行的必填）", kind="long", required=False),
        ),
        guards=(
            guard.statement_noted, guard.press_held_or_why, guard.all_questions_settled, guard.all_tasks_done,
            answers.units_have_answered,
        ),
    ),
    Move(
        name="reopen", title="重新办理", ways={"closed": "handling"}, roles=WORKERS, change=change.reopen,
        fields=(Field(name="reason", label="理由（新情况或群众不满意）", kind="long"),),
    ),
    Move(
        name="review", title="复盘", ways=stay("closed"), roles=WORKERS, change=change.review,
        fields=(
            Field(name="cause", label="工作中的原因", kind="long"),
            Field(name="lessons", label="经验教训", kind="long"),
            Field(name="action", label="改进措施", kind="long"), UNIT, Field(name="due", label="完成时限", kind="time"),
        ),
        guards=(guard.in_the_future("due", "完成时限"),),
    ),
    Move(
        name="action_done", title="改进措施落实", ways=stay("closed"), roles=WORKERS, change=change.action_done,
        fields=(
            Field(name="action", label="改进措施", kind="action"), Field(name="result", label="落实情况", kind="long"),
        ),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def may(c: Consultation, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if c.state not in move.ways:
        return f"当前为“{c.state_name}”，不能“{move.title}”。"
    if role not in move.roles:
        return f"“{move.title}”须由领导办理。" if move.roles == SIGNERS else f"您的角色不能“{move.title}”。"
    return ""


def make(
    c: Consultation, name: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime | int
) -> Consultation:
    """Return the consultation after a move; raise Rejected, with one Chinese sentence, if it isn't allowed.

    name: of a row of `MOVES`; data: what its fields ask for. The same `now` as before is fine; an earlier one is taken
    as the time of the last change, so that the record never runs backwards.
    """
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(c, move, role):
        raise refusal(why)
    at = max(now if isinstance(now, int) else ms(now), c.updated_at)
    choices = partial(options, c)
    act = Act(by=by, role=role, now=at, data=read(move.title, move.fields, data, choices))
    for check in move.guards:
        if why := check(c, act):
            raise refusal(why)
    after = move.change(c, act)
    _no_twins(after)
    state = move.ways[c.state]
    note = in_words(move.fields, act.data, choices)
    step = Step(number=c.revision + 1, move=name, by=by, role=role, at=at, state=state, note=note)
    return replace(after, state=state, updated_at=at, steps=(*c.steps, step))


def _no_twins(c: Consultation) -> None:
    for items, word in ((c.facts, "事实"), (c.questions, "问题"), (c.tasks, "任务")):
        if len({item.id for item in items}) < len(items):
            raise refusal(f"已有同样的{word}。")


def options(c: Consultation, field: Field) -> dict[str, str]:
    """Return what can be chosen for a field: key → Chinese words; empty for a field that is typed."""
    if field.kind == "choice":
        return field.choices
    of_the_record = OPTIONS.get(field.kind)
    return of_the_record(c) if of_the_record else {}


OPTIONS: dict[str, Callable[[Consultation], dict[str, str]]] = {
    "fact": lambda c: {fact.id: fact.text for fact in c.facts if not fact.confirmed},
    "question": lambda c: {question.id: question.text for question in c.questions},
    "task": lambda c: {task.id: f"{task.unit}：{task.text}" for task in c.tasks if not task.done_at},
    "participant": lambda c: {one.unit: one.unit for one in c.participants if not one.came},
    "action": lambda c: {
        str(number): f"{one.unit}：{one.action}" for number, one in enumerate(c.reviews) if not one.done_at
    },
    **answers.OPTIONS,
}
"""What can be chosen for each of `alerts.fields.OPTION_KINDS`."""
