"""Build a gazetteer file: of 平凉 from the indented tree, or of any other city from codes and names alone."""

from __future__ import annotations

import csv
from pathlib import Path

from msgspec import json

from analyzers.places import Table

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


def build_pingliang(tree: Path, adcodes: Path) -> Table:
    """Return the table of 平凉 from the tree (tabs: city, county with code and short name, town, village)."""
    counties: list[tuple[str, str, str, list[tuple[str, list[str]]]]] = []
    for line in tree.read_text(encoding="utf-8").splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        parts = line.strip().split("\t")
        if depth == 2:
            counties.append((parts[1], parts[0], parts[2], []))
        elif depth == 3:
            counties[-1][3].append((parts[0], []))
        elif depth == 4:
            counties[-1][3][-1][1].append(parts[0])
    return Table(
        city="平凉",
        counties=counties,
        landmarks=PINGLIANG_LANDMARKS,
        aliases=PINGLIANG_ALIASES,
        people=PEOPLE,
        goods=GOODS,
        roads=ROADS,
        others=others(adcodes, "6208", {"平凉", *(short for _, _, short, _ in counties)}),
    )


def build_city(adcodes: Path, code: str) -> Table:
    """Return the table of the city whose four-digit `code` is given, with its counties only; LookupError if none."""
    rows = _rows(adcodes)
    city = next((name for number, name in rows if number == code + "00"), "")
    inside = [(number, name) for number, name in rows if number.startswith(code) and not number.endswith("00")]
    if not city or not inside:
        raise LookupError(f"no city {code} in {adcodes.name}")
    counties = [(number, name, _short(name), list[tuple[str, list[str]]]()) for number, name in inside]
    short = _short(city)
    ours = {short, *(each[2] for each in counties)}
    return Table(
        city=short,
        counties=counties,
        landmarks={},
        aliases={},
        people=PEOPLE,
        goods=GOODS,
        roads=ROADS,
        others=others(adcodes, code, ours),
    )


def others(adcodes: Path, code: str, ours: set[str]) -> list[str]:
    """Return short names of all other prefectures and of the four municipalities, and of places that share a name."""
    found = {"上海", "北京", "天津", "重庆", "松江", "嘉定", "莆田", "杨浦"}
    found |= {_short(name) for number, name in _rows(adcodes) if number.endswith("00") and not number.startswith(code)}
    return sorted(name for name in found - ours if len(name) > 1)


def write(table: Table, path: Path) -> None:
    """Write a gazetteer file."""
    path.write_bytes(json.encode(table))


def _rows(adcodes: Path) -> list[tuple[str, str]]:
    with adcodes.open(encoding="utf-8-sig", newline="") as file:
        return [(row["adcode"][:6], row["name"]) for row in csv.DictReader(file)]


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
