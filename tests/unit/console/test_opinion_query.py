"""Searching opinions: what a form asks, and what is never asked or shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.console import opinion_query as search
from alerts.console.words import DAY
from streams.clock import ms

NOW = datetime(2026, 5, 12, 1, 30, tzinfo=UTC)


def asked(**args: str) -> search.Ask:
    return search.read(args, NOW)


def test_each_word_must_occur_as_it_stands() -> None:
    found = search.query(asked(q="停水 送水点"), str)
    assert found["bool"]["must"] == [{"match_phrase": {"normal": "停水"}}, {"match_phrase": {"normal": "送水点"}}]


def test_today_begins_at_midnight_in_beijing() -> None:
    assert asked(span="today").since == ms(datetime(2026, 5, 11, 16, tzinfo=UTC))


def test_a_chosen_day_is_taken_to_its_end() -> None:
    ask = asked(since="2026-05-01", until="2026-05-01")
    assert (ask.span, ask.until - ask.since) == ("own", DAY)


def test_a_facet_counts_as_if_it_were_not_chosen_itself() -> None:
    ask = asked(topic="民政", source="weibo")
    assert {"term": {"topic": "民政"}} not in search.filters(ask, without="topic")
    assert {"term": {"source": "weibo"}} in search.filters(ask, without="topic")


def test_no_sentiment_of_a_single_text_is_fetched_filtered_or_sorted_by() -> None:
    body = search.body(asked(q="停水", sentiment="neg"), str)
    assert not any("sentiment" in name for name in body["_source"])
    assert "sentiment" not in json.dumps([body["query"], body["post_filter"], body["sort"]])


def test_no_field_of_a_row_could_be_a_person() -> None:
    assert not {"author", "name", "user", "handle"} & set(search.SHOWN)


@pytest.mark.parametrize(("whole", "shown"), [(4, None), (5, 0.4)])
def test_a_sentiment_is_shown_only_for_a_group_of_five(whole: int, shown: float | None) -> None:
    buckets = [{"key": "neg", "doc_count": 2}, {"key": "neu", "doc_count": whole - 2}]
    assert search.negative(buckets, whole) == shown
    answer = {"aggregations": {"feeling": {"doc_count": whole, "by": {"buckets": buckets}}}}
    assert (search.feeling(answer) is None) == (shown is None)


KEYS = ["q", "span", "since", "until", "topic", "subtopic", "page", "urgent", "sort"]


@given(st.dictionaries(st.sampled_from(KEYS), st.text()))
def test_whatever_is_typed_makes_a_search(args: dict[str, str]) -> None:
    ask = search.read(args, NOW)
    body = search.body(ask, str)
    assert body["from"] + body["size"] <= 10_000
    json.dumps(body)


@given(st.integers(1, 400 * DAY))
def test_a_chart_has_about_a_hundred_bars_at_most(long: int) -> None:
    widths = {"10m": DAY // 144, "1h": DAY // 24, "6h": DAY // 4, "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
    assert long / widths[search.interval(0, long)] <= 100


@pytest.mark.parametrize("order", search.SORTS)
def test_every_order_is_the_same_each_time_it_is_asked(order: str) -> None:
    assert {"id": "asc"} in search.body(asked(sort=order), str)["sort"]


def test_a_subtopic_is_asked_only_within_its_topic() -> None:
    assert asked(topic="城乡建设", subtopic="供水").subtopic == "供水"
    assert asked(subtopic="供水").subtopic == ""


def test_danger_is_asked_apart_from_urgency() -> None:
    assert {"term": {"danger": True}} in search.filters(asked(urgent="danger"))
    assert {"term": {"urgent": True}} in search.filters(asked(urgent="1"))


def test_the_words_of_a_search_come_back_as_they_were_asked() -> None:
    ask = asked(q="停水 或 断水", county="620826", sort="old", urgent="1")
    again = search.read(ask.args(), NOW)
    assert again == ask
