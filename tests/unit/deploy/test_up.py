"""`huiying up` without the engines, which are named as outside ones here: order, refusals, the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from deploy import home
from deploy.machine import Facts
from deploy.settings import EngineSettings, HomeSettings
from deploy.up import Job, Plan, up
from streams.errors import Misconfigured, Unavailable
from streams.settings import ElasticSettings, KafkaSettings

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def plan(tmp_path: Path, new_port: Callable[[], int]) -> Plan:
    """A plan with outside engines, a web server for a console, and a sleeper for a worker."""
    port = new_port()
    server = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return Plan(
        home=HomeSettings(home=str(tmp_path / "home"), cache=str(tmp_path / "cache")),
        engines=EngineSettings(stop_grace=5.0),
        kafka=KafkaSettings(kafka="kafka.example:9092"),
        elastic=ElasticSettings(elasticsearch="https://search.example"),
        console_host="127.0.0.1",
        console_port=port,
        jobs=(Job("work", (sys.executable, "-c", SLEEP)), Job("desk", server)),
    )


def test_all_is_prepared_then_started_then_said_then_stopped(plan: Plan) -> None:
    said: list[str] = []
    seen: dict[str, psutil.Process] = {}

    def welcome() -> None:
        said.append("welcome")
        seen.update(home.read_running(plan.home.folder))

    assert up(plan, prepare=lambda: said.append("prepared"), welcome=welcome, say=said.append, until=lambda: True) == 0
    assert said[0] == "prepared"
    assert said[1].startswith(f"console: {plan.url}  (after ")
    assert said[2:] == ["welcome", "stopped"]
    assert set(seen) == {"work", "desk"}
    assert not any(process.is_running() for process in seen.values())
    assert home.read_running(plan.home.folder) == {}


def test_ctrl_c_stops_all_and_gives_the_handlers_back(plan: Plan) -> None:
    said: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    main = threading.main_thread().ident
    assert main is not None
    up(plan, prepare=lambda: None, welcome=lambda: signal.pthread_kill(main, signal.SIGINT), say=said.append)
    assert said[-2:] == ["stopping …", "stopped"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_up_on_the_same_data_is_refused_and_harms_nothing(plan: Plan) -> None:
    with home.held(home.make(plan.home.folder)), pytest.raises(Misconfigured, match="already runs on"):
        up(plan, prepare=lambda: None)


def test_a_taken_port_is_said_before_anything_starts(plan: Plan) -> None:
    prepared: list[int] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", plan.console_port))
        server.listen()
        with pytest.raises(Misconfigured, match=rf"port {plan.console_port} \(console\) is taken by .*CONSOLE_PORT"):
            up(plan, prepare=lambda: prepared.append(1))
    assert prepared == []
    assert not home.is_held(plan.home.folder)


@pytest.mark.parametrize(
    ("facts", "said"),
    [(Facts(1, 1 << 40), "of disk free, Huiying needs"), (Facts(1 << 40, 1), "of memory are available")],
)
def test_too_little_disk_or_memory_is_said_before_anything_starts(plan: Plan, facts: Facts, said: str) -> None:
    prepared: list[int] = []
    with pytest.raises(Misconfigured, match=said):
        up(plan, prepare=lambda: prepared.append(1), look=lambda _: facts)
    assert prepared == []


def test_one_port_for_two_things_is_refused(plan: Plan) -> None:
    clash = replace(plan, kafka=KafkaSettings(kafka_port=plan.console_port - 1))
    with pytest.raises(Misconfigured, match=f"port {plan.console_port} is wanted by Kafka's controller and console"):
        clash.ports()


@pytest.mark.parametrize("port", [0, 65535, 70000])
def test_a_port_that_is_none_is_refused(plan: Plan, port: int) -> None:
    with pytest.raises(Misconfigured, match="must lie between 1 and 65534"):
        replace(plan, kafka=KafkaSettings(kafka_port=port)).ports()


def test_if_preparing_fails_nothing_is_left_running(plan: Plan) -> None:
    def prepare() -> None:
        raise Unavailable("Kafka is away")

    with pytest.raises(Unavailable, match="Kafka is away"):
        up(plan, prepare=prepare, say=lambda _: None)
    assert home.read_running(plan.home.folder) == {}
    assert not home.is_held(plan.home.folder)


def test_outside_engines_need_no_ports_and_no_java_here(plan: Plan) -> None:
    assert list(plan.ports()) == [plan.console_port]
    assert plan.heaps == {}


def test_the_consoles_address_can_be_opened_also_where_it_listens_everywhere(plan: Plan) -> None:
    assert replace(plan, console_host="0.0.0.0").url == f"http://127.0.0.1:{plan.console_port}"
    assert replace(plan, console_host="::1").url == f"http://[::1]:{plan.console_port}"


def test_remains_of_a_killed_run_are_ended_first(plan: Plan) -> None:
    said: list[str] = []
    with subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL) as left:
        home.write_running(home.make(plan.home.folder), {"kafka": left.pid})
        up(plan, prepare=lambda: None, say=said.append, until=lambda: True)
        assert left.poll() is not None
    assert said[0] == "ended what a killed run had left: kafka"


def test_a_listener_that_went_away_does_not_stop_the_work(plan: Plan) -> None:
    def say(_line: str) -> None:
        raise BrokenPipeError

    assert up(plan, prepare=lambda: None, say=say, until=lambda: True) == 0


def test_children_see_the_plans_environment(plan: Plan) -> None:
    code = "import os; print(os.environ['HUIYING_CLOCK'], flush=True)"
    job = Job("work", (sys.executable, "-c", code), once=True)
    environ = {**os.environ, "HUIYING_CLOCK": "a clock"}
    done: list[str] = []
    up(
        replace(plan, environ=environ, jobs=(job, plan.jobs[1])),
        prepare=lambda: None,
        say=done.append,
        until=lambda: "work: done" in done,
    )
    assert (plan.home.folder / "logs" / "work.log").read_text() == "a clock\n"
