"""The whole chain beside what people would write instead: one run, one machine, the same engines, input and sink.

python tests/bench/bench_chain.py [--posts 20000] [--rounds 3] [--texts CSV] [--only a,c,e]

(a) Huiying's worker; (b) the obvious Faust app: a post a message, SnowNLP, one index call a post; (c) Faust, a post a
message, with our analysis and bulk; (d) quixstreams on the same pages with our analysis and the same bulk (in an
environment of its own: `make bench-setup`); (e) ceilings: Elasticsearch taking ready documents, and aiokafka reading.
A rate is posts per second between the first and the last stored post, asked from Elasticsearch's own counters.
Engines: those of HUIYING_TEST_KAFKA and HUIYING_TEST_ELASTICSEARCH, else they are started for the run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(HERE)]

from bench_analyze import invented, read  # noqa: E402 - the path is set above
from kafka import KafkaProducer  # noqa: E402

from deploy.init import make_topics  # noqa: E402
from deploy.templates import FOLDER  # noqa: E402
from streams.codec import encode_page  # noqa: E402
from streams.elastic import Elastic  # noqa: E402
from streams.records import Page, Post  # noqa: E402
from streams.settings import ElasticSettings, KafkaSettings  # noqa: E402

MAY = 1_714_521_600_000
PAGE = 100
NAMES = {
    "a": "Huiying",
    "b": "Faust, a post a message, SnowNLP, one index call a post",
    "c": "Faust, a post a message, our analysis and bulk",
    "d": "quixstreams, our pages, analysis and bulk",
    "e1": "ceiling: Elasticsearch, ready documents",
    "e2": "ceiling: aiokafka reading pages",
}
SMALL = {"b": 60, "c": 4}
"""Slow variants get a fraction of the posts: 1/n; rates are per second, so they compare."""


@contextlib.contextmanager
def engines() -> Iterator[tuple[str, str]]:
    """Return the addresses of a Kafka and an Elasticsearch."""
    kafka, elastic = os.environ.get("HUIYING_TEST_KAFKA", ""), os.environ.get("HUIYING_TEST_ELASTICSEARCH", "")
    if kafka and elastic:
        yield kafka, elastic
        return
    from engines import free_port, running

    from deploy.engines.local import java_for, local_elasticsearch, local_kafka
    from deploy.settings import EngineSettings, HomeSettings

    with tempfile.TemporaryDirectory(prefix="huiying-bench-") as folder:
        Path(folder).chmod(0o755)
        home = HomeSettings(home=folder, cache=os.environ.get("HUIYING_TEST_CACHE", ""))
        java = java_for(EngineSettings(), home.cache_folder)
        one, two = KafkaSettings(kafka_port=free_port()), ElasticSettings(elasticsearch_port=free_port())
        with running(local_kafka(home, EngineSettings(), one, java)), \
                running(local_elasticsearch(home, EngineSettings(elasticsearch_heap="1g"), two, java)):  # fmt: skip
            yield one.bootstrap, two.hosts[0]


class Run:
    """One variant's topics and indices, its process and its rate."""

    def __init__(self, name: str, kafka: str, elastic: str) -> None:
        self.name = name
        self.prefix = f"bench{secrets.token_hex(4)}-"
        self.kafka = KafkaSettings(kafka=kafka, kafka_prefix=self.prefix, kafka_partitions=1)
        self.elastic = ElasticSettings(elasticsearch=elastic, elasticsearch_prefix=self.prefix)

    def prepare(self, posts: list[Post], page: int) -> int:
        """Make topics and templates, send the posts; return how many messages there are."""
        make_topics(self.kafka)
        asyncio.run(self._install())
        producer = KafkaProducer(
            bootstrap_servers=self.kafka.bootstrap, acks="all", linger_ms=20, max_request_size=8_000_000
        )
        topic = self.kafka.kafka_prefix + "posts.live"
        count = 0
        for at in range(0, len(posts), page):
            data = encode_page(Page(source="portal", posts=tuple(posts[at : at + page])))
            producer.send(topic, key=b"portal", value=data)
            count += 1
        producer.flush()
        producer.close()
        return count

    async def _install(self) -> None:
        names = ("opinions", "rejected", "pages")
        templates = {n: json.loads((FOLDER / f"{n}.json").read_text("utf-8")) for n in names}
        async with Elastic(self.elastic) as elastic:
            await elastic.install(templates)

    def stored(self) -> int:
        """Return how many opinions Elasticsearch has taken."""
        try:
            with urllib.request.urlopen(f"{self.elastic.hosts[0]}/{self.prefix}opinions-*/_stats/indexing") as answer:
                return int(json.load(answer)["_all"]["primaries"]["indexing"]["index_total"])
        except (OSError, KeyError):
            return 0

    def command(self) -> list[str]:
        """Return what runs the variant."""
        python = sys.executable
        if self.name == "d":
            python = str(ROOT / ".venv-bench" / "bin" / "python")
        settings = json.dumps([asdict(self.kafka), asdict(self.elastic)])
        return [python, "-P", str(HERE / "chain" / f"{self.name}.py"), settings]

    def rate(self, posts: int, seconds: float = 600) -> float:
        """Run the variant until it has stored all posts; return posts per second."""
        path = Path(tempfile.gettempdir()) / f"{self.prefix}{self.name}.log"
        log = path.open("wb")
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}/chain"}
        process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=env, start_new_session=True)
        try:
            first = (0.0, 0)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                count, now = self.stored(), time.monotonic()
                if count and not first[1]:
                    first = (now, count)
                if count >= posts:
                    return (count - first[1]) / max(now - first[0], 1e-3)
                if process.poll() is not None:
                    raise SystemExit(f"({self.name}) ended: {path.read_text('utf-8')[-1500:]}")
                time.sleep(0.05)
            raise SystemExit(
                f"({self.name}) stored {count} of {posts} in {seconds} s: {path.read_text('utf-8')[-1500:]}"
            )
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.close()
            path.unlink()

    def clean(self) -> None:
        """Remove what was made."""

        async def drop() -> None:
            async with Elastic(self.elastic) as elastic:
                for name in ("opinions-*", "rejected-*", "pages-*"):
                    await elastic.drop(name)

        asyncio.run(drop())
        from kafka import KafkaAdminClient

        admin = KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(self.prefix)])
        admin.close()


def measure(name: str, posts: list[Post], kafka: str, elastic: str) -> float:
    """Return one variant's rate."""
    if name.startswith("e"):
        pages = [
            encode_page(Page(source="portal", posts=tuple(posts[i : i + PAGE]))) for i in range(0, len(posts), PAGE)
        ]
        out = subprocess.run(
            [sys.executable, "-P", str(HERE / "chain" / "e.py"), name, kafka, elastic, str(len(posts))],
            input=b"\n".join(pages), capture_output=True, check=False,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}/chain"},
        )  # fmt: skip
        if out.returncode:
            raise SystemExit(out.stderr.decode()[-2000:])
        return float(out.stdout.split()[-1])
    run = Run(name, kafka, elastic)
    try:
        run.prepare(posts, 1 if name in "bc" else PAGE)
        return run.rate(len(posts))
    finally:
        run.clean()


def main() -> int:
    """Measure all and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--only", default="a,b,c,d,e1,e2")
    args = parser.parse_args()
    texts = read(args.texts) if args.texts else invented(2000)
    unknown = set(args.only.split(",")) - set(NAMES)
    if unknown:
        parser.error(f"--only: there is no {min(unknown)}; there are {chr(44).join(NAMES)}")
    names = [n for n in args.only.split(",") if n != "d" or (ROOT / ".venv-bench").exists()]
    rates: dict[str, list[float]] = {name: [] for name in names}
    with engines() as (kafka, elastic):
        for number in range(args.rounds):
            for name in names:
                count = max(PAGE, args.posts // SMALL.get(name, 1))
                posts = [
                    Post(source="portal", native_id=f"{number}-{i}", posted_at=MAY + i * 1000, text=text)
                    for i, text in zip(range(count), itertools.cycle(texts), strict=False)
                ]
                rates[name].append(measure(name, posts, kafka, elastic))
                print(f"round {number + 1}: ({name}) {rates[name][-1]:.0f} posts/s", file=sys.stderr, flush=True)
    print(f"{args.posts} posts of {statistics.mean(map(len, texts)):.0f} characters, median of {args.rounds} rounds")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    base = middle.get("a", 0.0)
    print(f"{'':4}{'':58}{'posts/s':>10}{'(a) is':>10}")
    for name in names:
        times = f"{base / middle[name]:9.2f}x" if base else ""
        print(f"{name:4}{NAMES[name]:58}{middle[name]:10.0f}{times:>10}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
