"""环比 and 同比 that say no more than the counts can bear: a rate ratio with its interval, or why there is none.

Posts come in clumps, so the interval of independent arrivals would be too narrow: it is widened by how much the days
of both windows vary about their own means (quasi-Poisson, never narrower than Poisson).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

TOO_FEW = 30
"""Fewer posts than so many on either side are not compared."""
Z = 1.96
TOO_FEW_WORDS = "样本过少，不作比较"
NO_PAST = "无数据可比"


class Trend(Struct, frozen=True, kw_only=True):
    """How the rate a day changed: +0.23 is 23 % more; low and high bound it with 95 % confidence."""

    change: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about the direction."""
        return self.low > 0 or self.high < 0


def trend(now: Sequence[int], past: Sequence[int], *, days: tuple[float, float]) -> Trend | None:
    """Compare counts by day of two windows of `days` length; None where either side has too few posts or days."""
    total, total_past = sum(now), sum(past)
    if min(total, total_past) < TOO_FEW or min(days) <= 0:
        return None
    ratio = math.log((total / days[0]) / (total_past / days[1]))
    half = Z * math.sqrt(dispersion(now, past) * (1 / total + 1 / total_past))
    return Trend(change=math.expm1(ratio), low=math.expm1(ratio - half), high=math.expm1(ratio + half))


def dispersion(*series: Sequence[int]) -> float:
    """Return how much more days vary than independent arrivals would: 1 for those, more for clumps."""
    found, degrees = 0.0, 0
    for days in series:
        if len(days) < 2 or not sum(days):
            continue
        mean = sum(days) / len(days)
        found += sum((day - mean) ** 2 for day in days) / mean
        degrees += len(days) - 1
    return max(1.0, found / degrees) if degrees else 1.0


def trend_words(found: Trend | None, past: int) -> str:
    """Return a comparison as it may be shown: `+23%（+8%～+40%）`, `无明显变化（−5%～+12%）`, or why there is none."""
    if not past:
        return NO_PAST
    if found is None:
        return TOO_FEW_WORDS
    interval = f"（{_percent(found.low)}～{_percent(found.high)}）"
    return (_percent(found.change) if found.clear else "无明显变化") + interval


def _percent(value: float) -> str:
    return f"{value:+.0%}".replace("-", "−")
