"""The outbox: what was delivered is not delivered again; what a channel can't take now waits."""

from __future__ import annotations

import json
from collections import deque
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from city import MONDAY
from hypothesis import given
from hypothesis import strategies as st
from memory_alerts import MemoryNotices

from alerts.channels.base import Busy, Channel, NoReceiver, numbers
from alerts.notices import Notice
from alerts.outbox import Outbox
from streams.clock import ManualClock
from streams.errors import HuiyingError, Refused, Unavailable

NOTICE = Notice(
    id="n1", alert="a1", channel="wecom", kind="opened", state="pending", at=1, subject="新预警", lines=("一",)
)


class Robot(Channel):
    """A channel of so many pieces that answers as it was told, and then takes everything."""

    name = "wecom"
    per_minute = 0

    def __init__(self, *pieces: str, per_minute: int = 0) -> None:
        self.keys, self.per_minute = pieces, per_minute
        self.answers: deque[HuiyingError | None] = deque()
        self.got: list[str] = []

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        del notice
        return self.keys

    async def send(self, notice: Notice, piece: str) -> None:
        answer = self.answers.popleft() if self.answers else None
        if answer:
            raise answer
        self.got.append(f"{notice.id} {piece}" if notice.id != "n1" else piece)


class Office:
    """An outbox in memory with one robot, on a manual clock."""

    def __init__(self, robot: Robot) -> None:
        self.clock, self.robot, self.notices = ManualClock(MONDAY), robot, MemoryNotices()
        self.outbox = Outbox(self.notices, [robot], wall=self.clock)

    async def passes(self, seconds: float) -> None:
        self.clock.time += timedelta(seconds=seconds)
        await self.outbox.deliver("wecom", self.clock)

    async def is_now(self) -> Notice:
        found = await self.notices.get("n1")
        assert found is not None
        return found


async def office(robot: Robot) -> Office:
    made = Office(robot)
    await made.outbox.add([NOTICE])
    return made


async def test_a_second_part_that_failed_is_tried_again_without_the_first() -> None:
    robot = Robot(*numbers(3))
    robot.answers.extend([None, Unavailable("away")])
    one = await office(robot)
    await one.passes(0)
    assert (robot.got, (await one.is_now()).state, (await one.is_now()).done) == (["1/3"], "pending", ("1/3",))
    await one.passes(10)
    assert (robot.got, (await one.is_now()).state) == (["1/3", "2/3", "3/3"], "sent")


async def test_a_sender_that_dies_between_two_parts_leaves_the_first_remembered() -> None:
    robot = Robot(*numbers(3))
    one = await office(robot)
    one.notices.writes_left = 2  # taken, and the first part; the second part's delivery is not stored
    with pytest.raises(Unavailable):
        await one.passes(0)
    one.notices.writes_left = -1
    await one.passes(61)
    assert robot.got == ["1/3", "2/3", "2/3", "3/3"]
    assert (await one.is_now()).state == "sent"


async def test_parts_count_for_the_rate_and_not_notices() -> None:
    robot = Robot(*numbers(3), per_minute=4)
    one = await office(robot)
    await one.outbox.add([msgspec.structs.replace(NOTICE, id="n2", at=2)])
    await one.passes(0)
    assert robot.got == ["1/3", "2/3", "3/3", "n2 1/3"]
    await one.passes(59)
    assert len(robot.got) == 4
    await one.passes(2)
    assert robot.got[4:] == ["n2 2/3", "n2 3/3"]
    second = await one.notices.get("n2")
    assert second is not None
    assert (second.state, second.tries) == ("sent", 1)


async def test_a_notice_of_more_parts_than_a_minute_takes_goes_out_over_minutes() -> None:
    robot = Robot(*numbers(5), per_minute=2)
    one = await office(robot)
    for _ in range(4):
        await one.passes(61)
    assert robot.got == list(numbers(5))
    assert (await one.is_now()).state == "sent"


async def test_a_receiver_that_is_none_keeps_nobody_else_from_being_told() -> None:
    robot = Robot("a@example.org", "b@example.org", "c@example.org")
    robot.answers.extend([None, NoReceiver("550")])
    one = await office(robot)
    await one.passes(0)
    now = await one.is_now()
    assert robot.got == ["a@example.org", "c@example.org"]
    assert (now.state, now.refused, now.error) == ("sent", ("b@example.org",), "1 of 3 receivers: 550")


async def test_a_notice_none_of_whose_receivers_is_one_has_failed() -> None:
    robot = Robot("a@example.org")
    robot.answers.extend([NoReceiver("550")])
    one = await office(robot)
    await one.passes(0)
    assert ((await one.is_now()).state, (await one.is_now()).error) == ("failed", "550")


async def test_a_part_that_is_refused_fails_the_whole_for_it_is_not_told() -> None:
    robot = Robot(*numbers(2))
    robot.answers.extend([None, Refused("40058")])
    one = await office(robot)
    await one.passes(0)
    assert (await one.is_now()).state == "failed"


async def test_a_channel_over_its_rate_rests_with_all_its_notices() -> None:
    robot = Robot("1/1")
    robot.answers.append(Busy("45009", rest=60))
    one = await office(robot)
    await one.outbox.add([msgspec.structs.replace(NOTICE, id="n2", at=2)])
    await one.passes(0)
    await one.passes(59)
    assert robot.got == []
    await one.passes(2)
    assert sorted(robot.got) == ["1/1", "n2 1/1"]


@given(st.lists(st.sampled_from(["ok", "later", "busy"]), max_size=14), st.integers(1, 5), st.sampled_from([0, 1, 3]))
async def test_whatever_the_course_no_part_goes_twice_and_all_go_or_it_failed(
    course: list[str], count: int, per_minute: int
) -> None:
    robot = Robot(*numbers(count), per_minute=per_minute)
    said = {"ok": None, "later": Unavailable("away"), "busy": Busy("45009", rest=60)}
    robot.answers.extend(said[one] for one in course)
    one = await office(robot)
    for _ in range(60):
        await one.passes(61)
    now = await one.is_now()
    assert robot.got == list(numbers(count))[: len(robot.got)]
    assert now.state == ("sent" if len(robot.got) == count else "failed")
    assert now.tries <= one.outbox.tries


def test_the_index_has_a_field_for_all_that_a_notice_holds() -> None:
    folder = Path(__file__).parents[3] / "deploy" / "index_templates"
    mapped = json.loads((folder / "notices.json").read_text("utf-8"))["mappings"]["properties"]
    assert set(Notice.__struct_fields__) == set(mapped)


def chain(*robots: Robot, fallback: tuple[str, ...]) -> Outbox:
    """Return an outbox over robots on a clock that stands."""
    return Outbox(MemoryNotices(), robots, wall=ManualClock(MONDAY), fallback=fallback, tries=1)


def named(name: str, *answers: HuiyingError) -> Robot:
    """Return a robot with another name."""
    robot = Robot("1/1")
    robot.name = name
    robot.answers.extend(answers)
    return robot


async def rounds(outbox: Outbox) -> Notice:
    """Let every channel deliver, often enough for a chain."""
    for _ in range(4):
        for name in outbox.every:
            await outbox.deliver(name, outbox.wall)
    found = await outbox.notices.get("n1")
    assert found is not None
    return found


async def test_a_notice_that_fails_goes_by_the_next_channel_and_says_so() -> None:
    wecom, sms = named("wecom", Refused("93000")), named("sms")
    outbox = chain(wecom, sms, fallback=("sms",))
    assert (outbox.names, outbox.every) == (("wecom",), ("wecom", "sms"))
    await outbox.add([NOTICE])
    now = await rounds(outbox)
    assert (now.state, now.channel, now.via, now.gave_up, now.error) == ("sent", "wecom", "sms", ("wecom",), "93000")
    assert (wecom.got, sms.got) == ([], ["1/1"])


async def test_the_chain_goes_forward_only_and_ends_in_a_failure_that_is_seen() -> None:
    robots = [named(name, Unavailable(name), Unavailable(name)) for name in ("wecom", "sms", "email")]
    outbox = chain(*robots, fallback=("sms", "email"))
    await outbox.add([NOTICE])
    now = await rounds(outbox)
    assert (now.state, now.gave_up) == ("failed", ("wecom", "sms", "email"))
    assert [len(robot.answers) for robot in robots] == [1, 1, 1]


async def test_a_channel_that_gets_the_notice_anyway_takes_nobodys_place() -> None:
    wecom, email = named("wecom", Refused("93000")), named("email")
    outbox = Outbox(
        MemoryNotices(), [wecom, email], wall=ManualClock(MONDAY), fallback=("email",), names=("wecom", "email")
    )
    await outbox.add([NOTICE])
    assert (await rounds(outbox)).state == "failed"
    assert email.got == []


async def test_the_next_channel_starts_with_its_own_pieces_and_tries() -> None:
    wecom, email = named("wecom", Unavailable("away")), named("email")
    wecom.keys = numbers(2)
    wecom.answers.appendleft(None)
    email.keys = ("1/2", "2/2")
    outbox = chain(wecom, email, fallback=("email",))
    await outbox.add([NOTICE])
    assert (await rounds(outbox)).state == "sent"
    assert (wecom.got, email.got) == (["1/2"], ["1/2", "2/2"])


async def test_a_notice_of_a_channel_that_is_gone_goes_by_its_fallback() -> None:
    sms = named("sms")
    outbox = chain(sms, fallback=("sms",))
    await outbox.add([NOTICE])
    assert await outbox.abandon() == 1
    assert (await rounds(outbox)).via == "sms"
