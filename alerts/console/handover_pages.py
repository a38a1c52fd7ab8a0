"""交接班: what one officer leaves to the next, who takes it, and the two signatures; each allowed move as a form."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console.move_forms import Line, MoveForm, read
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.handover import KINDS, STATES, Facts, Handover
from alerts.handover_moves import BY_NAME, MOVES, Act, Move, may, options
from alerts.reports.handover import KIND
from alerts.reports.tree import report_id
from streams.errors import Conflict, Rejected


async def detail(asked: Asked) -> Response:
    """Show one handover: what is open, who takes it, what else the next one needs, forms, and what was done."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    desk = asked.parts.handovers
    h: Handover | None = await desk.get(identity) if desk else None
    if h is None:
        return bare("没有这份交接班", "地址可能写错了。", 404, back="/duty", back_text="返回排班")
    facts: Facts = await desk.facts(h, asked.now)
    return page(
        asked, "handover.html", 400 if error else 200, h=h, facts=facts, error=error, KINDS=KINDS, SIGNED=STATES,
        MOVES=BY_NAME, forms=_forms(asked, h, facts, tried), missing={item.id for item in h.missing(facts)},
        report=report_id(KIND, h.id) if h.outgoing_signed else "",
        lists=(("会商时限", facts.clocks), ("台账到期和逾期", facts.ledger), ("正在执行的静默", facts.silences),
               ("异常的渠道和来源", facts.failing), ("本班办结", facts.closed)),
    )  # fmt: skip


def _forms(asked: Asked, h: Handover, facts: Facts, tried: str) -> list[MoveForm[Move]]:
    """Return the moves that this person may make, with what blocks a signature."""
    act = Act(asked.who.username, asked.who.role, asked.now, {}, facts)
    out = []
    for move in MOVES:
        if h.state not in move.ways or act.role not in move.roles:
            continue
        why = may(h, move, act)
        if why and (not move.name.startswith("sign_") or act.by not in {h.outgoing, h.incoming}):
            continue
        if move.name in {"give_all", "give"} and not options(h, facts, BY_NAME["give"].fields[0]):
            continue
        typed = asked.form if move.name == tried else {}
        lines = tuple(Line(f, typed.get(f.name, ""), options(h, facts, f)) for f in move.fields)
        out.append(MoveForm(move, lines, why, move.name == tried))
    return out


async def move(asked: Asked) -> Response:
    """Make one move of the table; once signed, the paper is kept as a report."""
    identity, name = asked.path("id"), asked.path("move")
    row, desk, who = BY_NAME.get(name), asked.parts.handovers, asked.who
    if row is None or desk is None or await desk.get(identity) is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back="/duty", back_text="返回排班")
    seen = asked.form.get("revision", "")
    try:
        after: Handover = await desk.move(
            identity, name, by=who.username, role=who.role, data=read(row, asked.form),
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(
            asked, identity, error="刚刚有人更新了这份交接班，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    if after.outgoing_signed:
        await asked.parts.reports.make(KIND, identity, asked.parts.clock.now())
    return onward(f"/duty/handovers/{identity}?done=moved")
