"""Take personal data out of a text before anything keeps it.

A mask replaces the value and leaves its kind, so the text still reads. The rules are rows, tried in order; what a
civic text needs (order numbers, 国办发〔2016〕61号, prices, dates, 12345, 110) has no row that matches it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from analyzers.labels import MASKS

MAX_CHARS = 2_000_000
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_SEP = r"[ \t\-－—–_.·。]{0,2}"
_DIGITS = str.maketrans(
    {
        **{chr(0xFF10 + i): str(i) for i in range(10)},
        **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
        **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
        "〇": "0",
        "○": "0",
        "幺": "1",
        "两": "2",
        "ｘ": "X",
        "Ｘ": "X",
        "x": "X",
    },
)


class Masked(Struct, frozen=True):
    """A text without personal data, and which kinds were taken out (sorted; never a value)."""

    text: str
    kinds: tuple[str, ...] = ()


class Rule(NamedTuple):
    """One row: what to look for; `check` refuses look-alikes, the named group `v` (or all) is replaced."""

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None


def digits_of(value: str) -> str:
    """Return the digits of `value` in ASCII (full-width and Chinese numerals folded, X kept, the rest dropped)."""
    return "".join(c for c in value.translate(_DIGITS) if c in "0123456789X")


def is_id(value: str) -> bool:
    """Say whether 18 characters are an ID number: GB 11643 check character, and a plausible birth date."""
    text = digits_of(value)
    if len(text) != 18 or "X" in text[:17]:
        return False
    born = text[6:14]
    if not ("1890" <= born[:4] <= "2099" and "01" <= born[4:6] <= "12" and "01" <= born[6:] <= "31"):
        return False
    return _ID_CHECK[sum(int(c) * w for c, w in zip(text, _ID_WEIGHTS, strict=False)) % 11] == text[17]


def is_card(value: str) -> bool:
    """Say whether 16 to 19 digits pass the Luhn check (ISO/IEC 7812) and start like a bank card (3 to 6)."""
    text = digits_of(value)
    if not (16 <= len(text) <= 19 and text.isdigit() and text[0] in "3456"):
        return False
    total = 0
    for place, char in enumerate(reversed(text)):
        number = int(char) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


_D = r"[0-9０-９]"
_N = r"[0-9０-９零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_NO = rf"(?<!{_D})"
_END = rf"(?!{_D})"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席"
    "卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖"
    "符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台"
    "巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺"
)
_NAME = rf"(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|令狐|慕容|司徒|夏侯|[{_SURNAMES}])[\u4e00-\u9fa5]{{1,2}}?"
_NAME_END = r"(?=[，,。.；;！!、\s（(〔:：]|$|今年|男|女|系|是|来自|现年|现住|住|家住|身份证|电话|手机|联系|号码|先生|女士|于|在|为|的)"  # noqa: E501 - one alternation

RULES: tuple[Rule, ...] = (
    Rule(
        "email",
        re.compile(
            r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}\s?[@＠]\s?[A-Za-z0-9\-]{1,63}(?:[.．][A-Za-z0-9\-]{1,63}){1,4}"
        ),
    ),
    Rule("id", re.compile(rf"{_NO}{_D}(?:{_SEP}{_D}){{16}}{_SEP}[0-9０-９XxＸｘ](?![0-9０-９A-Za-z])"), is_id),
    Rule("card", re.compile(rf"{_NO}[3-6３-６](?:{_SEP}{_D}){{15,18}}{_END}"), is_card),
    Rule(
        "phone",
        re.compile(
            rf"(?:[+＋]?(?:86|８６){_SEP}|{_NO}(?<!{_N}))(?:1|１|一|幺|壹){_SEP}[3-9３-９三四五六七八九叁肆伍陆柒捌玖](?:{_SEP}{_N}){{9}}(?!{_N})"
        ),
    ),
    Rule(
        "phone",
        re.compile(
            rf"{_NO}[(（]?[0０](?:[1１][0０]|[2２]{_D}|[3-9３-９]{_D}{{2}})[)）]?[ \-－—–]{{0,2}}[2-9２-９]{_D}{{2,3}}[ \-－—–]?{_D}{{4}}{_END}"  # noqa: E501 - one alternation
        ),
    ),
    Rule(
        "phone",
        re.compile(
            rf"(?:电话|手机|联系方式|号码|致电|tel)[是为号码]{{0,2}}[:：\s]{{0,3}}(?P<v>[2-9２-９]{_D}{{6,7}}){_END}",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "plate",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][ ]?[A-HJ-NP-Za-hj-np-zＡ-Ｚ][ ·•.・\-]?"  # noqa: E501 - one alternation
            r"(?=[A-HJ-NP-Za-hj-np-z0-9０-９]{0,5}[0-9０-９])[A-HJ-NP-Za-hj-np-z0-9０-９]{4,5}[A-HJ-NP-Za-hj-np-z0-9０-９挂学警港澳]"
            r"(?![A-Za-z0-9])"
        ),
    ),
    Rule(
        "account",
        re.compile(
            r"(?:微信号?|weixin|wechat|威信|vx|v信|加[vV])[是为号]{0,2}[:：\s]{0,3}(?P<v>[A-Za-z][A-Za-z0-9_\-]{5,19})",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "account",
        re.compile(r"(?:qq|扣扣|企鹅)[群号码是为]{0,3}[:：\s]{0,3}(?P<v>[1-9][0-9]{4,11})(?![0-9])", re.IGNORECASE),
    ),
    Rule("handle", re.compile(r"[@＠](?!用户)[A-Za-z0-9_\-\u00b7\u3400-\u9fff]{1,30}")),
    Rule(
        "name",
        re.compile(
            rf"(?:我叫|我的名字[叫是]|我是村民|本人|联系人|姓名|举报人|投诉人|反映人|申请人|当事人)(?:姓名)?[:：是叫\s]{{0,3}}(?P<v>{_NAME}){_NAME_END}"
        ),
    ),
    Rule(
        "address",
        re.compile(
            r"(?P<v>(?:[0-9０-９A-Za-z一二三四五六七八九十]{1,4}(?:栋|幢|号楼|座)[ -]?(?:[0-9一二三四五六七八九十]{1,3}单元)?[ -]?"  # noqa: E501 - one alternation
            r"(?:[0-9一二三四五六七八九十]{1,3}[楼层])?[ -]?[0-9]{2,4}(?:室|房|号|户)?)"
            r"|(?:[0-9一二三四五六七八九十]{1,3}单元[ -]?[0-9]{2,4}(?:室|房|号|户)?))(?![0-9])"
        ),
    ),
)


def mask(text: str) -> Masked:
    """Replace personal data in `text` by its kind; doing it again changes nothing.

    Returns the masked text (any length, offsets not kept) and the sorted kinds. Raises nothing for any str.
    """
    kinds: set[str] = set()
    for rule in RULES:
        text = _apply(rule, text, kinds)
    return Masked(text, tuple(sorted(kinds)))


def _apply(rule: Rule, text: str, kinds: set[str]) -> str:
    def replace(found: re.Match[str]) -> str:
        whole = found.group()
        value = found.groupdict().get("v") or whole
        if rule.check is not None and not rule.check(value):
            return whole
        kinds.add(rule.kind)
        return whole.replace(value, MASKS[rule.kind])

    return rule.pattern.sub(replace, text)
