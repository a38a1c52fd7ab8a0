"""How a consultation is shown: its clocks against their limits, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts import deadlines
from alerts.consultation import Consultation
from alerts.deadlines import COLOURS, Limit


@dataclass(frozen=True)
class Clock:
    """One limit of a consultation: its rule, when it is due and was met (ms UTC, 0: not yet), and how it stands."""

    limit: Limit
    due: int
    met: int
    colour: str
    left: str

    @property
    def name(self) -> str:
        """What must be out, and within how many hours."""
        return f"{self.limit.hours}小时{self.limit.title}"

    @property
    def words(self) -> str:
        """How it stands, in Chinese."""
        return COLOURS[self.colour]


def clocks_of(consultation: Consultation, now: int) -> list[Clock]:
    """Return the limits that a consultation runs against, the first due first; now in ms UTC."""
    known = consultation.known_at
    out: list[Clock] = []
    for limit in consultation.limits:
        due, met = deadlines.due_at(limit, known), consultation.met_at(limit)
        colour = deadlines.clock_colour(known, due, met, now)
        out.append(Clock(limit, due, met, colour, deadlines.remaining(due, met, now)))
    return sorted(out, key=lambda clock: clock.due)


def running(consultations: Iterable[Consultation], now: int) -> list[tuple[Consultation, Clock]]:
    """Return every limit that is not met of every open consultation, the most pressing first."""
    pairs = [(c, clock) for c in consultations if c.open for clock in clocks_of(c, now) if not clock.met]
    return sorted(pairs, key=lambda pair: pair[1].due)
