"""Live pages go first, and those of the past are never stopped for ever."""

from __future__ import annotations

import asyncio

from streams.lane import Lane


async def test_a_clear_lane_lets_the_past_through_at_once() -> None:
    assert await Lane().clear()


async def test_the_past_waits_until_live_pages_are_done() -> None:
    lane = Lane()
    lane.take(True)
    passing = asyncio.create_task(lane.clear())
    await asyncio.sleep(0)
    assert not passing.done()
    lane.take(False)
    assert await passing


async def test_in_a_long_surge_the_past_still_moves() -> None:
    lane = Lane(patience=0.01)
    lane.take(True)
    assert not await lane.clear()
