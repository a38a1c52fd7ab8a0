"""10,000 keys fire within a minute: how many messages reach people, how soon, and what kills of the watcher do.

python tests/bench/bench_flood.py [--keys 10000] [--kills 20] [--seed 1]

First in one process on a real Elasticsearch (HUIYING_TEST_ELASTICSEARCH, else one is started): one look of the
watcher over the whole flood, and the minutes after it, with the time of the decisions alone and of everything stored.
Then with `huiying watch` as a process of its own, killed with SIGKILL at random moments while ever more keys fire; a
webhook keeps what arrives. Exit 1 if an alert is missing or untold, or if a notice is doubled beyond the one that was
under way at each kill.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above

from alerts.alert import Alert, Key  # noqa: E402
from alerts.channels.base import WHOLE  # noqa: E402
from alerts.counts import ElasticCounts  # noqa: E402
from alerts.evaluate import Tally, evaluate  # noqa: E402
from alerts.hush import Scene, tellings  # noqa: E402
from alerts.manager import DEFAULT, Reason, decide  # noqa: E402
from alerts.notices import Notice  # noqa: E402
from alerts.outbox import Outbox  # noqa: E402
from alerts.rulebook import load_rulebook  # noqa: E402
from alerts.service import Service  # noqa: E402
from alerts.store import AlertStore, NoticeStore  # noqa: E402
from deploy.templates import FOLDER  # noqa: E402
from streams.clock import ManualClock, SystemClock, ms  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.records import digest  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import OPINIONS, monthly  # noqa: E402

RULEBOOK = """
rules:
  - name: flood
    title: 集中反映
    kind: count
    level: larger
    reason: 一小时内两人以上说同一件事
    key: [topic, county]
    window: 2h
    step: 10m
    recover: 2h
    at_least: 2
    fires: {count: 2}
    silent: {count: 1}
"""
INDICES = ("opinions-*", "alerts", "notices", "checkpoints", "silences", "events", "gaps", "decisions", "policies")


class Phone:
    """Takes every notice at once, and counts."""

    name, per_minute = "webhook", 0

    def __init__(self) -> None:
        self.got: list[Notice] = []

    def pieces(self, _notice: Notice) -> tuple[str, ...]:
        return WHOLE

    async def send(self, notice: Notice, _piece: str) -> None:
        self.got.append(notice)


def posts(keys: range, at: int) -> list[Op]:
    """Return two invented opinions for each of these keys, written just now."""
    ops = []
    for number in keys:
        for turn in range(2):
            identity = digest("post", "flood", str(number), str(turn))
            doc = {
                "id": identity, "source": ("hotline", "portal")[turn], "kind": "message", "title": "",
                "text": f"第{number}处停水", "normal": f"第{number}处停水", "posted_at": at, "received_at": at,
                "indexed_at": at, "version": 0, "parent": "", "likes": 0, "dislikes": 0, "late": False,
                "origin": f"posts.live-0-{number}#{turn}", "sentiment": "neu", "sentiment_p": 0.8, "uncertain": False,
                "topic": f"领域{number}", "topic_p": 0.8, "topic2": "", "subtopic": "", "county": "620826",
                "place": "", "place_path": [], "intent": "complaint", "urgent": False, "urgent_terms": [],
                "danger": False, "event_key": str(number), "terms": [f"第{number}处"], "masks": [], "model": "bench",
            }  # fmt: skip
            ops.append(Op(index=monthly(OPINIONS, at), id=identity, doc=doc))
    return ops


@asynccontextmanager
async def prefixed(address: str) -> AsyncIterator[tuple[Elastic, ElasticSettings]]:
    """Give a set of indices of its own, taken away afterwards."""
    settings = ElasticSettings(elasticsearch=address, elasticsearch_prefix=f"bench{secrets.token_hex(4)}-")
    async with Elastic(settings) as elastic:
        await elastic.install({path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")})
        try:
            yield elastic, settings
        finally:
            for name in INDICES:
                await elastic.drop(name)


async def poured(elastic: Elastic, keys: range) -> None:
    """Store what makes these keys fire."""
    ops = posts(keys, ms(SystemClock().now()))
    for n in range(0, len(ops), 2000):
        await elastic.bulk(ops[n : n + 2000])
    await elastic.refresh("opinions-*")


def decisions(keys: int) -> float:
    """Return the seconds that all decisions over so many new findings take, without any store."""
    (rule,) = load_rulebook(RULEBOOK)
    at = ms(SystemClock().now())
    start = time.perf_counter()
    pending: list[tuple[Alert, Reason]] = []
    for number in range(keys):
        tally = Tally(count=2, sources={"hotline": 1, "portal": 1})
        decision = decide(rule, evaluate(rule, Key(f"领域{number}", "620826"), tally, 0.0, at), None, at)
        assert decision.alert is not None
        pending.append((decision.alert, decision.reason))
    judged = tellings(pending, Scene(DEFAULT, (), (), at))
    assert len(judged) == keys
    return time.perf_counter() - start


async def flood(address: str, keys: int) -> bool:
    """Measure one flood in one process."""
    async with prefixed(address) as (elastic, _):
        phone, clock = Phone(), ManualClock(SystemClock().now())
        store = AlertStore(elastic)
        outbox = Outbox(NoticeStore(elastic), [phone], wall=clock)
        service = Service(load_rulebook(RULEBOOK), ElasticCounts(elastic), store, outbox)
        await poured(elastic, range(keys))
        clock.forward(seconds=1)
        start = time.perf_counter()
        await service.tick(clock.now())
        whole = time.perf_counter() - start
        await outbox.deliver("webhook", clock)
        alone = len(phone.got)
        for _ in range(13):
            clock.forward(seconds=30)
            await service.tick(clock.now())
            await outbox.deliver("webhook", clock)
        alerts = [one for one, _ in await store.open("live")]
        heard = Counter(one.told_by or "alone" for one in alerts if one.told_at)
        answer = await elastic.search("notices", {"size": 0, "aggs": {"why": {"terms": {"field": "reason"}}}})
        why = {one["key"] or "told": one["doc_count"] for one in answer["aggregations"]["why"]["buckets"]}
        print(f"{keys:,} keys in one look: decisions {decisions(keys):.2f} s; with everything stored {whole:.1f} s")
        print(f"messages: {alone} at once, {len(phone.got)} in the 6.5 minutes (default bounds: 20 in 5 minutes)")
        print(f"in the store: {len(alerts):,} alerts, told {dict(heard)}; notices by reason {why}")
        return len(alerts) == keys == sum(heard.values())


class Hook(ThreadingHTTPServer):
    """A webhook that keeps the ids of what arrives, and answers after a moment, as receivers do."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.got.append((body["id"], body["kind"]))
                time.sleep(0.05)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Stay quiet."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def watcher(settings: ElasticSettings, home: Path, hook: Hook) -> subprocess.Popen[bytes]:
    """Start `huiying watch` over these indices."""
    env = {
        **{name: text for name, text in os.environ.items() if not name.startswith("HUIYING_")},
        "PYTHONPATH": str(ROOT), "HUIYING_HOME": str(home), "HUIYING_RULEBOOK": str(home / "rules.yml"),
        "HUIYING_ELASTICSEARCH": settings.elasticsearch, "HUIYING_ELASTICSEARCH_PREFIX": settings.elasticsearch_prefix,
        "HUIYING_WEBHOOK": f"http://127.0.0.1:{hook.server_port}/", "HUIYING_WATCH_EVERY": "0.5",
        "HUIYING_TELL_MOST_MINUTES": "0.25",
    }  # fmt: skip
    with (home / "watch.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-P", "-m", "deploy", "watch"], env=env, stdout=log, stderr=log)


async def kills(address: str, keys: int, times: int, seed: int) -> bool:
    """Kill the watcher so many times while ever more keys fire; count what is left."""
    chance, hook = random.Random(seed), Hook()
    with tempfile.TemporaryDirectory(prefix="huiying-flood-") as folder:
        home = Path(folder)
        (home / "rules.yml").write_text(RULEBOOK, "utf-8")
        async with prefixed(address) as (elastic, settings):
            store = AlertStore(elastic)
            share = keys // (times + 1)
            for n in range(times + 1):
                process = watcher(settings, home, hook)
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                await poured(elastic, range(n * share, keys if n == times else (n + 1) * share))
                if n < times:
                    await asyncio.sleep(chance.uniform(0.0, 6.0))
                    process.kill()
                    process.wait()
            left, settled = 240, False
            while left and not settled:
                await asyncio.sleep(1)
                left -= 1
                alerts = await store.list(limit=10_000)
                waiting = await elastic.count("notices", {"terms": {"state": ["pending", "sending"]}})
                settled = len(alerts) == keys and not waiting and all(a.told_at and not a.untold for a in alerts)
            process.terminate()
            process.wait()
            failed = await elastic.count("notices", {"term": {"state": "failed"}})
            sent = await elastic.count(
                "notices", {"bool": {"filter": [{"term": {"state": "sent"}}, {"term": {"channel": "webhook"}}]}}
            )
        got = Counter(id_ for id_, _ in hook.got)
        doubled = sum(count - 1 for count in got.values())
        print(f"{times} random kill -9 of the watcher while {keys:,} keys fire: {len(alerts):,} alerts stored, "
              f"{sum(bool(a.told_at) for a in alerts):,} told ({dict(Counter(a.told_by or 'alone' for a in alerts))})")
        print(f"messages: {len(got)} of {sent} stored as sent arrived, {doubled} twice (at most one a kill may), "
              f"{dict(Counter(kind for _, kind in dict(hook.got).items()))}; failed {failed}")
        return settled and len(got) == sent and not failed and doubled <= times


def main() -> int:
    """Measure both, print, and say whether it is as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with engines() as (_, address):
        good = asyncio.run(flood(address, args.keys))
        good &= asyncio.run(kills(address, args.keys, args.kills, args.seed)) if args.kills else True
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
