"""Who is on duty at a moment, by either form of rota, and whose addresses a notice gets: plain functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from alerts.duty import POSTS, Duty, Post, Shift, covers
from alerts.rota import Rota
from alerts.rota_who import who
from streams.clock import ms
from streams.errors import Misconfigured


def on_duty(rota: tuple[Shift, ...] | Rota, now: datetime) -> Duty:
    """Return who is on duty at a moment; nobody in a year without a calendar, so that the fallback is told."""
    if not isinstance(rota, tuple):
        if not rota.shifts:
            return _by_turns(rota, ms(now))
        rota = rota.shifts
    here = [shift for shift in rota if covers(shift, now)]
    main, deputy, leader = (tuple(shift for shift in here if shift.post == post) for post in POSTS)
    return Duty(main, deputy, leader)


@lru_cache(maxsize=8)
def _by_turns(rota: Rota, at: int) -> Duty:
    try:
        found = who(rota, at)
    except Misconfigured as error:
        return Duty(why=str(error))
    posts: dict[Post, tuple[Shift, ...]] = {
        post: tuple(
            Shift(post=post, name=rota.name(span.person), mail=rota.people[span.person].mail)
            for span in found[post]
            if span.person in rota.people
        )
        for post in ("main", "deputy", "leader")
    }
    return Duty(posts["main"], posts["deputy"], posts["leader"])


def told(rota: tuple[Shift, ...] | Rota, now: datetime, level: str = "") -> tuple[str, ...]:
    """Return whom an alert's notice goes to (mail addresses): who is on duty and of its first step, else the fallback.

    level: an alert's; empty: everybody on duty. A step whose posts are all empty falls to everybody on duty.
    """
    duty = on_duty(rota, now)
    everybody = (*duty.main, *duty.deputy, *duty.leader)
    if isinstance(rota, tuple) or rota.shifts:
        return _mails(everybody)
    if duty.empty:
        return rota.mails(rota.fallback)
    steps = rota.steps.get(level, ())
    first = [shift for shift in everybody if not steps or shift.post in steps[0].to]
    office = rota.mails(rota.office) if steps and "office" in steps[0].to else ()
    return tuple(dict.fromkeys((*_mails(first or everybody), *office)))


def _mails(shifts: Sequence[Shift]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shift.mail for shift in shifts if shift.mail))
