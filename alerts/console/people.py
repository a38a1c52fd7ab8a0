"""Users of the console, for admins: make, change the role, stop, hand over a new password."""

from __future__ import annotations

import re

from starlette.responses import Response

from alerts.accounts_users import Recusal
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.reach import said
from analyzers.places import counties
from streams.clock import ms
from streams.errors import Rejected


async def show(asked: Asked) -> Response:
    """Show all users and the form for a new one."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "", handed: tuple[str, str] | None = None) -> Response:
    users = await asked.parts.accounts.users()
    wall = int(asked.parts.wall.now().timestamp() * 1000)
    reaches = {user.username: said(user, counties()) for user in users}
    return page(
        asked, "people.html", 400 if error else 200, users=users, error=error, handed=handed, wall=wall, reaches=reaches
    )


async def person(asked: Asked) -> Response:
    """Show one user: how far he reaches, who he is at the identity provider, what he keeps out of."""
    return await _person(asked, asked.path("username"))


async def _person(asked: Asked, username: str, error: str = "") -> Response:
    found = next((user for user in await asked.parts.accounts.users() if user.username == username), None)
    if found is None:
        return bare("没有这个用户", "用户名可能写错了。", 404, back="/system/users", back_text="返回用户")
    reach = said(found, counties())
    return page(asked, "person.html", 400 if error else 200, u=found, reach=reach, COUNTIES=counties(), error=error)


async def create(asked: Asked) -> Response:
    """Make a user; the password is shown on this answer and nowhere else."""
    try:
        made, password = await asked.parts.accounts.create(
            username=asked.form.get("username", ""), name=asked.form.get("name", ""),
            role=asked.form.get("role", ""), by=asked.who.username, now=asked.parts.wall.now(),
            units=re.split("[、,，]", asked.form.get("units", "")),
        )  # fmt: skip
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    await asked.note("user.created", made.username, {"role": made.role})
    return await _listing(asked, handed=(made.username, password))


async def change(asked: Asked) -> Response:
    """Change a user's role, stop or reopen the account, or hand over a new password."""
    accounts, username, act = asked.parts.accounts, asked.path("username"), asked.form.get("act", "")
    if act in OF_ONE:
        try:
            return await OF_ONE[act](asked, username)
        except Rejected as refused:
            return await _person(asked, username, refused.detail)
    try:
        if act == "role":
            role = asked.form.get("role", "")
            await accounts.set_role(username, role)
            await asked.note("user.role", username, {"role": role})
        elif act in {"stop", "reopen"}:
            await accounts.set_disabled(username, disabled=act == "stop")
            await asked.note(f"user.{act}", username)
        elif act == "password":
            password = await accounts.reset_password(username, asked.parts.wall.now())
            await asked.note("user.password_reset", username)
            return await _listing(asked, handed=(username, password))
        else:
            return await _listing(asked, error="没有这个操作。")
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    return onward("/system/users?done=user")


async def _reach(asked: Asked, username: str) -> Response:
    units, known = re.split("[、,，]", asked.form.get("units", "")), counties()
    near = [code for code in asked.form.all("county") if code in known]
    user = await asked.parts.accounts.set_reach(username, units=units, counties=near)
    await asked.note("user.reach", username, {"units": "、".join(user.units), "counties": "、".join(user.counties)})
    return onward(f"/system/users/{username}?done=user")


async def _outside(asked: Asked, username: str) -> Response:
    await asked.parts.accounts.set_outside(username, asked.form.get("outside", ""))
    await asked.note("user.outside", username)
    return onward(f"/system/users/{username}?done=user")


async def _recusal(asked: Asked, username: str) -> Response:
    subject, reason = asked.form.get("subject", "")[:64], asked.form.get("reason", "")[:100]
    cleared = asked.form.get("cleared") == "1"
    if username == asked.who.username:
        return await _person(asked, username, "本人的回避由另一名管理员登记。")
    if not subject or not reason:
        return await _person(asked, username, "请填写事项编号和理由。")
    now = ms(asked.parts.clock.now())
    one = Recusal(subject=subject, reason=reason, by=asked.who.username, at=now, cleared=cleared)
    await asked.parts.accounts.recuse(username, one)
    await asked.note("user.cleared" if cleared else "user.recused", username, {"path": subject, "reason": reason})
    return onward(f"/system/users/{username}?done=user")


OF_ONE = {"reach": _reach, "outside": _outside, "recusal": _recusal}
"""Acts on one user's own page."""
