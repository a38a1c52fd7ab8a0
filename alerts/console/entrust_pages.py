"""预警的交办与备注: to whom an alert is given, and what staff say of it in passing."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from alerts.accounts_users import User
from alerts.alert import Alert
from alerts.console import alert_pages
from alerts.console.parts import ConsoleParts
from alerts.console.permissions import allowed
from alerts.console.security import Asked
from alerts.console.view import onward
from alerts.entrusting import unfit
from alerts.fields import refusal
from streams.errors import Rejected


async def fit(parts: ConsoleParts, alert: Alert) -> Sequence[User]:
    """Return who may be given an alert: staff who see alerts, reach this one, and are not named in it."""
    there = alert.consultation not in {"", "proposed", "declined"}
    led = await parts.consultations.get(alert.consultation) if there else None
    found = await parts.accounts.users()
    return [one for one in found if allowed(one.role, "alerts") and not unfit(one, alert, [led] if led else [])]


async def entrust(parts: ConsoleParts, alert: Alert, to: str, by: str) -> Alert:
    """Give an alert to somebody. Raises Rejected, in Chinese, if he may not have it."""
    if to not in {one.username for one in await fit(parts, alert)}:
        raise refusal("不能交给这名人员：可能已停用、不在其范围内，或须回避。")
    given: Alert = await parts.alerts.entrust(alert.id, to, by=by, now=parts.clock.now())
    return given


async def assign(asked: Asked) -> Response:
    """Give an alert to a member of staff."""
    alert_id, to = asked.path("id"), asked.form.get("to", "")
    alert: Alert | None = await asked.parts.alerts.alert(alert_id)
    try:
        if alert is not None:
            await entrust(asked.parts, alert, to, asked.who.username)
    except Rejected as refused:
        return await alert_pages.again(asked, alert_id, refused.detail)
    await asked.note("alerts.assign", alert_id, {"to": to})
    return onward(f"/alerts/{alert_id}?done=entrusted")


async def comment(asked: Asked) -> Response:
    """Say something of an alert in passing."""
    alert_id, text = asked.path("id"), asked.form.get("text", "")
    try:
        await asked.parts.alerts.comment(alert_id, text, by=asked.who.username, now=asked.parts.clock.now())
    except Rejected as refused:
        return await alert_pages.again(asked, alert_id, refused.detail)
    await asked.note("alerts.comment", alert_id)
    return onward(f"/alerts/{alert_id}?done=commented")
