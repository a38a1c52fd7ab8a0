"""Stand-ins, absences and swaps as records: asked for, answered, approved, each step in the hash-chained history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.duty_moves import ask, make
from alerts.duty_store import ElasticDuty, change_of, kept
from alerts.fields import refusal
from alerts.history import History
from alerts.moves import Step
from alerts.recorded import Audit, Recorded
from alerts.rota import KINDS, Change, Rota
from alerts.rota_check import DAY_MS
from streams.clock import ms
from streams.elastic import Elastic
from streams.topics import DUTY

KIND = "duty.move"
BACK_MS = 30 * DAY_MS
"""How long ago a change may have ended and still be shown."""
MOVED: dict[str, Any] = {"bool": {"filter": [{"exists": {"field": "revision"}}, {"terms": {"kind": list(KINDS)}}]}}
"""Changes that people moved; what a calendar file brought is kept beside them, without steps."""


def document(change: Change) -> dict[str, Any]:
    """Return a change as it is stored: as the watcher reads it, and the whole record."""
    plain = msgspec.to_builtins(kept(msgspec.structs.replace(change, steps=())))
    return {**plain, "revision": change.revision, "record": msgspec.to_builtins(change)}


class DutyChanges:
    """The rota with what was changed. Every verb raises Unavailable when Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, plan: Rota) -> None:
        """Keep the records, and the rota as its file has it."""
        self.store, self.plan = ElasticDuty(elastic), plan
        self.records = Recorded(
            elastic, history, DUTY, kind=KIND, noun="排班调整", document=document, type_=Change, among=MOVED
        )

    async def rota(self, since: int) -> Rota:
        """Return the rota with all that was changed and matters after a moment (ms UTC)."""
        if not self.plan:
            return self.plan
        found = await self.store.list(tuple(KINDS), since=since)
        return msgspec.structs.replace(self.plan, changes=tuple(change_of(one) for one, _ in found))

    async def get(self, id_: str) -> Change | None:
        """Return a change with its steps, or nothing."""
        found = await self.records.elastic.get(DUTY.name, id_)
        if found is None or found.source["kind"] not in KINDS:
            return None
        return msgspec.convert(found.source.get("record", found.source["body"]), Change)

    async def ask(self, kind: str, data: Mapping[str, Any], *, by: str, role: str, now: datetime) -> Change:
        """Store a request. Raises Rejected, in Chinese."""
        rota = await self.rota(ms(now) - DAY_MS)
        return await self.records.create(ask(rota, kind, data, by=by, role=role, now=now))

    async def bring(self, change: Change, *, role: str) -> Change:
        """Store a stand-in from a calendar file, once."""
        step = Step(
            number=1, move="import", by=change.made_by, role=role, at=change.made_at, state="agreed", note=change.reason
        )
        return await self.records.create(msgspec.structs.replace(change, steps=(step,), approver=change.made_by))

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Change:  # fmt: skip
        """Make one move and return the change after it; raises Conflict or Rejected, in Chinese (`Recorded.move`)."""
        rota, there = await self.rota(ms(now) - DAY_MS), await self.get(id_)
        if there is not None and not there.steps:
            raise refusal("这条调整由日历文件导入，请用新的日历文件更正。")
        return await self.records.move(
            id_, lambda before: make(rota, before, move, by=by, role=role, data=data, now=now), seen=seen
        )

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()


def pending(changes: Sequence[Change], now: int) -> list[Change]:
    """Return what still waits for somebody, the soonest first."""
    waits = [one for one in changes if one.state in {"asked", "accepted"} and not one.over(now)]
    return sorted(waits, key=lambda one: (one.since, one.id))
