"""Which county, town and village of 平凉 a text speaks of. Names are public facts, kept in `models/places.json`."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).parent / "models" / "places.json"
CITY = "620800"


class Place(NamedTuple):
    """A place found: `county` is its code ("" if only the city or none), `path` such as 静宁县/城关镇/南关社区."""

    county: str
    path: str
    term: str


NOWHERE = Place("", "", "")


class _Gazetteer(NamedTuple):
    counties: dict[str, str]
    names: dict[str, tuple[Place, ...]]
    pattern: re.Pattern[str]


@cache
def _gazetteer() -> _Gazetteer:
    rows = json.loads(_TABLE.read_text(encoding="utf-8"))
    names: dict[str, list[Place]] = {}
    counties: dict[str, str] = {}
    for code, full, short, towns in rows:
        counties[code] = full
        for name in (full, short):
            names.setdefault(name, []).append(Place(code, full, name))
        for town, villages in towns:
            names.setdefault(town, []).append(Place(code, f"{full}/{town}", town))
            for village in villages:
                names.setdefault(village, []).append(Place(code, f"{full}/{town}/{village}", village))
    found = {name: tuple(places) for name, places in names.items()}
    pattern = re.compile("|".join(sorted(map(re.escape, found), key=len, reverse=True)))
    return _Gazetteer(counties, found, pattern)


def county_name(code: str) -> str:
    """Return the full name of a county of 平凉 such as 静宁县, or "" if the code is none of ours."""
    return _gazetteer().counties.get(code, "")


def counties() -> dict[str, str]:
    """Return adcode → full name of all counties of the city, in the order of the table."""
    return dict(_gazetteer().counties)


def find(normal: str) -> Place:
    """Return the finest place that `normal` names without contradiction, or `NOWHERE`."""
    table = _gazetteer()
    seen = [table.names[match.group()] for match in table.pattern.finditer(normal)]
    county = next((p[0].county for p in seen if len({x.county for x in p}) == 1), "")
    best = NOWHERE
    for places in seen:
        for place in places:
            fits = place.county == county or not county
            if fits and len(places) > 1 and not county:
                continue
            if (
                fits
                and place.path.count("/") >= best.path.count("/")
                and (not best.path or place.path.startswith(best.path))
            ):
                best = place
    return best
