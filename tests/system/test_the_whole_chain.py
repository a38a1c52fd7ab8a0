"""Real messages travel from a file to what is stored, counted and shown; whatever breaks, nothing is lost."""

from __future__ import annotations

import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from posted import dry_rows, page_of, quiet_rows, send, write_csv
from product import HUIYING, Letters, Product, Robot, Session, data_folder, huiying, subjects, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
SLOW = 6000  # rows of a replay that is still going on when something is broken in its middle


def test_a_replay_stores_every_message_and_a_second_one_changes_nothing(product: Product, tmp_path: Path) -> None:
    """The books balance; the same file again is repeated, not stored."""
    before = product.books()["all"]
    file = write_csv(tmp_path / "past.csv", quiet_rows(400, "past", datetime(2024, 3, 1, tzinfo=UTC)))
    product.huiying("replay", str(file), "--source", "portal", "--speed", "max")
    once = product.settled_books(before["received"] + 400)
    assert once["all"]["stored"] == before["stored"] + 400
    product.huiying("replay", str(file), "--source", "portal", "--speed", "max")
    twice = product.settled_books(before["received"] + 800)
    assert twice["all"]["stored"] == once["all"]["stored"]
    assert twice["all"]["repeated"] == once["all"]["repeated"] + 400
    assert "the books balance" in product.huiying("books").stdout


def test_rules_over_past_messages_find_the_same_alerts_again_and_tell_nobody_twice(
    product: Product, letters: Letters, robot: Robot, admin: Session, tmp_path: Path
) -> None:
    """A surge of a past year: its alerts are told once, marked as replay; the second time none is new."""
    start = datetime(2024, 7, 2, 1, 0, tzinfo=UTC)
    file = write_csv(tmp_path / "surge.csv", dry_rows(30, "then", "崇信县锦屏镇", start, timedelta(minutes=2)))
    replay = ("replay", str(file), "--source", "hotline", "--speed", "max", "--rules", "--notify")
    first = product.huiying(*replay).stdout
    found = re.search(r"(\d+) alerts over \d+ steps of event time, (\d+) of them new", first)
    assert found, first
    assert int(found[1]) == int(found[2]) >= 1
    shown = admin.alerts("崇信县", query="?mode=replay")
    assert len(shown) == int(found[1])
    wait_for(lambda: all(letters.about(alert) and robot.about(alert) for alert in shown), 300, why="letters and cards")

    second = product.huiying(*replay).stdout
    assert f"{found[1]} alerts over" in second
    assert "0 of them new" in second
    assert admin.alerts("崇信县", query="?mode=replay").keys() == shown.keys()
    books = wait_for(lambda: (now := product.books()["alerts"])["waiting"] == 0 and now, 120, why="no notice waits")
    assert books["failed"] == 0
    for alert in shown:
        told = subjects(letters.about(alert))
        assert len(set(told)) == len(told)
        assert all("历史回放" in subject for subject in told)
        assert subjects(robot.about(alert)) == told


def test_rubbish_becomes_dead_letters_with_reasons_and_the_rest_goes_on(
    product: Product, admin: Session, tmp_path: Path
) -> None:
    """A page of rubbish, a post dated 2999, a 5 MB post and broken rows: counted, shown, and nothing stops."""
    before = product.books()["all"]
    posts = [
        {"source": "portal", "native_id": "far", "posted_at": 32_472_144_000_000, "text": "来自2999年的信"},
        {"source": "portal", "native_id": "big", "posted_at": 1_700_000_000_000, "text": "长" * 1_700_000},
        {"source": "portal", "native_id": "fine", "posted_at": 1_700_000_000_000, "text": "崇信县锦屏镇路灯不亮"},
    ]
    send(product.kafka, "portal", b"\xff\xfe{not a page", page_of("portal", posts))
    broken = tmp_path / "broken.csv"
    broken.write_text(
        "id,posted_at,title,body,likes\n"
        "ok-1,2024-05-01 08:00:00,信,灵台县什字镇的路坏了,0\n"
        "bad-1,不是时间,信,内容,0\n"
        "bad-2,2024-05-01 08:00:00,信,多了,一列,0,又一列\n"
        "bad-3,2024-05-01 08:00:00,,,0\n"
        "ok-2,2024-05-01 09:00:00,信,灵台县什字镇的桥坏了,0\n",
        encoding="utf-8",
    )
    said = product.huiying("replay", str(broken), "--source", "portal", "--speed", "max").stdout
    assert "3 rows unreadable" in said
    after = product.settled_books(before["received"] + 9)["all"]
    assert (after["rejected"], after["stored"]) == (before["rejected"] + 6, before["stored"] + 3)
    shown = admin.get("/dead-letters").text
    for reason in ("整包无法读取", "时间在未来", "内容过大", "时间无法读取", "表格行无法读取", "没有正文"):
        assert reason in shown
    for text in ("长长长长", "来自2999年的信", "又一列"):
        assert text not in shown, "a dead letter shows where it came from, never its text"
    listed = product.huiying("dead-letters", "list", "--reason", "future").stdout
    assert "posts.live-" in listed


def test_kill_9_of_the_worker_in_a_replay_loses_and_doubles_nothing(product: Product, tmp_path: Path) -> None:
    """The supervisor starts the worker again, the page comes again, and the books still balance."""
    before = product.books()["all"]
    file = write_csv(tmp_path / "kill.csv", quiet_rows(SLOW, "kill", datetime(2023, 1, 1, tzinfo=UTC)))
    worker = product.child("work")
    with subprocess.Popen(
        [*HUIYING, "replay", str(file), "--source", "board", "--speed", "max"],
        env=product.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as replay:  # fmt: skip
        wait_for(lambda: product.received() > before["received"], 120, why="the first pages", every=0.05)
        worker.send_signal(signal.SIGKILL)
        assert product.received() < before["received"] + SLOW, "it was killed in the middle"
        assert replay.wait(240) == 0
    after = product.settled_books(before["received"] + SLOW)["all"]
    assert after["stored"] == before["stored"] + SLOW
    assert after["repeated"] == before["repeated"]
    assert product.child("work").pid != worker.pid
    assert "work ended (killed by SIGKILL" in product.said
    assert "work runs again" in product.said


def test_elasticsearch_gone_in_a_replay_loses_nothing_and_the_worker_waits_longer_each_time(
    product: Product, admin: Session, tmp_path: Path
) -> None:
    """The worker says that it waits, with growing pauses, the console says so in Chinese, and then all goes on."""
    before = product.books()["all"]
    file = write_csv(tmp_path / "gone.csv", quiet_rows(SLOW, "gone", datetime(2022, 1, 1, tzinfo=UTC)))
    logged = len(product.log("work"))
    engine = product.engine("Elasticsearch")
    with subprocess.Popen(
        [*HUIYING, "replay", str(file), "--source", "wechat", "--speed", "max"],
        env=product.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as replay:  # fmt: skip
        wait_for(lambda: product.received() > before["received"], 120, why="the first pages", every=0.05)
        engine.send_signal(signal.SIGKILL)
        page = wait_for(
            lambda: (answer := admin.http.get("/")).status_code == 503 and answer.text, 60, why="the console's word"
        )
        assert "Elasticsearch" in page
        assert "已收到的数据不会丢失" in page
        assert replay.wait(240) == 0
    after = product.settled_books(before["received"] + SLOW)["all"]
    assert after["stored"] == before["stored"] + SLOW
    assert after["repeated"] == before["repeated"]
    log = product.log("work")[logged:]
    pauses = [float(pause) for pause in re.findall(r"posts\.backfill-\S+ waits ([\d.]+) s \(try \d+\)", log)]
    assert len(set(pauses)) >= 3
    assert pauses == sorted(pauses), "each pause is as long as the one before, or longer"
    assert re.search(r"is stored after \d+ retries; going on", log)
    assert "Elasticsearch" in product.said.split("waits", 1)[1], "the terminal says what the worker waits for"
    wait_for(lambda: admin.http.get("/").status_code == 200, 60, why="the console shows the desk again")


def test_the_brief_of_a_day_comes_as_html_docx_and_pdf(product: Product, tmp_path: Path) -> None:
    """`huiying report daily` writes the three forms, each what its name says."""
    for form, magic in (("html", b"<!doctype html"), ("docx", b"PK\x03\x04"), ("pdf", b"%PDF-")):
        out = tmp_path / f"brief.{form}"
        product.huiying("report", "daily", "--for", "2024-03-02", "--format", form, "--out", str(out))
        assert out.read_bytes()[:15].lower().startswith(magic.lower())


def test_the_doctor_finds_the_running_product_well(product: Product) -> None:
    """Every check is a line; with everything running none is wrong."""
    lines = product.huiying("doctor").stdout.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    for what in ("Java", "ports", "disk", "memory", "clock", "Kafka", "Elasticsearch", "topics", "mail", "webhook"):
        assert any(what in line for line in lines), what


def test_the_doctor_says_what_is_wrong_and_what_to_do(product: Product) -> None:
    """A mail server that is away: one line, and an exit code that says so."""
    done = huiying({**product.env, "HUIYING_MAIL_PORT": "1"}, "doctor", check=False)
    wrong = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
    assert done.returncode == 1
    assert len(wrong) == 1
    assert "mail" in wrong[0]
    assert "HUIYING_MAIL_" in wrong[0]


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line with which a command was refused."""
    said = (done.stdout + done.stderr).strip()
    assert done.returncode not in {0, None}
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    return said


def test_a_second_up_on_the_same_data_is_refused_with_one_line(product: Product) -> None:
    """No stack trace, nothing damaged: the first goes on."""
    said = refused(product.huiying("up", check=False, timeout=60))
    assert "already runs" in said
    assert str(product.home) in said
    assert product.child("work").status() != psutil.STATUS_ZOMBIE


def test_a_port_that_is_taken_is_one_line_with_the_setting_to_change(product: Product) -> None:
    """Nothing is started on ports that are somebody else's."""
    with data_folder("other") as home:
        said = refused(huiying({**product.env, "HUIYING_HOME": str(home)}, "up", check=False, timeout=120))
        assert not (home / "logs" / "work.log").exists()
    for setting in ("HUIYING_KAFKA_PORT", "HUIYING_ELASTICSEARCH_PORT", "HUIYING_CONSOLE_PORT"):
        assert setting in said


def test_a_setting_that_does_not_exist_is_one_line_with_the_nearest_one(product: Product) -> None:
    """A typing mistake is not passed over."""
    done = huiying({**product.env, "HUIYING_CONSOLE_PROT": "1"}, "books", check=False)
    assert "did you mean HUIYING_CONSOLE_PORT" in refused(done)


def test_a_hotline_s_request_by_open311_is_stored_as_every_message_and_read_back_without_whoever_sent_it(
    product: Product,
) -> None:
    """Sent as a form, through Kafka and the analysis, into the books, and out again as the standard has it."""
    scopes = ("--scope", "open311", "--scope", "open311.create")
    made = re.search(r"hyt_\w{12}_\S{43}", product.huiying("token", "add", "hotline-exchange", *scopes).stdout)
    assert made
    before = product.received()
    sent = {
        "api_key": made[0], "service_code": "城乡建设", "address_string": "静宁县城关镇西关街",
        "description": "路口井盖丢失三天，请打13900001234联系", "phone": "13900001234", "first_name": "王",
    }  # fmt: skip
    with httpx.Client(base_url=f"{product.url}/open311/v2", headers={"authorization": f"Bearer {made[0]}"}) as hall:
        answer = wait_for(
            lambda: (one := hall.post("/requests.json", data=sent)).status_code == 201 and one, 60, why="it is taken"
        )
        number = answer.json()[0]["service_request_id"]
        assert hall.post("/requests.json", data=sent).json()[0]["service_request_id"] == number
        wait_for(lambda: product.received() >= before + 2, 120, why="both are stored")
        found = wait_for(lambda: (one := hall.get(f"/requests/{number}.json")).is_success and one, 60, why="it is read")
    assert found.json()[0]["status"] == "open"
    assert "井盖" in found.json()[0]["description"]
    assert "13900001234" not in found.text
    assert "13900001234" not in product.said
