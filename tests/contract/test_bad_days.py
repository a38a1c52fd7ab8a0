"""Every notice ends in delivered, delivered by fallback, or a failure that is seen, whatever the receivers do.

The doubles are real servers: they answer HTTP 200 with a code, take all and say nothing, cut the connection, are slow.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from city import MONDAY
from receivers import Answer, Hook, cut, robot, says

from alerts.books import alert_books
from alerts.channel_health import AGAIN_MS, Guard, alarm, silent
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.notices import Notice
from alerts.outbox import Outbox
from alerts.store import AlertStore, NoticeStore, Watched
from deploy.templates import FOLDER
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings
from streams.topics import CHECKPOINTS

pytestmark = pytest.mark.engines


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    """An empty Elasticsearch."""
    async with Elastic(elastic_settings) as elastic:
        names = ("alerts", "notices", "checkpoints")
        await elastic.install({name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in names})
        yield elastic


@pytest.fixture
def hooks() -> Iterator[tuple[Hook, Hook]]:
    """A robot on a bad day, and a receiver that takes its place."""
    pair = Hook(), Hook(answers=[says("", 204)])
    yield pair
    for hook in pair:
        hook.stop()


def slow(handler: Any, body: dict[str, Any]) -> None:
    """Answer after a while, well within the time that is waited."""
    time.sleep(0.2)
    robot(0)(handler, body)


def notices(count: int) -> list[Notice]:
    """Return so many notices for the robot."""
    at = ms(MONDAY)
    return [
        Notice(id=f"n{n}", alert=f"a{n}", channel="wecom", kind="opened", state="pending", at=at + n,
               subject=f"第{n}条", lines=(f"内容{n}",))
        for n in range(count)
    ]  # fmt: skip


async def course(elastic: Elastic, hooks: tuple[Hook, Hook], answers: list[Answer], *, fallback: bool) -> Outbox:
    """Play a day on which the robot answers like this (the last for ever), until nothing waits any more."""
    bad, other = hooks
    bad.answers = answers
    clock = ManualClock(MONDAY)
    channels = [WeCom(bad.url, seconds=0.5), *([Webhook(other.url)] if fallback else [])]
    chain = ("webhook",) if fallback else ()
    outbox = Outbox(NoticeStore(elastic), channels, tries=3, wall=clock, fallback=chain)
    await outbox.add(notices(3))
    for _ in range(40):
        for name in outbox.every:
            await outbox.deliver(name, clock)
        if (await alert_books(elastic)).notices.pending == 0:
            break
        clock.time += timedelta(seconds=61)
    return outbox


HANG = "hang"
BAD: dict[str, list[Answer | str]] = {
    "over its rate for ever": [robot(45009)],
    "a bad parameter": [robot(40058)],
    "taken, and silent": [HANG],
    "cut for ever": [cut],
}
PASSING: dict[str, list[Answer | str]] = {
    "over its rate for a while": [robot(45009), robot(0)],
    "taken once, and silent": [HANG, robot(0)],
    "cut once": [cut, robot(0)],
    "slow": [slow],
}


def given(hooks: tuple[Hook, Hook], answers: list[Answer | str]) -> list[Answer]:
    return [hooks[0].hang if isinstance(one, str) else one for one in answers]


@pytest.mark.parametrize("name", BAD)
async def test_a_robot_that_takes_nothing_is_stood_in_for_and_the_books_say_so(
    elastic: Elastic, hooks: tuple[Hook, Hook], name: str
) -> None:
    await course(elastic, hooks, given(hooks, BAD[name]), fallback=True)
    books = (await alert_books(elastic)).notices
    assert (books.told, books.by_fallback, books.delivered, books.failed, books.pending) == (3, 3, 0, 0, 0)
    assert books.balanced
    assert sorted(body["id"] for body in hooks[1].received) == ["n0", "n1", "n2"]
    first = await NoticeStore(elastic).get("n0")
    assert first is not None
    assert (first.state, first.via, first.gave_up) == ("sent", "webhook", ("wecom",))


@pytest.mark.parametrize("name", BAD)
async def test_without_a_fallback_it_fails_with_its_reason_in_sight(
    elastic: Elastic, hooks: tuple[Hook, Hook], name: str
) -> None:
    await course(elastic, hooks, given(hooks, BAD[name]), fallback=False)
    books = (await alert_books(elastic)).notices
    assert (books.told, books.failed, books.pending) == (3, 3, 0)
    assert books.balanced
    first = await NoticeStore(elastic).get("n0")
    assert first is not None
    assert first.error


@pytest.mark.parametrize("name", PASSING)
async def test_a_robot_whose_trouble_passes_delivers_all_by_itself(
    elastic: Elastic, hooks: tuple[Hook, Hook], name: str
) -> None:
    await course(elastic, hooks, given(hooks, PASSING[name]), fallback=True)
    books = (await alert_books(elastic)).notices
    assert (books.told, books.delivered, books.by_fallback, books.failed, books.pending) == (3, 3, 0, 0, 0)
    texts = {body["markdown"]["content"] for body in hooks[0].received}
    assert texts == {f"**第{n}条**\n内容{n}" for n in range(3)}
    assert hooks[1].received == []


MINUTE = 60_000


async def test_a_channel_that_delivers_nothing_is_told_of_by_the_others_until_it_delivers(
    elastic: Elastic, hooks: tuple[Hook, Hook]
) -> None:
    bad, other = hooks
    bad.answers = [robot(93000)]
    clock = ManualClock(MONDAY)
    outbox = Outbox(NoticeStore(elastic), [WeCom(bad.url), Webhook(other.url)], tries=3, wall=clock)
    guard = Guard(elastic, outbox, patience=10 * MINUTE)
    await outbox.add(notices(2))
    assert await guard.look(ms(clock.now())) == []  # nothing is late yet
    await outbox.deliver("wecom", clock)
    for _ in range(2):
        (found,) = await guard.look(ms(clock.now()))
        assert (found.channel, found.owed) == ("wecom", 2)
    await outbox.deliver("webhook", clock)
    (told,) = [body for body in other.received if body["kind"] == "channel_silent"]
    assert told["subject"] == "【系统】企业微信群机器人发不出通知"
    assert "93000" in told["text"]
    bad.answers = [robot(0)]
    clock.time += timedelta(minutes=1)
    await outbox.add([Notice(id="n9", alert="a9", channel="wecom", kind="opened", state="pending",
                             at=ms(clock.now()), subject="又一条", lines=())])  # fmt: skip
    await outbox.deliver("wecom", clock)
    assert await guard.look(ms(clock.now())) == []


async def test_a_notice_that_nobody_sends_is_missed_after_a_while(elastic: Elastic, hooks: tuple[Hook, Hook]) -> None:
    outbox = Outbox(NoticeStore(elastic), [WeCom(hooks[0].url)])
    await outbox.add(notices(1))
    assert await silent(elastic, outbox.every, ms(MONDAY) + 9 * MINUTE, 10 * MINUTE) == []
    (found,) = await silent(elastic, outbox.every, ms(MONDAY) + 11 * MINUTE, 10 * MINUTE)
    assert (found.channel, found.since) == ("wecom", ms(MONDAY))
    ids = [alarm(found, ["email"], ms(MONDAY) + after)[0].id for after in (0, MINUTE, AGAIN_MS)]
    assert ids[0] == ids[1] != ids[2]


async def test_a_watcher_that_stands_still_is_told_and_its_notices_are_sent_for_it(
    elastic: Elastic, hooks: tuple[Hook, Hook]
) -> None:
    clock = ManualClock(MONDAY)
    outbox = Outbox(NoticeStore(elastic), [WeCom(hooks[0].url)], wall=clock)
    guard = Guard(elastic, outbox, patience=10 * MINUTE)
    assert not await guard.watch_watcher(clock)  # none ever ran
    await AlertStore(elastic).watch(Watched(since=ms(MONDAY), until=ms(MONDAY)))
    await elastic.refresh(CHECKPOINTS.name)
    await outbox.add(notices(1))
    assert not await guard.watch_watcher(clock)
    assert hooks[0].received == []
    clock.time += timedelta(minutes=6)
    for _ in range(2):
        assert await guard.watch_watcher(clock)
    texts = [body["markdown"]["content"] for body in hooks[0].received]
    assert [text.split("\n")[0] for text in texts] == ["**第0条**", "**【系统】规则巡查已停止，不会产生预警**"]
