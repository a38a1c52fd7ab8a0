"""Bring texts to one written form, a page at a time, without moving a character.

`clean` drops what nobody sees (entities, zero-width and control characters); everything after it keeps positions:
`fold` maps one character to one character (width and compatibility forms as NFKC, traditional → simplified,
lower case), so a place found in the folded form is the same place in the cleaned text. Characters whose NFKC form is
longer than one (such as ㎡ or …) stay as they are, for that reason.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import opencc
import rjieba
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

BORDER = "\n\n"
"""What stands before, between and after the texts of a page; no folded text holds a line feed, so pieces of up to
three characters never reach from one text into another, and a text is judged the same on any page."""

DIRTY, SPACE, DIGIT, NUMERAL, JOINT, LATIN, AT, PROVINCE, UNIT, HAN = (1 << bit for bit in range(10))
"""Classes of characters, as bits: to clean, white space, 0-9, Chinese numeral, joint between digits, a-z, @,
short name of a province (on plates), part of a building after its number, Chinese character."""
NUMERALS = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
JOINTS = " -—–−‐‒―_.·。()*,/、~+\ufe0f\u20e3"
"""Chinese numerals, and what people put between the digits of one number (keycap emoji are digits too), folded."""
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"

_INVISIBLE = [0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0]
_INVISIBLE += [*range(0x180B, 0x180E), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
_INVISIBLE += [*range(0xD800, 0xE000), *range(0xFE00, 0xFE0F), *range(0xFFF0, 0xFFFC), 0xFFFE, 0xFFFF]
_INVISIBLE += [*range(0xE0000, 0xE0200)]
_CONTROL = [*range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)]
STRIP: dict[int, str | None] = {**dict.fromkeys(_INVISIBLE), **dict.fromkeys(_CONTROL, " ")}
STRIP |= dict.fromkeys([0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029], "\n")
"""What becomes of characters that nobody sees: nothing, a blank or a line feed."""
NESTED = 3
"""How deep entities may lie in entities (`&amp;lt;` is two deep)."""
_BLANKS = re.compile(r"[^\S\n]{2,}")
_FOLDED = (range(0xD800), range(0xE000, 0x10000), range(0x1D400, 0x1D800), range(0x1F100, 0x1F200))
_FOREIGN_CASE = {"ı": "i", "ſ": "s"}


class Page(NamedTuple):
    """Texts folded in one piece: `codes` of all of them within borders, where each starts, and the same as str."""

    codes: Codes
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    whole: str

    def __len__(self) -> int:
        return len(self.lengths)

    def text(self, index: int) -> str:
        """Return one folded text."""
        start = int(self.starts[index])
        return self.whole[start : start + int(self.lengths[index])]

    def texts(self) -> list[str]:
        """Return all folded texts, in order."""
        return self.whole.split(BORDER)[1:-1]

    def owner(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which text each position of `codes` belongs to."""
        return np.searchsorted(self.starts, positions, side="right") - 1


class _Tables(NamedTuple):
    fold: Codes
    kind: NDArray[np.uint16]


@cache
def _tables() -> _Tables:
    fold = np.arange(0x110000, dtype=np.uint32)
    letters = [c for part in _FOLDED for c in part]
    simple = opencc.OpenCC("t2s").convert("\n".join(map(chr, range(0x3400, 0xA000)))).split("\n")
    simplified = {0x3400 + i: to for i, to in enumerate(simple) if len(to) == 1}
    for code in letters:
        char = chr(code)
        to = unicodedata.normalize("NFKC", char)
        if len(to) != 1:
            continue
        to = simplified.get(ord(to), to).lower()
        to = _FOREIGN_CASE.get(to, to)
        if len(to) == 1 and to != char:
            fold[code] = ord(to)
    fold[[9, 10, 13, 0xA0, 0x3000]] = 32
    kind = np.zeros(0x110000, dtype=np.uint16)
    kind[list(STRIP)] |= DIRTY
    kind[ord("&")] |= DIRTY
    kind[[9, 10, 13, 32, 0xA0, 0x3000, *range(0x2000, 0x200B)]] |= SPACE
    kind[13] |= DIRTY
    kind[[ord(c) for c in "0123456789"]] |= DIGIT
    kind[[ord(c) for c in NUMERALS]] |= NUMERAL
    kind[[ord(c) for c in JOINTS]] |= JOINT
    kind[[ord(c) for c in "abcdefghijklmnopqrstuvwxyz"]] |= LATIN
    kind[ord("@")] |= AT
    kind[0x3400:0xA000] |= HAN
    kind[[ord(c) for c in PROVINCES]] |= PROVINCE
    kind[[ord(c) for c in "栋幢座单组队社#"]] |= UNIT
    return _Tables(fold, kind)


def load() -> None:
    """Build the tables now rather than with the first text."""
    _tables()


def codes_of(text: str) -> Codes:
    """Return the code points of `text`; lone surrogates are allowed."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def kinds(codes: Codes) -> NDArray[np.uint16]:
    """Return the class bits of each character."""
    return _tables().kind.take(codes)


def clean(text: str) -> str:
    """Return `text` without entities, invisible, control and surrogate characters and without blank edges of lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(STRIP)
    for _ in range(NESTED):
        if "&" not in text:
            break
        again = html.unescape(text).replace("\r", "\n").translate(STRIP)
        if again == text:
            break
        text = again
    else:
        text = text.replace("&", "＆")  # entities nested deeper than anyone writes: keep them, and `clean` idempotent
    return _tidy(text)


def _tidy(text: str) -> str:
    """Return `text` without blank edges of lines, empty lines and runs of blanks."""
    lines = "\n".join(filter(None, map(str.strip, text.split("\n"))))
    return _BLANKS.sub(" ", lines)


def clean_page(texts: Sequence[str]) -> list[str]:
    """Return every text cleaned; the many that need nothing are only looked at."""
    if not texts:
        return []
    whole = "\n".join(texts) + "\n"
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
    starts = ends - np.diff(ends, prepend=0)
    bits = kinds(codes_of(whole))
    blank = (bits & SPACE).astype(bool)
    bad = (bits & DIRTY).astype(bool)
    untidy = np.zeros_like(blank)
    untidy[1:] = blank[1:] & blank[:-1]  # this sees blanks before a border too, for the border is one
    untidy[starts] |= blank[starts]
    lone = ends - starts == 1
    untidy[starts[lone]] = False
    out = list(texts)
    dirty = np.logical_or.reduceat(bad, starts)
    for index in np.flatnonzero(dirty).tolist():
        out[index] = clean(out[index])
    for index in np.flatnonzero(np.logical_or.reduceat(untidy, starts) & ~dirty).tolist():
        out[index] = _tidy(out[index])
    return out


def fold_page(cleaned: Sequence[str]) -> Page:
    """Return cleaned texts in their folded form, as one page."""
    lengths = np.fromiter(map(len, cleaned), dtype=np.int64, count=len(cleaned))
    codes = _tables().fold.take(codes_of(BORDER.join(["", *cleaned, ""])))
    starts = np.cumsum(lengths + len(BORDER)) - lengths
    codes[np.subtract.outer(starts, [1, 2])] = 10
    codes[-2:] = 10
    return Page(codes, starts, lengths, codes.tobytes().decode("utf-32-le", "surrogatepass"))


def fold(cleaned: str) -> str:
    """Return one cleaned text in its folded form, of the same length."""
    return fold_page([cleaned]).text(0)


def normal(text: str) -> str:
    """Return the form that is searched and judged: cleaned and folded."""
    return fold(clean(text))


def words(normal_text: str) -> list[str]:
    """Cut a normal text into words (rjieba's own dictionary, hidden Markov model for unknown words)."""
    cut: list[str] = rjieba.cut(normal_text)
    return cut


def word_kinds(normal_text: str) -> list[tuple[str, str]]:
    """Cut a normal text into words with their part of speech (nr: a person's name)."""
    tagged: list[tuple[str, str]] = rjieba.tag(normal_text)
    return tagged


_RUNS = re.compile(r"[\u3400-\u9fff]{2,}")


def han_runs(normal_text: str) -> list[tuple[int, str]]:
    """Return the runs of two or more Chinese characters, with their places."""
    return [(found.start(), found.group()) for found in _RUNS.finditer(normal_text)]
