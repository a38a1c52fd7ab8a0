"""会商: the list, one consultation with its clocks and its record, and each allowed move as a form."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from alerts.console.alert_pages import OPENING
from alerts.console.consultation_forms import forms
from alerts.console.gates import far
from alerts.console.language import county_name, topics
from alerts.console.move_forms import read
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.console.words import read_time
from alerts.consultation import DUTIES, STATES, Consultation
from alerts.consultation_moves import BY_NAME
from alerts.consultation_view import clocks, timeline
from alerts.reach import covers, own_part, sees_consultation
from alerts.reports.after import after_effects, lines, remark
from analyzers.places import counties
from streams.errors import Conflict, Rejected


async def listing(asked: Asked) -> Response:
    """Show consultations, open ones first, each with its most pressing limit."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "", typed: dict[str, str] | None = None) -> Response:
    every: Sequence[Consultation] = await asked.parts.consultations.list()
    found = [c for c in every if sees_consultation(asked.who, c)]
    rows = [(c, next((clock for clock in clocks(c, asked.now) if not clock.met), None)) for c in found]
    return page(
        asked, "consultations.html", 400 if error else 200, rows=rows, error=error, typed=typed or {},
        county_name=county_name, OPENING=OPENING, TOPICS=topics(), COUNTIES=counties(),
    )  # fmt: skip


async def open_by_hand(asked: Asked) -> Response:
    """Open a consultation without an alert: a named person gives the grade, the reason and when it was known."""
    form = asked.form
    known, occurred = read_time(form.get("known_at", "")), read_time(form.get("occurred_at", ""))
    if not form.get("title") or not form.get("reason") or form.get("grade") not in OPENING or known is None:
        return await _listing(asked, error="请填写事由、等级、理由和获知时间。", typed=form)
    if not covers(asked.who, form.get("county", ""), ()):
        return await _listing(asked, error=far(asked.who), typed=form)
    try:
        opened = await asked.parts.consultations.open_by_hand(
            title=form["title"], topic=form.get("topic", ""), county=form.get("county", ""), by=asked.who.username,
            grade=form["grade"], reason=form["reason"], known_at=known, occurred_at=occurred or 0,
            now=asked.parts.clock.now(), role=asked.who.role, emergency=form.get("emergency", "1") == "1",
        )  # fmt: skip
    except Rejected as refused:
        return await _listing(asked, error=refused.detail, typed=form)
    return onward(f"/consultations/{opened.id}?done=opened")


async def detail(asked: Asked) -> Response:
    """Show one consultation: clocks, record, forms, timeline."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    c: Consultation | None = await asked.parts.consultations.get(identity)
    if c is None:
        return bare("没有这个会商", "地址可能写错了。", 404, back="/consultations", back_text="返回会商列表")
    user = asked.who
    after = await after_effects(asked.parts.documents, c, asked.now)
    shown = forms(c, by=user.username, role=user.role, now=asked.now, tried=tried, typed=asked.form)
    return page(
        asked, "consultation.html", 400 if error else 200, c=c, clocks=clocks(c, asked.now), forms=shown,
        error=error, STEPS=STATES, DUTIES=DUTIES, county_name=county_name,
        passed=list(STATES)[: list(STATES).index(c.state) + 1], events=timeline(c)[::-1],
        after=[(one, lines(one), remark(one)) for one in after],
    )  # fmt: skip


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name = asked.path("id"), asked.path("move")
    row = BY_NAME.get(name)
    if row is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back=f"/consultations/{identity}", back_text="返回会商")
    user, seen = asked.who, asked.form.get("revision", "")
    data, before = read(row, asked.form), await asked.parts.consultations.get(identity)
    if before is not None and (why := own_part(user, before, name, data)):
        await asked.note("access.refused", identity, {"path": name, "reason": why})
        return await _detail(asked, identity, error=why, tried=name)
    try:
        await asked.parts.consultations.move(
            identity, name, by=user.username, role=user.role, data=data,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(
            asked, identity, error="刚刚有人更新了这个会商，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    return onward(f"/consultations/{identity}?done=moved")
