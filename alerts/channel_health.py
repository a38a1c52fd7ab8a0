"""Nothing went out though something should have: which channels are silent, told by all the others.

A channel is silent when it gave up a notice, or has one waiting too long, and has delivered none that is younger.
Telling it is itself a notice, once an outage and again every few hours, by every channel but that one; the watcher and
the scheduler both look, so that one of them may be dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from alerts.notices import CHANNELS, Notice
from alerts.outbox import Outbox
from alerts.queries import Body, by
from streams.clock import beijing, ms
from streams.elastic import Elastic
from streams.records import digest
from streams.topics import CHECKPOINTS, NOTICES

AGAIN_MS = 6 * 3_600_000
"""A channel that stays silent is told of again after so long."""
STILL_MS = 300_000
"""The watcher looks every few seconds and writes it down every minute; after so long it stands still."""
WATCHER = "watcher"


class Silent(Struct, frozen=True, kw_only=True):
    """A channel that delivers nothing: since when (ms UTC), how many notices it owes, and what it last said."""

    channel: str
    since: int
    owed: int
    error: str = ""


class Facts(Protocol):
    """What is asked about notices; `streams.elastic.Elastic` answers it."""

    async def search(self, index: str, body: Any) -> dict[str, Any]:
        """Return the raw answer."""
        ...


def last_sent(channel: str) -> Body:
    """Ask for the youngest notice that a channel delivered."""
    return {
        "size": 1,
        "_source": ["at"],
        "query": {"bool": {"filter": [by(channel), {"term": {"state": "sent"}}]}},
        "sort": [{"at": "desc"}],
    }


def owed(channel: str, after: int, waiting_before: int) -> Body:
    """Ask for the notices younger than a moment that a channel gave up or has had waiting since before another."""
    waits = {
        "bool": {
            "filter": [
                by(channel), {"terms": {"state": ["pending", "sending"]}},
                {"range": {"at": {"lt": waiting_before, "format": "epoch_millis"}}},
            ]
        }
    }  # fmt: skip
    return {
        "size": 1,
        "track_total_hits": True,
        "query": {
            "bool": {
                "filter": [{"range": {"at": {"gt": after, "format": "epoch_millis"}}}],
                "should": [{"term": {"gave_up": channel}}, waits],
                "minimum_should_match": 1,
            }
        },
        "sort": [{"at": "asc"}],
    }


async def silent(documents: Facts, channels: Sequence[str], now: int, patience: int) -> list[Silent]:
    """Return the channels that deliver nothing. now: ms UTC; patience: how long a notice may wait, ms.

    Raises Unavailable.
    """
    found = []
    for channel in channels:
        last = (await documents.search(NOTICES.name, last_sent(channel)))["hits"]["hits"]
        after = int(last[0]["_source"]["at"]) if last else 0
        hits = (await documents.search(NOTICES.name, owed(channel, after, now - patience)))["hits"]
        if hits["hits"]:
            first = hits["hits"][0]["_source"]
            count = int(hits["total"]["value"])
            found.append(Silent(channel=channel, since=int(first["at"]), owed=count, error=str(first.get("error", ""))))
    return found


def alarm(one: Silent, channels: Sequence[str], now: int) -> list[Notice]:
    """Return the notices of a silent channel, one for each channel but that one."""
    name = CHANNELS.get(one.channel, one.channel)
    text = (
        f"自{beijing(one.since):%m月%d日 %H:%M}起，{name}应发{one.owed}条通知，一条也没有送达。",
        *([f"最近一次失败：{one.error}"] if one.error else []),
        "这期间的预警都在控制台，其他渠道照常。",
        "下一步：请系统管理员运行 huiying doctor 检查该渠道；值班人员请直接查看控制台。",
    )
    return _system("channel_silent", one.channel, f"【系统】{name}发不出通知", text, channels, one.since, now)


def stands(last: int, channels: Sequence[str], now: int) -> list[Notice]:
    """Return the notices that the watcher stands still since a moment (ms UTC)."""
    text = (
        f"规则巡查自{beijing(last):%m月%d日 %H:%M}起没有运行，这期间不会产生新的预警。",
        "下一步：请系统管理员检查 huiying watch 进程；值班人员请直接在控制台查看舆情。",
    )
    return _system("watcher_still", WATCHER, "【系统】规则巡查已停止，不会产生预警", text, channels, last, now)


def _system(  # noqa: PLR0917 - the parts of a notice
    kind: str, what: str, subject: str, text: tuple[str, ...], channels: Sequence[str], since: int, now: int
) -> list[Notice]:
    time = str((now - since) // AGAIN_MS)
    return [
        Notice(id=digest("notice", kind, what, str(since), time, channel), alert="", channel=channel, kind=kind,
               state="pending", at=now, subject=subject, lines=text)
        for channel in channels
        if channel != what
    ]  # fmt: skip


class Guard:
    """Looks whether notices go out and whether the watcher looks, and tells it where it still can."""

    def __init__(self, elastic: Elastic, outbox: Outbox, *, patience: int, still: int = STILL_MS) -> None:
        """Keep the parts. patience, still: how long a notice may wait and the watcher may rest, ms of the city's."""
        self.elastic, self.outbox, self.patience, self.still = elastic, outbox, patience, still

    @property
    def ways(self) -> tuple[str, ...]:
        """The channels beside the console."""
        return tuple(name for name in self.outbox.every if name != "console")

    async def look(self, now: int) -> list[Silent]:
        """Store the alarms of silent channels; return them. Doing it again is harmless. Raises Unavailable."""
        found = await silent(self.elastic, self.ways, now, self.patience)
        for one in found:
            await self.outbox.add(alarm(one, self.outbox.every, now))
        return found

    async def watch_watcher(self, clock: Any) -> bool:
        """Say whether the watcher stands still; then tell it, and send in its place. Raises Unavailable."""
        now = ms(clock.now())
        await self.look(now)
        body = {"size": 1, "query": {"term": {"what": "watch"}}, "sort": [{"position": "desc"}]}
        hits = (await self.elastic.search(CHECKPOINTS.name, body))["hits"]["hits"]
        last = int(hits[0]["_source"]["position"]) if hits else now
        if now - last <= self.still:
            return False
        await self.outbox.add(stands(last, self.outbox.every, now))
        for name in self.outbox.every:
            await self.outbox.deliver(name, clock)
        return True
