"""What is usual for a series: a level, the shapes of day and week, and the spread, none of which a burst can poison.

Level and spread are exponential means; each count teaches at most CLIP deviations above what was expected (Huber's psi,
Robust Statistics 1981), so a burst moves them by little, while a lasting change is learnt within days. The shapes are
factors of a Gamma-Poisson model: counts seen over counts that a flat shape would have, both with the same prior, so a
new series is flat and each hour counts as it is seen. A public holiday is a Sunday, a make-up working day a Friday, in
the years whose Chinese calendar is known. Spread is that of a negative binomial law: variance = mean + spread x mean².

No figure here is fitted to a digit: any of them may be a quarter larger or smaller (tests/bench/bench_burst.py shows
it). Times are ms UTC; hours and days are Beijing's.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import lru_cache

from alerts.deadlines import calendar_years, is_workday

HOUR = 3_600_000
DAY = 24 * HOUR
BEIJING_OFFSET = 8 * HOUR
LEVEL = 2 * DAY
"""Half-life of the level; the spread, which needs more counts, has twice of it."""
ROWS = 60
"""Where steps are long, the level's half-life is this many rows."""
HOURS, HOURS_PRIOR = 14 * DAY, 12.0
DAYS, DAYS_PRIOR = 28 * DAY, 144.0
"""Half-lives of the shapes of day and week, and hours that each cell is taken to have been flat, times the spread.

Overdispersed counts teach little; counts that keep to a Poisson law teach the shape within days.
"""
COUNTS_PRIOR = 2.0
"""And so many counts more, for counts so few that an hour says nothing."""
CLIP = 5.0
SPREAD, SPREADS = 0.5, (0.02, 3.0)
"""The spread taken at first, and its bounds."""
LEAST = 0.05
"""No fewer are ever expected, so that the first count after long silence is no wonder."""
EPOCH = date(1970, 1, 1)


class Shape:
    """A factor for each hour of the day or day of the week, learnt from counts and drawn towards 1."""

    def __init__(self, cells: int, half_life: int, prior: float) -> None:
        """Start flat. half_life in ms, prior in hours."""
        self.half_life, self.prior = half_life / cells, prior
        self.seen, self.flat = [0.0] * cells, [0.0] * cells

    def share(self, cell: int, level: float, spread: float) -> float:
        """Return the factor of a cell at a level."""
        prior = self.prior * spread * level + COUNTS_PRIOR
        return (self.seen[cell] + prior) / (self.flat[cell] + prior)

    def learn(self, cell: int, shown: float, flat: float, passed: int) -> None:
        """Learn that a cell had `shown` where a flat shape would have had `flat`."""
        kept, weight = 0.5 ** (passed / self.half_life), passed / HOUR
        self.seen[cell] = self.seen[cell] * kept + shown * weight
        self.flat[cell] = self.flat[cell] * kept + flat * weight


class Usual:
    """Expects the next count of a series, and learns from it."""

    def __init__(self) -> None:
        """Start without a past: the first count is the first level."""
        self.level, self.spread, self.rows = -1.0, SPREAD, 0
        self.hours, self.days = Shape(24, HOURS, HOURS_PRIOR), Shape(7, DAYS, DAYS_PRIOR)
        self.hour, self.day = 0, 0

    def expect(self, at: int, count: float) -> float:
        """Return what is expected at a time; `count` is used as the level if it is the very first."""
        if self.level < 0:
            self.level = max(count, 0.5)
        day, time = divmod(at + BEIJING_OFFSET, DAY)
        self.hour, self.day = time // HOUR, kind_of(day)
        by_hour, by_day = self._shares()
        return max(LEAST, self.level * by_hour * by_day)

    def _shares(self) -> tuple[float, float]:
        by_hour = self.hours.share(self.hour, self.level, self.spread)
        return by_hour, self.days.share(self.day, self.level, self.spread)

    def learn(self, count: float, expected: float, passed: int) -> None:
        """Learn from a count, clipped; passed: ms since the row before."""
        self.rows += 1
        shown = min(count, expected + CLIP * math.sqrt(expected + self.spread * expected * expected))
        weight = max(1 - 0.5 ** min(passed / LEVEL, 1 / ROWS), 1 / (self.rows + 1))
        by_hour, by_day = self._shares()
        level = self.level
        self.level = max(LEAST, level + weight * (shown / (by_hour * by_day) - level))
        extra = ((shown - expected) ** 2 - expected) / (expected * expected + 0.5)
        least, most = SPREADS
        self.spread = min(most, max(least, self.spread + weight / 2 * (extra - self.spread)))
        self.hours.learn(self.hour, shown, self.level, passed)
        self.days.learn(self.day, shown, self.level * by_hour, passed)


@lru_cache(maxsize=512)
def kind_of(day: int) -> int:
    """Return which day of the week a day since 1970 is like, 0 Monday to 6 Sunday."""
    plain = (day + 3) % 7
    try:
        when = EPOCH + timedelta(days=day)
    except OverflowError:
        return plain
    if when.year not in calendar_years():
        return plain
    works = is_workday(when)
    if works == (plain < 5):
        return plain
    return 4 if works else 6
