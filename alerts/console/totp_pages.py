"""两步验证: switching one's own second factor on and off; either takes a code, so nobody locks himself out."""

from __future__ import annotations

from starlette.responses import Response

from alerts import second_factor
from alerts.console.security import Asked
from alerts.console.view import onward, page

WRONG = "动态口令不正确或已经用过，请等下一个口令再试；手机时间须准确。"


async def show(asked: Asked) -> Response:
    """Show whether it is on, and a new secret if it is not."""
    return _page(asked, second_factor.fresh())


def _page(asked: Asked, secret: str, error: str = "") -> Response:
    uri = second_factor.address(secret, asked.who.username)
    return page(asked, "second_factor.html", 400 if error else 200, secret=secret, uri=uri, error=error)


async def change(asked: Asked) -> Response:
    """Switch it on with the secret that was shown, or off; a code must fit."""
    user, now = asked.who, asked.parts.wall.now()
    secret = user.second or asked.form.get("secret", "")
    step = second_factor.passed(secret, asked.form.get("code", ""), now, user.second_step)
    if not step:
        kept = secret if not user.second and second_factor.SECRET.fullmatch(secret) else second_factor.fresh()
        return _page(asked, kept, WRONG)
    on = not user.second
    await asked.note("user.second_on" if on else "user.second_off", user.username)
    await asked.parts.accounts.set_second(user.username, secret if on else "", step)
    return onward("/second-factor?done=second")
