"""What the daily brief and a month's report cost over many posts, beside the same tables from a file in plain Python.

python tests/bench/bench_reports.py [--posts 1000000]

Invented posts of one month lie in Elasticsearch (HUIYING_TEST_ELASTICSEARCH, else one is started) and in a gzipped CSV
file. Both ways count by day, source, topic and county; the bench fails unless the counts are equal. Memory is that of
this process before and after; writing the file and storing the posts is not in the times.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import json
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above

from alerts.reports import daily, span  # noqa: E402
from alerts.reports.kinds import render  # noqa: E402
from alerts.reports.periods import DAY_MS  # noqa: E402
from alerts.reports.spans import month_of  # noqa: E402
from deploy.templates import FOLDER  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.records import digest  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import OPINIONS, monthly, pattern  # noqa: E402

MONTH = month_of(date(2026, 10, 1))
NOW = datetime(2026, 11, 1, 1, tzinfo=UTC)
FIELDS = ("posted_at", "source", "topic", "county", "urgent")
SOURCES = ("weibo", "wechat", "portal", "hotline", "board")
TOPICS = ("城乡建设", "交通出行", "教育", "医疗卫生", "环境保护", "物业管理", "其他")
COUNTIES = ("620802", "620821", "620822", "620823", "620881", "620825", "620826", "")


def posts(count: int) -> Iterator[dict[str, Any]]:
    """Yield invented opinions of the month, small as ready documents go."""
    chance = random.Random(5)
    length = MONTH.window.end - MONTH.window.start
    for number in range(count):
        at = MONTH.window.start + chance.randrange(length)
        yield {
            "id": digest("post", "bench", str(number)), "source": chance.choice(SOURCES), "kind": "message",
            "text": "路灯不亮", "normal": "路灯不亮", "posted_at": at, "received_at": at + chance.randrange(60_000),
            "indexed_at": at + 60_000 + chance.randrange(2_000), "late": False,
            "sentiment": chance.choice(("neg", "neu", "pos")), "topic": chance.choice(TOPICS),
            "county": chance.choice(COUNTIES), "intent": "help", "urgent": chance.random() < 0.1, "danger": False,
        }  # fmt: skip


async def fill(elastic: Elastic, count: int, path: Path) -> None:
    """Store the posts, and write them to a file."""
    await elastic.install({one.stem: json.loads(one.read_text("utf-8")) for one in FOLDER.glob("*.json")})
    batch: list[Op] = []
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        out = csv.writer(file)
        for doc in posts(count):
            out.writerow([doc[field] for field in FIELDS])
            batch.append(Op(index=monthly(OPINIONS, doc["posted_at"]), id=doc["id"], doc=doc))
            if len(batch) == 5_000:
                await elastic.bulk(batch)
                batch = []
        if batch:
            await elastic.bulk(batch)
    await elastic.refresh(pattern(OPINIONS))


def plain(path: Path) -> dict[str, Counter[tuple[str, int]]]:
    """Return the month's counts by day from the file: what the report's tables are made of."""
    found: dict[str, Counter[tuple[str, int]]] = {name: Counter() for name in ("sources", "topics", "counties")}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for posted, source, topic, county, _ in csv.reader(file):
            day = (int(posted) - MONTH.window.start) // DAY_MS
            found["sources"][source, day] += 1
            found["topics"][topic, day] += 1
            found["counties"][county, day] += 1
    return found


def spread(counts: dict[str, tuple[int, ...]]) -> dict[tuple[str, int], int]:
    """Return counts by day as `plain` has them."""
    return {(key, day): count for key, days in counts.items() for day, count in enumerate(days) if count}


async def main(count: int, prefix: str, url: str) -> None:
    """Fill, make both reports, count again from the file, and clean up."""
    settings = ElasticSettings(elasticsearch=url, elasticsearch_prefix=prefix)
    process = psutil.Process()
    async with Elastic(settings) as elastic:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "posts.csv.gz")
            try:
                await fill(elastic, count, path)
                before = process.memory_info().rss / 1e6
                start = time.perf_counter()
                brief = daily.compose(await daily.gather(elastic, date(2026, 10, 15), NOW, unit="某市"))
                made = time.perf_counter()
                for form in ("html", "docx", "pdf", "xlsx"):
                    render(brief, form)
                rendered = time.perf_counter()
                print(f"daily: {made - start:.2f} s to make, {rendered - made:.2f} s to write in four forms")
                start = time.perf_counter()
                data = await span.gather(elastic, MONTH, NOW, unit="某市")
                report = span.compose(data)
                made = time.perf_counter()
                for form in ("html", "docx", "pdf", "xlsx"):
                    render(report, form)
                rendered = time.perf_counter()
                print(f"month of {count} posts: {made - start:.2f} s to make, {rendered - made:.2f} s to write")
                print(f"memory: {before:.0f} MB before, {process.memory_info().rss / 1e6:.0f} MB after")
                start = time.perf_counter()
                counted = plain(path)
                print(f"the same three tables from the file, plain Python: {time.perf_counter() - start:.2f} s")
                for name, wanted in counted.items():
                    if spread(getattr(data.now, name)) != wanted:
                        sys.exit(f"{name}: the report's counts differ from those of the file")
                print("all counts equal")
            finally:
                await elastic.drop("opinions-*")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    given = parser.parse_args()
    with engines() as (_, elasticsearch):
        asyncio.run(main(given.posts, f"bench-{secrets.token_hex(4)}-", elasticsearch))
