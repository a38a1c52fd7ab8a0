"""排班 as calendar files: one's own shifts by a signed address; stand-ins from a file, looked at before they hold."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.duty_moves import fits, words
from alerts.rota import Rota
from alerts.rota_check import DAY_MS
from alerts.rota_ical import from_ical, to_ical
from alerts.rota_who import spans
from streams.clock import beijing, ms
from streams.errors import Misconfigured, Rejected

AHEAD = (60, 30, 7, 1)
"""Days ahead that a calendar has; fewer where the next year's holidays are not published."""


async def feed(asked: Asked) -> Response:
    """Answer one person's shifts as a calendar, by its address alone."""
    parts = asked.parts
    person = await parts.feeds.person(asked.path("token")) if parts.feeds and parts.duty else ""
    user = await parts.accounts.find(person) if person else None
    rota: Rota = await parts.duty.rota(asked.now - DAY_MS) if person else Rota()
    if person not in rota.people or user is None or user.disabled:
        return bare("没有这个日历", "订阅地址无效或已作废，请登录控制台重新生成。", 404)
    since = ms(beijing(asked.now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7))
    for days in AHEAD:
        try:
            found = spans(rota, since, asked.now + days * DAY_MS)
        except Misconfigured:
            continue
        data = to_ical(rota, found, now=asked.now, person=person)
        return Response(data, media_type="text/calendar; charset=utf-8", headers={"cache-control": "no-store"})
    return bare("暂时没有日历", "节假日历还没有录入，请联系系统管理员。", 503)


async def change_feed(asked: Asked) -> Response:
    """Make one's address, or make the one there is invalid; an admin does the latter for anybody."""
    parts, who, act = asked.parts, asked.who, asked.form.get("act", "")
    if parts.feeds is None or parts.duty is None or not parts.feeds.secret or act not in {"make", "revoke"}:
        return bare("没有生成", "还没有设置签名密钥（HUIYING_ACK_SECRET），请联系系统管理员。", 400, back="/duty")
    person = asked.form.get("person", "") if who.role == "admin" and act == "revoke" else who.username
    if person not in parts.duty.plan.people:
        return bare("没有生成", "只有排班表中的值班人员有日历订阅。", 400, back="/duty", back_text="返回排班")
    await parts.feeds.change(person, holds=act == "make", by=who.username, now=parts.clock.now())
    return onward("/duty?done=moved#feed")


async def bring(asked: Asked) -> Response:
    """Show what a calendar file would change; take it on a second press."""
    duty, text = asked.parts.duty, asked.form.get("ical", "")
    rota: Rota = await duty.rota(asked.now - DAY_MS) if duty else Rota()
    if not rota.turns:
        return bare("没有导入", "还没有排班表。", 400, back="/duty", back_text="返回排班")
    try:
        found = from_ical(rota, text.encode(), by=asked.who.username, now=asked.now)
        error = "" if found else "文件里没有还未过去的班次。"
    except Rejected as refused:
        found, error = [], refused.detail
    if error:
        return page(asked, "duty_import.html", 400, rows=[], error=error, text=text, blocked=True)
    rows = [(one, words(rota, one), fits(rota, one)) for one in found]
    blocked = any(why for _, _, why in rows)
    if asked.form.get("act") != "import" or blocked:
        return page(asked, "duty_import.html", rows=rows, error="", text=text, blocked=blocked)
    for one in found:
        await duty.bring(one, role=asked.who.role)
    return onward("/duty?done=moved#changes")
