"""Find bursts in counts online: what is usual is learnt, and a count is scored by how rarely it surprises so much.

Three small parts, each O(1) a count and of constant memory: `alerts.burst_usual` expects (level x hour x day, and the
spread around it), this module measures how surprising the last rows are, `alerts.burst_rare` says how rarely this
series surprises so much, so that one threshold means the same for a county with a letter a day and for a platform.
"""

from __future__ import annotations

import math

from msgspec import Struct

from alerts.burst_rare import Rarity
from alerts.burst_usual import LEAST, Usual

WINDOWS = (3, 24, 96)
"""Rows that are judged together: with steps of 5 minutes a quarter of an hour, 2 hours and 8 hours."""

NOW = 1.0
"""Nothing is said while the shortest window surprises less: the longer ones remember a burst that is over."""


class Judgement(Struct, frozen=True):
    """What a detector says of one count: its score in [0, 1], what was expected, and the surprise in deviations."""

    score: float
    usual: float
    surprise: float


class Window:
    """The last rows, and what was expected of them."""

    def __init__(self, rows: int) -> None:
        """Start empty."""
        self.rows, self.at, self.filled = rows, 0, 0
        self.counts, self.expected = [0.0] * rows, [0.0] * rows

    def push(self, count: float, expected: float) -> None:
        """Take a row in, and the oldest out."""
        self.counts[self.at], self.expected[self.at] = count, expected
        self.at = (self.at + 1) % self.rows
        self.filled = min(self.filled + 1, self.rows)

    def surprise(self, spread: float) -> float:
        """Return the surprise of the rows together: a sum of n counts of one law has an n-th of its spread."""
        return surprise(sum(self.counts), sum(self.expected), spread / self.filled)


def surprise(count: float, expected: float, spread: float) -> float:
    """Return the signed root of the deviance of a count by a negative binomial law; 0 where it is not above.

    spread: variance = expected + spread x expected². It is a normal deviate where the law holds (McCullagh and Nelder,
    Generalized Linear Models, 2.4), and is exact and stable for 0 and for huge counts alike.
    """
    expected = max(expected, LEAST)
    if count <= expected:
        return 0.0
    shape = 1 / spread
    both = count * math.log(count / expected) - (count + shape) * math.log((count + shape) / (expected + shape))
    return math.sqrt(max(0.0, 2 * both))


class Detector:
    """Judges the counts of one series in order of time; the same counts give the same scores."""

    def __init__(self) -> None:
        """Start without a past."""
        self.usual = Usual()
        self.rarity = Rarity()
        self.windows = tuple(Window(rows) for rows in WINDOWS)
        self.last: int | None = None

    def step(self, at: int, count: float) -> Judgement:
        """Judge a count of the step that began at `at` (ms UTC); an earlier time than the last counts as the last."""
        at = at if self.last is None else max(at, self.last)
        passed = 0 if self.last is None else at - self.last
        self.last = at
        count = max(0.0, count)
        expected = self.usual.expect(at, count)
        found = 0.0
        for window in self.windows:
            window.push(count, expected)
            found = max(found, window.surprise(self.usual.spread))
        echo = self.windows[0].surprise(self.usual.spread) < NOW
        score = self.rarity.judge(found, passed, echo=echo)
        self.usual.learn(count, expected, passed)
        return Judgement(score, expected, found)
