"""A test post that comes back is told by every channel and marked; one that does not pages until one does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from city import City

from alerts.alert import Key
from alerts.drill import held
from alerts.drill_chain import MISSING, Begun, begin, watch_drill
from alerts.evaluate import Finding, Tally
from streams.clock import ms
from streams.errors import Unavailable

MINUTE = timedelta(minutes=1)


class Chain:
    """A chain whose far end is told what has arrived."""

    def __init__(self) -> None:
        self.city = City()
        self.sent: list[int] = []
        self.through: set[int] = set()
        self.begun: Begun | None = None
        self.away = False

    async def last(self) -> Begun | None:
        return self.begun

    async def keep(self, begun: Begun) -> None:
        self.begun = begun

    async def came(self, at: int, now: int) -> Finding | None:
        if at not in self.through:
            return None
        return Finding(rule=MISSING, key=Key(), at=now, window_from=at, value=1, bound=1, usual=0,
                       tally=Tally(count=1), level="general", reason="")  # fmt: skip

    async def send(self, at: int) -> None:
        if self.away:
            raise Unavailable("no broker")
        self.sent.append(at)

    async def start(self) -> int:
        return await begin(self, self.send, ms(self.city.clock.now()))

    async def wait(self, minutes: int) -> None:
        for _ in range(minutes):
            self.city.clock.time += MINUTE
            await self.look()

    async def look(self) -> None:
        await watch_drill(self, self.city.service, self.city.clock)
        await self.city.look()


async def test_what_comes_back_is_told_marked_and_is_no_alert() -> None:
    chain = Chain()
    at = await chain.start()
    chain.through.add(at)
    await chain.wait(2)
    ((_, notice),) = chain.city.phone.got
    assert notice.subject.startswith("【演练】端到端检查")
    assert "用时60秒" in notice.lines[0]
    assert await chain.city.service.alerts() == []
    assert chain.begun == Begun(at=at, back=True)
    (came,) = await held(chain.city.service.outbox, at, 0, begun=True)
    assert came.well


async def test_one_that_does_not_come_back_pages_until_one_does() -> None:
    chain = Chain()
    at = await chain.start()
    await chain.wait(9)
    assert chain.city.said == []
    await chain.wait(3)
    assert chain.city.said == ["opened"]
    assert "没有走完全程" in chain.city.phone.got[0][1].lines[0]
    (came,) = await held(chain.city.service.outbox, at, 0, begun=True)
    assert (came.well, "没有走完全程" in came.text) == (False, True)
    assert await chain.start() == at  # sent again: it is still the same drill that is missed
    await chain.wait(2)
    assert chain.city.said == ["opened"]
    chain.through.add(at)
    await chain.wait(2)
    assert sorted(chain.city.said) == ["drill", "opened", "resolved"]
    assert any("走完全程，中断约" in line for _, notice in chain.city.phone.got for line in notice.lines)


async def test_a_broker_that_takes_nothing_is_a_drill_that_is_missing() -> None:
    chain = Chain()
    chain.away = True
    with pytest.raises(Unavailable):
        await chain.start()
    await chain.wait(12)
    assert chain.city.said == ["opened"]


async def test_a_system_that_never_held_one_misses_none() -> None:
    chain = Chain()
    await chain.wait(30)
    assert chain.city.said == []
