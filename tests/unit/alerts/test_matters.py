"""Matters are made of opinions and decisions alone: any order gives the same ones."""

from __future__ import annotations

from typing import Any

from alerts.matters import events, shortened
from analyzers.decisions import Decision

ROWS: list[dict[str, Any]] = [
    {"id": str(at), "title": "", "text": text, "normal": text, "posted_at": at, "source": "portal", "county": ""}
    for at, text in enumerate(
        (
            "梧桐新城旁边的搅拌站噪音太大",
            "梧桐新城小区附近搅拌站粉尘污染",
            "关停梧桐新城门口的搅拌站",
            "公交车什么时候恢复",
        )
    )
]


def test_any_order_of_opinions_gives_the_same_matters() -> None:
    assert events(ROWS, [], 1) == events(ROWS[::-1], [], 1)
    assert [event.posts for event in events(ROWS, [], 1)] == [("0", "1", "2")]


def test_a_decision_about_opinions_that_are_gone_changes_nothing() -> None:
    made = Decision(at=1, kind="split", posts=("gone",), by="w", reason="r")
    assert events(ROWS, [made], 1) == events(ROWS, [], 1)


def test_a_matter_says_that_people_decided_about_it() -> None:
    made = Decision(at=1, kind="merge", posts=("0", "3"), by="w", reason="r")
    assert [(event.count, event.decided) for event in events(ROWS, [made], 1)] == [(4, 1)]


def test_a_long_title_is_cut() -> None:
    assert shortened("路\n灯" * 40).startswith("路 灯")
    assert len(shortened("路灯" * 40)) == 40
