"""`huiying duty`: who is on duty and why, what the next weeks lack, and the rota as a calendar file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from alerts.duty import POSTS
from alerts.duty_store import ElasticDuty, change_of, kept
from alerts.history import History
from alerts.rota import KINDS, Rota
from alerts.rota_check import AHEAD_DAYS, DAY_MS, check
from alerts.rota_ical import from_ical, to_ical
from alerts.rota_who import spans, who
from streams.clock import BEIJING, SystemClock, beijing, ms
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.settings import ElasticSettings

app = typer.Typer(help="The rota: who is on duty, what it lacks, calendar files.", no_args_is_help=True)
T = TypeVar("T")
PlanOnly = Annotated[bool, typer.Option("--plan-only", help="by the file's rules alone, without Elasticsearch")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]


def _run(work: Callable[[Elastic], Awaitable[T]]) -> T:
    from deploy.__main__ import settings

    async def inside() -> T:
        async with Elastic(settings()[ElasticSettings]) as elastic:
            return await work(elastic)

    return asyncio.run(inside())


def _rota(*, plan_only: bool, since: int) -> Rota:
    from deploy.__main__ import settings
    from deploy.wiring import rota_of

    rota = rota_of(settings())
    if not rota.turns:
        raise Misconfigured("HUIYING_ROTA names no rota with `turns`; deploy/rota.example.yml shows one")
    if plan_only:
        return rota

    async def read(elastic: Elastic) -> Rota:
        found = await ElasticDuty(elastic).list(tuple(KINDS), since=since)
        return msgspec.structs.replace(rota, changes=tuple(change_of(record) for record, _ in found))

    return _run(read)


def _moment(text: str) -> int:
    if not text:
        return ms(SystemClock().now())
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misconfigured(f"--at {text}: {error}; write 2026-10-01T09:00") from error
    return ms(given if given.tzinfo else given.replace(tzinfo=BEIJING))


def _said(at: int) -> str:
    return f"{beijing(at):%Y-%m-%d %H:%M}"


@app.command("who")
def duty_who(
    at: Annotated[str, typer.Option(help="a moment in Beijing time, as 2026-10-01T09:00; empty: now")] = "",
    *,
    plan_only: PlanOnly = False,
    as_json: AsJson = False,
) -> None:
    """Show who is on duty at a moment, and why; fail if nobody is."""
    moment = _moment(at)
    rota = _rota(plan_only=plan_only, since=moment)
    found = who(rota, moment)
    if as_json:
        print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    else:
        for post, here in found.items():
            people = "; ".join(f"{rota.name(one.person) or '无人'}（{one.reason}）" for one in here)
            print(f"{POSTS[post]:8} {people or '—'}")
    if not any(one.person for here in found.values() for one in here):
        raise Misconfigured(f"nobody is on duty at {_said(moment)}; the fallback would be told")


@app.command("check")
def duty_check(
    at: Annotated[str, typer.Option(help="from this moment on, in Beijing time; empty: now")] = "",
    days: Annotated[int, typer.Option(help="how many days ahead", min=1, max=366)] = AHEAD_DAYS,
    *,
    plan_only: PlanOnly = False,
    as_json: AsJson = False,
) -> None:
    """Look for hours without or with too many people in the next 30 days, and for a calendar that lacks; fail if so."""
    moment = _moment(at)
    faults = check(_rota(plan_only=plan_only, since=moment), moment, days)
    if as_json:
        print(json.dumps(msgspec.to_builtins(faults), ensure_ascii=False))
    else:
        for one in faults:
            print(f"{one.kind:8} {_said(one.since)} to {_said(one.until)}  {one.said}")
    if faults:
        raise Misconfigured(f"{len(faults)} faults in the {days} days after {_said(moment)}")
    print(f"every hour of the {days} days after {_said(moment)} is covered, once")


@app.command("ical-out")
def duty_ical_out(
    out: Annotated[Path, typer.Option("--out", help="where to write")],
    person: Annotated[str, typer.Option(help="only this person's shifts (username); empty: all")] = "",
    days: Annotated[int, typer.Option(help="how many days ahead", min=1, max=366)] = 60,
    *,
    plan_only: PlanOnly = False,
) -> None:
    """Write the shifts of the coming weeks as a calendar file (iCalendar)."""
    now = ms(SystemClock().now())
    rota = _rota(plan_only=plan_only, since=now)
    if person and person not in rota.people:
        raise Misconfigured(f"{person} is not among the rota's people: {', '.join(rota.people)}")
    found = spans(rota, now, now + days * DAY_MS)
    out.write_bytes(to_ical(rota, found, now=now, person=person))
    print(f"{out}: {sum(bool(one.person) and person in {'', one.person} for one in found)} shifts")


@app.command("ical-in")
def duty_ical_in(
    source: Annotated[Path, typer.Option("--in", help="calendar file", exists=True, dir_okay=False)],
    by: Annotated[str, typer.Option(help="username of who asks for it, for the record")],
) -> None:
    """Take a calendar file's events (`值班员：张甲`) as stand-ins; doing it again changes nothing."""
    now = SystemClock().now()
    changes = from_ical(_rota(plan_only=True, since=0), source.read_bytes(), by=by, now=ms(now))

    async def write(elastic: Elastic) -> int:
        done = await ElasticDuty(elastic).save([(kept(change), None) for change in changes])
        if any(done):
            await History(elastic).append("duty.imported", by, "huiying duty", now, {"count": sum(done)})
        return sum(done)

    new = _run(write)
    print(f"{len(changes)} stand-ins, {new} of them new")
