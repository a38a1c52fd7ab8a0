"""Kill everything, again and again, while posts stream in; then count what is left (`make chaos`).

python tests/bench/chaos.py [--posts 200000] [--kills 24] [--seed 1]

The product runs as people run it (`huiying up`, real engines). Workers, watcher, gateway, broker and Elasticsearch are
killed with SIGKILL at random moments. Places without water are planted between: each must raise one alert and each
notice must arrive once, by mail and by robot. The books are printed; exit 1 if anything is lost or doubled.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from kafka import KafkaProducer
from kafka.errors import KafkaError

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from posted import page_of
from product import Letters, Product, Robot, data_folder, running, serve, wait_for

PAGE = 100
COUNTIES = ("静宁县", "庄浪县", "泾川县", "灵台县", "崇信县", "华亭市", "崆峒区")
WORDS = ("路灯不亮，请修一下", "咨询医保缴费的时间", "垃圾没有清运", "建议增加公交班次", "小区物业费没有公示")
PAST_MS = 1_714_521_600_000
TARGETS: dict[str, Callable[[Product], psutil.Process]] = {
    "worker": lambda product: product.child("work"),
    "watcher": lambda product: product.child("watch"),
    "gateway": lambda product: product.child("gateway"),
    "broker": lambda product: product.engine("kafka.Kafka"),
    "elasticsearch": lambda product: product.engine("elasticsearch"),
}


class Sender:
    """Sends posts until each was acknowledged, whatever dies meanwhile; a page may be sent twice, a post is one."""

    def __init__(self, product: Product, key: str = "") -> None:
        self.product = product
        self.key = key
        self.sent = 0
        self.tries = 0
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{product.env['HUIYING_GATEWAY_PORT']}", timeout=20)

    def post(self, page: list[dict[str, Any]]) -> None:
        """Send one page by HTTP and return when the gateway has acknowledged all of it."""
        while True:
            self.tries += 1
            try:
                answer = self.http.post(
                    "/v1/posts", json=page, headers={"authorization": f"Bearer {self.key}"}
                )
            except httpx.HTTPError:
                time.sleep(0.5)
                continue
            if answer.status_code == 202:
                return
            if answer.status_code not in {429, 502, 503}:
                raise SystemExit(f"the gateway answered {answer.status_code}: {answer.text[:500]}")
            time.sleep(float(answer.headers.get("retry-after", "1")))

    def send(self, topic: str, source: str, data: bytes) -> None:
        """Send one page and return when Kafka has it."""
        while True:
            self.tries += 1
            try:
                self._producer().send(topic, key=source.encode(), value=data).get(timeout=20)
            except (KafkaError, OSError, AssertionError):
                self._close()
                time.sleep(0.5)
            else:
                return

    def _producer(self) -> KafkaProducer:
        if getattr(self, "producer", None) is None:
            self.producer: KafkaProducer | None = KafkaProducer(
                bootstrap_servers=self.product.kafka, acks="all", max_block_ms=10_000, request_timeout_ms=10_000,
                delivery_timeout_ms=15_000,
            )  # fmt: skip
        assert self.producer is not None
        return self.producer

    def _close(self) -> None:
        producer, self.producer = getattr(self, "producer", None), None
        if producer is not None:
            producer.close(timeout=1)


def flood(sender: Sender, posts: int, pause: float, stop: threading.Event) -> None:
    """Send so many quiet posts of the past, evenly."""
    chance = random.Random(3)
    for at in range(0, posts, PAGE):
        if stop.is_set():
            return
        page = [
            {"source": "portal", "native_id": f"chaos-{n}", "posted_at": PAST_MS + n * 1000, "title": "来信",
             "text": f"{chance.choice(COUNTIES)}第{n}号来信：{chance.choice(WORDS)}。"}
            for n in range(at, min(at + PAGE, posts))
        ]  # fmt: skip
        if at // PAGE % 4 == 3:
            sender.post(page)
        else:
            sender.send("posts.backfill", "portal", page_of("portal", page))
        sender.sent += len(page)
        time.sleep(pause)


def plant(sender: Sender, county: str) -> int:
    """Send what a county without water writes in these minutes; return how many posts."""
    now = int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - the running product asks the machine too
    for source in ("hotline", "wechat", "weibo"):
        page = [
            {"source": source, "native_id": f"dry-{county}-{source}-{n}", "posted_at": now - 4000 * n, "title": "停水",
             "text": f"{county}第{n + 1}栋停水了，没有看到通知，什么时候恢复供水？"}
            for n in range(16)
        ]  # fmt: skip
        sender.send("posts.live", source, page_of(source, page))
    return 48


def kill(product: Product, name: str) -> bool:
    """Kill a part where it stands; False if it is not there just now."""
    try:
        process = TARGETS[name](product)
        process.kill()
    except (psutil.Error, IndexError):
        return False
    return True


def storm(product: Product, kills: int, seconds: float, seed: int, done: threading.Event) -> Counter[str]:
    """Kill parts at random moments, so many in about so long; return what was killed."""
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    names = [name for name in TARGETS for _ in range(-(-kills // len(TARGETS)))][:kills]
    chance.shuffle(names)
    for name in names:
        done.wait(chance.uniform(0.3, 1.7) * seconds / kills)
        for _ in range(3):
            if kill(product, name):
                break
        killed[name] += 1
        print(f"  killed {name:14} ({sum(killed.values())} of {kills})", flush=True)
    return killed


def elastic(product: Product, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask Elasticsearch itself."""
    url = f"http://127.0.0.1:{product.env['HUIYING_ELASTICSEARCH_PORT']}/huiying-{path}"
    answer: dict[str, Any] = httpx.post(url, json=body, timeout=60).json()
    return answer


def judge(product: Product, letters: Letters, robot: Robot, distinct: int, planted: list[str]) -> list[str]:
    """Print the books and return what is wrong."""
    httpx.post(f"http://127.0.0.1:{product.env['HUIYING_ELASTICSEARCH_PORT']}/huiying-*/_refresh", timeout=60)
    books = product.books()
    print(product.huiying("books", check=False).stdout)
    stored = elastic(product, "opinions-*/_count", {})["count"]
    hits = elastic(product, "alerts/_search", {"size": 500})["hits"]["hits"]
    dry = Counter(hit["_source"]["county"] for hit in hits if "集中反映" in hit["_source"]["title"])
    mails = Counter((one.alert, one.subject) for one in letters.received)
    cards = Counter((one.alert, one.subject) for one in robot.taken)
    twice = sum(count - 1 for count in (*mails.values(), *cards.values()))
    lost = sum((mails.keys() - cards.keys() != set(), cards.keys() - mails.keys() != set()))
    rows = {
        "posts sent": distinct, "posts stored": stored, "lost": distinct - stored,
        "counted twice": books["all"]["stored"] - stored, "places planted": len(planted),
        "alerts of these": sum(dry.values()), "letters": len(letters.received), "cards": len(robot.taken),
        "notices twice": twice,
    }  # fmt: skip
    for name, value in rows.items():
        print(f"{name:16}{value:>10}")
    wrong = [] if books["balanced"] else ["the books do not balance"]
    wrong += [f"{distinct} posts sent, {stored} stored"] if stored != distinct else []
    wrong += [f"counted {books['all']['stored']}, stored {stored}"] if books["all"]["stored"] != stored else []
    wrong += [f"alerts by county: {dict(dry)}"] if sorted(dry.values()) != [1] * len(planted) else []
    wrong += [f"{twice} notices came twice"] if twice else []
    wrong += [f"a notice came by one channel only: {mails.keys() ^ cards.keys()}"] if lost else []
    return wrong


def main() -> int:
    """Run the storm."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    letters, robot = Letters(), Robot()
    letters.controller.start()
    hook = serve(robot)
    began = time.monotonic()
    with data_folder("chaos") as home, running(
        "up", home, mail_host="127.0.0.1", mail_port=str(letters.controller.port), mail_to="duty@example.org",
        wecom_webhook=robot.url, watch_every="1", worker_retry_first="0.5", worker_retry_most="4",
    ) as product:  # fmt: skip
        key = product.huiying("key", "add", "chaos", "--source", "portal").stdout.split()[-1]
        sender, done = Sender(product, key), threading.Event()
        pause = 0.6 * args.seconds / (args.posts / PAGE)
        flooding = threading.Thread(target=flood, args=(sender, args.posts, pause, done), daemon=True)
        flooding.start()
        storming: list[Counter[str]] = []
        storm_thread = threading.Thread(
            target=lambda: storming.append(storm(product, args.kills, args.seconds, args.seed, done)), daemon=True
        )
        storm_thread.start()
        planter, planted, extra = Sender(product), [], 0
        for county in COUNTIES:
            time.sleep(args.seconds / (len(COUNTIES) + 1))
            extra += plant(planter, county)
            planted.append(county)
        storm_thread.join()
        flooding.join()
        distinct = sender.sent + extra
        print(f"{sum(storming[0].values())} kills ({dict(storming[0])}); everything may settle", flush=True)
        wait_for(lambda: settled(product, distinct), 900, why="everything is stored", every=2.0)
        wait_for(lambda: len({t.alert for t in letters.received}) >= len(planted), 180, why="all are told", every=2.0)
        time.sleep(20)  # a notice that came twice would come now
        wrong = judge(product, letters, robot, distinct, planted)
    hook.shutdown()
    letters.controller.stop()
    print(f"{time.monotonic() - began:.0f} s; " + ("; ".join(wrong) if wrong else "nothing lost, nothing doubled"))
    return 1 if wrong else 0


def settled(product: Product, distinct: int) -> bool:
    """Say whether no page waits and so many posts were received."""
    if product.received() < distinct:
        return False
    books = product.books()
    return bool(books["waiting"] == 0 and books["balanced"])


if __name__ == "__main__":
    raise SystemExit(main())
