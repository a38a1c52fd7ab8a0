"""A city for acceptance tests: posts come, time passes, the real service decides; only the outside is in memory."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_alerts import MemoryAlerts, MemoryNotices, MemorySilences
from memory_counts import MemoryCounts, opinion

from alerts.alert import Alert
from alerts.channels.base import Channel
from alerts.duty import Shift
from alerts.hush_bounds import Bounds
from alerts.manager import DEFAULT
from alerts.notices import Notice
from alerts.outbox import Outbox
from alerts.rota import Rota
from alerts.rulebook import load_rulebook
from alerts.service import Service, TickResult
from streams.clock import ManualClock, ms
from streams.errors import HuiyingError

MONDAY = datetime(2026, 3, 2, 1, 1, tzinfo=UTC)
"""A Monday, a minute past nine in the morning in Beijing."""
RULEBOOK = (Path(__file__).parents[2] / "deploy" / "rulebook.yml").read_text("utf-8")


class Phone(Channel):
    """A channel that notes what reached it and when, and refuses as it was told."""

    name = "wecom"
    per_minute = 0

    def __init__(self, clock: ManualClock, name: str = "wecom") -> None:
        self.clock, self.name = clock, name
        self.got: list[tuple[datetime, Notice]] = []
        self.refusals: list[HuiyingError] = []

    async def send(self, notice: Notice, piece: str) -> None:
        del piece
        if self.refusals:
            raise self.refusals.pop(0)
        self.got.append((self.clock.now(), notice))


class City:
    """One city on a manual clock, with the shipped rulebook unless another is given."""

    def __init__(
        self,
        rulebook: str = RULEBOOK,
        *,
        rota: tuple[Shift, ...] | Rota = (),
        channels: tuple[str, ...] = (),
        bounds: Bounds = DEFAULT,
    ) -> None:
        self.clock = ManualClock(MONDAY)
        self.rules = load_rulebook(rulebook)
        self.counts, self.alerts, self.notices = MemoryCounts(), MemoryAlerts(), MemoryNotices()
        self.phones = [Phone(self.clock, name) for name in channels or ("wecom",)]
        self.rota, self.bounds, self.silences = rota, bounds, MemorySilences()
        self.counted: Counter[tuple[str, str]] = Counter()
        self.service = self.started()
        self.number = 0

    @property
    def phone(self) -> Phone:
        """The first phone."""
        return self.phones[0]

    def started(self) -> Service:
        """Return a new watcher's service over what is stored: nothing is left in its memory."""
        outbox = Outbox(self.notices, self.phones, wall=self.clock, alert=self.alerts.get)
        return Service(
            self.rules, self.counts, self.alerts, outbox, rota=self.rota, link="http://console", bounds=self.bounds,
            silences=self.silences, counted=self._counted,
        )  # fmt: skip

    def _counted(self, what: str, reason: str, count: int) -> None:
        self.counted[what, reason] += count

    def restart(self) -> None:
        """Kill the watcher and start another."""
        self.service = self.started()

    def post(self, count: int = 1, *, ago: timedelta = timedelta(), **fields: Any) -> None:
        """Store so many distinct opinions, written and arrived some time ago."""
        at = ms(self.clock.now() - ago)
        for _ in range(count):
            self.number += 1
            self.counts.add(opinion(f"post-{self.number}", at, **{"indexed_at": ms(self.clock.now()), **fields}))

    async def look(self) -> TickResult:
        """Let the watcher look once, and the notices go out."""
        found = await self.service.tick(self.clock.now())
        await self.service.climbing.look(ms(self.clock.now()))
        await self.deliver()
        return found

    async def deliver(self) -> None:
        """Let due notices go out."""
        for phone in self.phones:
            await self.service.outbox.deliver(phone.name, self.clock)

    async def wait(self, span: timedelta, *, every: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass, with the watcher looking."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.time = min(end, self.clock.now() + every)
            await self.look()

    @property
    def said(self) -> list[str]:
        """What reached the first phone: the kinds of notices, in order."""
        return [notice.kind for _, notice in self.phone.got]

    async def only(self) -> Alert:
        """Return the only alert."""
        (alert,) = await self.service.alerts()
        return alert
