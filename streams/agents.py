"""The agents: score, store, acknowledge. A page is acknowledged last, after everything of it is stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from kafka.errors import KafkaError

from streams.ahead import Ahead
from streams.clock import Clock, SystemClock, monotonic, ms
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured, Retryable, Unavailable
from streams.hold import Held, Limit
from streams.lane import Lane
from streams.metrics import Metrics
from streams.records import DeadLetter
from streams.score import Judge, Message, Position, Scored, score
from streams.settings import KafkaSettings, WorkerSettings
from streams.storing import PageResult, store
from streams.topics import BACKFILL, LIVE, REJECTED
from streams.watchdog import Progress

log = logging.getLogger("huiying.work")
MESSAGES = 100
BYTES = 600_000
"""Messages that are judged and stored together, if so many are there: about 500 posts of 400 characters a request."""
PAST_BYTES = 240_000
"""The same of past pages: a live page that comes meanwhile waits for no more than these."""
T = TypeVar("T")


class Stopping(Exception):
    """The worker was asked to stop while a page waited: it is not acknowledged, and comes again."""


def pauses(first: float, most: float) -> Callable[[int], float]:
    """Return the pause (s) before the n-th retry, from 1: doubling from `first` up to `most`."""
    return lambda tries: min(most, first * 2 ** min(tries - 1, 30))


class Scorer:
    """What an agent does with messages until they are done: score, store, send dead letters, with retries."""

    def __init__(
        self,
        *,
        elastic: Elastic,
        judge: Judge,
        model: str,
        clock: Clock,
        settings: WorkerSettings,
        send: Callable[[DeadLetter], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
        stopping: Callable[[], bool],
        progress: Progress | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Take everything from outside: the store, the judge, the clock, how to send, how to wait, when to stop."""
        self.elastic, self.judge, self.model, self.clock, self.settings = elastic, judge, model, clock, settings
        self.send, self.sleep, self.stopping = send, sleep, stopping
        self.pause = pauses(settings.worker_retry_first, settings.worker_retry_most)
        self.progress, self.metrics = progress or Progress(), metrics or Metrics()
        self.limit = Limit(settings.worker_letters_most)

    async def handle(self, messages: Sequence[Message]) -> list[PageResult]:
        """Return when the messages are stored and their dead letters are sent; wait out whatever is in the way.

        Raises Stopping when the worker stops meanwhile. Nothing else is raised on purpose.
        """
        return await self.store(await self.score(messages))

    async def score(self, messages: Sequence[Message]) -> list[Scored]:
        """Judge the messages in a thread of its own, so that meanwhile others are stored. Raises Stopping."""
        now_ms = ms(self.clock.now())

        async def once() -> list[Scored]:
            return await asyncio.to_thread(
                score, messages, judge=self.judge, now_ms=now_ms, settings=self.settings, model=self.model
            )

        with self._timed("score"):
            return await self._until_done(messages[0][1].name, once)

    async def store(self, scored: Sequence[Scored]) -> list[PageResult]:
        """Store scored messages and send their dead letters. Raises Stopping."""

        async def once() -> list[PageResult]:
            for one in scored:
                await self.limit.check(self.elastic, one.position.name, one.own, ms(self.clock.now()))
            results = await store(self.elastic, scored)
            await asyncio.gather(*(self.send(letter) for result in results for letter in result.letters))
            return results

        with self._timed("store"):
            results = await self._until_done(scored[0].position.name, once)
        self._count(scored, results)
        return results

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = monotonic()
        yield
        self.metrics.took("stage_seconds", monotonic() - start, stage=stage)
        self._moved()

    def _moved(self) -> None:
        self.progress.moved()
        self.metrics.set("last_progress_timestamp_seconds", ms(SystemClock().now()) / 1000)

    def _count(self, scored: Sequence[Scored], results: Sequence[PageResult]) -> None:
        now_ms = ms(self.clock.now())
        self.metrics.set("held", 0)
        for one, result in zip(scored, results, strict=True):
            for outcome in ("stored", "repeated", "rejected", "late"):
                count = getattr(result, outcome)
                if count:
                    self.metrics.add("posts", count, source=result.source, outcome=outcome)
            for letter in result.letters:
                self.metrics.add("dead_letters", reason=letter.reason)
            self.metrics.add("pages", topic=one.position.topic)
            self.metrics.took(
                "delay_seconds", max(0.0, (now_ms - one.position.at) / 1000), topic=one.position.topic
            )

    async def _until_done(self, name: str, once: Callable[[], Awaitable[T]]) -> T:
        tries = 0
        while True:
            try:
                result = await once()
            except (Retryable, Misconfigured) as error:
                tries += 1
                if self.stopping():
                    raise Stopping(name) from error
                pause = 0.05 if isinstance(error, Conflict) else self.pause(tries)
                self._moved()
                self.metrics.add("retries", error=type(error).__name__)
                self.metrics.set("held", isinstance(error, Held))
                level = logging.WARNING if isinstance(error, Retryable) else logging.ERROR
                log.log(level, "%s waits %.1f s (try %d): %s", name, pause, tries, error)
                await self.sleep(pause)
                if self.stopping():
                    raise Stopping(name) from error
            else:
                if tries:
                    log.info("%s is stored after %d retries; going on", name, tries)
                return result


def attach(app: Any, kafka: KafkaSettings, make: Callable[..., Scorer]) -> None:
    """Add one agent for live posts and one for past ones, so that a backfill never stands before a live post."""
    rejected = app.topic(kafka.kafka_prefix + REJECTED.name, value_type=bytes, value_serializer="raw")

    async def send(letter: DeadLetter) -> None:
        try:
            await (await rejected.send(key=letter.source.encode(), value=msgspec.json.encode(letter)))
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"Kafka took no dead letter: {type(error).__name__}") from error

    scorer = make(send=send, sleep=app.sleep, stopping=lambda: bool(app.should_stop))
    lane = Lane()
    for topic in (LIVE, BACKFILL):
        pages = app.topic(
            kafka.kafka_prefix + topic.name,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",
        )
        app.agent(pages, name=f"score-{topic.name}", concurrency=1)(
            Loop(app, scorer, kafka.kafka_prefix, lane, first=topic is LIVE).run
        )


class Loop:
    """One agent: two batches are under way at once, one being judged while the one before is being stored.

    They are acknowledged in the order in which they came: Faust may commit past a message that is not (notes of the
    design: faust §1.2), so nothing is acknowledged before everything ahead of it is stored. Pages of the past step
    aside while live ones (`first`) are under way.
    """

    def __init__(self, app: Any, scorer: Scorer, prefix: str, lane: Lane, *, first: bool) -> None:
        """Keep the parts; prefix: that of the topics."""
        self.app, self.scorer, self.prefix, self.lane, self.first = app, scorer, prefix, lane, first
        self.heavy = BYTES if first else PAST_BYTES

    async def run(self, stream: Any) -> None:
        """Take the stream's messages until it ends or the worker stops."""
        flight: list[asyncio.Task[Any]] = []  # what is being stored: one batch at most
        async with Ahead(stream.noack().events()) as ahead:
            try:
                await self._steps(stream, ahead, flight)
            except Stopping:
                return
            finally:
                await self._enter(busy=False)
                for storing in flight:
                    storing.cancel()
                await asyncio.gather(*flight, return_exceptions=True)

    async def _steps(self, stream: Any, ahead: Ahead, flight: list[asyncio.Task[Any]]) -> None:
        waiting: list[Any] = []
        while not (self.app.should_stop or ahead.ended) or flight:
            events = await ahead.batch(
                MESSAGES, until=flight[0] if flight else None, weigh=_weight, heavy=self.heavy
            )
            await self._enter(busy=bool(events or flight), coming=bool(events))
            scored = await self.scorer.score(_messages(events, self.prefix)) if events else []
            if flight:
                await flight.pop()
                for event in waiting:
                    await stream.ack(event)
            if scored:
                flight.append(asyncio.create_task(self.scorer.store(scored)))
            waiting = events
            await self._enter(busy=bool(flight))

    async def _enter(self, *, busy: bool, coming: bool = False) -> None:
        if self.first:
            self.lane.take(busy)
        elif coming:
            await self.lane.clear()


def _weight(event: Any) -> int:
    return len(event.value or b"")


def _messages(events: Sequence[Any], prefix: str) -> list[Message]:
    return [(event.value or b"", position_of(event.message, prefix)) for event in events]


def position_of(message: Any, prefix: str) -> Position:
    """Return where a message lies (the prefix of topics is no part of it), and when it was produced."""
    key = bytes(message.key or b"").decode("utf-8", "replace")
    return Position(
        topic=str(message.topic).removeprefix(prefix),
        partition=int(message.partition),
        offset=int(message.offset),
        key=key,
        at=round(float(message.timestamp or 0) * 1000),
    )
