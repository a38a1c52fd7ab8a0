"""Take personal data out of a text before anything keeps it.

A mask replaces the value and leaves its kind, so the text still reads. The rules (`maskrules.RULES`) are rows, tried
in order on the folded text (same positions, see `analyzers.text`); what a civic text needs — order numbers,
国办发〔2016〕61号, prices, dates, 12345, 110 — has no row that matches it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analyzers import text as texts_
from analyzers.labels import MASKS
from analyzers.maskrules import RULES, WORDS
from analyzers.terms import Terms

_GONE = "\ue000"
_ROUNDS = 4
_RUN = 10
_TRIGGERS = Terms({word: gate for gate, words in WORDS.items() for word in words})


class Span(Struct, frozen=True, order=True):
    """Characters `start` to `end` (exclusive) of the cleaned text hold personal data of this kind."""

    start: int
    end: int
    kind: str


class Masked(Struct, frozen=True):
    """A text without personal data, and which kinds were taken out (sorted; never a value)."""

    text: str
    kinds: tuple[str, ...] = ()


def mask(text: str) -> Masked:
    """Clean `text` and replace personal data in it by its kind; doing it again changes nothing.

    Raises nothing for any str.
    """
    return mask_page([text])[0]


def mask_page(texts: Sequence[str]) -> list[Masked]:
    """Mask every text of a page; only those that hold a trigger of a rule are searched by it."""
    cleaned = texts_.clean_page(texts)
    page = texts_.fold_page(cleaned)
    out = [Masked(each) for each in cleaned]
    for index, gates in _gates(page).items():
        out[index] = _mask_one(cleaned[index], page.text(index), gates)
    return out


def spans(cleaned: str) -> list[Span]:
    """Return what would be masked in an already cleaned text, in order: for display of a trace, never stored."""
    page = texts_.fold_page([cleaned])
    return _spans(page.text(0), _gates(page).get(0, frozenset()))


def _mask_one(cleaned: str, folded: str, gates: frozenset[str]) -> Masked:
    kinds: set[str] = set()
    for _ in range(_ROUNDS):
        found = _spans(folded, gates)
        if not found:
            break
        kinds.update(span.kind for span in found)
        cleaned = _replace(cleaned, found)
        page = texts_.fold_page([cleaned])
        folded, gates = page.text(0), _gates(page).get(0, frozenset())
    return Masked(cleaned, tuple(sorted(kinds)))


def _replace(text: str, found: Iterable[Span]) -> str:
    parts, at = [], 0
    for span in found:
        parts += [text[at : span.start], MASKS[span.kind]]
        at = span.end
    return "".join([*parts, text[at:]])


def _spans(folded: str, gates: frozenset[str]) -> list[Span]:
    found: list[Span] = []
    for rule in RULES:
        if rule.gate not in gates:
            continue
        for match in rule.pattern.finditer(folded):
            start, end = rule.span(match)
            if start < end:
                found.append(Span(start, end, rule.kind))
                folded = f"{folded[:start]}{_GONE * (end - start)}{folded[end:]}"
    return sorted(found)


def _gates(page: texts_.Page) -> dict[int, frozenset[str]]:
    """Return for each text the gates that stand open: what is cheap to see for a whole page at once."""
    if not len(page):
        return {}
    kinds = texts_.kinds(page.codes)
    opened: dict[int, set[str]] = {}
    _open(opened, page, "digits", _long_runs(kinds))
    _open(opened, page, "at", np.flatnonzero(kinds == texts_.AT))
    number = (kinds[:-1] & (texts_.DIGIT | texts_.NUMERAL | texts_.LATIN)) != 0
    _open(opened, page, "address", np.flatnonzero(number & ((kinds[1:] & texts_.UNIT) != 0)))
    plated = (kinds[:-1] & texts_.PROVINCE != 0) & ((kinds[1:] & (texts_.LATIN | texts_.SPACE)) != 0)
    _open(opened, page, "plate", np.flatnonzero(plated))
    starts = page.starts.tolist()
    for position, _, gate in _TRIGGERS.find(page):
        opened.setdefault(bisect_right(starts, position) - 1, set()).add(gate)
    return {index: frozenset(gates) for index, gates in opened.items()}


def _open(opened: dict[int, set[str]], page: texts_.Page, gate: str, positions: NDArray[np.int64]) -> None:
    for index in np.unique(page.owner(positions)).tolist():
        opened.setdefault(index, set()).add(gate)


def _long_runs(kinds: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return where runs of digits, numerals and joints begin that hold at least ten digits or numerals."""
    inside = (kinds & (texts_.DIGIT | texts_.NUMERAL | texts_.JOINT)).astype(bool)
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins >= _RUN
    begins, ends = begins[long], ends[long]
    if not len(begins):
        return begins
    counted = np.concatenate(([0], np.cumsum((kinds & (texts_.DIGIT | texts_.NUMERAL)) != 0)))
    found: NDArray[np.int64] = begins[counted[ends] - counted[begins] >= _RUN]
    return found
