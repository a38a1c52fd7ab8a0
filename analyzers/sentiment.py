"""Sentiment of a text in three classes, with calibrated probabilities and a band in which we say we are not sure."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from analyzers import linear

UNSURE = 0.5
"""Below this probability of the best class the label is marked uncertain."""


class Mood(NamedTuple):
    """label: pos, neu or neg; p: its probability; terms: what decided."""

    label: str
    p: float
    uncertain: bool
    terms: tuple[tuple[str, float], ...]


@cache
def _model() -> linear.Model:
    return linear.load(Path(__file__).parent / "models" / "sentiment.npz")


def judge(normal: str) -> Mood:
    """Judge one normal text; an empty one is neutral and uncertain."""
    if not normal:
        return Mood("neu", 1.0, True, ())
    model = _model()
    shares, each, scale = model.probabilities(normal)
    best = int(shares.argmax())
    rest = (each.sum(axis=1) - each[:, best]) / (len(model.classes) - 1)
    return Mood(
        model.classes[best],
        float(shares[best]),
        bool(shares[best] < UNSURE),
        linear.top(normal, each[:, best] - rest, scale),
    )
