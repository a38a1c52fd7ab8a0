"""What departs from the rota, handovers and escalations in Elasticsearch, with optimistic versions."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from alerts.rota import Change
from streams.elastic import Elastic, Op, Version
from streams.errors import Rejected
from streams.topics import DUTY

KEPT_MOST = 2_000
T = TypeVar("T")


class Kept(Struct, frozen=True, kw_only=True):
    """A record as it is stored: what kind, of which alert, whether it is still worked on, until when it matters."""

    id: str
    kind: str
    body: dict[str, Any]
    at: int
    until: int
    open: bool
    alert: str = ""


Found = tuple[Kept, Version]


class DutyStore(Protocol):
    """Records of duty. Every verb raises Unavailable."""

    async def get(self, record: str) -> Found | None:
        """Return a record with its version, or nothing."""
        ...

    async def put(self, record: Kept, version: Version | None) -> None:
        """Store a record, new without a version; Conflict if somebody else wrote it first."""
        ...

    async def save(self, records: Sequence[tuple[Kept, Version | None]]) -> builtins.list[bool]:
        """Store many records; False for each that somebody else wrote first."""
        ...

    async def list(
        self, kinds: Sequence[str], *, since: int = 0, alert: str = "", working: bool = False
    ) -> builtins.list[Found]:
        """Return records of these kinds that matter after a moment (ms UTC), the newest first."""
        ...


def kept(change: Change) -> Kept:
    """Return a change as it is stored."""
    return Kept(
        id=change.id, kind=change.kind, body=msgspec.to_builtins(change), at=change.made_at,
        until=max(change.until, change.other_until), open=change.state in {"asked", "accepted"},
    )  # fmt: skip


def change_of(record: Kept) -> Change:
    """Return a stored change."""
    return msgspec.convert(record.body, Change)


class ElasticDuty:
    """Records of duty in Elasticsearch. Every verb raises Unavailable."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def get(self, record: str) -> Found | None:
        """Return a record with its version, or nothing."""
        found = await self._elastic.get(DUTY.name, record)
        return (msgspec.convert(found.source, Kept), found.version) if found else None

    async def put(self, record: Kept, version: Version | None) -> None:
        """Store a record, new without a version; Conflict if somebody else wrote it first."""
        doc = msgspec.to_builtins(record)
        if version is None:
            await self._elastic.create(DUTY.name, record.id, doc, refresh=True)
        else:
            await self._elastic.put(DUTY.name, record.id, doc, version=version, refresh=True)

    async def save(self, records: Sequence[tuple[Kept, Version | None]]) -> builtins.list[bool]:
        """Store many records; False for each that somebody else wrote first."""
        done: builtins.list[bool] = []
        for n in range(0, len(records), 500):
            ops = [
                Op(index=DUTY.name, id=one.id, doc=msgspec.to_builtins(one), version=version,
                   kind="index" if version else "create")
                for one, version in records[n : n + 500]
            ]  # fmt: skip
            for outcome in await self._elastic.bulk(ops):
                if not outcome.ok and outcome.status != 409:
                    raise Rejected("refused_by_index", outcome.error)
                done.append(outcome.ok)
        if records:
            await self._elastic.refresh(DUTY.name)
        return done

    async def list(
        self, kinds: Sequence[str], *, since: int = 0, alert: str = "", working: bool = False
    ) -> builtins.list[Found]:
        """Return records of these kinds that matter after a moment (ms UTC), the newest first."""
        filters: builtins.list[dict[str, Any]] = [
            {"terms": {"kind": builtins.list(kinds)}},
            {"range": {"until": {"gt": since, "format": "epoch_millis"}}},
            *([{"term": {"alert": alert}}] if alert else []),
            *([{"term": {"open": True}}] if working else []),
        ]
        query = {"bool": {"filter": filters}}
        found = self._elastic.scan(DUTY.name, query, sort=[{"at": "desc"}, {"id": "asc"}], size=1000)
        return [(msgspec.convert(one.source, Kept), one.version) async for one in found]
