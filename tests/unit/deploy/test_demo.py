"""The written day: invented, the same for the same date, and shaped as the story says."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from deploy.demo.scenario import posts_of
from streams.clock import BEIJING, beijing, ms

DAY = date(2026, 5, 1)


def test_the_same_date_is_the_same_day() -> None:
    assert posts_of(DAY) == posts_of(DAY)


def test_another_date_has_other_ids_and_the_same_texts() -> None:
    other = posts_of(date(2026, 5, 2))
    assert {timed.post.id for timed in posts_of(DAY)}.isdisjoint(timed.post.id for timed in other)
    assert [timed.post.text for timed in posts_of(DAY)] == [timed.post.text for timed in other]


def test_posts_arrive_in_order_between_morning_and_night() -> None:
    times = [timed.at for timed in posts_of(DAY)]
    assert times == sorted(times)
    assert ms(datetime(2026, 5, 1, 6, tzinfo=BEIJING)) <= times[0]
    assert times[-1] <= ms(datetime(2026, 5, 1, 23, tzinfo=BEIJING))


def test_the_failure_grows_across_sources_and_declines() -> None:
    water = [timed for timed in posts_of(DAY) if "静宁县" in timed.post.text and "水" in timed.post.text]
    hours = Counter(beijing(timed.at).hour for timed in water)
    assert len({timed.post.source for timed in water}) == 5
    assert hours[8] < hours[10] < hours[11] + hours[12]
    assert hours[19] + hours[20] < hours[12]


def test_the_day_has_what_a_real_day_has() -> None:
    posts = [timed.post for timed in posts_of(DAY)]
    assert len({post.id for post in posts}) == len(posts) - 1, "one is sent twice"
    assert sum(not post.text for post in posts) == 1, "one is empty"
    assert sum(beijing(post.posted_at).year == 2999 for post in posts) == 1, "one has a wrong clock"
