"""Who is on duty at each hour: a table of moments in Beijing time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.duty import DAYS, Shift, covers
from alerts.duty_now import on_duty
from alerts.rota import read_rota
from streams.clock import BEIJING
from streams.errors import Misconfigured

EXAMPLE = Path(__file__).parents[3] / "deploy" / "rota.example.yml"
ROTA = read_rota(
    """
shifts:
  - {post: main, name: 白班, mail: day@example.org, since: "08:30", until: "18:00", days: [mon, tue, wed, thu, fri]}
  - {post: main, name: 夜班, mail: night@example.org, since: "18:00", until: "08:30", days: [mon, tue, wed, thu]}
  - {post: main, name: 周末, mail: weekend@example.org, days: [sat, sun]}
  - {post: deputy, name: 副班, since: "08:30", until: "18:00", days: [mon]}
  - {post: leader, name: 带班, mail: lead@example.org}
"""
).shifts

LATE_FIRST = """
people: {z: {name: 张}}
fallback: [z]
escalation: {major: [{after: 5, to: [office]}]}
turns: [{post: main, people: [z], begins: 2026-01-01}]
"""


def at(text: str) -> datetime:
    """Return a moment of May 2026 by day and Beijing time; the 11th is a Monday."""
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("moment", "main", "deputy"),
    [
        ("11T08:30", ["白班"], ["副班"]),
        ("11T17:59", ["白班"], ["副班"]),
        ("11T18:00", ["夜班"], []),
        ("12T03:00", ["夜班"], []),
        ("12T08:30", ["白班"], []),
        ("14T23:00", ["夜班"], []),
        ("15T08:00", ["夜班"], []),
        ("15T18:00", [], []),
        ("16T00:00", ["周末"], []),
        ("17T23:59", ["周末"], []),
        ("18T08:00", [], []),
        ("18T08:30", ["白班"], ["副班"]),
    ],
)
def test_the_right_person_is_on_duty_at_each_hour(moment: str, main: list[str], deputy: list[str]) -> None:
    duty = on_duty(ROTA, at(moment))
    assert [shift.name for shift in duty.main] == main
    assert [shift.name for shift in duty.deputy] == deputy
    assert [shift.name for shift in duty.leader] == ["带班"]
    assert not duty.empty


def test_nobody_on_duty_is_a_state_of_its_own() -> None:
    assert on_duty((), at("11T08:30")).empty
    assert on_duty(ROTA[:1], at("16T12:00")).empty


@given(
    since=st.times(), until=st.times(), days=st.sets(st.sampled_from(DAYS), min_size=1),
    minutes=st.integers(0, 7 * 24 * 60 - 1),
)  # fmt: skip
def test_two_shifts_that_share_a_day_cover_each_of_its_moments_once(
    since: datetime, until: datetime, days: set[str], minutes: int
) -> None:
    """From `since` to `until` and from `until` to `since`, on all days, somebody is there, and one only."""
    if f"{since:%H:%M}" == f"{until:%H:%M}":
        return
    now = at("11T00:00") + timedelta(minutes=minutes)
    early, late = f"{since:%H:%M}", f"{until:%H:%M}"
    one = Shift(post="main", name="甲", since=early, until=late)
    other = Shift(post="main", name="乙", since=late, until=early)
    assert covers(one, now) != covers(other, now)
    some = msgspec.structs.replace(one, days=tuple(sorted(days)))
    assert covers(one, now) or not covers(some, now)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "rota"),
        ("shifts: 1", "rota"),
        ("shift: []", "rota"),
        ("shifts: [{post: boss, name: 甲}]", "Invalid enum value 'boss'"),
        ("shifts: [{post: main}]", "missing required field `name`"),
        ("shifts: [{post: main, name: 甲, phone: 1}]", "unknown field `phone`"),
        ('shifts: [{post: main, name: 甲, since: "25:00"}]', "rota"),
        ("shifts: [{post: main, name: 甲, days: [monday]}]", "Invalid enum value 'monday'"),
        ("shifts: [", "rota"),
        ("people: {}", "either `turns`"),
        ("turns: [{post: main, people: [zhang], begins: 2026-01-01}]", "zhang: not among `people`"),
        ("{people: {z: {name: 张}}, fallback: [z], turns: [{post: main, people: [], begins: 2026-01-01}]}", "turn 1"),
        ("{people: {z: {name: 张}}, turns: [{post: main, people: [z], begins: 2026-01-01}]}", "`fallback`"),
        (LATE_FIRST, "begins with `after: 0`"),
    ],
)
def test_a_mistake_in_the_rota_is_refused_on_one_line(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refused:
        read_rota(text)
    assert "\n" not in str(refused.value)


def test_the_example_rota_is_one_and_leaves_no_hour_empty() -> None:
    rota = read_rota(EXAMPLE.read_text("utf-8"))
    for hour in range(7 * 24):
        duty = on_duty(rota, datetime(2026, 11, 2, tzinfo=BEIJING) + timedelta(hours=hour))
        assert duty.main
        assert duty.leader
