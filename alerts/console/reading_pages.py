"""评阅一件答复: the reply, the rubric as a form; hints of the program and the other's scores only after one's own."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from alerts.console.move_forms import Line
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.review import OUTCOMES, Reading
from alerts.review_moves import BY_NAME, MOVES, Act, may
from alerts.review_rubric import LEVELS
from analyzers.reply_checks import check
from streams.errors import Conflict, Rejected


def forms(asked: Asked, one: Reading, *, tried: str, typed: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the forms of the moves that this person may make now, with what blocks each; one that is shut is left out.

    A guard that needs what is typed judges when it is sent.
    """
    user = asked.who
    act = Act(by=user.username, role=user.role, units=user.units, now=asked.now, data={"outcome": "kept"})
    shown: list[dict[str, object]] = []
    for row in MOVES:
        if may(one, row, user.role):
            continue
        blocked = next((why for check_ in row.guards if (why := check_(one, act))), "")
        given = typed if row.name == tried else {}
        lines = [Line(field, given.get(field.name, "")) for field in row.fields(one)]
        shown.append({"move": row, "blocked": blocked, "lines": lines, "open": row.name in {tried, "score"}})
    return shown


async def detail(asked: Asked) -> Response:
    """Show one drawn reply."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    one: Reading | None = await asked.parts.reviews.reading(identity)
    if one is None:
        return bare("没有这件评阅", "地址可能写错了。", 404, back="/reviews", back_text="返回阅评列表")
    await asked.saw("readings.view", one.id, [one.item])
    around = await asked.parts.reviews.get(one.round)
    closed = around is None or around.state == "closed"
    mine = one.both or one.scored_by(asked.who.username) is not None
    return page(
        asked, "reading.html", 400 if error else 200, one=one, error=error, scores=one.visible(asked.who.username),
        hints=check(one.question, one.reply) if mine else None, LEVELS=LEVELS, OUTCOMES=OUTCOMES, MOVES=BY_NAME,
        forms=[] if closed else forms(asked, one, tried=tried, typed=asked.form),
    )  # fmt: skip


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name = asked.path("id"), asked.path("move")
    one: Reading | None = await asked.parts.reviews.reading(identity)
    row = BY_NAME.get(name)
    if one is None or row is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back="/reviews", back_text="返回阅评列表")
    user, seen = asked.who, asked.form.get("revision", "")
    data = {field.name: text for field in row.fields(one) if (text := asked.form.get(field.name, ""))}
    try:
        await asked.parts.reviews.read(
            identity, name, by=user.username, role=user.role, units=user.units, data=data,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(
            asked, identity, error="刚刚有人更新了这件评阅，您的操作没有保存。请看过最新内容后再提交。", tried=name
        )
    return onward(f"/readings/{identity}?done=moved")
