"""How rarely a series surprises so much: peaks over a threshold, one for each burst, with an exponential tail."""

from __future__ import annotations

import math

HOUR = 3_600_000
DAY = 24 * HOUR
OVER = 1.5
"""Surprises above it belong to bursts."""
APART = DAY / 2
"""Surprises closer than it belong to the same burst."""
MEMORY = 30 * DAY
"""Half-life of what is known of past bursts."""
WEEK = 7 * DAY
PRIOR_WEEKS, PRIOR_BURSTS = 1.0, 4.0
PRIOR_SIZE = 0.5
LARGER = 2.0
"""While a burst lasts it is said again only if it has become so many times as surprising."""


class Rarity:
    """Scores surprises by how rare they are in their own series; a burst is said once."""

    def __init__(self) -> None:
        """Start with the prior alone."""
        self.weeks, self.bursts = PRIOR_WEEKS, PRIOR_BURSTS
        self.size = PRIOR_BURSTS * PRIOR_SIZE
        self.since, self.peak = math.inf, 0.0
        self.since_said, self.said = math.inf, 0.0

    def judge(self, surprise: float, passed: int) -> float:
        """Return the probability that a week passes without such a burst, or 0 while the same one lasts."""
        kept = 0.5 ** (passed / MEMORY)
        self.weeks = self.weeks * kept + passed / WEEK
        self.bursts, self.size = self.bursts * kept, self.size * kept
        self.since, self.since_said = self.since + passed, self.since_said + passed
        if surprise <= OVER:
            return 0.0
        rate = self.bursts / self.weeks * math.exp(-(surprise - OVER) * self.bursts / self.size)
        score = math.exp(-rate)
        shown = score if self.since_said >= APART or surprise >= self.said * LARGER else 0.0
        if shown > 0.02:
            self.said, self.since_said = surprise, 0.0
        if self.since > APART:
            self.bursts, self.size, self.peak = self.bursts + 1, self.size + surprise - OVER, surprise
        elif surprise > self.peak:
            self.size, self.peak = self.size + surprise - self.peak, surprise
        self.since = 0.0
        return shown
