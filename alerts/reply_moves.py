"""How a reply may change: one table of moves, and one function that makes a move or refuses it.

What has no row can't be done. Nobody reviews or signs what he wrote; nothing is published that was not signed, and
what was published has no move at all: a correction is a new reply, with the same eyes on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts import reply_guards as guard
from alerts.consultation_guards import SIGNERS, Act
from alerts.fields import Field, in_words, read, refusal
from alerts.ledger import Item
from alerts.ledger_moves import ASSIGNERS, HANDLERS
from alerts.moves import Row, Step
from alerts.reply import KINDS, OPEN, Answering, Judged, SentBack, Version, faults, reply_id
from alerts.reply_guards import Guard
from streams.clock import ms

Change = Callable[[Answering, Act, Item], Answering]
NOTED_MOST = 60
"""Characters of a text that a step repeats; the whole stands in its version."""


Move = Row[Change, Guard]


def _write(r: Answering, act: Act, _: Item) -> Answering:
    new = Version(number=len(r.versions) + 1, text=act.data["text"], by=act.by, at=act.now)
    return replace(r, versions=(*r.versions, new))


def _judged(r: Answering, act: Act, item: Item, move: str) -> tuple[Version, ...]:
    one = Judged(
        move=move, by=act.by, at=act.now, faults=faults(item, r.kind, r.text), remark=act.data.get("remark", "")
    )
    latest = r.versions[-1]
    return (*r.versions[:-1], replace(latest, judged=(*latest.judged, one)))


def _pass(r: Answering, act: Act, item: Item) -> Answering:
    return replace(r, versions=_judged(r, act, item, "pass"), reviewed_by=act.by, reviewed_at=act.now)


def _sign(r: Answering, act: Act, item: Item) -> Answering:
    key = act.by == item.key_leader
    return replace(r, versions=_judged(r, act, item, "sign"), signed_by=act.by, signed_at=act.now, key=key)


def _send_back(r: Answering, act: Act, _: Item) -> Answering:
    one = SentBack(version=r.versions[-1].number, reason=act.data["reason"], by=act.by, at=act.now)
    return replace(
        r, returns=(*r.returns, one), reviewed_by="", reviewed_at=0, signed_by="", signed_at=0, key=False
    )  # fmt: skip


def _withdraw(r: Answering, act: Act, _: Item) -> Answering:
    return replace(r, withdrawn_reason=act.data["reason"])


def _publish(r: Answering, act: Act, _: Item) -> Answering:
    at, link = act.data.get("published_at", act.now), act.data.get("link", "")
    return replace(
        r, published_by=act.by, published_at=at, recorded_at=act.now, channel=act.data["channel"], link=link
    )  # fmt: skip


def _submit(r: Answering, _: Act, __: Item) -> Answering:
    return r


REASON = Field(name="reason", label="理由", kind="long", masked=True)
TEXT = Field(name="text", label="答复内容", kind="long", masked=True, office=True)
REMARK = Field(name="remark", label="意见（答复检查有提示的，审核时必填）", kind="long", required=False, masked=True)
BEGIN: Row[None, None] = Row(
    name="begin", title="起草答复", ways={}, roles=HANDLERS, change=None,
    fields=(
        Field(name="kind", label="答复种类", kind="choice", choices=KINDS),
        Field(name="unit", label="答复单位", kind="unit"), TEXT,
        Field(name="reason", label="更正的原因（更正答复必填）", kind="long", required=False, masked=True),
    ),
)  # fmt: skip
"""What makes a new reply; `begun` says when."""
MOVES: tuple[Move, ...] = (
    Move(
        name="write", title="修改", ways={"drafting": "drafting"}, roles=HANDLERS, change=_write, fields=(TEXT,),
        guards=(guard.another_text,),
    ),
    Move(
        name="submit", title="送审", ways={"drafting": "reviewing"}, roles=HANDLERS, change=_submit,
        guards=(guard.written_anew, guard.still_ours, guard.item_waits),
    ),
    Move(
        name="pass", title="审核通过", ways={"reviewing": "signing"}, roles=HANDLERS, change=_pass, fields=(REMARK,),
        guards=(guard.by_another, guard.nothing_personal, guard.faults_weighed),
    ),
    Move(
        name="sign", title="签发", ways={"signing": "signed"}, roles=ASSIGNERS, change=_sign, fields=(REMARK,),
        guards=(guard.signer, guard.by_another, guard.nothing_personal, guard.still_ours, guard.item_waits),
    ),
    Move(
        name="publish", title="记录已发布", ways={"signed": "published"}, roles=HANDLERS, change=_publish,
        fields=(
            Field(name="channel", label="发布在哪里"),
            Field(name="published_at", label="发布时间（不填为现在）", kind="time", required=False),
            Field(name="link", label="公开网址", required=False),
        ),
        guards=(guard.still_ours, guard.item_waits, guard.key_signed, guard.dated_right, guard.a_web_address),
    ),
    Move(
        name="send_back", title="退回修改",
        ways={"reviewing": "drafting", "signing": "drafting", "signed": "drafting"}, roles=HANDLERS,
        change=_send_back, fields=(REASON,),
    ),
    Move(
        name="withdraw", title="撤回", ways=dict.fromkeys(OPEN, "withdrawn"), roles=HANDLERS, change=_withdraw,
        fields=(REASON,),
    ),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def options(item: Item) -> Callable[[Field], Mapping[str, str]]:
    """Return what can be chosen for a field: the units that handle the item."""

    def of(field: Field) -> Mapping[str, str]:
        return {unit: unit for unit in (item.lead, *item.assists) if unit} if field.kind == "unit" else field.choices

    return of


def begun(
    item: Item, before: tuple[Answering, ...], *, by: str, role: str, data: Mapping[str, Any], now: datetime | int
) -> Answering:
    """Return a new reply in its first version; before: the item's replies. Raises Rejected, in Chinese."""
    if not by:
        raise refusal("须由具名人员办理。")
    if role not in BEGIN.roles:
        raise refusal("您的角色不能起草答复。")
    if (kind := data.get("kind")) in KINDS and (why := guard.fits(item, kind)):
        raise refusal(why)  # before what is typed: in such a state there may be no unit to choose
    given = read(BEGIN.title, BEGIN.fields, data, options(item))
    if why := guard.may_begin(item, before, given):
        raise refusal(why)
    at = max(now if isinstance(now, int) else ms(now), item.updated_at)
    number, kind = len(before) + 1, given["kind"]
    corrects = next((one.id for one in reversed(before) if one.state == "published"), "")
    note = _note(BEGIN.fields, given, item)
    step = Step(number=1, move="begin", by=by, role=role, at=at, state="drafting", note=note)
    return Answering(
        id=reply_id(item.id, number), item=item.id, title=item.title, number=number, round=len(item.rounds), kind=kind,
        unit=given["unit"], county=item.county, created_at=at, updated_at=at,
        versions=(Version(number=1, text=given["text"], by=by, at=at),),
        corrects=corrects if kind == "correction" else "",
        reason=given.get("reason", "") if kind == "correction" else "", steps=(step,),
    )  # fmt: skip


def _note(fields: tuple[Field, ...], data: Mapping[str, Any], item: Item) -> str:
    text = str(data.get("text", ""))
    short = f"{text[:NOTED_MOST]}…" if len(text) > NOTED_MOST else text
    return in_words(fields, {**data, "text": short} if text else data, options(item))


def may(r: Answering, move: Move, role: str) -> str:
    """Return why a role can't make a move in this state, in Chinese; nothing if it can."""
    if r.state not in move.ways:
        return f"当前为“{r.state_name}”，不能“{move.title}”。"
    if role in move.roles and not (move.name == "sign" and r.kind != "first" and role not in SIGNERS):
        return ""
    return f"“{move.title}”须由领导办理。" if move.name == "sign" else f"您的角色不能“{move.title}”。"


def make(
    r: Answering, name: str, *, item: Item, by: str, role: str, data: Mapping[str, Any], now: datetime | int
) -> Answering:
    """Return the reply after a move; raise Rejected, with one Chinese sentence, if it isn't allowed.

    item: what it answers, as it stands. An earlier `now` is taken as the time of the last change.
    """
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    if why := may(r, move, role):
        raise refusal(why)
    at = max(now if isinstance(now, int) else ms(now), r.updated_at)
    act = Act(by=by, role=role, now=at, data=read(move.title, move.fields, data, options(item)))
    for check in move.guards:
        if why := check(r, act, item):
            raise refusal(why)
    state = move.ways[r.state]
    step = Step(
        number=r.revision + 1, move=name, by=by, role=role, at=at, state=state,
        note=_note(move.fields, act.data, item),
    )  # fmt: skip
    return replace(move.change(r, act, item), state=state, updated_at=at, steps=(*r.steps, step))
