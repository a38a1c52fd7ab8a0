"""Playing the written day: posts go to Kafka when the demo's clock says so, and the story is told as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from datetime import time as day_time
from typing import Any

import msgspec
import yaml
from kafka import KafkaProducer
from msgspec import Struct

from analyzers.masking import mask
from deploy.demo.scenario import DAY, Timed, posts_of
from streams.clock import BEIJING, Clock, ms
from streams.codec import encode_page
from streams.records import PAGE_POSTS, Page
from streams.settings import KafkaSettings
from streams.topics import LIVE

STEP = 0.25
"""Seconds between two looks at the clock: at 510× about two minutes of the day."""

SEND_WAIT = 60.0


class Line(Struct, frozen=True):
    """A line of the story and when (ms UTC, in the demo's time) it is told."""

    at: int
    text: str


def story_of(day: date) -> list[Line]:
    """Return the day's story in order."""
    script = yaml.safe_load(DAY.read_text("utf-8"))
    return [
        Line(at=ms(datetime.combine(day, day_time.fromisoformat(row["at"]), BEIJING)), text=row["tell"])
        for row in script["story"]
    ]


def pages_of(due: Sequence[Timed]) -> Iterator[Page]:
    """Return posts as pages, one source each, in order; texts are masked at the door like any source's."""
    sources = sorted({timed.post.source for timed in due})
    for source in sources:
        posts = [_masked(timed) for timed in due if timed.post.source == source]
        for start in range(0, len(posts), PAGE_POSTS):
            yield Page(source=source, posts=tuple(posts[start : start + PAGE_POSTS]))


def _masked(timed: Timed) -> Any:
    return msgspec.structs.replace(timed.post, text=mask(timed.post.text).text, title=mask(timed.post.title).text)


def play(day: date, clock: Clock, kafka: dict[str, Any], settings: KafkaSettings, tell: Callable[[str], None]) -> int:
    """Send the day's posts to the live topic as the clock reaches them; return how many were sent.

    kafka: arguments of the producer (brokers, security). Raises what kafka-python raises when a page can't be sent.
    """
    posts, story, sent = posts_of(day), story_of(day), 0
    producer = KafkaProducer(**kafka, acks="all", linger_ms=0)
    producer._unregister_cleanup()  # noqa: SLF001 - at Ctrl-C Kafka ends before us; its farewell would be a stack trace
    try:
        while posts or story:
            now = ms(clock.now())
            while story and story[0].at <= now:
                line = story.pop(0)
                tell(f"{datetime.fromtimestamp(line.at / 1000, BEIJING):%H:%M}  {line.text}")
            due = [timed for timed in posts if timed.at <= now]
            posts = posts[len(due) :]
            sending = [
                producer.send(
                    settings.kafka_prefix + LIVE.name,
                    key=page.source.encode(),
                    value=encode_page(page),
                    timestamp_ms=now,  # received when the demo's clock says so
                )
                for page in pages_of(due)
            ]
            for future in sending:
                future.get(timeout=SEND_WAIT)
            sent += len(due)
            time.sleep(STEP)
    finally:
        producer.close()
    return sent
