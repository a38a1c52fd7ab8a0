"""Checks that take long: shown as they last were, asked once at a time, and never well after they failed."""

from __future__ import annotations

import asyncio

import pytest

from alerts.console.kept import FRESH, OLD, Kept
from alerts.console.parts import Health
from streams.errors import Unavailable


class Slow:
    """A check that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.down = 0, False
        self.go = asyncio.Event()

    async def __call__(self) -> Health:
        self.asked += 1
        await self.go.wait()
        if self.down:
            raise Unavailable("away")
        return Health("Kafka", well=True, text=f"第{self.asked}次")


async def test_however_many_look_it_is_asked_once() -> None:
    slow = Slow()
    check = Kept(slow)
    waiting = [asyncio.create_task(check()) for _ in range(5)]
    await asyncio.sleep(0)
    slow.go.set()
    assert {one.text for one in await asyncio.gather(*waiting)} == {"第1次"}
    assert (await check()).text == "第1次"
    assert slow.asked == 1


async def test_after_a_while_the_last_answer_is_shown_while_it_is_asked_again() -> None:
    slow, now = Slow(), [100.0]
    slow.go.set()
    check = Kept(slow, lambda: now[0])
    await check()
    slow.go.clear()
    now[0] += FRESH + 1
    assert (await check()).text == "第1次"
    await asyncio.sleep(0)
    assert slow.asked == 2
    now[0] += OLD
    looking = asyncio.create_task(check())
    await asyncio.sleep(0)
    assert not looking.done()
    slow.go.set()
    assert (await looking).text == "第2次"


async def test_what_failed_is_not_shown_as_well() -> None:
    slow, now = Slow(), [100.0]
    slow.go.set()
    check = Kept(slow, lambda: now[0])
    await check()
    slow.down = True
    now[0] += FRESH + 1
    await check()
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await check()
