"""What is usual for a series: a level, the shape of the day, and the spread, none of which a burst can poison."""

from __future__ import annotations

import math

HOUR = 3_600_000
DAY = 24 * HOUR
BEIJING_OFFSET = 8 * HOUR
LEVEL = 4 * DAY
"""Half-life of the level and of the spread."""
ROWS = 60
"""Where steps are long, half-lives are at least so many rows."""
SHAPE = 14 * DAY
"""Half-life of the hours of the day."""
PRIOR = 2.0
"""The day is taken to be flat with the weight of so many hours of counts at its level."""
CLIP = 3.0
"""A count teaches at most so many deviations above what was expected (Huber's psi)."""
SPREAD = 0.5
LEAST = 0.05


class Usual:
    """Expects the next count of a series, and learns from it."""

    def __init__(self) -> None:
        """Start without a past: the first count is the first level."""
        self.level = -1.0
        self.spread = SPREAD
        self.rows = 0
        self.said = [0.0] * 24
        self.flat = [0.0] * 24
        self.hour = 0

    def expect(self, at: int, count: float) -> float:
        """Return what is expected at a time (ms UTC); the very first count is its own expectation."""
        if self.level < 0:
            self.level = max(count, 0.5)
        self.hour = (at + BEIJING_OFFSET) // HOUR % 24
        return max(LEAST, self.level * self.share())

    def share(self) -> float:
        """Return the hour's share of the level, drawn towards 1 by the prior."""
        prior = PRIOR * self.level
        return (self.said[self.hour] + prior) / (self.flat[self.hour] + prior)

    def learn(self, count: float, expected: float, passed: int) -> None:
        """Learn from a count, clipped."""
        self.rows += 1
        shown = min(count, expected + CLIP * math.sqrt(expected + self.spread * expected * expected))
        weight = gain(passed, LEVEL, self.rows)
        share = self.share()
        self.level = max(LEAST, self.level + weight * (shown / share - self.level))
        extra = ((shown - expected) ** 2 - expected) / (expected * expected + 0.5)
        self.spread = min(3.0, max(0.02, self.spread + weight / 2 * (extra - self.spread)))
        kept, part = 0.5 ** (passed / SHAPE), passed / HOUR
        for hour in (self.hour,):
            self.said[hour] = self.said[hour] * kept**24 + shown * part
            self.flat[hour] = self.flat[hour] * kept**24 + self.level * part


def gain(passed: int, half_life: int, rows: int) -> float:
    """Return the weight of a new row: that of the half-life, and at first that of a mean of all rows."""
    steady = 1 - 0.5 ** min(passed / half_life, 1 / ROWS)
    return max(steady, 1 / (rows + 1)) if steady > 0 else 1 / (rows + 1) if rows < ROWS else 0.0
