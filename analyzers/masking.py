"""Take personal data out of a text before anything keeps it.

A mask replaces the value and leaves its kind, so the text still reads. The rules (`maskrules.RULES`) are rows, tried
in order on the folded text (same positions, see `analyzers.text`); what a civic text needs — order numbers,
国办发〔2016〕61号, prices, dates, 12345, 110 — has no row that matches it.
"""

from __future__ import annotations

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
_GATES = {word: gate for gate, words in WORDS.items() for word in words}
_TRIGGERS = Terms(_GATES)
_GATE_OF = [_GATES[word] for word in _TRIGGERS.names]


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
    out = texts_.clean_page(texts)
    kinds: list[set[str]] = [set() for _ in out]
    left = list(range(len(out)))
    for _ in range(_ROUNDS):
        page = texts_.fold_page([out[index] for index in left])
        changed = []
        for at, gates in sorted(_gates(page).items()):
            found = _spans(page.text(at), gates)
            if found:
                index = left[at]
                kinds[index].update(span.kind for span in found)
                out[index] = _replace(out[index], found)
                changed.append(index)
        left = changed
        if not left:
            break
    return [Masked(text, tuple(sorted(each)) if each else ()) for text, each in zip(out, kinds, strict=True)]


def spans(cleaned: str) -> list[Span]:
    """Return what would be masked in an already cleaned text, in order: for display of a trace, never stored."""
    page = texts_.fold_page([cleaned])
    return _spans(page.text(0), _gates(page).get(0, frozenset()))


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
    hits = _TRIGGERS.find(page)
    for index, ident in zip(page.owner(hits.position).tolist(), hits.ident.tolist(), strict=True):
        opened.setdefault(index, set()).add(_GATE_OF[ident])
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
