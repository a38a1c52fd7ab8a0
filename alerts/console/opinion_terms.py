"""What a person types into the search box: words and “phrases” with 与 (a space), 或 and 非, read without ever failing.

    停水 送水点          both occur, each as it stands
    停水 或 断水         one of them occurs
    停水 -演习           the first occurs, the second does not
    “停水 三天”          a phrase with its space
    停水 （学校 或 医院）  brackets

Only these become a query, and only as phrases: there is no wildcard, pattern, field or distance to ask for, so that no
text typed here costs more than `WORDS_MOST` phrase searches. What can't be read (a lone bracket, an operator at the
end) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

WORDS_MOST = 12
DEPTH_MOST = 3
OR = frozenset({"或", "或者", "or", "|", "｜"})
AND = frozenset({"与", "且", "和", "and", "&"})
NOT = frozenset({"非", "不含", "not", "-", "－", "!", "！"})
TOKEN = re.compile(
    r"""(?P<open>[(（])|(?P<close>[)）])|(?P<minus>(?<!\S)[-－!！](?=\S))|["“”](?P<phrase>[^"“”]*)(?:["“”]|$)"""
    r"""|(?P<word>[^\s()（）"“”]+)"""
)


@dataclass(frozen=True)
class Word:
    """A phrase that occurs as it stands."""

    text: str


@dataclass(frozen=True)
class Not:
    """What must not occur."""

    part: Tree


@dataclass(frozen=True)
class All:
    """All parts hold; none is everything."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Any_:  # noqa: N801 - `Any` is Python's
    """One of the parts holds."""

    parts: tuple[Tree, ...]


Tree = Word | Not | All | Any_
Token = tuple[str, str]


def read(text: str) -> All:
    """Return what was asked; whatever is typed is read, up to `WORDS_MOST` words."""
    tokens = list(_tokens(text))
    place, parts = 0, []
    while place < len(tokens):  # a closing bracket that nothing opened ends a part, not the reading
        tree, place = _any(tokens, place, 0)
        parts.append(tree)
        place += 1
    flat = [part for tree in parts for part in (tree.parts if isinstance(tree, All) else (tree,))]
    return All(tuple(flat))


def _tokens(text: str) -> Iterator[Token]:
    words = 0
    for found in TOKEN.finditer(text):
        kind, said = found.lastgroup or "", found[0]
        if kind == "word" and said.lower() in OR | AND | NOT:
            kind = "or" if said.lower() in OR else "and" if said.lower() in AND else "not"
        elif kind in {"word", "phrase"}:
            said = " ".join((found["phrase"] if kind == "phrase" else said).split())
            if not any(char.isalnum() for char in said):
                continue
            words += 1
            if words > WORDS_MOST:
                return
            kind = "word"
        elif kind == "minus":
            kind = "not"
        yield kind, said


def _any(tokens: list[Token], place: int, depth: int) -> tuple[Tree, int]:
    """Read up to a closing bracket or the end; return what was read and where that is."""
    branches: list[list[Tree]] = [[]]
    negated = False
    while place < len(tokens) and tokens[place][0] != "close":
        kind, said = tokens[place]
        place += 1
        if kind == "not":
            negated = not negated
            continue
        if kind == "or":
            branches.append([])
        elif kind == "word" or (kind == "open" and depth < DEPTH_MOST):
            part: Tree = Word(said)
            if kind == "open":
                part, place = _any(tokens, place, depth + 1)
                place += 1
            if part != All(()):
                branches[-1].append(Not(part) if negated else part)
        negated = False
    full = [branch for branch in branches if branch]
    ands = [branch[0] if len(branch) == 1 else All(tuple(branch)) for branch in full]
    if len(ands) == 1:
        return ands[0], place
    return (Any_(tuple(ands)) if ands else All(())), place


def words(tree: Tree) -> list[str]:
    """Return the phrases that may occur in what is found, to be marked in it."""
    if isinstance(tree, Word):
        return [tree.text]
    return [] if isinstance(tree, Not) else [word for part in tree.parts for word in words(part)]


def query(tree: Tree, normal: Callable[[str], str]) -> dict[str, Any]:
    """Return the query of a tree: phrases of the text as it is indexed, and nothing else."""
    if isinstance(tree, Word):
        return {"match_phrase": {"normal": normal(tree.text)}}
    if isinstance(tree, Any_):
        return {"bool": {"should": [query(part, normal) for part in tree.parts], "minimum_should_match": 1}}
    if isinstance(tree, Not):
        return {"bool": {"must_not": [query(tree.part, normal)]}}
    return {"bool": {"must": [query(part, normal) for part in tree.parts]}}


def said(tree: Tree, *, inside: bool = False) -> str:
    """Return in Chinese how it was understood: 停水 且 不含 演习."""
    if isinstance(tree, Word):
        return f"“{tree.text}”"
    if isinstance(tree, Not):
        return f"不含{said(tree.part, inside=True)}"
    if len(tree.parts) == 1:
        return said(tree.parts[0], inside=inside)
    text = (" 或 " if isinstance(tree, Any_) else " 且 ").join(said(part, inside=True) for part in tree.parts)
    return f"（{text}）" if inside and text else text
