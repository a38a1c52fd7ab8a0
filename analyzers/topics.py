"""First-level topic of a text: a trained model for seven topics, seed terms for the other eight, 其他 when unsure."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from analyzers import linear
from analyzers.labels import OTHER

SURE = 0.35
"""Below this probability of the best topic the answer is 其他."""
_MODELS = Path(__file__).parent / "models"


class About(NamedTuple):
    """label, p: the best topic (or 其他); second, second_p: the next one; terms: what decided."""

    label: str
    p: float
    second: str
    second_p: float
    terms: tuple[tuple[str, float], ...]


@cache
def _model() -> linear.Model:
    return linear.load(_MODELS / "topics.npz")


@cache
def _seeds() -> tuple[dict[str, str], re.Pattern[str]]:
    rows = json.loads((_MODELS / "seeds.json").read_text(encoding="utf-8"))
    owner = {term: topic for topic, terms in rows.items() for term in terms}
    return owner, re.compile("|".join(sorted(map(re.escape, owner), key=len, reverse=True)))


def judge(normal: str) -> About:
    """Judge one normal text. Two different seed terms of an unlabelled topic outweigh an unsure trained answer."""
    if not normal:
        return About(OTHER, 0.0, "", 0.0, ())
    model = _model()
    shares, each, scale = model.probabilities(normal)
    order = shares.argsort()[::-1]
    best, next_best = int(order[0]), int(order[1])
    p, second_p = float(shares[best]), float(shares[next_best])
    owner, pattern = _seeds()
    votes: dict[str, set[str]] = {}
    for term in pattern.findall(normal):
        votes.setdefault(owner[term], set()).add(term)
    if votes:
        seeded = max(votes, key=lambda each: len(votes[each]))
        share = 1 - 0.5 ** len(votes[seeded])
        if share > p:
            terms = tuple((term, 1.0) for term in sorted(votes[seeded]))[:3]
            return About(seeded, share, model.classes[best], min(p, 1 - share), terms)
    rest = (each.sum(axis=1) - each[:, best]) / (len(model.classes) - 1)
    terms = linear.top(normal, each[:, best] - rest, scale)
    if p < SURE:
        return About(OTHER, 1 - p, model.classes[best], p, ())
    return About(model.classes[best], p, model.classes[next_best], second_p, terms)
