"""`huiying up`: everything on this machine, in order; Ctrl-C stops all in reverse."""

from __future__ import annotations

import contextlib
import http.client
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy import home as data
from deploy.engines.base import Node
from deploy.engines.local import java_for, local_elasticsearch, local_kafka
from deploy.machine import Facts, Port, Problem, disk_problem, look, look_at_ports, memory_need, memory_problem
from deploy.settings import EngineSettings, HomeSettings
from deploy.supervisor import Signals, Supervisor
from deploy.worker import Worker
from streams.clock import monotonic
from streams.errors import Misconfigured, Unavailable
from streams.settings import ElasticSettings, KafkaSettings

PROCESSES = ("work", "watch", "desk", "clock", "gateway")
CONSOLE_WAIT = 90.0


@dataclass(frozen=True)
class Job:
    """One child: `huiying NAME` when `command` is empty; `once`: it is done when it ends well."""

    name: str
    command: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True)
class Plan:
    """What `up` runs, where, and in which environment its children see the world."""

    home: HomeSettings
    engines: EngineSettings
    kafka: KafkaSettings
    elastic: ElasticSettings
    console_host: str
    console_port: int
    gateway_port: int = 0  # 0: no intake
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    jobs: tuple[Job, ...] = tuple(Job(name) for name in PROCESSES)

    @property
    def url(self) -> str:
        """Where people find the console."""
        host = "127.0.0.1" if self.console_host in ("0.0.0.0", "::", "") else self.console_host  # noqa: S104 - read, not bound  # nosec B104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.console_port}"

    def ports(self) -> dict[int, Port]:
        """Return the ports that must be free, by number. Raises Misconfigured if two uses name the same one."""
        wanted = []
        if not self.kafka.kafka:
            port = self.kafka.kafka_port
            wanted += [(port, "Kafka", "HUIYING_KAFKA_PORT"), (port + 1, "Kafka's controller", "HUIYING_KAFKA_PORT")]
        if not self.elastic.elasticsearch:
            port, setting = self.elastic.elasticsearch_port, "HUIYING_ELASTICSEARCH_PORT"
            wanted += [(port, "Elasticsearch", setting), (port + 1, "Elasticsearch's transport", setting)]
        wanted.append((self.console_port, "console", "HUIYING_CONSOLE_PORT"))
        if self.gateway_port:
            wanted.append((self.gateway_port, "intake", "HUIYING_GATEWAY_PORT"))
        ports: dict[int, Port] = {}
        for number, use, setting in wanted:
            if not 0 < number < 65536:
                raise Misconfigured(f"{setting} must lie between 1 and 65534, not at {number}")
            if number in ports:
                raise Misconfigured(f"port {number} is wanted by {ports[number].use} and {use}; change {setting}")
            ports[number] = Port(number, use, setting)
        return ports

    @property
    def heaps(self) -> dict[str, str]:
        """The engines that run here and not outside, with their heaps."""
        heaps = {}
        if not self.kafka.kafka:
            heaps["kafka"] = self.engines.kafka_heap
        if not self.elastic.elasticsearch:
            heaps["elasticsearch"] = self.engines.elasticsearch_heap
        return heaps


def preflight(plan: Plan, facts: Facts) -> list[Problem]:
    """Return what keeps this plan from running on this machine; empty if nothing does."""
    found = [
        disk_problem(plan.home.folder, facts.free),
        memory_problem(facts.available, memory_need(plan.heaps)),
    ]
    return [problem for problem in found if problem is not None] + look_at_ports(plan.ports())


def nodes(plan: Plan) -> list[Node]:
    """Return the engines that run here, not started. Raises Misconfigured if there is no Java for them."""
    if not plan.heaps:
        return []
    java = java_for(plan.engines, plan.home.cache_folder)
    out: list[Node] = []
    if not plan.elastic.elasticsearch:  # the slower one first, so that the other starts meanwhile
        out.append(local_elasticsearch(plan.home, plan.engines, plan.elastic, java))
    if not plan.kafka.kafka:
        out.append(local_kafka(plan.home, plan.engines, plan.kafka, java))
    return out


def answers(url: str) -> bool:
    """Ask the console once; any HTTP answer below 500 will do."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    wire = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=2)
    try:
        wire.request("GET", "/")
        return wire.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        wire.close()


def _say(line: str) -> None:
    print(line, flush=True)


def heedless(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a `say` that goes on when nobody listens any more: a closed terminal or pipe is no reason to stop."""

    def inner(line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            say(line)

    return inner


def up(
    plan: Plan,
    *,
    prepare: Callable[[], None],
    welcome: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = _say,
    until: Callable[[], bool] = lambda: False,
    look: Callable[[Path], Facts] = look,
) -> int:
    """Run everything until Ctrl-C, SIGTERM or `until()`, and return 0. Must be called in the main thread.

    prepare: called once when both engines answer (topics, templates, first user), before our own processes start.
    welcome: called once when the console answers. Raises Misconfigured or Unavailable, after stopping all again.
    """
    say = heedless(say)
    folder = data.make(plan.home.folder)
    with data.held(folder):
        left = data.clear_leftovers(folder)
        if left:
            say(f"ended what a killed run had left: {', '.join(left)}")
        problems = preflight(plan, look(folder))
        if problems:
            raise Misconfigured("; ".join(str(problem) for problem in problems))
        supervisor = Supervisor(say, plan.engines.stop_grace)
        signals = Signals(supervisor)
        began = monotonic()
        with signals:
            try:
                _start_engines(plan, supervisor, folder, say)
                prepare()
                _start_jobs(plan, supervisor, folder, say)
                say(f"console: {plan.url}  (after {monotonic() - began:.0f} s; data: {folder})")
                welcome()
                supervisor.watch(until, lambda: _note(folder, supervisor))
            except KeyboardInterrupt:
                say("stopping …")
            finally:
                signals.seen = max(signals.seen, 1)
                supervisor.stop()
                (folder / data.RUNNING).unlink(missing_ok=True)
        say("stopped")
    return 0


def _note(folder: Path, supervisor: Supervisor) -> None:
    data.write_running(folder, supervisor.pids())


def _start_engines(plan: Plan, supervisor: Supervisor, folder: Path, say: Callable[[str], None]) -> None:
    engines = nodes(plan)
    if engines:
        say(f"starting {' and '.join(node.words for node in reversed(engines))} …")
    for node in engines:
        supervisor.start(node, tier=0)
        _note(folder, supervisor)
    for node in reversed(engines):
        node.wait()


def _start_jobs(plan: Plan, supervisor: Supervisor, folder: Path, say: Callable[[str], None]) -> None:
    def notable(line: str) -> None:
        say(f"  {line}")

    for job in plan.jobs:
        worker = Worker(
            job.name, folder=folder / "logs", environ=plan.environ, notable=notable, command=job.command, once=job.once
        )
        supervisor.start(worker, tier=1)
    _note(folder, supervisor)
    end = monotonic() + CONSOLE_WAIT
    while "desk" in {job.name for job in plan.jobs} and not answers(plan.url):
        if monotonic() > end:
            raise Unavailable(f"the console does not answer at {plan.url}; its log: {folder / 'logs' / 'desk.log'}")
        supervisor.look(monotonic())
        time.sleep(0.1)
