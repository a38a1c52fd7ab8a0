"""Escalation in relative time, on the real service: who is told first, who next, and what ends it."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from city import City
from course import Course, between

from alerts.channels.base import Busy
from alerts.hush_bounds import Bounds
from alerts.rota import read_rota
from alerts.rulebook import load_rulebook
from streams.errors import Unavailable

HERE: dict[str, Any] = {"topic": "城乡建设", "county": "620826"}
ROTA = """
people:
  main: {name: 张甲, mail: main@example.org}
  deputy: {name: 王丙, mail: deputy@example.org}
  leader: {name: 赵丁, mail: leader@example.org}
  head: {name: 钱主任, mail: head@example.org}
turns:
  - {post: main, people: [main], begins: 2026-01-01, since: "00:00", until: "00:00"}
  - {post: deputy, people: [deputy], begins: 2026-01-01, since: "00:00", until: "00:00"}
  - {post: leader, people: [leader], begins: 2026-01-01, since: "00:00", until: "00:00"}
fallback: [head]
office: [head]
escalation:
  general: [{after: 0, to: [main]}, {after: 60, to: [deputy]}]
  larger: [{after: 0, to: [main]}, {after: 30, to: [deputy]}, {after: 60, to: [leader]}, {after: 120, to: [office]}]
  major: [{after: 0, to: [main]}, {after: 5, to: [deputy, leader, office]}]
working_hours_only: [general]
"""
RULE = """
rules:
  - name: many
    title: 集中反映
    kind: count
    level: LEVEL
    reason: 一小时内很多人说同一件事
    key: [topic, county]
    window: 1h
    step: 10m
    recover: RECOVER
    at_least: 10
    fires: {count: 99}
    silent: {count: 1}
"""


def course(rota: str = ROTA, *, level: str = "larger", recover: str = "3h", **bounds: Any) -> Course:
    """Return an empty course under this rota; nothing is told again by itself."""
    kept = Bounds(**{"quiet_levels": (), "repeats_most": 0, **bounds})
    rules = RULE.replace("LEVEL", level).replace("RECOVER", recover)
    return Course(City(rules, rota=read_rota(rota), bounds=kept, channels=("email",)))


def told(one: Course) -> list[tuple[str, tuple[str, ...]]]:
    """Return what reached whom, in order."""
    return [(notice.kind, tuple(to.partition("@")[0] for to in notice.to)) for _, notice in one.city.phone.got]


async def test_each_level_is_told_after_its_wait_and_the_end_goes_to_all_who_heard() -> None:
    one = course()
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    one.want(between(0.5, 0.6)).notice("escalated", says="30分钟内无人签收，通知副班")
    one.want(between(1, 1.2)).notice("escalated", says="带班领导：赵丁")
    one.want(between(2, 2.2)).notice("escalated", says="钱主任")
    one.want(between(3, 4.2)).notice("resolved")
    (alert,) = await one.play(4.2)
    everybody = ("main", "deputy", "leader", "head")
    assert told(one) == [
        ("opened", ("main",)), ("escalated", ("deputy",)), ("escalated", ("leader",)), ("escalated", ("head",)),
        ("resolved", everybody),
    ]  # fmt: skip
    assert [(rung.step, rung.people[0].name) for rung in alert.ladder] == [
        (0, "张甲"), (1, "王丙"), (2, "赵丁"), (3, "钱主任"),
    ]  # fmt: skip


async def test_signing_ends_it() -> None:
    one = course()
    one.at(0).post(12, **HERE)
    one.at(0.7).sign(by="main")
    one.want(between(0, 0)).notice("opened")
    one.want(between(0.5, 0.6)).notice("escalated")
    await one.play(3)


@pytest.mark.parametrize(("recover", "why"), [("3h", "acknowledged"), ("10m", "over")])
async def test_a_level_whose_notice_still_waits_hears_nothing_once_it_has_no_point(recover: str, why: str) -> None:
    one = course(recover=recover)
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")

    async def rests() -> None:
        one.city.phone.refusals.append(Busy("the mail server is away", rest=50 * 60))

    one.at(0.45).do(rests)
    if why == "acknowledged":
        one.at(0.6).sign(by="main")
    else:
        one.want(between(1.3, 1.5)).notice("resolved")
    await one.play(1.6)
    kept = [(notice.kind, notice.state, notice.reason) for notice, _ in one.city.notices.all()]
    assert ("escalated", "suppressed", why) in kept


async def test_a_level_without_anybody_is_skipped_at_once_and_its_reason_is_kept() -> None:
    nobody = "\n".join(line for line in ROTA.splitlines() if "post: deputy" not in line)
    one = course(nobody)
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    one.want(between(0.5, 0.6)).notice("escalated", says="带班领导：赵丁")
    one.want(between(1.5, 1.7)).notice("escalated", says="钱主任")
    (alert,) = await one.play(1.9)
    assert [rung.why for rung in alert.ladder if not rung.people] == ["副班此时无人，跳过"]


async def test_where_nobody_is_on_duty_the_fallback_is_told() -> None:
    begins = ROTA.replace("begins: 2026-01-01", "begins: 2026-12-01").replace(", {after: 120, to: [office]}", "")
    one = course(begins)
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    await one.play(0.6)
    assert told(one) == [("opened", ("head",))]


async def test_a_wait_of_office_hours_lasts_over_the_night() -> None:
    one = course(level="general", recover="20h")
    one.at(8.75).post(12, **HERE)  # a quarter before six in the evening
    one.want(between(8.75, 8.8)).notice("opened")
    one.want(between(24.2, 24.4)).notice("escalated", says="工作时间1小时内无人签收，通知副班")
    await one.play(24.9)


async def test_a_silence_holds_the_next_level_back_and_its_end_lets_it_go_on() -> None:
    one = course()
    one.at(0).post(12, **HERE)
    one.at(0.25).silence(1.5, county="620826")
    one.want(between(0, 0)).notice("opened")
    one.want(between(1.2, 1.8)).notice("silence_ends")
    one.want(between(1.75, 1.9)).notice("escalated", says="王丙")
    one.want(between(2.25, 2.45)).notice("escalated", says="赵丁")
    await one.play(2.6)


async def test_an_alert_that_rises_begins_anew_and_all_who_heard_hear_of_it() -> None:
    one = course()
    rising = RULE.replace("RECOVER", "3h").replace("    fires", "    major: {at_least: 40, sources: 1}\n    fires")
    one.city.rules = load_rulebook(rising.replace("LEVEL", "larger"))
    one.city.restart()
    one.at(0).post(12, **HERE)
    one.at(0.3).post(40, **HERE)
    one.want(between(0, 0)).notice("opened")
    one.want(between(0.3, 0.4)).notice("raised")
    one.want(between(0.3, 0.5)).notice("escalated", says="王丙")
    (alert,) = await one.play(0.6)
    assert {rung.round for rung in alert.ladder} == {0, 1}


async def test_without_steps_everybody_on_duty_is_told_at_once() -> None:
    one = course(ROTA[: ROTA.index("escalation:")])
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    await one.play(3)
    assert told(one) == [("opened", ("main", "deputy", "leader"))]


@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("look", [0, 1, 2])
async def test_a_death_between_any_two_writes_tells_nobody_twice_and_loses_no_level(after: int, look: int) -> None:
    city = course().city
    city.post(12, **HERE)
    unknown: set[str] = set()
    for number in range(3):
        if number == look:
            city.alerts.writes_left, city.notices.writes_left = after // 2, after - after // 2
            with suppress(Unavailable):
                await city.look()
            city.alerts.writes_left = city.notices.writes_left = -1
            unknown = {notice.id for notice, _ in city.notices.all() if notice.state == "sending"}
            city.restart()
        await city.look()
        city.post(12, **HERE)
        await city.wait(timedelta(minutes=31), every=timedelta(minutes=31))
    got = Counter(notice.id for _, notice in city.phone.got)
    assert {id_ for id_, times in got.items() if times > 1} <= unknown
    seen = [(notice.kind, notice.to) for notice in {notice.id: notice for _, notice in city.phone.got}.values()]
    assert [one for one in seen if one[0] in {"opened", "escalated"}] == [
        ("opened", ("main@example.org",)), ("escalated", ("deputy@example.org",)),
        ("escalated", ("leader@example.org",)),
    ]  # fmt: skip
