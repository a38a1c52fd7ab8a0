"""Nothing lost and nothing counted twice: workers that come and go, and an Elasticsearch on a bad day."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from proxy import Proxy
from stream import KILL, Chain, letters, until, write_csv

from streams.settings import ElasticSettings, KafkaSettings

pytestmark = pytest.mark.engines
READY = "the worker is ready"


@pytest.fixture
def chain(kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(replace(kafka_settings, kafka_partitions=4), elastic_settings, tmp_path)
    chain.prepare()
    yield chain
    chain.stop()


@pytest.fixture
def proxy(chain: Chain) -> Iterator[Proxy]:
    one = Proxy(chain.elastic.hosts[0])
    yield one
    one.close()


def whole(chain: Chain, count: int, seconds: float = 90) -> None:
    """Every message is stored once and counted once, and the books balance."""
    books = chain.settled(count, seconds)
    assert (books.total.stored, books.total.opinions, books.balanced) == (count, count, True), books


def sent(chain: Chain, count: int, sources: tuple[str, ...] = ("portal", "weibo", "board", "wechat")) -> int:
    """Send pages of several sources, which lie on several partitions."""
    pages = []
    for source in sources:
        for first in range(0, count, 50):
            posts = [
                {"source": source, "native_id": f"{source}-{n}", "posted_at": 1_700_000_000_000 + n, "text": "路灯不亮"}
                for n in range(first, first + 50)
            ]
            pages.append((source, json.dumps({"v": 1, "source": source, "posts": posts}).encode()))
    random.Random(1).shuffle(pages)
    for source, page in pages:
        chain.send(page, source=source)
    return count * len(sources)


def test_workers_that_join_and_leave_in_the_middle_lose_and_double_nothing(chain: Chain) -> None:
    first = chain.work()
    count = sent(chain, 400)
    until(lambda: chain.books().total.received > 0, 40, "the first page")
    second = chain.work()
    until(lambda: chain.log.read_text("utf-8").count(READY) == 2, 90, "the second worker is ready before it is killed")
    count += sent(chain, 400, ("hotline", "other"))
    first.terminate()
    assert first.wait(30) == 0
    third = chain.work()
    second.send_signal(KILL)
    whole(chain, count)
    until(lambda: chain.log.read_text("utf-8").count(READY) == 3, 90, "the third worker is ready")
    third.terminate()
    assert third.wait(30) == 0


def test_an_overloaded_cluster_is_asked_again_later_and_nothing_is_rejected(chain: Chain, proxy: Proxy) -> None:
    turns = iter(["busy"] * 4 + ["broken"] * 2)
    proxy.mood = lambda _method, path: next(turns, "pass") if path.startswith("/_bulk") else "pass"
    chain.work(replace(chain.elastic, elasticsearch=proxy.url))
    chain.replay(write_csv(chain.folder / "may.csv", letters(600)))
    whole(chain, 600)
    assert (proxy.seen["busy"], proxy.seen["broken"]) == (4, 2)
    assert chain.said("429")


def test_a_bulk_that_was_done_but_never_answered_is_not_counted_twice(chain: Chain, proxy: Proxy) -> None:
    turns = iter(["mute", "cut", "mute", "pass", "mute", "mute", "pass", "cut"])
    proxy.mood = lambda _method, path: next(turns, "pass") if path.startswith("/_bulk") else "pass"
    chain.work(replace(chain.elastic, elasticsearch=proxy.url))
    chain.replay(write_csv(chain.folder / "may.csv", letters(1500)))
    whole(chain, 1500)
    assert proxy.seen["mute"] >= 2


def test_a_full_disk_blocks_writes_the_worker_says_so_and_goes_on_when_there_is_room(chain: Chain) -> None:
    chain.work()
    chain.replay(write_csv(chain.folder / "may.csv", letters(100)))
    whole(chain, 100)
    block(chain, on=True)
    chain.replay(write_csv(chain.folder / "june.csv", letters(300, "n")))
    until(lambda: chain.said("free disk space"), 30, "a word about the full disk")
    assert chain.books().total.stored == 100
    block(chain, on=False)
    whole(chain, 400)


HANGS = """
import json, sys, threading
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
from streams.worker import run
kafka, elastic = json.loads(sys.argv[1])
def judge(texts):
    threading.Event().wait()
run(KafkaSettings(**kafka), ElasticSettings(**elastic), WorkerSettings(worker_stuck_after=3), judge=judge)
"""


def test_a_worker_that_hangs_ends_itself_and_another_loses_nothing(chain: Chain) -> None:
    chain.replay(write_csv(chain.folder / "may.csv", letters(300)))
    settings = json.dumps([asdict(chain.kafka), asdict(chain.elastic)])
    with chain.log.open("ab") as log:
        stuck = subprocess.Popen([sys.executable, "-c", HANGS, settings], stdout=log, stderr=log)
    chain.processes.append(stuck)
    assert stuck.wait(90) == 70
    assert chain.said("nothing has moved")
    chain.work()
    whole(chain, 300)


def block(chain: Chain, *, on: bool) -> None:
    """Set the very block that Elasticsearch sets at the flood stage of a disk (read_only_allow_delete)."""
    url = f"{chain.elastic.hosts[0]}/{chain.elastic.elasticsearch_prefix}*/_settings"
    body = json.dumps({"index.blocks.read_only_allow_delete": True if on else None}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


def test_a_page_of_an_unknown_version_is_a_dead_letter_that_an_upgraded_worker_can_take_again(chain: Chain) -> None:
    """A page without the fields of today is read (old page, new worker); one of a later version is not guessed at."""
    chain.work()
    post = {"source": "portal", "native_id": "old", "posted_at": 1_700_000_000_000, "text": "路灯不亮"}
    chain.send(json.dumps({"v": 1, "source": "portal", "posts": [post]}).encode())
    chain.send(json.dumps({"v": 2, "source": "portal", "posts": [post | {"native_id": "new"}]}).encode())
    books = chain.settled(2)
    assert (books.total.stored, books.total.rejected, books.balanced) == (1, 1, True)


def test_what_waits_is_told_by_partition_and_when_something_was_stored_last(chain: Chain) -> None:
    from deploy.wiring import lag_check
    from streams.clock import SystemClock
    from streams.elastic import Elastic

    async def look() -> tuple[bool, str]:
        async with Elastic(chain.elastic) as elastic:
            health = await lag_check(elastic, chain.kafka, SystemClock())()
            return health.well, health.text

    assert asyncio.run(look()) == (True, "没有积压，还没有入库")
    sent(chain, 50, ("portal",))
    well, text = asyncio.run(look())
    assert (well, "积压1页（posts.live/" in text) == (False, True)
    chain.work()
    whole(chain, 50)
    assert asyncio.run(look()) == (True, "没有积压，最近入库 0 分钟前")


def test_hostile_messages_are_each_stored_or_a_dead_letter_with_a_reason(
    kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path
) -> None:
    """A slice of tests/bench/fuzz_worker.py, which runs 100,000."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    try:
        import fuzz_worker
    finally:
        sys.path.pop(0)
    found = fuzz_worker.run(600, kafka_settings.bootstrap, elastic_settings.hosts[0], tmp_path, 90)
    assert found["received"] == found["stored"] + found["repeated"] + found["rejected"]
    assert {"field_type", "not_a_page", "bad_encoding", "field_missing"} <= set(found["reasons"])
