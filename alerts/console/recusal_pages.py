"""回避: a person says that he keeps out of a matter; from then on he can look at it, and not act."""

from __future__ import annotations

from starlette.responses import Response

from alerts.accounts_users import Recusal
from alerts.console.gates import GATES
from alerts.console.security import Asked, local_path
from alerts.console.view import bare, onward
from streams.clock import ms

REASON_MOST = 100
SUBJECT_MOST = 64


async def recuse(asked: Asked) -> Response:
    """Write down that who asks keeps out of one matter; nobody can take his own word back."""
    subject, reason = asked.form.get("subject", ""), asked.form.get("reason", "")
    back = local_path(asked.form.get("back", ""))
    kind = next((path for path in GATES if back == path.replace("{id}", subject)), "")
    if not subject or len(subject) > SUBJECT_MOST or not kind or not reason or len(reason) > REASON_MOST:
        return bare("没有保存", f"请写明回避的理由（{REASON_MOST}字以内）。", 400)
    if why := await GATES[kind](asked.parts, asked.who, subject, acts=False):
        return bare("没有权限", why, 403)
    now = ms(asked.parts.clock.now())
    await asked.note("user.recused", subject, {"reason": reason})
    await asked.parts.accounts.recuse(
        asked.who.username, Recusal(subject=subject, reason=reason, by=asked.who.username, at=now)
    )
    return onward(f"{back}?done=recused")
