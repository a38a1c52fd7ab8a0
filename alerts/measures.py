"""Reads what Huiying measures of itself, and judges rules by it: live, over the past where it is kept, and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

from alerts.alert import Key
from alerts.evaluate import Finding, Tally, bucket, evaluate
from alerts.measured import CHECKS, METRICS, due, keyed, next_due
from alerts.rules import Rule
from streams.elastic import Elastic
from streams.errors import HuiyingError
from streams.topics import ALERTS, HISTORY, LEDGER, NOTICES, OPINIONS, REPORTS, pattern

MINUTE = 60_000
HOUR = 60 * MINUTE
PATIENCE = 20.0
"""Seconds for a figure that is asked outside Elasticsearch."""
SOURCES_FROM = 30 * 24 * HOUR
"""A source that sent nothing for so long is not waited for."""


class Measures(Protocol):
    """Figures and checks. Every verb raises Unavailable if the store can't be reached."""

    async def figures(self, metric: str, at: int, *, past: bool) -> dict[str, float]:
        """Return a metric's figures by source (or under ""); past: as they were then, of metrics that keep a past."""
        ...

    async def done(self, check: str, since: int, until: int) -> bool:
        """Say whether a check's thing was done in [since, until] (ms UTC)."""
        ...


def can_look_back(rule: Rule) -> bool:
    """Say whether a rule of a measured kind can be judged at past moments."""
    return rule.kind == "schedule" or METRICS[rule.metric].past


async def measured_findings(
    rule: Rule, measures: Measures, at: int, known: Collection[Key] = (), *, past: bool = False
) -> dict[Key, Finding]:
    """Return what a measured rule finds at a moment (ms UTC); known: the keys of its open alerts."""
    if rule.kind == "schedule":
        time = due(rule, at, stands=Key() in known)
        if time is None or await measures.done(rule.check, time[0], at):
            return {}
        values = {Key(): 1.0}
    else:
        values = keyed(rule, await measures.figures(rule.metric, at, past=past))
    found = {}
    for key, value in values.items():
        finding = evaluate(rule, key, Tally(count=0), 0.0, at, key in known, value)
        if finding is not None:
            found[key] = finding
    return found


def past_moments(rule: Rule, start: int, end: int) -> list[int]:
    """Return the moments in [start, end] at which a back-test judges a measured rule: steps, and times that come."""
    steps = range(bucket(start, rule.step) + rule.step, end + 1, rule.step)
    return sorted({*steps, *next_due(rule, start, end)}) if rule.kind == "schedule" else list(steps)


def _range(field: str, since: int, until: int) -> dict[str, Any]:
    return {"range": {field: {"gte": since, "lte": until, "format": "epoch_millis"}}}


CHECKED: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "daily_brief": (REPORTS.name, "made_at", [{"term": {"kind": "daily"}}]),
    "drill_came": (NOTICES.name, "sent_at", [{"term": {"kind": "drill"}}, {"term": {"state": "sent"}}]),
    "somebody_signed_in": (HISTORY.name, "at", [{"term": {"kind": "signin.ok"}}]),
}
"""Where each check looks: index, the field of when, and what else must hold."""
assert set(CHECKED) == set(CHECKS)


class ElasticMeasures:
    """Figures and checks from Elasticsearch; messages waiting in Kafka from whoever can ask it."""

    def __init__(self, elastic: Elastic, waiting: Callable[[], Awaitable[int]]) -> None:
        """Keep the gateway. waiting: how many messages wait for the workers."""
        self._elastic, self._waiting = elastic, waiting

    async def done(self, check: str, since: int, until: int) -> bool:
        """Say whether a check's thing was done in [since, until] (ms UTC)."""
        index, field, more = CHECKED[check]
        body = {"size": 0, "track_total_hits": 1, "query": {"bool": {"filter": [_range(field, since, until), *more]}}}
        return bool((await self._elastic.search(index, body))["hits"]["total"]["value"])

    async def figures(self, metric: str, at: int, *, past: bool) -> dict[str, float]:
        """Return a metric's figures by source (or under ""); past: as they were then, of metrics that keep a past."""
        if metric == "waiting":
            return {"": float(await self._asked())}
        if metric == "source_silence":
            return await self._silence(at)
        if metric == "oldest_unsigned":
            waits = {"bool": {"filter": [{"term": {"mode": "live"}}, {"term": {"state": "firing"}}]}}
            _, oldest = await self._oldest(ALERTS.name, waits, "opened_at")
            return {"": (at - oldest) / MINUTE if oldest else 0.0}
        count, oldest = await self._oldest(LEDGER.name, unanswered(at, past=past), "received_at")
        return {"": float(count) if metric == "unanswered" else (at - oldest) / HOUR if oldest else 0.0}

    async def _asked(self) -> int:
        """Return how many messages wait. A broker that can't be reached fails this rule alone, aloud."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._waiting()
        except (HuiyingError, TimeoutError) as error:
            msg = f"the messages that wait can't be counted: {error}"
            raise LookupError(msg) from error

    async def _oldest(self, index: str, query: dict[str, Any], field: str) -> tuple[int, int]:
        body = {"size": 0, "track_total_hits": True, "query": query, "aggs": {"first": {"min": {"field": field}}}}
        answer = await self._elastic.search(index, body)
        first = answer.get("aggregations", {}).get("first", {}).get("value")
        return int(answer["hits"]["total"]["value"]), int(first or 0)

    async def _silence(self, at: int) -> dict[str, float]:
        body = {
            "size": 0, "track_total_hits": False,
            "query": {"bool": {"filter": [_range("received_at", at - SOURCES_FROM, at)]}},
            "aggs": {"sources": {"terms": {"field": "source", "size": 50},
                                 "aggs": {"last": {"max": {"field": "received_at"}}}}},
        }  # fmt: skip
        answer = await self._elastic.search(pattern(OPINIONS), body)
        buckets = answer.get("aggregations", {}).get("sources", {"buckets": []})["buckets"]
        return {one["key"]: (at - int(one["last"]["value"])) / MINUTE for one in buckets}


def unanswered(at: int, *, past: bool) -> dict[str, Any]:
    """Return the query of the ledger's items whose asker waits, now or at a past moment (ms UTC).

    Of the past: received by then and not answered or closed by then in its last round; an earlier round of an item
    that was opened again is not seen.
    """
    if not past:
        return {"bool": {"filter": [{"term": {"unanswered": True}}]}}
    over = [{"range": {name: {"lte": at, "format": "epoch_millis"}}} for name in ("answered_at", "closed_at")]
    return {"bool": {"filter": [_range("received_at", 0, at)], "must_not": over}}
