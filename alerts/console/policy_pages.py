"""政策: documents with their interpretation, what is late, and each allowed move as a form."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console.move_forms import read
from alerts.console.policy_forms import forms
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.policy import FORMS, Policy
from alerts.policy_checks import rate, standing, warnings
from alerts.policy_moves import BY_NAME
from streams.errors import Conflict, Rejected

STANDINGS: dict[str, tuple[str, str]] = {
    "none": ("—", "quiet"), "waiting": ("期限内", "good"), "soon": ("即将到期", "warn"), "late": ("已逾期", "bad"),
    "together": ("同步公开", "good"), "in_time": ("期限内公开", "good"), "too_late": ("逾期公开", "bad"),
}  # fmt: skip
"""How an interpretation stands, in words, with the colour of its chip."""


async def listing(asked: Asked) -> Response:
    """Show policies, open ones first, and the share that was published together."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "") -> Response:
    found = await asked.parts.policies.list()
    rows = [(p, STANDINGS[standing(p, asked.now)]) for p in found]
    return page(
        asked, "policies.html", 400 if error else 200, rows=rows, rate=rate(found, asked.now), error=error,
        typed=asked.form,
    )  # fmt: skip


async def register(asked: Asked) -> Response:
    """Register a document."""
    form, who = asked.form, asked.who
    try:
        made = await asked.parts.policies.register(
            title=form.get("title", ""), unit=form.get("unit", ""), by=who.username, role=who.role,
            now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    return onward(f"/policies/{made.id}?done=moved")


async def detail(asked: Asked) -> Response:
    """Show one policy: plan, texts, warnings, limit, forms, and what was done."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    p: Policy | None = await asked.parts.policies.get(identity)
    if p is None:
        return bare("没有这份政策文件", "地址可能写错了。", 404, back="/policies", back_text="返回政策列表")
    shown = forms(p, by=asked.who.username, role=asked.who.role, now=asked.now, tried=tried, typed=asked.form)
    return page(
        asked, "policy.html", 400 if error else 200, p=p, forms=shown, warnings=warnings(p), limit=p.limit,
        standing=STANDINGS[standing(p, asked.now)], error=error, FORMS=FORMS, MOVES=BY_NAME,
    )  # fmt: skip


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name = asked.path("id"), asked.path("move")
    row = BY_NAME.get(name)
    if row is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back=f"/policies/{identity}", back_text="返回政策文件")
    user, seen = asked.who, asked.form.get("revision", "")
    try:
        await asked.parts.policies.move(
            identity, name, by=user.username, role=user.role, data=read(row, asked.form),
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(
            asked, identity, error="刚刚有人更新了这份文件，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    return onward(f"/policies/{identity}?done=moved")
