"""The one entry: a page of texts in, one `Analysis` for each out.

Everything that can be done for a page at once is done so (tables in numpy); what remains per text is a few lookups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analyzers import events, intent, linear, places, sentiment, text, topics
from analyzers.found import Found, found_in
from analyzers.labels import SENTIMENTS
from analyzers.masking import Masked, mask_page
from analyzers.terms import Terms, pairs

MODEL_VERSION = "0.4.0"
PAGE = 1000
CHARACTERS = 60_000
"""Most texts and characters (about) judged at once: enough to share the cost of a call, few enough for the cache."""
MOODS = tuple(SENTIMENTS)
EMPTY = (0.3, 0.4, 0.3)
"""Shares of the moods of a text without a word: neutral, and uncertain."""
_BANK = Path(__file__).parent / "models" / "bank.npz"


class Reason(Struct, frozen=True):
    """One term that decided a label, with its weight (positive: for the label)."""

    label: str
    term: str
    weight: float


class Analysis(Struct, frozen=True, kw_only=True, gc=False):
    """What is kept of one text: masked and judged, with the terms that decided it.

    `normal` is as long as `masked`: a place in one is the same place in the other. Labels are of `analyzers.labels`;
    probabilities are in [0, 1]; `county` is an adcode or "". gc=False: it holds text and numbers, never a cycle.
    """

    masked: str
    masks: tuple[str, ...]
    normal: str
    sentiment: str
    sentiment_p: float
    uncertain: bool
    topic: str
    topic_p: float
    topic2: str
    topic2_p: float
    subtopic: str
    county: str
    place: str
    intent: str
    urgent: bool
    urgent_terms: tuple[str, ...]
    danger: bool
    event_key: str
    topic_terms: tuple[tuple[str, float], ...]
    place_term: str
    intent_terms: tuple[tuple[str, float], ...]

    @property
    def why(self) -> tuple[Reason, ...]:
        """For each label the terms that decided it. Found anew at each access: of many texts ask `whys`."""
        return whys([self])[0]


@cache
def bank() -> linear.Bank:
    """Return the trained weights that come with the program."""
    return linear.load(_BANK)


class _Lookup:
    """The terms of one city and of the lexicons, in one set, and who judges by them."""

    def __init__(self, city: places.Gazetteer) -> None:
        self.terms = Terms(intent.TERMS | topics.terms() | city.terms)
        self.wishes = intent.Judge(self.terms)
        self.topics = topics.Judge(self.terms)
        self.is_place = self.terms.table(dict.fromkeys(city.terms, 1), 0).astype(np.bool_)


@cache
def _lookup(city: places.Gazetteer) -> _Lookup:
    return _Lookup(city)


def terms_of(city: places.Gazetteer) -> Terms:
    """Return all terms that are looked for in texts of this city."""
    return _lookup(city).terms


def load() -> None:
    """Read all models and tables now rather than with the first text; raises OSError if a file is missing."""
    analyze(["静宁县停水"])


def analyze(texts: Sequence[str], gazetteer: places.Gazetteer | None = None) -> list[Analysis]:
    """Judge texts; one `Analysis` for each, in order, the same whatever stands beside it. Raises nothing for any str.

    gazetteer: the city whose places are looked for (平凉 if none is given).
    """
    city = gazetteer or places.default()
    out: list[Analysis] = []
    for some in _pages(texts):
        out += _page(mask_page(texts[some]), city)
    return out


def whys(found: Sequence[Analysis]) -> list[tuple[Reason, ...]]:
    """Return for each analysis the terms that decided its labels, with weights.

    Few are ever asked for, and the pieces of a text that spoke for a model's label follow from the text alone; so they
    are found again here, by the same tables, instead of being carried along with every text.
    """
    out: list[tuple[Reason, ...]] = []
    texts = [each.masked for each in found]
    for some in _pages(texts):
        page = text.fold_page(texts[some])
        paired = pairs(page.codes)
        kinds = text.kinds(page.codes)
        han = ((kinds[:-1] & kinds[1:]) & text.HAN) != 0
        weights = bank()
        read = _read(weights, page, paired)
        topic = weights.head("topic")
        best = topic.first + read.topics.argmax(axis=1)
        of_mood = linear.reasons(weights, read.scores, page, read.columns + read.moods.argmax(axis=1), han)
        of_topic = linear.reasons(weights, read.scores, page, best, han)
        for one, moods, topics_ in zip(found[some], of_mood, of_topic, strict=True):
            trained = topics_ if one.topic in topic.labels else []
            why = [Reason(one.sentiment, term, weight) for term, weight in moods]
            why += [Reason(one.topic, term, weight) for term, weight in one.topic_terms or trained]
            if one.place_term:
                why.append(Reason(one.place, one.place_term, 1.0))
            why += [Reason(one.intent, term, weight) for term, weight in one.intent_terms]
            out.append(tuple(why))
    return out


def _pages(texts: Sequence[str]) -> Iterator[slice]:
    """Yield what is judged at once."""
    start = size = 0
    for end, each in enumerate(texts, start=1):
        size += len(each)
        if size >= CHARACTERS or end - start == PAGE or end == len(texts):
            yield slice(start, end)
            start, size = end, 0


def places_in(normal: str, gazetteer: places.Gazetteer | None = None) -> tuple[places.Place, tuple[places.Place, ...]]:
    """Return the place that a normal text speaks of, and those that it may mean beside it."""
    city = gazetteer or places.default()
    lookup, page = _lookup(city), text.fold_page([normal])
    found = found_in(page, lookup.terms.find(page), len(lookup.terms.names))
    return city.locate(normal, _named(lookup, found).get(0, []))


class _Read(NamedTuple):
    """What the models say of a page: scores, those of topics, shares of moods, first column of a text's mood head."""

    scores: linear.Scores
    topics: NDArray[np.floating]
    moods: NDArray[np.floating]
    columns: NDArray[np.int64]


def _read(weights: linear.Bank, page: text.Page, paired: NDArray[np.uint32]) -> _Read:
    scores = linear.score(weights, page, paired)
    return _Read(scores, scores.values[:, weights.head("topic").columns], *_moods(weights, scores, page))


def _page(masked: list[Masked], city: places.Gazetteer) -> list[Analysis]:
    page = text.fold_page([each.text for each in masked])
    paired = pairs(page.codes)
    read = _read(bank(), page, paired)
    mood_p = np.round(read.moods.max(axis=1), 4).tolist()
    moods = [MOODS[at] for at in read.moods.argmax(axis=1).tolist()]
    lookup = _lookup(city)
    found = found_in(page, lookup.terms.find(page, paired), len(lookup.terms.names))
    normals = page.texts()
    abouts = lookup.topics.judge(read.topics, found)
    wishes = lookup.wishes.judge(normals, found)
    named = _named(lookup, found)
    wheres = [places.NOWHERE] * len(masked)
    for index, names in named.items():
        wheres[index] = city.locate(normals[index], names)[0]
    keys = events.keys(page, paired)
    rows = zip(masked, normals, moods, mood_p, abouts, wheres, wishes, keys, strict=True)
    return [
        Analysis(
            masked=raw.text,
            masks=raw.kinds,
            normal=normal,
            sentiment=mood,
            sentiment_p=p,
            uncertain=p < sentiment.UNSURE,
            topic=about.label,
            topic_p=round(about.p, 4),
            topic2=about.second,
            topic2_p=round(about.second_p, 4),
            subtopic=about.sub,
            county=where.county,
            place=where.path,
            intent=wish.label,
            urgent=bool(wish.urgent_terms),
            urgent_terms=wish.urgent_terms,
            danger=wish.danger,
            event_key=key,
            topic_terms=about.terms,
            place_term=where.term,
            intent_terms=wish.terms,
        )
        for raw, normal, mood, p, about, where, wish, key in rows
    ]


def _moods(
    weights: linear.Bank, scores: linear.Scores, page: text.Page
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Return shares of the moods of each text, and the first column of the head that knows its kind of text best.

    Civic messages and social posts are read by heads of their own, mixed by how much a text is the one or the other.
    """
    social, civic, domain = (weights.head(name) for name in ("sentiment", "civic", "domain"))
    read = sentiment.features(page, scores, social, float(weights.scale[0]), weights.bias[social.columns])
    mixed = linear.softmax(scores.values[:, domain.columns])[:, 1:]
    shares = (1 - mixed) * linear.softmax(sentiment.network().scores(read))
    shares += mixed * linear.softmax(scores.values[:, civic.columns])
    shares[page.lengths == 0] = EMPTY
    return shares, np.where(mixed[:, 0] > 0.5, civic.first, social.first)


def _named(lookup: _Lookup, found: Found) -> dict[int, list[tuple[int, str]]]:
    """Return (place, term) of the names of places, by text that has any."""
    out: dict[int, list[tuple[int, str]]] = {}
    hits, names = np.flatnonzero(lookup.is_place.take(found.ident)), lookup.terms.names
    columns = (each[hits].tolist() for each in (found.owner, found.place, found.ident))
    for owner, place, ident in zip(*columns, strict=True):
        out.setdefault(owner, []).append((place, names[ident]))
    return out
