"""Our analysis and bulk for the variants that are not Huiying: pages of bytes in, documents stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from analyzers.analysis import MODEL_VERSION, analyze
from streams.elastic import Elastic
from streams.score import Position, Scored, score
from streams.settings import ElasticSettings, WorkerSettings
from streams.storing import store

SETTINGS = WorkerSettings()
NOW = 1_780_000_000_000


def judged(pages: Sequence[bytes], first: int) -> list[Scored]:
    """Return the scored messages of a batch."""
    messages = [(data, Position("posts.live", 0, first + i, "portal", NOW)) for i, data in enumerate(pages)]
    return score(messages, judge=analyze, now_ms=NOW, settings=SETTINGS, model=MODEL_VERSION)


class Sink:
    """A blocking sink over the same asynchronous gateway."""

    def __init__(self, elastic: dict[str, Any]) -> None:
        self.loop = asyncio.new_event_loop()
        self.elastic = Elastic(ElasticSettings(**elastic))

    def write(self, pages: Sequence[bytes], first: int) -> None:
        """Score and store."""
        self.loop.run_until_complete(store(self.elastic, judged(pages, first)))


def settings(text: str) -> list[dict[str, Any]]:
    """Return the settings that the bench gives: Kafka's, Elasticsearch's."""
    found: list[dict[str, Any]] = json.loads(text)
    return found
