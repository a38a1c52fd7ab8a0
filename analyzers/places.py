"""Which county, town and village of the city a text speaks of, by the longest name and by what stands around it.

Names are public facts, kept in `models/places.json` (平凉). Another city is `Gazetteer.read` of a file that
`analyzers.training.places` builds from a list of codes and names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, json

_TABLE = Path(__file__).parent / "models" / "places.json"
ELSEWHERE = 12
"""A foreign city this near before a name (characters) takes the name away from us."""


class Place(NamedTuple):
    """A place found: `county` is its code ("" if none), `path` such as 静宁县/城关镇/南关社区, `term` what said so."""

    county: str
    path: str
    term: str


NOWHERE = Place("", "", "")


class Town(Struct, frozen=True, array_like=True):
    """A town or street district, with its villages and communities."""

    name: str
    villages: list[str]


class County(Struct, frozen=True, array_like=True):
    """A county or district: its code, its full and its short name."""

    code: str
    name: str
    short: str
    towns: list[Town]


class Table(Struct, frozen=True, kw_only=True):
    """What a gazetteer file holds. code, name: of the city, as 620800 and 平凉市; city: its short name.

    landmarks: name → county code; people: characters that before a name make it a person's; goods: words after a
    short name that make it a product; others: names of other places that share one of our names.
    """

    code: str
    name: str
    city: str
    counties: list[County]
    landmarks: dict[str, str]
    aliases: dict[str, str]
    people: str
    goods: list[str]
    roads: list[str]
    others: list[str]


class Gazetteer:
    """All names of one city, and how to read them in a text."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.counties = {county.code: county.name for county in table.counties}
        self._short = {county.short: county.code for county in table.counties}
        self._goods, self._roads = tuple(table.goods), tuple(table.roads)
        names: dict[str, list[Place]] = {}
        for county in table.counties:
            code, full = county.code, county.name
            for name in (full, county.short):
                names.setdefault(name, []).append(Place(code, full, name))
            for town in county.towns:
                names.setdefault(town.name, []).append(Place(code, f"{full}/{town.name}", town.name))
                for village in town.villages:
                    names.setdefault(village, []).append(Place(code, f"{full}/{town.name}/{village}", village))
        for name, code in {**table.landmarks, **table.aliases}.items():
            names.setdefault(name, []).append(Place(code, self.counties[code], name))
        self._names = {name: tuple(dict.fromkeys(places)) for name, places in names.items() if len(name) > 1}
        self._names.pop("街道", None)
        self.terms: frozenset[str] = frozenset(self._names) | frozenset(table.others) | {table.city, table.name}
        self._others = frozenset(table.others)

    @classmethod
    def read(cls, path: Path) -> Gazetteer:
        """Read a gazetteer file; raises OSError, or msgspec.ValidationError if it is not one."""
        return cls(json.decode(path.read_bytes(), type=Table))

    def locate(self, normal: str, found: Sequence[tuple[int, str]]) -> tuple[Place, tuple[Place, ...]]:
        """Return the finest place that the text names without contradiction, and all candidates.

        found: (place, term) of `terms` in the text, in order. A village or town whose name many share is taken only
        when its county or town is named too; names next to another city, in a person's name or a product are not.
        """
        ours, elsewhere = False, -1
        named: list[tuple[bool, Place]] = []
        loose: list[tuple[Place, ...]] = []
        end = 0
        for at, term in found:
            if at < end:
                continue
            end = at + len(term)
            if term in self._others:
                elsewhere = end
            elif term.startswith(self.table.city):
                ours = ours or not normal.startswith(self._roads, end)
            elif elsewhere >= 0 and at - elsewhere <= ELSEWHERE:
                continue
            elif term in self._short:
                sure = self._sure(normal, at, end)
                if sure is not None:
                    named.append((sure, self._names[term][0]))
            else:
                loose.append(self._names[term])
        return self._choose(named, loose, ours=ours, foreign=elsewhere >= 0)

    def _sure(self, normal: str, at: int, end: int) -> bool | None:
        """Say whether a short name is surely a place (True), may be one (False) or is none (None)."""
        if at and normal[at - 1] in self.table.people:
            return None
        if normal.startswith(self._goods, end):
            return None
        return not normal.startswith(self._roads, end)

    def _choose(
        self,
        named: list[tuple[bool, Place]],
        loose: list[tuple[Place, ...]],
        *,
        ours: bool,
        foreign: bool,
    ) -> tuple[Place, tuple[Place, ...]]:
        counted: dict[str, int] = {}
        for sure, place in named:
            if sure or ours:
                counted[place.county] = counted.get(place.county, 0) + 2
        full = [p for places in loose for p in places if p.path == self.counties[p.county]]
        for place in full:
            counted[place.county] = counted.get(place.county, 0) + 3
        fine = [places for places in loose if places[0].path != self.counties[places[0].county]]
        if not counted and foreign and not ours:
            return NOWHERE, ()
        if not counted:
            for places in fine:
                if len(places) == 1 and len(places[0].term) >= (3 if places[0].path.count("/") == 1 else 4):
                    counted[places[0].county] = counted.get(places[0].county, 0) + 1
        candidates = tuple(dict.fromkeys([p for _, p in named] + [p for places in loose for p in places]))
        if not counted:
            return NOWHERE, candidates
        county = max(counted, key=lambda code: counted[code])
        best = Place(county, self.counties[county], next((p.term for _, p in named if p.county == county), ""))
        best = next((p for p in full if p.county == county), best)
        return _finer(best, fine), candidates


def _finer(best: Place, fine: list[tuple[Place, ...]]) -> Place:
    """Return the town, then the village, inside `best` that one of the names can only mean."""
    for depth in (1, 2):
        for places in fine:
            fits = [p for p in places if p.county == best.county and p.path.count("/") == depth]
            inside = [p for p in fits if p.path.startswith(best.path + "/")]
            if len(inside) == 1 or (len(fits) == 1 and best.path.count("/") == 0):
                best = (inside or fits)[0]
                break
    return best


@cache
def shipped() -> Gazetteer:
    """Return the gazetteer of 平凉 that comes with the program."""
    return Gazetteer.read(_TABLE)


_serving: list[Gazetteer] = []


def serve(city: Gazetteer | None) -> None:
    """Make this process serve a city; None: the one that comes with the program. Called once, before any text."""
    _serving[:] = [] if city is None else [city]


def default() -> Gazetteer:
    """Return the gazetteer of the city that this process serves."""
    return _serving[0] if _serving else shipped()


def county_name(code: str) -> str:
    """Return the full name of a county of the city such as 静宁县, or "" if the code is none of its."""
    return default().counties.get(code, "")


def counties() -> dict[str, str]:
    """Return adcode → full name of all counties of the city, in the order of the table."""
    return dict(default().counties)
