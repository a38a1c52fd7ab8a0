"""Elasticsearch in memory: the verbs and queries that records and the history use, by the real one's rules.

Held to the real one by `tests/contract/test_memory_elastic.py`: versions, conflicts, filters, sorting, scanning.
"""

from __future__ import annotations

import asyncio
import copy
import operator
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from streams.elastic import Found, Version
from streams.errors import Conflict, Unavailable

BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt,
}  # fmt: skip


class MemoryElastic:
    """Documents by index and id, each with the version that its last writing gave it.

    stops_in: after so many more writes every one fails, as if the line were cut, until it is set to nothing again;
    heard: whether the first that fails was written all the same, and only its answer was lost.
    """

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, tuple[dict[str, Any], int]]] = {}
        self.writes = 0
        self.stops_in: int | None = None
        self.heard = False

    def _write(self, index: str, id_: str, doc: Mapping[str, Any]) -> Version:
        if self.stops_in is not None:
            self.stops_in -= 1
            if self.stops_in < 0:
                if self.stops_in == -1 and self.heard:
                    self._keep(index, id_, doc)
                raise Unavailable("Elasticsearch: no answer")
        return self._keep(index, id_, doc)

    def _keep(self, index: str, id_: str, doc: Mapping[str, Any]) -> Version:
        self.writes += 1
        self.kept.setdefault(index, {})[id_] = (copy.deepcopy(dict(doc)), self.writes)
        return Version(self.writes, 1)

    async def create(self, index: str, id: str, doc: Mapping[str, Any], *, refresh: bool = False) -> Version:  # noqa: A002
        del refresh
        await asyncio.sleep(0)  # somebody else may come in between, as on the way to a real one
        if id in self.kept.get(index, {}):
            raise Conflict(f"{id} is there")
        return self._write(index, id, doc)

    async def put(
        self, index: str, id: str, doc: Mapping[str, Any], *, version: Version | None = None, refresh: bool = False  # noqa: A002
    ) -> Version:  # fmt: skip
        del refresh
        await asyncio.sleep(0)
        found = self.kept.get(index, {}).get(id)
        if version is not None and (found is None or found[1] != version.seq_no):
            raise Conflict(f"{id} was written since")
        return self._write(index, id, doc)

    async def get(self, index: str, id: str) -> Found | None:  # noqa: A002
        return (await self.mget([(index, id)]))[0]

    async def mget(self, pairs: Sequence[tuple[str, str]], fields: Sequence[str] | None = None) -> list[Found | None]:
        assert fields is None
        await asyncio.sleep(0)
        return [self._found(index, id_) if id_ in self.kept.get(index, {}) else None for index, id_ in pairs]

    def _found(self, index: str, id_: str) -> Found:
        doc, seq = self.kept[index][id_]
        return Found(id=id_, source=copy.deepcopy(doc), version=Version(seq, 1), index=index)

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        query = body.get("query", {"match_all": {}})
        found = [doc for doc, _ in self.kept.get(index, {}).values() if fits(doc, query)]
        for rule in reversed(body.get("sort", ())):
            ((field, how),) = rule.items()
            found.sort(key=lambda doc: doc.get(field, 0), reverse=how["order"] == "desc")
            first = how.get("missing") == "_first"
            found.sort(key=lambda doc: (field in doc) is first)
        skip, size = body.get("from", 0), body.get("size", 10)
        aggs = {
            name: {"buckets": [{"key": key, "doc_count": count} for key, count in _terms(found, one).most_common()]}
            for name, one in body.get("aggs", {}).items()
        }
        hits = [{"_id": doc.get("id"), "_source": copy.deepcopy(doc)} for doc in found[skip : skip + size]]
        return {"hits": {"total": {"value": len(found)}, "hits": hits}, "aggregations": aggs}

    async def scan(self, index: str, query: Mapping[str, Any], *, size: int = 1000) -> AsyncIterator[Found]:
        assert size > 0
        await asyncio.sleep(0)
        for id_ in [id_ for id_, (doc, _) in self.kept.get(index, {}).items() if fits(doc, query)]:
            yield self._found(index, id_)


def _terms(found: Sequence[Mapping[str, Any]], agg: Mapping[str, Any]) -> Counter[str]:
    return Counter(doc[agg["terms"]["field"]] for doc in found if agg["terms"]["field"] in doc)


def fits(doc: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Say whether a document is what a query wants; an unknown query fails loudly."""
    ((kind, what),) = query.items()
    if kind == "match_all":
        return True
    if kind == "bool":
        assert set(what) <= {"filter", "must_not"}, what
        wanted = all(fits(doc, one) for one in what.get("filter", ()))
        return wanted and not any(fits(doc, one) for one in what.get("must_not", ()))
    ((field, value),) = what.items()
    kept = doc.get(field, [])
    values = kept if isinstance(kept, list) else [kept]
    if kind == "term":
        return value in values
    if kind == "terms":
        return bool(set(value) & set(values))
    assert kind == "range", kind
    bounds = [(BOUNDS[name], bound) for name, bound in value.items() if name in BOUNDS]
    return any(all(test(one, bound) for test, bound in bounds) for one in values)
