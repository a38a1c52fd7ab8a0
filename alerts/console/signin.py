"""Signing in and out, and changing one's own password."""

from __future__ import annotations

import secrets
from datetime import timedelta

from starlette.responses import Response

from alerts.accounts import PASSWORD_LEAST, csrf_token
from alerts.console.security import COOKIE, FORM_COOKIE, Asked, local_path, set_cookie
from alerts.console.view import onward, page
from streams.errors import Rejected


async def form(asked: Asked) -> Response:
    """Show the sign-in form."""
    return _form(asked, "", asked.arg("next", 500), "", 200)


def _form(asked: Asked, error: str, onto: str, username: str, status: int) -> Response:
    cookie = asked.request.cookies.get(FORM_COOKIE, "") or secrets.token_urlsafe(24)
    outside = asked.parts.outside_name if asked.parts.outside else ""
    answer = page(
        asked, "login.html", status, error=error, onto=onto, username=username, form_token=csrf_token(cookie),
        outside=outside,
    )  # fmt: skip
    set_cookie(asked.request, answer, FORM_COOKIE, cookie)
    return answer


async def sign_in(asked: Asked) -> Response:
    """Judge the sign-in and set the session's cookie; a refusal says no more than it must."""
    username, onto = asked.form.get("username", "")[:64], asked.form.get("next", "")[:500]
    verdict, token = await asked.parts.accounts.sign_in(
        username, asked.form.get("password", ""), asked.parts.wall.now(), asked.form.get("code", "")[:12]
    )
    known = username.strip().lower()
    if verdict.reason not in {"unknown", "locked"}:
        # an unknown name may be a password typed into the wrong field, and a locked account has been noted already
        await asked.parts.audit.append("signin." + verdict.reason, known, known, asked.parts.clock.now(), {})
    if not verdict.ok:
        return _form(asked, verdict.text, onto, username, 403)
    assert verdict.user is not None
    answer = onward("/password" if verdict.user.must_change else local_path(onto))
    hours = timedelta(hours=asked.parts.settings.console_session_hours)
    set_cookie(asked.request, answer, COOKIE, token, int(hours.total_seconds()))
    answer.delete_cookie(FORM_COOKIE, path="/")
    return answer


async def sign_out(asked: Asked) -> Response:
    """End the session here and in the store."""
    await asked.parts.accounts.sign_out(asked.request.cookies.get(COOKIE, ""), asked.parts.wall.now())
    await asked.note("signin.out", asked.who.username)
    answer = onward("/login?done=out")
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def password_form(asked: Asked) -> Response:
    """Show the form for one's own password."""
    return page(asked, "password.html", error="", least=PASSWORD_LEAST)


async def change_password(asked: Asked) -> Response:
    """Change one's own password; all sessions end, so one signs in again with the new one."""
    new = asked.form.get("new", "")
    if new != asked.form.get("again", ""):
        return page(asked, "password.html", 400, error="两次输入的新密码不一致。", least=PASSWORD_LEAST)
    try:
        await asked.parts.accounts.change_password(
            asked.who.username, asked.form.get("old", ""), new, asked.parts.wall.now()
        )
    except Rejected as refused:
        return page(asked, "password.html", 400, error=refused.detail, least=PASSWORD_LEAST)
    await asked.note("user.password", asked.who.username)
    answer = onward("/login?done=password")
    answer.delete_cookie(COOKIE, path="/")
    return answer
