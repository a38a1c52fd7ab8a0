"""The rows of masking: what personal data looks like in folded text, and what looks like it but is not.

Sources: GB 11643 (ID number), ISO/IEC 7812 (card), GA 36 (plates), the national numbering plan (1[3-9] mobiles,
0xx/0xxx area codes). A row is searched only in texts where its gate stands open (see `masking`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from analyzers.names import NAME_RULE, name_span
from analyzers.text import PROVINCES

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_DIGITS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖x", "0001234567891123456789X")

WORDS: dict[str, tuple[str, ...]] = {
    "account": ("微信", "威信", "weixin", "wechat", "wx", "vx", "v信", "qq", "扣扣", "加v", "企鹅号"),
    "name": (
        "我叫",
        "我是",
        "我的名字",
        "名叫",
        "本人",
        "联系人",
        "姓名",
        "举报人",
        "投诉人",
        "反映人",
        "申请人",
        "当事人",
    ),
    "keyed": ("身份证", "卡号", "银行卡", "账号", "帐号", "电话", "手机", "联系方式", "座机", "致电", "tel"),
    "plate": ("车牌",),
    "home": ("家住", "住址", "住在", "现住", "居住", "户籍", "庭地址", "细地址"),
    "address": ("号楼", *(f"{end}{digit}" for end in "区园苑城府邸庭寓湾" for digit in range(1, 10))),
}
"""Words that open a gate."""


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


def _phone_checked(match: re.Match[str]) -> bool:
    joints = [joint for joint in re.split(_N, match.group().split("86", 1)[-1]) if joint]
    return _no_order(match) and (len(joints) <= 3 or len(set(joints)) == 1)


def _no_order(match: re.Match[str]) -> bool:
    return not _ORDER.search(match.string[max(0, match.start() - 12) : match.start()])


def _id_checked(match: re.Match[str]) -> bool:
    return is_id(match.group())


def _card_checked(match: re.Match[str]) -> bool:
    return is_card(match.group()) and _no_order(match)


class Rule(NamedTuple):
    """One row: `gate` must stand open; the group `v` (or all) of a match that `check` allows is personal data."""

    kind: str
    gate: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool] | None = None
    cut: Callable[[re.Match[str]], tuple[int, int]] | None = None

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Yield where personal data of this kind stands; after a piece or a look-alike it is sought again."""
        at = 0
        while match := self.pattern.search(folded, at):
            start, end = self._span(match)
            if start < end:
                yield start, end
            at = max(end, match.start() + 1)

    def _span(self, match: re.Match[str]) -> tuple[int, int]:
        """Return start and end of the personal data in a match, or (0, 0) if it is only a look-alike."""
        if self.check is not None and not self.check(match):
            return 0, 0
        if self.cut is not None:
            return self.cut(match)
        return match.span("v") if "v" in self.pattern.groupindex else match.span()


_ORDER = re.compile(r"(?:工单|订单|流水|快递|运单|受理|信件|案件|合同|发票|回执|单|编)(?:编号|号码|号)?[是为: ]{0,3}$")
_J = r"[ \-—–_.·。*,]{0,2}"
_N = r"[0-9零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_ONE = r"[1一幺壹]"
_SECOND = r"[3-9三四五六七八九叁肆伍陆柒捌玖]"
_KEY = r"(?:电话|手机|联系方式|座机|致电|tel)(?:号码|号)?[是为: ]{0,3}"
_H = r"[a-z0-9_\-·\u3400-\u9fff]"
_C = r"[0-9一二三四五六七八九十]"
_HOME = r"(?:家住|住址|住在|现住|居住|户籍|家庭地址|详细地址)"
_B = r"[0-9a-z一二三四五六七八九十]"

RULES: tuple[Rule, ...] = (
    Rule(
        "email",
        "at",
        re.compile(r"[a-z0-9][a-z0-9._%+\-]{0,63} ?@ ?[a-z0-9\-]{1,63}(?: ?[.。] ?[a-z0-9\-]{1,63}){1,4}"),
    ),
    Rule("id", "digits", re.compile(rf"(?<![0-9])[0-9](?:{_J}[0-9]){{16}}{_J}[0-9x](?![0-9a-z])"), _id_checked),
    Rule(
        "id",
        "keyed",
        re.compile(r"身份证(?:号码|号)?[是为: ]{0,3}(?P<v>[0-9](?:[ \-]?[0-9]){14,16}[0-9x]?)(?![0-9a-z])"),
    ),
    Rule("card", "digits", re.compile(rf"(?<![0-9])[3-6](?:{_J}[0-9]){{15,18}}(?![0-9])"), _card_checked),
    Rule(
        "card",
        "keyed",
        re.compile(r"(?:卡号|银行卡|账号|帐号)(?:号码|号)?[是为: ]{0,3}(?P<v>[0-9](?:[ \-]?[0-9]){14,18})(?![0-9])"),
    ),
    Rule(
        "phone",
        "digits",
        re.compile(rf"(?:(?<![0-9])\+? ?86{_J}|(?<![0-9])(?<!{_N})){_ONE}{_J}{_SECOND}(?:{_J}{_N}){{9}}(?!{_N})"),
        _phone_checked,
    ),
    Rule(
        "phone",
        "digits",
        re.compile(
            r"(?<![0-9])(?:\(0(?:10|2[0-9]|[3-9][0-9]{2})\)|0(?:10|2[0-9]|[3-9][0-9]{2}))[ \-—–_]{0,3}"
            r"[2-9][0-9]{2,3}[ \-—–]?[0-9]{4}(?![0-9])"
        ),
    ),
    Rule("phone", "keyed", re.compile(rf"{_KEY}(?P<v>[2-9][0-9]{{2,3}}[ \-]?[0-9]{{4}})(?![0-9])")),
    Rule(
        "plate",
        "plate",
        re.compile(
            rf"(?:(?<=牌)|(?<![0-9a-z]))[{PROVINCES}] ?[a-hj-np-z][ ·•.・\-]?(?=[ ·\-]?[a-hj-np-z0-9]{{0,5}}[0-9])"
            r"[a-hj-np-z0-9](?:[ ·\-]?[a-hj-np-z0-9]){3,4}[a-hj-np-z0-9挂学警港澳](?![a-z0-9])"
        ),
    ),
    Rule(
        "account",
        "account",
        re.compile(
            r"(?:微信|威信|weixin|wechat|wx|vx|v信|加v)(?:号码|号)?[是为:,\- ]{0,3}"
            r"(?P<v>[a-z_][a-z0-9_\-]{5,19}|[0-9]{5,11})(?![a-z0-9])"
        ),
    ),
    Rule(
        "account",
        "account",
        re.compile(r"(?:qq|扣扣|企鹅号)(?:群)?(?:号码|号)?[是为:,\- ]{0,3}(?P<v>[1-9][0-9]{4,11})(?![0-9])"),
    ),
    Rule("handle", "at", re.compile(rf"@(?!用户(?!{_H})){_H}+")),
    Rule("name", "name", NAME_RULE, None, name_span),
    Rule(
        "address",
        "home",
        re.compile(
            rf"{_HOME}[^,。;!?@]{{0,24}}?(?<=[路街巷弄道村])(?P<v>[0-9]{{1,5}}号(?:院|附)?"
            rf"(?:{_C}{{1,4}}(?:栋|幢|号楼|单元|室|房|户|号)?)*)"
        ),
    ),
    Rule(
        "address",
        "address",
        re.compile(
            rf"(?P<v>{_B}{{1,4}}(?:栋|幢|座|号楼) ?(?:{_B}{{1,3}}单元)? ?(?:{_C}{{1,3}}[楼层])?[ \-]?"
            rf"(?:[0-9]{{3,4}}(?:室|房|号|户)?|[0-9]{{1,2}}(?:室|房))"
            rf"|{_B}{{1,4}}(?:栋|幢|座|号楼) ?{_C}{{1,3}}单元(?:{_C}{{1,3}}[楼层])?"
            rf"|{_C}{{1,3}}单元[ \-]?(?:[0-9]{{3,4}}(?:室|房|号|户)?|[0-9]{{1,2}}(?:室|房))"
            r"|(?<=[区园苑城府邸庭寓湾])[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}"
            rf"|(?<=[村社]){_C}{{1,3}}[组队社][0-9]{{1,4}}号)(?![0-9]|[余多]?[万元米m平㎡个套])"
        ),
    ),
)
