"""Searching opinions: from the words of a form to Elasticsearch bodies, and from answers to what is shown.

There is no filter, order or figure by person, and none by sentiment of a single text: a sentiment is a property of a
group here, and is shown only where the group has at least `GROUP_LEAST` texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.answered import ANSWERS, asks
from alerts.console import opinion_terms as terms
from alerts.console.words import DAY, HOUR, read_time
from streams.clock import beijing, ms

GROUP_LEAST = 5
PER_PAGE = 30
PAGES_MOST = 300
"""Elasticsearch gives the first 10,000 hits of a search; further ones are found by narrowing the time."""
TEXT_MOST = 200
TIMEOUT = "10s"
"""After this Elasticsearch gives up with an error: half an answer would be a wrong number."""
RANGES: dict[str, str] = {"today": "今天", "24h": "24小时", "7d": "7天", "30d": "30天", "all": "全部", "own": "自选"}
FACETS: dict[str, int] = {"topic": 20, "subtopic": 12, "source": 10, "county": 12, "intent": 8}
"""Keyword fields that can be filtered, and how many values of each are listed."""
URGENCIES: dict[str, str] = {"1": "紧急", "danger": "涉及人身安全"}
"""How urgent: the field that must be true is `urgent` or `danger`."""
SORTS: dict[str, str] = {"new": "最新在前", "old": "最早在前", "best": "最相关在前", "likes": "点赞最多在前"}
ORDERS: dict[str, list[dict[str, str]]] = {
    "new": [{"posted_at": "desc"}, {"id": "asc"}],
    "old": [{"posted_at": "asc"}, {"id": "asc"}],
    "best": [{"_score": "desc"}, {"posted_at": "desc"}, {"id": "asc"}],
    "likes": [{"likes": "desc"}, {"posted_at": "desc"}, {"id": "asc"}],
}


@dataclass(frozen=True)
class Ask:
    """What is searched: words with 与或非, a stretch of event time (ms UTC, 0: open), filters, and the order shown.

    reach: the counties of who asks, empty for the whole city; no address can set it. now: the moment at which what
    waits is overdue, ms UTC.
    """

    text: str = ""
    span: str = "7d"
    since: int = 0
    until: int = 0
    topic: str = ""
    subtopic: str = ""
    source: str = ""
    county: str = ""
    intent: str = ""
    urgent: str = ""
    answer: str = ""
    sort: str = "new"
    event: str = ""
    ids: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    page: int = 1
    now: int = 0

    @property
    def tree(self) -> terms.All:
        """What the words ask."""
        return terms.read(self.text)

    @property
    def phrases(self) -> list[str]:
        """The words to mark in what is found."""
        return terms.words(self.tree)

    @property
    def understood(self) -> str:
        """How the words were read, in Chinese; nothing where there is one word or none."""
        return terms.said(self.tree) if self.tree.parts and self.tree.parts != (terms.Word(self.text),) else ""

    def args(self) -> dict[str, Any]:
        """Return the query that asks the same, without the page."""
        own = self.span == "own"
        return {
            "q": self.text, "span": self.span,
            "since": f"{beijing(self.since):%Y-%m-%dT%H:%M}" if own and self.since else "",
            "until": f"{beijing(self.until):%Y-%m-%dT%H:%M}" if own and self.until else "",
            "topic": self.topic, "subtopic": self.subtopic, "source": self.source, "county": self.county,
            "intent": self.intent, "urgent": self.urgent, "answer": self.answer, "event": self.event,
            "sort": "" if self.sort == "new" else self.sort,
        }  # fmt: skip


def read(args: Mapping[str, str], now: datetime) -> Ask:
    """Read a query's values; what can't be read counts as not given."""
    span = args.get("span", "7d")
    if args.get("since") or args.get("until"):
        span = "own"
    page = args.get("page", "1")
    ask = Ask(
        text=args.get("q", "").strip()[:TEXT_MOST],
        span=span if span in RANGES else "7d",
        topic=args.get("topic", "")[:40],
        subtopic=args.get("subtopic", "")[:40] if args.get("topic") else "",
        source=args.get("source", "")[:20],
        county=args.get("county", "")[:12],
        intent=args.get("intent", "")[:20],
        urgent=urgent if (urgent := args.get("urgent", "")) in URGENCIES else "",
        sort=sort if (sort := args.get("sort", "")) in SORTS else "new",
        answer=answer if (answer := args.get("answer", "")) in ANSWERS else "",
        event=args.get("event", "")[:200],
        page=max(1, min(int(page), PAGES_MOST)) if page.isdecimal() and len(page) < 6 else 1,
    )
    since, until = span_of(ask.span, args, now)
    return replace(ask, since=since, until=until, now=ms(now))


def span_of(span: str, args: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """Return a stretch of time as (since, until), ms UTC, 0 for open; days begin at midnight in Beijing."""
    at = ms(now)
    midnight = ms(beijing(now).replace(hour=0, minute=0, second=0, microsecond=0))
    if span == "own":
        since, until = read_time(args.get("since", "")), read_time(args.get("until", ""))
        if until is not None and "T" not in args.get("until", ""):
            until += DAY  # a bare date means to its end
        return since or 0, until or 0
    return {"today": midnight, "24h": at - DAY, "7d": at - 7 * DAY, "30d": at - 30 * DAY}.get(span, 0), 0


def filters(ask: Ask, *, without: str = "") -> list[dict[str, Any]]:
    """Return the filters of a search, but for the one named."""
    out: list[dict[str, Any]] = []
    if ask.since or ask.until:
        span: dict[str, Any] = {"format": "epoch_millis"}
        if ask.since:
            span["gte"] = ask.since
        if ask.until:
            span["lt"] = ask.until
        out.append({"range": {"posted_at": span}})
    out += [
        {"term": {name: getattr(ask, name)}} for name in FACETS if getattr(ask, name) and name != without
    ]
    if ask.reach:
        out.append({"terms": {"county": list(ask.reach)}})
    if ask.urgent:
        out.append({"term": {"danger" if ask.urgent == "danger" else "urgent": True}})
    out += asks(ask.answer, ask.now)
    if ask.event:
        out.append({"term": {"event_key": ask.event}})
    if ask.ids:
        out.append({"ids": {"values": list(ask.ids)}})
    return out


def query(ask: Ask, normal: Callable[[str], str], *, without: str = "") -> dict[str, Any]:
    """Return the query: words in the text as it is indexed, and filters."""
    must = [terms.query(part, normal) for part in ask.tree.parts]
    return {"bool": {"must": must, "filter": filters(ask, without=without)}}


def body(ask: Ask, normal: Callable[[str], str]) -> dict[str, Any]:
    """Return the search: one page of texts in their order, and facets; each counts as if itself were not set."""
    aggs: dict[str, Any] = {}
    for name, size in FACETS.items():
        rest = filters(ask, without=name)
        values: dict[str, Any] = {"values": {"terms": {"field": name, "size": size}}}
        if name == "topic":
            values["values"]["aggs"] = {"feeling": {"terms": {"field": "sentiment", "size": 3}}}
        aggs[name] = {"filter": {"bool": {"filter": rest}}, "aggs": values}
    own = query(ask, normal)["bool"]["filter"]
    calm = filters(replace(ask, urgent=""))
    for name in ("urgent", "danger"):
        aggs[name] = {"filter": {"bool": {"filter": [*calm, {"term": {name: True}}]}}}
    still = filters(replace(ask, answer=""))
    for name in ANSWERS:
        aggs[name] = {"filter": {"bool": {"filter": [*still, *asks(name, ask.now)]}}}
    feelings = {"by": {"terms": {"field": "sentiment", "size": 3}}}
    aggs["feeling"] = {"filter": {"bool": {"filter": own}}, "aggs": feelings}
    aggs["events"] = {
        "filter": {"bool": {"filter": own}},
        "aggs": {"by": {"cardinality": {"field": "event_key", "precision_threshold": 1000}}},
    }
    return {
        "query": {"bool": {"must": query(ask, normal)["bool"]["must"]}},
        "post_filter": {"bool": {"filter": own}},
        "aggs": aggs,
        "from": (ask.page - 1) * PER_PAGE,
        "size": PER_PAGE,
        "sort": ORDERS[ask.sort],
        "timeout": TIMEOUT,
        "track_total_hits": True,
        "_source": [*SHOWN, "answer_due"],
    }


SHOWN: list[str] = [
    "id", "source", "kind", "text", "title", "posted_at", "received_at", "late", "topic", "subtopic", "county", "place",
    "intent", "urgent", "urgent_terms", "danger", "event_key", "likes", "answer",
]  # fmt: skip
"""All of a stored opinion that a row may show: no sentiment, no author (there is none)."""


def timeline(ask: Ask, normal: Callable[[str], str], since: int, until: int) -> dict[str, Any]:
    """Return a count in time over the stretch, by hour up to three days, by day beyond (days of Beijing)."""
    return {
        "size": 0,
        "timeout": TIMEOUT,
        "query": query(ask, normal),
        "aggs": {
            "time": {
                "date_histogram": {
                    "field": "posted_at",
                    "fixed_interval": interval(since, until),
                    "offset": "-8h" if interval(since, until).endswith("d") else "0h",
                    "min_doc_count": 0,
                    "extended_bounds": {"min": since, "max": max(until - 1, since)},
                }
            }
        },
    }


def interval(since: int, until: int) -> str:
    """Return a bar's width that makes at most about a hundred bars of a stretch."""
    long = until - since
    for width, text in ((HOUR // 6, "10m"), (HOUR, "1h"), (6 * HOUR, "6h"), (DAY, "1d"), (7 * DAY, "7d")):
        if long <= width * 80:
            return text
    return "30d"


@dataclass(frozen=True)
class Share:
    """One value of a facet: its count, and the share of negative texts if the group is large enough (else None)."""

    key: str
    count: int
    negative: float | None = None


def shares(answer: Mapping[str, Any], name: str) -> list[Share]:
    """Return a facet's values from an answer, most first, without the empty value."""
    buckets = answer.get("aggregations", {}).get(name, {}).get("values", {}).get("buckets", [])
    out = []
    for b in buckets:
        key, count = str(b["key"]), int(b["doc_count"])
        if key:
            out.append(Share(key, count, negative(b.get("feeling", {}).get("buckets", []), count)))
    return out


def feeling(answer: Mapping[str, Any]) -> dict[str, int] | None:
    """Return how many texts of all found are positive, neutral and negative; nothing for a group that is too small."""
    found = answer.get("aggregations", {}).get("feeling", {})
    if int(found.get("doc_count", 0)) < GROUP_LEAST:
        return None
    return {str(b["key"]): int(b["doc_count"]) for b in found.get("by", {}).get("buckets", [])}


def negative(buckets: Sequence[Mapping[str, Any]], whole: int) -> float | None:
    """Return the share of negative texts of a group, or nothing if the group is too small to be shown."""
    if whole < GROUP_LEAST or not buckets:
        return None
    return sum(int(b["doc_count"]) for b in buckets if b["key"] == "neg") / whole


def day_span(now: datetime) -> tuple[int, int]:
    """Return midnight in Beijing and now, both ms UTC."""
    start = beijing(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return ms(start), ms(now)


def yesterday(since: int, until: int) -> tuple[int, int]:
    """Return the same stretch one day before."""
    day = round(timedelta(days=1).total_seconds() * 1000)
    return since - day, until - day
