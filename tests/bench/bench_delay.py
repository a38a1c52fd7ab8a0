"""From a post to a search result, and to an alert on the console, while others stream in (`huiying up`, real engines).

python tests/bench/bench_delay.py [--seconds 60]

The highest rate is measured first, by how fast a flood is stored; then posts stream in at 10, 50 and 90 % of it.
Searchable: from the broker's acknowledgement of a marked post until a search finds it. Alert: from the acknowledgement
of the last of twelve posts on one topic of one county until /alerts shows the alert.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from kafka import KafkaProducer

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from posted import page_of
from product import Product, Session, data_folder, running, wait_for

COUNTIES = ("静宁县", "庄浪县", "泾川县", "灵台县", "崇信县", "华亭市", "崆峒区")
MATTERS = {
    "城乡建设": "小区停水三天了，自来水公司没有通知",
    "交通运输": "客运班车随意加价，出租车不打表，公交司机拒载",
    "教育文体": "小学乱收补课费，家长意见很大，请教育局查一查",
    "卫生计生": "县医院挂号排队太久，医生态度差",
}
QUIET = ("路灯不亮，请修一下", "咨询医保缴费的时间", "垃圾没有清运", "物业费没有公示", "想问公积金怎么提取")
ENOUGH = 14
PAGE = 50
PAST_MS = 1_714_521_600_000


def now_ms() -> int:
    """Return the machine's time."""
    return int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - the running product asks the machine too


class Load:
    """Sends quiet posts of the past at a rate, until it is stopped."""

    def __init__(self, producer: KafkaProducer) -> None:
        self.producer, self.sent, self.stop = producer, 0, threading.Event()
        self.chance = random.Random(5)

    def page(self) -> None:
        """Send one page."""
        posts = [
            {"source": "portal", "native_id": f"load-{n}", "posted_at": PAST_MS + n * 1000, "title": "来信",
             "text": f"{self.chance.choice(COUNTIES)}第{n}号来信：{self.chance.choice(QUIET)}。" * 4}
            for n in range(self.sent, self.sent + PAGE)
        ]  # fmt: skip
        self.producer.send("posts.live", key=b"portal", value=page_of("portal", posts))
        self.sent += PAGE

    def run(self, rate: float) -> None:
        """Send at so many posts a second."""
        start, first = time.monotonic(), self.sent
        while not self.stop.wait(max(0.0, start + (self.sent - first) / rate - time.monotonic())):
            self.page()


def highest(product: Product, load: Load) -> float:
    """Return posts a second that are stored when there are always more."""
    before = product.received()
    for _ in range(12_000 // PAGE):
        load.page()
    load.producer.flush()
    first = wait_for(lambda: (n := product.received()) > before + 500 and (n, time.monotonic()), 120, every=0.05)
    last = wait_for(lambda: (n := product.received()) >= load.sent and (n, time.monotonic()), 300, every=0.05)
    return float((last[0] - first[0]) / (last[1] - first[1]))


def searchable(product: Product, producer: KafkaProducer, name: str) -> float:
    """Send a marked post and return seconds until a search finds it."""
    word = f"标记{name}号"
    post = {"source": "portal", "native_id": name, "posted_at": now_ms(), "title": "", "text": f"{word}，请查收。"}
    producer.send("posts.live", key=b"portal", value=page_of("portal", [post])).get(20)
    start = time.monotonic()
    url = f"http://127.0.0.1:{product.env['HUIYING_ELASTICSEARCH_PORT']}/huiying-opinions-*/_search"
    body = {"query": {"match_phrase": {"normal": word}}, "size": 1}
    wait_for(lambda: httpx.post(url, json=body, timeout=20).json()["hits"]["total"]["value"], 60, every=0.02)
    return time.monotonic() - start


def alerted(admin: Session, producer: KafkaProducer, county: str, topic: str, name: str) -> float:
    """Send enough posts on a topic of a county and return seconds until its alert is shown."""
    now = now_ms()
    posts = [
        {"source": "hotline", "native_id": f"{name}-{county}-{topic}-{n}", "posted_at": now - 1000 * n, "title": "反映",
         "text": f"{county}{MATTERS[topic]}，第{n + 1}户。"}
        for n in range(ENOUGH)
    ]  # fmt: skip
    producer.send("posts.live", key=b"hotline", value=page_of("hotline", posts)).get(20)
    start = time.monotonic()
    wait_for(lambda: admin.alerts(county, "集中反映", query=f"?q={topic}"), 60, why=f"{county} {topic}", every=0.1)
    return time.monotonic() - start


def line(name: str, found: list[float]) -> str:
    """Return a row of the table."""
    ranked = sorted(found)
    return f"{name:28}{len(ranked):>5}{statistics.median(ranked):>8.2f}{ranked[int(len(ranked) * 0.99)]:>8.2f}"


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    rows: list[str] = []
    worst = 0.0
    with data_folder("delay") as home, running("up", home) as product:
        producer = KafkaProducer(bootstrap_servers=product.kafka, acks="all", linger_ms=5)
        load = Load(producer)
        most = highest(product, load)
        rows.append(f"highest rate: {most:.0f} posts/s")
        rows.append(f"{'':28}{'n':>5}{'p50 s':>8}{'p99 s':>8}")
        keys = [(county, topic) for topic in MATTERS for county in COUNTIES]
        with Session(product, *product.first_sign_in) as admin:
            for n, share in enumerate((0.1, 0.5, 0.9)):
                load.stop.clear()
                sending = threading.Thread(target=load.run, args=(share * most,), daemon=True)
                sending.start()
                time.sleep(5)
                found: dict[str, list[float]] = {"searchable": [], "alert": []}
                end, mine = time.monotonic() + args.seconds, keys[n::3]
                for m in range(10_000):
                    found["searchable"].append(searchable(product, producer, f"{n}x{m}"))
                    if mine:
                        found["alert"].append(alerted(admin, producer, *mine.pop(), name=f"{n}"))
                    if time.monotonic() > end and not mine:
                        break
                load.stop.set()
                sending.join()
                rows += [line(f"at {share:.0%}: {name}", values) for name, values in found.items()]
                if share == 0.5:
                    worst = max(found["alert"])
                wait_for(lambda: product.received() >= load.sent, 300, why="the load is stored")
    print("\n".join(rows))
    print(f"post to alert at half load: worst {worst:.2f} s (most 5): {'met' if worst <= 5 else 'NOT MET'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
