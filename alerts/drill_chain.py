"""The whole chain's drill: a test post through Kafka, worker, Elasticsearch and a rule, back as a marked notice.

What has begun stands in `checkpoints`, so that who begins it (scheduler, command) and who looks for it (watcher) may
be different processes, and a restart forgets nothing. One that does not come back is an alert until one does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from alerts.alert import Key
from alerts.counts import ElasticCounts
from alerts.drill import drill
from alerts.evaluate import Finding, Tally
from alerts.findings import Past, live_findings
from alerts.rules import MINUTE, Example, Rule
from alerts.service import Service
from streams.clock import Clock, beijing, ms
from streams.drill import drill_post
from streams.elastic import Elastic
from streams.records import digest
from streams.topics import CHECKPOINTS, DRILLS, pattern

PATIENCE = 10 * MINUTE
"""A test post that is not back after so long is missing: it usually takes seconds, and the watcher looks once a minute.
"""
SENT_AGAIN = 120 * MINUTE
"""A drill that begins while one is under way sends that one's post again, so long: it is missed by its first sending.
"""
RULE = Rule(
    name="drill", title="端到端演练", kind="count", level="general", reason="演练留言走完全程", key=("topic",),
    window=360 * MINUTE, step=10 * MINUTE, recover=10 * MINUTE, at_least=1, fires=Example(count=1),
    silent=Example(count=0),
)  # fmt: skip
"""Judges the drills' own index by the code that judges posts; its findings are notices, never alerts."""
MISSING = Rule(
    name="drill_missing", title="端到端演练没有回来", kind="quiet", level="larger", window=10 * MINUTE,
    step=10 * MINUTE, recover=0, fires=Example(count=0), silent=Example(count=1),
    reason="a test post did not come through: real posts may not be coming through either",
)  # fmt: skip
MARK = digest("checkpoint", "drill")


class Begun(Struct, frozen=True, kw_only=True):
    """The last drill that began (ms UTC), and whether it came back."""

    at: int
    back: bool


class Drills(Protocol):
    """Drills under way. Every verb raises Unavailable."""

    async def last(self) -> Begun | None:
        """Return the drill that began last, or nothing."""
        ...

    async def keep(self, begun: Begun) -> None:
        """Remember a drill as it now stands."""
        ...

    async def came(self, at: int, now: int) -> Finding | None:
        """Return what the rule finds of a drill's post once it is stored; nothing before."""
        ...


class ElasticDrills:
    """Drills in Elasticsearch. Every verb raises Unavailable."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic, self._counts = elastic, ElasticCounts(elastic, DRILLS)

    async def last(self) -> Begun | None:
        """Return the drill that began last, or nothing."""
        found = await self._elastic.get(CHECKPOINTS.name, MARK)
        return Begun(at=int(found.source["position"]), back=bool(found.source["finished"])) if found else None

    async def keep(self, begun: Begun) -> None:
        """Remember a drill as it now stands."""
        doc = {"what": "drill", "name": "chain", "position": begun.at, "finished": begun.back, "detail": "",
               "at": begun.at}  # fmt: skip
        await self._elastic.put(CHECKPOINTS.name, MARK, doc, refresh=True)

    async def came(self, at: int, now: int) -> Finding | None:
        """Return what the rule finds of a drill's post once it is stored; nothing before."""
        body = {"size": 0, "track_total_hits": 1, "query": {"term": {"id": drill_post(at).id}}}
        if not (await self._elastic.search(pattern(DRILLS), body))["hits"]["total"]["value"]:
            return None
        found = await live_findings(RULE, self._counts, now, Past())
        return next(iter(found.values()), None)


async def begin(drills: Drills, send: Callable[[int], Awaitable[None]], now: int) -> int:
    """Begin a drill, or send again the one that is under way; return when it began (ms UTC). Raises Unavailable.

    It is remembered before it is sent: if Kafka takes nothing, it is missing, and that is said.
    """
    last = await drills.last()
    at = last.at if last and not last.back and now - last.at < SENT_AGAIN else now
    await drills.keep(Begun(at=at, back=False))
    await send(at)
    return at


def missing(begun: Begun, now: int, *, stands: bool) -> dict[Key, Finding]:
    """Return the finding that a drill did not come back, at a moment (ms UTC). stands: its alert is open already."""
    if begun.back or (now - begun.at < PATIENCE and not stands):
        return {}
    key = Key(phrase="演练")
    why = (
        f"{beijing(begun.at):%m月%d日 %H:%M}发出的演练留言没有走完全程，真实留言也可能收不到。"
        "请系统管理员立即检查消息队列、处理进程和存储（huiying doctor）。"
    )
    return {
        key: Finding(rule=MISSING, key=key, at=now, window_from=begun.at, value=1.0, bound=1.0, usual=0.0,
                     tally=Tally(count=0), level=MISSING.level, reason=why)
    }  # fmt: skip


async def watch_drill(drills: Drills, service: Service, clock: Clock) -> None:
    """Tell by every channel that a drill came back, or open the alert that it did not. Raises Unavailable."""
    begun, now = await drills.last(), clock.now()
    if begun is None:
        return
    at = ms(now)
    if not begun.back:
        finding = await drills.came(begun.at, at)
        if finding is not None:
            took = max(0, at - begun.at) // 1000
            await service.outbox.add(drill(service.outbox.every, begun.at, took=took))
            begun = Begun(at=begun.at, back=True)
            await drills.keep(begun)
    stands = any(alert.rule == MISSING.name for alert in await service.open())
    if stands or not begun.back:
        await service.settle(MISSING, missing(begun, at, stands=stands), now)
