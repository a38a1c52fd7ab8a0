"""The agents: loops of a few lines around `score_message`. A page is acknowledged last, after everything is stored."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from kafka.errors import KafkaError

from streams.clock import Clock, ms
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured, Retryable, Unavailable
from streams.records import DeadLetter
from streams.score import Judge, PageResult, Position, score_message
from streams.settings import KafkaSettings, WorkerSettings
from streams.topics import BACKFILL, LIVE, REJECTED

log = logging.getLogger("huiying.work")


class Stopping(Exception):
    """The worker was asked to stop while a page waited: it is not acknowledged, and comes again."""


def pauses(first: float, most: float) -> Callable[[int], float]:
    """Return the pause (s) before the n-th retry, from 1: doubling from `first` up to `most`."""
    return lambda tries: min(most, first * 2 ** min(tries - 1, 30))


class Scorer:
    """What an agent does with one message until it is done: score, store, send dead letters, with retries."""

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
    ) -> None:
        """Take everything from outside: the store, the judge, the clock, how to send, how to wait, when to stop."""
        self.elastic, self.judge, self.model, self.clock, self.settings = elastic, judge, model, clock, settings
        self.send, self.sleep, self.stopping = send, sleep, stopping
        self.pause = pauses(settings.worker_retry_first, settings.worker_retry_most)

    async def handle(self, data: bytes, position: Position) -> PageResult:
        """Return when the message is stored and its dead letters are sent; wait out whatever is in the way.

        Raises Stopping when the worker stops meanwhile. Nothing else is raised on purpose.
        """
        tries = 0
        while True:
            try:
                result = await self._once(data, position)
            except (Retryable, Misconfigured) as error:
                tries += 1
                if self.stopping():
                    raise Stopping(position.name) from error
                pause = 0.05 if isinstance(error, Conflict) else self.pause(tries)
                level = logging.WARNING if isinstance(error, Retryable) else logging.ERROR
                log.log(level, "%s waits %.1f s (try %d): %s", position.name, pause, tries, error)
                await self.sleep(pause)
                if self.stopping():
                    raise Stopping(position.name) from error
            else:
                if tries:
                    log.info("%s is stored after %d retries; going on", position.name, tries)
                return result

    async def _once(self, data: bytes, position: Position) -> PageResult:
        result = await score_message(
            data,
            position,
            elastic=self.elastic,
            judge=self.judge,
            now_ms=ms(self.clock.now()),
            settings=self.settings,
            model=self.model,
        )
        for letter in result.letters:
            await self.send(letter)
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
    for topic in (LIVE, BACKFILL):
        pages = app.topic(
            kafka.kafka_prefix + topic.name,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",
        )
        app.agent(pages, name=f"score-{topic.name}", concurrency=1)(_loop(app, scorer, kafka.kafka_prefix))


def _loop(app: Any, scorer: Scorer, prefix: str) -> Callable[[Any], Awaitable[None]]:
    async def score(stream: Any) -> None:
        async for event in stream.noack().events():
            try:
                await scorer.handle(event.value or b"", position_of(event.message, prefix))
            except Stopping:
                return
            await stream.ack(event)
            if app.should_stop:
                return

    return score


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
