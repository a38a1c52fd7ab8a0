"""舆情 on a real Elasticsearch: what is typed finds what people mean, in the order and with the counts they ask for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from console_fakes import NOW, ready
from ledger_items import ACCEPT, ANSWER, ASSIGN, TABLE, after
from ledger_items import opinion as message
from msgspec.structs import replace
from opinions import opinion, signed_in

from alerts.answered import AnswerFollower
from alerts.history import History
from alerts.ledger import Item
from alerts.ledger_intake import new_item
from alerts.ledgers import document
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
TEXTS: list[tuple[str, dict[str, Any]]] = [
    ("静宁县西关街停水三天", {"likes": 3, "subtopic": "供水"}),
    ("庄浪县南湖镇断水，学校没水喝", {"county": "620825", "source": "board", "urgent": True, "likes": 9}),
    ("停水演习通知收到", {"topic": "其他", "intent": "thanks"}),
    ("医院停水 三天了", {"danger": True, "urgent": True, "source": "hotline"}),
    ("水停在路面上", {}),
    ("路灯不亮", {"topic": "交通运输", "event_key": "路灯"}),
]


@asynccontextmanager
async def city(settings: ElasticSettings) -> AsyncIterator[tuple[httpx.AsyncClient, Elastic]]:
    """Yield a signed-in browser on a city with these texts."""
    async with ready(settings) as elastic:
        ops = [opinion(n, text, **more) for n, (text, more) in enumerate(TEXTS)]
        assert all(outcome.ok for outcome in await elastic.bulk(ops))
        await elastic.refresh("opinions-*")
        async with signed_in(elastic) as (client, _):
            yield client, elastic


def shown(page: str) -> Iterator[str]:
    """Yield the texts of a page in order, without marks."""
    for words in re.findall(r'<p class="words">(.*?)</p>', page, re.DOTALL):
        yield re.sub(r"<[^>]+>", "", words)


ASKED = {
    "停水": {0, 2, 3},
    "停水 三天": {0, 3},
    "停水三天": {0, 3},  # the index has one token a character: a space in a text separates nothing
    "停水 或 断水": {0, 1, 2, 3},
    "停水 -演习": {0, 3},
    "（停水 或 断水） （学校 或 医院）": {1, 3},
    "非 （停水 或 断水） 水": {4},
    "*": {0, 1, 2, 3, 4, 5},
    "text:停水*": set(),
}


@pytest.mark.parametrize("typed", ASKED)
async def test_words_with_and_or_not_find_what_people_mean(elastic_settings: ElasticSettings, typed: str) -> None:
    async with city(elastic_settings) as (client, _):
        answer = await client.get("/opinions", params={"q": typed, "span": "all"})
        assert {n for n, (text, _) in enumerate(TEXTS) if text in set(shown(answer.text))} == ASKED[typed]


async def test_every_filter_narrows_by_what_it_says(elastic_settings: ElasticSettings) -> None:
    wanted = {
        "topic=其他": [2], "county=620825": [1], "source=hotline": [3], "intent=thanks": [2], "urgent=1": [1, 3],
        "urgent=danger": [3], "event=路灯": [5], "topic=城乡建设&subtopic=供水": [0], "q=停水&source=hotline": [3],
    }  # fmt: skip
    async with city(elastic_settings) as (client, _):
        for query, numbers in wanted.items():
            page = (await client.get(f"/opinions?span=all&{query}")).text
            assert sorted(shown(page)) == sorted(TEXTS[n][0] for n in numbers), query


async def test_texts_stand_in_the_order_that_is_asked_for(elastic_settings: ElasticSettings) -> None:
    firsts = {"new": 5, "old": 0, "likes": 1}
    async with city(elastic_settings) as (client, _):
        for order, number in firsts.items():
            page = (await client.get(f"/opinions?span=all&sort={order}")).text
            assert next(shown(page)) == TEXTS[number][0], order
        best = list(shown((await client.get("/opinions?span=all&q=三天 或 停水&sort=best")).text))
        assert {best[0], best[1]} == {TEXTS[0][0], TEXTS[3][0]}, "both words weigh more than one"


async def test_a_facet_counts_what_its_own_choice_would_find(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (client, _):
        page = (await client.get("/opinions?span=all&q=停水 或 断水&source=board")).text
        assert "<b>1</b> 条" in page
        sources = page[page.index("<h2>来源</h2>") : page.index("<h2>诉求</h2>")]
        assert [int(count) for count in re.findall(r'class="count">(\d+)', sources)] == [2, 1, 1]
        assert "紧急 1" in page
        assert "涉及人身安全" in page


async def test_personal_data_in_a_search_is_neither_asked_nor_written_down(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (client, elastic):
        page = (await client.get("/opinions", params={"q": "停水 13900000000", "span": "all"})).text
        assert "检索词中的个人信息已去除" in page
        assert "13900000000" not in page
        assert len(list(shown(page))) == 3
        looks = await History(elastic).latest(kind="opinions.view")
        assert looks[0].data["query"]["q"] == "停水"


HOUR = 3_600_000
FACET = re.compile(r'<span class="name">(?:其中：)?((?:逾期)?未答复|已答复)</span><span class="count">(\d+)</span>')


def item_of(number: int, **changed: Any) -> Item:
    """Return the item of a text of the city, received an hour before now."""
    received = ms(NOW) - HOUR
    one = message(opinion(number, "").id, received_at=received, posted_at=received)
    return replace(new_item(one, TABLE, received, "静宁县"), **changed)


async def keep(elastic: Elastic, *items: Item) -> None:
    for one in items:
        await elastic.put("ledger", one.id, document(one), refresh=True)


async def followed(follower: AnswerFollower, elastic: Elastic, clock: ManualClock) -> int:
    changed = await follower.follow(clock)
    await elastic.refresh("opinions-*")
    return changed


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def numbers(page: str) -> list[int]:
    return sorted(n for n, (text, _) in enumerate(TEXTS) if text in set(shown(page)))


async def test_what_is_answered_is_found_as_the_ledger_says(elastic_settings: ElasticSettings) -> None:
    """0 waits, 1 is overdue, 2 is answered, 3 needs no handling, 4 stands still, 5 is no item."""
    clock = ManualClock(NOW)
    answered = after(item_of(2), [ASSIGN, ACCEPT, ANSWER])
    overdue = item_of(1, due=ms(NOW) - 1)
    paused = item_of(4, due=ms(NOW) - 1, pauses=({"reason": "等待鉴定", "since": 1, "until": 0},))
    paused = msgspec.convert(msgspec.to_builtins(paused), Item)
    async with city(elastic_settings) as (client, elastic):
        follower = AnswerFollower(elastic)
        await keep(elastic, item_of(0), overdue, answered, item_of(3, state="dismissed"), paused)
        assert await followed(follower, elastic, clock) == 5
        assert await followed(AnswerFollower(elastic), elastic, clock) == 0, "once more changes nothing"
        wanted = {"waiting": [0, 1, 4], "overdue": [1], "answered": [2], "": [*range(6)], "else": [*range(6)]}
        for asked, found in wanted.items():
            page = (await client.get("/opinions", params={"span": "all", "answer": asked})).text
            assert numbers(page) == found, asked
            told = {"未答复": "3", "逾期未答复": "1", "已答复": "1"}
            assert dict(FACET.findall(page)) == told, "as if it were not set"
        page = (await client.get("/opinions", params={"span": "all", "answer": "waiting", "q": "停水"})).text
        assert numbers(page) == [0]

        file = await client.get("/opinions/export/jsonl", params={"span": "all", "answer": "overdue"})
        head, row = (msgspec.json.decode(line) for line in file.text.splitlines())
        assert head["export"]["答复与否"] == row["answer"] == "逾期未答复"

        assert (await client.get("/opinions", params={"span": "all"})).text.count('class="chip bad">逾期未答复') == 1
        form = {"name": "逾期的", "answer": "overdue", "span": "all", "csrf": csrf(page)}
        kept = await client.post("/searches", data=form)
        assert kept.headers["location"].endswith("answer=overdue&done=kept")


async def test_a_message_follows_its_item_back_and_forth(elastic_settings: ElasticSettings) -> None:
    clock = ManualClock(NOW)
    async with city(elastic_settings) as (_, elastic):
        follower = AnswerFollower(elastic)

        async def stands(number: int) -> Any:
            (one,) = [f async for f in elastic.scan("opinions-*", {"ids": {"values": [opinion(number, "").id]}})]
            return one.source.get("answer"), one.source.get("answer_due", 0)

        one = item_of(0)
        await keep(elastic, one)
        await followed(follower, elastic, clock)
        assert await stands(0) == ("waiting", one.due)
        clock.forward(hours=30)
        late = replace(one, due=one.due + HOUR, updated_at=ms(clock.now()))
        await keep(elastic, late)
        await followed(follower, elastic, clock)
        assert await stands(0) == ("waiting", late.due), "an extension"
        clock.forward(hours=30)
        # entered with the day it went out, as paper replies are: older than the last look
        done = replace(after(late, [ASSIGN, ACCEPT, ANSWER]), updated_at=one.updated_at)
        await keep(elastic, done)
        await followed(follower, elastic, clock)
        assert await stands(0) == ("answered", 0)
        again = replace(done, state="handling", answered_at=0, updated_at=ms(clock.now()))
        await keep(elastic, again)
        await followed(follower, elastic, clock)
        assert await stands(0) == ("waiting", again.due), "opened again"
        other = replace(item_of(1), opinion_ids=(opinion(1, "").id, opinion(0, "").id), state="answered",
                        updated_at=ms(clock.now()))  # fmt: skip
        await keep(elastic, replace(again, state="merged", merged_into=other.id), other)
        await followed(follower, elastic, clock)
        assert (await stands(0), await stands(1)) == (("answered", 0), ("answered", 0)), "merged"
