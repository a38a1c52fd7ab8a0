"""Which county, town and village of the city a text speaks of, by the longest name and by what stands around it.

Names are public facts, kept in `models/places.json` (平凉). Another city is `Gazetteer.read` of a file that
`huiying places build` makes from a list of codes and names.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, json

from analyzers.placecontext import FIRSTS, Context, Role
from analyzers.placewords import SEAT, VAGUE

_TABLE = Path(__file__).parent / "models" / "places.json"
FULL, SHORT, FINE = 2.5, 2.0, 1.5
"""What a county's full name, its short name or a landmark, and a town or village that only one county has, count."""
SHARE: dict[Role, float] = {"here": 1.0, "headed": 0.8, "origin": 0.3, "compared": 0.2}
"""How much of it, by what the place is to the matter."""


_HERE: Role = "here"


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


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a gazetteer file holds. code, name: of the city, as 620800 and 平凉市; city: its short name.

    landmarks, aliases: name → county code; goods: words after a short name that make it a product or a word;
    others: names of places elsewhere, which take a name next to them away from us.
    """

    code: str
    name: str
    city: str
    counties: list[County]
    landmarks: dict[str, str] = {}
    aliases: dict[str, str] = {}
    goods: list[str] = []
    others: list[str] = []


class _Meaning(NamedTuple):
    """What follows from the places that a name may mean; county: if only one; deep: its towns, its villages."""

    places: tuple[Place, ...]
    county: str
    counties: frozenset[str]
    whole: bool
    worth: float
    telling: bool
    deep: tuple[tuple[Place, ...], ...]


_Mention = tuple[_Meaning, int, int]
"""A name in a text: what it means, where it starts and ends."""


class Gazetteer:
    """All names of one city, and how to read them in a text. Raises ValueError for a table that contradicts itself."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.counties = {county.code: county.name for county in table.counties}
        self._names: dict[str, tuple[Place, ...]] = {}
        self._stems: dict[str, tuple[Place, ...]] = {}
        for county in table.counties:
            code, full = county.code, county.name
            self._add(full, Place(code, full, full))
            for town in county.towns:
                self._add(town.name, Place(code, f"{full}/{town.name}", town.name))
                stem = _stem(town.name)
                if stem:
                    place = Place(code, f"{full}/{town.name}", stem)
                    self._stems[stem] = (*self._stems.get(stem, ()), place)
                for village in town.villages:
                    self._add(village, Place(code, f"{full}/{town.name}/{village}", village))
        for name, code in {**_seat(table), **table.landmarks, **table.aliases}.items():
            if code not in self.counties:
                raise ValueError(f"{name} lies in {code}, which is none of the counties")
            self._add(name, Place(code, self.counties[code], name))
        self._short = {c.short: Place(c.code, c.name, c.short) for c in table.counties if c.short != table.city}
        self._stems = {stem: at for stem, at in self._stems.items() if stem not in self._short}
        self._others = frozenset(table.others) - self._names.keys() - self._short.keys()
        self._whole = frozenset({*self.counties.values(), *table.aliases})
        self._city = frozenset({table.city, table.name})
        self.areas = self._whole | self._city | {*self._short, *self._stems} | {
            town.name for county in table.counties for town in county.towns
        }
        self.terms: frozenset[str] = self._others | self._city | {*self._names, *self._short, *self._stems}
        self._context = Context(table.city, tuple(table.goods))
        self._meanings: dict[tuple[Place, ...], _Meaning] = {}
        self._sure = {
            name: self._meaning(places) for name, places in self._names.items() if name not in self._city
        }

    def _add(self, name: str, place: Place) -> None:
        if len(name) > 1 and name != "街道":
            known = self._names.get(name, ())
            self._names[name] = known if place in known else (*known, place)

    @classmethod
    def read(cls, path: Path) -> Gazetteer:
        """Read a gazetteer file; raises OSError, or ValueError (also msgspec.ValidationError) if it is not one."""
        return cls(json.decode(path.read_bytes(), type=Table))

    def locate(self, normal: str, found: Sequence[tuple[int, str]]) -> tuple[Place, tuple[Place, ...]]:
        """Return the finest place that the text names without contradiction, and what else it may mean.

        found: (place, term) of `terms` in the text, in order. A village or town whose name many share is taken only
        when its county or town is named too; names next to another city, in a person's name or a product are not.
        """
        ours, foreign, outside = False, False, -1
        mentions: list[_Mention] = []
        maybe: list[Place] = []
        end, county, county_end = 0, "", -9
        for at, term in found:
            if at < end:
                continue
            end = at + len(term)
            meaning = self._sure.get(term)
            if meaning is None and (term in self._city or term in self._others):
                if self._context.is_road(normal, end):
                    continue
                if term in self._city:
                    ours, outside, county, county_end = True, -1, "", end
                else:
                    foreign, outside = True, end
                continue
            if outside >= 0 and term not in self._whole and self._context.joined(normal, outside, at):
                outside = end
                continue
            if meaning is None:
                known, unsure = self._meant(term, normal, at, end, county if at - county_end <= 1 else None)
                maybe += unsure
                if not known:
                    end = end if unsure else at + 1
                    continue
                meaning = self._meaning(known)
            mentions.append((meaning, at, end))
            county, county_end = meaning.county or county, end
        return self._choose(normal, mentions, maybe, ours=ours, foreign=foreign)

    def _meant(
        self, term: str, normal: str, at: int, end: int, county: str | None
    ) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
        """Return what a name means here, and what it may mean; `county` is the one named just before ("": the city)."""
        if term in self._short:
            sure = self._context.is_place(normal, at, end)
            one = (self._short[term],)
            return (one, ()) if sure else ((), () if sure is None else one)
        return self._town(term, normal, end, county), ()

    def _town(self, stem: str, normal: str, end: int, county: str | None) -> tuple[Place, ...]:
        """Return the towns that a name without 镇 or 乡 means here; none where it may be a word."""
        towns = self._stems[stem]
        if self._context.is_road(normal, end):
            return ()
        if county is not None:
            inside = tuple(town for town in towns if town.county == county)
            return inside or (towns if county == "" and len(towns) == 1 else ())
        if len(towns) > 1 or VAGUE.fullmatch(stem):
            return ()
        return towns if len(stem) > 2 or self._context.is_office(normal, end) else ()

    def _choose(
        self, normal: str, mentions: list[_Mention], maybe: list[Place], *, ours: bool, foreign: bool
    ) -> tuple[Place, tuple[Place, ...]]:
        if not mentions:
            return NOWHERE, tuple(dict.fromkeys(maybe))
        counted: dict[str, float] = {}
        first: dict[str, Place] = {}
        distinct = {id(meaning): meaning for meaning, _, _ in mentions}
        several = len(frozenset[str]().union(*[each.counties for each in distinct.values()])) > 1
        roles = self._roles(normal, mentions) if several else [_HERE] * len(mentions)
        finer = {}
        for (meaning, _, _), role in zip(mentions, roles, strict=True):
            if role != "compared":
                finer[id(meaning)] = meaning
            county = meaning.county
            if meaning.whole:
                if county not in first:
                    first[county] = meaning.places[0]
            elif len(meaning.places) > 1 or not (counted or ours or (meaning.telling and not foreign)):
                continue
            counted[county] = counted.get(county, 0.0) + meaning.worth * SHARE[role]
        all_of_them = tuple(dict.fromkeys([*(place for each in distinct.values() for place in each.places), *maybe]))
        if not counted:
            return NOWHERE, all_of_them
        county = max(counted, key=counted.__getitem__)
        best = first.get(county) or Place(county, self.counties[county], "")
        best = _finer(best, [*finer.values()])
        if len(all_of_them) == 1:
            return best, ()
        above = f"{best.path}/"
        return best, tuple(place for place in all_of_them if not above.startswith(f"{place.path}/"))

    def _roles(self, normal: str, mentions: list[_Mention]) -> list[Role]:
        """Return what each place is to the matter."""
        lasts = self._context.lasts
        return [
            self._context.role(normal, at, end)
            if normal[at - 1 : at] in lasts or normal[end : end + 1] in FIRSTS
            else _HERE  # most names stand so, and the rules of roles cost more
            for _, at, end in mentions
        ]

    def _meaning(self, places: tuple[Place, ...]) -> _Meaning:
        """Return what follows from the places that a name may mean: looked up, since texts name few places often."""
        known = self._meanings.get(places)
        if known is None:
            place = places[0]
            whole = place.path == self.counties[place.county]
            worth = (FULL if place.term == place.path else SHORT) if whole else FINE
            deep = tuple(tuple(each for each in places if each.path.count("/") == depth) for depth in (1, 2))
            county = place.county if len(places) == 1 else ""
            counties = frozenset(each.county for each in places)
            known = _Meaning(places, county, counties, whole and bool(county), worth, _telling(place), deep)
            self._meanings[places] = known
        return known


def _telling(place: Place) -> bool:
    """Say whether a town's or village's name alone, without its county, is long enough to mean no other place."""
    return len(place.term) >= (4 if place.path.count("/") > 1 else 2)


def _finer(best: Place, mentioned: list[_Meaning]) -> Place:
    """Return the town, then the village, inside `best` that one of the names can only mean."""
    for depth in (0, 1):
        for meaning in mentioned:
            if not meaning.deep[depth]:
                continue
            fits = [place for place in meaning.deep[depth] if place.county == best.county]
            inside = [place for place in fits if place.path.startswith(best.path + "/")]
            if len(inside) == 1 or (len(fits) == 1 and best.path.count("/") == 0):
                best = (inside or fits)[0]
                break
    return best


def _stem(town: str) -> str:
    for ending in ("街道", "镇", "乡"):
        if town.endswith(ending) and len(town) - len(ending) > 1:
            return town.removesuffix(ending)
    return ""


def _seat(table: Table) -> dict[str, str]:
    """Return what people call the only district of a city: 平凉市区, 平凉城区."""
    districts = [county.code for county in table.counties if county.name.endswith("区")]
    return {table.city + word: districts[0] for word in SEAT} if len(districts) == 1 else {}


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
