"""A drill goes by every channel, is marked as one, and says which channel did not deliver it by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from city import MONDAY, Phone
from memory_alerts import MemoryNotices

from alerts.drill import drill, held, job
from alerts.outbox import Outbox
from alerts.schedule_job import due
from streams.clock import ManualClock, ms
from streams.errors import HuiyingError, Misconfigured, Refused


def office(*names: str, fallback: tuple[str, ...] = ()) -> tuple[Outbox, dict[str, Phone]]:
    """Return an outbox over phones."""
    clock = ManualClock(MONDAY)
    phones = {name: Phone(clock, name) for name in names}
    return Outbox(MemoryNotices(), list(phones.values()), wall=clock, fallback=fallback), phones


def sender(outbox: Outbox) -> Callable[[float], object]:
    """Return a pause in which the watcher sends."""

    async def pause(_seconds: float) -> None:
        for name in outbox.every:
            await outbox.deliver(name, outbox.wall)

    return pause


async def test_a_drill_goes_by_every_channel_the_fallback_too_and_is_marked() -> None:
    outbox, phones = office("console", "wecom", "sms", fallback=("sms",))
    found = await held(outbox, ms(MONDAY), 10, pause=sender(outbox))  # type: ignore[arg-type]
    assert [(one.channel, one.well) for one in found] == [("console", True), ("wecom", True), ("sms", True)]
    for phone in phones.values():
        ((_, notice),) = phone.got
        assert notice.subject.startswith("【演练】")
        assert "不是预警" in notice.lines[0]


@pytest.mark.parametrize(("error", "words"), [(Refused("93000"), "由短信代发"), (None, "已送达")])
async def test_a_drill_that_another_channel_had_to_deliver_is_not_well(error: HuiyingError | None, words: str) -> None:
    outbox, phones = office("wecom", "sms", fallback=("sms",))
    phones["wecom"].refusals = [error] if error else []
    found = await held(outbox, ms(MONDAY), 10, pause=sender(outbox))  # type: ignore[arg-type]
    assert (found[0].well, words in found[0].text) == (error is None, True)
    assert found[1].well


async def test_a_drill_that_nobody_sends_is_not_well_after_a_while() -> None:
    outbox, _ = office("wecom")
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    (found,) = await held(outbox, ms(MONDAY), 3, pause=pause)
    assert (found.well, found.text, sum(waits)) == (False, "待发送", 3)


async def test_a_drill_held_twice_for_the_same_moment_is_held_once() -> None:
    outbox, phones = office("wecom")
    for _ in range(2):
        await held(outbox, ms(MONDAY), 10, pause=sender(outbox))  # type: ignore[arg-type]
    assert len(phones["wecom"].got) == 1
    assert drill(["wecom"], 1)[0].id != drill(["wecom"], 2)[0].id


def test_the_drill_is_due_on_its_day_and_not_days_later() -> None:

    async def begin(_at: int) -> None:
        return None

    weekly = job(begin, "mon")
    monday = datetime(2026, 3, 2, 1, 10, tzinfo=UTC)  # ten past nine in Beijing
    assert due(weekly, monday + timedelta(minutes=1), handled=monday - timedelta(days=7)) == monday
    assert due(weekly, monday + timedelta(days=3), handled=monday) is None
    with pytest.raises(Misconfigured, match="HUIYING_NOTICE_DRILL"):
        job(begin, "montag")
