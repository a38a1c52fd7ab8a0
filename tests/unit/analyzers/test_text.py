"""One written form, and no character moves once a text is clean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import text

ANY = st.text(alphabet=st.characters(), max_size=80)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ＡＢＣ　１２３", "abc 123"),
        ("停水&nbsp;三天&lt;急&gt;", "停水 三天<急>"),
        ("靜寧縣停\u200b電", "静宁县停电"),
        ("a\x00b\x1ec", "a b c"),
        ("  一\r\n\r\n  二  ", "一 二"),
        ("[泪]😀", "[泪]😀"),
        ("\ud800坏", "坏"),
        ("", ""),
    ],
)
def test_every_way_to_write_it_comes_to_one_form(raw: str, normal: str) -> None:
    assert text.normal(raw) == normal


@given(ANY)
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    once = text.clean(raw)
    assert text.clean(once) == once


@given(ANY)
def test_folding_moves_no_character(raw: str) -> None:
    cleaned = text.clean(raw)
    assert len(text.fold(cleaned)) == len(cleaned)


@given(st.lists(ANY, max_size=6))
def test_a_page_is_cleaned_and_folded_as_its_texts_are_alone(raws: list[str]) -> None:
    cleaned = text.clean_page(raws)
    assert cleaned == [text.clean(raw) for raw in raws]
    assert text.fold_page(cleaned).texts() == [text.fold(each) for each in cleaned]
