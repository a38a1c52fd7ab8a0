"""The gateway to Elasticsearch, on a real node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from stream import templates

from streams.elastic import Elastic, Op, Version
from streams.errors import Conflict, Refused, Rejected, Unavailable
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
TEMPLATE = {
    "mappings": {
        "dynamic": "strict",
        "properties": {"a": {"type": "keyword"}, "n": {"type": "long"}},
    }
}
ALL: dict[str, Any] = {"match_all": {}}


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as elastic:
        await elastic.install({"things": TEMPLATE})
        yield elastic


async def test_a_document_is_created_once(elastic: Elastic) -> None:
    await elastic.create("things", "1", {"a": "x"})
    with pytest.raises(Conflict):
        await elastic.create("things", "1", {"a": "y"})
    found = await elastic.get("things", "1")
    assert found is not None
    assert (found.source, found.index, found.id) == ({"a": "x"}, "things", "1")


async def test_a_document_with_an_unknown_field_is_rejected(elastic: Elastic) -> None:
    with pytest.raises(Rejected, match="refused_by_index"):
        await elastic.create("things", "1", {"unknown": "x"})
    with pytest.raises(Rejected):
        await elastic.put("things", "1", {"n": "many"})


async def test_who_read_an_older_state_can_not_write_over_a_newer_one(elastic: Elastic) -> None:
    first = await elastic.create("things", "1", {"n": 1})
    second = await elastic.put("things", "1", {"n": 2}, version=first)
    with pytest.raises(Conflict):
        await elastic.put("things", "1", {"n": 3}, version=first)
    await elastic.put("things", "1", {"n": 3}, version=second)
    found = await elastic.get("things", "1")
    assert found is not None
    assert found.source == {"n": 3}
    assert found.version.seq_no > second.seq_no


async def test_a_bulk_says_what_became_of_each_in_order(elastic: Elastic) -> None:
    version = await elastic.create("things", "1", {"n": 1})
    outcomes = await elastic.bulk(
        [
            Op(index="things", id="2", doc={"n": 2}),
            Op(index="things", id="1", doc={"n": 9}),
            Op(index="things", id="3", doc={"unknown": 3}),
            Op(index="things-2024.05", id="4", doc={"n": 4}),
            Op(index="things", id="1", doc={"n": 5}, kind="index", version=version),
            Op(index="things", id="1", doc={"n": 6}, kind="index", version=version),
        ]
    )
    assert [(one.id, one.ok, one.status) for one in outcomes] == [
        ("2", True, 201),
        ("1", False, 409),
        ("3", False, 400),
        ("4", True, 201),
        ("1", True, 200),
        ("1", False, 409),
    ]
    assert outcomes[2].error.startswith("strict_dynamic_mapping_exception")


async def test_an_empty_bulk_asks_nothing(elastic: Elastic) -> None:
    assert await elastic.bulk([]) == []


async def test_documents_are_read_in_order_with_gaps(elastic: Elastic) -> None:
    await elastic.create("things", "1", {"a": "x", "n": 1})
    found = await elastic.mget([("things", "2"), ("things", "1"), ("nowhere", "1")], fields=["n"])
    assert [one and one.source for one in found] == [None, {"n": 1}, None]
    assert found[1] is not None
    assert found[1].version == Version(0, 1)


async def test_an_index_that_is_not_there_holds_nothing(elastic: Elastic) -> None:
    assert await elastic.count("nothing-*", ALL) == 0
    assert await elastic.count("nothing", ALL) == 0
    assert (await elastic.search("nothing", {"query": ALL}))["hits"]["hits"] == []
    assert [one async for one in elastic.scan("nothing-*", ALL)] == []
    assert await elastic.get("nothing", "1") is None
    await elastic.refresh("nothing")
    await elastic.drop("nothing")


async def test_a_scan_yields_every_document_once_whatever_is_written_meanwhile(elastic: Elastic) -> None:
    await elastic.bulk([Op(index=f"things-{n % 3}", id=str(n), doc={"n": n}) for n in range(25)])
    await elastic.refresh("things-*")
    seen = []
    async for one in elastic.scan("things-*", {"range": {"n": {"gte": 5}}}, size=7, fields=["n"]):
        seen.append(one.source["n"])
        await elastic.put("things-0", "99", {"n": 99}, refresh=True)
    assert sorted(seen) == list(range(5, 25))


async def test_a_scan_can_be_sorted(elastic: Elastic) -> None:
    await elastic.bulk([Op(index="things", id=str(n), doc={"n": n % 5}) for n in range(12)])
    await elastic.refresh("things")
    numbers = [one.source["n"] async for one in elastic.scan("things", ALL, sort=[{"n": "desc"}], size=5)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 12


async def test_a_prefix_keeps_two_installations_apart(elastic: Elastic, elastic_settings: ElasticSettings) -> None:
    other_settings = replace(elastic_settings, elasticsearch_prefix=elastic_settings.elasticsearch_prefix + "other-")
    async with Elastic(other_settings) as other:
        await other.create("things", "1", {"a": "theirs"}, refresh=True)
        assert await elastic.get("things", "1") is None
        assert "things" in await elastic.templates()
        await other.drop("things")


async def test_dropping_a_pattern_drops_what_it_covers_and_nothing_else(elastic: Elastic) -> None:
    for name in ("things-2024.05", "things-2024.06", "things"):
        await elastic.create(name, "1", {"n": 1}, refresh=True)
    await elastic.drop("things-*")
    assert await elastic.names("things*") == ["things"]


async def test_no_answer_is_unavailable() -> None:
    async with Elastic(ElasticSettings(elasticsearch="http://127.0.0.1:1")) as nobody:
        with pytest.raises(Unavailable) as caught:
            await nobody.health()
        assert "\n" not in str(caught.value)
        with pytest.raises(Unavailable):
            await nobody.bulk([Op(index="things", id="1", doc={"n": 1})])


async def test_a_refused_write_that_is_not_the_documents_fault_is_never_its_rejection(elastic: Elastic) -> None:
    """An index that takes no writes, as after a full disk: the caller waits, no post becomes a dead letter."""
    await elastic.create("things", "1", {"n": 1})
    await elastic.client.indices.put_settings(
        index=elastic.prefix + "things", settings={"index.blocks.read_only_allow_delete": True}
    )
    with pytest.raises((Refused, Unavailable)):
        await elastic.bulk([Op(index="things", id="2", doc={"n": 2})])


async def test_chinese_is_found_by_any_part_of_it(elastic: Elastic) -> None:
    await elastic.install(templates())
    for number, text in enumerate(("静宁县停水三天了", "县里水管静静停着")):
        await elastic.create("opinions-2024.05", str(number), {"normal": text}, refresh=True)
    for words, expected in (("停水", ["0"]), ("静宁县停水", ["0"]), ("水", ["0", "1"]), ("停水了", [])):
        answer = await elastic.search("opinions-*", {"query": {"match_phrase": {"normal": words}}})
        assert sorted(hit["_id"] for hit in answer["hits"]["hits"]) == expected, words
    answer = await elastic.search("opinions-*", {"query": {"match": {"normal.bigram": "停水"}}})
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["0"]


async def test_reading_beside_the_making_of_an_index_waits_for_it_and_does_not_fail(elastic: Elastic) -> None:
    for number in range(12):
        name = f"things-2024.{number + 1:02d}"
        making = asyncio.create_task(elastic.create(name, "1", {"n": number}))
        while not making.done():
            await asyncio.gather(
                elastic.search("things-*", {"query": ALL}), elastic.get(name, "1"), elastic.count("things-*", ALL)
            )
        await making
        await elastic.refresh(name)
        assert [found.id async for found in elastic.scan("things-*", ALL)] == ["1"] * (number + 1)
