"""Whose an alert is now, and what staff say of it in passing: decided on values, stored by `alerts.handled`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from alerts.accounts_users import User
from alerts.alert import Alert, Comment
from alerts.consultation import Consultation
from alerts.fields import refusal
from alerts.reach import kept_out, sees_alert, words_of
from analyzers.masking import mask

COMMENT_MOST = 500
COMMENTS_MOST = 100


def unfit(user: User, alert: Alert, led: Sequence[Consultation]) -> str:
    """Return why an alert can't be given to somebody, in Chinese; nothing if it can. led: consultations it led to."""
    if user.disabled:
        return f"{user.name}的账号已停用。"
    if not sees_alert(user, alert, led):
        return f"这条预警不在{user.name}的范围内。"
    if kept_out(user, alert.id, words_of(alert)):
        return f"{user.name}须回避这条预警。"
    return ""


def entrusted(alert: Alert, *, to: str, by: str, at: int) -> Alert:
    """Return the alert as it is somebody's (a username) from now on; at: ms UTC. Raises Rejected, in Chinese."""
    if alert.state == "resolved":
        raise refusal("这条预警已解除，不再交办。")
    if alert.assigned_to == to:
        raise refusal("这条预警已经交给他了。")
    return replace(alert, assigned_to=to, assigned_by=by, assigned_at=at)


def commented(alert: Alert, text: str, *, by: str, at: int) -> Alert:
    """Return the alert with a comment, masked; at: ms UTC. Raises Rejected, in Chinese."""
    text = text.strip()
    if not text or len(text) > COMMENT_MOST:
        raise refusal(f"请填写内容，不超过 {COMMENT_MOST} 字。")
    if len(alert.comments) >= COMMENTS_MOST:
        raise refusal(f"一条预警最多 {COMMENTS_MOST} 条备注。")
    return replace(alert, comments=(*alert.comments, Comment(text=mask(text).text, by=by, at=at)))
