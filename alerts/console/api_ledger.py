"""The ledger by the API: items within reach, and their moves, for the person whose token it is.

A title and a text are what somebody wrote, masked; every look at them is written down. Whose words they are, nothing
here knows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.accounts_users import User
from alerts.console.api import plain
from alerts.console.api_guard import Answer, Call, read_body, seen_version, version_of
from alerts.console.api_writes import times
from alerts.console.gates import far
from alerts.console.ledger_names import no_leader
from alerts.consultation_guards import SIGNERS
from alerts.fields import refusal
from alerts.ledger import Item
from alerts.ledger_moves import BY_HAND, Move, may
from alerts.ledgers import FILTERS, Asked
from alerts.reach import by_units, own_item, sees_item
from streams.errors import Conflict

PER_PAGE = 100
PAGES_MOST = 100
ITEM = (
    "id", "title", "source", "topic", "county", "place", "kind", "urgent", "danger", "limit", "basis", "state",
    "state_name", "suggested", "lead", "assists", "supervisor", "due", "overdue", "paused", "posted_at", "received_at",
    "assigned_at", "accepted_at", "first_reply_at", "answered_at", "closed_at", "result", "result_reason",
    "consultation", "merged_into",
)  # fmt: skip
REPLY = ("text", "unit", "channel", "at", "final")
ASKED: dict[str, str] = {
    "state": "状态", "source": "来源", "topic": "主题", "county": "区县代码", "kind": "诉求", "lead": "牵头单位",
    "limit": "时限种类", "result": "办理结果", "consultation": "会商编号", "open": "1 未办结", "key": "1 重点留言",
    "overdue": "1 已逾期", "soon": "1 即将到期",
    "page": f"第几页，每页{PER_PAGE}件",
}  # fmt: skip
BY_API: tuple[Move, ...] = tuple(move for move in BY_HAND if not move.roles <= SIGNERS)
"""The moves of an item that programs may make; what only a leader signs, he signs himself at the console."""


def shown(one: Item, now: int) -> dict[str, Any]:
    """Return an item's fields, and the version to send back when changing it."""
    more = {"state_name": one.state_name, "overdue": one.overdue(now), "paused": one.paused}
    return {**plain(ITEM, {**msgspec.to_builtins(one), **more}), "version": version_of(one)}


def within(user: User | None) -> Asked:
    """Return all that a user reaches; who is limited to departments and has none finds nothing. None: a system."""
    if user is None:
        return Asked()
    return Asked(units=(user.units or ("",)) if by_units(user) else (), counties=user.counties)


async def items(call: Call) -> dict[str, Any]:
    """Answer a page of items."""
    args = call.request.query_params
    page = int(number) if (number := args.get("page", "1")).isdecimal() and len(number) < 6 else 1
    page = max(1, min(page, PAGES_MOST))
    flags = {name: args.get(name) == "1" for name in ("open", "key", "overdue", "soon")}
    filters = {name: args[name][:100] for name in FILTERS if name in ASKED and args.get(name)}
    asked = msgspec.structs.replace(within(call.user), filters=filters, **flags)
    found = await call.parts.ledger.list(asked, call.now, limit=PER_PAGE, skip=(page - 1) * PER_PAGE)
    if found:
        await call.note("ledger.view", "ledger", {"shown": len(found), "ids": [one.id for one in found]})
    total = (await call.parts.ledger.standing(asked, call.now)).total
    return {"total": total, "items": [shown(one, call.now) for one in found]}


async def item(call: Call) -> dict[str, Any] | None:
    """Answer one item with its text, its replies and the moves that may be made now."""
    one: Item | None = await call.parts.ledger.get(str(call.request.path_params["id"]))
    if one is None:
        return None
    await call.note("ledger.view", one.id, {"ids": list(one.opinion_ids)})
    replies = [plain(REPLY, msgspec.to_builtins(reply)) for reply in one.replies]
    moves = [move.name for move in BY_API if call.user and not may(one, move, call.user.role)]
    return {**shown(one, call.now), "text": one.text, "replies": replies, "moves": moves}


def moving(move: Move) -> Answer:
    """Return what makes one move of an item."""

    async def answer(call: Call) -> dict[str, Any] | None:
        identity, body = str(call.request.path_params["id"]), await read_body(call.request)
        before: Item | None = await call.parts.ledger.get(identity)
        if before is None:
            return None
        if not (seen := seen_version(call, body)).isdecimal() or len(seen) > 8:
            raise Conflict("no version of ours")
        data = times({name: value for name, value in body.items() if name != "version"}, move.fields)
        into = await call.parts.ledger.get(str(data["into"])) if move.name == "merge" and data.get("into") else None
        beyond = far(call.who) if into is not None and not sees_item(call.who, into) else ""
        if why := own_item(call.who, before, move.name, data) or beyond:
            await call.note("access.refused", identity, {"path": move.name, "reason": why})
            raise refusal(why)
        if why := no_leader(move.name, data, await call.parts.accounts.users() if move.name == "flag" else []):
            raise refusal(why)
        after = await call.parts.ledger.move(
            identity, move.name, by=call.who.username, role=call.who.role, data=data, seen=int(seen),
            now=call.parts.clock.now(),
        )  # fmt: skip
        return shown(after, call.now)

    return answer
