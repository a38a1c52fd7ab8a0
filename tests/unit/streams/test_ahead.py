"""A stream read ahead: what is there is taken together, in order, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from streams.ahead import Ahead


async def source(queue: asyncio.Queue[int | None]) -> AsyncIterator[int]:
    while (item := await queue.get()) is not None:
        yield item


def filled(*items: int | None) -> asyncio.Queue[int | None]:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    for item in items:
        queue.put_nowait(item)
    return queue


async def test_what_is_there_is_taken_together_up_to_the_most() -> None:
    async with Ahead(source(filled(1, 2, 3, 4, 5, None))) as ahead:
        assert [await ahead.batch(3), await ahead.batch(3)] == [[1, 2, 3], [4, 5]]
        assert ahead.ended
        assert await ahead.batch(3) == []


async def test_no_more_are_taken_once_those_taken_are_heavy_enough() -> None:
    async with Ahead(source(filled(3, 3, 3, 9, 1, None))) as ahead:
        taken = [await ahead.batch(9, weigh=int, heavy=6) for _ in range(3)]
        assert taken == [[3, 3], [3, 9], [1]]


async def test_one_item_does_not_wait_for_others() -> None:
    async with asyncio.timeout(5), Ahead(source(filled(1))) as ahead:
        assert await ahead.batch(3) == [1]


async def test_without_items_a_finished_task_ends_the_wait_and_the_item_that_comes_later_is_not_lost() -> None:
    queue = filled()
    async with asyncio.timeout(5), Ahead(source(queue)) as ahead:
        assert await ahead.batch(3, until=asyncio.create_task(asyncio.sleep(0))) == []
        queue.put_nowait(7)
        assert await ahead.batch(3) == [7]


async def test_what_the_stream_raises_reaches_the_reader() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise OSError("gone")

    async with Ahead(broken()) as ahead:
        assert await ahead.batch(1) == [1]
        with pytest.raises(OSError, match="gone"):
            await ahead.batch(1)


async def test_leaving_gives_up_the_item_that_is_waited_for() -> None:
    queue = filled()
    async with Ahead(source(queue)) as ahead:
        assert await ahead.batch(1, until=asyncio.create_task(asyncio.sleep(0))) == []
    assert ahead.next is not None
    assert ahead.next.done()
