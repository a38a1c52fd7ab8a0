"""Build a gazetteer file: of any city from codes and names, with towns and villages where there is a tree of them."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

from msgspec import json

from analyzers.places import County, Table, Town


def _words(text: str) -> list[str]:
    return text.split()


LANDMARKS = {
    **dict.fromkeys(
        _words(
            "崆峒山 柳湖公园 甘肃医学院 平凉一中 平凉二中 平凉市人民医院 平凉市第二人民医院 "
            "平凉火车站 平凉汽车站 平凉汽车东站 平凉汽车西站"
        ),
        "620802",
    ),
    **dict.fromkeys(_words("王母宫 泾川大云寺 大云寺 南石窟寺 田家沟景区 泾川田家沟"), "620821"),
    **dict.fromkeys(_words("荆山森林公园 皇甫谧文化园 皇甫谧故里 古灵台"), "620822"),
    **dict.fromkeys(_words("崇信龙泉寺 五龙山 关河水库"), "620823"),
    **dict.fromkeys(_words("云崖寺 紫荆山公园 庄浪梯田 水洛城"), "620825"),
    **dict.fromkeys(_words("界石铺 成纪文化城 文屏山 阿阳"), "620826"),
    **dict.fromkeys(_words("关山莲花台 莲花台景区 华亭煤业 华煤集团"), "620881"),
}
GOODS = _words("""
    苹果 红富士 烧鸡 锅盔 大饼 暖锅 红牛 牛肉 羊肉 核桃 黄酒 药材 面粉 派 武功 剑法 醋 土豆 洋芋 蜜瓜 葡萄 柴胡 大黄
    岛 杏 桃 粉条 刺绣 剪纸 陶瓷 砂器 早胜牛 罐罐茶 迷信 科学 佛 鬼神 宗教 上帝 方寸 词
""")
"""What 平凉's counties are known for, and words that go on as a county's short name begins."""
ALIASES = {"华亭县": "620881", "平凉县": "620802", "崆峒新区": "620802"}
RIVALS = _words("松江 嘉定 莆田 杨浦 永登 泾县 宣城 长安 烟台")
"""Places elsewhere that have a 华亭, a 庄浪河, a 泾川, a 灵台 or a 崆峒 of their own."""


class Extra(NamedTuple):
    """What is known by hand of a city."""

    landmarks: dict[str, str]
    aliases: dict[str, str]
    goods: list[str]
    rivals: list[str]


NOTHING = Extra({}, {}, [], [])
EXTRAS = {"620800": Extra(LANDMARKS, ALIASES, GOODS, RIVALS)}
NEAR_KM = 200.0
"""Counties of other cities this near are told apart by name too: their towns are called as ours are."""


def build(adcodes: Path, code: str, tree: Path | None = None) -> Table:
    """Return the table of the city with the six-digit `code`; without a tree it has counties only.

    Raises OSError, LookupError for a code that is no city with counties, ValueError for a file of another form.
    """
    rows = _rows(adcodes)
    name = next((row.name for row in rows if row.code == code), "")
    inside = [row for row in rows if row.code.startswith(code[:4]) and not row.code.endswith("00")]
    if not code.endswith("00") or code.endswith("0000") or not name or not inside:
        raise LookupError(f"{code} is no city with counties in {adcodes.name}: give six digits that end in 00")
    city = _short(name)
    plain = [County(row.code, row.name, _short(row.name), []) for row in sorted(inside)]
    counties = plain if tree is None else _tree(tree, code)
    extra = EXTRAS.get(code, NOTHING)
    ours = {city, name, *(c.short for c in counties), *(c.name for c in counties)}
    return Table(
        code=code,
        name=name,
        city=city,
        counties=counties,
        landmarks=extra.landmarks,
        aliases=extra.aliases,
        goods=extra.goods,
        others=sorted((others(rows, code) | set(extra.rivals)) - ours),
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


def others(rows: list[Row], code: str) -> set[str]:
    """Return names of places elsewhere: other provinces and prefectures, and the counties of those that are near."""
    found = {"上海", "北京", "天津", "重庆"}
    here = next(row for row in rows if row.code == code)
    for row in rows:
        if row.code[:4] == code[:4] or row.code == code[:2] + "0000":
            continue
        if row.code.endswith("00"):
            found.add(_short(row.name))
        elif len(row.name) > 2 and _km(here, row) <= NEAR_KM:
            found.add(row.name)
    return {name for name in found if len(name) > 1}


def _km(one: Row, other: Row) -> float:
    """Return the distance of two places in km, on a plane; NaN (near to nothing) where unknown."""
    east = (other.longitude - one.longitude) * math.cos(math.radians(one.latitude))
    return 111.2 * math.hypot(east, other.latitude - one.latitude)


def write(table: Table, path: Path) -> None:
    """Write a gazetteer file."""
    path.write_bytes(json.encode(table))


class Row(NamedTuple):
    """A place of the list; degrees are NaN where the list has none."""

    code: str
    name: str
    longitude: float
    latitude: float


def _rows(adcodes: Path) -> list[Row]:
    with adcodes.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"adcode", "name"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{adcodes.name} has no column {' or '.join(sorted(missing))}")
        return [
            Row(row["adcode"][:6], row["name"], _degree(row.get("longitude")), _degree(row.get("latitude")))
            for row in reader
        ]


def _degree(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


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
