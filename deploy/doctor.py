"""`huiying doctor`: this machine and everything outside it, one line each: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from alerts.oidc import Provider
from alerts.settings import MailSettings, RobotSettings
from deploy import home as data
from deploy.engines.artifacts import pinned
from deploy.engines.java import bundled, find, of_machine
from deploy.engines.kafka import serves
from deploy.machine import (
    GIB,
    available_memory,
    disk_problem,
    free_disk,
    look_at_ports,
    memory_need,
    memory_problem,
    resident,
    taken,
)
from deploy.outside import MailServer, hook_trouble, mail_trouble
from deploy.up import Plan
from streams.broker import partitions
from streams.elastic import Elastic
from streams.errors import HuiyingError, Misconfigured
from streams.gateway import keys
from streams.topics import INDICES, TOPICS

MADE = datetime(2026, 11, 1, tzinfo=UTC)
"""When this was written: a clock before it is wrong."""
TIME_ERROR = 5  # adjtimex(2): the kernel knows of nobody who keeps its clock right
START = "huiying up"


@dataclass(frozen=True)
class Check:
    """One line: `ok`, `note` (worth knowing, not wrong) or `bad`, what was found, and what to do about it."""

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    todo: str = ""

    def line(self) -> str:
        """Return it as people read it."""
        mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[self.state]
        return f"{mark}  {self.name:<14} {self.found}{f'; {self.todo}' if self.todo else ''}"


@dataclass(frozen=True)
class IntakeFacts:
    """How the HTTP intake is set up: where it listens, whether by TLS, and where its keys are."""

    host: str
    port: int
    tls: bool
    keys: Path

    @property
    def open(self) -> bool:
        """Whether other machines may reach it."""
        return self.host not in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Patient:
    """What is examined: the plan of `huiying up`, the mail server and webhooks that are set, and the time (UTC)."""

    plan: Plan
    now: datetime
    mail: MailServer | None = None
    webhooks: Mapping[str, str] = field(default_factory=dict)
    intake: IntakeFacts | None = None
    provider: Callable[[], Provider | None] = lambda: None
    telling: Callable[[], Sequence[Check]] = tuple


def patient_of(
    plan: Plan, mail: MailSettings, robots: RobotSettings, now: datetime, intake: IntakeFacts | None = None
) -> Patient:
    """Return what to examine, from settings; `now` is the machine's own time, not the demo's. Raises Misconfigured."""
    if mail.mail_tls not in ("none", "starttls", "tls"):
        raise Misconfigured(f"HUIYING_MAIL_TLS must be none, starttls or tls, not {mail.mail_tls!r}")
    server = None
    if mail.mail_host:
        security = cast("Literal['none', 'starttls', 'tls']", mail.mail_tls)
        server = MailServer(mail.mail_host, mail.mail_port, security, mail.mail_username, mail.mail_password)
    hooks = {
        "wecom_webhook": robots.wecom_webhook, "dingtalk_webhook": robots.dingtalk_webhook,
        "feishu_webhook": robots.feishu_webhook, "webhook": robots.webhook,
    }  # fmt: skip
    return Patient(plan, now, server, {name: url for name, url in hooks.items() if url}, intake)


def healthy(checks: Sequence[Check]) -> bool:
    """Say whether nothing is bad."""
    return all(check.state != "bad" for check in checks)


def as_rows(checks: Sequence[Check]) -> list[dict[str, str]]:
    """Return the checks as values for JSON."""
    return [dataclasses.asdict(check) for check in checks]


def doctor(patient: Patient) -> Iterator[Check]:
    """Yield each check as soon as it is made, about a dozen in all; never raises one of our errors."""
    plan = patient.plan
    runs = data.is_held(plan.home.folder)
    kept: dict[str, bool] = {}  # which engines answered, for the checks that need them
    steps: tuple[Callable[[], Check], ...] = (
        lambda: java(plan),
        lambda: fetched(plan),
        lambda: ports(plan, runs=runs),
        lambda: disk(plan),
        lambda: memory(plan, runs=runs),
        lambda: clock(patient.now),
        lambda: kafka(plan, kept, runs=runs),
        lambda: elasticsearch(plan, kept, runs=runs),
        lambda: topics(plan, kept),
        lambda: templates(plan, kept),
        lambda: intake(patient.intake, runs=runs),
        lambda: mail(patient.mail),
        lambda: sign_in(patient.provider, patient.now),
    )
    for step in steps:
        try:
            yield step()
        except HuiyingError as error:
            yield Check("settings", "bad", str(error))
    if not patient.webhooks:
        yield Check("webhooks", "note", "none is set", "notices by a robot need HUIYING_WECOM_WEBHOOK or the like")
    yield from (hook(name, url) for name, url in patient.webhooks.items())
    yield from patient.telling()


def sign_in(provider: Callable[[], Provider | None], now: datetime) -> Check:
    """Ask the city's identity provider, if one is set, what it is and for its keys."""
    found = provider()
    if found is None:
        return Check("sign-in", "ok", "by passwords; no identity provider is set")
    try:
        count = asyncio.run(found.look(now))
    except HuiyingError as error:
        return Check("sign-in", "bad", str(error), "see HUIYING_OIDC_ISSUER and HUIYING_OIDC_CA; passwords still work")
    return Check("sign-in", "ok", f"{found.config.issuer} answers, {count} keys")


def java(plan: Plan) -> Check:
    """Find the Java that would run the engines."""
    if not plan.heaps:
        return Check("Java", "ok", "not needed: both engines are outside ones")
    try:
        found = find(plan.engines.java, of_machine(os.environ), bundled())
    except HuiyingError as error:
        what, _, todo = str(error).partition("; ")
        return Check("Java", "bad", what, todo)
    return Check("Java", "ok", f"{found.major}, {found.home}")


def fetched(plan: Plan) -> Check:
    """See whether the engines' files are in the cache; their checksums are checked on every start."""
    cache = plan.home.cache_folder
    wanted = [] if plan.kafka.kafka else [*pinned("kafka")]
    wanted += [] if plan.elastic.elasticsearch else [*pinned("elasticsearch")]
    missing = [one for one in wanted if not (cache / one.filename).is_file()]
    if not missing:
        return Check("downloads", "ok", f"{len(wanted)} files in {cache}")
    size = sum(one.size for one in missing)
    found = f"{len(missing)} files ({size >> 20} MiB) are missing in {cache}"
    return Check("downloads", "note", found, f"{START} fetches them")


def ports(plan: Plan, *, runs: bool) -> Check:
    """See whether the ports that `huiying up` needs are free, or held by the one that runs."""
    wanted = plan.ports()
    numbers = ", ".join(str(number) for number in sorted(wanted))
    if runs:
        return Check("ports", "ok", f"{numbers}: Huiying runs here")
    problems = look_at_ports(wanted)
    if problems:
        return Check("ports", "bad", " and ".join(one.what for one in problems), problems[0].todo)
    return Check("ports", "ok", f"{numbers} are free")


def disk(plan: Plan) -> Check:
    """See whether the data's disk has room."""
    folder = plan.home.folder
    free = free_disk(folder)
    problem = disk_problem(folder, free)
    if problem is not None:
        return Check("disk", "bad", problem.what, problem.todo)
    return Check("disk", "ok", f"{free / GIB:.0f} GiB free for {folder}")


def memory(plan: Plan, *, runs: bool) -> Check:
    """See whether there is memory to start, or how much the one that runs takes."""
    if runs:
        parts = data.read_running(plan.home.folder)
        sizes = {name: resident([process.pid]) for name, process in parts.items()}
        detail = ", ".join(f"{name} {size >> 20}" for name, size in sizes.items())
        return Check("memory", "ok", f"Huiying takes {sum(sizes.values()) / GIB:.2f} GiB (MiB: {detail})")
    available = available_memory()
    problem = memory_problem(available, memory_need(plan.heaps))
    if problem is not None:
        return Check("memory", "bad", problem.what, problem.todo)
    return Check("memory", "ok", f"{available / GIB:.1f} GiB available")


def kept_right() -> bool | None:
    """Ask the kernel whether somebody keeps its clock right; None where it can't be asked."""
    if not sys.platform.startswith("linux"):
        return None
    state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512)))
    return None if state < 0 else state != TIME_ERROR


def clock(now: datetime, asked: Callable[[], bool | None] = kept_right) -> Check:
    """See whether the time can be right, and whether the machine keeps it right."""
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < MADE:
        return Check("clock", "bad", f"it shows {shown}, before Huiying was written", "set the machine's clock")
    if asked() is False:
        return Check("clock", "note", f"{shown}, kept by nobody", "install chrony or systemd-timesyncd")
    return Check("clock", "ok", shown)


def _away(name: str, runs: bool, outside: str, error: HuiyingError, setting: str) -> Check:
    if outside:
        return Check(name, "bad", str(error), f"check {setting} and the network")
    if runs:
        return Check(name, "bad", f"Huiying runs, but {error}", "see the logs in its data folder")
    return Check(name, "note", "not running", f"{START} starts it")


def kafka(plan: Plan, kept: dict[str, bool], *, runs: bool) -> Check:
    """Ask Kafka for its topics."""
    if not runs and not plan.kafka.kafka and not serves(plan.kafka.kafka_port):
        return Check("Kafka", "note", "not running", f"{START} starts it")
    try:
        found = partitions(plan.kafka)
    except HuiyingError as error:
        return _away("Kafka", runs, plan.kafka.kafka, error, "HUIYING_KAFKA")
    kept["kafka"] = True
    return Check("Kafka", "ok", f"{plan.kafka.bootstrap} answers, {len(found)} topics")


def elasticsearch(plan: Plan, kept: dict[str, bool], *, runs: bool) -> Check:
    """Ask Elasticsearch for its health."""

    async def ask() -> dict[str, object]:
        async with Elastic(plan.elastic) as elastic:
            return await elastic.health()

    try:
        health = asyncio.run(ask())
    except HuiyingError as error:
        return _away("Elasticsearch", runs, plan.elastic.elasticsearch, error, "HUIYING_ELASTICSEARCH")
    kept["elasticsearch"] = True
    found = f"{plan.elastic.hosts[0]} answers, {health['status']}, {health['number_of_nodes']} node(s)"
    if health["status"] == "red":
        return Check("Elasticsearch", "bad", found, "some data can't be read; see its log")
    return Check("Elasticsearch", "ok", found)


def topics(plan: Plan, kept: Mapping[str, bool]) -> Check:
    """See whether all topics are there."""
    if not kept.get("kafka"):
        return Check("topics", "note", "not asked: Kafka is away")
    there = partitions(plan.kafka)
    missing = [topic.name for topic in TOPICS if topic.name not in there]
    if missing:
        return Check("topics", "bad", f"missing: {', '.join(missing)}", "huiying init creates them")
    shown = ", ".join(f"{topic.name} ({there[topic.name]})" for topic in TOPICS)
    return Check("topics", "ok", f"{shown} (partitions)")


def templates(plan: Plan, kept: Mapping[str, bool]) -> Check:
    """See whether all index templates are installed."""
    if not kept.get("elasticsearch"):
        return Check("templates", "note", "not asked: Elasticsearch is away")

    async def ask() -> set[str]:
        async with Elastic(plan.elastic) as elastic:
            return await elastic.templates()

    wanted = {index.name for index in INDICES}
    missing = sorted(wanted - asyncio.run(ask()))
    if missing:
        return Check("templates", "bad", f"missing: {', '.join(missing)}", "huiying init installs them")
    return Check("templates", "ok", f"{len(wanted)} installed")


def intake(facts: IntakeFacts | None, *, runs: bool) -> Check:
    """See whether the HTTP intake would take posts, and who may send them."""
    if facts is None:
        return Check("intake", "note", "not looked at")
    used = [key for key in keys.read(facts.keys).values() if not key.revoked_at]
    state = f"{len(used)} key(s) in use"
    if runs and not taken(facts.port, facts.host):
        return Check("intake", "bad", f"Huiying runs, but nobody listens at port {facts.port}", "see logs/gateway.log")
    if used and facts.keys.stat().st_mode & 0o077:
        return Check("intake", "bad", f"others can read {facts.keys}", f"chmod 600 {facts.keys}")
    if facts.open and not facts.tls:
        todo = "set HUIYING_GATEWAY_CERTIFICATE, or let a proxy do it"
        return Check("intake", "note", f"{state}; keys travel without TLS to {facts.host}", todo)
    if not used:
        return Check("intake", "note", "nobody may send by HTTP", "huiying key add NAME --source SOURCE")
    return Check("intake", "ok", f"{state}, port {facts.port}{', TLS' if facts.tls else ''}")


def mail(server: MailServer | None) -> Check:
    """Greet the mail server."""
    if server is None:
        return Check("mail", "note", "no mail server is set", "set HUIYING_MAIL_HOST to send notices by mail")
    trouble = mail_trouble(server)
    where = f"{server.host}:{server.port}"
    if trouble:
        return Check("mail", "bad", f"{where}: {trouble}", "check the HUIYING_MAIL_* settings")
    return Check("mail", "ok", f"{where} answers{' and lets us in' if server.username else ''}")


def hook(name: str, url: str) -> Check:
    """Reach a webhook's host; its address is a secret and is not shown."""
    trouble = hook_trouble(url)
    if trouble:
        return Check("webhook", "bad", f"{name}: {trouble}", f"check HUIYING_{name.upper()}")
    return Check("webhook", "ok", f"{name}: its host answers")
