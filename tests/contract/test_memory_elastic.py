"""The Elasticsearch in memory keeps the promises of the real one, as far as records and the history use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from console_fakes import ready
from memory_elastic import MemoryElastic

from alerts.history import History
from streams.errors import Conflict
from streams.settings import ElasticSettings
from streams.topics import REPLIES

pytestmark = [pytest.mark.engines, pytest.mark.parametrize("kind", ["memory", "real"])]
INDEX = REPLIES.name


@asynccontextmanager
async def store(kind: str, settings: ElasticSettings) -> AsyncIterator[Any]:
    if kind == "memory":
        yield MemoryElastic()
        return
    async with ready(settings) as elastic:
        yield elastic


def a_reply(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{number}", "number": number, "item": "i1", "state": "drafting", "open": True, **more}


async def test_of_two_writers_on_the_same_version_one_wins(kind: str, elastic_settings: ElasticSettings) -> None:
    async with store(kind, elastic_settings) as elastic:
        first = await elastic.create(INDEX, "r1", a_reply(1), refresh=True)
        with pytest.raises(Conflict):
            await elastic.create(INDEX, "r1", a_reply(2), refresh=True)
        second = await elastic.put(INDEX, "r1", a_reply(3), version=first, refresh=True)
        for version in (first, first):
            with pytest.raises(Conflict):
                await elastic.put(INDEX, "r1", a_reply(4), version=version)
        found = await elastic.get(INDEX, "r1")
        assert (found.source["number"], found.version) == (3, second)
        assert await elastic.get(INDEX, "r2") is None
        with pytest.raises(Conflict):
            await elastic.put(INDEX, "r9", a_reply(9), version=first)


WANTED: list[tuple[dict[str, Any], list[str]]] = [
    ({"match_all": {}}, ["r1", "r2", "r3"]),
    ({"term": {"state": "signed"}}, ["r2"]),
    ({"term": {"open": False}}, ["r3"]),
    ({"terms": {"unit": ["甲局", "丙局"]}}, ["r2", "r3"]),
    ({"terms": {"unit": [""]}}, []),
    ({"range": {"updated_at": {"gte": 10, "format": "epoch_millis"}}}, ["r2", "r3"]),
    ({"range": {"updated_at": {"gt": 10, "lt": 30, "format": "epoch_millis"}}}, []),
    ({"bool": {"filter": [{"term": {"item": "i1"}}], "must_not": [{"term": {"state": "signed"}}]}}, ["r1", "r3"]),
]


async def test_what_is_asked_is_found_sorted_counted_and_scanned(kind: str, elastic_settings: ElasticSettings) -> None:
    async with store(kind, elastic_settings) as elastic:
        assert (await elastic.search(INDEX, {"query": {"match_all": {}}}))["hits"]["hits"] == []
        more: list[dict[str, Any]] = [
            {}, {"state": "signed", "unit": "甲局", "updated_at": 10}, {"open": False, "unit": "丙局", "updated_at": 30}
        ]  # fmt: skip
        for number, one in enumerate(more, 1):
            await elastic.create(INDEX, f"r{number}", a_reply(number, **one), refresh=True)
        for query, ids in WANTED:
            body = {"size": 9, "query": query, "sort": [{"number": {"order": "asc", "unmapped_type": "integer"}}]}
            hits = (await elastic.search(INDEX, body))["hits"]["hits"]
            assert [hit["_source"]["id"] for hit in hits] == ids, query
            assert sorted([one.id async for one in elastic.scan(INDEX, query, size=2)]) == ids
        sort = [
            {"open": {"order": "desc", "unmapped_type": "boolean"}},
            {"updated_at": {"order": "asc", "missing": "_first", "unmapped_type": "date"}},
        ]
        aggs = {"states": {"terms": {"field": "state", "size": 9}}}
        found = await elastic.search(INDEX, {"size": 2, "from": 1, "sort": sort, "aggs": aggs})
        assert [hit["_source"]["id"] for hit in found["hits"]["hits"]] == ["r2", "r3"]
        counts = {row["key"]: row["doc_count"] for row in found["aggregations"]["states"]["buckets"]}
        assert counts == {"drafting": 2, "signed": 1}


async def test_many_who_write_the_history_at_once_leave_one_unbroken_chain(
    kind: str, elastic_settings: ElasticSettings
) -> None:
    async with store(kind, elastic_settings) as elastic:
        desks = [History(elastic), History(elastic)]
        acts = [desk.append("reply.move", f"r{n}", "wang", n, {"n": n}) for n, desk in enumerate(desks * 5, 1)]
        await asyncio.gather(*acts)
        verdict = await History(elastic).verify()
        assert (verdict.ok, verdict.entries) == (True, 10)
        assert [one.data["n"] for one in await History(elastic).of("r3")] == [3]
