"""The doctor: one line each, what is wrong and what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from provider import serving

from alerts.oidc import OidcConfig, Provider
from alerts.settings import MailSettings, RobotSettings
from deploy.doctor import (
    Check,
    IntakeFacts,
    Patient,
    as_rows,
    clock,
    doctor,
    healthy,
    intake,
    patient_of,
    ports,
    sign_in,
)
from deploy.outside import MailServer, hook_trouble, mail_trouble
from deploy.settings import EngineSettings, HomeSettings
from deploy.up import Plan
from streams.errors import Misconfigured
from streams.gateway.keys import add
from streams.settings import ElasticSettings, KafkaSettings

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def plan(tmp_path: Path, new_port: Callable[[], int]) -> Plan:
    """A plan for local engines that don't run."""
    return Plan(
        home=HomeSettings(home=str(tmp_path / "home"), cache=str(tmp_path / "cache")),
        engines=EngineSettings(),
        kafka=KafkaSettings(kafka_port=new_port()),
        elastic=ElasticSettings(elasticsearch_port=new_port()),
        console_host="127.0.0.1",
        console_port=new_port(),
    )


@pytest.fixture
def web() -> Iterator[str]:
    """A web server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raise AssertionError("the doctor posts nothing")

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook?key=secret"
        server.shutdown()
        thread.join()


def test_a_machine_where_nothing_runs_yet_is_healthy(plan: Plan) -> None:
    checks = list(doctor(Patient(plan, NOW)))
    assert [check.name for check in checks] == [
        "Java", "downloads", "ports", "disk", "memory", "clock",
        "Kafka", "Elasticsearch", "topics", "templates", "intake", "mail", "sign-in", "webhooks",
    ]  # fmt: skip
    assert healthy(checks)
    assert all("\n" not in check.line() for check in checks)


def test_an_outside_engine_that_is_away_is_bad(plan: Plan, new_port: Callable[[], int]) -> None:
    away = replace(plan, elastic=ElasticSettings(elasticsearch=f"http://127.0.0.1:{new_port()}"))
    found = {check.name: check for check in doctor(Patient(away, NOW))}
    assert found["Elasticsearch"].state == "bad"
    assert found["Elasticsearch"].todo == "check HUIYING_ELASTICSEARCH and the network"


def test_a_java_that_is_too_old_is_bad(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.1"\n')
    found = next(doctor(Patient(replace(plan, engines=EngineSettings(java=str(tmp_path))), NOW)))
    assert (found.state, found.todo) == ("bad", "leave it empty to use ours")


def test_a_taken_port_is_bad_unless_we_hold_it(plan: Plan) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", plan.console_port))
        server.listen()
        assert ports(plan, runs=False).state == "bad"
        assert ports(plan, runs=True).state == "ok"


def test_the_intake_is_looked_at(tmp_path: Path, new_port: Callable[[], int]) -> None:
    file, port = tmp_path / "keys.json", new_port()
    facts = IntakeFacts("127.0.0.1", port, tls=False, keys=file)
    assert "key add" in intake(facts, runs=False).todo
    add(file, "portal", ("portal",), 1)
    assert intake(facts, runs=False).state == "ok"
    assert intake(replace(facts, host="0.0.0.0"), runs=False).state == "note"
    assert intake(replace(facts, host="0.0.0.0", tls=True), runs=False).state == "ok"
    assert intake(facts, runs=True).state == "bad", "nobody listens there"
    file.chmod(0o644)
    assert intake(facts, runs=False).todo.startswith("chmod 600")


def test_a_clock_before_our_time_is_bad() -> None:
    assert clock(datetime(1970, 1, 1, tzinfo=UTC)).state == "bad"


@pytest.mark.parametrize(("kept", "state"), [(True, "ok"), (None, "ok"), (False, "note")])
def test_a_clock_that_nobody_keeps_right_is_noted(kept: bool | None, state: str) -> None:
    assert clock(NOW, lambda: kept).state == state


def test_a_mail_server_is_greeted(new_port: Callable[[], int]) -> None:
    port = new_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert mail_trouble(MailServer("127.0.0.1", port)) == ""
        assert "STARTTLS" in mail_trouble(MailServer("127.0.0.1", port, "starttls"))
        assert mail_trouble(MailServer("127.0.0.1", port, username="a", password="b"))
    finally:
        controller.stop()


def test_a_mail_server_that_is_away_is_bad_in_plain_words(plan: Plan, new_port: Callable[[], int]) -> None:
    checks = list(doctor(Patient(plan, NOW, mail=MailServer("127.0.0.1", new_port()))))
    mail = next(check for check in checks if check.name == "mail")
    assert mail.found.endswith(": Connection refused")
    assert not healthy(checks)


def test_a_webhook_is_reached_but_not_called_and_its_address_not_shown(plan: Plan, web: str) -> None:
    check = list(doctor(Patient(plan, NOW, webhooks={"wecom_webhook": web})))[-1]
    assert (check.state, check.found) == ("ok", "wecom_webhook: its host answers")


@pytest.mark.parametrize("url", ["", "ftp://example.org", "http://", "http://127.0.0.1:99999/"])
def test_an_address_that_is_none_is_trouble(url: str) -> None:
    assert hook_trouble(url)


def test_the_patient_is_made_from_settings(plan: Plan) -> None:
    mail = MailSettings(mail_host="mail.example", mail_port=465, mail_tls="tls", mail_username="a", mail_password="b")
    patient = patient_of(plan, mail, RobotSettings(wecom_webhook="https://hook.example"), NOW)
    assert patient.mail == MailServer("mail.example", 465, "tls", "a", "b")
    assert patient.webhooks == {"wecom_webhook": "https://hook.example"}
    assert patient_of(plan, MailSettings(), RobotSettings(), NOW).mail is None
    with pytest.raises(Misconfigured, match="HUIYING_MAIL_TLS"):
        patient_of(plan, MailSettings(mail_tls="yes"), RobotSettings(), NOW)


def test_checks_are_rows_for_programs() -> None:
    assert as_rows([Check("a", "bad", "b", "c")]) == [{"name": "a", "state": "bad", "found": "b", "todo": "c"}]


def test_an_identity_provider_is_asked_who_it_is_and_for_its_keys(plan: Plan) -> None:
    back = "http://127.0.0.1:1/login/outside/back"
    with serving(back, int(NOW.timestamp())) as there:
        found = OidcConfig(there.issuer, "huiying", "", "sub", back)
        assert sign_in(lambda: Provider(found), NOW).state == "ok"
        there.wrong = {"calls_itself": "https://another.example"}
        assert "calls itself" in sign_in(lambda: Provider(found), NOW).found
    assert sign_in(lambda: Provider(found), NOW).state == "bad"
    patient = Patient(plan, NOW, provider=lambda: Provider(replace(found, back="")))
    assert any("HUIYING_CONSOLE_URL" in check.found and check.state == "bad" for check in doctor(patient))
