"""Kept searches hold no person, and a drafted rule is one that the rulebook takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rulebook import load_rulebook
from alerts.saved_searches import LEAST, SavedSearch, made, rule_draft
from streams.errors import Rejected

ASKED = {"q": "停水 或 断水", "topic": "城乡建设", "county": "620826", "span": "7d", "page": "3"}


def test_the_same_name_for_the_same_role_is_the_same_search() -> None:
    assert made("停水", "analyst", ASKED, 1).id == made(" 停水 ", "analyst", {"q": "水"}, 2).id
    assert made("停水", "analyst", ASKED, 1).id != made("停水", "", ASKED, 1).id


def test_a_kept_search_holds_what_was_asked_without_the_page_and_without_who_asked() -> None:
    one = made("停水", "", ASKED, 1)
    assert "page" not in one.asked
    assert set(SavedSearch.__struct_fields__) == {"id", "name", "role", "asked", "at", "removed"}


@pytest.mark.parametrize(
    ("name", "role", "asked"),
    [
        ("", "", ASKED), ("长" * 41, "", ASKED), ("停水", "mayor", ASKED), ("停水", "", {"span": "7d"}),
        ("问13900000000", "", ASKED), ("停水", "", {"q": "13900000000"}),
    ],
)  # fmt: skip
def test_what_can_not_be_kept_is_refused_in_chinese(name: str, role: str, asked: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refused:
        made(name, role, asked, 1)
    assert refused.value.detail.endswith("。")


VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.dictionaries(st.sampled_from(["q", "topic", "county", "source", "intent", "subtopic", "event"]), VALUES),
    st.sampled_from(["", "1", "danger"]), VALUES, st.integers(0, 10_000),
)  # fmt: skip
def test_every_draft_is_a_rule_that_the_rulebook_takes(
    asked: dict[str, str], urgent: str, name: str, busiest: int
) -> None:
    one = SavedSearch(id="a1b2c3d4e5", name=name, role="", asked={**asked, "urgent": urgent}, at=1)
    (rule,) = load_rulebook(rule_draft(one, busiest))
    kinds = {"urgent"} if urgent == "danger" else {"count", "blacklist"}
    assert rule.kind in kinds
    assert rule.at_least > busiest or rule.kind == "urgent" or rule.at_least == LEAST


@pytest.mark.parametrize(("asked", "words"), [("停水", ("停水",)), ("停水 或 断水", ("停水", "断水"))])
def test_a_search_for_words_becomes_a_rule_that_watches_for_these_words(asked: str, words: tuple[str, ...]) -> None:
    text = rule_draft(made("停水", "", {**ASKED, "q": asked}, 1), 7)
    (rule,) = load_rulebook(text)
    assert (rule.kind, rule.words, rule.at_least) == ("blacklist", words, 10)
    assert "不能限定检索词" not in text


def test_a_draft_says_what_a_rule_can_not_be_limited_to() -> None:
    text = rule_draft(made("停水", "", {**ASKED, "q": "停水 与 断水"}, 1), 7)
    assert "规则不能限定检索词“停水 与 断水”" in text
    assert "不限于“620826”一组" in text
    assert "最多 7 条" in text
