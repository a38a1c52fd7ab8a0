"""The watcher goes on: over a store that can't be reached, with one channel that hangs, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from city import City, Phone

from alerts.notices import Notice
from alerts.settings import WatchSettings
from alerts.watch import again, run
from streams.errors import Misconfigured, Unavailable

SETTINGS = WatchSettings(watch_every=0.01)


async def until(what: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition, for so long at most."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - it waits for what others do, not for an event of ours
            await asyncio.sleep(0.01)


async def test_work_that_fails_for_now_is_done_again_after_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[float] = []

    async def work() -> None:
        tries.append(asyncio.get_running_loop().time())
        if len(tries) < 4:
            raise Unavailable("Elasticsearch: no answer")

    task = asyncio.create_task(again("rules", work, 0.02))
    await until(lambda: len(tries) >= 5)
    task.cancel()
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses[0] >= 0.04
    assert pauses[1] >= 0.08
    assert pauses[2] >= 0.16
    assert "waiting 0.2 s (try 3): Elasticsearch: no answer" in caplog.text
    assert "going on again; failed tries: 3" in caplog.text


async def test_the_watcher_outlives_a_store_that_is_away() -> None:
    city = City()
    city.alerts.down = city.notices.down = True
    city.post(15, topic="城乡建设", county="620826")
    task = asyncio.create_task(run(city.service, city.clock, SETTINGS))
    await asyncio.sleep(0.05)
    city.alerts.down = city.notices.down = False
    await until(lambda: city.said == ["opened"])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_channel_that_hangs_keeps_no_other_waiting() -> None:
    city = City(channels=("wecom", "webhook"))
    hangs = asyncio.Event()

    class Hanging(Phone):
        async def send(self, notice: Notice, piece: str) -> None:
            del notice, piece
            await hangs.wait()

    city.phones[0] = Hanging(city.clock, "wecom")
    city.restart()
    city.post(15, topic="城乡建设", county="620826")
    task = asyncio.create_task(run(city.service, city.clock, SETTINGS))
    await until(lambda: len(city.phones[1].got) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_a_person_must_change_ends_the_watcher_with_one_error() -> None:
    city = City()

    async def broken() -> tuple[int, int]:
        raise Misconfigured("the index has no field `terms`: run `huiying init`")

    city.counts.mark = broken  # type: ignore[method-assign]
    with pytest.raises(Misconfigured, match="huiying init"):
        await run(city.service, city.clock, SETTINGS)


async def test_notices_for_a_channel_that_is_gone_fail_and_are_not_kept_waiting_for_ever() -> None:
    city = City(channels=("wecom", "webhook"))
    city.post(15, topic="城乡建设", county="620826")
    await city.service.tick(city.clock.now())
    city.phones.pop(0)
    city.restart()
    task = asyncio.create_task(run(city.service, city.clock, SETTINGS))
    await until(lambda: {n.channel: n.state for n, _ in city.notices.all()} == {"wecom": "failed", "webhook": "sent"})
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
