"""Shares of two groups compared with an interval, or not at all where the groups are too small to say anything.

The interval is Newcombe's (1998, method 10): built from Wilson's for each share, it holds for shares near 0 and 1 too.
"""

from __future__ import annotations

import math

from msgspec import Struct

from alerts.reports.trend import TOO_FEW, Z

TOO_FEW_WORDS = "样本太少，不作比较"
NO_PAST = "无数据可比"


class Rate(Struct, frozen=True, kw_only=True):
    """A part of a whole: `part` of `whole` cases."""

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float:
        """The share, 0 of nothing."""
        return self.part / self.whole if self.whole else 0.0


class Difference(Struct, frozen=True, kw_only=True):
    """How a share changed, +0.03 being three points more; low and high bound it with 95 % confidence."""

    change: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about the direction."""
        return self.low > 0 or self.high < 0


def wilson(rate: Rate) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of one or more cases."""
    n, p = rate.whole, rate.value
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(now: Rate, past: Rate, least: int = TOO_FEW) -> Difference | None:
    """Compare two shares; None where either group has fewer than `least` cases."""
    if min(now.whole, past.whole) < max(1, least):
        return None
    change = now.value - past.value
    (low, high), (low_past, high_past) = wilson(now), wilson(past)
    return Difference(
        change=change,
        low=change - math.hypot(now.value - low, high_past - past.value),
        high=change + math.hypot(high - now.value, past.value - low_past),
    )


def difference_words(now: Rate, past: Rate) -> str:
    """Return the comparison as it may be shown: `+3.1点（+0.4～+5.8）`, `无明显变化（−2～+4）`, or why not."""
    if not past.whole:
        return NO_PAST
    found = difference(now, past)
    if found is None:
        return TOO_FEW_WORDS
    interval = f"（{_points(found.low)}～{_points(found.high)}）"
    return (f"{_points(found.change)}点" if found.clear else "无明显变化") + interval


def _points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
