"""A course of events in relative time: what happens at which hour, and what people must have been told between two.

    course.at(2).post(15, **HERE)
    course.want(between(2, 2.2)).notice("opened")
    await course.play(8)

Hours count from nine on a Monday morning. Wants are judged when the course has been played; every notice that reached
the phone must have been wanted, so nothing can be told that no test speaks of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from city import MONDAY, City

from alerts.alert import Alert
from alerts.notices import Notice
from alerts.silences import Matcher, Silence
from streams.clock import ms

Deed = Callable[[], Awaitable[None]]


class Between(NamedTuple):
    """A stretch of the course, in hours; both ends belong to it."""

    since: float
    until: float


def between(since: float, until: float) -> Between:
    """Return a stretch of the course, in hours."""
    return Between(since, until)


def hours(number: float) -> timedelta:
    """Return so many hours, exact to the second."""
    return timedelta(seconds=round(number * 3600))


@dataclass
class Moment:
    """One moment of a course, and what can happen at it."""

    course: Course
    hour: float

    def do(self, deed: Deed) -> None:
        """Let something happen."""
        self.course.deeds.append((self.hour, deed))

    def post(self, count: int = 1, **fields: Any) -> None:
        """Let so many people write."""

        async def deed() -> None:
            self.course.city.post(count, **fields)

        self.do(deed)

    def sign(self, by: str = "officer", note: str = "", **fields: Any) -> None:
        """Let an officer sign for the open alerts with these fields."""

        async def deed() -> None:
            city = self.course.city
            for alert in await city.service.alerts(state="firing"):
                if all(getattr(alert, name) == value for name, value in fields.items()):
                    await city.service.acknowledge(alert.id, by=by, note=note, now=city.clock.now())

        self.do(deed)

    def renew(self, by: str, note: str = "") -> None:
        """Let who signed renew it, of all that he has in hand."""

        async def deed() -> None:
            city = self.course.city
            for alert in await city.service.alerts(state="acknowledged"):
                if alert.acknowledged_by == by:
                    await city.service.renew(alert.id, by=by, note=note, now=city.clock.now())

        self.do(deed)

    def take_over(self, by: str, reason: str) -> None:
        """Let somebody take over what others have in hand."""

        async def deed() -> None:
            city = self.course.city
            for alert in await city.service.alerts(state="acknowledged"):
                await city.service.take_over(alert.id, by=by, reason=reason, now=city.clock.now())

        self.do(deed)

    def silence(self, lasts: float, **fields: str) -> None:
        """Let somebody hush alerts with these fields for so many hours."""

        async def deed() -> None:
            at = ms(self.course.city.clock.now())
            matchers = tuple(Matcher(name, "=", value) for name, value in fields.items())
            one = Silence(
                id=f"s{at}", matchers=matchers, made_by="officer", reason="施工已公告", starts=at,
                ends=at + round(lasts * 3_600_000), made_at=at,
            )  # fmt: skip
            await self.course.city.silences.put(one)

        self.do(deed)

    def restart(self) -> None:
        """Kill the watcher and start another."""

        async def deed() -> None:
            self.course.city.restart()

        self.do(deed)


@dataclass
class Want:
    """What people must have been told in a stretch."""

    course: Course
    span: Between

    def notice(self, kind: str, *, times: int = 1, says: str = "", **fields: Any) -> None:
        """Want so many notices of a kind that say something, of an alert with these fields."""
        self.course.wants.append((self.span, kind, times, says, fields))


@dataclass
class Course:
    """What happens in a city, and what is wanted of its watcher."""

    city: City
    every: timedelta = timedelta(minutes=5)
    deeds: list[tuple[float, Deed]] = field(default_factory=list)
    wants: list[tuple[Between, str, int, str, dict[str, Any]]] = field(default_factory=list)

    def at(self, hour: float) -> Moment:
        """Return a moment."""
        return Moment(self, hour)

    def want(self, span: Between) -> Want:
        """Say what is wanted in a stretch."""
        return Want(self, span)

    async def play(self, until: float) -> list[Alert]:
        """Let it all happen, judge what was told, and return the alerts, newest first."""
        await self.walk_all(until)
        self._judge()
        return await self.city.service.alerts()

    async def walk_all(self, until: float) -> None:
        """Let it all happen."""
        for hour, deed in sorted(self.deeds, key=lambda one: one[0]):
            await self._walk(hour)
            await deed()
            await self.city.look()
        await self._walk(until)

    async def _walk(self, hour: float) -> None:
        left = MONDAY + hours(hour) - self.city.clock.now()
        if left > timedelta():
            await self.city.wait(left, every=self.every)

    def _judge(self) -> None:
        left = [((when - MONDAY) / timedelta(hours=1), notice) for when, notice in self.city.phone.got]
        told = "\n".join(f"{hour:.2f} {notice.kind} {notice.subject}" for hour, notice in left)
        for span, kind, times, says, fields in self.wants:
            found = [
                (hour, notice) for hour, notice in left
                if span.since - 1e-6 <= hour <= span.until + 1e-6 and notice.kind == kind
                and says in "\n".join((notice.subject, *notice.lines)) and self._of(notice, fields)
            ]  # fmt: skip
            said = f"wanted {times} × {kind} {says} {fields} in {span}, got {len(found)}; told:\n{told}"
            assert len(found) == times, said
            left = [one for one in left if one not in found]
        assert not left, f"nobody wanted {[(round(hour, 2), one.kind, one.subject) for hour, one in left]}"

    def _of(self, notice: Notice, fields: dict[str, Any]) -> bool:
        if not fields:
            return True
        found = self.city.alerts.rows.get(notice.alert)
        return found is not None and all(getattr(found[0], name) == value for name, value in fields.items())
