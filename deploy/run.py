"""The processes of Huiying, each wired from concrete parts here and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import shutil
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.parts import DEMO_CLOCK, Settings
from deploy.up import PROCESSES, Job, Plan, up
from streams.clock import ScaledClock, SystemClock, beijing, ms
from streams.errors import Misconfigured, Retryable

MINUTES = 2.0
"""How long the demo's day takes."""


def logged() -> None:
    """Log to standard output, one line each; libraries only when something is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("aiokafka", "kafka", "httpx", "httpcore", "faust", "mode"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("elastic_transport", "apscheduler"):  # what they warn of, we say ourselves, in one line
        logging.getLogger(name).setLevel(logging.ERROR)


def forever(work: Callable[[], Awaitable[Any]]) -> None:
    """Run a coroutine until it ends, or until Ctrl-C or SIGTERM cancels it."""
    import signal

    async def main() -> None:
        task = asyncio.ensure_future(work())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            logging.getLogger("huiying").info("stopped")

    asyncio.run(main())


def plan_of(settings: Settings, environ: dict[str, str]) -> Plan:
    """Return what `up` runs, from the settings."""
    from alerts.console.settings import ConsoleSettings
    from deploy.settings import EngineSettings, HomeSettings
    from streams.gateway.settings import GatewaySettings
    from streams.settings import ElasticSettings, KafkaSettings, SourceSettings

    console = settings[ConsoleSettings]
    jobs = (*PROCESSES, "collect") if settings[SourceSettings].sources else PROCESSES
    return Plan(
        home=settings[HomeSettings],
        engines=settings[EngineSettings],
        kafka=settings[KafkaSettings],
        elastic=settings[ElasticSettings],
        console_host=console.console_host,
        console_port=console.console_port,
        gateway_port=settings[GatewaySettings].gateway_port,
        environ=environ,
        jobs=tuple(Job(name) for name in jobs),
    )


async def prepare(settings: Settings) -> tuple[str, str] | None:
    """Create topics, templates and the first user; return the user's name and password if it was created now."""
    from alerts.accounts import first_admin
    from deploy.init import init
    from streams.elastic import Elastic
    from streams.settings import ElasticSettings, KafkaSettings

    async with Elastic(settings[ElasticSettings]) as elastic:
        await init(settings[KafkaSettings], elastic)
        return await first_admin(elastic, SystemClock().now())


def _first_sign_in(found: tuple[str, str] | None) -> str:
    if found is None:
        return "sign in with your own account (forgotten? huiying user password NAME)"
    return f"first sign-in, shown this once: {found[0]} / {found[1]}"


def run_up(settings: Settings) -> None:
    """Run everything until Ctrl-C."""
    created: list[tuple[str, str] | None] = []

    def say(line: str) -> None:
        print(line, flush=True)

    up(
        plan_of(settings, dict(os.environ)),
        prepare=lambda: created.append(asyncio.run(prepare(settings))),
        welcome=lambda: say(_first_sign_in(created[0])),
        say=say,
    )


def run_init(settings: Settings) -> None:
    """Create topics, templates and the first user."""
    print(_first_sign_in(asyncio.run(prepare(settings))))


def run_demo(settings: Settings) -> None:
    """Run everything in the demo's own folder, started afresh, and play the written day on a scaled clock."""
    from deploy.demo.play import play
    from deploy.demo.scenario import BEGINS, ENDS
    from deploy.intake import keys_file
    from deploy.settings import HomeSettings
    from streams.clock import BEIJING
    from streams.settings import KafkaSettings, WorkerSettings

    if settings[KafkaSettings].kafka or settings[WorkerSettings].clock:
        raise Misconfigured("the demo runs on local engines and a clock of its own; unset HUIYING_KAFKA, HUIYING_CLOCK")
    home, day = settings[HomeSettings], beijing(SystemClock().now()).date()
    folder = home.folder / "demo"
    start, end = (datetime.combine(day, at, BEIJING) for at in (BEGINS, ENDS))
    created: list[tuple[str, str] | None] = []
    clock_is: list[ScaledClock] = []
    environ = dict(os.environ)
    environ |= {"HUIYING_HOME": str(folder), "HUIYING_CACHE": str(home.cache_folder)}
    environ |= {"HUIYING_PLACES": "", "HUIYING_SOURCES": "", "HUIYING_GATEWAY_WECHAT": ""}
    environ["HUIYING_GATEWAY_KEYS"] = str(keys_file(settings))  # `huiying key` in another shell knows no demo

    def say(line: str) -> None:
        print(line, flush=True)

    def ready() -> None:
        """Set the clock going when the engines are there, just before our processes are started."""
        anchor = SystemClock().now() + timedelta(seconds=8)  # they take about so long to start
        speed = (end - start) / timedelta(minutes=MINUTES)
        environ["HUIYING_CLOCK"] = f"{start.isoformat()},{anchor.isoformat()},{speed},{end.isoformat()}"
        clock_is.append(ScaledClock(start, anchor, speed, end))
        (folder / DEMO_CLOCK).write_text(environ["HUIYING_CLOCK"], "utf-8")
        created.append(asyncio.run(prepare(Settings(environ))))

    def tell() -> None:
        say(_first_sign_in(created[0]))
        say(f"the written day of {day} plays now, in about {MINUTES:.0f} minutes; every text in it is invented")
        say("look at 值班台 and 预警, sign for the alert, confirm the consultation, search 舆情, open 报告")
        kafka = Settings(environ)[KafkaSettings]
        threading.Thread(target=_play, args=(play, day, clock_is[0], kafka, say), daemon=True).start()

    _start_afresh(folder, say)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what goes wrong with the player is said in one line
    up(plan_of(Settings(environ), environ), prepare=ready, welcome=tell, say=say)


def _start_afresh(folder: Any, say: Callable[[str], None]) -> None:
    """Remove what an earlier demo left, unless one is running there."""
    from deploy import home as data

    if not folder.exists():
        return
    with data.held(data.make(folder)):
        data.clear_leftovers(folder)
        for name in ("kafka", "elasticsearch", "logs", "worker"):
            shutil.rmtree(folder / name, ignore_errors=True)
    say("the demo starts afresh: what an earlier demo left was removed (your own data lies elsewhere)")


def _play(play: Any, day: Any, clock: ScaledClock, kafka: Any, say: Callable[[str], None]) -> None:
    from deploy.init import connection

    try:
        sent = play(day, clock, connection(kafka), kafka, lambda line: say(f"  {line}"))
    except Exception as error:  # noqa: BLE001 - it runs beside the product, which goes on without it
        say(f"the demo's day stopped: {error}")
    else:
        say(f"the day is over: {sent} posts; everything goes on running until Ctrl-C")


def run_work(settings: Settings) -> None:
    """Run one scoring worker."""
    logged()
    from deploy import home as data
    from deploy.settings import HomeSettings
    from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
    from streams.worker import run

    run(
        settings[KafkaSettings],
        settings[ElasticSettings],
        settings[WorkerSettings],
        settings.clock(),
        data.make(settings[HomeSettings].folder) / "worker",
    )


def run_watch(settings: Settings) -> None:
    """Run the watcher."""
    logged()
    from alerts.answered import AnswerFollower
    from alerts.drill_chain import ElasticDrills, watch_drill
    from alerts.duty_changes import DutyChanges
    from alerts.duty_store import ElasticDuty
    from alerts.duty_watch import watch_duty
    from alerts.handovers import watch_handovers
    from alerts.ledger_watch import watch_ledger
    from alerts.policies import watch_policies
    from alerts.replies import watch_replies
    from alerts.watch import run
    from deploy.wiring import follower, guard_of, handovers_of, rota_of, services

    async def work() -> None:
        watch = settings[_watch_part()]
        async with services(settings) as parts:
            guard = guard_of(settings, parts)
            if watch.watch_metrics:
                parts.metrics.serve(watch.watch_metrics)
            drills, answers = ElasticDrills(parts.elastic), AnswerFollower(parts.elastic)
            rules, duty, rota = follower(settings, parts), ElasticDuty(parts.elastic), rota_of(settings)
            shifts, changes = handovers_of(settings, parts), DutyChanges(parts.elastic, parts.history, rota)
            with contextlib.suppress(Retryable):  # it is looked at again, once a minute
                await rules.look()
            await run(
                parts.service, parts.clock, watch, matters=parts.matters,
                look=lambda: parts.health.look(ms(parts.clock.now())),
                also={
                    "rulebook": rules.look,
                    "policies": lambda: watch_policies(parts.policies, parts.service, parts.clock),
                    "ledger": lambda: parts.intake.take(parts.clock),
                    "answered": lambda: answers.follow(parts.clock),
                    "overdue items": lambda: watch_ledger(parts.ledger, parts.service, parts.clock),
                    "replies": lambda: watch_replies(parts.replies, parts.clock),
                    "duty": lambda: watch_duty(duty, rota, parts.service, parts.clock),
                    "drill": lambda: watch_drill(drills, parts.service, parts.clock),
                    "handovers": lambda: watch_handovers(shifts, changes, parts.service, parts.clock),
                    "channels": lambda: guard.look(ms(parts.clock.now())),
                },
            )  # fmt: skip

    forever(work)


def _watch_part() -> Any:
    from alerts.settings import WatchSettings

    return WatchSettings


def run_desk(settings: Settings) -> None:
    """Run the console."""
    logged()
    from alerts.console.app import run
    from deploy.wiring import console_parts, intake, services

    async def work() -> None:
        async with services(settings) as parts, intake(settings) as way_in:
            await run(dataclasses.replace(console_parts(settings, parts), intake=way_in))

    forever(work)


def run_clock(settings: Settings) -> None:
    """Run the scheduler."""
    logged()
    from alerts.drill import job
    from alerts.drill_chain import ElasticDrills, begin
    from alerts.reports.settings import ReportSettings
    from alerts.schedule import Schedule, run
    from alerts.watch import LOOK_EVERY, again
    from deploy.wiring import deliveries_of, guard_of, services
    from streams.drill import send
    from streams.settings import KafkaSettings

    async def work() -> None:
        async with services(settings) as parts:
            guard, watch = guard_of(settings, parts), settings[_watch_part()]
            async with asyncio.TaskGroup() as group:
                group.create_task(run(
                    parts.elastic, parts.clock, settings[ReportSettings], deliveries=deliveries_of(settings, parts),
                    outbox=parts.service.outbox,
                ))  # fmt: skip
                if watch.notice_drill and not isinstance(parts.clock, ScaledClock):
                    drills = ElasticDrills(parts.elastic)
                    jobs = (job(lambda at: begin(drills, lambda at: send(settings[KafkaSettings], at), at),
                                watch.notice_drill),)  # fmt: skip
                    weekly = Schedule(parts.elastic, parts.clock, settings[ReportSettings], jobs)
                    group.create_task(weekly.serve(asyncio.Event()))
                group.create_task(again("watcher", lambda: guard.watch_watcher(parts.clock), LOOK_EVERY))

    forever(work)


def utc(text: str) -> datetime:
    """Return an ISO time as aware UTC; a naive one is Beijing time."""
    from streams.clock import BEIJING

    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=BEIJING)).astimezone(UTC)
