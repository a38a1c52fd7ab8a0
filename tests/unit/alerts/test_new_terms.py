"""New words of a topic and county, and watched words: found by distinct posts, explained, replayed as live."""

from __future__ import annotations

from typing import Any

from memory_counts import MemoryCounts, opinion

from alerts.alert import Key
from alerts.backtest import backtest
from alerts.explaining import explained
from alerts.findings import Past, live_findings
from alerts.new_terms import collapsed, new_term_findings
from alerts.rules import Example, Rule

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_772_409_600_000
"""2 March 2026, 8:00 in Beijing (ms UTC)."""
TEXTS = (
    "小区后面新开的采石场天天放炮", "采石场放炮震得窗户响", "夜里采石场放炮孩子睡不着", "请管一管采石场放炮的事",
    "采石场放炮把墙震裂了", "我家离采石场放炮的地方只有两百米",
)  # fmt: skip


def rule(**changed: Any) -> Rule:
    given: dict[str, Any] = {
        "name": "new_words", "title": "新的说法", "kind": "new_term", "level": "general", "reason": "",
        "key": ("topic", "county"), "window": 3 * DAY, "step": 12 * HOUR, "recover": 3 * DAY, "at_least": 4,
        "usual_over": 60 * DAY, "fires": Example(count=5), "silent": Example(count=5, usual=3),
    }  # fmt: skip
    return Rule(**{**given, **changed})


def city(said: int = 6, *, before: int = 0, past: int = 40, copies: bool = False) -> MemoryCounts:
    old = [opinion(f"old{n}", NOW - (4 + n % 50) * DAY, terms=["路灯不亮", f"路段{n}"]) for n in range(past)]
    early = [opinion(f"early{n}", NOW - 30 * DAY, terms=["采石场放炮", "采石场"]) for n in range(before)]
    new = [
        opinion(
            f"new{n}", NOW - n * HOUR - 1, terms=["采石场放炮", "采石场"],
            text=TEXTS[0] if copies else TEXTS[n % len(TEXTS)],
        )
        for n in range(said)
    ]  # fmt: skip
    return MemoryCounts([*old, *early, *new])


async def found(counts: MemoryCounts, **changed: Any) -> dict[Key, int]:
    some = await new_term_findings(rule(**changed), counts, NOW, ())
    return {key: one.tally.count for key, one in some.items()}


async def test_words_that_a_key_never_said_are_one_alert_of_that_key() -> None:
    ((key, count),) = (await found(city())).items()
    assert (key.topic, key.county, count) == ("城乡建设", "620826", 6)
    assert "采石场" in key.phrase


async def test_words_that_were_said_before_are_not_new_unless_so_few_are_allowed() -> None:
    assert await found(city(before=2)) == {}
    assert await found(city(before=2), seen_most=2)


async def test_copies_of_one_text_are_one_post() -> None:
    assert await found(city(copies=True)) == {}
    assert collapsed([TEXTS[0], TEXTS[0], "//@某某:" + TEXTS[0], TEXTS[1]]) == 2


async def test_a_key_with_hardly_any_past_has_no_new_words() -> None:
    assert await found(city(past=10)) == {}


async def test_the_same_words_elsewhere_do_not_make_them_known_here() -> None:
    counts = city()
    counts.add(*(opinion(f"there{n}", NOW - 20 * DAY, county="620821", terms=["采石场放炮"]) for n in range(9)))
    assert await found(counts)


async def test_the_reason_says_how_many_said_it_and_since_when_nobody_had() -> None:
    ((_, finding),) = (await new_term_findings(rule(), city(), NOW, ())).items()
    assert finding.reason == (
        "最近3天共6条不同留言说到同一个新词（转发、抄送的只算一条），此前60天没有人这样说；报警线4条。"
    )


async def test_a_back_test_finds_it_once_and_its_decision_can_be_made_again() -> None:
    counts = city()
    test = await backtest([rule()], counts, NOW - 2 * DAY, NOW + DAY)
    (alert,) = test.alerts
    again = await explained(rule(), alert, counts)
    assert again.differs == ()
    assert again.finding is not None


WATCHED = rule(
    kind="blacklist", key=("county",), window=HOUR, step=HOUR // 6, recover=HOUR, at_least=1, usual_over=0,
    words=("煤气泄漏", "塌方"),
)


async def test_watched_words_are_counted_where_they_are_said_and_named_in_the_reason() -> None:
    counts = MemoryCounts(
        [
            opinion("a", NOW - 1, text="闻到煤气泄漏的味道"),
            opinion("b", NOW - 2, text="煤气泄漏，路也塌方了"),
            opinion("c", NOW - 3, text="路灯不亮"),
        ]
    )
    ((key, finding),) = (await live_findings(WATCHED, counts, NOW, Past())).items()
    assert (key, finding.tally.count) == (Key(county="620826"), 2)
    assert "“煤气泄漏”2条、“塌方”1条" in finding.reason
    samples = await counts.samples(key, NOW - HOUR, NOW, 9, WATCHED.words, danger=False)
    assert [one.id for one in samples] == ["a", "b"]


async def test_watched_words_are_back_tested_and_explained_by_the_same_posts() -> None:
    counts = MemoryCounts([opinion("a", NOW - 1, text="塌方了"), opinion("c", NOW - 3, text="路灯不亮")])
    (alert,) = (await backtest([WATCHED], counts, NOW - DAY, NOW + DAY)).alerts
    assert alert.count == 1
    assert (await explained(WATCHED, alert, counts)).differs == ()
