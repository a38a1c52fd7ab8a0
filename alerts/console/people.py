"""Users of the console, for admins: make, change the role, stop, hand over a new password."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console.security import Asked
from alerts.console.view import onward, page
from streams.errors import Rejected


async def show(asked: Asked) -> Response:
    """Show all users and the form for a new one."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "", handed: tuple[str, str] | None = None) -> Response:
    users = await asked.parts.accounts.users()
    wall = int(asked.parts.wall.now().timestamp() * 1000)
    return page(asked, "people.html", 400 if error else 200, users=users, error=error, handed=handed, wall=wall)


async def create(asked: Asked) -> Response:
    """Make a user; the password is shown on this answer and nowhere else."""
    try:
        made, password = await asked.parts.accounts.create(
            username=asked.form.get("username", ""), name=asked.form.get("name", ""),
            role=asked.form.get("role", ""), by=asked.who.username, now=asked.parts.wall.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    await asked.note("user.created", made.username, {"role": made.role})
    return await _listing(asked, handed=(made.username, password))


async def change(asked: Asked) -> Response:
    """Change a user's role, stop or reopen the account, or hand over a new password."""
    accounts, username, act = asked.parts.accounts, asked.path("username"), asked.form.get("act", "")
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
