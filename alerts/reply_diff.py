"""What differs between two versions of a reply: pieces that stayed, went and came, in order.

Clause by clause, and within a clause that was rewritten character by character, so that a long text stays quick.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

CLAUSE = re.compile(r"[^，。；！？、\n]*[，。；！？、\n]|[^，。；！？、\n]+")
FINE = 200
"""Longest rewritten stretch, in characters, that is compared by characters."""


class Piece(NamedTuple):
    """A stretch of text: kept in both, gone from the older, come in the newer."""

    kind: Literal["same", "gone", "come"]
    text: str


def diff(older: str, newer: str) -> tuple[Piece, ...]:
    """Return the pieces: `same` and `gone` together are the older text, `same` and `come` the newer one."""
    out: list[Piece] = []
    for kind, gone, come in _steps(CLAUSE.findall(older), CLAUSE.findall(newer)):
        a, b = "".join(gone), "".join(come)
        if kind == "replace" and max(len(a), len(b)) <= FINE:
            for _, less, more in _steps(a, b):
                _add(out, "".join(less), "".join(more))
        else:
            _add(out, a, b)
    return tuple(out)


def _steps(a: Sequence[str], b: Sequence[str]) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    codes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [(kind, a[i:j], b[k:m]) for kind, i, j, k, m in codes]


def _add(out: list[Piece], gone: str, come: str) -> None:
    if gone == come:
        pieces: tuple[Piece, ...] = (Piece("same", gone),)
    else:
        pieces = (Piece("gone", gone), Piece("come", come))
    out.extend(piece for piece in pieces if piece.text)
