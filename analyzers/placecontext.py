"""What stands around a name of a place: whether it is one at all, and what it is to the matter."""

from __future__ import annotations

import re
from typing import Literal

import rjieba

from analyzers import placewords as words

Role = Literal["here", "headed", "origin", "compared"]
"""What a place is to the matter: where it is, where one goes, where the writer is from, what it is compared with."""
ELSEWHERE = 12
"""A foreign city this near before a name (characters), with nothing between that parts them, takes it away from us."""
REACH = 12
ABOUT = 4
FIRSTS = frozenset(words.FIRSTS)


class Context:
    """The rules of the words around names, for a city and what its names are part of."""

    def __init__(self, city: str, goods: tuple[str, ...]) -> None:
        name = f"{re.escape(city)}市?"
        self._origin, self._compared, self._headed = (
            re.compile(rule.pattern.replace("{city}", name))
            for rule in (words.ORIGIN_BEFORE, words.COMPARED, words.HEADED)
        )
        self._goods = goods
        self.lasts = frozenset(f"{words.LASTS}{city[-1:]}")

    def is_road(self, normal: str, end: int) -> bool:
        """Say whether the name goes on as that of a street, an estate, a hotel or a shop."""
        return words.ROAD.match(normal, end) is not None or words.SHOP.match(normal, end) is not None

    def is_office(self, normal: str, end: int) -> bool:
        """Say whether the name goes on as something that a town has."""
        return words.OFFICE.match(normal, end) is not None

    def joined(self, normal: str, outside: int, at: int) -> bool:
        """Say whether the name belongs to the foreign city that ends at `outside`."""
        return at - outside <= ELSEWHERE and words.MOVES.search(normal, outside, at) is None

    def is_place(self, normal: str, at: int, end: int) -> bool | None:
        """Say whether a short name is surely a place (True), may be one (False) or is none (None)."""
        start = max(0, at - ABOUT)
        begins, ends = set(), set()
        place = start
        before = ""
        for token in rjieba.cut(normal[start : end + ABOUT], False):
            begins.add(place)
            if place + len(token) == at:
                before = token
            place += len(token)
            ends.add(place)
        if at not in begins or (end not in ends and not any(at in begins and e > end for e in ends if e < end + 2)):
            return None
        if before in words.PEOPLE and not normal.startswith(("县", "市", "区"), end):
            return None
        if normal.startswith(self._goods, end):
            return False
        return not self.is_road(normal, end)

    def role(self, normal: str, at: int, end: int) -> Role:
        """Say what the place is to the matter; "here" unless one of `lasts` stands before it or of FIRSTS behind."""
        before = normal[max(0, at - REACH) : at]
        if words.ORIGIN_AFTER.match(normal[end : end + 4]) or self._origin.search(before):
            return "origin"
        if self._compared.search(before):
            return "compared"
        return "headed" if self._headed.search(before) else "here"
