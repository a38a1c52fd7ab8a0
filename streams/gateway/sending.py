"""Pages into Kafka: returns when all brokers that must have them do, and keeps no queue."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.broker import LARGEST, client_arguments
from streams.clock import monotonic
from streams.errors import Unavailable
from streams.settings import KafkaSettings
from streams.sources.base import Packed
from streams.topics import LIVE

log = logging.getLogger("huiying.gateway")
PENDING = 64 * 1024 * 1024
"""Bytes that Kafka has not acknowledged, at most, those included whose sender was told 503 meanwhile."""
ASK = 2.0
"""Seconds for the question whether Kafka is there, and seconds for which its answer holds."""
CLOSE = 3.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Sink(Protocol):
    """Where pages go."""

    async def send(self, source: str, pages: Sequence[Packed], seconds: float) -> None:
        """Return when every page is acknowledged. Raises Unavailable: perhaps some are, so all must come again."""
        ...

    async def ready(self) -> bool:
        """Say whether Kafka answers now."""
        ...


class KafkaSink:
    """Kafka, connected in the background: the intake starts, and says that it is not ready, while Kafka is away.

    Without the idempotent producer, which after a page that was given up has to be made anew: a page sent twice
    changes no count.
    """

    def __init__(self, settings: KafkaSettings, *, seconds: float, pending: int = PENDING) -> None:
        """seconds: after which Kafka is asked no longer for a page."""
        self.settings, self.seconds, self.most = settings, seconds, pending
        self.topic = settings.kafka_prefix + LIVE.name
        self.producer: Any = None
        self.pending = 0
        self.asked = (-ASK, False)
        self.asking = asyncio.Lock()

    async def connect(self) -> None:
        """Connect, with growing pauses; the client itself keeps the connection from then on. Raises Misconfigured."""
        tries = 0
        while self.producer is None:
            producer = AIOKafkaProducer(
                **client_arguments(self.settings), acks="all", max_request_size=LARGEST,
                request_timeout_ms=max(1000, int(self.seconds * 1000)), linger_ms=2,
            )  # fmt: skip
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                with contextlib.suppress(Exception):
                    await producer.stop()
                if tries in {0, 10} or tries % 60 == 0:
                    log.warning("Kafka at %s can't be reached (%s)", self.settings.bootstrap, type(error).__name__)
                await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
                tries += 1
            except BaseException:
                await producer.stop()
                raise
            else:
                self.producer = producer
                log.info("Kafka at %s is there", self.settings.bootstrap)

    async def send(self, source: str, pages: Sequence[Packed], seconds: float) -> None:
        """Return when every page is acknowledged within `seconds`. Raises Unavailable."""
        if self.producer is None:
            raise Unavailable("Kafka is not connected")
        size = sum(len(page.data) for page in pages)
        if self.pending + size > self.most:
            raise Unavailable("Kafka is slow, too much waits")
        try:
            async with asyncio.timeout(seconds):
                waiting = [await self._begun(source, page.data) for page in pages]
                await asyncio.wait(waiting)
                for one in waiting:
                    one.result()
        except TimeoutError:
            raise Unavailable("Kafka did not acknowledge in time") from None
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka did not acknowledge ({type(error).__name__})") from None

    async def _begun(self, source: str, data: bytes) -> Any:
        self.pending += len(data)
        try:
            sent = await self.producer.send(self.topic, data, key=source.encode())
        except BaseException:
            self.pending -= len(data)
            raise

        def done(one: Any) -> None:
            self.pending -= len(data)
            if not one.cancelled():
                one.exception()  # whoever waited has been told; nobody else need be

        sent.add_done_callback(done)
        return sent

    async def ready(self) -> bool:
        """Ask Kafka, at most once in ASK seconds, however often we are asked."""
        async with self.asking:
            at, answer = self.asked
            if monotonic() - at >= ASK:
                answer = await self._answers()
                self.asked = (monotonic(), answer)
            return answer

    async def _answers(self) -> bool:
        if self.producer is None:
            return False
        try:
            async with asyncio.timeout(ASK):
                found = await self.producer.client.fetch_all_metadata()
        except (TimeoutError, KafkaError, OSError):
            return False
        return bool(found.partitions_for_topic(self.topic))

    async def aclose(self) -> None:
        """Close the producer, without waiting long for a Kafka that is away."""
        producer, self.producer = self.producer, None
        if producer is not None:
            with contextlib.suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(CLOSE):
                    await producer.stop()
