"""Escalation: whom an alert goes to first, and whom next if nobody signs; plain functions of a rota, an alert, a time.

The rota's `escalation` lists for each level of an alert who is told after so many minutes without a signature. A
level waits from when the one before was told, in office hours of working days where the rota says so. A level without
anybody, or with nobody who does not know yet, is skipped at once, and that is written down. Times are ms UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from alerts.alert import Alert
from alerts.deadlines import is_workday, span
from alerts.duty import Shift, covers
from alerts.manager import Reason
from alerts.rota import TO, Rota, Step, moment
from alerts.rota_who import who
from alerts.rung import Reached, Rung
from streams.clock import beijing, from_ms
from streams.errors import Misconfigured

MINUTE = 60_000
LONGEST_DAYS = 400
"""So many days ahead is looked for office hours; a rota whose office never opens waits by the clock."""


class Ahead(Struct, frozen=True, kw_only=True):
    """A level still to come: when it is due if nobody signs, who would be told as the rota stands, and what is odd."""

    step: int
    to: tuple[str, ...]
    at: int
    people: tuple[Reached, ...]
    why: str


def steps_of(rota: tuple[Shift, ...] | Rota, level: str) -> tuple[Step, ...]:
    """Return the steps of an alert's level; none where everybody on duty is told at once."""
    return () if isinstance(rota, tuple) else rota.steps.get(level, ())


def this_round(alert: Alert) -> tuple[Rung, ...]:
    """Return the levels that were taken since the alert was told anew."""
    return tuple(rung for rung in alert.ladder if rung.round == alert.round)


def posts(to: Sequence[str]) -> str:
    """Return what people call these posts."""
    return "、".join(TO[post] for post in to)


def holders(rota: Rota, to: Sequence[str], at: int) -> tuple[Reached, ...]:
    """Return who has these posts at a moment, each once; nobody where the calendar of the year is not known."""
    found = [one for post in to for one in (_office(rota, at) if post == "office" else _at_post(rota, post, at))]
    return tuple({one.key: one for one in reversed(found)}.values())[::-1]


def _at_post(rota: Rota, post: str, at: int) -> list[Reached]:
    if rota.shifts:
        now = from_ms(at)
        return [Reached(key=one.name, name=one.name, mail=one.mail) for one in rota.shifts
                if one.post == post and covers(one, now)]  # fmt: skip
    try:
        here = who(rota, at)[post]
    except Misconfigured:
        return []
    return _known(rota, [one.person for one in here])


def _office(rota: Rota, at: int) -> list[Reached]:
    """Return the heads of the office, each or his stand-in."""
    away = {
        change.person: change.other for change in rota.changes
        if change.kind == "absence" and change.state == "agreed" and change.since <= at < change.until
    }  # fmt: skip
    return _known(rota, [away.get(person, person) for person in rota.office])


def _known(rota: Rota, people: Sequence[str]) -> list[Reached]:
    return [Reached(key=key, name=rota.people[key].name, mail=rota.people[key].mail)
            for key in people if key in rota.people]  # fmt: skip


def working_end(rota: Rota, since: int, wait: int) -> int:
    """Return when so many ms of office hours on working days have passed.

    Raises Misconfigured for a year whose calendar is not published, ValueError for an office that never opens.
    """
    left, day = wait, beijing(since).date()
    for _ in range(LONGEST_DAYS):
        if is_workday(day):
            opens, closes = (moment(day, hour) for hour in rota.office_hours)
            start = max(since, opens)
            if start < closes and left <= closes - start:
                return start + left
            left -= max(0, closes - start)
        day += timedelta(days=1)
    raise ValueError("the office never opens")


def due_at(rota: Rota, level: str, number: int, since: int) -> tuple[int, str]:
    """Return when a step is due that waits since a moment, and in words how long that is."""
    steps = rota.steps[level]
    wait = (steps[number].after - (steps[number - 1].after if number else 0)) * MINUTE
    if level not in rota.working:
        return since + wait, span(wait)
    try:
        return working_end(rota, since, wait), f"工作时间{span(wait)}"
    except (Misconfigured, ValueError):
        return since + wait, f"{span(wait)}（没有当年的工作日历，按自然时间计）"


def climb(alert: Alert, rota: Rota, now: int) -> tuple[Rung, ...]:
    """Return the levels an alert takes at a moment: those that are skipped, and at most one that is told.

    It begins if nobody was told in this round, and goes on when the next step's wait is over. Where every step is
    empty, the fallback is told.
    """
    steps, mine = steps_of(rota, alert.level), this_round(alert)
    known = {one.key for rung in mine for one in rung.people}
    number, added = (mine[-1].step + 1 if mine else 0), list[Rung]()
    while number < len(steps):
        to, why = steps[number].to, f"预警发出，先通知{posts(steps[number].to)}"
        if mine:
            due, waited = due_at(rota, alert.level, number, mine[-1].at)
            if not added and now < due:
                return ()
            why = f"{waited}内无人签收，通知{posts(to)}"
        if added:
            why = f"前一级无人可通知，直接通知{posts(to)}"
        people = holders(rota, to, now)
        fresh = tuple(one for one in people if one.key not in known)
        if fresh:
            came = _came(rota, steps[:number], now, known | {one.key for one in fresh})
            if came:
                why += f"；{'、'.join(one.name for one in came)}接班后尚不知情，一并通知"
            return (*added, Rung(round=alert.round, step=number, to=to, people=(*fresh, *came), at=now, why=why))
        why = f"{posts(to)}已在前面的级别通知过，跳过" if people else f"{posts(to)}此时无人，跳过"
        added.append(Rung(round=alert.round, step=number, to=to, people=(), at=now, why=why))
        number += 1
    if added and not known:
        people = tuple(_known(rota, rota.fallback))
        why = "各级此时都无人，通知备用联系人" if people else "各级此时都无人，排班表也没有备用联系人"
        added.append(Rung(round=alert.round, step=len(steps), to=("fallback",), people=people, at=now, why=why))
    return tuple(added)


def _came(rota: Rota, before: Sequence[Step], now: int, known: set[str]) -> tuple[Reached, ...]:
    """Return who came on duty at an earlier level since it was told."""
    here = holders(rota, tuple(dict.fromkeys(post for step in before for post in step.to)), now)
    return tuple(one for one in here if one.key not in known)


def begun(alert: Alert, rota: tuple[Shift, ...] | Rota, now: int) -> Alert:
    """Return an alert that is told now with the first level of its round; the same where there are no levels."""
    if isinstance(rota, tuple) or alert.state != "firing" or this_round(alert):
        return alert
    return replace(alert, ladder=(*alert.ladder, *climb(alert, rota, now)))


def escalates(alert: Alert) -> bool:
    """Say whether an alert goes higher up with time: it was told, nobody signed, and nothing is still to be told."""
    waits = alert.mode == "live" and alert.state == "firing" and alert.told_at and not alert.held and not alert.untold
    return bool(waits and this_round(alert))


def escalated(alert: Alert, rota: tuple[Shift, ...] | Rota, now: int) -> Alert:
    """Return an alert with the level that is due at a moment, to be told if anybody is there; the same if none is."""
    if isinstance(rota, tuple) or not escalates(alert):
        return alert
    rungs = climb(alert, rota, now)
    told = any(rung.people for rung in rungs)
    return replace(alert, ladder=(*alert.ladder, *rungs), untold=str(Reason.ESCALATED) if told else "")


def next_due(alert: Alert, rota: tuple[Shift, ...] | Rota) -> int:
    """Return when an alert's next level is due, 0 for never."""
    mine = this_round(alert)
    if isinstance(rota, tuple) or not escalates(alert) or mine[-1].step + 1 >= len(steps_of(rota, alert.level)):
        return 0
    return due_at(rota, alert.level, mine[-1].step + 1, mine[-1].at)[0]


def ahead(alert: Alert, rota: tuple[Shift, ...] | Rota, now: int) -> tuple[Ahead, ...]:
    """Return the levels still to come if nobody signs: when, and who would be told as the rota stands now."""
    mine = this_round(alert)
    if isinstance(rota, tuple) or alert.state != "firing" or not mine:
        return ()
    found: list[Ahead] = []
    since = mine[-1].at
    known = {one.key for rung in mine for one in rung.people}
    for number in range(mine[-1].step + 1, len(steps_of(rota, alert.level))):
        to = rota.steps[alert.level][number].to
        due, waited = due_at(rota, alert.level, number, since)
        if found and not found[-1].people:
            due = found[-1].at
        due = max(due, now)
        people = tuple(one for one in holders(rota, to, due) if one.key not in known)
        why = f"{waited}内无人签收" if people else "届时无人或都已知情，将跳过"
        found.append(Ahead(step=number, to=to, at=due, people=people, why=why))
        since, known = due, known | {one.key for one in people}
    return tuple(found)


def addressed(alert: Alert, occasion: Reason) -> tuple[Reached, ...]:
    """Return who hears of an occasion of an alert that has levels.

    The next level alone of the step that was taken for it; everybody who ever heard, when it rises or ends; else
    everybody who heard in this round.
    """
    mine = [rung for rung in this_round(alert) if rung.people]
    if occasion is Reason.ESCALATED:
        mine = mine[-1:]
    elif occasion in {Reason.RAISED, Reason.RESOLVED}:
        mine = [rung for rung in alert.ladder if rung.people]
    return tuple({one.key: one for rung in mine for one in rung.people}.values())
