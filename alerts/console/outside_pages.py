"""统一身份认证: to the city's identity provider and back; a session for who is a user here already."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from urllib.parse import quote, unquote

from starlette.responses import RedirectResponse, Response

from alerts.console.security import COOKIE, Asked, local_path, set_cookie
from alerts.console.view import bare, onward
from alerts.oidc import Provider, Trip
from streams.errors import Misconfigured, Rejected, Unavailable

log = logging.getLogger(__name__)
TRIP_COOKIE = "huiying_outside"
TRIP_SECONDS = 600
AGAIN = {"back": "/login", "back_text": "返回登录"}


async def leave(asked: Asked) -> Response:
    """Send the browser to the provider, with a cookie by which it is known again."""
    provider: Provider | None = asked.parts.outside
    if provider is None:
        return bare("没有启用", "本系统没有接入统一身份认证，请用用户名和密码登录。", 404, **AGAIN)
    value = secrets.token_urlsafe(32)
    try:
        there = await provider.way_there(Trip(value), asked.parts.wall.now())
    except (Unavailable, Misconfigured) as error:
        return _away(error)
    answer = RedirectResponse(there, status_code=303)
    onto = quote(local_path(asked.arg("next", 500)), safe="")
    set_cookie(asked.request, answer, TRIP_COOKIE, f"{value}.{onto}", TRIP_SECONDS)
    return answer


async def back(asked: Asked) -> Response:
    """Judge what the provider says, and begin a session; the cookie is good for one answer."""
    provider: Provider | None = asked.parts.outside
    value, _, onto = asked.request.cookies.get(TRIP_COOKIE, "").partition(".")
    if provider is None or not value:
        answer: Response = bare("没有登录", "这次登录不是从本页开始的，或已过期，请重新登录。", 403, **AGAIN)
    else:
        answer = await _judged(asked, provider, Trip(value), onto)
    answer.delete_cookie(TRIP_COOKIE, path="/")
    return answer


async def _judged(asked: Asked, provider: Provider, trip: Trip, onto: str) -> Response:
    parts, now = asked.parts, asked.parts.wall.now()
    try:
        name = await provider.who(trip, asked.request.query_params, now)
    except Rejected as refused:
        log.warning("sign-in by the identity provider refused: %s (%s)", refused.detail, refused.__cause__)
        return bare("没有登录", refused.detail, 403, **AGAIN)
    except (Unavailable, Misconfigured) as error:
        return _away(error)
    verdict, token = await parts.accounts.enter(name, now)
    who = verdict.user.username if verdict.user else ""
    if verdict.reason != "unknown":
        await parts.audit.append(f"signin.{verdict.reason}", who, who, parts.clock.now(), {"way": "oidc"})
    if not verdict.ok:
        log.warning("sign-in by the identity provider refused: %s", verdict.reason)
        return bare("没有登录", verdict.text, 403, **AGAIN)
    answer = onward(local_path(unquote(onto)))
    hours = timedelta(hours=parts.settings.console_session_hours)
    set_cookie(asked.request, answer, COOKIE, token, int(hours.total_seconds()))
    return answer


def _away(error: Exception) -> Response:
    log.error("identity provider: %s", error)
    return bare("身份认证系统暂时用不了", "请稍后再试，或用用户名和密码登录；持续不通请联系系统管理员。", 503, **AGAIN)
