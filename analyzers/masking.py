"""Take personal data out of a text before anything keeps it.

A mask replaces the value and leaves its kind, so the text still reads. The rules (`maskrules.RULES`) are rows, tried
in order on the folded text (same positions, see `analyzers.text`); what a civic text needs — order numbers,
国办发〔2016〕61号, prices, dates, 12345, 110 — has no row that matches it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from analyzers import offsets
from analyzers import text as texts_
from analyzers.labels import MASKS
from analyzers.maskrules import HANDLE, MAILBOX, RULES, WORDS, Rule
from analyzers.terms import Terms

_GONE = "\ue000"
_ROUNDS = 4
_RUN = 10
_GATES = {word: gate for gate, words in WORDS.items() for word in words}
_TRIGGERS = Terms(_GATES)
_GATE_OF = [_GATES[word] for word in _TRIGGERS.names]
_SEEN = ("digits", "at", "address", "plate", "mail")
"""Gates that classes of characters open."""
_SETTLED = ["at"]
"""A text whose only gate is this needs no second look: what follows a handle is no letter and no digit, and no word
that opens a gate, and no number, begins with the last character of 用户."""
_SPOKEN_TO = re.compile(r"@(?!用户(?![\w\-·]))(?:[\w\-·]| ?[a-z0-9])")
_Gates = dict[str, list[int]]
"""Gates of one text, with the places that opened them, in order."""


class Span(Struct, frozen=True, order=True, gc=False):
    """Characters `start` to `end` (exclusive) of the cleaned text hold personal data of this kind."""

    start: int
    end: int
    kind: str


class Masked(Struct, frozen=True, gc=False):
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
    kinds: dict[int, set[str]] = {}
    left = list(range(len(out)))
    for _ in range(_ROUNDS):
        page = texts_.fold_page([out[index] for index in left])
        changed = []
        for at, gates in sorted(_gates(page).items()):
            index = left[at]
            if [*gates] == _SETTLED:
                without = _without_handles(out[index], page.text(at), gates["at"])
                if without is not None:
                    out[index] = without
                    kinds.setdefault(index, set()).add("handle")
                continue
            found = _spans(page.text(at), gates)
            if found:
                kinds.setdefault(index, set()).update([span.kind for span in found])
                out[index] = _replace(out[index], found)
                changed.append(index)
        left = changed
        if not left:
            break
    masked = [Masked(text) for text in out]
    for index, each in kinds.items():
        masked[index] = Masked(out[index], tuple(sorted(each)))
    return masked


class Mark(Struct, frozen=True, order=True):
    """A mask: characters `start` to `end` of the masked text, for `source_start` to `source_end` of the original."""

    start: int
    end: int
    kind: str
    source_start: int
    source_end: int


class Trace(Struct, frozen=True):
    """A masked text with where each of its characters, and each mask, stands in the original."""

    traced: offsets.Traced
    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        """What `mask` returns as text."""
        return self.traced.text


def trace(text: str) -> Trace:
    """Mask a text as `mask` does and keep the way back to the original: for display, slower, never stored."""
    traced = offsets.clean(text)
    owners = [-1] * len(traced.text)  # for each character the number of its mask, or -1
    kinds: list[str] = []
    for _ in range(_ROUNDS):
        found = spans(traced.text)
        if not found:
            break
        traced = traced.replaced((span.start, span.end, MASKS[span.kind]) for span in found)
        moved, at = [], 0
        for span in found:
            moved += owners[at : span.start] + [len(kinds)] * len(MASKS[span.kind])
            kinds.append(span.kind)
            at = span.end
        owners = moved + owners[at:]
    marks, at = [], 0
    for owner, run in groupby(owners):
        end = at + len(list(run))
        if owner >= 0:
            marks.append(Mark(at, end, kinds[owner], *traced.source(at, end)))
        at = end
    return Trace(traced, tuple(marks))


def spans(cleaned: str) -> list[Span]:
    """Return what would be masked in an already cleaned text in the first round, in order: never stored."""
    page = texts_.fold_page([cleaned])
    return _spans(page.text(0), _gates(page).get(0, {}))


def _replace(text: str, found: Iterable[Span]) -> str:
    parts: list[str] = []
    at = 0
    for span in found:
        parts += (text[at : span.start], MASKS[span.kind])
        at = span.end
    parts.append(text[at:])
    return "".join(parts)


def _without_handles(text: str, folded: str, places: Iterable[int]) -> str | None:
    """Return a text that holds nothing else to mask without its handles, or None: most texts of a platform are such."""
    parts: list[str] = []
    end = 0
    for place in places:
        match = HANDLE.match(folded, place) if place >= end else None
        if match:
            parts += (text[end:place], MASKS["handle"])
            end = match.end()
    if not parts:
        return None
    parts.append(text[end:])
    return "".join(parts)


@cache
def _rules(gates: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.gate in gates)


def _spans(folded: str, gates: _Gates) -> list[Span]:
    found: list[Span] = []
    rules = _rules(frozenset(gates))
    for rule in rules:
        new = [Span(start, end, rule.kind) for start, end in rule.spans(folded, gates[rule.gate])]
        if new and len(rules) > 1:
            folded = _without(folded, new)
        found += new
    return sorted(found) if len(rules) > 1 else found


def _without(folded: str, found: Iterable[Span]) -> str:
    """Return the text with what was found made unreadable for the rules after, in one go: a text may hold thousands."""
    parts, at = [], 0
    for span in found:
        parts += [folded[at : span.start], _GONE * (span.end - span.start)]
        at = span.end
    return "".join([*parts, folded[at:]])


def _gates(page: texts_.Page) -> dict[int, _Gates]:
    """Return for each text the gates that stand open, and where: what is cheap to see for a whole page at once."""
    if not len(page):
        return {}
    kinds = texts_.kinds(page.codes)
    hits = _TRIGGERS.find(page)
    opened: list[tuple[ArrayLike, ArrayLike]] = [(hits.position, hits.ident)]
    number = (kinds[:-1] & (texts_.DIGIT | texts_.NUMERAL | texts_.LATIN)) != 0
    plated = (kinds[:-1] & texts_.PROVINCE != 0) & ((kinds[1:] & (texts_.LATIN | texts_.SPACE)) != 0)
    spoken_to = [at for at in np.flatnonzero(kinds == texts_.AT).tolist() if _SPOKEN_TO.match(page.whole, at)]
    for gate, places in (
        ("digits", _long_runs(kinds)),
        ("at", spoken_to),
        ("mail", [at for at in spoken_to if page.whole[at - 1] in MAILBOX]),
        ("address", np.flatnonzero(number & ((kinds[1:] & texts_.UNIT) != 0))),
        ("plate", np.flatnonzero(plated)),
    ):
        opened.append((places, np.full(len(places), -1 - _SEEN.index(gate))))
    position, ident = (np.concatenate(each).astype(np.int64) for each in zip(*opened, strict=True))
    order = np.argsort(position, kind="stable")
    position, ident = position[order], ident[order]
    owner = page.owner(position)
    out: dict[int, _Gates] = {}
    place = position - page.starts[owner]
    for index, at, which in zip(owner.tolist(), place.tolist(), ident.tolist(), strict=True):
        gate = _GATE_OF[which] if which >= 0 else _SEEN[-1 - which]
        out.setdefault(index, {}).setdefault(gate, []).append(at)
    return out


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
