"""The ledger in Elasticsearch: items moved, merged, found and counted; each step in the hash-chained history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from alerts.fields import refusal
from alerts.history import History
from alerts.ledger import Item
from alerts.ledger_moves import BY_HAND, carried, make
from alerts.ledger_table import LedgerTable
from alerts.recorded import Audit, Recorded
from streams.elastic import Elastic
from streams.topics import LEDGER

KIND = "ledger.move"
LISTED = 200
TIMES = ("due", "yellow_from", "assigned_at", "accepted_at", "first_reply_at", "answered_at", "closed_at")
FILTERS = ("state", "source", "topic", "county", "kind", "lead", "units", "limit", "result", "consultation")
"""Fields by which the ledger is filtered; none says who wrote."""


def document(item: Item) -> dict[str, Any]:
    """Return an item as it is stored: what is searched and reported, and the whole record."""
    return {
        "id": item.id, "title": item.title, "opinion_ids": list(item.opinion_ids), "source": item.source,
        "topic": item.topic, "county": item.county, "kind": item.kind, "urgent": item.urgent, "state": item.state,
        "open": item.open, "unanswered": item.unanswered, "paused": item.paused, "key": bool(item.key_leader),
        "late": item.late, "lead": item.lead, "units": list(item.units), "limit": item.limit, "result": item.result,
        "satisfaction": item.surveys[-1].satisfaction if item.surveys else "", "rounds": len(item.rounds),
        "returns": len(item.returns), "urges": len(item.urges), "extension": item.extension,
        "consultation": item.consultation, "posted_at": item.posted_at, "received_at": item.received_at,
        "started_at": item.started_at, "updated_at": item.updated_at,
        **{name: at for name in TIMES if (at := getattr(item, name))},
        "revision": item.revision, "record": msgspec.to_builtins(item),
    }  # fmt: skip


class Asked(Struct, frozen=True, kw_only=True):
    """What of the ledger is wanted: filters (field of `FILTERS` → value), open ones only, key ones, overdue, soon.

    units: items given to one of these; counties: items of one of these; empty: all.
    """

    filters: Mapping[str, str] = {}
    open: bool = False
    key: bool = False
    overdue: bool = False
    soon: bool = False
    units: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()


class Standing(Struct, frozen=True, kw_only=True):
    """How many items are in each state, wait unanswered, are overdue, are close to their limit, are key ones."""

    total: int
    states: Mapping[str, int]
    unanswered: int
    overdue: int
    soon: int
    key: int
    late: int


class Overdue(Struct, frozen=True, kw_only=True):
    """How many items of a unit ("": nobody's yet) in a county are overdue; oldest_due: the earliest limit, ms UTC."""

    lead: str
    county: str
    count: int
    oldest_due: int


UNITS_MOST = 1000


def overdue_query(now: int) -> dict[str, Any]:
    """Return the query of items whose asker still waits past the limit."""
    return {"bool": {
        "filter": [{"term": {"unanswered": True}}, {"range": {"due": {"lt": now, "format": "epoch_millis"}}}],
        "must_not": [{"term": {"paused": True}}],
    }}  # fmt: skip


def soon_query(now: int) -> dict[str, Any]:
    """Return the query of items close to their limit."""
    return {"bool": {
        "filter": [
            {"term": {"unanswered": True}}, {"range": {"yellow_from": {"lte": now, "format": "epoch_millis"}}},
            {"range": {"due": {"gte": now, "format": "epoch_millis"}}},
        ],
        "must_not": [{"term": {"paused": True}}],
    }}  # fmt: skip


def query(asked: Asked, now: int) -> dict[str, Any]:
    """Return the Elasticsearch query of what is wanted."""
    must: list[dict[str, Any]] = [{"term": {name: value}} for name, value in asked.filters.items() if name in FILTERS]
    must += [{"term": {"open": True}}] if asked.open else []
    must += [{"term": {"key": True}}] if asked.key else []
    must += [overdue_query(now)] if asked.overdue else []
    must += [soon_query(now)] if asked.soon else []
    must += [{"terms": {"units": list(asked.units)}}] if asked.units else []
    must += [{"terms": {"county": list(asked.counties)}}] if asked.counties else []
    return {"bool": {"filter": must}} if must else {"match_all": {}}


class LedgerService:
    """Moves, merges, finds, lists and counts items. Every verb raises Unavailable if Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, table: LedgerTable) -> None:
        """Keep the records and the table of limits and units."""
        self.table = table
        self.records = Recorded(elastic, history, LEDGER, kind=KIND, noun="台账", document=document, type_=Item)

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Item:  # fmt: skip
        """Make one move and return the item after it; raises Conflict or Rejected, in Chinese (`Recorded.move`).

        A merge takes the messages into the other item first: if the machine stops between, doing it again ends it.
        """
        if move not in {one.name for one in BY_HAND}:
            raise refusal("没有这种操作。")
        if move == "merge":
            await self._absorb(id_, by=by, role=role, data=data, now=now)
        return await self._move(id_, move, by=by, role=role, data=data, now=now, seen=seen)

    async def _move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Item:  # fmt: skip
        return await self.records.move(
            id_, lambda before: make(before, move, table=self.table, by=by, role=role, data=data, now=now), seen=seen
        )

    async def carry(
        self, item: Item, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime | int,
        round_: int = -1,
    ) -> Item:  # fmt: skip
        """Take a reply that was published: by the move it is for, else as a note, since what went out went out.

        item: as it was read; round_: the handling that the reply belongs to. Raises Conflict if it has moved on.
        """
        return await self.records.move(
            item.id,
            lambda before: carried(before, move, table=self.table, by=by, role=role, data=data, now=now, round_=round_),
            seen=item.revision,
        )

    async def _absorb(self, id_: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime) -> None:
        item, into = await self.get(id_), await self.get(str(data.get("into", "")).strip())
        if item is None:
            raise refusal("没有这份台账记录。")
        make(item, "merge", table=self.table, by=by, role=role, data=data, now=now)  # what it refuses, nothing changes
        if into is None:
            raise refusal("没有要并入的那一件，请核对编号。")
        if into.state in {"merged", "dismissed"}:
            raise refusal(f"要并入的那一件{into.state_name}，请选另一件。")
        if id_ not in into.merged:
            taken = {"item": id_, "opinions": " ".join(item.opinion_ids)}
            await self._move(into.id, "absorb", by=by, role=role, data=taken, now=now)

    async def get(self, id_: str) -> Item | None:
        """Return an item as it stands, or nothing."""
        held = await self.records.load(id_) if id_ else None
        return held.record if held else None

    async def list(self, asked: Asked, now: int, *, limit: int = LISTED, skip: int = 0) -> Sequence[Item]:
        """Return items: those that wait first, the first due first; then the others, the newest first."""
        return await self.records.search({
            "size": limit, "from": skip, "query": query(asked, now),
            "sort": [
                {"unanswered": {"order": "desc", "unmapped_type": "boolean"}},
                {"due": {"order": "asc", "missing": "_first", "unmapped_type": "date"}},
                {"received_at": {"order": "desc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })  # fmt: skip

    async def standing(self, asked: Asked, now: int) -> Standing:
        """Count what is wanted by state and by how its limit stands."""
        answer = await self.records.elastic.search(LEDGER.name, {
            "size": 0, "track_total_hits": True, "query": query(asked, now),
            "aggs": {
                "states": {"terms": {"field": "state", "size": 20}},
                "unanswered": {"filter": {"term": {"unanswered": True}}},
                "overdue": {"filter": overdue_query(now)},
                "soon": {"filter": soon_query(now)},
                "key": {"filter": {"bool": {"filter": [{"term": {"key": True}}, {"term": {"open": True}}]}}},
                "late": {"filter": {"term": {"late": True}}},
            },
        })  # fmt: skip
        found = answer.get("aggregations", {})
        counts = {
            name: found.get(name, {}).get("doc_count", 0) for name in ("unanswered", "overdue", "soon", "key", "late")
        }
        states = {row["key"]: row["doc_count"] for row in found.get("states", {}).get("buckets", ())}
        return Standing(total=answer["hits"]["total"]["value"], states=states, **counts)

    async def overdue(self, now: int) -> Sequence[Overdue]:
        """Count the overdue items of each unit in each county."""
        by_county = {"terms": {"field": "county", "size": 100}, "aggs": {"oldest": {"min": {"field": "due"}}}}
        by_lead = {"terms": {"field": "lead", "size": UNITS_MOST}, "aggs": {"counties": by_county}}
        body = {"size": 0, "query": overdue_query(now), "aggs": {"leads": by_lead}}
        found = (await self.records.elastic.search(LEDGER.name, body)).get("aggregations", {})
        return [
            Overdue(
                lead=lead["key"], county=one["key"], count=one["doc_count"], oldest_due=round(one["oldest"]["value"])
            )
            for lead in found.get("leads", {}).get("buckets", ())
            for one in lead["counties"]["buckets"]
        ]

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()
