"""What a search costs at the console with many stored posts, beside the plain Elasticsearch query of the same words.

python tests/bench/bench_search.py [--posts 1000000] [--users 50]

The console is the real one (guard, session, record of the look, facets, chart, reasons, page), asked in its own process
without a network; the plain query asks for the same page of texts and nothing else. First one after the other, in
turns; then by so many users, each of whom asks, waits for the answer, reads for a while, and asks again; and at last by
as many who never read, which shows the most that this machine answers.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above
from bench_ticks import NOW, opinions  # noqa: E402
from console_fakes import ready  # noqa: E402
from opinions import signed_in  # noqa: E402

from alerts.console import opinion_query as search  # noqa: E402
from alerts.console.language import normal  # noqa: E402
from streams.clock import ManualClock, from_ms  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import OPINIONS, pattern  # noqa: E402

PLACES = ("静宁县城关镇", "庄浪县水洛街道", "泾川县城关镇", "崇信县锦屏镇", "华亭市东华街道", "灵台县中台镇")
THINGS = (
    "停水三天没有通知", "路灯不亮", "垃圾没有清运", "暖气不热", "拖欠工资", "公交班次太少", "噪声扰民", "井盖丢失",
    "物业费没有公示", "医保缴费时间不清楚", "学校门口堵车", "河水发臭",
)  # fmt: skip
WISHES = ("请尽快处理", "什么时候恢复", "希望给个答复", "已经反映过两次", "谢谢")
ASKED = {
    "the last 7 days": "span=7d",
    "a word, 7 days": "q=停水&span=7d",
    "a word, a whole year": "q=停水&span=all",
    "与或非, a whole year": "q=（停水 或 路灯）静宁县 -谢谢&span=all",
    "filters, a whole year": "topic=城乡建设&county=620826&span=all",
    "by relevance, a year": "q=停水 答复&span=all&sort=best",
}
ROUNDS = 15
READ = 10.0
"""Seconds that a user looks at a page of thirty texts before he asks for the next; quick for a person."""


def posts(count: int) -> Iterator[Op]:
    """Return invented opinions with texts that differ."""
    chance = random.Random(5)
    for op in opinions(count):
        text = f"{chance.choice(PLACES)}第{chance.randrange(900)}号{chance.choice(THINGS)}，{chance.choice(WISHES)}。"
        yield Op(index=op.index, id=op.id, doc={**op.doc, "text": text, "normal": text, "likes": chance.randrange(9)})


async def fill(elastic: Elastic, count: int) -> None:
    """Store so many, two requests under way."""
    left = posts(count)

    async def feed() -> None:
        while ops := list(itertools.islice(left, 2000)):
            await elastic.bulk(ops)

    await asyncio.gather(feed(), feed())
    await elastic.refresh("opinions-*")


async def timed(ask: Any) -> float:
    """Return the seconds that something takes."""
    start = time.monotonic()
    await ask
    return time.monotonic() - start


async def measured(address: str, count: int, users: int) -> None:
    """Fill, ask in turns, ask all at once; print."""
    settings = ElasticSettings(elasticsearch=address, elasticsearch_prefix=f"bench{secrets.token_hex(4)}-")
    async with ready(settings) as elastic:
        try:
            taken = await timed(fill(elastic, count))
            print(f"{count:,} posts stored in {taken:.0f} s", flush=True)
            clock = ManualClock(from_ms(NOW))
            async with signed_in(elastic, clock=clock) as (client, _):
                await table(elastic, client)
                await crowd(client, users, READ)
                await crowd(client, users, 0)
        finally:
            for name in ("opinions-*", "history", "users", "sessions"):
                await elastic.drop(name)


async def table(elastic: Elastic, client: Any) -> None:
    """Ask each search in turns with its plain query."""
    print(f"{'search':28}{'page, median ms':>16}{'worst':>8}{'plain query':>13}{'ratio':>7}")
    for title, query in ASKED.items():
        ask = search.read(dict(pair.split("=") for pair in query.split("&")), from_ms(NOW))
        plain = {
            "query": search.query(ask, normal), "size": search.PER_PAGE, "sort": search.ORDERS[ask.sort],
            "track_total_hits": True, "_source": search.SHOWN,
        }  # fmt: skip
        pages, bare = [], []
        for _ in range(ROUNDS):
            answer = client.get(f"/opinions?{query}")
            pages.append(await timed(answer))
            bare.append(await timed(elastic.search(pattern(OPINIONS), plain)))
        middle, plainly = statistics.median(pages), statistics.median(bare)
        print(f"{title:28}{middle * 1e3:16.0f}{max(pages) * 1e3:8.0f}{plainly * 1e3:13.0f}{middle / plainly:7.1f}")


async def crowd(client: Any, users: int, read: float) -> None:
    """Let so many users ask, each one search after the other with so many seconds between, not all in step."""
    taken: list[float] = []

    async def user(number: int) -> None:
        queries = list(ASKED.values())
        await asyncio.sleep(read * number / users)
        for query in queries[number % len(queries) :] + queries[: number % len(queries)]:
            seconds = await timed(client.get(f"/opinions?{query}"))
            taken.append(seconds)
            await asyncio.sleep(read)

    start = time.monotonic()
    await asyncio.gather(*(user(number) for number in range(users)))
    whole = time.monotonic() - start
    middle, late = statistics.median(taken), sorted(taken)[int(len(taken) * 0.95)]
    times = f"median {middle * 1e3:.0f} ms, 95 % {late * 1e3:.0f} ms"
    print(f"{users} users who read for {read:.0f} s: {len(taken) / whole:.1f} pages/s, {times}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=50)
    args = parser.parse_args()
    with engines() as (_, address):
        asyncio.run(measured(address, args.posts, args.users))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
