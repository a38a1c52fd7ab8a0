"""The kind `burst`: the online detector over a key's tallies, step by step in event time, without looking ahead.

A key's past is run through a fresh detector each time it is asked for, so live, after a break and in a replay the same
posts give the same score, and a late post counts where it belongs. Only keys with posts enough for the floor are asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from alerts.burst import Detector, Judgement
from alerts.rules import Example, Rule


class Said(Struct, frozen=True):
    """The highest score of a window's steps, and how many posts were usual in the whole window."""

    score: float
    usual: float


def said(rule: Rule, counts: Mapping[int, int], start: int, end: int, first: int) -> Said:
    """Judge a window [start, end) of a key by all that came before it.

    counts: posts by the start of their step, steps without any left out; first: when the system's first post was
    written (0 if unknown): before it nothing is known, and after it a key without posts had none. All ms UTC.
    """
    reach = start - rule.usual_over
    begin = max(reach, min(first - first % rule.step, start)) if first else reach
    detector = Detector()
    score = usual = 0.0
    for at in range(begin, end, rule.step):
        found: Judgement = detector.step(at, float(counts.get(at, 0)))
        if at >= start:
            score, usual = max(score, found.score), usual + found.usual
    return Said(score, usual)


def of_example(rule: Rule, example: Example) -> float:
    """Return the score of a rule's own example: a past in which `usual` came in each window, then `count` in one."""
    past, steps = rule.usual_over // rule.step, rule.window // rule.step
    each = example.usual / steps
    counts = {row * rule.step: int((row + 1) * each) - int(row * each) for row in range(past)}
    counts |= {
        (past + row) * rule.step: (row + 1) * example.count // steps - row * example.count // steps
        for row in range(steps)
    }
    return said(rule, counts, past * rule.step, (past + steps) * rule.step, 0).score
