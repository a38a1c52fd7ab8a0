"""Long numbers that belong to a person: phones, ID numbers, bank cards, as people write them, and what is none.

A number may be spaced, dashed and spelt in Chinese numerals; after one in digits 一 is a word (13800138000一直没人接).
"""

from __future__ import annotations

import re

from analyzers.text import JOINTS, NUMERALS

DIGIT = rf"[0-9{NUMERALS}]"
"""A digit or a Chinese numeral."""
JOINT = rf"[{re.escape(JOINTS)}]{{0,3}}"
"""What may stand between two digits of one number."""
_FREE = rf"(?:(?<!{DIGIT})|(?<![0-9])(?=[0-9]))"
DONE = rf"(?:(?<=[0-9])(?![0-9])|(?<![0-9])(?:(?!{DIGIT})|(?=一[直下样个般定起共次些点天家位再])))"
"""The end of a number: no digit follows, and after a numeral no numeral but 一 as a word."""

LONG_JOINT = rf"[{re.escape(''.join(c for c in JOINTS if c not in ',、/~+()。'))}]{{0,3}}"
"""The same within ID and card numbers, which are long enough to look like a list of house numbers."""

ID = re.compile(rf"{_FREE}{DIGIT}(?:{LONG_JOINT}{DIGIT}){{16}}{LONG_JOINT}(?:{DIGIT}|x)(?![0-9])")
CARD = re.compile(rf"{_FREE}[3-6三四五六叁肆伍陆](?:{LONG_JOINT}{DIGIT}){{15,18}}")
MOBILE = re.compile(
    rf"(?:(?<![0-9])(?:\+|00|\(\+?)? ?86{JOINT}|{_FREE})"
    rf"(?P<n>[1一幺壹]{JOINT}[3-9三四五六七八九叁肆伍陆柒捌玖](?:{JOINT}{DIGIT}){{9}}){DONE}"
)
LANDLINE = re.compile(
    rf"{_FREE}(?:(?:\+|00) ?86{JOINT}(?=[1-9])|\(?(?=[0零〇○]))(?P<n>{DIGIT}(?:{JOINT}{DIGIT}){{8,11}})"
)

_DIGITS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖x", "0001234567891123456789X")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_ONE = re.compile(DIGIT)
_END = re.compile(DONE)
_RUN = re.compile(rf"[0-9{NUMERALS}{re.escape(JOINTS)}]+")
_GROUP = re.compile(rf"{DIGIT}+")
_PHONE_GROUPS = {(3, 4, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (3, 8), (7, 4), (3, 5, 3), (5, 6), (6, 5)}
_PLAIN = frozenset(" -—–−_‐‒―")
_AREA = re.compile(r"0(?:10|2[0-9])[2-9][0-9]{6,7}|0[3-9][0-9]{2}[2-9][0-9]{6,7}")
_NUMBERED = (
    "(?:工单|订单|流水|快递|运单|受理|信件|案件|合同|发票|回执|单|编|批|文|代码|执照|许可证|税|注册|识别|登记)"
    "{}[是为: ]{{0,3}}$"
)
_ORDER = re.compile(_NUMBERED.format("(?:编号|号码|号)"))
_ORDER_OR_CODE = re.compile(_NUMBERED.format("(?:编号|号码|号)?"))


def digits_of(value: str) -> str:
    """Return the digits of a folded value in ASCII (Chinese numerals folded, X kept, the rest dropped)."""
    return "".join(c for c in value.translate(_DIGITS) if c in "0123456789X")


def is_id(value: str) -> bool:
    """Say whether 18 characters are an ID number: GB 11643 check character, and a plausible birth date."""
    text = digits_of(value)
    if len(text) != 18 or "X" in text[:17]:
        return False
    if not ("1890" <= text[6:10] <= "2099" and "01" <= text[10:12] <= "12" and "01" <= text[12:14] <= "31"):
        return False
    return _ID_CHECK[sum(int(c) * w for c, w in zip(text, _ID_WEIGHTS, strict=False)) % 11] == text[17]


def is_card(value: str) -> bool:
    """Say whether 16 to 19 digits pass the Luhn check (ISO/IEC 7812) and start like a bank card (3 to 6)."""
    text = digits_of(value)
    if not (16 <= len(text) <= 19 and text.isdigit() and text[0] in "3456") or len(set(text)) < 3:
        return False
    total = 0
    for place, char in enumerate(reversed(text)):
        number = int(char) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def id_(match: re.Match[str]) -> tuple[int, int]:
    """Return where the ID number is, or (0, 0) if the match is none."""
    return match.span() if is_id(match.group()) else (0, 0)


def card(match: re.Match[str]) -> tuple[int, int]:
    """Return where the card number is: what follows it after a blank may be another number."""
    if _follows(_ORDER_OR_CODE, match):
        return 0, 0
    text, start = match.string, match.start()
    for end in _ends(text, start, match.end(), 16):
        if is_card(text[start:end]):
            return start, end
    return 0, 0


def mobile(match: re.Match[str]) -> bool:
    """Say whether eleven digits are grouped as a mobile number is, and called no order's number."""
    if _follows(_ORDER, match):
        return False
    number = match.group("n")
    groups = _GROUP.findall(number)
    if len(groups) == 1:
        return True
    sizes = tuple(map(len, groups))
    if sizes in _PHONE_GROUPS:
        return True
    joints = [joint for joint in _GROUP.split(number) if joint]
    alike = len(set(joints)) == 1
    single = set(sizes) == {1} and not {",", "、", "/"} & set("".join(joints))
    return (single and alike) or (_PLAIN.issuperset("".join(joints)) and (alike or len(joints) <= 3))


def landline(match: re.Match[str]) -> tuple[int, int]:
    """Return where area code and number are; the area code stands in one piece unless every digit stands alone."""
    if _follows(_ORDER, match):
        return 0, 0
    text, start = match.string, match.start("n")
    groups = _GROUP.findall(match.group("n"))
    single = set(map(len, groups)) == {1}
    if not single and len(groups[0]) < 2:
        return 0, 0
    ends = _ends(text, start, match.end(), 9)
    for end in ends if single else ends[::-1]:
        digits = digits_of(text[start:end])
        if _AREA.fullmatch(digits if digits.startswith("0") else f"0{digits}"):
            return match.start(), end
    return 0, 0


def ends_near(folded: str, place: int) -> int:
    """Return a place a little after the end of the run of digits and joints that begins at `place`."""
    run = _RUN.match(folded, place)
    return run.end() + 2 if run else place


def _follows(order: re.Pattern[str], match: re.Match[str]) -> bool:
    return order.search(match.string[max(0, match.start() - 12) : match.start()]) is not None


def _ends(text: str, start: int, end: int, least: int) -> list[int]:
    """Return where a number of at least so many digits may end, the longest first: where no digit goes on."""
    places = [start + found.end() for found in _ONE.finditer(text[start:end])]
    return [place for place in reversed(places[least - 1 :]) if _END.match(text, place)]
