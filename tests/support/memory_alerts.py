"""Alerts and notices in memory: they keep the promises that `tests/contract/test_alert_store.py` holds for both."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Generic, TypeVar

from alerts.alert import Alert
from alerts.alert_search import AlertPage, AlertSearch, paged
from alerts.notices import Notice
from alerts.silences import Silence
from alerts.store import Standing, Waiting, Watched
from streams.elastic import Version
from streams.errors import Conflict, Unavailable

Row = TypeVar("Row", Alert, Notice)


class Rows(Generic[Row]):
    """Rows by id, each with a version; who holds an older version can't write. Can be told to be out of reach."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[Row, int]] = {}
        self.down = False
        self.writes_left = -1

    def reach(self) -> None:
        """Fail as a store that can't be reached does."""
        if self.down:
            raise Unavailable("Elasticsearch: no answer")

    def write(self) -> None:
        """Fail when the writes that were granted are used up: the writer died here."""
        self.reach()
        if not self.writes_left:
            raise Unavailable("Elasticsearch: no answer")
        self.writes_left -= 1

    def created(self, row: Row) -> Version:
        self.write()
        if row.id in self.rows:
            raise Conflict(row.id)
        self.rows[row.id] = (row, 0)
        return Version(0, 1)

    async def put(self, row: Row, version: Version) -> Version:
        self.write()
        if self.rows[row.id][1] != version.seq_no:
            raise Conflict(row.id)
        self.rows[row.id] = (row, version.seq_no + 1)
        return Version(version.seq_no + 1, 1)

    def all(self) -> list[tuple[Row, Version]]:
        self.reach()
        return [(row, Version(number, 1)) for row, number in self.rows.values()]


class MemoryAlerts(Rows[Alert]):
    """Alerts as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Watched | None = None

    async def get(self, alert: str) -> Standing | None:
        self.reach()
        found = self.rows.get(alert)
        return (found[0], Version(found[1], 1)) if found else None

    async def open(self, mode: str) -> list[Standing]:
        found = [one for one in self.all() if one[0].mode == mode and one[0].state != "resolved"]
        return sorted(found, key=lambda one: (one[0].opened_at, one[0].id))

    async def untold(self) -> list[Standing]:
        found = [one for one in self.all() if one[0].untold]
        return sorted(found, key=lambda one: (one[0].opened_at, one[0].id))

    async def list(self, *, limit: int = 1000, state: str = "", mode: str = "") -> list[Alert]:
        found = [one for one, _ in self.all() if state in {"", one.state} and mode in {"", one.mode}]
        return sorted(found, key=lambda one: (-one.opened_at, one.id))[:limit]

    async def find(self, asked: AlertSearch) -> AlertPage:
        return paged((one for one, _ in self.all()), asked)

    async def unsigned(self, since: int) -> builtins.list[Alert]:
        found = [one for one, _ in self.all() if one.mode == "live" and one.state == "resolved"]
        forgotten = {one.id for one in found if one.updated_at > since and not one.acknowledged_at}
        owed = [one for one in found if one.consultation == "proposed" or one.id in forgotten]
        return sorted(owed, key=lambda one: (one.opened_at, one.id))

    async def create(self, alert: Alert) -> Version:
        return self.created(alert)

    async def save(self, alerts: Sequence[tuple[Alert, Version | None]]) -> Sequence[Version | None]:
        versions: list[Version | None] = []
        for alert, version in alerts:
            try:
                versions.append(await self.put(alert, version) if version else self.created(alert))
            except Conflict:
                versions.append(None)
        return versions

    async def lately(self, since: int) -> Sequence[Alert]:
        return [one for one, _ in self.all() if one.mode == "live" and one.opened_at > since]

    async def watched(self) -> Watched | None:
        self.reach()
        return self.kept

    async def watch(self, watched: Watched) -> None:
        self.write()
        self.kept = watched


class MemoryNotices(Rows[Notice]):
    """Notices as they stand."""

    async def add(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            try:
                self.created(notice)
            except Conflict:
                continue

    async def get(self, notice: str) -> Notice | None:
        self.reach()
        return self.rows[notice][0] if notice in self.rows else None

    async def due(self, channel: str, now: int, size: int) -> Sequence[Waiting]:
        found = [one for one in self._waiting() if one[0].by == channel and one[0].next_at <= now]
        return sorted(found, key=lambda one: (one[0].next_at, one[0].at, one[0].id))[:size]

    async def lately(self, channel: str, since: int) -> Sequence[str]:
        found = [one for one, _ in self.all() if one.channel == channel and one.alert and one.at > since]
        return [one.alert for one in found if one.state != "suppressed"]

    async def lost(self, channels: Sequence[str]) -> Sequence[Waiting]:
        return [one for one in self._waiting() if one[0].by not in channels]

    def _waiting(self) -> list[Waiting]:
        return [one for one in self.all() if one[0].state in {"pending", "sending"}]


class MemorySilences:
    """Silences as they stand."""

    def __init__(self) -> None:
        self.rows: dict[str, Silence] = {}

    async def put(self, silence: Silence) -> None:
        self.rows[silence.id] = silence

    async def get(self, silence: str) -> Silence | None:
        return self.rows.get(silence)

    async def list(self, since: int = 0) -> Sequence[Silence]:
        return sorted((one for one in self.rows.values() if one.ends > since), key=lambda one: (-one.ends, one.id))
