"""The collector's decisions: how long to rest, which topic, which word for which trouble."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.collect import FIRST, LATE_MS, MOST, pause_after, topic_of, trouble_of
from streams.errors import Misconfigured, Unavailable
from streams.records import PAGE_BYTES, PAGE_POSTS, BadItem, Post
from streams.sources.base import TROUBLES, Away, Denied, packed


@given(st.integers(1, 10_000), st.floats(0, 4000), st.floats(0, 1))
def test_a_rest_is_at_least_what_was_asked_and_ends(tries: int, after: float, chance: float) -> None:
    assert max(FIRST, after) <= pause_after(tries, after, chance) <= max(MOST, after) * 1.25


def test_rests_grow() -> None:
    assert [pause_after(n, 0, 0) for n in (1, 2, 3, 30)] == [5, 10, 20, 900]


def test_only_a_page_of_past_posts_is_a_backfill() -> None:
    now = 1_800_000_000_000
    assert topic_of(now - LATE_MS - 1, now) == "posts.backfill"
    assert topic_of(now - LATE_MS, now) == "posts.live"
    assert topic_of(0, now) == "posts.live"  # nothing but bad items


def test_every_error_has_a_word_and_a_bug_tells_only_its_kind() -> None:
    errors = [Away("busy", "a"), Denied("token", "b"), Misconfigured("c"), Unavailable("d"), KeyError("me")]
    found = [trouble_of(error) for error in errors]
    assert [kind for kind, _, _ in found] == ["busy", "token", "settings", "store", "bug"]
    assert all(kind in TROUBLES for kind, _, _ in found)
    assert found[-1][1] == "KeyError"


@given(st.lists(st.integers(0, 60_000), max_size=250))
def test_pages_hold_everything_in_order_and_are_never_too_large(sizes: list[int]) -> None:
    items = [
        Post(source="weibo", native_id=str(n), posted_at=n, text="水" * size)
        if size
        else BadItem(ref=str(n), reason="empty", detail="")
        for n, size in enumerate(sizes)
    ]
    pages = list(packed("weibo", items))
    assert sum(page.posts + page.bad for page in pages) == len(items)
    assert all(page.posts + page.bad <= PAGE_POSTS for page in pages)
    assert all(len(page.data) <= PAGE_BYTES + 60_000 * 3 for page in pages)
