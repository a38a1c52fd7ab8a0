"""From tallies to findings: the usual, matters found by their words, and replays that judge as live does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_counts import MemoryCounts, opinion

from alerts.alert import Key
from alerts.counts import Phrase, Phrases
from alerts.findings import Past, Series, expected, is_person, live_findings, matter_key, matters, quiet_findings
from alerts.replaying import missed
from alerts.rules import Example, Rule

HOUR = 3_600_000
DAY = 24 * HOUR
AT = 1_767_225_600_000


def rule(**changed: Any) -> Rule:
    given: dict[str, Any] = {
        "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "",
        "key": ("topic", "county"), "window": 2 * HOUR, "step": HOUR // 6, "recover": HOUR, "at_least": 5,
        "times_usual": 3.0,
        "usual_over": 7 * DAY, "fires": Example(count=10), "silent": Example(count=1),
    }  # fmt: skip
    return Rule(**{**given, **changed})


PHRASE = rule(kind="phrase", key=(), window=14 * DAY, step=12 * HOUR, at_least=8, times_usual=8.0, usual_over=60 * DAY)


def phrase(text: str, ids: range, before: int = 0) -> Phrase:
    return Phrase(text=text, count=len(ids), before=before, ids=frozenset(map(str, ids)), sources={"portal": len(ids)})


def test_the_usual_is_the_past_spread_over_windows() -> None:
    assert expected(84, rule(), AT, 0) == 1.0
    assert expected(0, rule(), AT, 0) == 0.0
    assert expected(84, rule(usual_over=0), AT, 0) == 0.0


def test_a_young_system_divides_by_the_past_it_has() -> None:
    assert expected(12, rule(), AT, AT - 12 * HOUR) == 2.0
    assert expected(12, rule(), AT, AT - HOUR) == 12.0


def test_words_that_the_same_posts_say_are_one_matter_and_others_another() -> None:
    found = Phrases(
        now=100,
        past=500,
        found=(
            phrase("水泥厂扬尘", range(12)),
            phrase("新建水泥厂", range(2, 12)),
            phrase("捆绑车位", range(50, 60)),
            phrase("车位销售", range(51, 60)),
        ),
    )
    assert [[one.text for one in group] for group in matters(PHRASE, found)] == [
        ["水泥厂扬尘", "新建水泥厂"],
        ["捆绑车位", "车位销售"],
    ]


@pytest.mark.parametrize(
    "found",
    [
        Phrases(now=100, past=99, found=(phrase("水泥厂扬尘", range(12)), phrase("新建水泥厂", range(12)))),
        Phrases(now=100, past=500, found=(phrase("水泥厂扬尘", range(12)),)),
        Phrases(now=100, past=500, found=(phrase("水泥厂扬尘", range(7)), phrase("新建水泥厂", range(7)))),
        Phrases(now=100, past=500, found=(phrase("水泥厂扬尘", range(12), 8), phrase("新建水泥厂", range(12), 8))),
    ],
    ids=["too little past", "one phrase only", "too few posts", "said before too"],
)
def test_what_is_too_little_is_no_matter(found: Phrases) -> None:
    assert matters(PHRASE, found) == []


def test_a_persons_name_never_becomes_the_key_of_an_alert() -> None:
    assert is_person("王建国")
    assert is_person("王建国局长")
    assert not is_person("水泥厂扬尘")
    named = Phrases(now=100, past=500, found=(phrase("王建国", range(20)), phrase("王建国局长", range(20))))
    assert matters(PHRASE, named) == []


def test_a_matter_keeps_the_key_under_which_it_is_known_though_its_words_change() -> None:
    group = [phrase("水泥厂扬尘", range(12)), phrase("新建水泥厂", range(10))]
    new, other, same = Key(phrase="水泥厂扬尘 新建水泥厂"), Key(phrase="捆绑车位 车位销售"), Key(phrase="夜间施工 扰民")
    found = [*group, phrase("捆绑车位", range(50, 60)), phrase("夜间施工", range(3, 14), before=9)]
    assert matter_key(group, [], found) == new
    assert matter_key(group, [other], found) == new
    assert matter_key(group, [other, same], found) == same


async def test_quiet_is_by_the_same_hours_of_past_days() -> None:
    """A source that sleeps at night is not quiet at night, and a weekend without posts does not make it usual."""
    quiet = rule(kind="quiet", key=("source",), window=6 * HOUR, at_least=6, times_usual=0.0)
    counts = MemoryCounts()
    for day in range(1, 8):
        for hour in range(9, 18):
            counts.add(*(opinion(f"{day}-{hour}-{n}", AT - day * DAY + hour * HOUR, source="portal") for n in range(2)))
    assert await quiet_findings(quiet, counts, AT + 6 * HOUR) == {}
    assert set(await quiet_findings(quiet, counts, AT + 17 * HOUR)) == {Key(source="portal")}
    counts.add(opinion("now", AT + 16 * HOUR, source="portal"))
    assert await quiet_findings(quiet, counts, AT + 17 * HOUR) == {}


posts = st.lists(st.tuples(st.integers(0, 9 * 24 * 60), st.sampled_from(["a", "b"])), max_size=120)


@given(posts, st.integers(7 * 24 * 6, 9 * 24 * 6))
async def test_a_replay_judges_every_moment_as_live_does(course: list[tuple[int, str]], step: int) -> None:
    judge = rule(at_least=2, times_usual=2.0)
    counts = MemoryCounts([opinion(f"p{n}", AT + m * 60_000, topic=t) for n, (m, t) in enumerate(course)])
    moment = AT + step * judge.step
    first = await counts.first("posted_at")
    cells = await counts.cells(judge.key, AT - 8 * DAY, AT + 10 * DAY, judge.step)
    assert Series(judge, cells, first).at(moment) == await live_findings(judge, counts, moment, Past())


@given(posts)
async def test_a_replay_looks_at_every_moment_at_which_something_is_found(course: list[tuple[int, str]]) -> None:
    judge = rule(at_least=2, times_usual=0.0, usual_over=0)
    counts = MemoryCounts([opinion(f"p{n}", AT + m * 60_000, topic=t) for n, (m, t) in enumerate(course)])
    series = Series(judge, await counts.cells(judge.key, AT, AT + 10 * DAY, judge.step), AT)
    looked = set(series.moments(AT, AT + 10 * DAY))
    for moment in range(AT + judge.step, AT + 10 * DAY, judge.step * 7):
        if moment not in looked:
            assert series.at(moment) == {}


def test_moments_missed_in_a_break_are_the_ends_of_its_steps() -> None:
    step = rule().step
    assert missed(rule(), AT, AT + 2 * step, DAY) == []
    assert missed(rule(), AT, AT + 4 * step + 1, DAY) == [AT + n * step for n in (1, 2, 3)]
    assert missed(rule(), AT - 9 * DAY, AT, HOUR) == [AT - HOUR + n * step for n in range(1, 6)]
    assert missed(PHRASE, AT - 9 * DAY, AT, DAY) == []
    assert missed(rule(), AT, AT - DAY, DAY) == []
