"""What the writer wants, how pressing it is, and whether life is in danger: by matters named, blind to tone.

A fault outweighs a question or thanks about it: 请问噪音什么时候有人管 is a complaint. A text without any term asks for
help: a person reads it anyway.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from analyzers.found import TITLE, Found, Texts, top_terms
from analyzers.lexicon import (
    DANGER_TERMS,
    HYPOTHETICAL_AFTER,
    HYPOTHETICAL_BEFORE,
    INTENT_TERMS,
    NOW,
    OPENINGS,
    PRESSING_TERMS,
    SUPPOSED,
)
from analyzers.terms import Terms

LABELS = tuple(INTENT_TERMS)
NEAR = 4
CLAUSE = 24
"""How far a clause reaches at most, where no mark ends it."""
CLAUSE_ENDS = ",。!?;:、\n "
EARLY = 60
OPENING_MOST = 300
CLAUSE_OF = re.compile(rf"[^{CLAUSE_ENDS}]*[{CLAUSE_ENDS}]")
"""Who is in danger says so at once (after whatever greeting or insult comes before the matter); deep in a long letter a
danger is an argument, unless its clause says: now."""
TERMS: frozenset[str] = frozenset(
    {term for terms in INTENT_TERMS.values() for term in terms} | set(PRESSING_TERMS) | set(DANGER_TERMS)
)
"""Every term that is looked for."""
_COMPLAINT, _HELP, _THANKS = LABELS.index("complaint"), LABELS.index("help"), LABELS.index("thanks")


class Wish(NamedTuple):
    """The judgement: intent label, matters that can't wait, danger to life, and the terms that decided."""

    label: str
    urgent_terms: tuple[str, ...]
    danger: bool
    terms: tuple[tuple[str, float], ...]


class Judge:
    """Intent, urgency and danger of the texts of a page."""

    def __init__(self, terms: Terms) -> None:
        self._names = terms.names
        weights = dict.fromkeys((*PRESSING_TERMS, *DANGER_TERMS), ("help", 1.0))
        weights |= {term: (label, weight) for label, rows in INTENT_TERMS.items() for term, weight in rows.items()}
        self._label = terms.table({term: LABELS.index(label) for term, (label, _) in weights.items()})
        self._weight = np.array([weights.get(name, ("", 0.0))[1] for name in terms.names])
        pressing = dict.fromkeys(PRESSING_TERMS, 1) | dict.fromkeys(DANGER_TERMS, 2)
        self._urgent = terms.table(pressing, 0)

    def judge(self, texts: Texts, found: Found) -> list[Wish]:
        """Judge every text by the terms found."""
        label = self._label[found.ident]
        counted = found.first & (label >= 0)
        begins = np.zeros(len(texts), dtype=np.int64)  # where the matter does: its first term, for no tone is a term
        with_terms, at = np.unique(found.owner[label >= 0], return_index=True)
        begins[with_terms] = found.place[label >= 0][at]
        owner, label, ident = found.owner[counted], label[counted], found.ident[counted]
        weight = self._weight[ident] * np.where(found.place[counted] - begins[owner] < TITLE, 2, 1)
        size = len(LABELS)
        scores = np.bincount(owner * size + label, weight, minlength=len(texts) * size).reshape(len(texts), size)
        scores[scores[:, _COMPLAINT] > 0, _THANKS] = 0
        best = scores.argmax(axis=1)
        best[scores.max(axis=1) <= 0] = _HELP
        why = top_terms(
            len(texts), self._names, owner=owner, ident=ident, weight=weight, deciding=label == best[owner]
        )
        urgent: list[dict[str, None]] = [{} for _ in range(len(texts))]
        danger = [False] * len(texts)
        for hit in np.flatnonzero(self._urgent[found.ident]).tolist():
            index, term = int(found.owner[hit]), self._names[found.ident[hit]]
            if self._urgent[found.ident[hit]] == 2:
                if _only_talk(texts[index], int(found.place[hit]), term):
                    continue
                danger[index] = True
            urgent[index][term] = None
        rows = zip(best.tolist(), urgent, danger, why, strict=True)
        return [Wish(LABELS[b], tuple(u), d, w) for b, u, d, w in rows]


def _only_talk(normal: str, place: int, term: str) -> bool:
    """Say whether a danger is talked about (a drill, a rule, a fear) rather than there."""
    before = normal[max(0, place - NEAR) : place]
    after = normal[place + len(term) : place + len(term) + NEAR]
    if before.endswith(HYPOTHETICAL_BEFORE) or after.startswith(HYPOTHETICAL_AFTER):
        return True
    start = max((normal.rfind(mark, 0, place) for mark in CLAUSE_ENDS), default=-1) + 1
    ends = [at for mark in CLAUSE_ENDS if (at := normal.find(mark, place)) >= 0]
    clause = normal[max(start, place - CLAUSE) : min([*ends, place + CLAUSE])]
    if any(word in clause for word in SUPPOSED):
        return True
    late = place > EARLY and place - _opening(normal) > EARLY
    return late and not any(word in clause for word in NOW)


def _opening(normal: str) -> int:
    """Return how far the greetings, apologies or insults reach with which a text opens."""
    end = 0
    for clause in CLAUSE_OF.finditer(normal, 0, OPENING_MOST):
        if clause[0].strip(CLAUSE_ENDS) and not any(word in clause[0] for word in OPENINGS):
            break
        end = clause.end()
    return end
