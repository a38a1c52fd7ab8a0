"""Alerts and notices in Elasticsearch, with optimistic versions: two who write at once never overwrite each other."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from alerts import queries
from alerts.alert import Alert
from alerts.alert_search import AlertPage, AlertSearch, body, paged
from alerts.notices import Notice
from streams.elastic import Elastic, Op, Version
from streams.errors import Rejected
from streams.records import digest
from streams.topics import ALERTS, CHECKPOINTS, NOTICES

Standing = tuple[Alert, Version]
Waiting = tuple[Notice, Version]
WATCHER = digest("checkpoint", "watch")
BULK = 500


class Watched(Struct, frozen=True, kw_only=True):
    """How far the watcher has come (`until`), and since when without a break; ms UTC."""

    since: int
    until: int


class Alerts(Protocol):
    """Alerts as they stand, and how far the watcher has come. Every verb raises Unavailable."""

    async def get(self, alert: str) -> Standing | None:
        """Return an alert and its version, or nothing."""
        ...

    async def open(self, mode: str) -> list[Standing]:
        """Return the alerts that are not resolved, oldest first."""
        ...

    async def untold(self) -> list[Standing]:
        """Return the alerts whose notices are not all stored: somebody died in between."""
        ...

    async def list(self, *, limit: int = 1000, state: str = "", mode: str = "") -> list[Alert]:
        """Return alerts, newest first."""
        ...

    async def find(self, asked: AlertSearch) -> AlertPage:
        """Return what a search finds, with its counts."""
        ...

    async def unsigned(self, since: int) -> builtins.list[Alert]:
        """Return live alerts that are over and were not signed, changed after a moment (ms UTC), and open proposals."""
        ...

    async def create(self, alert: Alert) -> Version:
        """Store a new alert; Conflict if it is known."""
        ...

    async def put(self, alert: Alert, version: Version) -> Version:
        """Store a changed alert; Conflict if somebody else changed it first."""
        ...

    async def save(self, alerts: Sequence[tuple[Alert, Version | None]]) -> Sequence[Version | None]:
        """Store many alerts, new where there is no version; None for one that somebody else wrote first."""
        ...

    async def lately(self, since: int) -> Sequence[Alert]:
        """Return the live alerts that opened after a moment (ms UTC)."""
        ...

    async def watched(self) -> Watched | None:
        """Return how far the watcher has come, or nothing if none ever ran."""
        ...

    async def watch(self, watched: Watched) -> None:
        """Store how far the watcher has come."""
        ...


class Notices(Protocol):
    """Notices as they stand. Every verb raises Unavailable."""

    async def add(self, notices: Sequence[Notice]) -> None:
        """Store new notices; one that is there already stays as it is. Raises Rejected if one doesn't fit."""
        ...

    async def get(self, notice: str) -> Notice | None:
        """Return a notice, or nothing."""
        ...

    async def due(self, channel: str, now: int, size: int) -> Sequence[Waiting]:
        """Return a channel's notices whose turn it is (ms UTC), the longest waiting first."""
        ...

    async def lately(self, channel: str, since: int) -> Sequence[str]:
        """Return whose (alert's id) single notices a channel was given after a moment (ms UTC), one entry a notice."""
        ...

    async def lost(self, channels: Sequence[str]) -> Sequence[Waiting]:
        """Return notices that wait for a channel which is not among these."""
        ...

    async def put(self, notice: Notice, version: Version) -> Version:
        """Store a changed notice; Conflict if somebody else changed it first."""
        ...


def document(alert: Alert) -> dict[str, Any]:
    """Return an alert as it is stored."""
    doc: dict[str, Any] = msgspec.to_builtins(alert)
    return doc


class AlertStore:
    """Alerts as they stand, and how far the watcher has come. Every verb raises Unavailable."""

    def __init__(self, elastic: Elastic, *, at_once: int = queries.MOST_AT_ONCE) -> None:
        """Keep the gateway. at_once: how many alerts one answer may hold; more are read page by page."""
        self.elastic, self.at_once = elastic, at_once

    async def get(self, alert: str) -> Standing | None:
        """Return an alert and its version, or nothing."""
        found = await self.elastic.get(ALERTS.name, alert)
        return (msgspec.convert(found.source, Alert), found.version) if found else None

    async def open(self, mode: str) -> list[Standing]:
        """Return the alerts that are not resolved, oldest first."""
        return await self._all(queries.open_alerts(mode))

    async def untold(self) -> list[Standing]:
        """Return the alerts whose notices are not all stored: somebody died in between."""
        return await self._all(queries.untold_alerts())

    async def _all(self, query: queries.Body) -> builtins.list[Standing]:
        """Return all that match, oldest first; as long as they fit, by one request."""
        answer = await self.elastic.search(ALERTS.name, queries.oldest_first(query, self.at_once))
        hits = answer["hits"]["hits"]
        if len(hits) < self.at_once:
            return [
                (msgspec.convert(hit["_source"], Alert), Version(hit["_seq_no"], hit["_primary_term"])) for hit in hits
            ]
        found = self.elastic.scan(ALERTS.name, query, sort=queries.OLDEST_FIRST, size=min(1000, self.at_once))
        return [(msgspec.convert(one.source, Alert), one.version) async for one in found]

    async def list(self, *, limit: int = 1000, state: str = "", mode: str = "") -> list[Alert]:
        """Return alerts, newest first."""
        filters = [{"term": {name: value}} for name, value in (("state", state), ("mode", mode)) if value]
        body = {
            "size": limit,
            "query": {"bool": {"filter": filters}},
            "sort": [{"opened_at": "desc"}, {"id": "asc"}],
        }
        answer = await self.elastic.search(ALERTS.name, body)
        return [msgspec.convert(hit["_source"], Alert) for hit in answer["hits"]["hits"]]

    async def find(self, asked: AlertSearch) -> AlertPage:
        """Return what a search finds, with its counts; for words, among the newest 10,000."""
        if asked.text:
            return paged(await self.list(limit=queries.MOST_AT_ONCE, mode=asked.mode), asked)
        answer = await self.elastic.search(ALERTS.name, body(asked))
        found = answer.get("aggregations", {})
        states, counties = (found.get(name, {}).get("buckets", []) for name in ("states", "counties"))
        return AlertPage(
            rows=tuple(msgspec.convert(hit["_source"], Alert) for hit in answer["hits"]["hits"]),
            total=int(answer["hits"]["total"]["value"]),
            states={str(one["key"]): int(one["doc_count"]) for one in states},
            unsigned=int(found.get("unsigned", {}).get("doc_count", 0)),
            counties=tuple(sorted(str(one["key"]) for one in counties if one["key"])),
        )

    async def unsigned(self, since: int) -> builtins.list[Alert]:
        """Return live alerts that are over and were not signed, changed after a moment (ms UTC), and open proposals."""
        return [alert for alert, _ in await self._all(queries.unsigned_alerts(since))]

    async def create(self, alert: Alert) -> Version:
        """Store a new alert; Conflict if it is known."""
        return await self.elastic.create(ALERTS.name, alert.id, document(alert), refresh=True)

    async def put(self, alert: Alert, version: Version) -> Version:
        """Store a changed alert; Conflict if somebody else changed it first."""
        return await self.elastic.put(ALERTS.name, alert.id, document(alert), version=version, refresh=True)

    async def save(self, alerts: Sequence[tuple[Alert, Version | None]]) -> Sequence[Version | None]:
        """Store many alerts, new where there is no version; None for one that somebody else wrote first.

        Raises Rejected if one doesn't fit the index.
        """
        versions: list[Version | None] = []
        for n in range(0, len(alerts), BULK):
            ops = [
                Op(index=ALERTS.name, id=alert.id, doc=document(alert), version=version,
                   kind="index" if version else "create")
                for alert, version in alerts[n : n + BULK]
            ]  # fmt: skip
            for outcome in await self.elastic.bulk(ops):
                if not outcome.ok and outcome.status != 409:
                    raise Rejected("refused_by_index", outcome.error)
                versions.append(outcome.version)
        if alerts:
            await self.elastic.refresh(ALERTS.name)
        return versions

    async def lately(self, since: int) -> Sequence[Alert]:
        """Return the live alerts that opened after a moment (ms UTC)."""
        found = self.elastic.scan(ALERTS.name, queries.opened_since(since))
        return [msgspec.convert(one.source, Alert) async for one in found]

    async def watched(self) -> Watched | None:
        """Return how far the watcher has come, or nothing if none ever ran."""
        found = await self.elastic.get(CHECKPOINTS.name, WATCHER)
        return Watched(since=int(found.source["detail"]), until=found.source["position"]) if found else None

    async def watch(self, watched: Watched) -> None:
        """Store how far the watcher has come."""
        doc = {
            "what": "watch", "name": "rules", "position": watched.until, "finished": False,
            "detail": str(watched.since), "at": watched.until,
        }  # fmt: skip
        await self.elastic.put(CHECKPOINTS.name, WATCHER, doc)


class NoticeStore:
    """Notices in Elasticsearch."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self.elastic = elastic

    async def add(self, notices: Sequence[Notice]) -> None:
        """Store new notices; one that is there already stays as it is. Raises Rejected if one doesn't fit."""
        for n in range(0, len(notices), BULK):
            ops = [Op(index=NOTICES.name, id=one.id, doc=msgspec.to_builtins(one)) for one in notices[n : n + BULK]]
            for outcome in await self.elastic.bulk(ops):
                if not outcome.ok and outcome.status != 409:  # else it is there already
                    raise Rejected("refused_by_index", outcome.error)
        if notices:
            await self.elastic.refresh(NOTICES.name)

    async def get(self, notice: str) -> Notice | None:
        """Return a notice, or nothing."""
        found = await self.elastic.get(NOTICES.name, notice)
        return msgspec.convert(found.source, Notice) if found else None

    async def due(self, channel: str, now: int, size: int) -> list[Waiting]:
        """Return a channel's notices whose turn it is (ms UTC), the longest waiting first."""
        return await self._asked(queries.waiting(channel, now, size))

    async def lately(self, channel: str, since: int) -> list[str]:
        """Return whose (alert's id) single notices a channel was given after a moment (ms UTC), one entry a notice."""
        answer = await self.elastic.search(NOTICES.name, queries.told_since(channel, since))
        return [hit["_source"]["alert"] for hit in answer["hits"]["hits"]]

    async def lost(self, channels: Sequence[str]) -> list[Waiting]:
        """Return notices that wait for a channel which is not among these."""
        return await self._asked(queries.lost(channels, BULK))

    async def _asked(self, body: queries.Body) -> list[Waiting]:
        answer = await self.elastic.search(NOTICES.name, body)
        return [
            (msgspec.convert(hit["_source"], Notice), Version(hit["_seq_no"], hit["_primary_term"]))
            for hit in answer["hits"]["hits"]
        ]

    async def put(self, notice: Notice, version: Version) -> Version:
        """Store a changed notice; Conflict if somebody else changed it first."""
        return await self.elastic.put(
            NOTICES.name, notice.id, msgspec.to_builtins(notice), version=version, refresh=True
        )
