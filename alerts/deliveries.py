"""Reports mailed once: a delivery for each report and address, written down before the letter leaves.

waiting → sending → sent, failed or unknown. What was `sending` when a machine stopped becomes unknown: it may have
arrived, and is never sent again by itself; a person may send it again, as another round. Ids come from content, so a
second run adds nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from alerts.reports.mailing import Unknown, hand_over, letter
from alerts.reports.settings import ReportSettings
from alerts.reports.store import Listed, ReportStore
from alerts.settings import MailSettings
from streams.clock import beijing, from_ms, ms
from streams.elastic import Elastic, Found, Version
from streams.errors import Conflict, Refused, Unavailable
from streams.records import digest
from streams.topics import DELIVERIES

log = logging.getLogger("huiying.deliveries")
STATES: dict[str, str] = {
    "waiting": "待发送",
    "sending": "正在发送",
    "sent": "已送达邮件服务器",
    "failed": "发送失败",
    "unknown": "不明：可能已送达，未自动重发",
}
"""How far a delivery is, and what people call it."""
LEFT_OVER = timedelta(minutes=5)
"""What is `sending` for longer was cut off: one letter takes at most a few timeouts of 20 s."""
FRESH = timedelta(days=3)
"""Older reports are not mailed by themselves: a list that is set up today gets no past reports."""
TRIES = 100
"""Looks of 20 s or more with growing rests: about two days of a mail server that is away."""
REST = timedelta(minutes=30)
"""The longest rest between two tries; the first is a minute, each doubles."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One report on its way to one address. round 0: by the schedule; others: sent again by `by`. Times are ms UTC."""

    id: str
    report: str
    kind: str
    period: str
    version: int
    to: str
    round: int
    state: Literal["waiting", "sending", "sent", "failed", "unknown"]
    at: int
    updated_at: int
    tries: int = 0
    error: str = ""
    by: str = ""


def delivery_id(report: str, to: str, round_: int) -> str:
    """Return the id of the one delivery of a report to an address in a round."""
    return digest("delivery", report, to, str(round_))


def addresses(settings: ReportSettings) -> tuple[str, ...]:
    """Return to whom scheduled reports go."""
    return tuple(dict.fromkeys(one.strip() for one in settings.report_mail_to.split(",") if one.strip()))


def whole(line: Listed, window_to: int) -> bool:
    """Say whether a report covers its whole time: one that is made in between ends at an hour, not at midnight."""
    ends = beijing(window_to)
    return (ends.hour, ends.minute) == (0, 0) and line.made_at >= window_to


class Deliveries:
    """The deliveries in Elasticsearch, and the sending of those that wait. One process sends (`huiying clock`)."""

    def __init__(self, elastic: Elastic, reports: ReportSettings, mail: MailSettings) -> None:
        """Keep the gateway and the settings."""
        self.elastic, self.reports, self.mail = elastic, reports, mail
        self.store = ReportStore(elastic)

    async def look(self, now: datetime) -> list[Delivery]:
        """Note what is due, settle what was cut off, send what waits; return what changed. Raises Unavailable."""
        await self._note_due(now)
        changed = []
        for found in await self._open():
            one = msgspec.convert(found.source, Delivery)
            if one.state == "sending":
                if now - from_ms(one.updated_at) > LEFT_OVER:
                    left = replace(one, state="unknown", updated_at=ms(now), error="发送时程序中断")
                    changed.append(await self._put(left, found.version))
            elif ms(now) >= one.updated_at + _rest(one):
                changed.append(await self._send(one, found, now))
        return [one for one in changed if one is not None]

    async def again(self, report: str, by: str, now: datetime) -> int:
        """Send a report again to all of the list, at a person's wish; return to how many."""
        line = await self.store.report(report)
        if line is None:
            return 0
        rounds = 1 + max((one.round for one in await self.of(report)), default=0)
        for to in addresses(self.reports):
            await self._create(Delivery(
                id=delivery_id(report, to, rounds), report=report, kind=line.kind, period=line.period,
                version=line.version, to=to, round=rounds, state="waiting", at=ms(now), updated_at=0, by=by,
            ))  # fmt: skip
        return len(addresses(self.reports))

    async def of(self, report: str) -> Sequence[Delivery]:
        """Return the deliveries of a report, the latest first."""
        body = {
            "size": 500, "query": {"term": {"report": report}},
            "sort": [{"round": {"order": "desc", "unmapped_type": "integer"}}, {"to": "asc"}],
        }  # fmt: skip
        hits = (await self.elastic.search(DELIVERIES.name, body))["hits"]["hits"]
        return [msgspec.convert(hit["_source"], Delivery) for hit in hits]

    async def trouble(self, since: datetime) -> int:
        """Count deliveries since a moment that failed, or of which nobody can say whether they arrived."""
        return await self.elastic.count(DELIVERIES.name, {"bool": {"filter": [
            {"terms": {"state": ["failed", "unknown"]}},
            {"range": {"at": {"gte": ms(since), "format": "epoch_millis"}}},
        ]}})  # fmt: skip

    async def _note_due(self, now: datetime) -> None:
        wanted = {one.strip() for one in self.reports.report_mail_kinds.split(",")}
        people = addresses(self.reports)
        if not people or not self.mail.mail_host:
            return
        for line in await self.store.latest(limit=20):
            if line.kind not in wanted or now - from_ms(line.made_at) > FRESH:
                continue
            report = await self.store.report(line.id)
            if report is None or not whole(line, report.window_to):
                continue
            for to in people:
                await self._create(Delivery(
                    id=delivery_id(line.id, to, 0), report=line.id, kind=line.kind, period=line.period,
                    version=line.version, to=to, round=0, state="waiting", at=ms(now), updated_at=0,
                ))  # fmt: skip

    async def _create(self, one: Delivery) -> None:
        if await self.elastic.get(DELIVERIES.name, one.id) is None:
            try:
                await self.elastic.create(DELIVERIES.name, one.id, msgspec.to_builtins(one), refresh=True)
            except Conflict:  # another was quicker; it is the same
                return

    async def _open(self) -> list[Found]:
        query = {"terms": {"state": ["waiting", "sending"]}}
        return [found async for found in self.elastic.scan(DELIVERIES.name, query)]

    async def _put(self, one: Delivery, version: Version) -> Delivery | None:
        try:
            await self.elastic.put(DELIVERIES.name, one.id, msgspec.to_builtins(one), version=version, refresh=True)
        except Conflict:  # another process has it
            return None
        return one

    async def _send(self, one: Delivery, found: Found, now: datetime) -> Delivery | None:
        report = await self.store.report(one.report)
        if report is None:
            return await self._put(replace(one, state="failed", error="报告已不在", updated_at=ms(now)), found.version)
        forms = tuple(form.strip() for form in self.reports.report_mail_forms.split(",") if form.strip())
        message = await asyncio.to_thread(
            letter, report, forms, sender=self.mail.mail_from, to=one.to, id_=one.id
        )
        begun = replace(one, state="sending", tries=one.tries + 1, version=report.version, updated_at=ms(now))
        if await self._put(begun, found.version) is None:
            return None
        ended = await self._outcome(begun, message)
        held = await self.elastic.get(DELIVERIES.name, one.id)
        return await self._put(ended, held.version) if held is not None else None

    async def _outcome(self, begun: Delivery, message: Any) -> Delivery:
        try:
            await asyncio.to_thread(hand_over, self.mail, message)
        except Unknown as error:
            log.warning("report %s: unknown whether a letter arrived: %s", begun.period, error)
            return replace(begun, state="unknown", error=str(error))
        except Unavailable as error:
            last = begun.tries >= TRIES
            log.warning("report %s: not mailed yet (try %d): %s", begun.period, begun.tries, error)
            return replace(begun, state="failed" if last else "waiting", error=str(error))
        except Refused as error:
            log.warning("report %s: the mail server refused a letter: %s", begun.period, error)
            return replace(begun, state="failed", error=str(error))
        return replace(begun, state="sent", error="")


def _rest(one: Delivery) -> int:
    """Return how long a delivery rests after its last try, ms: a minute, doubled each time, at most half an hour."""
    if not one.tries:
        return 0
    most = round(REST.total_seconds() * 1000)
    return min(60_000 << min(one.tries - 1, 10), most)
