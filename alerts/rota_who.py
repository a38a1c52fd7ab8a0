"""Who is on duty at a moment, by post, each with the reason: plain functions of a rota and a time.

By rule first; then agreed swaps, then stand-ins, then absences. A year without a published calendar is refused as soon
as a rule asks what kind of day it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

import msgspec
from msgspec import Struct

from alerts.deadlines import is_workday
from alerts.duty import DAYS, POSTS
from alerts.rota import Change, Rota, Turn, moment
from streams.clock import beijing

WORK, OFF = "工作日", "休息日"


class Span(Struct, frozen=True, kw_only=True):
    """Somebody at a post for a stretch (ms UTC), and why; person is empty where an absence leaves the post empty."""

    post: str
    person: str
    since: int
    until: int
    reason: str


@lru_cache(maxsize=4096)
def holds(turn: Turn, day: date) -> bool:
    """Say whether a rule has a shift that begins on a day. Raises Misconfigured for a year the calendar lacks."""
    if DAYS[day.weekday()] not in turn.days:
        return False
    return turn.calendar == "all" or is_workday(day) == (turn.calendar == "work")


@lru_cache(maxsize=4096)
def turn_of(turn: Turn, day: date) -> str:
    """Return whose turn a day is, on which the rule holds, not before it begins. Raises Misconfigured as `holds`."""
    if turn.turn == "week":
        number = (day - turn.begins).days // 7
    elif turn.calendar == "all" and len(set(turn.days)) == len(DAYS):
        number = (day - turn.begins).days
    else:
        number = sum(holds(turn, turn.begins + timedelta(days=n)) for n in range((day - turn.begins).days))
    return turn.people[(number // turn.every) % len(turn.people)]


def planned(rota: Rota, since: int, until: int) -> Iterator[Span]:
    """Yield the shifts by rule alone that touch [since, until), in order of their days."""
    day = beijing(since).date() - timedelta(days=1)
    while day <= beijing(until).date():
        for turn in rota.turns:
            start = moment(day, turn.since)
            end = moment(day, turn.until, later=0 if turn.until > turn.since else 1)
            if start < until and end > since and day >= turn.begins and holds(turn, day):
                kind = {"all": "", "work": f"，{WORK}", "off": f"，{OFF}"}[turn.calendar]
                yield Span(
                    post=turn.post, person=turn_of(turn, day), since=start, until=end,
                    reason=f"轮值（{'按周' if turn.turn == 'week' else '按天'}{kind}）",
                )  # fmt: skip
        day += timedelta(days=1)


def spans(rota: Rota, since: int, until: int) -> list[Span]:
    """Return who has which post in [since, until), cut where something changes; raises Misconfigured.

    A post that nobody has by rule has no span, unless a stand-in has it.
    """
    changes = [change for change in rota.changes if change.state == "agreed"]
    by_rule = list(planned(rota, since, until))
    cuts = {since, until}
    for span in by_rule:
        cuts |= {span.since, span.until}
    for change in changes:
        cuts |= {change.since, change.until, change.other_since, change.other_until}
    edges = sorted(cut for cut in cuts if since <= cut <= until)
    found: list[Span] = []
    for start, end in pairwise(edges):
        for post in POSTS:
            there = [one for one in by_rule if one.post == post and one.since <= start < one.until]
            here = _changed(rota, post, there, changes, start)
            found += [msgspec.structs.replace(one, since=start, until=end) for one in here]
    return _joined(found)


def _changed(rota: Rota, post: str, there: list[Span], changes: list[Change], at: int) -> list[Span]:
    """Return a post's people at a moment, with what was changed."""
    replace = msgspec.structs.replace
    for change in changes:
        if change.kind != "swap":
            continue
        first, second = change.since <= at < change.until, change.other_since <= at < change.other_until
        pair = {change.person: change.other} if first else {change.other: change.person} if second else {}
        there = [
            replace(
                one, person=pair[one.person],
                reason=f"换班：原为{rota.name(one.person)}，{rota.name(change.approver)}同意",
            )
            if one.person in pair else one
            for one in there
        ]  # fmt: skip
    stands = [c for c in changes if c.kind == "override" and c.post == post and c.since <= at < c.until]
    if stands:
        last = max(stands, key=lambda change: (change.made_at, change.id))
        there = [Span(post=post, person=last.person, since=at, until=at, reason=f"临时调整：{last.reason}")]
    for change in changes:
        if change.kind == "absence" and change.since <= at < change.until:
            said = f"{rota.name(change.person)}请假" + ("，由其代班" if change.other else "，无人代班")
            there = [replace(one, person=change.other, reason=said) if one.person == change.person else one
                     for one in there]  # fmt: skip
    return there


def _joined(found: list[Span]) -> list[Span]:
    """Put pieces together that follow each other with the same person and reason."""
    joined: list[Span] = []
    last: dict[tuple[str, str, str], int] = {}
    for span in found:
        key = (span.post, span.person, span.reason)
        before = last.get(key)
        if before is not None and joined[before].until == span.since:
            joined[before] = msgspec.structs.replace(joined[before], until=span.until)
        else:
            last[key] = len(joined)
            joined.append(span)
    return sorted(joined, key=lambda one: (one.since, list(POSTS).index(one.post), one.person))


def who(rota: Rota, at: int) -> dict[str, tuple[Span, ...]]:
    """Return by post who is there at a moment (ms UTC) and why; an empty post has none, or a span without a person.

    Raises Misconfigured, with what to do, for a year whose calendar is not published yet.
    """
    here = list(planned(rota, at, at + 1))
    found = spans(rota, min((one.since for one in here), default=at), max((one.until for one in here), default=at + 1))
    return {post: tuple(one for one in found if one.post == post and one.since <= at < one.until) for post in POSTS}
