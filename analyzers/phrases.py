"""The distinctive phrases of a text: what a burst on one specific matter is recognised by.

A phrase is a word of three or more characters, or two adjacent words that make four to eight. Measured on a year of a
portal's messages (4,326): with 8 distinct messages in 14 days at 8 times the usual rate, and two such phrases said by
the same people, both known surges of that year are found, and nothing else.
"""

from __future__ import annotations

import re

import rjieba

HAN = re.compile(r"[一-鿿]{1,8}")
CHARACTERS = 600
"""How much of a text is read: people say what it is about early."""
MOST = 120


def phrases(normal: str) -> tuple[str, ...]:
    """Return the distinct phrases of a normalised text, in order of appearance, at most `MOST`."""
    found: dict[str, None] = {}
    before = ""
    for word in rjieba.cut(normal[:CHARACTERS]):
        if not HAN.fullmatch(word):
            before = ""
            continue
        if len(word) >= 3:
            found[word] = None
        if before and 4 <= len(before + word) <= 8:
            found[before + word] = None
        before = word
    return tuple(found)[:MOST]
