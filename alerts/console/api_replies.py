"""Replies by the API: within reach, begun and moved for the person whose token it is, on the version he saw.

Reviewing and signing are not here: who judges a text that goes out reads it at the console.
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.console.api import plain
from alerts.console.api_guard import Answer, Call, read_body, seen_version, version_of
from alerts.console.api_writes import times
from alerts.console.reply_forms import waiting
from alerts.fields import refusal
from alerts.ledger import Item
from alerts.reach import own_reply
from alerts.replies import Asked
from alerts.reply import STATES, Answering, faults
from alerts.reply_moves import MOVES, Move, may
from streams.errors import Conflict

PER_PAGE = 100
REPLY = (
    "id", "item", "title", "number", "kind", "unit", "county", "state", "state_name", "corrects", "reason",
    "created_at", "updated_at", "reviewed_at", "signed_at", "published_at", "channel", "link", "withdrawn_reason",
)  # fmt: skip
VERSION = ("number", "text", "at")
FAULT = ("kind", "reason", "start", "end")
ASKED: dict[str, str] = {"state": f"状态：{'、'.join(STATES)}；不填为办理中的", "page": f"第几页，每页{PER_PAGE}份"}
BY_API: tuple[Move, ...] = tuple(move for move in MOVES if move.name not in {"pass", "sign"})
"""The moves of a reply that programs may make."""


def shown(r: Answering) -> dict[str, Any]:
    """Return a reply's fields, and the version to send back when changing it."""
    return {**plain(REPLY, {**msgspec.to_builtins(r), "state_name": r.state_name}), "version": version_of(r)}


async def replies(call: Call) -> dict[str, Any]:
    """Answer a page of replies, those that wait longest first."""
    args = call.request.query_params
    page = int(number) if (number := args.get("page", "1")).isdecimal() and len(number) < 4 else 1
    state = args.get("state", "")
    if state and state not in STATES:
        raise refusal(f"状态只能是{'、'.join(STATES)}。")
    want = waiting(call.user, state) if call.user else Asked(state=state, open=not state)
    found = await call.parts.replies.list(want, limit=PER_PAGE, skip=(max(1, page) - 1) * PER_PAGE)
    if found:
        await call.note("reply.view", "replies", {"shown": len(found), "ids": [one.id for one in found]})
    total = sum((await call.parts.replies.standing(want)).values())
    return {"total": total, "items": [shown(one) for one in found]}


async def _both(call: Call) -> tuple[Answering, Item] | None:
    one: Answering | None = await call.parts.replies.get(str(call.request.path_params["id"]))
    item: Item | None = await call.parts.ledger.get(one.item) if one else None
    return (one, item) if one is not None and item is not None else None


async def reply(call: Call) -> dict[str, Any] | None:
    """Answer one reply with its versions, what the checks say of the latest, and the moves that may be made now."""
    found = await _both(call)
    if found is None:
        return None
    one, item = found
    await call.note("reply.view", one.id, {"ids": [one.id]})
    moves = [move.name for move in BY_API if call.user and not may(one, move, call.user.role)]
    return {
        **shown(one), "moves": moves, "versions": [plain(VERSION, msgspec.to_builtins(v)) for v in one.versions],
        "checks": [plain(FAULT, msgspec.to_builtins(fault)) for fault in faults(item, one.kind, one.text)],
    }  # fmt: skip


async def begin(call: Call) -> dict[str, Any] | None:
    """Begin a reply to an item."""
    identity, data = str(call.request.path_params["id"]), await read_body(call.request)
    item: Item | None = await call.parts.ledger.get(identity)
    if item is None:
        return None
    await _ours(call, item, str(data.get("unit", "")), str(data.get("kind", "")), "reply")
    made: Answering = await call.parts.replies.begin(
        identity, by=call.who.username, role=call.who.role, data=data, now=call.parts.clock.now()
    )
    return shown(made)


def moving(move: Move) -> Answer:
    """Return what makes one move of a reply."""

    async def answer(call: Call) -> dict[str, Any] | None:
        body, found = await read_body(call.request), await _both(call)
        if found is None:
            return None
        one, item = found
        if not (seen := seen_version(call, body)).isdecimal() or len(seen) > 8:
            raise Conflict("no version of ours")
        await _ours(call, item, one.unit, one.kind, move.name)
        data = times({name: value for name, value in body.items() if name != "version"}, move.fields)
        after: Answering = await call.parts.replies.move(
            one.id, move.name, by=call.who.username, role=call.who.role, data=data, seen=int(seen),
            now=call.parts.clock.now(),
        )  # fmt: skip
        return shown(after)

    return answer


async def _ours(call: Call, item: Item, unit: str, kind: str, name: str) -> None:
    if why := own_reply(call.who, item, unit, kind):
        await call.note("access.refused", item.id, {"path": name, "reason": why})
        raise refusal(why)
