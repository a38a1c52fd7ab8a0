"""Reports as the console needs them: list, read, and make one now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.deliveries import Deliveries, Delivery
from alerts.reports.kinds import make_report
from alerts.reports.settings import ReportSettings
from alerts.reports.store import Listed, ReportStore
from alerts.reports.tree import Report
from alerts.settings import MailSettings
from streams.elastic import Elastic


class ReportDesk:
    """The stored reports, and the making of one; every verb raises what the gateway raises."""

    def __init__(
        self, elastic: Elastic, settings: ReportSettings | None = None, deliveries: Deliveries | None = None
    ) -> None:
        """Keep the gateway, whose name stands on reports, and the way by which they are sent."""
        self._elastic = elastic
        self._settings = settings or ReportSettings()
        self._store = ReportStore(elastic)
        self._deliveries = deliveries or Deliveries(elastic, self._settings, MailSettings())

    async def latest(self, kind: str = "") -> list[Listed]:
        """Return the current reports of a kind or of all, the latest periods first."""
        return await self._store.latest(kind)

    async def report(self, identity: str) -> Report | None:
        """Return one report by its id, or nothing."""
        return await self._store.report(identity)

    async def deliveries(self, identity: str) -> Sequence[Delivery]:
        """Return to whom a report was mailed, and what became of it."""
        return await self._deliveries.of(identity)

    async def send_again(self, identity: str, by: str, now: datetime) -> int:
        """Have a report mailed again to the whole list; return to how many."""
        return await self._deliveries.again(identity, by, now)

    async def make(self, kind: str, period: str, now: datetime) -> Report:
        """Make a report as of `now` and keep it; one that says the same as the stored one changes nothing."""
        return (await self._store.keep(await make_report(kind, period, self._elastic, now, self._settings))).report
