"""A unit's score in 督查考核: 100, less what its figures and inspections cost, plus what it was given back or earned.

A score is computed from shares as they are printed, so anybody can compute it again from the page; where a share hides
a count from 1 to 4, the unit is given the better end of it: one to four cases cost nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from alerts.appraisal import INDICATORS, LESS, Indicator, Weights
from alerts.inspection import FORMS, Inspection
from alerts.reports.numbers import share
from alerts.reports.periods import DAY_MS, moment_words
from alerts.reports.rates import Rate

PLAIN = frozenset({"interpreted", "corrected"})
"""Rates about documents and corrections of our own: nothing that people wrote is counted, so nothing is hidden."""


class Line(Struct, frozen=True, kw_only=True):
    """One thing that changed a score: what, as it was found, by which standard, the points, and where it comes from."""

    what: str
    found: str
    standard: str
    points: float
    origin: str


class Score(Struct, frozen=True, kw_only=True):
    """A unit's score: what indicators and inspections cost, was given back, was earned; vetoes, each in words.

    measured: of how many indicators there were cases enough; total: None where that is none, but for a veto.
    """

    unit: str
    lines: tuple[Line, ...]
    measured: int
    indicators: float
    inspections: float
    restored: float
    bonus: float
    vetoes: tuple[str, ...]
    total: float | None
    grade: str


def printed(name: str, rate: Rate, least: int) -> tuple[str, float | None]:
    """Return a share as it is printed, and the value that counts: the better end of what is hidden, None of too few."""
    if name in PLAIN:
        return (f"{rate.value:.0%}", round(rate.value, 2)) if rate.whole else ("—", None)
    told = share(rate.part, rate.whole) if rate.whole >= least else "—"
    if told == "—":
        return told, None
    value = int(told.strip("<>%")) / 100
    if told[0] == "<":
        return told, 0.0 if name in LESS else value
    if told[0] == ">":
        return told, value if name in LESS else 1.0
    return told, value


def deducted(name: str, row: Indicator, value: float) -> float:
    """Return the points that a share costs, to one decimal."""
    if name in LESS:
        allow = row.allow or 0.0
        lost = max(0.0, value - allow) / (1 - allow)
    else:
        full = row.full or 1.0
        lost = max(0.0, full - value) / full
    # half a tenth counts up, as people round; a thousandth makes good what floats lack
    return math.floor(row.points * lost * 10 + 0.501) / 10


def corrected(found: Sequence[Inspection], errors: Sequence[str]) -> Rate:
    """Return how many wrong answers that an inspection found were corrected within 24 hours."""
    wrong = [one for one in found if one.counts and one.finding in errors]
    return Rate(part=sum(0 < one.corrected_at <= one.at + DAY_MS for one in wrong), whole=len(wrong))


def score(unit: str, rates: Mapping[str, Rate], found: Sequence[Inspection], weights: Weights) -> Score:
    """Return a unit's score from its rates and from what inspections found at it, appeals included."""
    lines: list[Line] = []
    lost: dict[str, float] = {}
    for name, row in weights.indicators.items():
        told, value = printed(name, rates.get(name, Rate()), weights.least)
        if value is None:
            continue
        lost[name] = deducted(name, row, value)
        if lost[name]:
            lines.append(Line(
                what=INDICATORS[name], found=told, standard=standard(name, row), points=-lost[name],
                origin={"interpreted": "政策", "corrected": "督查登记"}.get(name, "台账"),
            ))  # fmt: skip
    cost = gain = back = 0.0
    for one in found:
        words = f"{FORMS[one.form]} {moment_words(one.at)}" + (f" {one.where}" if one.where else "")
        if one.effect == "figure":
            given = min(one.restored, lost.get(one.finding, 0.0)) if one.upheld else 0.0
            back += given
            lines.append(Line(
                what=f"申诉：{INDICATORS.get(one.finding, one.finding)}", found=one.state_name, standard=_decided(one),
                points=given, origin=f"申诉 {one.id[:8]}",
            ))  # fmt: skip
            continue
        points = {"deduct": -one.points, "bonus": one.points}.get(one.effect, 0.0) if one.counts else 0.0
        cost, gain = cost + max(0.0, -points), gain + max(0.0, points)
        shown = one.state_name if one.appeal or one.state == "withdrawn" else "登记在案"
        lines.append(Line(
            what=one.title.partition("：")[2] or one.title, found=shown, standard=_decided(one) or words, points=points,
            origin=f"{FORMS[one.form]} {one.id[:8]}",
        ))  # fmt: skip
    vetoes = tuple(one.title.partition("：")[2] for one in found if one.effect == "veto" and one.counts)
    if not lost and not found:
        return Score(
            unit=unit, lines=(), measured=0, indicators=0.0, inspections=0.0, restored=0.0, bonus=0.0, vetoes=(),
            total=None, grade="件数太少，不评分",
        )  # fmt: skip
    base = max(0.0, 100 - sum(lost.values()) - cost + back)
    earned = min(weights.bonus_most, gain) if base > weights.bonus_from else 0.0
    total: float | None = 0.0 if vetoes else round(base + earned, 1)
    grade = "单项否决，不合格" if vetoes else "合格" if total is not None and total >= weights.pass_from else "不合格"
    if not lost and not vetoes:  # who answered nothing isn't passed because an inspection took only three points
        total, grade = None, "没有可评指标，不评分"
    return Score(
        unit=unit, lines=tuple(lines), measured=len(lost), indicators=round(sum(lost.values()), 1),
        inspections=round(cost, 1), restored=round(back, 1), bonus=round(earned, 1), vetoes=vetoes, total=total,
        grade=grade,
    )  # fmt: skip


def standard(name: str, row: Indicator) -> str:
    """Return how many points an indicator has and from which share on nothing is deducted."""
    bound = f"不高于{row.allow:.0%}不扣分" if name in LESS else f"达到{row.full:.0%}不扣分"
    return f"{row.points:g}分，{bound}"


def _decided(one: Inspection) -> str:
    if one.state == "decided":
        return f"{moment_words(one.decided_at)}处理：{one.reason}"
    return f"撤销理由：{one.reason}" if one.state == "withdrawn" else ""
