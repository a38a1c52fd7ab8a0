"""How rarely a series surprises so much: peaks over a threshold, one for each burst, with an exponential tail.

Counts of people who read one another have far heavier tails than any simple law, and each series its own. So a surprise
is judged by the bursts its own series had: how many a week, and how much their peaks exceed a threshold on average (the
peaks-over-threshold method of hydrology; Davison and Smith, J. R. Stat. Soc. B 52, 1990; independent peaks by runs that
lie apart). The score is the probability that a week passes without a burst of that size, so one threshold means the
same for every series: at 0.7, about one alarm in three weeks. The prior says what is so before anything is known.

While a burst lasts, and its echo, it is said again only if it is clearly larger; the bar sinks with time.
"""

from __future__ import annotations

import math

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY
OVER = 2.0
"""Surprises above it belong to bursts."""
APART = DAY / 2
"""Surprises further apart are different bursts; the bar for saying one again halves in it."""
LARGER = 1.75
"""A burst is said again at once if it is so many times as surprising as when it was said."""
FIRES = 0.7
"""The threshold that is meant where none is given: exp(-a): a = 0.36 bursts of such a size a week."""
SAID = 0.05
"""Scores below it are never an alarm and raise no bar."""
MEMORY = 60 * DAY
"""Half-life of what is known of past bursts."""
PRIOR_WEEKS, PRIOR_BURSTS, PRIOR_SIZE = 2.0, 8.0, 1.0
"""The prior: so many bursts in so many weeks, exceeding OVER by so much on average."""


class Rarity:
    """Scores surprises by how rare they are in their own series; a burst is said once."""

    def __init__(self) -> None:
        """Start with the prior alone."""
        self.weeks, self.bursts, self.size = PRIOR_WEEKS, PRIOR_BURSTS, PRIOR_BURSTS * PRIOR_SIZE
        self.since, self.peak = math.inf, 0.0
        self.since_said, self.said = math.inf, 0.0

    def judge(self, surprise: float, passed: int, *, echo: bool) -> float:
        """Return the probability that a week passes without such a burst, or 0 while the same one lasts.

        passed: ms since the last surprise; echo: the last row is none too many, only those before it were.
        """
        kept = 0.5 ** (passed / MEMORY)
        self.weeks = self.weeks * kept + passed / WEEK
        self.bursts, self.size = self.bursts * kept, self.size * kept
        self.since, self.since_said = self.since + passed, self.since_said + passed
        if surprise <= OVER:
            return 0.0
        score = self._score(surprise)
        self._remember(surprise)
        if echo or surprise < self.said * LARGER * 0.5 ** (self.since_said / APART):
            return 0.0
        if score > SAID:
            self.said, self.since_said = surprise, 0.0
        return score

    def _score(self, surprise: float) -> float:
        mean = self.size / self.bursts
        return math.exp(-self.bursts / self.weeks * math.exp(-(surprise - OVER) / mean))

    def _remember(self, surprise: float) -> None:
        """Count a new burst, or raise the peak of the one that lasts."""
        if self.since > APART:
            self.bursts, self.size, self.peak = self.bursts + 1, self.size + surprise - OVER, surprise
        elif surprise > self.peak:
            self.size, self.peak = self.size + surprise - self.peak, surprise
        self.since = 0.0
