"""答复前后: what changed around a public text of a consultation: questions open, messages, repeats, beside like ones.

Success is a question that has an answer. That people write less is not: they may have given up, so no fall is called
good, tone is not looked at, and what changed after an answer is not said to come of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from alerts.consultation import Consultation, PublicText, Question
from alerts.reports.cases import FIELDS, Case, read, turns
from alerts.reports.numbers import LEAST, at_least, share, shown, small
from alerts.reports.periods import HOUR_MS, Window
from alerts.reports.rates import Rate, difference_words
from alerts.reports.trend import TOO_FEW
from streams.topics import EVENTS, LEDGER, OPINIONS, pattern

LONGEST = 72 * HOUR_MS
SHORTEST = 6 * HOUR_MS
"""How much time before and after is looked at, at most and at least."""
WANTS = ("complaint", "help", "consult", "suggest")
"""What people write who want an answer (`analyzers.labels.INTENTS`)."""
MATTERS = 1_000
ITEMS = 2_000
CAUTION = (
    "成效看问题是否得到答复和解决；反映减少不等于解决，也不作为成效，情感不作比较。"
    "前后变化还受其他因素影响，不能都归于答复。"
)


class Search(Protocol):
    """Who can search an index."""

    async def search(self, index: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return Elasticsearch's answer."""
        ...


class Side(Struct, frozen=True, kw_only=True):
    """One side of the moment: messages that want an answer on the matter, of these repeats, and like messages."""

    messages: int = 0
    repeated: int = 0
    like: int = 0


class After(Struct, frozen=True, kw_only=True):
    """What changed around one public text; at: when it was published, ms UTC; length: of each side, ms.

    like: what like messages are, in words, empty if they can't be told; questions: open at the moment, open at the end
    of the time after, answered in it, raised in it; items: of the ledger's items of the consultation, unanswered at the
    moment and at the end; None: none is linked, which is not the same as none unanswered.
    """

    name: str
    at: int
    length: int
    like: str
    questions: tuple[int, int, int, int]
    items: tuple[int, int] | None
    before: Side
    after: Side

    @property
    def early(self) -> bool:
        """Whether too little time has passed to compare."""
        return self.length < SHORTEST


def moments(one: Consultation) -> list[tuple[str, int]]:
    """Return the public texts that are looked at: the first that was published, and the answer that holds."""
    first: list[tuple[str, PublicText]] = [(name, text) for name, text in one.public_texts if text.published_at]
    found = [min(((name, text.published_at) for name, text in first), key=lambda each: each[1])] if first else []
    if one.answer and one.answer.published_at and found and one.answer.published_at > found[0][1]:
        found.append(("公开答复", one.answer.published_at))
    return found


def open_at(questions: tuple[Question, ...], at: int) -> int:
    """Return how many questions had been asked and not answered at a moment; `not yet known` is no answer."""
    return sum(one.at <= at and not (one.answer and one.answered_at <= at) for one in questions)


def like_filter(topic: str, county: str) -> tuple[str, dict[str, Any]]:
    """Return what messages a matter's are compared with, in words and as a query: the same topic elsewhere first."""
    if topic and county:
        return "同一主题其他县（市、区）的诉求", {
            "bool": {"filter": [{"term": {"topic": topic}}], "must_not": [{"term": {"county": county}}]}
        }
    if topic:
        return "其他主题的诉求", {"bool": {"must_not": [{"term": {"topic": topic}}]}}
    return "其他县（市、区）的诉求", {"bool": {"must_not": [{"term": {"county": county}}]}}


def body(one: Consultation, at: int, length: int, repeats: list[str]) -> dict[str, Any]:
    """Ask for the counts of both sides: of the matter, of repeats in it, and of like messages."""
    own = [{"term": {name: value}} for name, value in (("topic", one.topic), ("county", one.county)) if value]
    _, like = like_filter(one.topic, one.county)

    def side(window: Window) -> dict[str, Any]:
        within = {"range": {"posted_at": {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}}
        return {
            "filter": within,
            "aggs": {
                "messages": {
                    "filter": {"bool": {"filter": own}},
                    "aggs": {"repeated": {"filter": {"terms": {"id": repeats}}}},
                },
                "like": {"filter": like},
            },
        }

    return {
        "size": 0,
        "query": {"bool": {"filter": [
            {"range": {"posted_at": {"gte": at - length, "lt": at + length, "format": "epoch_millis"}}},
            {"terms": {"intent": list(WANTS)}},
        ]}},
        "aggs": {
            "before": side(Window(start=at - length, end=at)), "after": side(Window(start=at, end=at + length)),
        },
    }  # fmt: skip


def matters_body(since: int) -> dict[str, Any]:
    """Ask for the matters in which messages since a moment stand."""
    wanted: list[dict[str, Any]] = [
        {"term": {"current": True}}, {"range": {"last": {"gte": since, "format": "epoch_millis"}}},
    ]  # fmt: skip
    return {"size": MATTERS, "query": {"bool": {"filter": wanted}}, "_source": ["posts"]}


async def after_effects(elastic: Search, one: Consultation, now: int) -> tuple[After, ...]:
    """Return what changed around its public texts, nothing before the first; raises what `search` raises."""
    found = []
    for name, at in moments(one):
        length = min(LONGEST, now - at)
        sides: Mapping[str, Any] = {}
        if length >= SHORTEST and (one.topic or one.county):
            known = await elastic.search(EVENTS.name, matters_body(at - length))
            repeats = [post for hit in known["hits"]["hits"] for post in (hit["_source"].get("posts") or [])[1:]]
            answer = await elastic.search(pattern(OPINIONS), body(one, at, length, repeats))
            sides = answer.get("aggregations") or {}
        asked = {"size": ITEMS, "query": {"term": {"consultation": one.id}}, "_source": list(FIELDS)}
        hits = (await elastic.search(LEDGER.name, asked))["hits"]["hits"]
        cases = [case for hit in hits if (case := read(hit["_source"])).valid]
        end = at + length
        found.append(After(
            name=name, at=at, length=length,
            like=like_filter(one.topic, one.county)[0] if one.topic or one.county else "",
            questions=(
                open_at(one.questions, at), open_at(one.questions, end),
                sum(bool(asked.answer) and at < asked.answered_at <= end for asked in one.questions),
                sum(at < asked.at <= end for asked in one.questions),
            ),
            items=(_waiting(cases, at), _waiting(cases, end)) if cases else None,
            before=_side(sides.get("before") or {}), after=_side(sides.get("after") or {}),
        ))  # fmt: skip
    return tuple(found)


def _waiting(cases: list[Case], at: int) -> int:
    """Return how many items had come in and were not answered at a moment."""
    return sum(bool(done := turns(case, at)) and not done[-1].answered_at for case in cases if case.received_at <= at)


def _side(bucket: Mapping[str, Any]) -> Side:
    messages = bucket.get("messages") or {}
    return Side(
        messages=messages.get("doc_count", 0), repeated=(messages.get("repeated") or {}).get("doc_count", 0),
        like=(bucket.get("like") or {}).get("doc_count", 0),
    )  # fmt: skip


def lines(one: After) -> list[tuple[str, str, str, str]]:
    """Return the rows of its table: what, before, after, and how they compare; small counts are not shown."""
    open_before, open_after, answered, raised = one.questions
    told = f"其间答复{answered}个，新提出{raised}个"
    rows = [("未答复的问题（个）", str(open_before), str(open_after), told)]
    if one.items is None:
        rows.append(("关联台账未答复（件）", "未关联", "未关联", "请先在台账中关联本会商"))
    else:
        rows.append(("关联台账未答复（件）", shown(one.items[0]), shown(one.items[1]), "—"))
    if one.early or not one.like:
        return rows
    before, after = one.before, one.after
    few = min(before.messages, after.messages) < TOO_FEW
    rows.append((
        "同主题同地区诉求（条）", shown(before.messages), shown(after.messages),
        "样本太少，不作比较" if few else "只列数量，增减不作为成效",
    ))  # fmt: skip
    # beside an exact count of all, an exact count of repeats would give the rest away
    rows.append((
        "其中重复反映（条）", at_least(before.repeated), at_least(after.repeated),
        difference_words(
            Rate(part=after.repeated, whole=after.messages), Rate(part=before.repeated, whole=before.messages)
        ) if not few and not _tiny(before) and not _tiny(after) else "样本太少，不作比较",
    ))  # fmt: skip
    whole = [Rate(part=side.messages, whole=side.messages + side.like) for side in (before, after)]
    safe = not any(small(side.messages) or small(side.like) for side in (before, after))
    rows.append((
        f"占比（与{one.like}合计）", share(whole[0].part, whole[0].whole), share(whole[1].part, whole[1].whole),
        difference_words(whole[1], whole[0]) if safe else "样本太少，不作比较",
    ))  # fmt: skip
    return rows


def _tiny(side: Side) -> bool:
    """Say whether the exact share of repeats would give a count under 5 away."""
    return 0 < side.repeated < LEAST or 0 < side.messages - side.repeated < LEAST


def remark(one: After) -> str:
    """Return over which time the sides are, and how to read them."""
    hours = one.length // HOUR_MS
    if one.early:
        return f"发布不足{SHORTEST // HOUR_MS}小时，来文情况尚不能比较。{CAUTION}"
    until = "" if one.length == LONGEST else "（至今）"
    return f"发布前后各取{hours}小时{until}。{CAUTION}"
