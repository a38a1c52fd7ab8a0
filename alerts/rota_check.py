"""Is every hour of the next weeks covered, and once only: gaps, overlaps, people in two places; plain functions."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from alerts.deadlines import is_workday
from alerts.duty import POSTS
from alerts.rota import Rota, moment
from alerts.rota_who import Span, spans
from streams.clock import beijing
from streams.errors import Misconfigured

DAY_MS = 86_400_000
AHEAD_DAYS = 30
NEEDED = ("main", "leader")
"""Posts that must be filled at every hour; a deputy need not be there at night."""


class Fault(Struct, frozen=True, kw_only=True):
    """A stretch (ms UTC) in which something is wrong: nobody, two at one post, or one at two posts."""

    kind: Literal["gap", "overlap", "twice", "calendar"]
    post: str
    since: int
    until: int
    said: str


def check(rota: Rota, at: int, days: int = AHEAD_DAYS) -> list[Fault]:
    """Return what is wrong in the days after a moment, in order; a year without a calendar is a fault of its own."""
    until = at + days * DAY_MS
    try:
        found = spans(rota, at, until)
    except Misconfigured as error:
        until = _known(at, days)
        fault = Fault(kind="calendar", post="", since=until, until=at + days * DAY_MS, said=str(error))
        return [*(_faults(rota, spans(rota, at, until), at, until) if until > at else []), fault]
    return _faults(rota, found, at, until)


def _known(at: int, days: int) -> int:
    """Return the end of the days that the calendar knows."""
    day = beijing(at).date()
    try:
        for _ in range(days):
            is_workday(day)
            day += timedelta(days=1)
    except Misconfigured:
        pass
    return moment(day, "00:00")


def _faults(rota: Rota, found: list[Span], since: int, until: int) -> list[Fault]:
    edges = sorted({since, until, *(one.since for one in found), *(one.until for one in found)})
    faults: list[Fault] = []
    for start, end in pairwise(edges):
        there = [one for one in found if one.since <= start < one.until]
        here = [one for one in there if one.person]
        for post in POSTS:
            people = [one.person for one in here if one.post == post]
            if not people and (post in NEEDED or any(one.post == post for one in there)):
                faults.append(Fault(kind="gap", post=post, since=start, until=end, said=f"{POSTS[post]}无人"))
            if len(people) > 1:
                faults.append(Fault(kind="overlap", post=post, since=start, until=end,
                                    said=f"{POSTS[post]}有{len(people)}人"))  # fmt: skip
        for person in sorted({one.person for one in here}):
            posts = [post for post in POSTS if any(o.post == post and o.person == person for o in here)]
            if len(posts) > 1:
                said = f"{rota.name(person)}同时在{'、'.join(POSTS[post] for post in posts)}"
                faults.append(Fault(kind="twice", post=posts[-1], since=start, until=end, said=said))
    return _joined(faults)


def _joined(faults: list[Fault]) -> list[Fault]:
    joined: dict[tuple[str, str, str], list[Fault]] = {}
    for one in faults:
        row = joined.setdefault((one.kind, one.post, one.said), [])
        if row and row[-1].until == one.since:
            row[-1] = Fault(kind=one.kind, post=one.post, since=row[-1].since, until=one.until, said=one.said)
        else:
            row.append(one)
    return sorted((one for row in joined.values() for one in row), key=lambda one: (one.since, one.post, one.kind))
