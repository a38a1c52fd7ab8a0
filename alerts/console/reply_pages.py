"""答复: a department's reply with all its versions, from draft to public; and 待审答复, the list of what waits."""

from __future__ import annotations

from msgspec.structs import replace
from starlette.responses import Response

from alerts.console import ledger_pages
from alerts.console.language import county_name
from alerts.console.move_forms import read
from alerts.console.reply_forms import forms, signed_text, waiting
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.ledger import Item
from alerts.reach import own_reply
from alerts.reply import OPEN, STATES, Answering, faults
from alerts.reply_diff import Piece, diff
from alerts.reply_moves import BEGIN, BY_NAME
from streams.errors import Conflict, Rejected

PAGE = 50
MOVED_ON = "刚刚有人更新了这份答复，您的操作没有保存。请看过最新内容后再提交。"


async def listing(asked: Asked) -> Response:
    """Show replies that wait, those that wait longest first, within one's reach."""
    state = known if (known := asked.arg("state", 20)) in STATES else ""
    number = max(1, int(text)) if (text := asked.arg("page", 4)).isdecimal() else 1
    want = waiting(asked.who, state)
    rows = await asked.parts.replies.list(want, limit=PAGE, skip=(number - 1) * PAGE)
    counts = await asked.parts.replies.standing(replace(want, state="", open=False))
    total = counts.get(state, 0) if state else sum(counts.get(one, 0) for one in OPEN)
    if rows:
        await asked.saw("reply.view", "replies", [one.id for one in rows])
    return page(
        asked, "replies.html", rows=rows, args={"state": state}, counts=counts, STATES=STATES, OPEN=OPEN, total=total,
        number=number, pages=-(-total // PAGE), county_name=county_name,
    )  # fmt: skip


async def detail(asked: Asked) -> Response:
    """Show one reply: what was asked, its versions and what differs, the checks, forms, and what was done."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, identity: str, *, error: str = "", tried: str = "") -> Response:
    r: Answering | None = await asked.parts.replies.get(identity)
    item: Item | None = await asked.parts.ledger.get(r.item) if r else None
    if r is None or item is None:
        return bare("没有这份答复", "地址可能写错了。", 404, back="/replies", back_text="返回待审答复")
    await asked.saw("reply.view", identity, [identity])
    user = asked.who
    mine = not own_reply(user, item, r.unit, r.kind)
    shown = forms(r, item, by=user.username, role=user.role, now=asked.now, tried=tried, typed=asked.form)
    older = {version.number: version.text for version in r.versions}
    pieces: dict[int, tuple[Piece, ...]] = {
        number: diff(older[number - 1], text) for number, text in older.items() if number > 1
    }
    return page(
        asked, "reply.html", 400 if error else 200, r=r, item=item, forms=shown if mine else [], error=error,
        faults=faults(item, r.kind, r.text), pieces=pieces, MOVES=BY_NAME, county_name=county_name,
        out=signed_text(r) if r.signed_by else "",
    )  # fmt: skip


async def begin(asked: Asked) -> Response:
    """Begin a reply to an item; a refusal shows its reason beside what was typed."""
    identity, user, seen = asked.path("id"), asked.who, asked.form.get("replies", "")
    item: Item | None = await asked.parts.ledger.get(identity)
    if item is None:
        return bare("台账里没有这一件", "地址可能写错了。", 404, back="/ledger", back_text="返回台账")
    data = read(BEGIN, asked.form)
    if why := await _refused(asked, item, str(data.get("unit", "")), str(data.get("kind", "")), "reply"):
        return await ledger_pages.with_item(asked, identity, error=why, tried="reply")
    try:
        made = await asked.parts.replies.begin(
            identity, by=user.username, role=user.role, data=data, now=asked.parts.clock.now(), seen=_number(seen)
        )
    except Rejected as refused:
        return await ledger_pages.with_item(asked, identity, error=refused.detail, tried="reply")
    except Conflict:
        return await ledger_pages.with_item(asked, identity, error=MOVED_ON, tried="reply")
    return onward(f"/replies/{made.id}?done=moved")


async def move(asked: Asked) -> Response:
    """Make one move of the table; a refusal shows its reason beside what was typed."""
    identity, name, user = asked.path("id"), asked.path("move"), asked.who
    row = BY_NAME.get(name)
    if row is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back=f"/replies/{identity}", back_text="返回这份答复")
    r: Answering | None = await asked.parts.replies.get(identity)
    item: Item | None = await asked.parts.ledger.get(r.item) if r else None
    if r is not None and item is not None and (why := await _refused(asked, item, r.unit, r.kind, name)):
        return await _detail(asked, identity, error=why, tried=name)
    try:
        await asked.parts.replies.move(
            identity, name, by=user.username, role=user.role, data=read(row, asked.form),
            seen=_number(asked.form.get("revision", "")), now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, identity, error=refused.detail, tried=name)
    except Conflict:
        return await _detail(asked, identity, error=MOVED_ON, tried=name)
    return onward(f"/replies/{identity}?done=moved")


async def _refused(asked: Asked, item: Item, unit: str, kind: str, name: str) -> str:
    if why := own_reply(asked.who, item, unit, kind):
        await asked.note("access.refused", item.id, {"path": name, "reason": why})
    return why


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None
