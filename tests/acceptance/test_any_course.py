"""Whatever happens in a city: few messages at a time, no end without a beginning, and no alert without an account."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from city import City
from course import Course
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.hush_bounds import HOUR, MINUTE, Bounds

RULES = """rules:
  - {name: many, title: 集中反映, kind: count, level: larger, reason: 很多人说, key: [topic, county], window: 1h,
     step: 10m, recover: 20m, at_least: 5, major: {at_least: 15, sources: 2}, fires: {count: 9}, silent: {count: 1}}
  - {name: city, title: 全市反映, kind: count, level: larger, reason: 很多人说, key: [topic], window: 1h,
     step: 10m, recover: 20m, at_least: 14, fires: {count: 20}, silent: {count: 1}}
  - {name: danger, title: 涉及人身安全, kind: urgent, level: larger, reason: 有危险, key: [county], window: 1h,
     step: 10m, recover: 20m, fires: {count: 1, danger: 1}, silent: {count: 9}}
  - {name: mild, title: 提示, kind: count, level: general, reason: 有人说, key: [topic, county], window: 1h, step: 10m,
     recover: 20m, at_least: 3, pending: 20m, clear: 0.6, fires: {count: 9}, silent: {count: 1}}
"""
MOST = 3
WINDOW = timedelta(minutes=10)
deeds = st.lists(
    st.tuples(
        st.integers(0, 22 * 12),
        st.sampled_from(["post", "post", "post", "danger", "sign", "silence", "restart"]),
        st.integers(0, 3), st.integers(0, 2), st.integers(1, 12),
    ),
    max_size=40,
)  # fmt: skip


def played(happened: list[tuple[int, str, int, int, int]]) -> City:
    """Play what happened at which five minutes of a day and a night."""
    bounds = Bounds(
        flood_most=MOST, flood_window=10 * MINUTE, repeat_every=HOUR, repeats_most=2, group_wait=5 * MINUTE,
        flap_times=2, sign_lasts=3 * HOUR,
    )  # fmt: skip
    city = City(RULES, bounds=bounds)
    course = Course(city, every=timedelta(minutes=15))
    for five, what, topic, county, count in happened:
        at = course.at(five / 12)
        place = {"topic": f"领域{topic}", "county": f"62082{county + 1}"}
        if what == "post":
            at.post(count, source=("hotline", "weibo")[count % 2], **place)
        elif what == "danger":
            at.post(1, danger=True, **place)
        elif what == "sign":
            at.sign(topic=place["topic"])
        elif what == "silence":
            at.silence(count / 2, county=place["county"])
        else:
            at.restart()

    async def play() -> None:
        await course.walk_all(26)

    asyncio.run(play())
    return city


def most_within(times: list[datetime], span: timedelta) -> int:
    """Return how many moments the fullest stretch of a length holds."""
    return max((sum(start <= at < start + span for at in times) for start in times), default=0)


@settings(max_examples=40, deadline=None)
@given(deeds)
def test_whatever_happens_nothing_is_lost_doubled_or_too_much(happened: list[tuple[int, str, int, int, int]]) -> None:
    city = played(happened)
    got = city.phone.got
    assert max(Counter(notice.id for _, notice in got).values(), default=0) <= 1
    singles = [when for when, notice in got if notice.alert]
    assert most_within(singles, WINDOW) <= MOST
    kept = [notice for notice, _ in city.notices.all()]
    sent = {(notice.alert, notice.kind) for notice in kept if notice.state == "sent"}
    for alert, _ in city.alerts.all():
        mine = [notice for notice in kept if notice.alert == alert.id]
        assert mine, "every alert has an account"
        assert not alert.untold
        if (alert.id, "resolved") in sent:
            assert alert.told_at, "no end without a beginning"
            told = {kind for id_, kind in sent if id_ == alert.id}
            assert "opened" in told or any(notice.reason in {"grouped", "digest"} for notice in mine)
        if alert.danger:
            assert alert.told_at or alert.held == "flood" or alert.flaps, "danger is told"
