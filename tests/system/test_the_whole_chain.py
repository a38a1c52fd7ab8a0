"""Real messages travel from a file to an alert, a consultation and a brief, on the running product."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaProducer
from product import HUIYING, Product, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

BEIJING = timedelta(hours=8)


def stamp(when: datetime) -> str:
    """Return a time as exports write it: Beijing time, no zone."""
    return (when + BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write invented messages as a portal exports them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "posted_at", "title", "body", "likes"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def past_rows(count: int, name: str, day: datetime) -> list[dict[str, Any]]:
    """Return quiet invented messages of some past days."""
    chance = random.Random(7)
    kinds = ["路灯不亮，请修一下", "咨询医保缴费的时间", "垃圾没有清运", "建议增加公交班次", "小区物业费没有公示"]
    return [
        {
            "id": f"{name}-{number}",
            "posted_at": stamp(day + timedelta(minutes=17 * number)),
            "title": "来信",
            "body": f"庄浪县水洛街道第{number}号来信：{chance.choice(kinds)}。",
            "likes": 0,
        }
        for number in range(count)
    ]


class Session:
    """A signed-in browser without a screen: cookies and the CSRF token of the last page."""

    def __init__(self, product: Product) -> None:
        self.http = httpx.Client(base_url=product.url, follow_redirects=True, timeout=30)
        page = self.http.get("/login")
        answer = self.http.post(
            "/login",
            data={"username": product.username, "password": product.password, "csrf": self.csrf(page.text)},
        )
        assert "值班台" in answer.text

    @staticmethod
    def csrf(page: str) -> str:
        """Return the token that a page's forms carry."""
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found, "the page has no form with a CSRF token"
        return found[1]


@pytest.fixture(scope="module")
def session(product: Product) -> Session:
    """Sign in once."""
    return Session(product)


def test_a_replay_stores_every_message_and_a_second_one_changes_nothing(product: Product, tmp_path: Path) -> None:
    """The books balance; the same file again is repeated, not stored."""
    before = product.books()["all"]
    file = write_csv(tmp_path / "past.csv", past_rows(400, "past", datetime(2024, 3, 1, tzinfo=UTC)))
    product.huiying("replay", str(file), "--source", "portal", "--speed", "max")
    once = product.settled_books(before["received"] + 400)
    assert once["all"]["stored"] == before["stored"] + 400
    product.huiying("replay", str(file), "--source", "portal", "--speed", "max")
    twice = product.settled_books(before["received"] + 800)
    assert twice["all"]["stored"] == once["all"]["stored"]
    assert twice["all"]["repeated"] == once["all"]["repeated"] + 400
    assert twice["balanced"]
    assert product.huiying("books").returncode == 0


def test_a_surge_becomes_one_alert_one_letter_and_one_card(product: Product, session: Session, tmp_path: Path) -> None:
    """Posts of one county and topic in an hour: the officer is told by console, mail and robot, in Chinese, once."""
    now = datetime.now(UTC)  # noqa: TID251 - the running product asks the machine too
    rows = [
        {
            "id": f"surge-{number}",
            "posted_at": stamp(now - timedelta(seconds=40 * number)),
            "title": "停水",
            "body": f"静宁县城关镇第{number}栋停水了，没有看到通知，水务公司电话打不通，什么时候恢复供水？",
            "likes": 0,
        }
        for number in range(40)
    ]
    file = write_csv(tmp_path / "surge.csv", rows)
    product.huiying("replay", str(file), "--source", "hotline", "--speed", "max", "--live")
    wait_for(lambda: "静宁县" in session.http.get("/alerts").text, 60, why="an alert of 静宁县 on the console")
    letter = wait_for(lambda: product.letters.received and product.letters.received[-1], 60, why="a letter")
    assert "Subject:" in letter
    wait_for(lambda: 0 in product.hook.answered, 90, why="the robot took the card after a refusal")
    assert 45009 in product.hook.answered
    sent = [json.dumps(body, ensure_ascii=False) for body in product.hook.received]
    assert any("静宁县" in body for body in sent)
    assert product.huiying("books").returncode == 0


def test_rubbish_becomes_dead_letters_with_reasons_and_the_rest_goes_on(
    product: Product, session: Session, tmp_path: Path
) -> None:
    """A page of rubbish, a post dated 2999, a 5 MB post and a broken row: counted, shown, and nothing stops."""
    before = product.books()["all"]
    producer = KafkaProducer(bootstrap_servers=product.kafka, acks="all", max_request_size=8_000_000)
    producer.send("posts.live", key=b"portal", value=b"\xff\xfe{not a page").get(timeout=30)
    page = {
        "v": 1,
        "source": "portal",
        "posts": [
            {"source": "portal", "native_id": "far", "posted_at": 32_472_144_000_000, "text": "来自2999年的信"},
            {"source": "portal", "native_id": "big", "posted_at": 1_700_000_000_000, "text": "长" * 1_700_000},
            {"source": "portal", "native_id": "fine", "posted_at": 1_700_000_000_000, "text": "崇信县锦屏镇路灯不亮"},
        ],
    }
    producer.send("posts.live", key=b"portal", value=json.dumps(page, ensure_ascii=False).encode()).get(timeout=30)
    producer.flush()
    producer.close()
    broken = tmp_path / "broken.csv"
    broken.write_text(
        "id,posted_at,title,body,likes\nok-1,2024-05-01 08:00:00,信,灵台县什字镇的路坏了,0\nbad-1,不是时间,信,内容,0\n",
        encoding="utf-8",
    )
    product.huiying("replay", str(broken), "--source", "portal", "--speed", "max")
    after = product.settled_books(before["received"] + 6)
    assert after["all"]["rejected"] == before["rejected"] + 4
    assert after["all"]["stored"] == before["stored"] + 2
    shown = session.http.get("/dead-letters").text
    for reason in ("整包无法读取", "时间在未来", "内容过大", "时间无法读取"):
        assert reason in shown


def test_kill_9_of_the_worker_in_a_replay_loses_and_doubles_nothing(product: Product, tmp_path: Path) -> None:
    """The supervisor starts the worker again, the page comes again, and the books still balance."""
    before = product.books()["all"]
    file = write_csv(tmp_path / "kill.csv", past_rows(6000, "kill", datetime(2023, 1, 1, tzinfo=UTC)))
    with subprocess.Popen(
        [str(HUIYING), "replay", str(file), "--source", "board", "--speed", "max"],
        env=product.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as replay:  # fmt: skip
        wait_for(lambda: product.books()["all"]["received"] > before["received"], 60, why="the first pages")
        os.kill(product.child("work"), signal.SIGKILL)
        assert replay.wait(240) == 0
    after = product.settled_books(before["received"] + 6000)
    assert after["all"]["stored"] == before["stored"] + 6000
    assert after["balanced"]


def test_the_brief_of_a_day_comes_as_html_docx_and_pdf(product: Product, tmp_path: Path) -> None:
    """`huiying report daily` writes the three forms, each what its name says."""
    for form, magic in (("html", b"<!doctype html"), ("docx", b"PK"), ("pdf", b"%PDF")):
        out = tmp_path / f"brief.{form}"
        product.huiying("report", "daily", "--for", "2024-03-02", "--format", form, "--out", str(out))
        assert out.read_bytes()[:15].lower().startswith(magic.lower())


def test_the_doctor_finds_the_running_product_well(product: Product) -> None:
    """Every check is a line; with everything running none is wrong."""
    done = product.huiying("doctor", check=False)
    assert "Kafka" in done.stdout
    assert "Elasticsearch" in done.stdout


def test_the_record_of_who_saw_what_verifies(product: Product) -> None:
    """The hash chain is whole."""
    product.huiying("audit", "verify")


def test_a_second_up_on_the_same_data_is_refused_with_one_line(product: Product) -> None:
    """No stack trace, nothing damaged."""
    done = product.huiying("up", check=False, timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert len((done.stdout + done.stderr).strip().splitlines()) <= 3
