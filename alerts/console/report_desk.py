"""Reports as the console needs them: list, read, and make one now."""

from __future__ import annotations

from datetime import datetime

from alerts.reports.kinds import make_report
from alerts.reports.settings import ReportSettings
from alerts.reports.store import Listed, ReportStore
from alerts.reports.tree import Report
from streams.elastic import Elastic


class ReportDesk:
    """The stored reports, and the making of one; every verb raises what the gateway raises."""

    def __init__(self, elastic: Elastic, settings: ReportSettings | None = None) -> None:
        """Keep the gateway and whose name stands on reports."""
        self._elastic = elastic
        self._settings = settings or ReportSettings()
        self._store = ReportStore(elastic)

    async def latest(self) -> list[Listed]:
        """Return the current reports, the latest periods first."""
        return await self._store.latest()

    async def report(self, identity: str) -> Report | None:
        """Return one report by its id, or nothing."""
        return await self._store.report(identity)

    async def make(self, kind: str, period: str, now: datetime) -> Report:
        """Make a report as of `now` and keep it; one that says the same as the stored one changes nothing."""
        return (await self._store.keep(await make_report(kind, period, self._elastic, now, self._settings))).report
