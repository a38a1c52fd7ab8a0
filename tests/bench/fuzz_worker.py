"""Hostile messages through a real worker: each is stored or a dead letter with a reason, and the books balance.

python tests/bench/fuzz_worker.py [100000]
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import psutil  # noqa: E402 - the path is set above
from bench_chain import engines  # noqa: E402
from kafka import KafkaProducer  # noqa: E402
from stream import Chain  # noqa: E402

from streams.elastic import Elastic  # noqa: E402
from streams.records import REASONS  # noqa: E402
from streams.settings import ElasticSettings, KafkaSettings  # noqa: E402

PAST = 1_700_000_000_000
ODD: tuple[Any, ...] = (
    None, True, -1, 1.5, 2**63, 2**70, "", " ", "x" * 5000, [], {}, [[]], {"a": 1}, "\u0000", "\ud800", "昨天", 1e400,
)  # fmt: skip


def post(chance: random.Random, n: int) -> dict[str, Any]:
    """Return a good post."""
    text = f"庄浪县第{n}号来信：路灯不亮，请修。电话13800138000"
    return {"source": "portal", "native_id": f"f{n}", "posted_at": PAST + chance.randrange(10**9), "text": text}


def spoiled(chance: random.Random, item: dict[str, Any]) -> dict[str, Any]:
    """Return a post with one field gone or odd, or with a field that nobody knows."""
    name = chance.choice([*item, "title", "likes", "version", "parent", "kind", "status", "author", "openid"])
    if chance.random() < 0.2:
        item.pop(name, None)
    else:
        item[name] = chance.choice(ODD)
    return item


def message(chance: random.Random, n: int) -> bytes:
    """Return one message: good, spoiled, or no page at all."""
    items = [post(chance, n * 4 + k) for k in range(chance.randrange(1, 4))]
    page: dict[str, Any] = {"v": 1, "source": "portal", "posts": items}
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: encoded(page),
        lambda: encoded({**page, "posts": [spoiled(chance, item) for item in items]}),
        lambda: encoded(page)[: chance.randrange(200)],
        lambda: bytes(chance.randrange(256) for _ in range(chance.randrange(300))),
        lambda: encoded(spoiled(chance, dict(page))),
        lambda: b'{"v":1,"source":"portal","posts":' + b"[" * chance.randrange(1, 30_000),
        lambda: encoded(page).replace("庄浪".encode(), b"\xff\xfe"),
        lambda: encoded(page).replace(b"\\u", b"\\ud800"),
        lambda: encoded({**page, "bad": [chance.choice(ODD), {"ref": "r", "reason": "bad_row", "detail": "d"}]}),
        lambda: encoded({**page, "v": chance.choice(ODD)}),
    )
    return chance.choices(kinds, (8, 8, 2, 2, 2, 1, 2, 1, 2, 1))[0]()


def encoded(value: Any) -> bytes:
    """Return JSON with every escape that JSON has."""
    return json.dumps(value, ensure_ascii=True).encode()


def run(count: int, kafka: str, elastic: str, folder: Path, seconds: float = 1800) -> dict[str, Any]:
    """Send so many messages to one worker and return what became of them. Raises AssertionError if any is lost."""
    prefix = f"fuzz{secrets.token_hex(4)}-"
    chain = Chain(
        replace(KafkaSettings(kafka=kafka), kafka_prefix=prefix, kafka_partitions=2),
        ElasticSettings(elasticsearch=elastic, elasticsearch_prefix=prefix), folder, limit=0,
    )  # fmt: skip
    chain.prepare()
    worker = chain.work()
    chance = random.Random(17)
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5, max_request_size=8_000_000)
    most = 0.0
    try:
        for n in range(count):
            producer.send(prefix + "posts.live", key=b"portal", value=message(chance, n))
        producer.flush()
        end = time.monotonic() + seconds
        while (books := chain.books()).waiting or not books.total.received:
            assert worker.poll() is None, chain.log.read_text("utf-8")[-2000:]
            assert time.monotonic() < end, f"{books.waiting} messages still wait"
            most = max(most, psutil.Process(worker.pid).memory_info().rss / 2**20)
            time.sleep(0.5)
        assert books.balanced, books
        reasons = asyncio.run(reasons_of(chain))
        assert set(reasons) <= set(REASONS), reasons
        assert sum(reasons.values()) == books.total.rejected
        return {"received": books.total.received, "stored": books.total.stored, "repeated": books.total.repeated,
                "rejected": books.total.rejected, "reasons": reasons, "memory": most}  # fmt: skip
    finally:
        producer.close()
        chain.stop()


async def reasons_of(chain: Chain) -> dict[str, int]:
    """Return dead letters by reason."""
    async with Elastic(chain.elastic) as elastic:
        await elastic.refresh("rejected-*")
        body = {"size": 0, "aggs": {"by": {"terms": {"field": "reason", "size": 50}}}}
        answer = await elastic.search("rejected-*", body)
        found = {one["key"]: one["doc_count"] for one in answer["aggregations"]["by"]["buckets"]}
        for name in ("opinions-*", "rejected-*", "pages-*", "checkpoints"):
            await elastic.drop(name)
        return found


def main() -> int:
    """Run and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with engines() as (kafka, elastic), tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        found = run(count, kafka, elastic, Path(folder))
    print(f"{count} messages in {time.monotonic() - start:.0f} s; worker at most {found['memory']:.0f} MB")
    print(f"{found['received']} received = {found['stored']} stored + {found['repeated']} repeated + "
          f"{found['rejected']} rejected")  # fmt: skip
    for reason, number in sorted(found["reasons"].items(), key=lambda pair: -pair[1]):
        print(f"  {reason:18}{number:>8}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
