"""One message, scored and stored on a real Elasticsearch: the books are exact after any number of deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from stream import templates

from alerts.drill_chain import Begun, ElasticDrills
from analyzers.analysis import Analysis, analyze
from streams.codec import encode_page
from streams.drill import drill_post
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.records import DRILL, BadItem, Page, Post
from streams.score import Position
from streams.settings import ElasticSettings, WorkerSettings
from streams.storing import PageResult, score_message
from streams.topics import DEAD_LETTERS, DRILLS, OPINIONS, PAGES, pattern

pytestmark = pytest.mark.engines
NOW = 1_714_600_000_000
MAY = 1_714_521_600_000


@pytest_asyncio.fixture
async def elastic(elastic_settings: ElasticSettings) -> AsyncIterator[Elastic]:
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        yield elastic


def place(offset: int, key: str = "portal", topic: str = "posts.live") -> Position:
    return Position(topic=topic, partition=0, offset=offset, key=key, at=NOW)


def post(native_id: str, text: str = "静宁县停水了", **fields: Any) -> Post:
    given: dict[str, Any] = {"source": "portal", "native_id": native_id, "posted_at": MAY, "text": text} | fields
    return Post(**given)


def page(*posts: Post, bad: tuple[BadItem, ...] = ()) -> bytes:
    return encode_page(Page(source="portal", posts=posts, bad=bad))


async def score(elastic: Elastic, data: bytes, where: Position, judge: Any = analyze) -> PageResult:
    return await score_message(
        data, where, elastic=elastic, judge=judge, now_ms=NOW, settings=WorkerSettings(), model="test"
    )


def counts(result: PageResult) -> tuple[int, int, int, int]:
    return result.received, result.stored, result.repeated, result.rejected


async def test_a_message_delivered_again_counts_as_before(elastic: Elastic) -> None:
    bad = (BadItem(ref="abc:7", reason="bad_row", detail="x"),)
    data = page(post("1"), post("2"), post("2"), post("old", posted_at=0), bad=bad)
    first = await score(elastic, data, place(0))
    assert counts(first) == (5, 2, 1, 2)
    assert counts(await score(elastic, data, place(0))) == (5, 2, 1, 2)
    assert counts(await score(elastic, data, place(1))) == (5, 0, 5, 0)
    await elastic.refresh("*")
    assert await elastic.count("opinions-*", {"match_all": {}}) == 2
    assert await elastic.count("rejected-*", {"match_all": {}}) == 2
    assert await elastic.count("pages-*", {"match_all": {}}) == 2


async def test_a_message_that_is_no_page_counts_as_one_of_its_keys_source(elastic: Elastic) -> None:
    result = await score(elastic, b"\xff", place(0, key="weibo"))
    assert (result.source, *counts(result)) == ("weibo", 1, 0, 0, 1)
    assert (await score(elastic, b"\xff", place(0, key="weibo"))).rejected == 1
    assert (await score(elastic, b"", place(1, key="who?"))).source == "other"


async def test_a_newer_version_keeps_how_the_ledger_says_it_was_answered(elastic: Elastic) -> None:
    await score(elastic, page(post("1", version=5, likes=1)), place(0))
    await elastic.refresh("opinions-*")
    (found,) = [one async for one in elastic.scan("opinions-*", {"match_all": {}})]
    said = {"answer": "waiting", "answer_due": 7}
    await elastic.put(found.index, found.id, {**found.source, **said}, version=found.version)
    await score(elastic, page(post("1", version=9, likes=2)), place(1))
    again = await elastic.get(found.index, found.id)
    assert again is not None
    assert {name: again.source.get(name) for name in ("likes", *said)} == {"likes": 2, **said}


async def test_a_newer_version_keeps_the_origin_of_the_first(elastic: Elastic) -> None:
    await score(elastic, page(post("1", version=5, likes=1)), place(0))
    assert counts(await score(elastic, page(post("1", version=9, likes=2)), place(1))) == (1, 0, 1, 0)
    assert counts(await score(elastic, page(post("1", version=7, likes=9)), place(2))) == (1, 0, 1, 0)
    assert counts(await score(elastic, page(post("1", version=5, likes=1)), place(0))) == (1, 1, 0, 0)
    found = await elastic.get("opinions-2024.05", post("1").id)
    assert found is not None
    assert (found.source["likes"], found.source["origin"]) == (2, "posts.live-0-0#0")


async def test_a_text_that_breaks_the_analysis_is_one_dead_letter(elastic: Elastic) -> None:
    def judge(texts: Sequence[str]) -> list[Analysis]:
        if any("炸" in text for text in texts):
            raise ZeroDivisionError
        return analyze(texts)

    result = await score(elastic, page(post("1"), post("2", "炸"), post("3")), place(0), judge)
    assert counts(result) == (3, 2, 0, 1)
    assert [(letter.reason, letter.detail, letter.ref) for letter in result.letters] == [
        ("not_analysed", "ZeroDivisionError", "2")
    ]


async def test_an_analysis_that_does_not_work_at_all_rejects_nothing(elastic: Elastic) -> None:
    def judge(_texts: Sequence[str]) -> list[Analysis]:
        raise FileNotFoundError("weights")

    with pytest.raises(Misconfigured, match="analysis does not work"):
        await score(elastic, page(post("1"), post("2")), place(0), judge)
    assert counts(await score(elastic, page(post("1"), post("2")), place(0))) == (2, 2, 0, 0)


async def test_a_document_that_the_index_refuses_is_one_dead_letter(elastic: Elastic) -> None:
    def judge(texts: Sequence[str]) -> list[Analysis]:
        return [
            msgspec.structs.replace(one, county="静" * 20_000) if "长" in text else one
            for one, text in zip(analyze(texts), texts, strict=True)
        ]

    data = page(post("1"), post("2", "长"), post("3"))
    result = await score(elastic, data, place(0), judge)
    assert counts(result) == (3, 2, 0, 1)
    (letter,) = result.letters
    assert letter.reason == "refused_by_index"
    assert "静" not in letter.detail
    assert counts(await score(elastic, data, place(0), judge)) == (3, 2, 0, 1)


async def test_a_late_post_is_stored_and_counted_as_late(elastic: Elastic) -> None:
    result = await score(elastic, page(post("1", posted_at=MAY - 9 * 86_400_000), post("2")), place(0))
    assert (result.stored, result.late) == (2, 1)


async def test_nothing_of_a_masked_text_is_stored(elastic: Elastic) -> None:
    await score(elastic, page(post("1", "请打13812345678", title="找13812345678")), place(0))
    found = await elastic.get("opinions-2024.05", post("1").id)
    assert found is not None
    assert "13812345678" not in str(found.source)
    assert found.source["title"] in found.source["text"]


async def _counted(elastic: Elastic) -> dict[str, int]:
    found = {}
    for index in (OPINIONS, DRILLS, PAGES, DEAD_LETTERS):
        await elastic.refresh(pattern(index))
        found[index.name] = int((await elastic.search(pattern(index), {"size": 0}))["hits"]["total"]["value"])
    return found


async def test_a_drill_is_judged_as_every_post_and_stored_where_nothing_counts_or_searches(elastic: Elastic) -> None:
    data = encode_page(Page(source="other", posts=(drill_post(NOW - 1000),)))
    drills = ElasticDrills(elastic)
    assert await drills.came(NOW - 1000, NOW) is None
    for _ in range(2):
        assert counts(await score(elastic, data, place(7, key=DRILL))) == (1, 1, 0, 0)
    assert await _counted(elastic) == {"opinions": 0, "drills": 1, "pages": 0, "rejected": 0}
    (hit,) = (await elastic.search(pattern(DRILLS), {}))["hits"]["hits"]
    assert hit["_source"]["source"] == DRILL
    assert hit["_source"]["topic"]
    finding = await drills.came(NOW - 1000, NOW)
    assert finding is not None
    assert finding.tally.count == 1
    assert await drills.came(NOW - 5000, NOW) is None  # another drill's post
    await drills.keep(Begun(at=NOW, back=False))
    assert await drills.last() == Begun(at=NOW, back=False)


async def test_a_drill_that_was_rejected_is_a_dead_letter_under_its_own_name(elastic: Elastic) -> None:
    assert counts(await score(elastic, b"no page", place(8, key=DRILL))) == (1, 0, 0, 1)
    assert await _counted(elastic) == {"opinions": 0, "drills": 0, "pages": 1, "rejected": 1}
    (line,) = (await elastic.search(pattern(PAGES), {}))["hits"]["hits"]
    assert line["_source"]["source"] == DRILL
