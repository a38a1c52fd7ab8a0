"""Who is on duty: the plain rota as rows, and whether a row covers a moment.

A row is one post of duty over a span of the week: main (值班员), deputy (副班) or leader (带班领导).
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Literal

from msgspec import Struct

from streams.clock import beijing

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Post = Literal["main", "deputy", "leader"]
POSTS: dict[str, str] = {"main": "值班员", "deputy": "副班", "leader": "带班领导"}


class Shift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post of duty: whom to tell, on which days, in which hours (Beijing time; over midnight if until <= since)."""

    post: Post
    name: str
    mail: str = ""
    sms: str = ""
    wecom: str = ""
    webhook: str = ""
    days: tuple[Day, ...] = DAYS
    since: str = "00:00"
    until: str = "00:00"


class Duty(Struct, frozen=True):
    """Who is on duty at a moment; empty tuples where a post is empty. why: what kept it from being known."""

    main: tuple[Shift, ...] = ()
    deputy: tuple[Shift, ...] = ()
    leader: tuple[Shift, ...] = ()
    why: str = ""

    @property
    def empty(self) -> bool:
        """Whether nobody is on duty."""
        return not (self.main or self.deputy or self.leader)


def covers(shift: Shift, now: datetime) -> bool:
    """Say whether a shift covers a moment; one over midnight belongs to the day on which it begins."""
    local = beijing(now)
    since, until, at = time.fromisoformat(shift.since), time.fromisoformat(shift.until), local.time()
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if since < until:
        return today in shift.days and since <= at < until
    return (today in shift.days and at >= since) or (yesterday in shift.days and at < until)
