"""How a handover goes on: notes, who takes what, the two signatures; one table of moves, plain functions.

The outgoing officer can't sign while an open item of his shift has no receiver, judged by what is open at that moment
and not by what was when the paper was made. The same person never signs twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from alerts.consultation_guards import SIGNERS
from alerts.duty_moves import WORKERS
from alerts.fields import Field, in_words, read, refusal
from alerts.handover import STATES, Facts, Handover, Note
from alerts.moves import Row, Step, stay
from streams.clock import ms

NAMED_MOST = 10
"""So many items without a receiver are named in a refusal."""


class Act(NamedTuple):
    """Who wants to make a move, in which role, when (ms UTC), with which data, and what is open at that moment."""

    by: str
    role: str
    now: int
    data: Mapping[str, Any]
    facts: Facts


Move = Row[Callable[[Handover, Act], Handover], Callable[[Handover, Act], str]]


def _outgoing(h: Handover, act: Act) -> str:
    return "" if act.by == h.outgoing else f"须由交班人{h.name(h.outgoing)}本人办理。"


def _incoming(h: Handover, act: Act) -> str:
    if not h.incoming:
        return "还没有接班人，请带班领导指定。"
    return "" if act.by == h.incoming else f"须由接班人{h.name(h.incoming)}本人办理。"


def _either(h: Handover, act: Act) -> str:
    return "" if act.by in {h.outgoing, h.incoming} else "交班人或接班人才能填写说明。"


def _two_people(h: Handover, _: Act) -> str:
    if not h.incoming:
        return "还没有接班人，请带班领导指定后再签字。"
    return "交班人和接班人不能是同一人。" if h.incoming == h.outgoing else ""


def _received(h: Handover, act: Act) -> str:
    """Refuse while an open item of the shift has no receiver, with the list."""
    missing = h.missing(act.facts)
    if not missing:
        return ""
    named = "；".join(item.title for item in missing[:NAMED_MOST])
    more = f"等{len(missing)}项" if len(missing) > NAMED_MOST else ""
    return f"还有{len(missing)}项未结事项没有接收人，不能交班：{named}{more}。请先指定接收人。"


def _not_twice(h: Handover, act: Act) -> str:
    return "交班和接班不能由同一人签字。" if act.by == h.outgoing_signed else ""


def _other_people(h: Handover, act: Act) -> str:
    outgoing, incoming = act.data.get("outgoing", h.outgoing), act.data.get("incoming", h.incoming)
    if act.data and outgoing == incoming:
        return "交班人和接班人不能是同一人。"
    if h.outgoing_signed and outgoing != h.outgoing:
        return "交班人已经签字，不能更换。"
    return ""


def _note(h: Handover, act: Act) -> Handover:
    return replace(h, notes=(*h.notes, Note(text=act.data["text"], by=act.by, at=act.now)))


def _give(h: Handover, act: Act) -> Handover:
    return replace(h, receivers={**h.receivers, act.data["item"]: act.data["to"]})


def _give_all(h: Handover, act: Act) -> Handover:
    given = {item.id: act.data["to"] for item in h.missing(act.facts)}
    return replace(h, receivers={**h.receivers, **given})


def _sign_out(h: Handover, act: Act) -> Handover:
    return replace(h, outgoing_signed=act.by, outgoing_at=act.now, signed=act.facts)


def _send_back(h: Handover, act: Act) -> Handover:
    note = Note(text=f"退回：{act.data['reason']}", by=act.by, at=act.now)
    return replace(h, outgoing_signed="", outgoing_at=0, signed=None, notes=(*h.notes, note))


def _sign_in(h: Handover, act: Act) -> Handover:
    note = Note(text=act.data["text"], by=act.by, at=act.now) if act.data.get("text") else None
    return replace(h, incoming_signed=act.by, incoming_at=act.now, notes=(*h.notes, *([note] if note else [])))


def _appoint(h: Handover, act: Act) -> Handover:
    return replace(
        h, outgoing=act.data.get("outgoing", h.outgoing), incoming=act.data.get("incoming", h.incoming)
    )


_TO = Field(name="to", label="接收人", kind="choice")
MOVES: tuple[Move, ...] = (
    Move(name="give_all", title="未定事项全部交给", ways=stay("open"), roles=WORKERS, change=_give_all, fields=(_TO,),
         guards=(_outgoing,)),
    Move(name="give", title="指定一项的接收人", ways=stay("open"), roles=WORKERS, change=_give,
         fields=(Field(name="item", label="事项", kind="choice"), _TO), guards=(_outgoing,)),
    Move(name="note", title="填写交班说明", ways=stay("open", "handed", "done"), roles=WORKERS, change=_note,
         fields=(Field(name="text", label="说明", kind="long", masked=True, most=2000),), guards=(_either,)),
    Move(name="sign_out", title="交班签字", ways={"open": "handed"}, roles=WORKERS, change=_sign_out,
         guards=(_outgoing, _two_people, _received)),
    Move(name="sign_in", title="接班签字", ways={"handed": "done"}, roles=WORKERS, change=_sign_in,
         fields=(Field(name="text", label="接班说明", kind="long", required=False, masked=True, most=2000),),
         guards=(_incoming, _not_twice)),
    Move(name="send_back", title="退回交班人", ways={"handed": "open"}, roles=WORKERS, change=_send_back,
         fields=(Field(name="reason", label="理由", masked=True),), guards=(_incoming,)),
    Move(name="appoint", title="指定交接人", ways=stay("open", "handed"), roles=SIGNERS, change=_appoint,
         fields=(
             Field(name="outgoing", label="交班人", kind="choice", required=False),
             Field(name="incoming", label="接班人", kind="choice", required=False),
             Field(name="reason", label="理由", masked=True),
         ), guards=(_other_people,)),
)  # fmt: skip
BY_NAME: dict[str, Move] = {move.name: move for move in MOVES}


def options(h: Handover, facts: Facts, field: Field) -> Mapping[str, str]:
    """Return what can be chosen for a field: people of the rota, open items of the shift."""
    if field.name == "item":
        return {item.id: item.title for item in facts.items if item.since < h.until}
    people = h.names
    if field.name == "to":  # the one who goes keeps nothing; who comes stands first
        first = {h.incoming: people[h.incoming]} if h.incoming in people else {}
        return {**first, **{key: name for key, name in people.items() if key != h.outgoing}}
    return people if field.kind == "choice" else {}


def may(h: Handover, move: Move, act: Act) -> str:
    """Return why somebody can't make a move now, in Chinese; nothing if he can."""
    if h.state not in move.ways:
        return f"当前为“{STATES[h.state]}”，不能“{move.title}”。"
    if act.role not in move.roles:
        return f"“{move.title}”须由领导或系统管理员办理。" if move.roles == SIGNERS else f"您的角色不能“{move.title}”。"
    return next((why for check in move.guards if (why := check(h, act))), "")


def make(
    h: Handover, name: str, *, by: str, role: str, data: Mapping[str, Any], facts: Facts, now: datetime
) -> Handover:
    """Return the handover after a move; facts: what is open now. Raises Rejected, with one Chinese sentence."""
    move = BY_NAME.get(name)
    if move is None:
        raise refusal("没有这种操作。")
    if not by:
        raise refusal("须由具名人员办理。")
    at = max(ms(now), h.updated_at)
    act = Act(by, role, at, {}, facts)
    if h.state not in move.ways or act.role not in move.roles:
        raise refusal(may(h, move, act))

    def chosen(field: Field) -> Mapping[str, str]:
        return options(h, facts, field)

    act = act._replace(data=read(move.title, move.fields, data, chosen))
    if why := may(h, move, act):
        raise refusal(why)
    state = move.ways[h.state]
    note = in_words(move.fields, act.data, chosen)
    step = Step(number=h.revision + 1, move=name, by=by, role=role, at=at, state=state, note=note)
    return replace(move.change(h, act), state=state, updated_at=at, steps=(*h.steps, step))
