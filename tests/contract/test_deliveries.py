"""Reports by mail: each address has each report once, or the list says that nobody knows; never silently twice."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from product import free_ports
from receivers import Hook, cut, robot, says
from report_examples import consultation

from alerts.channels.base import Channel
from alerts.channels.console import Console
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.wecom import WeCom
from alerts.consultations import document
from alerts.deliveries import LEFT_OVER, Deliveries, delivery_books, delivery_id
from alerts.outbox import Outbox
from alerts.reports.kinds import make_report
from alerts.reports.settings import ReportSettings
from alerts.reports.store import ReportStore
from alerts.schedule import Schedule
from alerts.schedule import states as job_states
from alerts.schedule_jobs import URGENT
from alerts.settings import MailSettings
from alerts.store import NoticeStore
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
HERE = Path(__file__).parents[1]
TEMPLATES = HERE.parent / "deploy" / "index_templates"
NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)  # 9:00 in Beijing
TO = tuple(f"office{number}@example.org" for number in range(4))


class Office:
    """A real mail server: keeps what it took, answers as it is told, and says when a text has come."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answers: dict[str, str] = {}
        self.came = threading.Event()
        self.wait = 0.0
        self.port = free_ports(1)[0]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.came.set()
        await asyncio.sleep(self.wait)
        return "250 OK"

    @property
    def had(self) -> Counter[str]:
        """How many letters each address has."""
        return Counter(str(letter["To"]) for letter in self.letters)


@pytest.fixture
def office() -> Iterator[Office]:
    one = Office()
    one.controller.start()
    yield one
    one.controller.stop()


@pytest.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as gateway:
        await gateway.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield gateway


async def a_report(elastic: Elastic, period: str = "2026-11-01", now: datetime = NOW) -> str:
    return (await ReportStore(elastic).keep(await make_report("daily", period, elastic, now))).report.id


def mailing(elastic: Elastic, port: int, *, to: tuple[str, ...] = TO, forms: str = "pdf") -> Deliveries:
    reports = ReportSettings(report_mail_to=", ".join(to), report_mail_forms=forms)
    return Deliveries(elastic, reports, MailSettings(mail_host="127.0.0.1", mail_port=port))


async def states(deliveries: Deliveries, report: str) -> dict[tuple[str, int], str]:
    return {(one.to, one.round): one.state for one in await deliveries.of(report)}


async def test_a_report_goes_once_to_everybody_with_its_files(elastic: Elastic, office: Office) -> None:
    report = await a_report(elastic)
    deliveries = mailing(elastic, office.port, forms="docx, pdf")
    for minute in range(3):
        await deliveries.look(NOW + timedelta(minutes=minute))
    assert office.had == dict.fromkeys(TO, 1)
    letter = office.letters[0]
    assert [part.get_filename()[-5:] for part in letter.iter_attachments()] == [".docx", "1.pdf"]
    assert "政务舆情日报" in str(letter["Subject"])
    assert "待审签" in str(letter["Subject"])
    assert set((await states(deliveries, report)).values()) == {"sent"}


async def test_a_report_made_during_its_day_and_an_old_one_are_not_mailed(elastic: Elastic, office: Office) -> None:
    await a_report(elastic, "2026-11-02")  # the day goes on
    await a_report(elastic, "2026-10-20", NOW - timedelta(days=5))
    assert await mailing(elastic, office.port).look(NOW) == []
    assert office.letters == []


async def test_sent_again_at_a_person_s_wish_it_is_another_round_with_a_name(elastic: Elastic, office: Office) -> None:
    report = await a_report(elastic)
    deliveries = mailing(elastic, office.port, to=TO[:1])
    await deliveries.look(NOW)
    assert await deliveries.again(report, "wang", NOW) == 1
    await deliveries.look(NOW)
    assert office.had == {TO[0]: 2}
    assert [(one.round, one.by) for one in await deliveries.of(report)] == [(1, "wang"), (0, "")]


async def test_one_refused_address_keeps_nobody_waiting_and_is_seen(elastic: Elastic, office: Office) -> None:
    office.answers = {TO[0]: "550 no such user", TO[1]: "451 later"}
    report = await a_report(elastic)
    deliveries = mailing(elastic, office.port)
    await deliveries.look(NOW)
    assert await states(deliveries, report) == {
        (TO[0], 0): "failed", (TO[1], 0): "waiting", (TO[2], 0): "sent", (TO[3], 0): "sent"
    }  # fmt: skip
    assert await deliveries.trouble(NOW - timedelta(days=1)) == 1
    office.answers = {}
    await deliveries.look(NOW + timedelta(seconds=30))
    assert office.had[TO[1]] == 0, "it rests before it is tried again"
    await deliveries.look(NOW + timedelta(minutes=2))
    assert office.had == {TO[1]: 1, TO[2]: 1, TO[3]: 1}


async def test_a_mail_server_that_is_away_is_asked_again_later(elastic: Elastic, office: Office) -> None:
    report = await a_report(elastic)
    await mailing(elastic, 1, to=TO[:1]).look(NOW)
    deliveries = mailing(elastic, office.port, to=TO[:1])
    assert await states(deliveries, report) == {(TO[0], 0): "waiting"}
    await deliveries.look(NOW + timedelta(minutes=2))
    assert await states(deliveries, report) == {(TO[0], 0): "sent"}


async def test_cut_off_while_the_server_decided_it_is_unknown_and_not_sent_again(
    elastic: Elastic, office: Office, elastic_settings: ElasticSettings
) -> None:
    office.wait = 30
    report = await a_report(elastic)
    process = started(elastic_settings, office.port, ms(NOW), TO[:1])
    assert await asyncio.to_thread(office.came.wait, 60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    office.wait = 0
    deliveries = mailing(elastic, office.port, to=TO[:1])
    await deliveries.look(NOW + timedelta(minutes=1))
    assert await states(deliveries, report) == {(TO[0], 0): "sending"}
    await deliveries.look(NOW + LEFT_OVER + timedelta(minutes=1))
    assert await states(deliveries, report) == {(TO[0], 0): "unknown"}
    assert office.had == {TO[0]: 1}
    assert await deliveries.trouble(NOW - timedelta(days=1)) == 1


def started(settings: ElasticSettings, port: int, now: int, to: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a look in a process of its own."""
    program = str(HERE / "support" / "mail_process.py")
    return subprocess.Popen(
        [sys.executable, program, settings.elasticsearch, settings.elasticsearch_prefix, str(port), str(now),
         ",".join(to)]
    )  # fmt: skip


async def test_killed_at_random_moments_nobody_has_a_report_twice(
    elastic: Elastic, office: Office, elastic_settings: ElasticSettings
) -> None:
    """Six kills, early and late: each address has it once, or its delivery is listed as unknown."""
    report = await a_report(elastic)
    dice, now = random.Random(7), NOW
    office.wait = 0.3
    for _ in range(6):
        process = started(elastic_settings, office.port, ms(now), TO)
        if await asyncio.to_thread(office.came.wait, 20 * dice.random()):
            await asyncio.sleep(dice.random() / 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        office.came.clear()
        now += LEFT_OVER + timedelta(minutes=1)
    office.wait = 0
    deliveries = mailing(elastic, office.port)
    for _ in range(3):
        await deliveries.look(now)
        now += LEFT_OVER + timedelta(hours=1)
    ended = await states(deliveries, report)
    assert set(ended.values()) <= {"sent", "unknown"}
    assert max(office.had.values()) == 1
    assert all(office.had[to] == 1 for (to, _), state in ended.items() if state == "sent")
    assert delivery_id(report, TO[0], 0) in {one.id for one in await deliveries.of(report)}


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.stop()


def posting(elastic: Elastic, *robots: Channel, **given: str) -> Deliveries:
    return Deliveries(elastic, ReportSettings(**given), MailSettings(), robots, "https://desk.example.org/")  # type: ignore[arg-type]


async def test_a_finished_report_is_posted_once_as_a_card_with_link(elastic: Elastic, hook: Hook) -> None:
    report = await a_report(elastic)
    hook.answers = [says({"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"})]
    robots = (WeCom(hook.url), DingTalk(hook.url, "s"), Feishu(hook.url, "s"), Console())
    for minute in range(3):
        await posting(elastic, *robots).look(NOW + timedelta(minutes=minute))
    assert await states(posting(elastic), report) == dict.fromkeys([(one.name, 0) for one in robots[:3]], "sent")
    said = [json.dumps(one, ensure_ascii=False) for one in hook.received]
    assert len(said) == 3
    for one in said:
        assert "政务舆情日报" in one
        assert "待审签" in one
        assert f"https://desk.example.org/reports/{report}" in one
    books = await delivery_books(elastic)
    assert (books.due, books.sent, books.balanced) == (3, 3, True)


async def test_a_kind_that_is_not_wanted_is_not_posted(elastic: Elastic, hook: Hook) -> None:
    await a_report(elastic)
    assert await posting(elastic, WeCom(hook.url), report_card_kinds="weekly").look(NOW) == []
    assert hook.received == []


async def test_a_robot_that_is_busy_is_tried_again_and_one_that_refuses_is_seen(elastic: Elastic, hook: Hook) -> None:
    report = await a_report(elastic)
    hook.answers = [robot(45009), robot(93000)]
    deliveries = posting(elastic, WeCom(hook.url))
    await deliveries.look(NOW)
    assert await states(deliveries, report) == {("wecom", 0): "waiting"}
    await deliveries.look(NOW + timedelta(minutes=2))
    assert await states(deliveries, report) == {("wecom", 0): "failed"}
    assert len(hook.received) == 2
    assert await deliveries.again(report, "wang", NOW) == 1, "a person may send it again"
    hook.answers = [robot(0)]
    await deliveries.look(NOW + timedelta(minutes=3))
    assert await states(deliveries, report) == {("wecom", 0): "failed", ("wecom", 1): "sent"}
    books = await delivery_books(elastic)
    assert (books.due, books.sent, books.failed, books.balanced) == (2, 1, 1, True)


@pytest.mark.parametrize("answer", [cut, says("<html>", 200), says({}, 504)])
async def test_a_card_that_may_have_arrived_is_unknown_and_not_posted_twice(
    elastic: Elastic, hook: Hook, answer: Any
) -> None:
    report = await a_report(elastic)
    hook.answers = [answer]
    deliveries = posting(elastic, WeCom(hook.url))
    for hour in range(3):
        await deliveries.look(NOW + timedelta(hours=hour))
    assert await states(deliveries, report) == {("wecom", 0): "unknown"}
    assert len(hook.requests) == 1


async def test_a_robot_that_is_taken_out_of_the_settings_leaves_a_failure_and_nothing_waiting(elastic: Elastic) -> None:
    report = await a_report(elastic)
    await posting(elastic, WeCom("http://127.0.0.1:9")).look(NOW)
    assert await states(posting(elastic), report) == {("wecom", 0): "waiting"}, "nobody took the connection"
    await posting(elastic).look(NOW + timedelta(minutes=5))
    assert await states(posting(elastic), report) == {("wecom", 0): "failed"}


async def test_what_failed_is_told_once_by_every_channel(elastic: Elastic, hook: Hook) -> None:
    hook.answers = [robot(93000)]
    await a_report(elastic)
    clock, outbox = ManualClock(NOW), Outbox(NoticeStore(elastic), [Console(), WeCom(hook.url)])
    for _ in range(3):
        deliveries = posting(elastic, WeCom(hook.url))
        await Schedule(elastic, clock, ReportSettings(), (), deliveries=deliveries, outbox=outbox).look()
        clock.forward(minutes=2)
    told = [one for name in ("console", "wecom") for one, _ in await outbox.notices.due(name, ms(clock.now()), 9)]
    assert [(one.channel, one.kind, one.subject) for one in told] == [
        ("console", "report_failed", "【系统】报告没有送达"), ("wecom", "report_failed", "【系统】报告没有送达")
    ]  # fmt: skip
    assert "日报（2026-11-01）发给企业微信群机器人：发送失败" in told[0].lines[0]


async def test_a_major_event_is_told_by_a_page_of_its_own_once_it_is_confirmed(elastic: Elastic, hook: Hook) -> None:
    events = [
        consultation(id=f"c{number}", grade=grade, updated_at=ms(NOW) - ago, state="handling", statement=None)
        for number, (grade, ago) in enumerate([("major", 60_000), ("larger", 60_000), ("special", 48 * 3_600_000)])
    ]
    for one in events:
        await elastic.create("consultations", one.id, document(one), refresh=True)
    clock = ManualClock(NOW)
    for _ in range(3):
        deliveries = posting(elastic, WeCom(hook.url))
        await Schedule(elastic, clock, ReportSettings(), (), deliveries=deliveries, urgent=True).look()
        clock.forward(minutes=1)
    assert [(one.kind, one.period) for one in await ReportStore(elastic).latest()] == [("urgent", "c0")]
    assert len(hook.received) == 1
    assert "政务舆情快报 静宁县城区停水（待审签）" in str(hook.received[0])


async def test_a_page_that_can_t_be_made_is_a_failed_job_and_is_made_once_it_can_be(elastic: Elastic) -> None:
    one = consultation(id="c0", updated_at=ms(NOW))
    broken = {**document(one), "record": {}}
    await elastic.create("consultations", one.id, broken, refresh=True)
    schedule = Schedule(elastic, ManualClock(NOW), ReportSettings(), (), urgent=True)
    assert [ran.outcome for ran in await schedule.look()] == ["failed"]
    assert [state.troubled for state in await job_states(elastic, (URGENT,))] == [True]
    await elastic.put("consultations", one.id, document(one), refresh=True)
    assert [ran.outcome for ran in await schedule.look()] == ["done"]
    assert [state.troubled for state in await job_states(elastic, (URGENT,))] == [False]
    assert await schedule.look() == []
