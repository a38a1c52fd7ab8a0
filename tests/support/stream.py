"""A scoring worker as a real process, and a wire to Elasticsearch that can be cut."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from deploy.init import make_topics
from deploy.templates import FOLDER
from streams.books import Books, books
from streams.clock import SystemClock
from streams.elastic import Elastic
from streams.records import post_id
from streams.replay import ReplayReport, replay
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings

INDICES = ("opinions", "drills", "rejected", "pages", "checkpoints")
WORK = """
import json, sys
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
from streams.worker import run
kafka, elastic, worker = json.loads(sys.argv[1])
run(KafkaSettings(**kafka), ElasticSettings(**elastic), WorkerSettings(**worker))
"""


def until(what: Callable[[], Any], seconds: float, why: str) -> Any:
    """Ask until the answer is true, and return it; fail with `why` when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.1)
    pytest.fail(f"not in {seconds:.0f} s: {why}")


def templates() -> dict[str, Any]:
    """Return the templates that the stream needs."""
    return {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in INDICES}


def write_csv(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Write an invented export: id, posted_at, title, body."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "posted_at", "title", "body"])
        writer.writerows(rows)
    return path


def letters(count: int, name: str = "m") -> list[list[str]]:
    """Return invented messages of one day in May."""
    return [
        [f"{name}-{n}", f"2024-05-{1 + n % 28:02} 08:{n % 60:02}:00", "来信", f"庄浪县第{n}号来信：路灯不亮，请修。"]
        for n in range(count)
    ]


@dataclass
class Chain:
    """Topics and indices of one test, and the processes that work on them."""

    kafka: KafkaSettings
    elastic: ElasticSettings
    folder: Path
    limit: int = 1000
    metrics: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def prepare(self) -> None:
        """Make topics and templates."""
        make_topics(self.kafka)

        async def install() -> None:
            async with Elastic(self.elastic) as elastic:
                await elastic.install(templates())

        asyncio.run(install())

    def work(self, elastic: ElasticSettings | None = None) -> subprocess.Popen[bytes]:
        """Start a worker."""
        settings = [
            asdict(self.kafka),
            asdict(elastic or self.elastic),
            asdict(
                WorkerSettings(
                    worker_retry_first=0.2, worker_retry_most=1.0, worker_letters_most=self.limit,
                    worker_metrics=f"127.0.0.1:{self.metrics}" if self.metrics else "",
                )
            ),
        ]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", WORK, json.dumps(settings)], stdout=log, stderr=log, env=dict(os.environ)
            )
        self.processes.append(process)
        return process

    @property
    def log(self) -> Path:
        """What the workers said."""
        return self.folder / "work.log"

    def said(self, words: str) -> bool:
        """Whether a worker said something."""
        return self.log.exists() and words in self.log.read_text("utf-8")

    def replay(self, path: Path, **options: Any) -> ReplayReport:
        """Replay a file."""
        return replay(path, kafka=self.kafka, elastic=self.elastic, clock=SystemClock(), **options)

    def send(self, *messages: bytes, source: str = "portal") -> None:
        """Send messages to the live topic, to one partition."""
        producer = KafkaProducer(bootstrap_servers=self.kafka.bootstrap, acks="all", max_request_size=8_000_000)
        for message in messages:
            producer.send(self.kafka.kafka_prefix + "posts.live", key=source.encode(), value=message).get(20)
        producer.close()

    def books(self) -> Books:
        """Return the books."""

        async def read() -> Books:
            async with Elastic(self.elastic) as elastic:
                return await books(elastic, self.kafka)

        return asyncio.run(read())

    def stored(self, native_id: str, source: str = "portal") -> dict[str, Any]:
        """Return the opinion of a post, empty if it is not there."""

        async def ask() -> dict[str, Any]:
            async with Elastic(self.elastic) as elastic:
                await elastic.refresh("opinions-*")
                query = {"query": {"term": {"id": post_id(source, native_id)}}, "size": 1}
                hits = (await elastic.search("opinions-*", query))["hits"]["hits"]
                return hits[0]["_source"] if hits else {}

        return asyncio.run(ask())

    def settled(self, received: int, seconds: float = 40) -> Books:
        """Return the books once so many posts were received and none waits."""

        def look() -> Books | None:
            found = self.books()
            return found if found.total.received >= received and found.waiting == 0 else None

        found: Books = until(look, seconds, f"{received} posts received: {self.log.read_text('utf-8')[-2000:]}")
        return found

    def stop(self) -> None:
        """End the workers."""
        for process in self.processes:
            process.kill()
            process.wait()


class Wire:
    """A TCP wire to another address that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.cut = False
        self.open: set[socket.socket] = set()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                here, _ = self.server.accept()
            except OSError:
                return
            if self.cut:
                here.close()
                continue
            there = socket.create_connection(self.target)
            self.open |= {here, there}
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()
            self.open.discard(end)

    def break_off(self) -> None:
        """Cut all connections, and refuse new ones."""
        self.cut = True
        for end in list(self.open):
            shut(end)

    def mend(self) -> None:
        """Let connections through again."""
        self.cut = False

    def close(self) -> None:
        """Remove the wire."""
        self.break_off()
        self.server.close()


def shut(end: socket.socket) -> None:
    """Shut a connection down, whatever its state."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        end.close()


KILL = signal.SIGKILL
