"""Corrections of labels by staff: what a post is about, asks, where, and whether it is urgent; never its sentiment.

A correction stands beside the label and does not change it: what was counted stays what it was, and the record shows
both. Together they are a gold set: `huiying evaluate --gold` judges the same texts with the models of today. A label
that was found right is kept as well, so that the set is not of mistakes only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from alerts.history import History
from analyzers import labels, places
from analyzers.analysis import Analysis, analyze
from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Rejected
from streams.records import digest
from streams.topics import CORRECTIONS, OPINIONS, pattern

LABELS: dict[str, str] = {"topic": "主题", "intent": "诉求", "county": "区县", "urgent": "紧急"}
"""What may be corrected. There is no sentiment here: it is a property of groups, and none is shown for one text."""
URGENT: dict[str, str] = {"1": "紧急", "0": "不紧急"}
READ = 500


class Correction(Struct, frozen=True, kw_only=True):
    """One label of one post as staff say it is. was: the label then; unit: whose word it is (a role); at: ms UTC."""

    post: str
    label: str
    was: str
    value: str
    unit: str
    at: int

    @property
    def right(self) -> bool:
        """Whether the label was found right."""
        return self.was == self.value


def choices(label: str) -> dict[str, str]:
    """Return the values a label may have and what they are called; none for what is no label."""
    return {
        "topic": {name: name for name in (*labels.TOPICS, "其他")},
        "intent": dict(labels.INTENTS),
        "county": {"": "不涉及具体区县", **places.counties()},
        "urgent": URGENT,
    }.get(label, {})


def labelled(document: Mapping[str, Any] | Analysis, label: str) -> str:
    """Return a label of a stored opinion, or of an analysis, as a correction writes it."""
    value = document.get(label, "") if isinstance(document, Mapping) else getattr(document, label)
    return ("1" if value else "0") if label == "urgent" else str(value or "")


class Corrections:
    """Corrections in Elasticsearch. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic, history: History) -> None:
        """Keep the gateway and the record."""
        self._elastic = elastic
        self._history = history

    async def correct(self, post: str, label: str, value: str, *, by: str, unit: str, now: datetime) -> Correction:
        """Write down what a label should be. Raises Rejected for an unknown post, label or value."""
        if value not in choices(label):
            raise Rejected("no_such_label", "请选择要更正的标签和正确的值。")
        body = {"size": 1, "query": {"term": {"id": post}}, "_source": [*LABELS]}
        hits = (await self._elastic.search(pattern(OPINIONS), body))["hits"]["hits"]
        if not hits:
            raise Rejected("no_such_post", "没有这条信息，它可能已按保存期限清除。")
        was = labelled(hits[0]["_source"], label)
        made = Correction(post=post, label=label, was=was, value=value, unit=unit, at=ms(now))
        said = {"label": label, "was": was, "value": value}
        await self._history.append("opinions.corrected", post, by, now, said)
        await self._elastic.put(
            CORRECTIONS.name, digest("correction", post, label), msgspec.to_builtins(made), refresh=True
        )
        return made

    async def of(self, posts: Sequence[str]) -> dict[str, list[Correction]]:
        """Return the corrections of posts, by post."""
        out: dict[str, list[Correction]] = defaultdict(list)
        if posts:
            body = {
                "size": len(posts) * len(LABELS), "query": {"terms": {"post": list(posts)}},
                "sort": [{"label": {"order": "asc", "unmapped_type": "keyword"}}],
            }  # fmt: skip
            for hit in (await self._elastic.search(CORRECTIONS.name, body))["hits"]["hits"]:
                one = msgspec.convert(hit["_source"], Correction)
                out[one.post].append(one)
        return dict(out)

    async def gold(self) -> list[tuple[Correction, str]]:
        """Return every correction with its post's masked text, by post; those whose post is gone are left out."""
        every = self._elastic.scan(CORRECTIONS.name, {"match_all": {}})
        found = [msgspec.convert(one.source, Correction) async for one in every]
        ids = sorted({one.post for one in found})
        texts: dict[str, str] = {}
        for first in range(0, len(ids), READ):
            some = ids[first : first + READ]
            body = {"size": len(some), "query": {"terms": {"id": some}}, "_source": ["id", "text"]}
            for hit in (await self._elastic.search(pattern(OPINIONS), body))["hits"]["hits"]:
                texts[hit["_source"]["id"]] = hit["_source"]["text"]
        rows = [(one, texts[one.post]) for one in found if one.post in texts]
        return sorted(rows, key=lambda row: (row[0].post, row[0].label))


class Figure(Struct, frozen=True, kw_only=True):
    """How the models did on one label of the gold set: of `rows`, how many right when stored, and right today."""

    label: str
    rows: int
    stored: int
    today: int
    recalls: dict[str, float]


def figures(gold: Iterable[tuple[Correction, str]]) -> list[Figure]:
    """Judge the gold set's texts with the models of today; recalls are today's, by the right value.

    A biased sample: people correct what they notice. It says whether a change of models mends what was noticed.
    """
    rows = list(gold)
    judged = dict(zip((text for _, text in rows), analyze([text for _, text in rows]), strict=True))
    out = []
    for label in LABELS:
        own = [(one, labelled(judged[text], label)) for one, text in rows if one.label == label]
        if not own:
            continue
        by_value: dict[str, list[bool]] = defaultdict(list)
        for one, found in own:
            by_value[one.value].append(found == one.value)
        recalls = {value: sum(hits) / len(hits) for value, hits in sorted(by_value.items())}
        stored, today = sum(one.right for one, _ in own), sum(found == one.value for one, found in own)
        out.append(Figure(label=label, rows=len(own), stored=stored, today=today, recalls=recalls))
    return out
