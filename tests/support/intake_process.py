"""The HTTP intake as a real process, and what is in its topic."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from engines import free_port
from kafka import KafkaConsumer, TopicPartition
from stream import until

from streams.gateway.keys import add
from streams.settings import KafkaSettings

ROOT = Path(__file__).parents[2]


@dataclass
class Gateway:
    """A running intake, with a key for the portal."""

    process: subprocess.Popen[bytes]
    port: int
    key: str
    log: Path
    kafka: KafkaSettings

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request needs."""
        return {"authorization": f"Bearer {self.key}", "content-type": "application/json"}

    def status(self, path: str) -> int:
        """Ask for an address; 0 if nobody answers."""
        try:
            return httpx.get(self.url + path, timeout=10).status_code
        except httpx.HTTPError:
            return 0

    def ready(self) -> None:
        """Wait until it would take posts."""
        until(lambda: self.status("/-/ready") == 200, 60, f"the intake is ready: {self.said()}")

    def post(self, *native_ids: str, timeout: float = 60) -> int:
        """Send a page, and return the status; 0 if no answer came."""
        try:
            url = f"{self.url}/v1/posts"
            return httpx.post(url, headers=self.headers, content=page(*native_ids), timeout=timeout).status_code
        except httpx.HTTPError:
            return 0

    def said(self) -> str:
        """What it logged."""
        return self.log.read_text("utf-8")

    def stop(self) -> int:
        """End it as its supervisor would, and return its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def page(*native_ids: str) -> bytes:
    """Return an invented page."""
    words = "崇信县锦屏镇来信：路灯不亮，请修。"
    rows = [{"native_id": native_id, "posted_at": 1_700_000_000, "text": words} for native_id in native_ids]
    return msgspec.json.encode({"posts": rows})


@contextmanager
def running_gateway(kafka: KafkaSettings, folder: Path, **settings: Any) -> Iterator[Gateway]:
    """Start the intake, wait until it answers, and end it."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    _, key = add(folder / "gateway-keys.json", "portal", ("portal",), 1)
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    env |= {"HUIYING_HOME": str(folder), "HUIYING_GATEWAY_PORT": str(port), "HUIYING_KAFKA": kafka.bootstrap}
    env |= {"HUIYING_KAFKA_PREFIX": kafka.kafka_prefix, "PYTHONPATH": str(ROOT)}
    env |= {f"HUIYING_{name.upper()}": str(value) for name, value in settings.items()}
    log = folder / "gateway.log"
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-P", "-m", "deploy", "gateway"], env=env, stdout=out, stderr=out)
    gateway = Gateway(process, port, key, log, kafka)
    try:
        until(lambda: gateway.status("/-/healthy") == 200, 60, "the intake answers")
        yield gateway
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def in_topic(kafka: KafkaSettings, what: str = "posts") -> list[dict[str, Any]]:
    """Return all posts (or bad items) of the live topic, as they travel."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
    topic = kafka.kafka_prefix + "posts.live"
    try:
        parts = [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(parts)
        ends = consumer.end_offsets(parts)
        consumer.seek_to_beginning(*parts)
        found: list[dict[str, Any]] = []
        end = time.monotonic() + 60
        while any(consumer.position(part) < ends[part] for part in parts):
            assert time.monotonic() < end, "the topic can't be read"
            for messages in consumer.poll(timeout_ms=500).values():
                for message in messages:
                    found += msgspec.json.decode(message.value)[what]
        return found
    finally:
        consumer.close()
