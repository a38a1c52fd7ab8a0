"""督查: what inspections found, units' objections, each allowed move as a form, and the forms to record one."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from alerts.appraisal import INDICATORS, Weights
from alerts.console.gates import far
from alerts.console.move_forms import Line, MoveForm, read
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.consultation_guards import Act
from alerts.fields import Field
from alerts.inspection import (
    BY_NAME,
    FORMS,
    INSPECTORS,
    MOVES,
    SPEAKERS,
    Inspection,
    Move,
    fields_of,
    may,
)
from alerts.moves import Row
from alerts.reach import by_units, covers, limited
from streams.errors import Conflict, Rejected

TONES = {"recorded": "quiet", "appealed": "warn", "decided": "good", "withdrawn": "quiet"}
EFFECTS = {"deduct": "扣分", "veto": "单项否决", "bonus": "加分", "figure": "申诉考核数据"}


async def listing(asked: Asked) -> Response:
    """Show records within reach, the newest first, and the forms to record one."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "") -> Response:
    inspections, who = asked.parts.inspections, asked.who
    rows = [] if inspections is None else await inspections.list(who.units if by_units(who) else ())
    rows = [one for one in rows if not limited(who) or covers(who, "", (one.unit,))]
    tried = asked.form.get("form", "")
    asking = [
        (form, _lines(fields_of(form, inspections.weights), asked.form if form == tried else {}), form == tried)
        for form in FORMS
        if inspections is not None and who.role in (SPEAKERS if form == "figure" else INSPECTORS)
    ]
    return page(
        asked, "inspections.html", 400 if error else 200, rows=rows, asking=asking, error=error, FORMS=FORMS,
        EFFECTS=EFFECTS, TONES=TONES,
    )  # fmt: skip


def _lines(fields: tuple[Field, ...], typed: Mapping[str, str]) -> tuple[Line, ...]:
    return tuple(Line(one, typed.get(one.name, ""), one.choices) for one in fields)


async def record(asked: Asked) -> Response:
    """Record a finding, or a unit's objection to a figure."""
    inspections, who, form = asked.parts.inspections, asked.who, asked.form.get("form", "")
    if limited(who) and not covers(who, "", (asked.form.get("unit", "").strip(),)):
        why = far(who)
        await asked.note("access.refused", "inspections.work", {"path": "POST /inspections", "reason": why})
        return bare("没有权限", why, 403, back="/inspections", back_text="返回督查")
    if inspections is None or form not in FORMS:
        return bare("没有这种督查方式", "地址可能写错了。", 404, back="/inspections", back_text="返回督查")
    weights: Weights = inspections.weights
    asking: Move = Row(
        name=form, title=FORMS[form], ways={}, roles=SPEAKERS, change=lambda one, _: one,
        fields=fields_of(form, weights),
    )  # fmt: skip
    try:
        made = await inspections.record(
            form, read(asking, asked.form), by=who.username, role=who.role, now=asked.parts.clock.now()
        )
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    return onward(f"/inspections/{made.id}?done=moved")


async def detail(asked: Asked) -> Response:
    """Show one record with its forms and what was done."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    inspections = asked.parts.inspections
    one: Inspection | None = await inspections.get(identity) if inspections else None
    if one is None:
        return bare("没有这项督查", "地址可能写错了。", 404, back="/inspections", back_text="返回督查")
    return page(
        asked, "inspection.html", 400 if error else 200, one=one, error=error, FORMS=FORMS, EFFECTS=EFFECTS,
        TONES=TONES, MOVES=BY_NAME, INDICATORS=INDICATORS, forms=_forms(asked, one, tried),
    )  # fmt: skip


def _forms(asked: Asked, one: Inspection, tried: str) -> list[MoveForm[Move]]:
    who, out = asked.who, []
    for move in MOVES:
        if may(one, move, who.role):
            continue
        act = Act(by=who.username, role=who.role, now=asked.now, data={})
        blocked = next((why for check in move.guards if (why := check(one, act))), "")
        typed = asked.form if move.name == tried else {}
        out.append(MoveForm(move, _lines(move.fields, typed), blocked, move.name == tried))
    return sorted(out, key=lambda form: bool(form.blocked))


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name = asked.path("id"), asked.path("move")
    row = BY_NAME.get(name)
    if row is None or asked.parts.inspections is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back="/inspections", back_text="返回督查")
    user, seen = asked.who, asked.form.get("revision", "")
    try:
        await asked.parts.inspections.move(
            identity, name, by=user.username, role=user.role, data=read(row, asked.form),
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(
            asked, identity, error="刚刚有人更新了这项督查，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    return onward(f"/inspections/{identity}?done=moved")
