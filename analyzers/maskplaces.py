"""Addresses below the community: building, unit and room, house and group numbers; not what a building only counts.

A room is masked wherever it stands, for one household lives there; a building with its unit or floor only beside a word
that says that someone lives there, for a lift or a leak stands in 3栋2单元 too; a street number only after such a word.
"""

from __future__ import annotations

import re

HOME = (
    *("家住", "住址", "住在", "住于", "现住", "居住在", "居住于", "居住地", "户籍", "家庭地址", "详细地址", "联系地址"),
    *("通讯地址", "邮寄地址", "收件地址", "我的地址", "我家在", "我住", "本人住"),
)
"""Words after which an address is that of someone's home."""

_GROUND = "区园苑城府邸庭寓湾院厦"
_NUMBER = "[0-9一二三四五六七八九十]"
_NAME = "[0-9a-z一二三四五六七八九十]"
_GAP = r"[ ,、\-—/]{0,2}"
_FLOOR = rf"(?:{_NUMBER}{{1,3}}[楼层])"
_HOUSE = rf"{_NAME}{{1,4}}(?:栋|幢|座|号楼|#楼?)"
_UNIT = rf"(?:{_NUMBER}{{1,3}}单元)"
_SIDE = "(?:[东西南北中左右]户)"
_END = "(?:室|房|号房?|户)"
_ROOM = rf"(?:[0-9]{{3,4}}{_END}?|[0-9]{{1,2}}(?:室|房|号房)|[零〇一二三四五六七八九]{{3,4}}{_END})"
_DOOR = rf"(?:{_ROOM}|[0-9]{{1,2}}号|[零〇一二三四五六七八九]{{3,4}}|{_SIDE})"
_NOT = r"(?![0-9年月日%]|\.[0-9]|[余多]?[万元米m平㎡个套人名辆台吨度]|[余多][户家间])"

ROOM = re.compile(
    rf"(?:{_HOUSE}{_GAP}{_UNIT}{_GAP}{_FLOOR}?{_GAP}{_DOOR}"
    rf"|{_HOUSE}[ \-—/]{{0,2}}{_FLOOR}?[ \-—/]{{0,2}}(?:{_ROOM}|{_SIDE})"
    rf"|{_HOUSE}{_GAP}[0-9]{{1,2}}[\-—/][0-9]{{3,4}}{_END}?"
    rf"|{_UNIT}{_GAP}{_FLOOR}?{_GAP}{_DOOR}"
    rf"|(?<=[{_GROUND}])[0-9]{{1,3}}(?:[栋幢#]|号楼)?[\-—/][0-9]{{1,2}}(?:单元)?[\-—/][0-9]{{3,4}}{_END}?"
    rf"|(?<=[村社庄屯]){_NUMBER}{{1,3}}[组队社][0-9]{{1,4}}号){_NOT}"
)
"""One household, wherever it is spoken of."""
UNIT = re.compile(rf"{_HOUSE}{_GAP}(?:{_UNIT}{_GAP}{_FLOOR}?|{_FLOOR}){_NOT}")
"""Some households: someone's home beside a word that says so."""
STREET = re.compile(
    rf"(?:{'|'.join(HOME)})[^。;!?@]{{0,30}}?"
    rf"(?:(?<=[路街巷弄道村组队社屯里])(?P<v>[0-9]{{1,5}}号(?!楼|线)(?:院|附[0-9]{{1,3}}号?)?"
    rf"(?:{_NUMBER}{{1,4}}(?:栋|幢|号楼|单元|室|房|户|号)?)*)"
    rf"|(?P<room>[0-9]{{3,4}}(?:室|房|号房)))"
)
"""A house number after a word for home."""

_BEFORE = re.compile(r"(?:家住|住在|我家|我住|本人|我是|地址|住址|现住|居住|户籍)[^。!?;]{0,24}$")
_AFTER = re.compile(r"[^。,!?;]{0,4}(?:业主|住户|居民|村民|的家|家里|居住)")
_BUSINESS = re.compile(r"[\u3400-\u9fff ]{0,5}(?:宾馆|酒店|旅馆|招待所|商铺|门面|门店|公司|培训)")
_OFFICES = re.compile(r"(?:商务中心|国际中心|商业中心|广场|写字楼|酒店|宾馆|市场|商城)(?:[0-9一二三四五六]期)?[ (]?$")
_COUNTED = re.compile(r"(?:共|总|合计|建有|规划)[^。;,!?]{0,14}$")
_NAMES = frozenset("0123456789abcdefghijklmnopqrstuvwxyz一二三四五六七八九十")


def begin(folded: str, place: int) -> int:
    """Return where the number before 栋 or 单元 begins, or after 小区, of which `place` is the gate's."""
    if folded[place] in _GROUND:
        return place + 1
    start = place if folded[place] == "号" else place + 1
    least = max(0, start - 4)
    while start > least and folded[start - 1] in _NAMES:
        start -= 1
    return start


def is_household(match: re.Match[str]) -> bool:
    """Say whether a room is where someone lives: no count of households, and no business by the words beside it."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    if match.group().endswith("户") and _COUNTED.search(before):
        return False
    office = _BUSINESS.match(match.string, match.end()) or ("单元" not in match.group() and _OFFICES.search(before))
    return not office or _BEFORE.search(before) is not None


def is_home(match: re.Match[str]) -> bool:
    """Say whether words beside a building and its unit make it someone's home."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    return _BEFORE.search(before) is not None or _AFTER.match(match.string, match.end()) is not None


def street(match: re.Match[str]) -> tuple[int, int]:
    """Return where the house number or the room is."""
    return match.span("v") if match.group("v") else match.span("room")
