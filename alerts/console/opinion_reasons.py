"""Why a stored text is labelled as it is, and which deadlines it names, for the list of texts (plain functions).

Judged again from the masked text with the models of today, so only reasons for the labels that are stored are shown.
Feeling is left out: it is shown for groups only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analyzers.analysis import Analysis, analyze
from analyzers.explain import deadline_words
from analyzers.labels import INTENTS
from analyzers.named_deadlines import named
from streams.clock import beijing


def reasons(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, list[str]]]:
    """Return for each document what is shown beside it: `why` and `deadlines`, each line in Chinese."""
    judged = analyze([str(each["text"]) for each in documents])
    return [
        {
            "why": _why(each, one),
            "deadlines": [deadline_words(found) for found in named(one.normal, beijing(int(each["posted_at"])))],
        }
        for each, one in zip(documents, judged, strict=True)
    ]


def _why(stored: Mapping[str, Any], one: Analysis) -> list[str]:
    titles: dict[str, str] = {}
    for title, label, shown in (
        ("主题", "topic", str(stored.get("topic", ""))),
        ("地点", "place", str(stored.get("place", ""))),
        ("诉求", "intent", INTENTS.get(str(stored.get("intent", "")), "")),
    ):
        if stored.get(label) and stored.get(label) == getattr(one, label):
            titles[str(stored[label])] = f"{title}“{shown}”"
    found: dict[str, list[str]] = {}
    for reason in one.why:
        if reason.label in titles and reason.weight > 0:
            found.setdefault(reason.label, []).append(f"{reason.term}（{reason.weight:.2g}）")
    return [f"{titles[label]}：{'、'.join(terms)}" for label, terms in found.items()]
