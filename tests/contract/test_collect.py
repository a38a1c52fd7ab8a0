"""The collector on the real Kafka and Elasticsearch: nothing is lost, nothing of a person passes, one failure is one.

The canary test runs every source's payload through everything there is: topics, indices, logs, health, dead letters.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from engines import free_port
from intake_process import running_gateway
from kafka import KafkaConsumer, TopicPartition
from platforms import BIG, CANARY, SECRET, TOKEN, UID, Platform, cut, says, wechat_error, wechat_item, weibo_error
from platforms import weibo_item as item
from stream import Chain
from workbooks import xlsx

from streams.clock import ManualClock, SystemClock, ms
from streams.collect import KafkaSink, Poller, Sink, collect, health, read_once
from streams.elastic import Elastic
from streams.errors import Rejected
from streams.gateway.wechat import signature
from streams.settings import ElasticSettings, KafkaSettings
from streams.sources.base import Away, Source, packed
from streams.sources.presets import PRESETS
from streams.sources.registered import named, sources
from streams.sources.wechat_push import push_post

pytestmark = pytest.mark.engines
NOW = datetime(2026, 5, 1, 8, 45, tzinfo=UTC)
WEIBO = """
[[weibo]]
account = "own"
registered = "备案号-示例"
uid = "{uid}"
token = "{token}"
"""
WECHAT = """
[[wechat]]
account = "own"
registered = "备案号-示例"
app_id = "wx1"
app_secret = "{secret}"
articles = ["7:0"]
"""


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    yield server
    server.stop()


@pytest.fixture
def chain(kafka_settings: KafkaSettings, elastic_settings: ElasticSettings, tmp_path: Path) -> Iterator[Chain]:
    made = Chain(replace(kafka_settings, kafka_partitions=1), elastic_settings, tmp_path)
    made.prepare()
    yield made
    made.stop()


@pytest.fixture
async def store(chain: Chain) -> AsyncIterator[Elastic]:
    async with Elastic(chain.elastic) as elastic:
        yield elastic


@pytest.fixture
async def sink(chain: Chain) -> AsyncIterator[KafkaSink]:
    made = KafkaSink(chain.kafka)
    yield made
    await made.aclose()


def written(folder: Path, text: str = WEIBO + WECHAT) -> Path:
    path = folder / "sources.toml"
    path.write_text(text.format(uid=UID, token=TOKEN, secret=SECRET), "utf-8")
    return path


def one(path: Path, platform: Platform, name: str) -> Source:
    found = named(sources(path, bases={"weibo": platform.url, "wechat": platform.url}))
    for source in found.values():
        if hasattr(source, "pause"):
            source.pause = 0.0
    return found[name]


def everything(chain: Chain) -> list[bytes]:
    """Return every message of every topic under the test's prefix."""
    consumer = KafkaConsumer(bootstrap_servers=chain.kafka.bootstrap, enable_auto_commit=False, consumer_timeout_ms=800)
    try:
        names = [name for name in consumer.topics() if name.startswith(chain.kafka.kafka_prefix)]
        parts = [TopicPartition(name, part) for name in names for part in consumer.partitions_for_topic(name) or ()]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        return [(message.key or b"") + (message.value or b"") for message in consumer]
    finally:
        consumer.close()


def natives(chain: Chain) -> list[str]:
    return [post["native_id"] for data in everything(chain) for post in json.loads(data[data.index(b"{") :])["posts"]]


async def once(source: Source, store: Elastic, sink: Sink) -> int:
    try:
        return await read_once(source, store, sink, ManualClock(NOW))
    finally:
        await source.aclose()


class Deaf:
    """A sink that dies before it acknowledges the n-th page, as a killed process or a lost broker would."""

    def __init__(self, sink: KafkaSink, dies_at: int) -> None:
        self.sink, self.left = sink, dies_at

    async def send(self, topic: str, source: str, data: bytes) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Away("kafka", "gone")
        await self.sink.send(topic, source, data)


async def test_the_mark_moves_only_after_kafka_has_the_page(
    chain: Chain, platform: Platform, store: Elastic, sink: KafkaSink, tmp_path: Path
) -> None:
    """A crash at any page repeats some posts and loses none."""
    platform.items = [item(BIG + n) for n in range(1, 181)]
    path = written(tmp_path)
    for dies_at in (1, 2, 1, 2):
        with pytest.raises(Away):
            await once(one(path, platform, "weibo:own:comments_to_me"), store, Deaf(sink, dies_at))
        platform.items.append(item(BIG + 1000 + len(platform.items)))
    for _ in range(2):
        await once(one(path, platform, "weibo:own:comments_to_me"), store, sink)
    found = natives(chain)
    assert len(set(found)) == 184
    assert await once(one(path, platform, "weibo:own:comments_to_me"), store, sink) == 0


async def test_one_failing_source_stops_no_other_and_its_health_says_why(
    chain: Chain, platform: Platform, store: Elastic, sink: KafkaSink, tmp_path: Path
) -> None:
    del chain
    platform.token = "another"  # Weibo's token has expired; WeChat's is fetched
    platform.articles[7, 0] = [wechat_item(1)]
    path = written(tmp_path)
    rested: list[str] = []

    def poller(name: str) -> Poller:
        async def sleep(seconds: float) -> None:
            rested.append(f"{name} {seconds >= 900}")
            await asyncio.sleep(0.05 if len(rested) < 20 else 30)

        made = lambda: (one(path, platform, name), 60.0)  # noqa: E731 - as short as it is
        return Poller(name, made, store=store, sink=sink, clock=ManualClock(NOW), sleep=sleep)

    names = ("weibo:own:comments_to_me", "wechat:own:comments")
    task = asyncio.create_task(collect([poller(name) for name in names]))
    wanted = {"weibo:own:comments_to_me True", "wechat:own:comments False"}
    for _ in range(1000):
        if wanted <= set(rested):
            break
        await asyncio.sleep(0.02)
    assert wanted <= set(rested)
    await store.refresh("checkpoints")
    found = {each.name: each for each in await health(store)}
    assert found["weibo:own:comments_to_me"].error == "token"
    assert found["weibo:own:comments_to_me"].tries >= 1
    assert found["wechat:own:comments"].error == ""
    assert found["wechat:own:comments"].ok_at > 0
    path.write_text(path.read_text("utf-8").replace(TOKEN, "another"), "utf-8")  # a person puts the new token in
    for again in range(200):
        await store.refresh("checkpoints")
        if not {each.name: each for each in await health(store)}["weibo:own:comments_to_me"].error:
            break
        assert again < 199, "the new token was not taken"
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_no_field_about_a_person_gets_anywhere(  # noqa: PLR0917 - a fixture each
    chain: Chain, platform: Platform, store: Elastic, sink: KafkaSink, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A canary in every personal field of every source's payload, on good days and bad, reaches nothing we keep."""
    caplog.set_level(logging.DEBUG, logger="huiying")
    path, clock = written(tmp_path), ManualClock(NOW)
    platform.articles[7, 0] = [wechat_item(1), {"user_comment_id": [CANARY], "openid": CANARY}, wechat_item(3)]
    said: list[str] = []
    for name in named(sources(path)):
        broken = [item(BIG + 4, text={"of": CANARY}), item(BIG + 5, created_at=CANARY), item(BIG + 6, status=[CANARY])]
        platform.items = [item(BIG + 1), item(BIG + 2), *broken]
        bad_day = [weibo_error(10001), says({"comments": CANARY}), says({"errcode": CANARY}), wechat_error(-1), cut]
        platform.faults = [*bad_day, None]
        for _ in range(len(bad_day) + 1):
            source = one(path, platform, name)

            async def rest(_: float) -> None:
                raise asyncio.CancelledError

            poller = Poller(name, lambda s=source: (s, 60.0), store=store, sink=sink, clock=clock, sleep=rest)  # type: ignore[misc]
            with pytest.raises(asyncio.CancelledError):
                await poller.run()
            said.append(repr(poller.health))
        assert poller.health.sent > 0
    await _pushed(sink, said)
    for way in (_exported, _exported_as_a_workbook, _posted_by_http):
        await asyncio.to_thread(way, chain, tmp_path, said)
    pages = [json.loads(data[data.index(b"{") :]) for data in await asyncio.to_thread(everything, chain)]
    total = sum(len(page["posts"]) + len(page["bad"]) for page in pages)
    assert total > 30
    chain.metrics = free_port()
    chain.work()
    books = await asyncio.to_thread(chain.settled, total)
    assert books.balanced
    async with httpx.AsyncClient() as client:
        said.append((await client.get(f"http://127.0.0.1:{chain.metrics}/metrics")).text)
    assert "huiying_dead_letters" in said[-1]
    await store.refresh("*")
    kept = [repr(hit) async for hit in store.scan("*", {"match_all": {}})]
    assert len(kept) > 10
    topics = await asyncio.to_thread(everything, chain)
    log = chain.log.read_text("utf-8")
    for where in (*kept, *said, caplog.text, log, *(data.decode() for data in topics)):
        for word in (CANARY, TOKEN, SECRET, "13912345678"):
            assert word not in where


async def _pushed(sink: KafkaSink, said: list[str]) -> None:
    xml = (
        f"<xml><ToUserName>gh_own</ToUserName><FromUserName>{CANARY}</FromUserName><CreateTime>1700000000</CreateTime>"
        f"<MsgType>text</MsgType><Content>请问停水到几点？13912345678</Content><MsgId>77</MsgId><Nick>{CANARY}</Nick>"
        f"<Location_X>{CANARY}</Location_X></xml>"
    )
    post = push_post(xml.encode())
    assert post is not None
    for page in packed("wechat", [post]):
        await sink.send("posts.live", "wechat", page.data)
    with pytest.raises(Rejected) as caught:
        push_post(xml.replace("</xml>", "").encode())
    said.append(repr(caught.value))


PEOPLE = ("callerName", "callerPhone", "callerContact", "mail", "companyName", "callerLabel", "留言用户", "电话")
PRIVATE = ("openid", "user", "nickname", "avatar", "ip", "phone", "address", "device", "location", "FromUserName")


def _exported(chain: Chain, folder: Path, said: list[str]) -> None:
    """Replay an export whose every other column is about a person."""
    text = "路灯不亮，回电13912345678"
    path = folder / "orders.csv"
    head = ",".join(["orderId", "工单内容", "受理时间", *PEOPLE])
    rows = [",".join([n, text, "2026-04-30 08:00", *[CANARY] * len(PEOPLE)]) for n in ("1", "2")]
    rows.append(",".join(["3", CANARY, CANARY, *[CANARY] * len(PEOPLE)]))  # no time that can be read
    path.write_text("\n".join([head, *rows]), "utf-8")
    said.append(repr(chain.replay(path, source="hotline")))


def _exported_as_a_workbook(chain: Chain, folder: Path, said: list[str]) -> None:
    """Replay spreadsheets of every preset, with what an office's own columns say about people."""
    for name, fields in ((name, preset.fields) for name, preset in PRESETS.items()):
        head = [fields["native_id"][1], fields["posted_at"][1], fields["text"][1], *PEOPLE]
        rows = [[f"x{n}", "2026-04-30 08:00", "路灯不亮，回电13912345678", *[CANARY] * len(PEOPLE)] for n in range(2)]
        said.append(repr(chain.replay(xlsx(folder / f"{name}.xlsx", [head, *rows]), like=name)))
    path = folder / "posts.jsonl"
    post = {"id": "j1", "posted_at": "2026-04-30 08:00", "body": "路灯不亮", **dict.fromkeys(PRIVATE, CANARY)}
    path.write_text("\n".join(json.dumps(each) for each in (post, {**post, "posted_at": CANARY})), "utf-8")
    said.append(repr(chain.replay(path)))


def _posted_by_http(chain: Chain, folder: Path, said: list[str]) -> None:
    """Send pages and pushes to the gateway, right ones and wrong ones."""
    accounts, metrics = folder / "wechat.toml", free_port()
    accounts.write_text('[[account]]\naccount = "own"\nregistered = "备"\napp_id = "wx"\ntoken = "t"\n', "utf-8")
    good = {"native_id": "h1", "posted_at": 1_777_000_000, "text": "路灯不亮，回电13912345678"}
    private = dict.fromkeys(PRIVATE, CANARY)
    posts: list[object] = [{**good, **private}, {**good, "native_id": "h2", "user": private, "posted_at": CANARY}]
    bodies = [json.dumps(posts), json.dumps({"posts": posts[:1], "sender": private}), json.dumps([{CANARY: CANARY}])]
    bodies += [f'{{"posts": [{{"openid": "{CANARY}"', f'"{CANARY}"']
    settings = {"gateway_metrics": f"127.0.0.1:{metrics}", "gateway_wechat": accounts}
    with running_gateway(chain.kafka, folder / "gateway", **settings) as gateway:
        gateway.ready()
        headers = {**gateway.headers, "x-user": CANARY, "user-agent": CANARY, "x-forwarded-for": CANARY}
        url = f"{gateway.url}/v1/posts?openid={CANARY}"
        said += [httpx.post(url, headers=headers, content=body).text for body in bodies]
        now = str(ms(SystemClock().now()) // 1000)
        query = {"signature": signature("t", now, "n"), "timestamp": now, "nonce": "n", "openid": CANARY}
        for text in ("请问停水到几点？", ""):
            xml = f"<xml><FromUserName>{CANARY}</FromUserName><CreateTime>{now}</CreateTime><MsgType>text</MsgType>"
            xml += f"<Content>{text}</Content><MsgId>{now}7</MsgId><Label>{CANARY}</Label></xml>"
            said.append(httpx.post(f"{gateway.url}/wechat/own", params=query, content=xml.encode()).text)
        said += [httpx.get(f"http://127.0.0.1:{metrics}/metrics").text, gateway.said()]
        assert "huiying_gateway_posts" in said[-2]


async def test_past_pages_go_where_no_live_post_waits_behind_them(
    chain: Chain, platform: Platform, store: Elastic, sink: KafkaSink, tmp_path: Path
) -> None:
    platform.items = [item(BIG + 1)]  # of 2011
    await once(one(written(tmp_path), platform, "weibo:own:comments_to_me"), store, sink)
    chain.work()
    await asyncio.to_thread(chain.settled, 1)
    pages = [hit.source async for hit in store.scan("pages-*", {"match_all": {}})]
    assert "backfill" in repr(pages)
