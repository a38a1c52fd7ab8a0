"""The guard before every route of the table: session, role, reach, form; what it refuses is written down."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from alerts.accounts_users import ROLES, User
from alerts.console.gates import why_not
from alerts.console.parts import ConsoleParts
from alerts.console.permissions import PERMISSIONS, PUBLIC, SIGNED_IN, allowed
from alerts.console.routes import Row
from alerts.console.security import COOKIE, Asked, BadForm, form_of, login_path
from alerts.console.view import bare
from streams.clock import ms
from streams.errors import HuiyingError

log = logging.getLogger(__name__)


def guarded(row: Row, parts: ConsoleParts) -> Callable[[Request], Awaitable[Response]]:
    """Return a route's endpoint: nobody reaches its page without its permission, and no form without its token."""

    async def inside(request: Request) -> Response:
        user = None
        if row.permission != PUBLIC:
            user = await parts.accounts.who(request.cookies.get(COOKIE, ""), parts.wall.now())
            if user is None:
                log.warning("%s %s: refused: not signed in", request.method, request.url.path)
                answer = RedirectResponse(login_path(request), status_code=303)
                answer.delete_cookie(COOKIE, path="/")
                return answer
            if stopped := await _stopped(row, parts, request, user):
                return stopped
        try:
            form = await form_of(request, user)
        except BadForm as bad:
            return await refuse(row, parts, request, user, title="提交被拒绝", why=str(bad))
        names = await request.app.state.names.at(ms(parts.wall.now()), user.username) if user else {}
        return await row.page(Asked(request, parts, user, ms(parts.clock.now()), form, names))

    async def endpoint(request: Request) -> Response:
        try:
            return await inside(request)
        except (HuiyingError, HTTPException):
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return bare("出错了", "系统内部出错，已记入日志。请稍后再试；若反复出现，请联系系统管理员。", 500)

    return endpoint


async def _stopped(row: Row, parts: ConsoleParts, request: Request, user: User) -> Response | None:
    """Return the answer to who is signed in and may not pass; nothing if he may."""
    if not allowed(user.role, row.permission):
        what, name = PERMISSIONS.get(row.permission, row.does), ROLES.get(user.role, "未知")
        why = f"您的角色是{name}，没有“{what}”的权限。如确有需要，请联系管理员。"
        return await refuse(row, parts, request, user, title="没有权限", why=why)
    if user.must_change and row.permission != SIGNED_IN:
        return RedirectResponse("/password", status_code=303)
    if why := await why_not(parts, user, row, request.path_params):
        title = "没有权限" if row.method == "GET" else "不能办理"
        return await refuse(row, parts, request, user, title=title, why=why)
    return None


async def refuse(
    row: Row, parts: ConsoleParts, request: Request, user: User | None, *, title: str, why: str
) -> Response:
    """Refuse, and write it down: in the history for staff; in the log alone for who is unknown, who could fill it."""
    log.warning("%s %s: refused: %s", request.method, request.url.path, why)
    if user is not None:
        data = {"path": f"{request.method} {request.url.path}"[:200], "reason": why}
        await parts.audit.append("access.refused", row.permission, user.username, parts.clock.now(), data)
    return bare(title, why, 403)
