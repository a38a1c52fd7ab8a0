"""排班: who is on duty now and next, the next 30 days by post, what they lack, and what people ask each other for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from alerts.console.move_forms import Line, MoveForm, read
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.consultation_guards import Act
from alerts.deadlines import is_workday
from alerts.duty import POSTS
from alerts.duty_changes import BACK_MS, pending
from alerts.duty_moves import ASKS, BY_NAME, MOVES, TITLES, Move, asking_options, may, words
from alerts.handover import STATES as SIGNED
from alerts.moves import Row
from alerts.rota import KINDS, STATES, Change, Rota, moment
from alerts.rota_check import AHEAD_DAYS, DAY_MS, Fault, check
from alerts.rota_who import Span, spans
from streams.clock import beijing
from streams.errors import Conflict, Misconfigured, Rejected

TONES = {"asked": "warn", "accepted": "warn", "agreed": "good", "refused": "quiet", "withdrawn": "quiet"}
HANDOVERS = 15
"""So many of the latest handovers are listed."""
WEEKDAYS = "一二三四五六日"
NO_CALENDAR = "之后的放假安排还没有公布或没有录入，排不出班；请系统管理员更新节假日历。"


@dataclass(frozen=True)
class Cell:
    """Who has a post on one day: a stretch in words, a name, the reason, whether it was changed."""

    hours: str
    name: str
    reason: str
    changed: bool


@dataclass(frozen=True)
class Day:
    """One day of the calendar: cells by post, and what is wrong by post."""

    title: str
    off: bool
    posts: dict[str, list[Cell]]
    faults: dict[str, list[str]]


async def show(asked: Asked) -> Response:
    """Show the calendar, what it lacks, and what waits for an answer."""
    return await _show(asked)


async def _show(asked: Asked, *, error: str = "", tried: str = "") -> Response:
    duty = asked.parts.duty
    rota: Rota = await duty.rota(asked.now - BACK_MS) if duty else Rota()
    handovers = await asked.parts.handovers.list(limit=HANDOVERS) if asked.parts.handovers else []
    shared: dict[str, Any] = {"handovers": handovers, "SIGNED": SIGNED}
    if not rota.turns:  # without turns there is nothing to change
        return page(asked, "duty.html", rota=rota, error=error, days=[], **shared)
    faults = check(rota, asked.now)
    last = next((one.since for one in faults if one.kind == "calendar"), asked.now + AHEAD_DAYS * DAY_MS)
    today = beijing(asked.now).date()
    first = moment(today, "00:00")
    found = spans(rota, first, max(last, first + 1))
    changes = sorted(rota.changes, key=lambda one: (-one.made_at, one.id))
    here = [one for one in found if one.since <= asked.now < one.until]
    waiting = pending(changes, asked.now)
    forms = {one.id: _forms(asked, rota, one) for one in changes}
    named = {one.id for one in waiting}
    return page(
        asked, "duty.html", 400 if error else 200, rota=rota, error=error, tried=tried, typed=asked.form, POSTS=POSTS,
        KINDS=KINDS, CHANGED=STATES, TONES=TONES, words=words, forms=forms,
        posts=[(post, title, [one for one in here if one.post == post], _next(found, post, asked.now))
               for post, title in POSTS.items()],
        days=[_day(rota, found, faults, today + timedelta(days=n)) for n in range((last - first) // DAY_MS)],
        faults=[one for one in faults if one.kind != "calendar"],
        unknown=NO_CALENDAR if any(one.kind == "calendar" for one in faults) else "", until=last,
        waiting=waiting, changes=[one for one in changes if one.id not in named],
        asks=[_asking(asked, rota, kind, tried) for kind in ASKS] if _takes_part(asked, rota) else [],
        feed=await _feed(asked, rota), feeds=bool(asked.parts.feeds and asked.parts.feeds.secret), **shared,
    )  # fmt: skip


async def _feed(asked: Asked, rota: Rota) -> str:
    """Return the address of one's own calendar, if there is one."""
    if asked.parts.feeds is None or asked.who.username not in rota.people:
        return ""
    return str(await asked.parts.feeds.address(asked.who.username))


def _takes_part(asked: Asked, rota: Rota) -> bool:
    return asked.who.username in rota.people or asked.who.role == "admin"


def _next(found: list[Span], post: str, now: int) -> Span | None:
    return next((one for one in found if one.post == post and one.since > now and one.person), None)


def _day(rota: Rota, found: list[Span], faults: list[Fault], day: date) -> Day:
    start = moment(day, "00:00")
    end = start + DAY_MS
    try:
        off = not is_workday(day)
    except Misconfigured:
        off = day.weekday() >= 5
    posts: dict[str, list[Cell]] = {
        post: [
            Cell(f"{_hour(one.since, start)}—{_hour(one.until, start)}", rota.name(one.person) or "无人", one.reason,
                 not one.reason.startswith("轮值"))
            for one in found
            if one.post == post and one.since < end and one.until > start
        ]
        for post in POSTS
    }  # fmt: skip
    wrong: dict[str, list[str]] = {post: [] for post in POSTS}
    for one in faults:
        if one.kind != "calendar" and one.since < end and one.until > start:
            wrong[one.post].append(f"{_hour(one.since, start)}—{_hour(one.until, start)} {one.said}")
    title = f"{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"
    return Day(title, off, posts, wrong)


def _hour(at: int, start: int) -> str:
    """Return a time of a day, cut to the day."""
    if at <= start:
        return "00:00"
    return "24:00" if at >= start + DAY_MS else f"{beijing(at):%H:%M}"


def _forms(asked: Asked, rota: Rota, one: Change) -> list[MoveForm[Move]]:
    """Return the moves that this person may make of a change now."""
    act = Act(by=asked.who.username, role=asked.who.role, now=asked.now, data={})
    if not one.steps:
        return []
    lines = {move.name: tuple(Line(field, "") for field in move.fields) for move in MOVES}
    return [MoveForm(move, lines[move.name], "", open=False) for move in MOVES if not may(rota, one, move, act)]


def _asking(asked: Asked, rota: Rota, kind: str, tried: str) -> tuple[str, str, list[Line], bool]:
    who, given = asked.who, asked.form if tried == kind else {}
    lines = [
        Line(field, given.get(field.name, ""),
             asking_options(rota, field, by=who.username, role=who.role, now=asked.now)
             if field.kind == "choice" else {})
        for field in ASKS[kind]
        if field.name != "who" or who.role == "admin"
    ]  # fmt: skip
    return kind, TITLES[kind], lines, tried == kind


async def ask(asked: Asked) -> Response:
    """Ask for a swap, a stand-in or leave; a refusal shows its reason beside what was typed."""
    kind, duty = asked.form.get("kind", ""), asked.parts.duty
    if duty is None or kind not in ASKS:
        return bare("没有提出申请", "还没有排班表，或没有这种申请。", 400, back="/duty", back_text="返回排班")
    fields = ASKS[kind]
    shape: Row[None, None] = Row(name=kind, title=TITLES[kind], ways={}, roles=frozenset(), change=None, fields=fields)
    who = asked.who
    try:
        await duty.ask(
            kind, read(shape, asked.form), by=who.username, role=who.role, now=asked.parts.clock.now()
        )
    except Rejected as refused:
        return await _show(asked, error=refused.detail, tried=kind)
    return onward("/duty?done=moved#changes")


async def move(asked: Asked) -> Response:
    """Answer, approve or take back a change."""
    identity, name = asked.path("id"), asked.path("move")
    row, duty = BY_NAME.get(name), asked.parts.duty
    if row is None or duty is None or await duty.get(identity) is None:
        return bare("没有这种操作", "地址可能写错了。", 404, back="/duty", back_text="返回排班")
    who, seen = asked.who, asked.form.get("revision", "")
    try:
        await duty.move(
            identity, name, by=who.username, role=who.role, data=read(row, asked.form),
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None, now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _show(asked, error=refused.detail)
    except Conflict:
        return await _show(asked, error="刚刚有人更新了这条调整，您的操作没有保存。请看过最新内容后再提交。")
    return onward("/duty?done=moved#changes")


