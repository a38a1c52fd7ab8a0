"""The HTTP intake as a process on a real Kafka: what is acknowledged is there, whatever happens to the broker."""

from __future__ import annotations

import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import httpx
import pytest
from engines import free_port, running
from intake import MemorySink
from intake_process import Gateway, in_topic, page, running_gateway
from stream import until

from deploy.engines.java import Java
from deploy.engines.local import local_kafka
from deploy.init import make_topics
from deploy.settings import EngineSettings, HomeSettings
from streams.errors import Unavailable
from streams.gateway.sending import KafkaSink, Sink
from streams.records import Post
from streams.settings import KafkaSettings
from streams.sources.base import packed

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]


@pytest.fixture
def gateway(kafka_settings: KafkaSettings, tmp_path: Path) -> Iterator[Gateway]:
    """An intake on the run's own Kafka."""
    make_topics(kafka_settings)
    with running_gateway(kafka_settings, tmp_path, gateway_requests=100_000, gateway_slow=1.5) as one:
        one.ready()
        yield one


@pytest.fixture
def broker(engine_home: HomeSettings, engine_java: Java) -> Iterator[tuple[KafkaSettings, object]]:
    """A broker of this test's own, that may be stopped and killed."""
    folder = Path(tempfile.mkdtemp(prefix="huiying-broker-"))
    folder.chmod(0o755)
    home = HomeSettings(home=str(folder), cache=str(engine_home.cache_folder))
    settings = KafkaSettings(kafka_port=free_port())
    named = KafkaSettings(kafka=settings.bootstrap)
    node = local_kafka(home, EngineSettings(), settings, engine_java)
    try:
        with running(node):
            make_topics(named)
            yield named, node
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Load:
    """Senders that send one post after the other, and remember what each was answered; a context manager."""

    def __init__(self, gateway: Gateway, senders: int) -> None:
        self.gateway, self.answers, self.over = gateway, dict[str, int](), threading.Event()
        self.pool = ThreadPoolExecutor(senders)
        self.running = [self.pool.submit(self.send, n) for n in range(senders)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def send(self, sender: int) -> None:
        count = 0
        with httpx.Client(timeout=60, headers=self.gateway.headers) as client:
            while not self.over.is_set():
                name = f"s{sender}-{count}"
                try:
                    answer = client.post(f"{self.gateway.url}/v1/posts", content=page(name))
                    self.answers[name] = answer.status_code
                except httpx.HTTPError:
                    self.answers[name] = 0
                count += 1

    def count(self, status: int) -> int:
        return list(self.answers.values()).count(status)

    def stop(self) -> None:
        self.over.set()
        for one in self.running:
            one.result(90)
        self.pool.shutdown()

    def taken(self) -> set[str]:
        return {name for name, status in self.answers.items() if status == 202}


def test_what_is_acknowledged_is_in_the_topic(gateway: Gateway) -> None:
    with Load(gateway, 8) as load:
        until(lambda: load.count(202) >= 300, 60, "300 posts")
    found = [item["native_id"] for item in in_topic(gateway.kafka)]
    assert set(load.answers.values()) <= {202, 503}
    assert load.taken() <= set(found)
    assert len(found) == len(set(found))


def test_a_broker_that_hangs_or_dies_costs_no_acknowledged_post(
    broker: tuple[KafkaSettings, object], tmp_path: Path
) -> None:
    kafka, node = broker
    process = node.process  # type: ignore[attr-defined]
    settings = {"gateway_requests": 100_000, "gateway_acknowledge": 3, "gateway_busy": 16}
    with running_gateway(kafka, tmp_path, **settings) as gateway:
        gateway.ready()
        with Load(gateway, 12) as load:
            until(lambda: load.count(202) >= 50, 60, "the first posts")

            process.send_signal(signal.SIGSTOP)
            until(lambda: load.count(503) >= 60, 60, "senders are told to come again, at once or after 3 s")
            until(lambda: gateway.status("/-/ready") == 503, 30, "not ready (Kafka is asked once in a while)")
            assert gateway.status("/-/healthy") == 200
            before = load.count(202)
            process.send_signal(signal.SIGCONT)
            until(lambda: load.count(202) >= before + 50, 90, f"posts are taken again: {gateway.said()}")

            process.kill()
            process.wait()
            refused = load.count(503)
            until(lambda: load.count(503) >= refused + 60, 60, "senders are told to come again")
            before = load.count(202)
            node.start()  # type: ignore[attr-defined]
            node.wait(180)  # type: ignore[attr-defined]
            until(lambda: load.count(202) >= before + 50, 90, f"posts are taken again: {gateway.said()}")
        gateway.ready()
    assert 0 not in load.answers.values()
    assert load.taken() <= {item["native_id"] for item in in_topic(kafka)}


def test_the_intake_starts_before_kafka_and_is_ready_when_kafka_is(
    broker: tuple[KafkaSettings, object], tmp_path: Path
) -> None:
    kafka, node = broker
    node.stop()  # type: ignore[attr-defined]
    with running_gateway(kafka, tmp_path) as gateway:
        assert gateway.status("/-/ready") == 503
        assert gateway.post("a") == 503
        node.start()  # type: ignore[attr-defined]
        node.wait(180)  # type: ignore[attr-defined]
        gateway.ready()
        assert gateway.post("a") == 202


def test_what_was_begun_is_finished_before_the_process_ends(gateway: Gateway) -> None:
    with Load(gateway, 6) as load:
        until(lambda: load.count(202) >= 50, 60, "the first posts")
        assert gateway.stop() == 0
    assert load.taken() <= {item["native_id"] for item in in_topic(gateway.kafka)}


def ends(wire: socket.socket, seconds: float) -> bytes:
    """Return what the other side says until it ends the connection, sending a byte now and then."""
    said, end = b"", time.monotonic() + seconds
    wire.settimeout(0.1)
    while time.monotonic() < end:
        try:
            wire.sendall(b"x")
            data = wire.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not data:
            return said
        said += data
    pytest.fail(f"the connection is still open after {seconds:.0f} s")


def test_who_sends_a_byte_now_and_then_holds_no_place(gateway: Gateway) -> None:
    heads = [b"", b"POST /v1/posts HTTP/1.1\r\nHost: x\r\nX-Slow: "]
    whole = "\r\n".join(
        ("POST /v1/posts HTTP/1.1", "Host: x", f"Authorization: Bearer {gateway.key}", "Content-Length: 99999", "", "")
    )
    for head in heads:
        with socket.create_connection(("127.0.0.1", gateway.port)) as wire:
            wire.sendall(head)
            ends(wire, 20)
    with socket.create_connection(("127.0.0.1", gateway.port)) as wire:
        wire.sendall(whole.encode())
        assert b" 408 " in ends(wire, 20)
    with socket.create_connection(("127.0.0.1", gateway.port)) as wire:
        wire.sendall(whole.replace(gateway.key, "nobody").encode())
        assert b" 401 " in ends(wire, 20)
    assert gateway.post("after") == 202


@pytest.mark.parametrize("kind", ["memory", "kafka"])
async def test_a_sink_keeps_all_pages_or_says_that_it_can_not(kind: str, kafka_settings: KafkaSettings) -> None:
    posts = [Post(source="portal", native_id=f"n{n}", posted_at=1, text="x") for n in range(250)]
    pages = list(packed("portal", posts))
    make_topics(kafka_settings)
    sink: Sink
    if kind == "memory":
        sink = memory = MemorySink()
        await sink.send("portal", pages, 30)
        assert await sink.ready()
        assert len(memory.items()) == 250
        memory.away = True
    else:
        sink = real = KafkaSink(kafka_settings, seconds=10)
        with pytest.raises(Unavailable):
            await sink.send("portal", pages, 30)
        assert not await sink.ready()
        await real.connect()
        try:
            await sink.send("portal", pages, 30)
            real.asked = (-10.0, False)
            assert await sink.ready()
            assert real.pending == 0
            assert len(in_topic(kafka_settings)) == 250
        finally:
            await real.aclose()
        real.asked = (-10.0, False)
    with pytest.raises(Unavailable):
        await sink.send("portal", pages, 1)
    assert not await sink.ready()
