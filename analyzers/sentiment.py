"""Sentiment of a text in three classes, with calibrated probabilities and a band in which we say we are not sure.

Sentiment is a property of a text, never of a person, and is shown to people only for groups of at least five.
"""

from __future__ import annotations

from typing import NamedTuple

UNSURE = 0.55
"""Below this calibrated probability of the best class the label is marked uncertain (see the model card)."""


class Mood(NamedTuple):
    """label: pos, neu or neg; p: its probability; uncertain: in the band where half of the labels are wrong."""

    label: str
    p: float
    uncertain: bool


def judge(label: str, p: float, *, empty: bool) -> Mood:
    """Return the mood for the best class and its probability; a text without a word is neutral and uncertain."""
    if empty:
        return Mood("neu", 1 / 3, True)
    return Mood(label, p, p < UNSURE)
