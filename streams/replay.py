"""Replaying a file: its rows become pages in Kafka, in their own time; interrupted, it goes on where it was.

Rows that are sent twice change nothing (ids come from content), so the checkpoint may lag behind: it is written after
Kafka acknowledged, and a replay goes on even while Elasticsearch, which keeps it, is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from msgspec import Struct

from streams.broker import LARGEST, client_arguments
from streams.clock import Clock, monotonic, ms
from streams.elastic import Elastic
from streams.errors import HuiyingError, Misconfigured, Unavailable
from streams.records import digest
from streams.settings import ElasticSettings, KafkaSettings
from streams.sources.file import Sheet, sheets
from streams.sources.presets import preset
from streams.sources.rows import File
from streams.topics import BACKFILL, CHECKPOINTS, LIVE

log = logging.getLogger("huiying.replay")
EVERY = 20
"""Pages sent before their acknowledgements are awaited and the checkpoint is written."""
STEP_MS = 500
"""With a speed factor: real milliseconds that one page may cover."""


class ReplayReport(Struct, frozen=True, kw_only=True):
    """What a replay did: rows read now, of them posts and bad rows, pages sent, the posts' event times (ms UTC).

    resumed_at: the row after which it went on (0: from the start); problem: why the file broke off, if it did; unread:
    columns that nothing was made of.
    """

    rows: int
    posts: int
    bad: int
    pages: int
    first_ms: int
    last_ms: int
    resumed_at: int
    seconds: float
    problem: str = ""
    unread: tuple[str, ...] = ()


Told = Callable[[int, int, int], None]
"""Called with bytes read, bytes in all, and rows sent so far."""


def speed_of(text: str) -> float:
    """Read `max` (infinity) or a factor above 0. Raises Misconfigured."""
    with contextlib.suppress(ValueError):
        value = float("inf") if text.strip().lower() == "max" else float(text)
        if value > 0:
            return value
    raise Misconfigured(f"--speed {text!r} is neither max nor a number above 0")


def replay(
    path: Path,
    *,
    kafka: KafkaSettings,
    elastic: ElasticSettings,
    clock: Clock,
    source: str = "portal",
    columns: Mapping[str, tuple[str, ...]] | None = None,
    like: str = "",
    speed: float = float("inf"),
    live: bool = False,
    from_start: bool = False,
    tell: Told | None = None,
) -> ReplayReport:
    """Send a file's rows through Kafka, and return when all of them are acknowledged.

    columns: from `streams.sources.file.columns_from`; like: a preset of usual columns, which also names the source;
    speed: how many times faster than it happened (`speed_of`);
    live: to the live topic instead of the backfill's. An interrupted replay of the same content is resumed, unless
    from_start; a finished one starts anew. Raises Misconfigured (file, columns, source), Unavailable (Kafka).
    """
    file = File(path)
    topic = kafka.kafka_prefix + (LIVE if live else BACKFILL).name
    source = preset(like).source if like else source
    job = _Replay(file, topic, source, dict(columns or {}), speed, clock, tell or (lambda *_: None))
    job.like = like
    return asyncio.run(job.run(kafka, elastic, from_start=from_start))


class _Replay:
    """One run of a replay."""

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        file: File,
        topic: str,
        source: str,
        columns: dict[str, tuple[str, ...]],
        speed: float,
        clock: Clock,
        tell: Told,
    ) -> None:
        self.file, self.topic, self.source, self.columns, self.speed = file, topic, source, columns, speed
        self.clock, self.tell = clock, tell
        self.like = ""
        self.waiting: list[Any] = []
        self.rows = self.posts = self.bad = self.pages = self.first_ms = self.last_ms = 0
        self.checkpoint = digest("replay", file.digest, source, topic)
        self.quiet = False

    async def run(self, kafka: KafkaSettings, elastic: ElasticSettings, *, from_start: bool) -> ReplayReport:
        began = monotonic()
        async with Elastic(elastic) as store:
            after = 0 if from_start else await self._resume(store)
            producer = AIOKafkaProducer(
                **client_arguments(kafka), acks="all", enable_idempotence=True, max_request_size=LARGEST, linger_ms=5
            )
            try:
                await producer.start()
                await self._send(producer, store, after)
            except (KafkaError, OSError) as error:
                where = f"row {self.rows + after}"
                raise Unavailable(
                    f"Kafka at {kafka.bootstrap} took no more after {where} ({type(error).__name__}); "
                    "start the replay again, it goes on there"
                ) from error
            finally:
                await producer.stop()
        return ReplayReport(
            rows=self.rows,
            posts=self.posts,
            bad=self.bad,
            pages=self.pages,
            first_ms=self.first_ms,
            last_ms=self.last_ms,
            resumed_at=after,
            seconds=round(monotonic() - began, 3),
            problem=self.file.problem,
            unread=self.file.unread,
        )

    async def _send(self, producer: Any, store: Elastic, after: int) -> None:
        paced = self.speed != float("inf")
        span = max(1, int(STEP_MS * self.speed)) if paced else 0
        start: tuple[float, int] | None = None
        row = after
        for sheet in sheets(self.file, self.columns, self.source, after=after, span_ms=span, like=self.like):
            if paced and sheet.first_ms:
                start = start or (monotonic(), sheet.first_ms)
                await asyncio.sleep(max(0.0, (sheet.first_ms - start[1]) / 1000 / self.speed + start[0] - monotonic()))
            self.waiting.append(await producer.send(self.topic, sheet.data, key=self.source.encode()))
            self._count(sheet, row)
            row = sheet.row
            if paced or len(self.waiting) >= EVERY:
                await self._acknowledged(store, row, finished=False)
            self.tell(sheet.read, self.file.size, self.rows)
        await self._acknowledged(store, row, finished=not self.file.problem)
        self.tell(self.file.size, self.file.size, self.rows)

    def _count(self, sheet: Sheet, row: int) -> None:
        self.rows += sheet.row - row
        self.posts += sheet.posts
        self.bad += sheet.bad
        self.pages += 1
        if sheet.first_ms:
            self.first_ms = min(self.first_ms or sheet.first_ms, sheet.first_ms)
            self.last_ms = max(self.last_ms, sheet.last_ms)

    async def _acknowledged(self, store: Elastic, row: int, *, finished: bool) -> None:
        """Wait until Kafka has all that was sent, then remember the row."""
        for sent in self.waiting:
            await sent
        self.waiting.clear()
        doc = {
            "what": "replay",
            "name": self.file.path.name,
            "position": row,
            "finished": finished,
            "at": ms(self.clock.now()),
        }
        try:
            await store.put(CHECKPOINTS.name, self.checkpoint, doc, refresh=finished)
        except HuiyingError as error:
            if not self.quiet:
                log.warning("the replay goes on, but can't be resumed if it breaks off here: %s", error)
            self.quiet = True
        else:
            self.quiet = False

    async def _resume(self, store: Elastic) -> int:
        try:
            found = await store.get(CHECKPOINTS.name, self.checkpoint)
        except HuiyingError as error:
            log.warning("starting from the first row, since it can't be known where an earlier replay ended: %s", error)
            return 0
        return 0 if found is None or found.source["finished"] else int(found.source["position"])
