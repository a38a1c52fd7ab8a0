"""What the writer wants, how pressing it is, and whether life is in danger: by matters named, blind to tone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analyzers.lexicon import (
    DANGER_TERMS,
    HYPOTHETICAL_AFTER,
    HYPOTHETICAL_BEFORE,
    INTENT_TERMS,
    PRESSING_TERMS,
)

TITLE = 24
"""Characters at the start that count double: where portals and hotlines put the title."""
NEAR = 4
_DEFAULT = "help"


class Wish(NamedTuple):
    """The judgement: intent label, matters that can't wait, danger to life, and the terms that decided."""

    label: str
    urgent_terms: tuple[str, ...]
    danger: bool
    terms: tuple[tuple[str, float], ...]


_INTENT = {term: (label, weight) for label, terms in INTENT_TERMS.items() for term, weight in terms.items()}
_PRESSING = frozenset(PRESSING_TERMS)
_DANGER = frozenset(DANGER_TERMS)
TERMS: frozenset[str] = frozenset(_INTENT) | _PRESSING | _DANGER
"""Every term that `judge` looks for."""


def judge(normal: str, found: Sequence[tuple[int, str]]) -> Wish:
    """Judge one normal text by the terms found in it, as (place, term) in order.

    A fault outweighs a question or thanks about it: 请问噪音什么时候有人管 is a complaint. A text without any term asks
    for help: a person reads it anyway.
    """
    scores = dict.fromkeys(INTENT_TERMS, 0.0)
    seen: dict[str, float] = {}
    urgent: dict[str, None] = {}
    danger = False
    for place, term in found:
        entry = _INTENT.get(term)
        if entry is not None:
            weight = entry[1] * (2 if place < TITLE else 1)
            if weight > seen.get(term, 0.0):
                scores[entry[0]] += weight - seen.get(term, 0.0)
                seen[term] = weight
        if term in _PRESSING:
            urgent[term] = None
        if term in _DANGER and not _only_talk(normal, place, term):
            urgent[term] = None
            danger = True
    label = max(scores, key=lambda each: scores[each])
    if scores["thanks"] and label == "thanks" and scores["complaint"]:
        scores["thanks"] = 0.0
        label = max(scores, key=lambda each: scores[each])
    if not scores[label]:
        return Wish(_DEFAULT, tuple(urgent), danger, ())
    decided = sorted(((w, t) for t, w in seen.items() if _INTENT[t][0] == label), reverse=True)
    return Wish(label, tuple(urgent), danger, tuple((t, w) for w, t in decided[:3]))


def _only_talk(normal: str, place: int, term: str) -> bool:
    before = normal[max(0, place - NEAR) : place]
    after = normal[place + len(term) : place + len(term) + NEAR]
    return before.endswith(HYPOTHETICAL_BEFORE) or after.startswith(HYPOTHETICAL_AFTER)
