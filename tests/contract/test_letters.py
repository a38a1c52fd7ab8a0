"""Dead letters on the real engines: shown masked, mended, replayed once, and held past a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from stream import Chain, templates, until

from streams import hold, letters
from streams.codec import encode_page
from streams.elastic import Elastic
from streams.records import Page, Post
from streams.settings import ElasticSettings, KafkaSettings

pytestmark = pytest.mark.engines
PAST = 1_700_000_000_000
NOW = 1_780_000_000_000
FUTURE = 86_400_000


@pytest.fixture
def chain(kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(replace(kafka_settings, kafka_partitions=1), elastic_settings, tmp_path)
    chain.prepare()
    yield chain
    chain.stop()


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        yield elastic


def raw(native_id: str, **fields: Any) -> dict[str, Any]:
    item = {"source": "portal", "native_id": native_id, "posted_at": PAST, "text": "庄浪县路灯不亮，电话13800138000"}
    return {name: value for name, value in (item | fields).items() if value is not None}


def page(*items: dict[str, Any]) -> bytes:
    import json

    return json.dumps({"v": 1, "source": "portal", "posts": items}, ensure_ascii=False).encode()


async def open_letters(elastic: Elastic) -> list[Any]:
    await elastic.refresh("rejected-*")
    return [each async for each in letters.find(elastic, letters.query())]


def test_a_letter_is_shown_masked_mended_replayed_once_and_its_post_stored(chain: Chain) -> None:
    chain.work()
    chain.send(page(raw("1"), raw("2", posted_at="昨天", author="王五"), raw("3", posted_at=0)))
    assert chain.settled(3).total.rejected == 2

    async def mend() -> None:
        async with Elastic(chain.elastic) as elastic:
            found = await open_letters(elastic)
            assert {one.letter.reason for one, _ in found} == {"field_type", "too_old"}
            wrong = [each for each in found if each[0].letter.reason == "field_type"]
            content = await letters.content(chain.kafka, wrong[0][0].letter)
            assert content.fields["text"] == "庄浪县路灯不亮，电话〔电话〕"
            assert "author" not in content.fields
            given: dict[str, Any] = {"by": "值班员", "now_ms": NOW, "future_ms": FUTURE}
            plain = await letters.replay(elastic, chain.kafka, wrong, changes={}, **given)
            assert (plain.sent, len(plain.failed)) == (0, 1)
            changes = {"posted_at": str(PAST)}
            dry = await letters.replay(elastic, chain.kafka, wrong, changes=changes, dry=True, **given)
            assert dry.sent == 1
            sent = await letters.replay(elastic, chain.kafka, wrong, changes=changes, **given)
            assert (sent.sent, sent.failed) == (1, ())
            assert [one.letter.reason for one, _ in await open_letters(elastic)] == ["too_old"]
            again = await letters.one(elastic, wrong[0][0].letter.id)
            assert again is not None
            assert (again[0].state, again[0].by) == ("replayed", "值班员")
            assert (await letters.replay(elastic, chain.kafka, [again], changes=changes, **given)).sent == 0

    asyncio.run(mend())
    after = chain.settled(4)
    assert (after.total.stored, after.total.rejected, after.balanced) == (2, 2, True)


def test_a_letter_whose_message_comes_again_keeps_what_was_done_about_it(chain: Chain) -> None:
    chain.work()
    bad = page(raw("9", text=""))
    chain.send(bad)
    chain.settled(1)

    async def dismiss() -> None:
        async with Elastic(chain.elastic) as elastic:
            found = await open_letters(elastic)
            await letters.mark(elastic, [doc for _, doc in found], "dismissed", by="甲", note="测试", now_ms=NOW)

    asyncio.run(dismiss())
    chain.send(bad)
    assert chain.settled(2).balanced

    async def left() -> int:
        async with Elastic(chain.elastic) as elastic:
            return len(await open_letters(elastic))

    assert asyncio.run(left()) == 0


def test_past_the_limit_the_worker_holds_loses_nothing_and_goes_on_when_a_person_says_so(chain: Chain) -> None:
    chain.limit = 50
    chain.work()
    chain.send(page(*(raw(f"good-{n}") for n in range(5))))
    chain.send(*(page(*(raw(f"bad-{m}-{n}", posted_at=0) for n in range(20))) for m in range(5)))
    chain.send(page(*(raw(f"last-{n}") for n in range(5))))
    until(lambda: chain.said("more than 50 dead letters within a minute"), 40, "a word about the hold")
    held = chain.books()
    assert held.waiting > 0
    assert held.total.rejected <= 50

    async def resume() -> hold.Hold | None:
        async with Elastic(chain.elastic) as elastic:
            assert await hold.read(elastic) is not None
            from streams.clock import SystemClock, ms

            return await hold.resume(elastic, ms(SystemClock().now()))

    assert asyncio.run(resume()) is not None
    after = chain.settled(110)
    assert (after.total.stored, after.total.rejected, after.balanced) == (10, 100, True)


def test_items_that_their_source_could_not_read_hold_nothing() -> None:
    limit = hold.Limit(5)
    assert not limit.exceeded("a", 0, 0)
    assert not limit.exceeded("b", 5, 0)
    assert not limit.exceeded("b", 5, 10)
    assert limit.exceeded("c", 1, 59_999)
    assert not limit.exceeded("c", 1, 60_000)


async def test_a_message_that_kafka_has_no_more_says_so(kafka_settings: KafkaSettings) -> None:
    from deploy.init import make_topics

    make_topics(kafka_settings)
    found = await asyncio.to_thread(letters.reread, kafka_settings, ["posts.live-0-99#1", "posts.gone-0-1"])
    assert set(found.values()) == {None}


def test_a_page_of_posts_is_taken_apart_by_index() -> None:
    data = encode_page(Page(source="portal", posts=(Post(source="portal", native_id="1", posted_at=PAST, text="x"),)))
    assert letters.item_of(data, 0)["native_id"] == "1"
