"""One matter of which few speak a day is found over sources and counties, known by its words, and grows in place."""

from __future__ import annotations

from typing import Any

from memory_counts import MemoryCounts, opinion

from alerts.alert import Key
from alerts.backtest import backtest
from alerts.explaining import explained
from alerts.new_events import grouped, new_event_findings, saying, standing, words_of
from alerts.rules import Example, Rule
from analyzers.phrases import phrases

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_772_409_600_000
"""2 March 2026, 8:00 in Beijing (ms UTC)."""
QUARRY = (
    "西沟采石场又放炮，窗户震得直响", "采石场放炮扬尘，晾的被子全是灰", "请管管西沟采石场夜里放炮的事",
    "采石场放炮把墙震出了裂缝", "西沟采石场离我家只有两百米，放炮太吓人", "采石场天天放炮，老人睡不着",
)  # fmt: skip
OTHERS = (
    "路灯坏了三盏晚上看不见路", "公交车总是晚点半小时", "小学食堂的饭菜太凉",
    "医保卡在药店刷不了", "广场舞音响开到半夜", "垃圾清运车一周没来", "老旧小区加装电梯怎么申请",
    "新能源汽车充电桩不够用", "驾校退费拖了两个月",
)  # fmt: skip


def rule(**changed: Any) -> Rule:
    given: dict[str, Any] = {
        "name": "one_event", "title": "同一件事陆续反映", "kind": "new_event", "level": "larger", "reason": "",
        "window": 14 * DAY, "step": DAY, "recover": 14 * DAY, "at_least": 5, "clear": 0.6,
        "fires": Example(count=5), "silent": Example(count=4),
    }  # fmt: skip
    return Rule(**{**given, **changed})


def post(name: str, days: float, text: str, **fields: Any) -> dict[str, Any]:
    return opinion(name, NOW - round(days * DAY) - 1, text=text, normal=text, terms=list(phrases(text)), **fields)


def city(said: int = 6, *, copies: bool = False) -> MemoryCounts:
    sources = ("hotline", "portal", "weibo")
    new = [
        post(f"new{n}", 1 + 2 * n, QUARRY[0] if copies else QUARRY[n], source=sources[n % 3], county="")
        for n in range(said)
    ]  # fmt: skip
    return MemoryCounts([*(post(f"old{n}", n, text) for n, text in enumerate(OTHERS)), *new])


async def found(counts: MemoryCounts, *known: Key, **changed: Any) -> dict[Key, int]:
    some = await new_event_findings(rule(**changed), counts, NOW, known)
    return {key: one.tally.count for key, one in some.items()}


async def test_posts_on_one_thing_are_one_alert_whatever_their_source_and_day() -> None:
    ((key, count),) = (await found(city())).items()
    assert (count, key.topic, key.county, key.source) == (6, "", "", "")
    assert "采石场" in key.phrase


async def test_four_are_not_five_and_six_copies_are_one() -> None:
    assert await found(city(4)) == {}
    assert await found(city(6, copies=True)) == {}


async def test_what_stands_keeps_its_key_and_ends_only_below_the_milder_bound() -> None:
    (key,) = await found(city(6))
    assert await found(city(5), key) == {key: 5}
    assert await found(city(3), key) == {key: 3}
    assert await found(city(2), key) == {}


async def test_the_notice_says_how_many_over_how_long_and_from_how_many_sources() -> None:
    ((_, finding),) = (await new_event_findings(rule(), city(), NOW, ())).items()
    assert finding.reason == (
        "最近14天共6条不同留言说的是同一件事（转发、抄送的只算一条），来自3个渠道；报警线5条。"
    )


async def test_a_countys_name_makes_no_matter_of_all_that_is_said_of_it() -> None:
    texts = [f"静宁县{text}" for text in OTHERS]
    counts = MemoryCounts([post(f"p{n}", n, text, county="620826") for n, text in enumerate(texts)])
    assert await found(counts, at_least=2) == {}


async def test_a_replay_finds_the_same_alert_as_the_days_did_and_explains_it() -> None:
    counts = city()
    tried = await backtest([rule()], counts, NOW - 20 * DAY, NOW)
    again = await backtest([rule()], counts, NOW - 20 * DAY, NOW)
    (alert,) = tried.alerts
    assert tried.alerts == again.alerts
    shown = await explained(rule(), alert, counts)
    assert shown.finding is not None
    assert shown.finding.value == alert.value


async def test_many_posts_are_grouped_in_a_process_of_their_own_with_the_same_result() -> None:
    counts = city()
    counts.add(*(post(f"x{n}", 13 * n / 400, f"{n}号楼{OTHERS[n % 9]}{n * 7919}") for n in range(400)))
    assert [key.phrase for key, count in (await found(counts)).items() if count == 6] != []


def test_the_words_of_a_matter_are_said_by_many_of_it_and_few_others() -> None:
    said = {"采石场": frozenset("abc"), "小区": frozenset("abcdefgh"), "放炮": frozenset("ab"), "路灯": frozenset("x")}
    assert words_of(frozenset("abc"), said) == "采石场 放炮"
    assert words_of(frozenset("x"), said) == ""


def test_the_most_alike_alert_is_the_one_it_is_and_a_common_word_is_not_enough() -> None:
    said = {"采石场": frozenset("abc"), "小区": frozenset("abcdefgh"), "放炮": frozenset("ab")}
    mine, loose = Key(phrase="采石场 放炮"), Key(phrase="小区 路灯")
    assert standing(frozenset("abc"), (loose, mine), said) == mine
    assert standing(frozenset("xyz"), (loose, mine), said) is None
    assert saying([]) == {}
    assert grouped([], 2) == []
