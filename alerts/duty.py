"""Who is on duty: the rota as rows, and a plain function of it and `now`.

A row is one post of duty over a span of the week: main (值班员), deputy (副班) or leader (带班领导).
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Literal

import msgspec
import yaml
from msgspec import Struct

from streams.clock import beijing
from streams.errors import Misconfigured

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POSTS: dict[str, str] = {"main": "值班员", "deputy": "副班", "leader": "带班领导"}


class Shift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post of duty: whom to tell, on which days, in which hours (Beijing time; over midnight if until <= since)."""

    post: Literal["main", "deputy", "leader"]
    name: str
    mail: str = ""
    days: tuple[Day, ...] = DAYS
    since: str = "00:00"
    until: str = "00:00"


class Duty(Struct, frozen=True):
    """Who is on duty at a moment; empty tuples where a post is empty."""

    main: tuple[Shift, ...] = ()
    deputy: tuple[Shift, ...] = ()
    leader: tuple[Shift, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nobody is on duty."""
        return not (self.main or self.deputy or self.leader)


def load_rota(text: str) -> tuple[Shift, ...]:
    """Read a rota's YAML: a list `shifts`. Raises Misconfigured with what is wrong."""
    try:
        data = yaml.safe_load(text)
        rows = msgspec.convert(data["shifts"], tuple[Shift, ...])
        for row in rows:
            time.fromisoformat(row.since)
            time.fromisoformat(row.until)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, TypeError, KeyError) as error:
        raise Misconfigured(f"rota: {' '.join(str(error).split())}") from error
    return rows


def covers(shift: Shift, now: datetime) -> bool:
    """Say whether a shift covers a moment; one over midnight belongs to the day on which it begins."""
    local = beijing(now)
    since, until, at = time.fromisoformat(shift.since), time.fromisoformat(shift.until), local.time()
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if since < until:
        return today in shift.days and since <= at < until
    return (today in shift.days and at >= since) or (yesterday in shift.days and at < until)


def on_duty(rota: tuple[Shift, ...], now: datetime) -> Duty:
    """Return who is on duty at a moment."""
    here = [shift for shift in rota if covers(shift, now)]
    main, deputy, leader = (tuple(shift for shift in here if shift.post == post) for post in POSTS)
    return Duty(main, deputy, leader)
