"""A place of the normal text is found again in what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import offsets, text

PIECES = (
    *("&", "amp;", "&amp;lt;", "&#49;", "&#x33", "&nbsp", "&notit;", ";", " ", "\u3000", "\r\n", "\n", "\x0b"),
    *("\x85", "\u200b", "\ud800", "\x00", "停水", "靜", "１", "a", "😀", "&NotEqualTilde;", "&#13;"),
)
ANY = st.one_of(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.text(st.characters(), max_size=40))


@given(ANY)
def test_the_traced_text_is_the_cleaned_one(raw: str) -> None:
    assert offsets.clean(raw).text == text.clean(raw)


@given(ANY)
def test_every_character_comes_from_what_it_is_the_form_of(raw: str) -> None:
    traced = offsets.clean(raw)
    for at, char in enumerate(text.fold(traced.text)):
        start, end = traced.source(at, at + 1)
        came = text.normal(raw[start:end])
        if char == " ":
            assert not came.strip()
        else:
            assert char == came or (raw[start] == "&" and char in came)  # one entity may be two characters


@given(ANY)
def test_places_keep_their_order(raw: str) -> None:
    traced = offsets.clean(raw)
    assert list(traced.starts) == sorted(traced.starts)
    assert list(traced.ends) == sorted(traced.ends)


@pytest.mark.parametrize(
    ("raw", "sought", "piece"),
    [
        ("&lt;停&nbsp;水&gt;", "停 水", "停&nbsp;水"),
        ("靜寧縣停\u200b電了", "停电", "停\u200b電"),
        ("一\r\n\r\n   二三", "二", "二"),
        ("ＡＢＣ停水", "abc", "ＡＢＣ"),
        ("一  \t 二", " ", "  \t "),
        ("&amp;amp;停水", "&", "&amp;amp;"),
        ("看&nbsp停水", "停水", "停水"),
    ],
)
def test_a_piece_is_highlighted_as_it_was_written(raw: str, sought: str, piece: str) -> None:
    traced = offsets.clean(raw)
    at = text.fold(traced.text).index(sought)
    start, end = traced.source(at, at + len(sought))
    assert raw[start:end] == piece


def test_no_piece_has_no_place() -> None:
    for start, end in ((0, 0), (1, 1), (-1, 1), (0, 3)):
        with pytest.raises(ValueError, match="no characters"):
            offsets.clean("停水").source(start, end)
