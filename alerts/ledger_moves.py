"""How an item of the ledger may change: one table of moves, and one function that makes a move or refuses it.

What has no row can't be done. No move shortens what is owed to the one who asks: a limit is extended once, before it is
over, by somebody who doesn't handle the item, and he is told; what is overdue stays so until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts import ledger_changes as change
from alerts import ledger_guards as guard
from alerts.consultation_guards import SIGNERS, Act
from alerts.fields import Field, in_words, read, refusal
from alerts.ledger import OPEN, RESULTS, SATISFACTION, STATES, UNANSWERED, Item
from alerts.ledger_changes import Change
from alerts.ledger_guards import Guard
from alerts.ledger_table import LedgerTable, choices, deadline
from alerts.moves import Row, Step, stay
from streams.clock import ms
from streams.errors import Rejected

ASSIGNERS = frozenset({"officer", "supervisor", "leader", "admin"})
SUPERVISORS = frozenset({"supervisor", "leader", "admin"})
"""Who extends, pauses and urges: not those who handle the item."""
HANDLERS = ASSIGNERS | {"handler"}
"""A handler acts for his own department only (`alerts.reach`)."""


Move = Row[Change, Guard]
REASON = Field(name="reason", label="理由", kind="long", masked=True)
REPLY = (
    Field(name="text", label="答复内容", kind="long", masked=True, office=True),
    Field(name="channel", label="答复渠道"),
    Field(name="unit", label="答复单位", kind="unit"),
)  # fmt: skip
QUIET = frozenset({"record", "signed_by", "signed_at"})
"""Fields of a published reply that a step's words leave out."""
PUBLISHED = (
    *REPLY[:2], Field(name="unit", label="答复单位"), Field(name="record", label="答复编号"),
    Field(name="at", label="发布时间", kind="time", required=False),
    Field(name="reason", label="更正的原因", kind="long", required=False),
    Field(name="link", label="公开网址", required=False),
    Field(name="signed_by", label="签发人", required=False),
    Field(name="signed_at", label="签发时间", kind="time", required=False),
)  # fmt: skip
"""What a reply that was signed and published says of itself (`alerts.replies`)."""
MOVES: tuple[Move, ...] = (
    Move(
        name="assign", title="交办", ways={"waiting": "assigned", "assigned": "assigned"}, roles=ASSIGNERS,
        change=change.assign,
        fields=(
            Field(name="lead", label="牵头单位"),
            Field(name="assists", label="协办单位（多个用顿号隔开）", required=False),
            Field(name="supervisor", label="督办单位", required=False),
            Field(name="limit", label="办理时限", kind="limit"),
            Field(name="longer", label="改用更长时限的理由（比现定时限长的必填）", required=False),
        ),
        guards=(guard.units_differ, guard.limit_stays_when_over, guard.longer_with_a_reason),
    ),
    Move(
        name="dismiss", title="不需办理", ways={"waiting": "dismissed"}, roles=ASSIGNERS, change=change.dismiss,
        fields=(REASON,),
    ),
    Move(
        name="give_back", title="退回", ways={"assigned": "waiting", "handling": "waiting"}, roles=HANDLERS,
        change=change.give_back, guards=(guard.in_time_to_return,),
        fields=(REASON, Field(name="better", label="建议改交单位", required=False)),
    ),
    Move(name="accept", title="签收", ways={"assigned": "handling"}, roles=HANDLERS, change=change.accept),
    Move(
        name="first_reply", title="首次答复", ways={"assigned": "handling", "handling": "handling"}, roles=HANDLERS,
        change=change.first_reply, fields=PUBLISHED,
    ),
    Move(
        name="answer", title="答复办理结果", ways={"handling": "answered"}, roles=HANDLERS, change=change.answer,
        fields=PUBLISHED, guards=(guard.signed_if_key,),
    ),
    Move(
        name="corrected", title="更正答复", ways=stay("answered", "closed"), roles=HANDLERS, change=change.correct,
        fields=PUBLISHED,
    ),
    Move(
        name="note_reply", title="登记已发布的答复", ways=stay(*STATES), roles=HANDLERS, change=change.note_reply,
        fields=PUBLISHED,
    ),
    Move(
        name="correct", title="更正答复", ways=stay("answered", "closed"), roles=HANDLERS, change=change.correct,
        fields=REPLY, guards=(guard.noted_by_hand, guard.nothing_personal),
    ),
    Move(  # made no more, the leader signs the reply itself; what was signed so before names this row
        name="sign_key", title="领导签发", ways={}, roles=SIGNERS, change=lambda item, _: item,
    ),
    Move(
        name="flag", title="列为重点留言", ways=stay("waiting", "assigned", "handling"), roles=ASSIGNERS,
        change=change.flag, fields=(Field(name="leader", label="签发领导（用户名）"), REASON),
    ),
    Move(
        name="extend", title="延期", ways=stay("assigned", "handling"), roles=SUPERVISORS, change=change.extend,
        fields=(
            Field(name="days", label="延长几个工作日", kind="count"), REASON,
            Field(name="told", label="怎样告知了诉求人", kind="long", masked=True),
        ),
        guards=(guard.extendable,),
    ),
    Move(
        name="pause", title="暂停计时", ways=stay("assigned", "handling"), roles=SUPERVISORS, change=change.pause,
        fields=(REASON,), guards=(guard.pausable,),
    ),
    Move(
        name="resume", title="恢复计时", ways=stay("assigned", "handling"), roles=HANDLERS, change=change.resume,
        guards=(guard.is_paused,),
    ),
    Move(
        name="urge", title="督办", ways=stay(*UNANSWERED), roles=SUPERVISORS, change=change.urge,
        fields=(Field(name="text", label="督办意见", kind="long"),),
    ),
    Move(
        name="close", title="办结", ways={"answered": "closed"}, roles=ASSIGNERS, change=change.close,
        fields=(
            Field(name="result", label="办理结果", kind="choice", choices=RESULTS),
            Field(name="reason", label="理由和复核途径（未全解决的必填）", kind="long", required=False, masked=True),
        ),
        guards=(guard.reason_if_owed,),
    ),
    Move(
        name="survey", title="记录回访", ways=stay("answered", "closed"), roles=ASSIGNERS, change=change.survey,
        fields=(
            Field(name="satisfaction", label="满意度", kind="choice", choices=SATISFACTION),
            Field(name="solved", label="诉求人认为已解决", kind="yes"),
            Field(name="remark", label="诉求人的意见", kind="long", required=False, masked=True),
        ),
    ),
    Move(
        name="reopen", title="重新办理", ways={"answered": "handling", "closed": "handling", "dismissed": "waiting"},
        roles=ASSIGNERS, change=change.reopen, fields=(REASON,),
    ),
    Move(
        name="merge", title="并入另一件", ways={"waiting": "merged", "assigned": "merged", "handling": "merged"},
        roles=ASSIGNERS, change=change.merge, fields=(Field(name="into", label="并入的件（编号）"), REASON),
        guards=(guard.into_another,),
    ),
    Move(
        name="absorb", title="并入了另一件", ways=stay(*OPEN, "closed"), roles=ASSIGNERS, change=change.absorb,
        fields=(Field(name="item", label="并入的件（编号）"), Field(name="opinions", label="信息", required=False)),
        guards=(guard.not_absorbed,),
    ),
    Move(
        name="link", title="关联会商", ways=stay(*OPEN), roles=ASSIGNERS, change=change.link,
        fields=(Field(name="consultation", label="会商编号"),),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}
CARRIED = frozenset({"first_reply", "answer", "corrected", "note_reply"})
"""Moves that follow from a published reply and from nothing else."""
BY_HAND: tuple[Move, ...] = tuple(move for move in MOVES if move.name not in CARRIED | {"absorb", "sign_key"})
"""The moves that people make; `absorb` is the other half of `merge`."""


def options(table: LedgerTable, item: Item) -> Callable[[Field], Mapping[str, str]]:
    """Return what can be chosen for each field of a move of this item."""

    def of(field: Field) -> Mapping[str, str]:
        match field.kind:
            case "choice":
                return field.choices
            case "limit":
                return choices(table)
            case "unit":
                return {unit: unit for unit in (item.lead, *item.assists) if unit}
            case _:
                return {}

    return of


def may(item: Item, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if item.state not in move.ways:
        return f"当前为“{item.state_name}”，不能“{move.title}”。"
    if role in move.roles:
        return ""
    return f"“{move.title}”须由领导办理。" if move.roles == SIGNERS else f"您的角色不能“{move.title}”。"


def make(
    item: Item, name: str, *, table: LedgerTable, by: str, role: str, data: Mapping[str, Any], now: datetime | int
) -> Item:
    """Return the item after a move; raise Rejected, with one Chinese sentence, if it isn't allowed.

    data: what the fields of the row ask for. An earlier `now` is taken as the time of the last change. The due time is
    computed anew from the table after every move, while the asker still waits.
    """
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(item, move, role):
        raise refusal(why)
    at = max(now if isinstance(now, int) else ms(now), item.updated_at)
    choose = options(table, item)
    act = Act(by=by, role=role, now=at, data=read(move.title, move.fields, data, choose))
    for check in move.guards:
        if why := check(item, act, table):
            raise refusal(why)
    note = in_words([field for field in move.fields if field.name not in QUIET], act.data, choose)
    state = move.ways[item.state]
    step = Step(number=item.revision + 1, move=name, by=by, role=role, at=at, state=state, note=note)
    after = replace(move.change(item, act), state=state, updated_at=at, steps=(*item.steps, step))
    return timed(after, table, at)


def carried(
    item: Item, move: str, *, table: LedgerTable, by: str, role: str, data: Mapping[str, Any], now: datetime | int,
    round_: int = -1,
) -> Item:  # fmt: skip
    """Return the item with a reply that went out: by the move it is for, else as a note that ends nothing.

    round_: the handling that the reply belongs to; -1: this one.
    """
    name = move if round_ in {-1, len(item.rounds)} or move == "corrected" else "note_reply"
    try:
        return make(item, name, table=table, by=by, role=role, data=data, now=now)
    except Rejected:
        return make(item, "note_reply", table=table, by=by, role=role, data=data, now=now)


def timed(item: Item, table: LedgerTable, now: int) -> Item:
    """Return an item with its due time as the table says now; one that is answered keeps the one it was answered by."""
    row = table.limits.get(item.limit)
    if row is None or not item.unanswered:
        return item
    found = deadline(row, item.started_at, extension=item.extension, pauses=item.pauses, now=now)
    return replace(item, due=found.due, yellow_from=found.yellow_from, basis=found.basis)
