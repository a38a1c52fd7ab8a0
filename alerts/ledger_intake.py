"""Which stored messages become items of the ledger: each that wants an answer, once, soon after it is stored."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from alerts.ledger import Item, item_id
from alerts.ledger_moves import timed
from alerts.ledger_table import LedgerTable
from alerts.ledgers import document
from streams.clock import Clock, ms
from streams.elastic import Elastic, Op
from streams.topics import CHECKPOINTS, LEDGER, OPINIONS, pattern

CHECKPOINT = "ledger"
OVERLAP = 600_000
"""Milliseconds that are read again: a bulk request may become searchable after a later one."""
BULK = 500
TITLE = 40
DAY = 86_400_000
CONFLICT = 409
log = logging.getLogger("huiying.ledger")
FIELDS = (
    "id", "source", "title", "text", "posted_at", "received_at", "indexed_at", "topic", "county", "place", "intent",
    "urgent", "danger", "parent",
)  # fmt: skip


def title_of(text: str, title: str = "") -> str:
    """Return what an item is called: the message's title, or its first line, at most 40 characters."""
    line = (title or text).strip().splitlines()[0].strip() if (title or text).strip() else "（没有文字）"
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}…"


def new_item(opinion: Mapping[str, Any], table: LedgerTable, now: int, place: str) -> Item:
    """Return the item of a stored message; place: the name of its county, or of the city."""
    urgent, danger = bool(opinion.get("urgent")), bool(opinion.get("danger"))
    kind, topic, county = opinion.get("intent") or "", opinion.get("topic") or "", opinion.get("county") or ""
    item = Item(
        id=item_id(opinion["id"]), title=title_of(opinion.get("text", ""), opinion.get("title", "")),
        text=opinion.get("text", ""), source=opinion["source"], opinion_ids=(opinion["id"],),
        posted_at=opinion["posted_at"], received_at=opinion["received_at"], topic=topic, county=county,
        place=opinion.get("place") or "", kind=kind, urgent=urgent, danger=danger,
        limit=table.limit_of(kind, urgent=urgent, danger=danger), started_at=opinion["received_at"], updated_at=now,
        suggested=table.unit_of(topic, county, place),
    )  # fmt: skip
    return timed(item, table, now)


class LedgerIntake:
    """Reads what was stored since the last time, and makes the items that are not there yet; once more is harmless.

    days: messages older than that (a replay of past years) become no items; place: county code → name, "" → the city's.
    """

    def __init__(self, elastic: Elastic, table: LedgerTable, place: Mapping[str, str], days: float) -> None:
        """Keep the gateway and the table."""
        self.elastic, self.table, self.place, self.days = elastic, table, place, days

    async def take(self, clock: Clock) -> int:
        """Make items of what was stored since the last time; return how many are new. Raises Unavailable."""
        now = ms(clock.now())
        found = await self.elastic.get(CHECKPOINTS.name, CHECKPOINT)
        since = max(found.source["position"] - OVERLAP if found else 0, 0)
        made, seen = 0, since
        batch: list[Item] = []
        async for one in self.elastic.scan(pattern(OPINIONS), self._wanted(since, now), fields=FIELDS):
            seen = max(seen, one.source.get("indexed_at", 0))
            place = self.place.get(one.source.get("county") or "", self.place.get("", ""))
            batch.append(new_item(one.source, self.table, now, place))
            if len(batch) == BULK:
                made += await self._store(batch)
                batch = []
        made += await self._store(batch)
        if seen > since:
            await self.elastic.put(CHECKPOINTS.name, CHECKPOINT, {
                "what": "ledger", "name": "intake", "position": seen, "finished": False, "detail": str(made), "at": now,
            })  # fmt: skip
        return made

    def _wanted(self, since: int, now: int) -> dict[str, Any]:
        return {"bool": {
            "filter": [
                {"terms": {"source": list(self.table.sources)}},
                {"range": {"indexed_at": {"gte": since, "format": "epoch_millis"}}},
                {"range": {"posted_at": {"gte": round(now - self.days * DAY), "format": "epoch_millis"}}},
            ],
            "must_not": [{"term": {"intent": "thanks"}}, {"bool": {  # what stands under our own article has a parent
                "filter": [{"exists": {"field": "parent"}}], "must_not": [{"term": {"parent": ""}}],
            }}],
        }}  # fmt: skip

    async def _store(self, items: list[Item]) -> int:
        if not items:
            return 0
        ops = [Op(index=LEDGER.name, id=item.id, doc=document(item)) for item in items]
        outcomes = await self.elastic.bulk(ops)
        for outcome in outcomes:
            if not outcome.ok and outcome.status != CONFLICT:  # else it is there, and people may have moved it
                log.error("the ledger's index refused an item: %s", outcome.error)  # one must not hold up the others
        made = sum(outcome.ok for outcome in outcomes)
        if made:
            await self.elastic.refresh(LEDGER.name)
        return made
