"""From a file or a message to stored opinions, with a real worker process on the real engines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from stream import KILL, Chain, Wire, letters, until, write_csv

from alerts.drill_chain import ElasticDrills, begin
from streams.clock import SystemClock, ms
from streams.codec import encode_page
from streams.drill import send
from streams.elastic import Elastic
from streams.records import Page, Post
from streams.settings import ElasticSettings, KafkaSettings

pytestmark = pytest.mark.engines
PAST = 1_700_000_000_000


@pytest.fixture
def chain(kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path) -> Iterator[Chain]:
    """Topics and templates of this test's own."""
    chain = Chain(replace(kafka_settings, kafka_partitions=2), elastic_settings, tmp_path)
    chain.prepare()
    yield chain
    chain.stop()


def post(native_id: str, text: str = "崇信县锦屏镇路灯不亮", **fields: object) -> dict[str, object]:
    """Return a post as it travels."""
    return {"source": "portal", "native_id": native_id, "posted_at": PAST, "text": text, **fields}


def page(*posts: dict[str, object]) -> bytes:
    """Return a page as it travels."""
    return json.dumps({"v": 1, "source": "portal", "posts": posts}, ensure_ascii=False).encode()


def test_a_file_replayed_twice_is_stored_once(chain: Chain) -> None:
    file = write_csv(chain.folder / "may.csv", letters(250))
    worker = chain.work()
    report = chain.replay(file)
    assert (report.rows, report.posts, report.bad, report.pages) == (250, 250, 0, 3)
    assert chain.settled(250).total.stored == 250
    chain.replay(file)
    twice = chain.settled(500)
    assert (twice.total.stored, twice.total.repeated, twice.total.opinions) == (250, 250, 250)
    assert twice.balanced
    worker.terminate()
    assert worker.wait(15) == 0


def test_a_killed_worker_loses_and_doubles_nothing(chain: Chain) -> None:
    address = urlsplit(chain.elastic.hosts[0])
    wire = Wire(address.hostname or "", address.port or 9200)
    worker = chain.work(replace(chain.elastic, elasticsearch=f"http://127.0.0.1:{wire.port}"))
    chain.replay(write_csv(chain.folder / "may.csv", letters(1500)))
    until(lambda: chain.books().total.received > 0, 30, "the first page")
    wire.break_off()  # so that it dies with messages in its hands, however fast it is
    chain.replay(write_csv(chain.folder / "june.csv", letters(1500, "n")))
    until(lambda: chain.said("(try 2)"), 30, "a line about waiting")
    worker.send_signal(KILL)
    worker.wait()
    wire.close()
    assert chain.books().waiting > 0
    chain.work()
    after = chain.settled(3000, 60)
    assert after.total.stored == after.total.opinions == 3000
    assert after.balanced


def test_elasticsearch_away_during_a_replay_loses_nothing_and_the_worker_says_so(chain: Chain) -> None:
    address = urlsplit(chain.elastic.hosts[0])
    wire = Wire(address.hostname or "", address.port or 9200)
    file = write_csv(chain.folder / "may.csv", letters(1500))
    chain.work(replace(chain.elastic, elasticsearch=f"http://127.0.0.1:{wire.port}"))
    chain.replay(file)
    until(lambda: chain.books().total.received > 0, 30, "the first page")
    wire.break_off()
    chain.replay(write_csv(chain.folder / "june.csv", letters(500, "n")))
    until(lambda: chain.said("(try 2)"), 20, "a line about waiting")
    wire.mend()
    after = chain.settled(2000, 60)
    assert after.total.stored == after.total.opinions == 2000
    assert after.balanced
    assert chain.said("going on")
    wire.close()


def test_rubbish_becomes_dead_letters_and_the_rest_goes_on(chain: Chain) -> None:
    chain.work()
    chain.send(
        b"\xff\xfe{not a page",
        b"",
        b"[" * 100_000,
        page(post("far", posted_at=32_472_144_000_000), post("big", "长" * 1_700_000), post("fine")),
        page(post("fine", text="\x00"), {"source": "portal"}, post("again")),
    )
    file = chain.folder / "broken.csv"
    file.write_bytes(
        "id,posted_at,title,body\nok,2024-05-01 08:00:00,信,灵台县的路坏了\nno,不是时间,信,内容\nshort\n".encode()
        + b"bad,2024-05-01 08:00:00,\xff\xfe,x\n"
    )
    report = chain.replay(file)
    assert (report.rows, report.posts, report.bad) == (4, 1, 3)
    after = chain.settled(13)
    assert (after.total.stored, after.total.rejected, after.total.repeated) == (3, 10, 0)
    assert after.balanced
    assert after.sources["portal"].rejected == 10


def test_a_newer_version_replaces_an_older_one_and_never_the_other_way_round(chain: Chain) -> None:
    import asyncio

    from streams.elastic import Elastic, Found

    def made(version: int, likes: int) -> bytes:
        one = Post(source="portal", native_id="v", posted_at=PAST, text="停水", version=version, likes=likes)
        return encode_page(Page(source="portal", posts=(one,)))

    async def stored() -> Found | None:
        async with Elastic(chain.elastic) as elastic:
            return await elastic.get("opinions-2023.11", Post(source="portal", native_id="v", posted_at=0, text="").id)

    chain.work()
    chain.send(made(5, 1), made(9, 7), made(7, 3))
    after = chain.settled(3)
    assert (after.total.stored, after.total.repeated) == (1, 2)
    assert after.balanced
    found = asyncio.run(stored())
    assert found is not None
    assert (found.source["likes"], found.source["version"]) == (7, 9)


def test_a_replay_that_was_interrupted_goes_on_where_it_was(chain: Chain) -> None:
    file = write_csv(chain.folder / "may.csv", letters(4500))

    def interrupt(_read: int, _size: int, rows: int) -> None:
        if rows >= 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chain.replay(file, tell=interrupt)
    rest = chain.replay(file)
    assert rest.resumed_at == 2000
    assert rest.rows == 2500
    again = chain.replay(file)
    assert (again.resumed_at, again.rows) == (0, 4500)


def test_a_live_page_does_not_wait_for_years_of_backfill(chain: Chain) -> None:
    address = urlsplit(chain.elastic.hosts[0])
    wire = Wire(address.hostname or "", address.port or 9200)
    chain.work(replace(chain.elastic, elasticsearch=f"http://127.0.0.1:{wire.port}"))
    chain.replay(write_csv(chain.folder / "may.csv", letters(500)))
    until(lambda: chain.books().total.received > 0, 40, "the backfill begins")
    wire.break_off()  # so that the rest of the backfill is surely not over when the live post comes
    chain.replay(write_csv(chain.folder / "years.csv", letters(20_000, "y")))
    until(lambda: chain.said("(try 2)"), 30, "a line about waiting")
    chain.send(page(post("now")))
    wire.mend()
    assert chain.settled(20_501, 120).balanced
    live = chain.stored("now")["indexed_at"]
    later = sum(chain.stored(f"y-{n}", "portal")["indexed_at"] > live for n in range(0, 20_000, 400))
    assert later > 10, "the live post waited for the backfill"
    wire.close()


def test_an_orders_status_follows_its_newest_version(chain: Chain) -> None:
    chain.work()
    chain.send(page(post("order", status="assigned", version=PAST + 1)))
    chain.settled(1)
    newer, older = ("closed", PAST + 2), ("assigned", PAST + 1)
    chain.send(page(*(post("order", status=status, version=version) for status, version in (newer, older))))
    chain.send(page(post("odd", status="张三在办")))
    books = chain.settled(4)
    assert (books.total.stored, books.total.repeated, books.total.rejected) == (1, 2, 1)
    assert chain.stored("order")["status"] == "closed"


def test_a_drill_goes_the_whole_way_and_enters_no_books(chain: Chain) -> None:
    chain.work()
    at = ms(SystemClock().now())

    async def came() -> bool:
        async with Elastic(chain.elastic) as elastic:
            return await ElasticDrills(elastic).came(at, ms(SystemClock().now())) is not None

    async def begin_() -> int:
        async with Elastic(chain.elastic) as elastic:
            return await begin(ElasticDrills(elastic), lambda at: send(chain.kafka, at), at)

    assert asyncio.run(begin_()) == at
    until(lambda: asyncio.run(came()), 90, "the drill's post is stored")
    found = chain.settled(0)
    assert (found.total.received, found.total.opinions, found.total.letters) == (0, 0, 0)
    assert found.balanced
