"""What is typed into the search box: how it is read, that it always is, and how little it can cost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.console import opinion_terms as terms

READ = {
    "停水 送水点": "“停水” 且 “送水点”",
    "停水 或 断水": "“停水” 或 “断水”",
    "停水 | 断水 静宁": "“停水” 或 （“断水” 且 “静宁”）",
    "停水 -演习": "“停水” 且 不含“演习”",
    "停水 非 演习": "“停水” 且 不含“演习”",
    "“停水 三天” 学校": "“停水 三天” 且 “学校”",
    '"停水 三天': "“停水 三天”",
    "停水（学校 或 医院）": "“停水” 且 （“学校” 或 “医院”）",
    "-（演习 或 通知）": "不含（“演习” 或 “通知”）",
    "A-B区": "“A-B区”",  # a hyphen within a word is a hyphen
    "或": "", "(": "", "） 停水": "“停水”", "非": "", "，。": "", "停水 或": "“停水”", "（）": "",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "understood"), READ.items())
def test_it_is_read_as_people_mean_it(typed: str, understood: str) -> None:
    assert terms.said(terms.read(typed)) == understood


def test_what_must_not_occur_is_not_marked() -> None:
    assert terms.words(terms.read("停水 -演习 （学校 或 医院）")) == ["停水", "学校", "医院"]


def kinds(query: Any) -> set[str]:
    """Return the kinds of queries within a query."""
    if isinstance(query, list):
        return set().union(*map(kinds, query)) if query else set()
    found = set()
    for name, value in query.items():
        if name == "bool":
            found |= {"bool"} | set().union(*(kinds(v) for v in value.values() if isinstance(v, list)), set())
        else:
            found.add(name)
    return found


PIECES = st.sampled_from(
    ["停水", "*", "/a.*b/", "text:", "[* TO *]", "~9", "^5", "或", "非", "-", "(", "（", "）", '"', "”", " ", "\\"]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map(" ".join)))
def test_whatever_is_typed_becomes_a_few_phrases_and_never_a_pattern(typed: str) -> None:
    tree = terms.read(typed)
    query = terms.query(tree, str)
    assert kinds(query) <= {"bool", "match_phrase"}
    text = json.dumps(query, ensure_ascii=False)
    assert text.count('"match_phrase"') <= terms.WORDS_MOST
    assert len(terms.words(tree)) <= terms.WORDS_MOST


@given(st.integers(0, 60))
def test_brackets_in_brackets_end_somewhere(depth: int) -> None:
    query = json.dumps(terms.query(terms.read("(" * depth + "停水" + ")" * depth), str))
    assert query.count('"bool"') <= terms.DEPTH_MOST + 2


@given(st.text(max_size=80))
def test_reading_what_was_understood_asks_the_same(typed: str) -> None:
    tree = terms.read(typed)
    said = terms.said(tree)
    assert terms.said(terms.read(said.replace("不含", " -"))) == said
