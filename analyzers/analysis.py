"""The one entry: a page of texts in, one `Analysis` for each out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from msgspec import Struct

from analyzers import intent, places, sentiment, text, topics
from analyzers.masking import mask

MODEL_VERSION = "0.1.0"


class Reason(Struct, frozen=True):
    """One term that decided a label, with its weight (positive: for the label)."""

    label: str
    term: str
    weight: float


class Analysis(Struct, frozen=True, kw_only=True):
    """What is kept of one text: masked, judged, and why. See the field names in README's table of labels."""

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
    why: tuple[Reason, ...]


def analyze(texts: Sequence[str]) -> list[Analysis]:
    """Judge a page of texts; one `Analysis` for each, in order. Raises nothing for any str."""
    return [_one(each) for each in texts]


def _one(raw: str) -> Analysis:
    cleaned = mask(text.clean(raw))
    normal = text.normal(cleaned.text)
    mood = sentiment.judge(normal)
    about = topics.judge(normal)
    where = places.find(normal)
    wish = intent.judge(normal)
    why = [Reason(mood.label, term, weight) for term, weight in mood.terms]
    why += [Reason(about.label, term, weight) for term, weight in about.terms]
    if where.term:
        why.append(Reason(where.path, where.term, 1.0))
    why += [Reason(wish.label, term, weight) for term, weight in wish.terms]
    return Analysis(
        masked=cleaned.text,
        masks=cleaned.kinds,
        normal=normal,
        sentiment=mood.label,
        sentiment_p=round(mood.p, 4),
        uncertain=mood.uncertain,
        topic=about.label,
        topic_p=round(about.p, 4),
        topic2=about.second,
        topic2_p=round(about.second_p, 4),
        subtopic="",
        county=where.county,
        place=where.path,
        intent=wish.label,
        urgent=bool(wish.urgent_terms) or wish.danger,
        urgent_terms=wish.urgent_terms,
        danger=wish.danger,
        event_key=_signature(normal),
        why=tuple(why),
    )


def _signature(normal: str) -> str:
    """Return a short key that near-identical texts share: the smallest hashes of its four-character pieces."""
    pieces = {normal[i : i + 4] for i in range(max(1, len(normal) - 3))}
    lowest = min(hashlib.blake2b(p.encode("utf-8", "replace"), digest_size=5).hexdigest() for p in pieces)
    return f"{lowest}{int(math.log2(len(normal) + 1)):x}"
