"""The collector: polls every registered source, each in its own time, into Kafka.

A source's checkpoint is written only after Kafka has acknowledged (`acks=all`) every page before it: a crash repeats,
and loses nothing. One failing source stops no other; how each is doing lies in `checkpoints` for whoever asks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Any, Protocol

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from msgspec import Struct

from streams.broker import LARGEST, client_arguments
from streams.clock import Clock, ms
from streams.documents import Found
from streams.elastic import Elastic
from streams.errors import HuiyingError, Misconfigured
from streams.records import digest
from streams.settings import KafkaSettings
from streams.sources.base import TROUBLES, Away, Denied, Source, packed
from streams.topics import BACKFILL, CHECKPOINTS, LIVE

log = logging.getLogger("huiying.collect")
FIRST, MOST = 5.0, 900.0
"""Seconds before the first retry, doubling up to the most; then up to a quarter more by chance."""
LATE_MS = 86_400_000
"""A page whose newest post is older goes to the backfill's topic, so that no live post waits behind a past one."""
SEND = 60.0
"""Seconds for Kafka to acknowledge a page."""


class Health(Struct, frozen=True, kw_only=True):
    """How a source is doing, as `checkpoints` keeps it (what = "source_health"). Times in ms UTC, 0: never.

    source: a key of SOURCES; every: seconds between readings; ok_at: last reading that came to its end; at: last try;
    sent: items of the last such reading; tries: failures since; error: a key of TROUBLES, empty when all is well;
    detail: one line for a person.
    """

    name: str
    source: str
    every: float
    at: int
    ok_at: int = 0
    sent: int = 0
    tries: int = 0
    error: str = ""
    error_at: int = 0
    detail: str = ""


class Documents(Protocol):
    """What the collector needs of the store."""

    async def get(self, index: str, id: str) -> Found | None:  # noqa: A002 - Elasticsearch's name
        """Return a document or nothing."""
        ...

    async def put(self, index: str, id: str, doc: dict[str, Any]) -> Any:  # noqa: A002 - Elasticsearch's name
        """Store a document over an older one."""
        ...


class Sink(Protocol):
    """Where pages go."""

    async def send(self, topic: str, source: str, data: bytes) -> None:
        """Return when the page is acknowledged by all replicas. Raises Away (kafka)."""
        ...


class KafkaSink:
    """Kafka by one idempotent producer, made anew after it failed."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Keep how to reach it; nothing is asked yet."""
        self.settings = settings
        self.producer: Any = None
        self.making = asyncio.Lock()

    async def send(self, topic: str, source: str, data: bytes) -> None:
        """Return when the page is acknowledged by all replicas. Raises Away (kafka)."""
        try:
            async with asyncio.timeout(SEND):
                producer = await self._ready()
                await producer.send_and_wait(self.settings.kafka_prefix + topic, data, key=source.encode())
        except (KafkaError, OSError, TimeoutError) as error:
            await self.aclose()
            raise Away("kafka", f"Kafka at {self.settings.bootstrap}: {type(error).__name__}") from None

    async def _ready(self) -> Any:
        async with self.making:
            if self.producer is None:
                producer = AIOKafkaProducer(
                    **client_arguments(self.settings), acks="all", enable_idempotence=True, max_request_size=LARGEST
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self.producer = producer
            return self.producer

    async def aclose(self) -> None:
        """Close the producer."""
        producer, self.producer = self.producer, None
        if producer is not None:
            await producer.stop()


def checkpoint_id(name: str) -> str:
    """Return the id of a source's checkpoint in `checkpoints`."""
    return digest("source", name)


def health_id(name: str) -> str:
    """Return the id of a source's health in `checkpoints`."""
    return digest("source_health", name)


def topic_of(newest_ms: int, now_ms: int) -> str:
    """Return the topic for a page by its newest post: a page of past posts is a backfill."""
    return BACKFILL.name if 0 < newest_ms < now_ms - LATE_MS else LIVE.name


def pause_after(tries: int, after: float, chance: float) -> float:
    """Return the seconds to wait after the n-th failure in a row; `after` is what the source asked for at least."""
    doubled: float = FIRST * 2.0 ** min(tries - 1, 20)
    return max(after, min(MOST, doubled)) * (1 + chance / 4)


def trouble_of(error: Exception) -> tuple[str, str, float]:
    """Return kind, one line for a person, and the seconds asked for; of a bug only its type is told."""
    if isinstance(error, Away):
        return error.kind, str(error), error.after
    if isinstance(error, Denied):
        return error.kind, str(error), MOST
    if isinstance(error, Misconfigured):
        return "settings", str(error), 0.0
    if isinstance(error, HuiyingError):
        return "store", str(error), 0.0
    return "bug", type(error).__name__, 0.0


async def read_once(source: Source, store: Documents, sink: Sink, clock: Clock) -> int:
    """Read what is new once, and return how many items were sent. Raises whatever is in the way, having lost nothing.

    The checkpoint is read from the store each time: what another process did meanwhile counts too.
    """
    found = await store.get(CHECKPOINTS.name, checkpoint_id(source.name))
    checkpoint = str(found.source.get("detail", "")) if found else ""
    sent = 0
    async for batch in source.pages(checkpoint, clock.now()):
        for page in packed(source.source, batch.items):
            await sink.send(topic_of(page.newest, ms(clock.now())), source.source, page.data)
        sent += len(batch.items)
        doc = {"what": "source", "name": source.name, "detail": batch.checkpoint, "at": ms(clock.now())}
        await store.put(CHECKPOINTS.name, checkpoint_id(source.name), doc)
    return sent


class Poller:
    """One source for ever: read, rest, read; after a failure it is made anew, since its file may have changed."""

    def __init__(
        self,
        name: str,
        make: Callable[[], tuple[Source, float]],
        *,
        store: Documents,
        sink: Sink,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take how to make the source (and its seconds between readings), and everything outside."""
        self.name, self.make, self.store, self.sink, self.clock, self.sleep = name, make, store, sink, clock, sleep
        self.health = Health(name=name, source="other", every=0, at=0)
        self.chance = SystemRandom().random

    async def run(self) -> None:
        """Poll until cancelled. Nothing is raised on purpose."""
        await self._recall()
        source: Source | None = None
        try:
            while True:
                try:
                    if source is None:
                        source, every = self.make()
                        self.health = msgspec.structs.replace(self.health, source=source.source, every=every)
                    sent = await read_once(source, self.store, self.sink, self.clock)
                except Exception as error:  # noqa: BLE001 - one source's failure, whatever it is, must stop no other
                    pause = await self._failed(error)
                    if source is not None:
                        await source.aclose()
                    source = None
                else:
                    await self._went_well(sent)
                    pause = self.health.every
                await self.sleep(pause)
        finally:
            if source is not None:
                await source.aclose()

    async def _recall(self) -> None:
        """Take over when this source was last well, from before the restart."""
        try:
            found = await self.store.get(CHECKPOINTS.name, health_id(self.name))
            if found is not None:
                kept = msgspec.json.decode(str(found.source.get("detail", "")), type=Health)
                self.health = msgspec.structs.replace(self.health, ok_at=kept.ok_at, sent=kept.sent)
        except (HuiyingError, msgspec.MsgspecError):
            log.debug("%s: nothing is known of an earlier run", self.name)

    async def _went_well(self, sent: int) -> None:
        now = ms(self.clock.now())
        if self.health.tries:
            log.info("%s: well again after %d failures", self.name, self.health.tries)
        if sent:
            log.info("%s: %d items", self.name, sent)
        await self._tell(at=now, ok_at=now, sent=sent, tries=0, error="", detail="")

    async def _failed(self, error: Exception) -> float:
        kind, detail, after = trouble_of(error)
        tries, now = self.health.tries + 1, ms(self.clock.now())
        pause = pause_after(tries, after, self.chance())
        log.warning("%s: %s (%s); again in %.0f s", self.name, kind, detail, pause)
        await self._tell(at=now, tries=tries, error=kind, error_at=now, detail=detail[:300])
        return pause

    async def _tell(self, **changes: Any) -> None:
        self.health = msgspec.structs.replace(self.health, **changes)
        doc = {
            "what": "source_health", "name": self.name, "finished": not self.health.error, "at": self.health.at,
            "detail": msgspec.json.encode(self.health).decode(),
        }  # fmt: skip
        try:
            await self.store.put(CHECKPOINTS.name, health_id(self.name), doc)
        except HuiyingError as error:
            log.warning("%s: its health could not be kept: %s", self.name, error)


async def health(elastic: Elastic) -> list[Health]:
    """Return how every source that was ever polled is doing, by name; the errors in words are in `TROUBLES`."""
    body = {"query": {"term": {"what": "source_health"}}, "size": 1000, "sort": [{"name": "asc"}]}
    answer = await elastic.search(CHECKPOINTS.name, body)
    found = [msgspec.json.decode(hit["_source"]["detail"], type=Health) for hit in answer["hits"]["hits"]]
    return [one for one in found if one.error in {"", *TROUBLES}]


async def collect(pollers: list[Poller]) -> None:
    """Run all pollers until cancelled."""
    async with asyncio.TaskGroup() as group:
        for poller in pollers:
            group.create_task(poller.run())
