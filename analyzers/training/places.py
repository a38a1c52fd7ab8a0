"""Build a gazetteer file: of any city from codes and names, with towns and villages where there is a tree of them."""

from __future__ import annotations

import csv
from pathlib import Path

from msgspec import json

from analyzers.places import County, Table, Town

PINGLIANG_LANDMARKS = {
    "崆峒山": "620802",
    "柳湖公园": "620802",
    "王母宫": "620821",
    "泾川大云寺": "620821",
    "云崖寺": "620825",
    "荆山森林公园": "620822",
    "界石铺": "620826",
    "关山莲花台": "620881",
}
PINGLIANG_ALIASES = {"华亭县": "620881"}


def _words(text: str) -> list[str]:
    return text.split()


GOODS = _words("""
    苹果 红富士 烧鸡 锅盔 大饼 暖锅 红牛 牛肉 核桃 黄酒 药材 面粉 羊肉泡 派 武功 剑法 醋 土豆 洋芋 蜜瓜 葡萄 柴胡 大黄
""")
ROADS = _words("路 街 大道 巷 弄 宾馆 饭店 酒店 烟酒 商行 餐馆 面馆 寺路 新村")
PEOPLE = "蔡张王李刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋贾丁魏薛叶阎潘杜戴夏"


EXTRAS: dict[str, tuple[dict[str, str], dict[str, str], list[str]]] = {
    "620800": (PINGLIANG_LANDMARKS, PINGLIANG_ALIASES, ["松江", "嘉定", "莆田", "杨浦"]),
}
"""What is known by hand of a city: landmarks, nicknames and old names, and other places that share a name with it."""


def build(adcodes: Path, code: str, tree: Path | None = None) -> Table:
    """Return the table of the city with the six-digit `code`; without a tree it has counties only.

    Raises OSError, LookupError for a code that is no city with counties, ValueError for a file of another form.
    """
    rows = _rows(adcodes)
    name = next((name for number, name in rows if number == code), "")
    inside = [row for row in rows if row[0].startswith(code[:4]) and not row[0].endswith("00")]
    if not code.endswith("00") or code.endswith("0000") or not name or not inside:
        raise LookupError(f"{code} is no city with counties in {adcodes.name}: give six digits that end in 00")
    city = _short(name)
    known = {number: County(number, full, _short(full), []) for number, full in sorted(inside)}
    counties = list(known.values()) if tree is None else _tree(tree, code)
    landmarks, aliases, rivals = EXTRAS.get(code, ({}, {}, []))
    ours = {city, *(county.short for county in counties)}
    return Table(
        code=code,
        name=name,
        city=city,
        counties=counties,
        landmarks=landmarks,
        aliases=aliases,
        people=PEOPLE,
        goods=GOODS,
        roads=ROADS,
        others=others(rows, code, {*ours, *rivals}, rivals),
    )


def _tree(path: Path, code: str) -> list[County]:
    """Read a tree: lines indented by tabs: city, county (name, code, short name after tabs), town, village."""
    counties: list[County] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            wrong = _grow(counties, len(line) - len(line.lstrip("\t")), line.strip().split("\t"), code)
            if wrong:
                raise ValueError(f"{path.name}, line {number}: {wrong}")
    if not counties:
        raise ValueError(f"{path.name} has no county: two tabs before a county, three before a town")
    return counties


def _grow(counties: list[County], depth: int, parts: list[str], code: str) -> str:
    """Add a line to the tree, or return what is wrong with it."""
    if depth == 1:
        return ""
    if depth == 2:
        if len(parts) != 3 or not parts[1].startswith(code[:4]):
            return "a county has name, code of this city and short name, with tabs between"
        counties.append(County(parts[1], parts[0], parts[2], []))
    elif depth == 3 and counties:
        counties[-1].towns.append(Town(parts[0], []))
    elif depth == 4 and counties and counties[-1].towns:
        counties[-1].towns[-1].villages.append(parts[0])
    else:
        nobody = depth in {3, 4}
        return "a town without a county, or a village without a town" if nobody else "one to four tabs come first"
    return ""


def others(rows: list[tuple[str, str]], code: str, ours: set[str], rivals: list[str]) -> list[str]:
    """Return names of places elsewhere: other prefectures and provinces than the city's, and who shares a name."""
    found = {"上海", "北京", "天津", "重庆", *rivals}
    found |= {
        _short(name)
        for number, name in rows
        if number.endswith("00") and number[:4] != code[:4] and number != code[:2] + "0000"
    }
    return sorted(name for name in found - (ours - set(rivals)) if len(name) > 1)


def write(table: Table, path: Path) -> None:
    """Write a gazetteer file."""
    path.write_bytes(json.encode(table))


def _rows(adcodes: Path) -> list[tuple[str, str]]:
    with adcodes.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"adcode", "name"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{adcodes.name} has no column {' or '.join(sorted(missing))}")
        return [(row["adcode"][:6], row["name"]) for row in reader]


def _short(name: str) -> str:
    for ending in (
        "土家族苗族自治州",
        "藏族自治州",
        "回族自治州",
        "自治州",
        "自治县",
        "地区",
        "市",
        "区",
        "县",
        "盟",
        "省",
        "旗",
    ):
        if name.endswith(ending) and len(name) - len(ending) > 1:
            return name.removesuffix(ending)
    return name
