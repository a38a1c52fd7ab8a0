"""How far two readers agree, criterion by criterion: plain agreement, and Cohen's kappa where enough is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from alerts.review import Reading

ENOUGH = 20
"""Pairs below which kappa says nothing: its interval is then wider than half of the scale."""
LEAST = 5


class Agreement(Struct, frozen=True, kw_only=True):
    """One criterion: how many pairs, how many agree; kappa is None where there are too few or nobody ever differs.

    same_everywhere: everybody gave one level alone, so that no agreement beyond chance can be measured.
    """

    name: str
    title: str
    pairs: int
    agree: int
    kappa: float | None
    same_everywhere: bool

    @property
    def words(self) -> str:
        """What may be said of it."""
        if self.pairs < LEAST:
            return "件数太少，不作判断"
        share = f"一致{self.agree / self.pairs:.0%}"
        if self.same_everywhere:
            return f"{share}，评分没有差别，不计算一致性系数"
        if self.kappa is None:
            return f"{share}，不足{ENOUGH}件，不计算一致性系数"
        return f"{share}，κ＝{self.kappa:.2f}"


def agreements(readings: Iterable[Reading]) -> tuple[Agreement, ...]:
    """Return each criterion's agreement over the readings that two have scored, before any decision."""
    both = [one for one in readings if one.both]
    if not both:
        return ()
    return tuple(
        _agreement(criterion.name, criterion.title, [
            (one.scores[0].levels[criterion.name], one.scores[1].levels[criterion.name]) for one in both
        ])
        for criterion in both[0].rubric.criteria
    )  # fmt: skip


def _agreement(name: str, title: str, pairs: Sequence[tuple[str, str]]) -> Agreement:
    agree = sum(first == second for first, second in pairs)
    return Agreement(
        name=name, title=title, pairs=len(pairs), agree=agree, kappa=kappa(pairs) if len(pairs) >= ENOUGH else None,
        same_everywhere=len({level for pair in pairs for level in pair}) == 1,
    )  # fmt: skip


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of first against second readings; None of nothing, or where chance explains all."""
    if not pairs:
        return None
    count = len(pairs)
    seen = sum(first == second for first, second in pairs) / count
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    chance = sum(firsts[level] * seconds[level] for level in firsts) / count**2
    return None if chance == 1 else (seen - chance) / (1 - chance)
