"""First-level topic of a text: a trained model for seven topics, seed terms for the other eight, 其他 when unsure."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import Struct, json
from numpy.typing import NDArray

from analyzers.found import Found, top_terms
from analyzers.labels import LABELLED_TOPICS, OTHER, TOPICS
from analyzers.linear import softmax
from analyzers.terms import Terms

SURE = 0.25
"""Below this probability of the best topic the answer is 其他 (chosen on development rows, see the model card)."""
HALF = 15.0
"""Weight of seed terms that claims half of a text of which the trained model is in doubt (best score 0)."""
HARDER = 3.0
"""So much more for each point of the trained model's best score above 0, and so much less below: held out, that names
more messages of a portal (187 of 4,326, not 130) at less cost (0.28, not 0.34 in 100 rows of the trained topics."""
LEAST_HALF = 8.0
"""However little a text looks like the trained topics, a single term doesn't decide."""
_SEEDS = Path(__file__).parent / "models" / "seeds.json"


class Seeds(Struct, frozen=True):
    """terms: term → (topic, weight); second: term → (topic, second-level topic)."""

    terms: dict[str, tuple[str, float]]
    second: dict[str, tuple[str, str]]


class About(NamedTuple):
    """label, p: the best topic (or 其他); second, second_p: the next; sub: second level; terms: deciding seeds."""

    label: str
    p: float
    second: str
    second_p: float
    sub: str
    terms: tuple[tuple[str, float], ...]


@cache
def seeds() -> Seeds:
    """Return the seed terms of the eight topics without labelled rows, and the terms of second-level topics."""
    return json.decode(_SEEDS.read_bytes(), type=Seeds)


def terms() -> frozenset[str]:
    """Return every term that is looked for."""
    return frozenset(seeds().terms) | frozenset(seeds().second)


class Judge:
    """Topics of the texts of a page."""

    def __init__(self, terms: Terms) -> None:
        table = seeds()
        self._names = terms.names
        self._topic = terms.table({term: TOPICS.index(topic) for term, (topic, _) in table.terms.items()})
        self._weight = np.array([table.terms.get(name, ("", 0.0))[1] for name in terms.names])
        self._subs = tuple(sorted(set(table.second.values())))
        self._sub = terms.table({term: self._subs.index(sub) for term, sub in table.second.items()})
        self._sub_topic = np.array([TOPICS.index(topic) for topic, _ in self._subs])
        self._length = np.array([len(name) for name in terms.names], dtype=np.float64)

    def judge(self, scores: NDArray[np.floating], found: Found) -> list[About]:
        """Judge every text: trained `scores` (texts, trained topics) before the softmax, and the terms found.

        Seeds of weight w claim the share w / (w + half) of a text, half = max(HALF + HARDER × best score, LEAST_HALF);
        the trained shares keep the rest.
        """
        count, size = len(scores), len(TOPICS)
        half = np.maximum(HALF + HARDER * scores.max(axis=1, initial=-np.inf), LEAST_HALF)[:, None]
        double = np.where(found.title, 2.0, 1.0)
        topic = self._topic[found.ident]
        seeded = found.first & (topic >= 0)
        owner, ident, weight = found.owner[seeded], found.ident[seeded], (self._weight[found.ident] * double)[seeded]
        votes = np.bincount(owner * size + topic[seeded], weight, minlength=count * size).reshape(count, size)
        claimed = votes / (votes + half)
        most = claimed.max(axis=1, keepdims=True)
        both = claimed * most / np.maximum(claimed.sum(axis=1, keepdims=True), 1e-9)
        both[:, :LABELLED_TOPICS] += softmax(scores) * (1 - most)
        order = np.argsort(-both, axis=1, kind="stable")[:, :2]
        ranked = np.take_along_axis(both, order, axis=1)
        why = top_terms(
            count, self._names, owner=owner, ident=ident, weight=weight, deciding=topic[seeded] == order[owner, 0]
        )
        subs = self._second(count, found, double, order[:, 0])
        out: list[About] = []
        for index, ((best, second), (p, second_p)) in enumerate(zip(order.tolist(), ranked.tolist(), strict=True)):
            if p < SURE:
                out.append(About(OTHER, 1 - p, TOPICS[best], p, "", ()))
            else:
                out.append(About(TOPICS[best], p, TOPICS[second], second_p, subs[index], why[index]))
        return out

    def _second(self, count: int, found: Found, double: NDArray[np.float64], best: NDArray[np.int64]) -> list[str]:
        sub = self._sub[found.ident]
        fits = (sub >= 0) & (self._sub_topic[sub] == best[found.owner])
        size = len(self._subs)
        weight = (double * self._length[found.ident])[fits]
        table = np.bincount(found.owner[fits] * size + sub[fits], weight, minlength=count * size).reshape(count, size)
        first = table.argmax(axis=1).tolist()
        some = (table.max(axis=1) > 0).tolist()
        return [self._subs[at][1] if any_ else "" for at, any_ in zip(first, some, strict=True)]
