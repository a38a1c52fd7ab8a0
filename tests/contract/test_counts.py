"""What rules ask, of Elasticsearch and of memory: one suite for both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from memory_counts import MemoryCounts, opinion
from stream import templates

from alerts.alert import Key
from alerts.counts import Counts, ElasticCounts
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import OPINIONS, monthly, pattern

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_767_225_600_000
"""2026-01-01, UTC: the past of a later window lies in another month's index."""
Store = Callable[..., Awaitable[Counts]]


@pytest_asyncio.fixture(params=["memory", pytest.param("elastic", marks=pytest.mark.engines)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Something that stores opinions and returns counts over all that were stored."""
    if request.param == "memory":
        memory = MemoryCounts()

        async def keep(*opinions: dict[str, Any]) -> Counts:
            memory.add(*opinions)
            return memory

        yield keep
        return
    settings: ElasticSettings = request.getfixturevalue("elastic_settings")
    async with Elastic(settings) as elastic:
        await elastic.install(templates())

        async def index(*opinions: dict[str, Any]) -> Counts:
            for n in range(0, len(opinions), 1000):
                part = opinions[n : n + 1000]
                await elastic.bulk([Op(index=monthly(OPINIONS, o["posted_at"]), id=o["id"], doc=o) for o in part])
            await elastic.refresh(pattern(OPINIONS))
            return ElasticCounts(elastic)

        yield index


async def test_what_was_written_in_a_window_comes_newest_first_and_no_more_than_is_asked(store: Store) -> None:
    posts = [opinion(f"p{n}", START + n * HOUR, terms=["停水"], normal=f"停水第{n}天", text="原文") for n in range(5)]
    counts = await store(*posts)
    found = await counts.written(START + HOUR, START + 4 * HOUR, 2)
    assert [(one.id, one.normal, one.terms) for one in found] == [
        ("p3", "停水第3天", ("停水",)), ("p2", "停水第2天", ("停水",)),
    ]  # fmt: skip
    assert await counts.written(START - HOUR, START, 10) == []


async def test_an_empty_index_has_no_counts_and_no_first_post(store: Store) -> None:
    counts = await store()
    assert await counts.tallies(["topic"], START, START + DAY) == {}
    assert await counts.cells(["topic"], START, START + DAY, HOUR) == []
    assert await counts.first("posted_at") == 0
    assert await counts.arrived([(START, START + DAY)]) == [{}]
    assert await counts.mark() == (0, 0)
    assert (await counts.phrases(START, START + DAY, START - DAY, 1)).found == ()
    assert await counts.samples(Key(), START, START + DAY, 3, danger=False) == ()


async def test_a_window_holds_its_start_and_not_its_end(store: Store) -> None:
    counts = await store(
        opinion("before", START - 1),
        opinion("first", START),
        opinion("last", START + HOUR - 1),
        opinion("after", START + HOUR),
    )
    found = await counts.tallies([], START, START + HOUR)
    assert found[Key()].count == 2


async def test_a_post_stored_twice_counts_once(store: Store) -> None:
    await store(opinion("same", START))
    counts = await store(opinion("same", START), opinion("other", START))
    assert (await counts.tallies([], START, START + HOUR))[Key()].count == 2


async def test_tallies_are_by_key_with_tone_danger_and_sources(store: Store) -> None:
    counts = await store(
        opinion("a", START, topic="民政", county="620826", source="portal", sentiment="neg"),
        opinion("b", START, topic="民政", county="620826", source="hotline", danger=True),
        opinion("c", START, topic="民政", county="", source="hotline"),
        opinion("d", START, topic="政法", county="", source="weibo"),
    )
    found = await counts.tallies(["topic", "county"], START, START + HOUR)
    assert set(found) == {Key("民政", "620826"), Key("民政", ""), Key("政法", "")}
    mine = found[Key("民政", "620826")]
    assert (mine.count, mine.negative, mine.danger) == (2, 1, 1)
    assert mine.sources == {"portal": 1, "hotline": 1}
    assert (await counts.tallies(["source"], START, START + HOUR))[Key(source="hotline")].count == 2


async def test_more_keys_than_one_page_are_all_counted(store: Store) -> None:
    counts = await store(*(opinion(f"p{n}", START, county=f"{n:06}") for n in range(2100)))
    found = await counts.tallies(["county"], START, START + HOUR)
    assert len(found) == 2100
    assert all(tally.count == 1 for tally in found.values())


async def test_cells_are_tallies_by_steps_of_event_time(store: Store) -> None:
    counts = await store(*(opinion(f"p{n}", START + n * HOUR // 2) for n in range(6)))
    cells = await counts.cells([], START, START + 3 * HOUR, HOUR)
    assert [(cell.at, cell.tally.count) for cell in cells] == [(START + n * HOUR, 2) for n in range(3)]


async def test_phrases_said_more_often_than_before_come_with_who_says_them(store: Store) -> None:
    past = [opinion(f"old{n}", START + n * HOUR, terms=["物业收费"] + ["路灯不亮"] * (n % 5 == 0)) for n in range(120)]
    later = START + 40 * DAY
    now = [opinion(f"new{n}", later + n * HOUR, terms=["自来水厂", "物业收费"], source="portal") for n in range(10)]
    counts = await store(*past, *now)
    found = await counts.phrases(later, later + DAY, START, 8)
    assert (found.now, found.past) == (10, 120)
    phrases = {one.text: one for one in found.found}
    water = phrases["自来水厂"]
    assert (water.count, water.before) == (10, 0)
    assert water.ids == {f"new{n}" for n in range(10)}
    assert water.sources == {"portal": 10}
    assert "路灯不亮" not in phrases
    known = await counts.phrases(later, later + DAY, START, 8, ["物业收费", "没有人说"])
    assert {one.text: one.count for one in known.found} == {"自来水厂": 10, "物业收费": 10}
    assert (await counts.phrases(later, later + DAY, START, 11, ["物业收费"])).found == ()


async def test_arrivals_are_by_the_time_of_arrival_and_not_of_writing(store: Store) -> None:
    counts = await store(
        opinion("late", START - 30 * DAY, received_at=START + HOUR, source="portal"),
        opinion("prompt", START + HOUR, received_at=START + HOUR, source="weibo"),
        opinion("elsewhen", START + HOUR, received_at=START + 9 * HOUR, source="board"),
    )
    hours = [(0, 2), (2, 3), (0, 24)]
    found = await counts.arrived([(START + since * HOUR, START + until * HOUR) for since, until in hours])
    assert found == [{"portal": 1, "weibo": 1}, {}, {"portal": 1, "weibo": 1, "board": 1}]
    assert await counts.first("posted_at") == START - 30 * DAY
    assert await counts.first("received_at") == START + HOUR


async def test_the_mark_changes_with_every_new_opinion(store: Store) -> None:
    counts = await store(opinion("a", START), opinion("b", START, indexed_at=START + 5))
    assert await counts.mark() == (2, START + 5)
    counts = await store(opinion("c", START))
    assert await counts.mark() == (3, START + 5)


async def test_samples_are_the_newest_texts_of_the_key_cut_to_120_characters(store: Store) -> None:
    counts = await store(
        opinion("old", START, text="旧的来信"),
        opinion("new", START + 2, text="字" * 300, terms=["自来水厂"]),
        opinion("copied", START + 1, text="字" * 200, terms=["自来水厂"]),
        opinion("danger", START + 1, text="第一行\n第二行", danger=True, terms=["停水几天", "别的"]),
        opinion("elsewhere", START + 3, county="620821", text="别处"),
    )
    here = Key("城乡建设", "620826")
    found = await counts.samples(here, START, START + HOUR, 2, danger=False)
    assert [one.id for one in found] == ["new", "danger"]
    assert len(found[0].text) == 120
    assert found[1].text == "第一行 第二行"
    assert [one.id for one in await counts.samples(here, START, START + HOUR, 9, danger=True)] == ["danger"]
    either = await counts.samples(Key(phrase="自来水厂 停水几天"), START, START + HOUR, 9, danger=False)
    assert [one.id for one in either] == ["new", "danger"]


async def test_watched_words_are_found_as_they_stand_in_the_text(store: Store) -> None:
    counts = await store(
        opinion("a", START, text="楼道里煤气泄漏", normal="楼道里煤气泄漏"),
        opinion("b", START, text="煤气费高，管子泄漏", normal="煤气费高，管子泄漏"),
        opinion("c", START, text="塌方；煤气泄漏", normal="塌方；煤气泄漏", county="620821"),
    )
    words = ["煤气泄漏", "塌方"]
    found = await counts.tallies(["county"], START, START + HOUR, words)
    assert {key.county: (one.count, one.words) for key, one in found.items()} == {
        "620826": (1, {"煤气泄漏": 1}),
        "620821": (1, {"煤气泄漏": 1, "塌方": 1}),
    }
    cells = await counts.cells([], START, START + HOUR, HOUR, words)
    assert [(one.tally.count, one.tally.words) for one in cells] == [(2, {"煤气泄漏": 2, "塌方": 1})]
    (sample,) = await counts.samples(Key(county="620826"), START, START + HOUR, 9, words, danger=False)
    assert sample.id == "a"
    assert await counts.texts(Key(county="620821"), START, START + HOUR, words) == ("塌方；煤气泄漏",)


async def test_what_a_key_says_is_compared_with_its_own_past(store: Store) -> None:
    past = [opinion(f"old{n}", START + n * HOUR, terms=["路灯不亮"], normal="灯") for n in range(30)]
    there = [opinion(f"there{n}", START, county="620821", terms=["采石场"], normal="灯") for n in range(5)]
    later = START + 40 * DAY
    now = [opinion(f"new{n}", later + n, terms=["采石场", "路灯不亮"], normal="灯") for n in range(3)]
    counts = await store(*past, *there, *now)
    found = await counts.spoken(["topic", "county"], later, later + DAY, START, 3)
    here = Key("城乡建设", "620826")
    assert set(found) == {here}
    assert (found[here].now, found[here].past) == (3, 30)
    assert {one.text: (one.count, one.before) for one in found[here].found} == {"采石场": (3, 0), "路灯不亮": (3, 30)}
    assert await counts.spoken(["topic", "county"], later, later + DAY, START, 4) == {}
    known = msgspec.structs.replace(here, phrase="采石场")
    again = await counts.spoken(["topic", "county"], later, later + DAY, START, 4, [known])
    assert [one.text for one in again[here].found] == ["采石场"]
