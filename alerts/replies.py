"""Replies in Elasticsearch: begun, moved, found; what is published is carried into its item of the ledger, once.

The reply is the only truth: the item's first reply, answer and correction follow from it and name it. If the machine
stops between the two, the next look at the item's replies, or the watcher, carries what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from alerts.fields import refusal
from alerts.history import History
from alerts.ledger import Item
from alerts.ledgers import LedgerService
from alerts.recorded import Audit, Recorded
from alerts.reply import Answering
from alerts.reply_moves import begun, make
from streams.clock import Clock, ms
from streams.elastic import Elastic
from streams.errors import Conflict
from streams.topics import REPLIES

KIND = "reply.move"
LISTED = 200
TIMES = ("reviewed_at", "signed_at", "published_at", "recorded_at")
TRIES = 8
"""How often a published reply is carried into an item that others move at the same time."""
CARRY_BACK = 7 * 86_400_000
CARRIED: dict[str, str] = {"first": "first_reply", "final": "answer", "correction": "corrected"}
"""By which move of its item a reply of a kind is carried."""


def document(r: Answering) -> dict[str, Any]:
    """Return a reply as it is stored: what is searched, and the whole record."""
    return {
        "id": r.id, "item": r.item, "title": r.title, "number": r.number, "kind": r.kind, "unit": r.unit,
        "county": r.county, "state": r.state, "open": r.open, "versions": len(r.versions), "returns": len(r.returns),
        "created_at": r.created_at, "updated_at": r.updated_at,
        **{name: at for name in TIMES if (at := getattr(r, name))},
        "revision": r.revision, "record": msgspec.to_builtins(r),
    }  # fmt: skip


class Asked(Struct, frozen=True, kw_only=True):
    """Which replies are wanted: of a state ("": all), open ones only; units, counties: of one of these; empty: all."""

    state: str = ""
    open: bool = False
    units: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()


def query(asked: Asked) -> dict[str, Any]:
    """Return the Elasticsearch query of what is wanted."""
    must: list[dict[str, Any]] = [{"term": {"state": asked.state}}] if asked.state else []
    must += [{"term": {"open": True}}] if asked.open else []
    must += [{"terms": {"unit": list(asked.units)}}] if asked.units else []
    must += [{"terms": {"county": list(asked.counties)}}] if asked.counties else []
    return {"bool": {"filter": must}} if must else {"match_all": {}}


class ReplyService:
    """Begins, moves, finds and counts replies. Every verb raises Unavailable if Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, ledger: LedgerService) -> None:
        """Keep the records and the ledger that they answer."""
        self.ledger = ledger
        self.records = Recorded(elastic, history, REPLIES, kind=KIND, noun="答复", document=document, type_=Answering)

    async def begin(
        self, item: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime, seen: int | None = None
    ) -> Answering:
        """Begin a reply to an item; raises Conflict if somebody began one meanwhile, Rejected, both in Chinese.

        seen: how many replies of the item the person saw.
        """
        one = await self._item(item)
        before = tuple(await self.of(item))
        if seen is not None and seen != len(before):
            raise Conflict(self.records.moved_on)
        new = begun(one, before, by=by, role=role, data=data, now=now)
        kept = await self.records.create(new)
        if kept != new:
            raise Conflict(self.records.moved_on)
        return kept

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Answering:  # fmt: skip
        """Make one move and return the reply after it; raises Conflict or Rejected, in Chinese (`Recorded.move`).

        A published reply is in its item when this returns.
        """
        held = await self.get(id_)
        if held is None:
            raise refusal("没有这份答复。")
        item = await self._item(held.item)
        after = await self.records.move(
            id_, lambda before: make(before, move, item=item, by=by, role=role, data=data, now=now), seen=seen
        )
        if after.state == "published":
            await self.carry(after)
        return after

    async def _item(self, id_: str) -> Item:
        item = await self.ledger.get(id_)
        if item is None:
            raise refusal("没有这份台账记录。")
        return item

    async def carry(self, r: Answering) -> Item | None:
        """Put a published reply into its item, if it is not there; once more is harmless. Raises Conflict."""
        role = next((step.role for step in reversed(r.steps) if step.move == "publish"), "")
        data = {
            "text": r.text, "unit": r.unit, "channel": r.channel, "record": r.id, "at": r.published_at,
            **({"reason": r.reason} if r.reason else {}), **({"signed_by": r.signed_by} if r.signed_by else {}),
            "signed_at": r.signed_at, **({"link": r.link} if r.link else {}),
        }  # fmt: skip
        for _ in range(TRIES):
            item = await self.ledger.get(r.item)
            if item is None or any(reply.record == r.id for reply in item.replies):
                return item
            try:
                return await self.ledger.carry(
                    item, CARRIED[r.kind], by=r.published_by, role=role, data=data, now=r.recorded_at, round_=r.round
                )
            except Conflict:
                continue
        raise Conflict(self.ledger.records.moved_on)

    async def carry_missing(self, now: int) -> int:
        """Carry what a stopped machine left; return how many of the last week's replies were missing."""
        since = {"range": {"recorded_at": {"gte": now - CARRY_BACK, "format": "epoch_millis"}}}
        found = await self.records.search({
            "size": LISTED, "query": {"bool": {"filter": [{"term": {"state": "published"}}, since]}},
            "sort": [{"updated_at": {"order": "desc", "unmapped_type": "date"}}],
        })  # fmt: skip
        items = {one.item for one in found}
        held = await self.ledger.records.search({"size": LISTED, "query": {"terms": {"id": sorted(items)}}})
        there = {reply.record for item in held for reply in item.replies}
        missing = [one for one in found if one.id not in there]
        for one in missing:
            await self.carry(one)
        return len(missing)

    async def get(self, id_: str) -> Answering | None:
        """Return a reply as it stands, or nothing."""
        held = await self.records.load(id_) if id_ else None
        return held.record if held else None

    async def of(self, item: str) -> Sequence[Answering]:
        """Return an item's replies, the first first."""
        return await self.records.search({
            "size": LISTED, "query": {"term": {"item": item}},
            "sort": [{"number": {"order": "asc", "unmapped_type": "integer"}}],
        })  # fmt: skip

    async def list(self, asked: Asked, *, limit: int = LISTED, skip: int = 0) -> Sequence[Answering]:
        """Return replies, those that wait longest first."""
        return await self.records.search({
            "size": limit, "from": skip, "query": query(asked),
            "sort": [
                {"open": {"order": "desc", "unmapped_type": "boolean"}},
                {"updated_at": {"order": "asc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })  # fmt: skip

    async def standing(self, asked: Asked) -> Mapping[str, int]:
        """Count what is wanted by state."""
        body = {"size": 0, "query": query(asked), "aggs": {"states": {"terms": {"field": "state", "size": 20}}}}
        found = (await self.records.elastic.search(REPLIES.name, body)).get("aggregations", {})
        return {row["key"]: row["doc_count"] for row in found.get("states", {}).get("buckets", ())}

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()


async def watch_replies(replies: ReplyService, clock: Clock) -> None:
    """Carry into the ledger what was published and is missing there. Raises Unavailable; once more is harmless."""
    await replies.carry_missing(ms(clock.now()))
