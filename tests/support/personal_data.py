"""Invented personal data in every way that people write it, and the eye that finds what is left of it in a text."""

from __future__ import annotations

import html
import random
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

KINDS = ("phone", "id", "card", "email", "plate", "account", "handle", "name", "address")
"""The kinds of `analyzers.labels.MASKS`."""
_NUMERALS = ("零一二三四五六七八九", "〇一二三四五六七八九", "零幺二三四五六七八九", "零壹贰叁肆伍陆柒捌玖")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = """130 133 135 136 138 139 145 147 150 152 155 158 159 166
170 173 176 177 180 182 186 187 188 189 191 195 198 199"""
_AREA = "010 021 0931 0933 0934 0311 0755 029 0851 0991"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈"
    "曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
)
_GIVEN = (
    "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海"
    "燕丽春辉鹏宇浩然欣怡子涵梓轩雨晨思远佳琪凤琴淑珍"
)
_DOUBLE = ("欧阳", "司马", "上官", "诸葛")
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_HIDDEN = ("\u200b", "\u200d", "\ufeff", "\u00ad", "\ud83d", "\udc00", "\u2060", "\u202e")


class Value(NamedTuple):
    """Personal data as written, and what must not be read in a masked text: digits, or a word in small letters."""

    kind: str
    written: str
    digits: str = ""
    word: str = ""


def value(kind: str, rng: random.Random) -> Value:
    """Return invented personal data of a kind, written in one of the ways people do."""
    return _MAKERS[kind](rng)


def survives(one: Value, text: str) -> bool:
    """Say whether anyone could still read the value in a text, however it is spaced, joined or spelt."""
    plain = unicodedata.normalize("NFKC", html.unescape(html.unescape(text))).lower()
    plain = "".join(c for c in plain if unicodedata.category(c) not in {"Cf", "Cs", "Mn", "Me"})
    if one.word and one.word.lower() in plain:
        return True
    if not one.digits:
        return False
    told = "".join(str(_digit(c)) if _digit(c) >= 0 else c for c in plain)
    told = "".join(c for c in told if c not in " -—–−_.·。()*,/、\n\t")
    size = min(7, len(one.digits))
    return any(one.digits[at : at + size] in told for at in range(len(one.digits) - size + 1))


def _digit(char: str) -> int:
    for row in _NUMERALS:
        if char in row:
            return row.index(char)
    return unicodedata.digit(char, -1)


def _some(rng: random.Random, letters: str, least: int, most: int) -> str:
    return "".join(rng.choices(letters, k=rng.randint(least, most)))


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _grouped(digits: str, sizes: tuple[int, ...], joint: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return joint.join([*parts, digits[at:]] if at < len(digits) else parts)


def _hidden(text: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(text))
    return text[:at] + rng.choice(_HIDDEN) * rng.randint(1, 2) + text[at:]


def _numerals(digits: str, rng: random.Random) -> str:
    row = rng.choice(_NUMERALS)
    return "".join(row[int(c)] if c.isdigit() else c for c in digits)


def _entities(text: str, rng: random.Random) -> str:
    form = rng.choice(("&#{};", "&amp;#{};"))
    at = rng.randrange(len(text))
    return "".join(form.format(ord(c)) if rng.random() < 0.3 or i == at else c for i, c in enumerate(text))


def _written(digits: str, sizes: tuple[int, ...], rng: random.Random) -> str:
    """Return a number in one of the ways that any long number is written."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: digits,
        lambda: digits,
        lambda: _grouped(digits, sizes, rng.choice((" ", "-", "—", "  ", "\u3000", "\xa0", "–", "."))),
        lambda: _wide(digits),
        lambda: _wide(_grouped(digits, sizes, "-")),
        lambda: _numerals(digits, rng),
        lambda: _hidden(digits, rng),
        lambda: _hidden(_grouped(digits, sizes, " "), rng),
        lambda: _entities(digits, rng),
        lambda: " ".join(digits),
    )
    return rng.choice(ways)()


def _phone(rng: random.Random) -> Value:
    if rng.random() < 0.3:
        return _landline(rng)
    digits = rng.choice(_MOBILE.split()) + _some(rng, "0123456789", 8, 8)
    written = _written(digits, rng.choice(((3, 4), (3, 4), (3, 3), (4, 3))), rng)
    if written[0] in "1１":
        written = rng.choice(("", "", "", "+86", "86-", "+86 ", "0086", "(+86)", "（86）")) + written
    return Value("phone", written, digits)


def _landline(rng: random.Random) -> Value:
    area, local = rng.choice(_AREA.split()), rng.choice("2345678") + _some(rng, "0123456789", 6, 7)
    if len(area) == 3 and len(local) == 7:
        local += "3"
    form = rng.choice(("{}-{}", "{}{}", "({}){}", "（{}）{}", "{} {}", "{}—{}", "{}--{}"))
    written = form.format(area, rng.choice((local, local, f"{local[:-4]} {local[-4:]}", f"{local[:-4]}-{local[-4:]}")))
    written = rng.choice((written, written, _wide(written), _hidden(written, rng)))
    return Value("phone", written, local)


def _id(rng: random.Random) -> Value:
    area = rng.choice(("620802", "620822", "110105", "430104", "320106", "510107"))
    body = f"{area}{rng.randint(1940, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randrange(1000):03}"
    check = "10X98765432"[sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11]
    written = _written(body + check, (6, 8), rng)
    return Value("id", written.lower() if rng.random() < 0.2 else written, body)


def _card(rng: random.Random) -> Value:
    body = rng.choice(("6222", "6217", "6228", "4367", "5187", "6013")) + _some(rng, "0123456789", 11, 11)
    if rng.random() < 0.5:
        body += _some(rng, "0123456789", 3, 3)
    check = next(c for c in "0123456789" if _luhn(body + c))
    return Value("card", _written(body + check, (4, 4, 4, 4), rng), body + check)


def _luhn(digits: str) -> bool:
    doubled = (int(c) * (1 + place % 2) for place, c in enumerate(reversed(digits)))
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def _email(rng: random.Random) -> Value:
    local = _some(rng, _LATIN, 3, 8) + rng.choice(("", ".", "_", "-", "+")) + _some(rng, _LATIN + "0123456789", 2, 5)
    domain = rng.choice(("example.com", "mail.example.cn", "example.org", "163.example.com", "my-mail.example.cn"))
    plain = f"{local}@{domain}"
    ways = (
        *(plain, plain, plain.upper(), _wide(plain), plain.replace("@", " @ "), plain.replace("@", "＠")),
        *(_hidden(plain, rng), plain.replace("@", "&#64;"), plain.replace(".", "．")),
    )
    return Value("email", rng.choice(ways), word=local)


def _plate(rng: random.Random) -> Value:
    number = _some(rng, _PLATE + "0123456789", 4, 4) + rng.choice("0123456789")
    number = rng.choice((number, _some(rng, "0123456789", 5, 5), rng.choice("DF") + _some(rng, "0123456789", 5, 5)))
    head = rng.choice(_PROVINCES) + rng.choice(_PLATE)
    plain = head + rng.choice(("", "", "·", " ", "-", "•", "．")) + number
    return Value("plate", rng.choice((plain, plain, plain.lower(), _wide(plain), _hidden(plain, rng))), word=number)


def _account(rng: random.Random) -> Value:
    if rng.random() < 0.4:
        digits = rng.choice("123456789") + _some(rng, "0123456789", 5, 9)
        cue = rng.choice(("QQ", "qq号", "QQ号码", "扣扣", "ＱＱ", "Q Q", "企鹅号", "QQ群"))
        written = rng.choice((digits, digits, _wide(digits), _hidden(digits, rng)))
        return Value("account", cue + rng.choice(("：", ":", "", " ", "是", "为")) + written, digits)
    name = rng.choice(_LATIN) + _some(rng, _LATIN + "0123456789_-", 5, 12)
    name = rng.choice((name, f"wxid_{name}", name.title()))
    cue = rng.choice(("微信", "微信号", "weixin", "WeChat", "VX", "vx", "V信", "加微信", "我的微信", "微 信", "wx"))
    written = rng.choice((name, name, _wide(name), _hidden(name, rng)))
    return Value("account", cue + rng.choice(("：", ":", " ", "是", "为", "： ")) + written, word=name)


def _handle(rng: random.Random) -> Value:
    name = _some(rng, _GIVEN, 2, 6) + rng.choice(("", "", "_", "-", "2020", "Lucky"))
    name = rng.choice((name, _some(rng, _LATIN, 4, 9) + rng.choice(("", "_88", "酱"))))
    return Value("handle", rng.choice(("@", "@", "＠", "//@", "回复@", "&#64;")) + name, word=name)


def person(rng: random.Random) -> str:
    """Return an invented name."""
    surname = rng.choice(_DOUBLE) if rng.random() < 0.05 else rng.choice(_SURNAMES)
    return surname + _some(rng, _GIVEN, 1, 2)


def _name(rng: random.Random) -> Value:
    name = person(rng)
    cue = rng.choice(("我叫", "本人", "联系人", "联系人：", "本人叫", "我叫做", "本人姓名", "联系人: ", "本人："))
    return Value("name", cue + name, word=name)


def _address(rng: random.Random) -> Value:
    house, unit, big = rng.randint(1, 9), rng.randint(1, 4), rng.randint(10, 28)
    room = f"{rng.randint(1, 26)}{rng.randint(1, 4):02}"
    numeral = "一二三四五六七八九"[house - 1]
    ways = (
        ("小区", f"{house}栋{unit}单元{room}", "室"),
        ("花园", f"{big}号楼{unit}单元{room}", ""),
        ("家属院", f"{house}幢{room}", "号"),
        ("小区", f"{house}-{unit}-{room}", ""),
        ("小区", f"{rng.choice('ABCDE')}座{room}", "室"),
        ("小区", f"{numeral}号楼二单元{room}", "室"),
        ("村", f"{numeral}社{big}", "号"),
        ("家园", f"{house}号楼{room}", ""),
        ("公寓", f"{big}栋{room}", "房"),
        ("小区", f"{house}栋{unit}单元", f"{rng.randint(1, 9)}楼"),
    )
    kind, word, end = rng.choice(ways)
    return Value("address", rng.choice(("幸福", "和平", "阳光", "新建", "东方")) + kind + word + end, word=word)


_MAKERS: dict[str, Callable[[random.Random], Value]] = {
    "phone": _phone,
    "id": _id,
    "card": _card,
    "email": _email,
    "plate": _plate,
    "account": _account,
    "handle": _handle,
    "name": _name,
    "address": _address,
}
