"""Invented sentences with the place that they speak of, read from the table beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from analyzers.analysis import Analysis
from analyzers.explain import explain

_TABLE = Path(__file__).with_suffix(".tsv")


class Case(NamedTuple):
    """A sentence, the path of its place ("" for none), and a path that must be among the candidates ("" for any)."""

    text: str
    place: str
    candidate: str


class Figures(NamedTuple):
    """How many places were found rightly, wrongly and not at all; exact: whole paths, county: counties only."""

    exact_precision: float
    exact_recall: float
    county_precision: float
    county_recall: float


def cases() -> list[Case]:
    """Return all cases."""
    rows = [line.split("\t") for line in _TABLE.read_text(encoding="utf-8").splitlines() if line[:1] not in {"", "#"}]
    return [Case(row[1], row[0].replace("-", ""), row[2] if len(row) > 2 else "") for row in rows]


def figures(table: Sequence[Case], found: Sequence[Analysis]) -> Figures:
    """Return precision and recall of the places found."""
    exact = [(case.place, one.place) for case, one in zip(table, found, strict=True)]
    county = [(want.split("/")[0], got.split("/")[0]) for want, got in exact]
    return Figures(*_rates(exact), *_rates(county))


def _rates(pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
    right = sum(want == got != "" for want, got in pairs)
    return right / max(1, sum(got != "" for _, got in pairs)), right / max(1, sum(want != "" for want, _ in pairs))


def candidates(text: str) -> list[str]:
    """Return the paths that `huiying explain post` shows as possible."""
    return [place.path for place in explain(text).candidates]
