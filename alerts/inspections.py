"""Inspections (督查) in Elasticsearch: recorded, moved, found; each step in the hash-chained history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.appraisal import Weights
from alerts.history import History
from alerts.inspection import Inspection, make, opened
from alerts.recorded import Audit, Recorded
from streams.elastic import Elastic
from streams.topics import INSPECTIONS

KIND = "inspection.move"
LISTED = 1000


def document(one: Inspection) -> dict[str, Any]:
    """Return a record as it is stored: what is searched and reported, and the whole."""
    return {
        "id": one.id, "title": one.title, "form": one.form, "unit": one.unit, "finding": one.finding,
        "state": one.state, "period": one.period, "at": one.at, "opened_at": one.opened_at,
        "updated_at": one.updated_at, "revision": one.revision, "record": msgspec.to_builtins(one),
    }  # fmt: skip


def within(start: int, end: int, period: str) -> dict[str, Any]:
    """Ask for what was found in a window (ms UTC), and for objections to the figures of its report."""
    found = {"range": {"at": {"gte": start, "lt": end, "format": "epoch_millis"}}}
    asked = [
        {"bool": {"filter": [found], "must_not": [{"term": {"form": "figure"}}]}}, {"term": {"period": period}},
    ]  # fmt: skip
    return {
        "size": LISTED, "query": {"bool": {"should": asked, "minimum_should_match": 1}},
        "sort": [
            {"at": {"order": "asc", "unmapped_type": "date"}}, {"id": {"order": "asc", "unmapped_type": "keyword"}},
        ],
    }  # fmt: skip


class InspectionService:
    """Records, moves, finds and lists inspections. Every verb raises Unavailable if Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, weights: Weights) -> None:
        """Keep the records and the weights whose findings can be recorded."""
        self.weights = weights
        self.records = Recorded(
            elastic, history, INSPECTIONS, kind=KIND, noun="督查", document=document, type_=Inspection
        )

    async def record(self, form: str, data: Mapping[str, Any], *, by: str, role: str, now: datetime) -> Inspection:
        """Record a finding or an objection; return the one there is, if there is one. Raises Rejected, in Chinese."""
        return await self.records.create(opened(form, data, self.weights, by=by, role=role, now=now))

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Inspection:  # fmt: skip
        """Make one move and return the record after it; raises Conflict or Rejected, in Chinese (`Recorded.move`)."""
        return await self.records.move(
            id_, lambda before: make(before, move, by=by, role=role, data=data, now=now), seen=seen
        )

    async def get(self, id_: str) -> Inspection | None:
        """Return a record as it stands, or nothing."""
        held = await self.records.load(id_)
        return held.record if held else None

    async def list(self, units: Sequence[str] = ()) -> Sequence[Inspection]:
        """Return records, the newest first; of these units only, if some are given."""
        return await self.records.search({
            "size": LISTED, "query": {"terms": {"unit": list(units)}} if units else {"match_all": {}},
            "sort": [
                {"updated_at": {"order": "desc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })  # fmt: skip

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()
