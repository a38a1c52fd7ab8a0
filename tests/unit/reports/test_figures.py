"""Elasticsearch's answers become plain numbers; an index that isn't there yet is zero of everything."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.reports import queries
from alerts.reports.figures import Book, booked, by_key, counted, documents, median, silences, total_hits
from alerts.reports.periods import HOUR_MS, Window

WINDOW = Window(start=1_000 * HOUR_MS, end=1_024 * HOUR_MS)
NOTHING: dict[str, Any] = {"hits": {"total": {"value": 0}, "hits": []}}


def bucket(key: Any, count: int, **inner: Any) -> dict[str, Any]:
    return {"key": key, "doc_count": count, **inner}


ANSWER: dict[str, Any] = {
    "hits": {"total": {"value": 9}},
    "aggregations": {
        "urgent": {"doc_count": 2},
        "danger": {"doc_count": 1},
        "late": {"doc_count": 3},
        "hours": {"buckets": [bucket(float(WINDOW.start), 4), bucket(float(WINDOW.start + 5 * HOUR_MS), 5)]},
        "sources": {
            "buckets": [
                bucket("weibo", 9, last={"value": 77.0}, hours={"buckets": [bucket(float(WINDOW.start), 9)]}),
            ]
        },
        "topics": {
            "buckets": [
                bucket(
                    "教育", 7, negative={"doc_count": 5}, counties={"buckets": [bucket("620826", 6), bucket("", 1)]}
                ),
                bucket("", 2, negative={"doc_count": 0}, counties={"buckets": [bucket("620826", 2)]}),
            ]
        },
        "counties": {"buckets": [bucket("620826", 8), bucket("", 1)]},
    },
}


def test_every_number_is_read() -> None:
    found = counted(ANSWER, WINDOW)
    assert (found.total, found.urgent, found.danger, found.late) == (9, 2, 1, 3)
    assert found.hours == (4, 0, 0, 0, 0, 5, *[0] * 18)
    assert found.sources == {"weibo": 9}
    assert found.last == {"weibo": 77}
    assert found.source_hours["weibo"][0] == 9
    assert (found.topics, found.negative) == ({"教育": 7, "": 2}, {"教育": 5, "": 0})
    assert found.counties == {"620826": 8, "": 1}


def test_a_concern_has_a_topic_and_a_county() -> None:
    assert counted(ANSWER, WINDOW).concerns == {("教育", "620826"): 6}


def test_an_index_that_is_not_there_yet_is_zero() -> None:
    found = counted(NOTHING, WINDOW)
    assert (found.total, sum(found.hours), len(found.hours), found.sources) == (0, 0, 24, {})
    assert (booked(NOTHING), by_key(NOTHING, "reasons"), documents(NOTHING), total_hits({})) == ({}, {}, [], 0)


def test_books_say_whether_they_balance() -> None:
    answer = {
        "aggregations": {
            "sources": {
                "buckets": [
                    bucket("weibo", 1, received={"value": 9.0}, stored={"value": 6.0}, repeated={"value": 2.0},
                           rejected={"value": 1.0}),
                ]
            }
        }
    }  # fmt: skip
    assert booked(answer) == {"weibo": Book(received=9, stored=6, repeated=2, rejected=1)}
    assert booked(answer)["weibo"].balanced
    assert not Book(received=2, stored=1).balanced


@pytest.mark.parametrize(
    ("busy", "found"),
    [
        (range(24), []),  # never silent
        ([*range(10), *range(15, 24)], [(10, 15)]),
        ([*range(19)], []),  # three hours say nothing
        ([*range(9)], [(9, 22)]),  # silent to the end of the evening
        (range(9, 24), []),  # nights and early mornings are quiet anyway
    ],
)
def test_silences_of_four_hours_of_the_day_are_found(busy: list[int], found: list[tuple[int, int]]) -> None:
    assert silences(tuple(1 if hour in busy else 0 for hour in range(24))) == found


def test_the_median_is_a_value_that_occurred() -> None:
    assert [median(values) for values in ([], [3], [9, 1, 5], [1, 2, 3, 4])] == [None, 3, 5, 2]


def test_windows_are_half_open_and_in_event_time() -> None:
    asked = queries.opinions(WINDOW)["query"]["range"]["posted_at"]
    assert (asked["gte"], asked["lt"]) == (WINDOW.start, WINDOW.end)


def test_nobody_is_asked_about() -> None:
    """No query names a person, and none asks for the text of a post."""
    window = WINDOW
    asked = str([queries.opinions(window), queries.books(window), queries.dead_letters(window)])
    assert "text" not in asked
    assert queries.opinions(window)["size"] == 0
