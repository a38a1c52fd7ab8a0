"""Invented messages for tests that drive the product from outside: as a file that a portal exports, or as they come."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

BEIJING = timedelta(hours=8)
QUIET = ("路灯不亮，请修一下", "咨询医保缴费的时间", "垃圾没有清运", "建议增加公交班次", "小区物业费没有公示")


def stamp(when: datetime) -> str:
    """Return a time as exports write it: Beijing time, no zone."""
    return (when + BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write messages as a portal exports them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "posted_at", "title", "body", "likes"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def quiet_rows(count: int, name: str, day: datetime) -> list[dict[str, Any]]:
    """Return quiet messages of some past days, one every 17 minutes."""
    chance = random.Random(7)
    return [
        {
            "id": f"{name}-{number}",
            "posted_at": stamp(day + timedelta(minutes=17 * number)),
            "title": "来信",
            "body": f"庄浪县水洛街道第{number}号来信：{chance.choice(QUIET)}。",
            "likes": 0,
        }
        for number in range(count)
    ]


def dry_rows(count: int, name: str, where: str, start: datetime, every: timedelta) -> list[dict[str, Any]]:
    """Return messages of one place that has no water."""
    return [
        {"id": f"{name}-{number}", "posted_at": stamp(start + every * number), "title": "停水",
         "body": f"{where}第{number + 1}栋停水了，没有看到通知，什么时候恢复供水？", "likes": 0}
        for number in range(count)
    ]  # fmt: skip


def send(kafka: str, source: str, *values: bytes) -> None:
    """Send values as they are to the topic of live posts, as a source would; each is acknowledged."""
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=8_000_000)
    try:
        for value in values:
            producer.send("posts.live", key=source.encode(), value=value).get(timeout=60)
    finally:
        producer.close()


def page_of(source: str, posts: list[dict[str, Any]]) -> bytes:
    """Return a page of posts as a source sends it."""
    return json.dumps({"v": 1, "source": source, "posts": posts}, ensure_ascii=False).encode()


def send_dry_now(kafka: str, name: str, where: str, sources: Iterable[str], each: int) -> None:
    """Send what a place without water writes in these minutes, by several sources."""
    now = int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251 - the running product asks the machine too
    for source in sources:
        posts = [
            {"source": source, "native_id": f"{name}-{source}-{number}", "posted_at": now - 5000 * number,
             "title": "停水", "text": f"{where}第{number + 1}栋停水了，没有看到通知，什么时候恢复供水？"}
            for number in range(each)
        ]  # fmt: skip
        send(kafka, source, page_of(source, posts))
