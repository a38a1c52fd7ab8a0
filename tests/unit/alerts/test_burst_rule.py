"""A rule of the kind burst finds what a key's own past doesn't explain, alike live, later and after a restart."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_counts import MemoryCounts, opinion

from alerts.alert import Key
from alerts.burst_rule import said
from alerts.evaluate import Tally, evaluate
from alerts.findings import Past, live_findings
from alerts.replaying import series
from alerts.rulebook import load_rulebook

DAY = 86_400_000
START = 1_760_000_000_000 // DAY * DAY
(RULE,) = load_rulebook("""
rules:
  - {name: odd, title: 数量反常, kind: burst, level: general, reason: 与自己的规律相比反常, key: [topic, county],
     window: 1d, step: 6h, recover: 1d, clear: 0.5, at_least: 6, score: 0.8, usual_over: 30d,
     fires: {count: 16, usual: 1}, silent: {count: 16, usual: 12}}
""")
KEY = Key(topic="城乡建设", county="620826")
BUSY = Key(topic="城乡建设", county="620802")


def city(burst: int, at: int) -> MemoryCounts:
    """Forty days in which one county has a post every other day and one has 12 a day; then `burst` posts in each."""
    posts = [opinion(f"calm-{n}", START + n * 2 * DAY) for n in range(20)]
    posts += [opinion(f"busy-{n}", START + n * DAY // 12, county="620802") for n in range(12 * 40)]
    posts += [opinion(f"{c}-{n}", at + n * 600_000, county=c) for c in ("620826", "620802") for n in range(burst)]
    return MemoryCounts(posts)


async def test_what_is_unusual_for_one_county_is_usual_for_another() -> None:
    at = START + 40 * DAY
    found = await live_findings(RULE, city(12, at), at + 3 * 3_600_000, Past())
    assert set(found) == {KEY}
    assert "明显反常" in found[KEY].reason
    assert "至少6条" in found[KEY].reason


async def test_it_speaks_before_its_step_is_over() -> None:
    at, past = START + 40 * DAY, Past()
    counts = city(0, at)
    assert await live_findings(RULE, counts, at + 600_000, past) == {}
    counts.add(*(opinion(f"more-{n}", at + 700_000 + n) for n in range(16)))
    assert set(await live_findings(RULE, counts, at + 1_200_000, past)) == {KEY}


@pytest.mark.parametrize("hours", [6, 12, 18, 24])
async def test_live_after_a_break_and_in_a_replay_it_judges_alike(hours: int) -> None:
    at = START + 40 * DAY
    counts, moment = city(12, at), at + hours * 3_600_000
    live = await live_findings(RULE, counts, moment, Past())
    again = (await series(RULE, counts, moment, moment)).at(moment)
    assert live == again
    assert live


async def test_an_open_alert_stays_while_there_is_so_much_and_more_than_usual() -> None:
    at = START + 40 * DAY
    tally = Tally(count=4)
    assert evaluate(RULE, KEY, tally, 1.0, at, stands=True) is not None
    assert evaluate(RULE, KEY, tally, 1.0, at, stands=False, score=0.99) is None
    assert evaluate(RULE, KEY, tally, 5.0, at, stands=True) is None
    assert evaluate(RULE, KEY, Tally(count=2), 1.0, at, stands=True) is None


def test_few_posts_are_never_a_burst_however_rare() -> None:
    assert evaluate(RULE, KEY, Tally(count=5), 0.1, START, score=1.0) is None


@given(st.dictionaries(st.integers(0, 200), st.integers(0, 50), max_size=60))
def test_what_comes_later_changes_no_score(counts: dict[int, int]) -> None:
    by_step = {START + row * RULE.step: count for row, count in counts.items()}
    end = START + 150 * RULE.step
    before = {at: count for at, count in by_step.items() if at < end}
    asked = (end - RULE.window, end, START)
    assert said(RULE, by_step, *asked) == said(RULE, before, *asked)


def test_it_works_from_the_first_day() -> None:
    rule = msgspec.structs.replace(RULE, at_least=6)
    judged = said(rule, {START + 3 * RULE.step: 30}, START, START + 4 * RULE.step, START)
    assert judged.score >= rule.score
