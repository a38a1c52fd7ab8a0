"""阅评: rounds of reading our own replies; how a sample was drawn, how far it is, how far readers agree."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from alerts.console.permissions import allowed
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.reach import limited
from alerts.review import READINGS, Reading, Round
from alerts.review_agreement import agreements
from alerts.review_moves import READERS, Act, not_his_own
from alerts.review_reach import sees_reading
from alerts.review_rounds import MOVES, SIZE
from alerts.review_sample import holds
from streams.clock import beijing
from streams.errors import Conflict, Rejected


def is_due(asked: Asked, one: Reading) -> bool:
    """Say whether a drawn reply waits for this person's scores."""
    user = asked.who
    act = Act(by=user.username, role=user.role, units=user.units, now=asked.now, data={})
    return (
        one.state in {"waiting", "one"} and user.role in READERS and not not_his_own(one, act)
        and one.scored_by(user.username) is None
    )  # fmt: skip


async def listing(asked: Asked) -> Response:
    """Show the rounds, the latest month first."""
    return await _listing(asked)


async def _listing(asked: Asked, *, error: str = "") -> Response:
    rounds = await asked.parts.reviews.list()
    return page(
        asked, "reviews.html", 400 if error else 200, rounds=rounds, error=error, typed=asked.form, size=SIZE,
        month=f"{beijing(asked.now):%Y-%m}",
        draws=allowed(asked.who.role, "reviews.draw") and not limited(asked.who),
    )  # fmt: skip


async def draw(asked: Asked) -> Response:
    """Draw a month's sample."""
    form, who = asked.form, asked.who
    size = form.get("size", "")
    try:
        made = await asked.parts.reviews.draw(
            form.get("period", ""), size=int(size) if size.isdecimal() and len(size) < 6 else 0, by=who.username,
            role=who.role, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _listing(asked, error=refused.detail)
    return onward(f"/reviews/{made.id}?done=moved")


async def detail(asked: Asked) -> Response:
    """Show one round."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "") -> Response:
    one: Round | None = await asked.parts.reviews.get(identity)
    if one is None:
        return bare("没有这轮阅评", "地址可能写错了。", 404, back="/reviews", back_text="返回阅评列表")
    every = await asked.parts.reviews.of(identity)
    seen = [each for each in every if sees_reading(asked.who, each)]
    whole = not limited(asked.who)
    return page(
        asked, "review.html", 400 if error else 200, one=one, error=error, whole=whole,
        due=[each for each in seen if is_due(asked, each)], rows=seen, READINGS=READINGS,
        states=Counter(each.state for each in every) if whole else {}, holds=holds(one),
        agreements=agreements(every) if whole else (),
        moves=[each for each in MOVES if each.state == one.state] if whole else [],
    )  # fmt: skip


async def move(asked: Asked) -> Response:
    """Tell the units, or close the round."""
    identity, seen, user = asked.path("id"), asked.form.get("revision", ""), asked.who
    try:
        await asked.parts.reviews.move(
            identity, asked.path("move"), by=user.username, role=user.role, now=asked.parts.clock.now(),
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None,
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail)
    except Conflict:
        return await _detail(asked, identity, error="刚刚有人更新了这轮阅评，您的操作没有保存，请看过后再提交。")
    return onward(f"/reviews/{identity}?done=moved")
