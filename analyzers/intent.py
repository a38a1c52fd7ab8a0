"""What the writer wants, how pressing it is, and whether life is in danger: by terms, blind to tone."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzers.lexicon import DANGER_TERMS, INTENT_TERMS, URGENT_TERMS


class Wish(NamedTuple):
    """The judgement: intent label, urgency words found, danger to life, and the terms that decided."""

    label: str
    urgent_terms: tuple[str, ...]
    danger: bool
    terms: tuple[tuple[str, float], ...]


def _any(terms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, terms), key=len, reverse=True)))


_WEIGHTS = {term: (label, weight) for label, terms in INTENT_TERMS.items() for term, weight in terms.items()}
_INTENT, _URGENT, _DANGER = _any(tuple(_WEIGHTS)), _any(URGENT_TERMS), _any(DANGER_TERMS)


def judge(normal: str) -> Wish:
    """Judge one normal text. A text without any term is a complaint if nothing else: it is read by a person anyway."""
    scores = dict.fromkeys(INTENT_TERMS, 0.0)
    found = list(dict.fromkeys(_INTENT.findall(normal)))
    for term in found:
        label, weight = _WEIGHTS[term]
        scores[label] += weight
    label = max(scores, key=lambda each: scores[each])
    decided = tuple((term, _WEIGHTS[term][1]) for term in found if _WEIGHTS[term][0] == label)[:3]
    urgent = tuple(dict.fromkeys(_URGENT.findall(normal)))
    return Wish(label, urgent, _DANGER.search(normal) is not None, decided)
