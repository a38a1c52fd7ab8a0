"""签收 by a message's link: looking asks, only the button signs; whoever opens it is known by the link alone."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from alerts.accounts import csrf_token
from alerts.ack_link import Claim
from alerts.alert import LEVELS, Alert
from alerts.console.security import FORM_COOKIE, Asked, set_cookie
from alerts.console.view import page
from alerts.signing import BY_LINK
from streams.errors import Rejected

GONE = "这个签收链接无效或已过期，请登录控制台签收。"
ROSE = "这条预警的级别已经变化，请按新的通知签收，或登录控制台签收。"
OVER = "这条预警已经平息，无需签收。"


async def show(asked: Asked) -> Response:
    """Show what would be signed for, and a button; nothing is signed by looking, for mail scanners open links too."""
    claim, alert, why = await _found(asked)
    return _page(asked, claim, alert, why, 404 if claim is None else 200)


async def sign(asked: Asked) -> Response:
    """Sign in the name that the link holds, and write it down."""
    claim, alert, why = await _found(asked)
    if claim is None or alert is None or why:
        return _page(asked, claim, alert, why, 404 if claim is None else 409)
    now = asked.parts.clock.now()
    by = claim.name + BY_LINK
    try:
        after = await asked.parts.alerts.acknowledge(alert.id, by=by, note="", now=now)
    except Rejected as refused:
        return _page(asked, claim, alert, refused.detail, 409)
    await asked.parts.audit.append("alerts.acknowledge", alert.id, by, now, {"by_link": True})
    return _page(asked, claim, after, "", 200, done=True)


async def _found(asked: Asked) -> tuple[Claim | None, Alert | None, str]:
    links = asked.parts.ack
    claim = links.read(asked.path("token"), asked.now) if links else None
    alert = await asked.parts.alerts.alert(claim.alert) if claim else None
    if claim is None or alert is None:
        return None, None, GONE
    if alert.acknowledged_at:
        return claim, alert, f"这条预警已由 {alert.acknowledged_by} 签收。"
    if alert.state == "resolved":
        return claim, alert, OVER
    return claim, alert, ROSE if alert.level != claim.level else ""


def _page(
    asked: Asked, claim: Claim | None, alert: Alert | None, why: str, status: int, *, done: bool = False
) -> Response:
    cookie = asked.request.cookies.get(FORM_COOKIE, "") or secrets.token_urlsafe(24)
    answer = page(
        asked, "sign.html", status, claim=claim, a=alert, why=why, done=done, form_token=csrf_token(cookie),
        LEVELS=LEVELS,
    )  # fmt: skip
    set_cookie(asked.request, answer, FORM_COOKIE, cookie)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
