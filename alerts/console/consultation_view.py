"""How a consultation is shown: its clocks against their limits, its grade and state in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alerts.console.words import pressure

GRADES: dict[str, str] = {"general": "一般", "larger": "较大", "major": "重大"}


@dataclass(frozen=True)
class Clock:
    """One limit of a consultation: from when it runs, when it is due, and when it was met (0: not yet), ms UTC."""

    name: str
    start: int
    due: int
    met: int

    @property
    def late(self) -> bool:
        """Whether it was met after it was due."""
        return self.met > self.due

    def pressure(self, now: int) -> str:
        """Return over, soon, fine or met."""
        return "met" if self.met else pressure(self.start, self.due, now)


def clocks_of(consultation: Any, now: int) -> list[Clock]:
    """Return the limits that a consultation runs against."""
    del now
    return list(getattr(consultation, "clocks", []))


def open_ones(consultations: Sequence[Any]) -> list[Any]:
    """Return those that are not closed."""
    return [c for c in consultations if c.state != "closed"]
