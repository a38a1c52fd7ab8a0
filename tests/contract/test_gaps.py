"""Gaps of sources on a real Elasticsearch: opened once, ended at the first post after, found by the time they touch."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from alerts.gaps import Gap, GapsSeen, SourceHealth, gaps_of, overlapping, words
from deploy.templates import FOLDER
from streams.clock import ms
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import GAPS, PAGES, monthly

pytestmark = pytest.mark.engines
HOUR = 3_600_000
NOON = ms(datetime(2026, 5, 13, 4, 0, tzinfo=UTC))


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as elastic:
        await elastic.install({n: json.loads((FOLDER / f"{n}.json").read_text("utf-8")) for n in ("pages", "gaps")})
        yield elastic


async def arrive(elastic: Elastic, source: str, at: int, count: int, topic: str = "posts.live") -> None:
    doc = {"source": source, "topic": topic, "received": count, "stored": count, "repeated": 0, "rejected": 0,
           "late": 0, "at": at}  # fmt: skip
    [outcome] = await elastic.bulk([Op(index=monthly(PAGES, at), id=f"{topic}-{source}-{at}", doc=doc)])
    assert outcome.ok


async def test_a_cut_line_opens_one_gap_that_ends_with_the_next_post(elastic: Elastic) -> None:
    for hour in range(24 * 10, 3, -1):
        await arrive(elastic, "wechat", NOON - hour * HOUR, 8)
    for hour in range(24 * 10, -1, -1):
        await arrive(elastic, "portal", NOON - hour * HOUR, 8)
    await arrive(elastic, "wechat", NOON - HOUR, 500, topic="posts.backfill")  # a backfill is no sign of life
    await elastic.refresh("pages-*")
    health = SourceHealth(elastic, patience=6 * HOUR)
    [gap] = await health.look(NOON)
    assert (gap.source, gap.since, gap.until) == ("wechat", NOON - 4 * HOUR, 0)
    assert 25 < gap.missing < 40
    assert await health.look(NOON) == []
    assert await health.look(NOON + HOUR) != []  # still lasting: what is missing has grown
    assert gaps_of(await elastic.search(GAPS.name, overlapping(NOON - 2 * HOUR, NOON)))[0].id == gap.id
    seen = GapsSeen(elastic)
    assert await seen.over(NOON - 2 * HOUR, NOON) == ("微信05月13日 08:00起没有来件",)
    assert await seen.over(NOON - 2 * HOUR, NOON, "wechat") != ()
    assert await seen.over(NOON - 2 * HOUR, NOON, "portal") == ()
    assert gaps_of(await elastic.search(GAPS.name, overlapping(NOON - 9 * HOUR, NOON - 5 * HOUR))) == []
    await arrive(elastic, "wechat", NOON + 2 * HOUR, 3)
    await arrive(elastic, "portal", NOON + 2 * HOUR, 3)
    await elastic.refresh("pages-*")
    [ended] = [each for each in await health.look(NOON + 2 * HOUR) if each.source == "wechat"]
    assert (ended.id, ended.until) == (gap.id, NOON + 2 * HOUR)
    assert "微信 05月13日08:00至05月13日14:00没有收到内容" in words(ended)
    later = GapsSeen(elastic)
    assert await later.over(NOON, NOON + 3 * HOUR, "wechat") == ("微信05月13日 08:00至05月13日 14:00没有来件",)
    assert await later.over(NOON + 2 * HOUR, NOON + 3 * HOUR, "wechat") == ()


def test_a_gap_that_lasts_says_so() -> None:
    gap = Gap(id="x", source="weibo", since=NOON, until=0, missing=12.4, found_at=NOON + HOUR)
    assert words(gap) == "微博 05月13日12:00至现在没有收到内容，平时约12条"
