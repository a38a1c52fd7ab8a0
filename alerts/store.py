"""Alerts in Elasticsearch, with optimistic versions: two who write at once never overwrite each other."""

from __future__ import annotations

from typing import Any

import msgspec

from alerts import queries
from alerts.alert import Alert
from streams.elastic import Elastic, Version
from streams.topics import ALERTS


def document(alert: Alert) -> dict[str, Any]:
    """Return an alert as it is stored."""
    doc: dict[str, Any] = msgspec.to_builtins(alert)
    return doc


class AlertStore:
    """Alerts as they stand."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self.elastic = elastic

    async def get(self, alert: str) -> tuple[Alert, Version] | None:
        """Return an alert and its version, or nothing."""
        found = await self.elastic.get(ALERTS.name, alert)
        return (msgspec.convert(found.source, Alert), found.version) if found else None

    async def open(self, mode: str) -> list[tuple[Alert, Version]]:
        """Return the alerts that are not resolved, oldest first."""
        answer = await self.elastic.search(ALERTS.name, queries.open_alerts(mode))
        return [
            (msgspec.convert(hit["_source"], Alert), Version(hit["_seq_no"], hit["_primary_term"]))
            for hit in answer["hits"]["hits"]
        ]

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

    async def create(self, alert: Alert) -> None:
        """Store a new alert; Conflict if it is known."""
        await self.elastic.create(ALERTS.name, alert.id, document(alert), refresh=True)

    async def put(self, alert: Alert, version: Version) -> None:
        """Store a changed alert; Conflict if somebody else changed it first."""
        await self.elastic.put(ALERTS.name, alert.id, document(alert), version=version, refresh=True)
