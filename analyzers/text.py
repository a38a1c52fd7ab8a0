"""Bring a text to one written form: entities, width, script, case; and cut it into words."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

import opencc
import rjieba

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0x00AD, 0x180E, 0xFFFE, 0xFFFF],
    None,
)
_CONTROL = dict.fromkeys([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA0)], " ")
_STRIP = {**_INVISIBLE, **_CONTROL, **dict.fromkeys(range(0xD800, 0xE000), None)}
_SPACES = re.compile(r"\s+")


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def clean(text: str) -> str:
    """Return `text` without entities, zero-width, control and surrogate characters, white space collapsed."""
    if "&" in text:
        text = html.unescape(text)
    return _SPACES.sub(" ", text.translate(_STRIP)).strip()


def normal(text: str) -> str:
    """Return the form that is searched and judged: cleaned, NFKC, simplified characters, lower case."""
    folded = unicodedata.normalize("NFKC", clean(text))
    simplified: str = _converter().convert(folded)
    return simplified.lower()


def words(text: str) -> list[str]:
    """Cut a normal text into words (rjieba, its own dictionary, with hidden Markov model for unknown words)."""
    cut: list[str] = rjieba.cut(text)
    return cut
