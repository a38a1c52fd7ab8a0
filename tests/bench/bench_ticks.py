"""What one look of the rules costs at 10,000, 100,000 and 1,000,000 stored posts.

python tests/bench/bench_ticks.py [--most 1000000]

The posts are spread evenly over a year, as a city's are; each size is a full set of indices of its own on the same
Elasticsearch (HUIYING_TEST_ELASTICSEARCH, else one is started). A look is `Service.tick` at a moment when a step of
every rule has just ended and posts have come. The exponent is that of the cost over the number of posts; it must stay
under a half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above

from alerts.counts import ElasticCounts  # noqa: E402
from alerts.outbox import Outbox  # noqa: E402
from alerts.service import Service  # noqa: E402
from alerts.store import AlertStore, NoticeStore  # noqa: E402
from deploy.parts import rulebook  # noqa: E402
from deploy.templates import FOLDER  # noqa: E402
from streams.clock import from_ms  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.records import digest  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import OPINIONS, monthly  # noqa: E402

NOW = 1_780_000_000_000
YEAR = 365 * 86_400_000
LOOKS = 15
TOPICS = ("城乡建设", "交通运输", "教育文体", "卫生计生", "环境保护", "劳动和社会保障", "商贸旅游")
COUNTIES = ("620802", "620821", "620822", "620823", "620881", "620825", "620826", "")
SOURCES = ("weibo", "wechat", "portal", "hotline", "board")


def opinions(count: int) -> Iterator[Op]:
    """Return invented opinions, small as ready documents go, evenly over the year before NOW."""
    chance = random.Random(11)
    words = [f"词语{n}号" for n in range(3000)]
    for n in range(count):
        at = NOW - YEAR + n * YEAR // count
        identity = digest("post", "bench", str(n))
        doc = {
            "id": identity, "source": chance.choice(SOURCES), "kind": "message", "title": "", "text": "路灯不亮",
            "normal": "路灯不亮", "posted_at": at, "received_at": at, "indexed_at": at, "version": 0, "parent": "",
            "likes": 0, "dislikes": 0, "late": False, "origin": f"posts.live-0-{n}#0",
            "sentiment": chance.choice(("neg", "neu", "pos")), "sentiment_p": 0.8, "uncertain": False,
            "topic": chance.choice(TOPICS), "topic_p": 0.8, "topic2": "", "subtopic": "",
            "county": chance.choice(COUNTIES), "place": "", "place_path": [], "intent": "complaint",
            "urgent": n % 50 == 0, "urgent_terms": [], "danger": False, "event_key": f"{n % 5000}",
            "terms": chance.sample(words, 12), "masks": [], "model": "bench",
        }  # fmt: skip
        yield Op(index=monthly(OPINIONS, at), id=identity, doc=doc)


async def filled(elastic: Elastic, count: int) -> None:
    """Store so many opinions, two requests under way."""
    await elastic.install({path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")})
    left = opinions(count)

    async def feed() -> None:
        while True:
            ops = [op for op, _ in zip(left, range(2000), strict=False)]
            if not ops:
                return
            await elastic.bulk(ops)

    await asyncio.gather(feed(), feed())
    await elastic.refresh("opinions-*")


async def look(elastic: Elastic) -> tuple[float, float]:
    """Return the median and the worst cost of a look, in seconds."""
    service = Service(rulebook(), ElasticCounts(elastic), AlertStore(elastic), Outbox(NoticeStore(elastic), []))
    await service.tick(from_ms(NOW - 3_600_000))
    taken = []
    for n in range(LOOKS):
        at = NOW + n * 1000
        extra = next(opinions(1))
        doc = {**extra.doc, "id": digest("post", "new", str(n)), "posted_at": at, "received_at": at, "indexed_at": at}
        await elastic.bulk([Op(index=monthly(OPINIONS, at), id=doc["id"], doc=doc)])
        await elastic.refresh("opinions-*")
        start = time.monotonic()
        await service.tick(from_ms(at) + timedelta(seconds=1))
        taken.append(time.monotonic() - start)
    return statistics.median(taken), max(taken)


async def measured(address: str, count: int) -> tuple[float, float]:
    """Return the cost of a look at so many posts."""
    settings = ElasticSettings(elasticsearch=address, elasticsearch_prefix=f"bench{secrets.token_hex(4)}-")
    async with Elastic(settings) as elastic:
        try:
            await filled(elastic, count)
            return await look(elastic)
        finally:
            for name in ("opinions-*", "alerts", "notices", "checkpoints"):
                await elastic.drop(name)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=1_000_000)
    args = parser.parse_args()
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= args.most]
    with engines() as (_, address):
        rows = [(size, *asyncio.run(measured(address, size))) for size in sizes]
    print(f"{'stored posts':>14}{'median s':>10}{'worst s':>10}{'exponent':>10}")
    for n, (size, middle, worst) in enumerate(rows):
        before = rows[n - 1] if n else None
        grew = f"{math.log(middle / before[1]) / math.log(size / before[0]):10.2f}" if before else ""
        print(f"{size:14d}{middle:10.3f}{worst:10.3f}{grew}")
    whole = math.log(rows[-1][1] / rows[0][1]) / math.log(rows[-1][0] / rows[0][0]) if len(rows) > 1 else 0.0
    print(f"cost grows as posts to the power of {whole:.2f} (most 0.5): {'met' if whole < 0.5 else 'NOT MET'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
