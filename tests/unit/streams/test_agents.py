"""What a worker does with one message while something is in the way."""

from __future__ import annotations

import pytest

from streams.agents import Scorer, Stopping, pauses, position_of
from streams.clock import SystemClock
from streams.elastic import Elastic
from streams.score import Position
from streams.settings import ElasticSettings, WorkerSettings

NOBODY = ElasticSettings(elasticsearch="http://127.0.0.1:1")


def test_pauses_grow_to_a_limit() -> None:
    pause = pauses(1.0, 30.0)
    assert [pause(n) for n in (1, 2, 3, 5, 6, 10_000)] == [1.0, 2.0, 4.0, 16.0, 30.0, 30.0]


async def test_while_elasticsearch_is_away_the_worker_waits_says_so_and_stops_when_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with Elastic(NOBODY) as elastic:
        scorer = Scorer(
            elastic=elastic,
            judge=lambda _texts: [],
            model="",
            clock=SystemClock(),
            settings=WorkerSettings(),
            send=lambda _letter: sleep(0),
            sleep=sleep,
            stopping=lambda: len(slept) == 3,
        )
        with pytest.raises(Stopping):
            await scorer.handle([(b"rubbish", Position(topic="posts.live", partition=0, offset=7))])
    assert slept == [1.0, 2.0, 4.0]
    lines = [record.getMessage() for record in caplog.records if record.name == "huiying.work"]
    assert len(lines) == 3
    assert all("posts.live-0-7 waits" in line and "\n" not in line for line in lines)


def test_a_position_is_without_the_prefix_of_topics() -> None:
    class Message:
        topic, partition, offset, key, timestamp = "city-posts.live", 3, 9, b"weibo", 1_700_000_000.25

    where = position_of(Message(), "city-")
    assert (where.name, where.key, where.at) == ("posts.live-3-9", "weibo", 1_700_000_000_250)
