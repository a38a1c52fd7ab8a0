"""舆情 on a real Elasticsearch: what is typed finds what people mean, in the order and with the counts they ask for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from console_fakes import ready
from opinions import opinion, signed_in

from alerts.history import History
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
