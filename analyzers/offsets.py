"""Where each place of a cleaned text stands in what was written: for display, never on the way of every text.

`clean` here gives the same text as `analyzers.text.clean`, and beside it, for each character, the piece of the original
that it stands for: one character as a rule, all of an entity, all of a run of blanks. A test holds the two together.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from analyzers import text as texts_

_BREAK = re.compile(r"\r\n?")
_ENTITY = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")
"""What `html.unescape` looks at (HTML 5, character references)."""
_LINES = re.compile(r"[^\n]+")
_RUN = re.compile(r"[^\S\n]{2,}")

Piece = tuple[int, int, str]
"""What stands at `start` to `end` is replaced by a text."""


class Traced(Struct, frozen=True):
    """A text made from an original: its character i stands for the original's characters `starts[i]` to `ends[i]`.

    Both grow with i and end is exclusive; characters of the original that left no trace belong to none.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters `start` to `end` of the text stand in the original; raises ValueError if none."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no characters {start} to {end} in a text of {len(self.text)}")
        return self.starts[start], self.ends[end - 1]

    def replaced(self, pieces: Iterable[Piece]) -> Traced:
        """Return the text with pieces replaced (in order, apart); a new text stands for all that it replaced."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, new in pieces:
            parts += [self.text[at:start], new]
            starts += self.starts[at:start]
            ends += self.ends[at:start]
            if new:
                starts += [self.starts[start]] * len(new)
                ends += [self.ends[end - 1]] * len(new)
            at = end
        parts.append(self.text[at:])
        starts += self.starts[at:]
        ends += self.ends[at:]
        return Traced("".join(parts), tuple(starts), tuple(ends))


def clean(raw: str) -> Traced:
    """Return what `analyzers.text.clean` makes of a text, traced; raises nothing for any str."""
    traced = Traced(raw, tuple(range(len(raw))), tuple(range(1, len(raw) + 1)))
    traced = _strip(traced)
    for _ in range(texts_.NESTED):
        if "&" not in traced.text:
            break
        again = _strip(traced.replaced(_entities(traced.text)))
        if again.text == traced.text:
            break
        traced = again
    else:
        traced = _each(traced, re.compile("&"), lambda _: "＆")
    return _tidy(traced)


def _each(traced: Traced, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Traced:
    return traced.replaced((*match.span(), new(match)) for match in pattern.finditer(traced.text))


def _entities(text: str) -> Iterable[Piece]:
    """Yield the entities and what they mean; letters after one without its semicolon stay characters of their own."""
    for match in _ENTITY.finditer(text):
        old = match.group()
        new = html.unescape(old)
        rest = 0
        while rest < len(new) - 1 and new[-1 - rest] == old[-1 - rest] and old[1] != "#":
            rest += 1
        if new != old:
            yield match.start(), match.end() - rest, new[: len(new) - rest]


def _strip(traced: Traced) -> Traced:
    traced = _each(traced, _BREAK, lambda _: "\n")
    out: list[Piece] = []
    for at, char in enumerate(traced.text):
        new = texts_.STRIP.get(ord(char), char)
        if new != char:
            out.append((at, at + 1, new or ""))
    return traced.replaced(out)


def _tidy(traced: Traced) -> Traced:
    """Trim lines and drop empty ones as `text.clean` does; a line feed stands for all that lay between two lines."""
    out: list[Piece] = []
    last = 0
    for line in _LINES.finditer(traced.text):
        kept = line.group().strip()
        if not kept:
            continue
        start = line.start() + line.group().index(kept)
        if last < start or last:
            out.append((last, start, "\n" if last else ""))
        last = start + len(kept)
    if last < len(traced.text):
        out.append((last, len(traced.text), ""))
    return _each(traced.replaced(out), _RUN, lambda _: " ")
