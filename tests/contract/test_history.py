"""One promise of the history on every store: the small fake of the tests, and the real Elasticsearch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.history import Entry, History, entry_id
from streams.elastic import Elastic, Found, Version
from streams.errors import Conflict
from streams.settings import ElasticSettings
from streams.topics import HISTORY

TEMPLATE = Path(__file__).parents[2] / "deploy" / "index_templates" / "history.json"


class Memory:
    """The part of Elasticsearch that a history needs, in a dict."""

    def __init__(self) -> None:
        self.docs: dict[str, dict[str, Any]] = {}

    async def create(self, index: str, id: str, doc: Mapping[str, Any], *, refresh: bool = False) -> None:  # noqa: A002
        del index, refresh
        await asyncio.sleep(0)
        if id in self.docs:
            raise Conflict(id)
        self.docs[id] = json.loads(json.dumps(doc))

    async def put(self, index: str, id: str, doc: Mapping[str, Any], *, refresh: bool = False) -> None:  # noqa: A002
        del index, refresh
        self.docs[id] = dict(doc)

    async def mget(self, pairs: Sequence[tuple[str, str]], fields: Sequence[str] | None = None) -> list[Found | None]:
        del fields
        await asyncio.sleep(0)
        return [
            Found(id=id_, source=self.docs[id_], version=Version(0, 1), index=index) if id_ in self.docs else None
            for index, id_ in pairs
        ]

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        del index
        await asyncio.sleep(0)
        term = body.get("query", {}).get("term", {})
        found = [doc for doc in self.docs.values() if all(doc[name] == value for name, value in term.items())]
        found.sort(key=lambda doc: -doc["seq"])
        return {"hits": {"hits": [{"_source": doc} for doc in found[: body["size"]]]}}


@pytest.fixture(params=["memory", pytest.param("elastic", marks=pytest.mark.engines)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Give each store in turn."""
    if request.param == "memory":
        yield Memory()
        return
    settings: ElasticSettings = request.getfixturevalue("elastic_settings")
    async with Elastic(settings) as elastic:
        await elastic.install({HISTORY.name: json.loads(TEMPLATE.read_text("utf-8"))})
        yield elastic


async def test_an_empty_history_holds(store: Any) -> None:
    verdict = await History(store).verify()
    assert (verdict.ok, verdict.entries) == (True, 0)


async def test_entries_are_numbered_chained_and_found_by_subject(store: Any) -> None:
    history = History(store)
    first = await history.append("opinions.view", "desk", "li", 1, {"count": 3})
    second = await history.append("report.export", "daily", "wang", 2, {"名": [1.5, None, "值"]})
    assert (first.seq, second.seq, second.previous) == (1, 2, first.hash)
    assert await history.of("daily") == [second]
    assert await history.latest() == [second, first]
    assert await history.latest(kind="opinions.view") == [first]
    verdict = await history.verify()
    assert (verdict.ok, verdict.entries, verdict.head) == (True, 2, second.hash)


async def test_many_writers_at_once_lose_nothing(store: Any) -> None:
    """Each writer is a process of its own: they share nothing but the store."""
    writers = [History(store) for _ in range(4)]
    await asyncio.gather(*(w.append("view", str(n), "li", n, {}) for n in range(5) for w in writers))
    verdict = await writers[0].verify()
    assert (verdict.ok, verdict.entries) == (True, 20)


async def test_a_history_goes_on_after_a_restart(store: Any) -> None:
    await History(store).append("view", "a", "li", 1, {})
    assert (await History(store).append("view", "b", "li", 2, {})).seq == 2


async def test_the_first_changed_entry_is_named(store: Any) -> None:
    history = History(store)
    entries: list[Entry] = [await history.append("view", str(n), "li", n, {}) for n in range(5)]
    for forged in (entries[2], entries[3]):
        doc = msgspec.to_builtins(forged) | {"by": "wang"}
        await store.put(HISTORY.name, entry_id(forged.seq), doc, refresh=True)
    verdict = await History(store).verify()
    assert (verdict.ok, verdict.broken, verdict.entries) == (False, 3, 2)
    assert "第3条" in verdict.reason
