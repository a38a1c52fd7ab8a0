"""Reports sent once, as letters and as robots' cards: a delivery for each report and receiver, written down before.

waiting → sending → sent, failed or unknown. What was `sending` when a machine stopped becomes unknown: it may have
arrived, and is never sent again by itself; a person may send it again, as another round. Ids come from content, so a
second run adds nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from alerts.channels.base import Channel
from alerts.notices import CHANNELS
from alerts.reports import card
from alerts.reports.kinds import KINDS
from alerts.reports.mailing import Unknown, hand_over, letter
from alerts.reports.settings import ReportSettings
from alerts.reports.store import Listed, ReportStore
from alerts.reports.tree import Report
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
    "sent": "已送达",
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
    """One report on its way to one receiver; times are ms UTC.

    to: an address, or a robot by its channel's name; round 0: by the schedule; others: sent again by `by`.
    """

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


class DeliveryBooks(Struct, frozen=True, kw_only=True):
    """What became of every report that was to go out: due = sent + failed + unknown + waiting."""

    due: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    waiting: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every delivery is accounted for."""
        return self.due == self.sent + self.failed + self.unknown + self.waiting


def receiver(one: Delivery) -> str:
    """Return who gets a delivery, as people call it."""
    return CHANNELS[one.to] if one.to in card.ROBOTS else one.to


def state_words(one: Delivery) -> str:
    """Return how far a delivery is: a letter is known to have come as far as the mail server."""
    return STATES[one.state] + ("邮件服务器" if one.state == "sent" and one.to not in card.ROBOTS else "")


def delivery_id(report: str, to: str, round_: int) -> str:
    """Return the id of the one delivery of a report to a receiver in a round."""
    return digest("delivery", report, to, str(round_))


def addresses(settings: ReportSettings) -> tuple[str, ...]:
    """Return to whom scheduled reports go."""
    return tuple(dict.fromkeys(one.strip() for one in settings.report_mail_to.split(",") if one.strip()))


def whole(line: Listed, window_to: int) -> bool:
    """Say whether a report covers its whole time: one that is made in between ends at an hour, not at midnight.

    One on a consultation says how it stands when it is made, and is whole at once.
    """
    if KINDS[line.kind].of_day is None:
        return True
    ends = beijing(window_to)
    return (ends.hour, ends.minute) == (0, 0) and line.made_at >= window_to


class Deliveries:
    """The deliveries in Elasticsearch, and the sending of those that wait. One process sends (`huiying clock`)."""

    def __init__(
        self, elastic: Elastic, reports: ReportSettings, mail: MailSettings, robots: Sequence[Channel] = (),
        link: str = "",
    ) -> None:  # fmt: skip
        """Keep the gateway, the settings and the channels that are set up; link: where people open the console."""
        self.elastic, self.reports, self.mail, self.link = elastic, reports, mail, link
        self.robots = {one.name: one for one in robots if one.name in card.ROBOTS}
        self.store = ReportStore(elastic)

    @property
    def receivers(self) -> tuple[str, ...]:
        """All addresses and robots that reports can go to."""
        return (*(addresses(self.reports) if self.mail.mail_host else ()), *self.robots)

    def receivers_of(self, kind: str) -> tuple[str, ...]:
        """Return to whom a kind of report goes by itself."""
        mailed, posted = (_kinds(one) for one in (self.reports.report_mail_kinds, self.reports.report_card_kinds))
        return tuple(to for to in self.receivers if kind in (posted if to in self.robots else mailed))

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
        """Send a report again to all addresses and robots, at a person's wish; return to how many."""
        line = await self.store.report(report)
        if line is None:
            return 0
        rounds = 1 + max((one.round for one in await self.of(report)), default=0)
        for to in self.receivers:
            await self._create(Delivery(
                id=delivery_id(report, to, rounds), report=report, kind=line.kind, period=line.period,
                version=line.version, to=to, round=rounds, state="waiting", at=ms(now), updated_at=0, by=by,
            ))  # fmt: skip
        return len(self.receivers)

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

    async def troubled(self, since: datetime) -> Sequence[Delivery]:
        """Return the deliveries that came to a bad end since a moment: failed, or nobody can say."""
        query = {"bool": {"filter": [
            {"terms": {"state": ["failed", "unknown"]}},
            {"range": {"updated_at": {"gte": ms(since), "format": "epoch_millis"}}},
        ]}}  # fmt: skip
        return [msgspec.convert(found.source, Delivery) async for found in self.elastic.scan(DELIVERIES.name, query)]

    async def _note_due(self, now: datetime) -> None:
        if not self.receivers:
            return
        for line in await self.store.latest(limit=20):
            people = self.receivers_of(line.kind)
            if not people or now - from_ms(line.made_at) > FRESH:
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
        if one.to not in self.receivers:
            gone = replace(one, state="failed", error="这个收件人或群机器人已不在设置中", updated_at=ms(now))
            return await self._put(gone, found.version)
        hand = await self._packed(one, report)
        begun = replace(one, state="sending", tries=one.tries + 1, version=report.version, updated_at=ms(now))
        if await self._put(begun, found.version) is None:
            return None
        ended = await self._outcome(begun, hand)
        held = await self.elastic.get(DELIVERIES.name, one.id)
        return await self._put(ended, held.version) if held is not None else None

    async def _packed(self, one: Delivery, report: Report) -> Callable[[], Awaitable[None]]:
        """Return what hands a report over, with all made ready that takes time or can fail before."""
        if one.to in self.robots:
            robot, notice = self.robots[one.to], card.card(report, one.to, self.link, one.id)
            return lambda: card.post(robot, notice)
        forms = tuple(form.strip() for form in self.reports.report_mail_forms.split(",") if form.strip())
        message = await asyncio.to_thread(letter, report, forms, sender=self.mail.mail_from, to=one.to, id_=one.id)
        return lambda: asyncio.to_thread(hand_over, self.mail, message)

    async def _outcome(self, begun: Delivery, hand: Callable[[], Awaitable[None]]) -> Delivery:
        try:
            await hand()
        except Unknown as error:
            log.warning("report %s: unknown whether it arrived: %s", begun.period, error)
            return replace(begun, state="unknown", error=str(error))
        except Unavailable as error:
            last = begun.tries >= TRIES
            log.warning("report %s: not sent yet (try %d): %s", begun.period, begun.tries, error)
            return replace(begun, state="failed" if last else "waiting", error=str(error))
        except Refused as error:
            log.warning("report %s: refused by its receiver: %s", begun.period, error)
            return replace(begun, state="failed", error=str(error))
        return replace(begun, state="sent", error="")


async def delivery_books(elastic: Elastic) -> DeliveryBooks:
    """Count the deliveries by what became of them. Raises Unavailable."""
    body = {"size": 0, "track_total_hits": True, "aggs": {"states": {"terms": {"field": "state", "size": 20}}}}
    answer = await elastic.search(DELIVERIES.name, body)
    buckets = answer.get("aggregations", {}).get("states", {}).get("buckets", [])
    found = {one["key"]: int(one["doc_count"]) for one in buckets}
    return DeliveryBooks(
        due=int(answer["hits"]["total"]["value"]), sent=found.get("sent", 0), failed=found.get("failed", 0),
        unknown=found.get("unknown", 0), waiting=found.get("waiting", 0) + found.get("sending", 0),
    )  # fmt: skip


def _kinds(text: str) -> frozenset[str]:
    return frozenset(one.strip() for one in text.split(",") if one.strip())


def _rest(one: Delivery) -> int:
    """Return how long a delivery rests after its last try, ms: a minute, doubled each time, at most half an hour."""
    if not one.tries:
        return 0
    most = round(REST.total_seconds() * 1000)
    return min(60_000 << min(one.tries - 1, 10), most)
