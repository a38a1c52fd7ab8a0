"""The rows of masking: what personal data looks like in folded text, and what looks like it but is not.

Sources: GB 11643 (ID number), ISO/IEC 7812 (card), GA 36 (plates), the national numbering plan (1[3-9] mobiles,
0xx/0xxx area codes). A row is tried only where its gate stands open (see `masking`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from analyzers.masknumbers import CARD, DONE, ID, LANDLINE, LONG_JOINT, MOBILE, card, ends_near, id_, landline, mobile
from analyzers.masknumbers import DIGIT as N
from analyzers.maskplaces import HOME, ROOM, STREET, UNIT, begin, is_home, is_household, street
from analyzers.names import NAME_RULE, name_span
from analyzers.text import PROVINCES

_WECHAT = ("微信", "威信", "薇信", "徽信", "微 信", "weixin", "wechat", "wx", "vx", "v x", "v信", "加v", "加我v")
_QQ = ("qq", "q q", "扣扣", "企鹅号")
_KEYS = ("电话", "手机", "联系方式", "座机", "固话", "致电", "tel")

WORDS: dict[str, tuple[str, ...]] = {
    "account": (*_WECHAT, *_QQ),
    "name": (
        *("我叫", "我是", "我的名字", "名叫", "名字叫", "本人", "联系人", "姓名", "举报人", "投诉人", "反映人"),
        *("申请人", "当事人", "联络人", "求助人", "来信人", "留言人"),
    ),
    "identity": ("身份证", "证件号"),
    "number": ("卡号", "银行卡", "账号", "帐号"),
    "call": _KEYS,
    "plate": ("车牌",),
    "home": HOME,
    "address": ("号楼", *(f"{end}{digit}" for end in "区园苑城府邸庭寓湾院厦" for digit in range(1, 10))),
    "mail": ("(at)", "[at]"),
}
"""Words that open a gate."""


class Rule(NamedTuple):
    """One row: a match of `pattern` that `check` allows is personal data: what `cut` returns, or its group `v`, or all.

    The pattern must match at the place that opened the gate, which `begin` may move; `scan`: in the run from there.
    """

    kind: str
    gate: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool] | None = None
    cut: Callable[[re.Match[str]], tuple[int, int]] | None = None
    begin: Callable[[str, int], int] | None = None
    scan: bool = False

    def spans(self, folded: str, places: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield where personal data of this kind stands, in order and apart; `places` opened the gate."""
        last = 0
        for match in self._scanned(folded, places) if self.scan else self._anchored(folded, places):
            start, end = self._span(match)
            if last <= start < end:
                yield start, end
                last = end

    def _anchored(self, folded: str, places: Sequence[int]) -> Iterator[re.Match[str]]:
        for place in places:
            match = self.pattern.match(folded, place if self.begin is None else self.begin(folded, place))
            if match:
                yield match

    def _scanned(self, folded: str, places: Sequence[int]) -> Iterator[re.Match[str]]:
        """Yield matches in the runs of digits that begin at `places`; within a look-alike it is sought again."""
        for place in places:
            at, end = place, ends_near(folded, place)
            while match := self.pattern.search(folded, at, end):
                yield match
                at = max(self._span(match)[1], match.start() + 1)

    def _span(self, match: re.Match[str]) -> tuple[int, int]:
        if self.check is not None and not self.check(match):
            return 0, 0
        if self.cut is not None:
            return self.cut(match)
        return match.span("v") if "v" in self.pattern.groupindex else match.span()


_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-")
MAILBOX = _LOCAL | {" "}
"""What may stand before the @ of an address."""


def _mailbox(folded: str, place: int) -> int:
    """Return where the mailbox before an @ begins."""
    end = place - 1 if folded[place - 1 : place] == " " else place
    start = end
    while start > 0 and end - start < 64 and folded[start - 1] in _LOCAL:
        start -= 1
    while start < end and not folded[start].isalnum():
        start += 1
    return start


_LATIN_NAMES = frozenset(["wechat", "weixin", "alipay"])


def _account(match: re.Match[str]) -> bool:
    """Say whether what follows 微信 is an account and not its name in Latin letters."""
    return match.group("v") not in _LATIN_NAMES


_GAP = r"[是为: ]{0,3}"
_SAID = r"[是为:,\-( \"'“\]】)]{0,3}"

HANDLE = re.compile(r"@(?!用户(?![\w\-·]))[\w\-·]+(?:\.[a-z0-9_]+)*")

RULES: tuple[Rule, ...] = (
    Rule(
        "email",
        "mail",
        re.compile(
            r"[a-z0-9][a-z0-9._%+\-]{0,63} ?(?:@|[(\[]at[)\]]) ?[a-z0-9\-]{1,63}(?: ?[.。] ?[a-z0-9\-]{1,63}){1,4}"
        ),
        begin=_mailbox,
    ),
    Rule("id", "digits", ID, cut=id_, scan=True),
    Rule(
        "id",
        "identity",
        re.compile(
            rf"(?:身份证|证件号)(?:件号|号码|码|号)?{_GAP}(?P<v>{N}(?:{LONG_JOINT}{N}){{13,16}}(?:{LONG_JOINT}[0-9x])?){DONE}"
        ),
    ),
    Rule("card", "digits", CARD, cut=card, scan=True),
    Rule(
        "card",
        "number",
        re.compile(rf"(?:卡号|银行卡|账号|帐号)(?:号码|号)?{_GAP}(?P<v>{N}(?:{LONG_JOINT}{N}){{14,18}}){DONE}"),
    ),
    Rule("phone", "digits", MOBILE, mobile, scan=True),
    Rule("phone", "digits", LANDLINE, cut=landline, scan=True),
    Rule(
        "phone",
        "call",
        re.compile(
            rf"(?:{'|'.join(_KEYS)})(?:号码|号)?{_GAP}"
            rf"(?P<v>[2-9二三四五六七八九]{N}{{2,3}}[ \-]?{N}{{4}}){DONE}"
        ),
    ),
    Rule(
        "plate",
        "plate",
        re.compile(
            rf"[{PROVINCES}] ?[a-hj-np-z][ ·•.・\-]?(?=[ ·\-]?[a-hj-np-z0-9]{{0,5}}[0-9])"
            r"[a-hj-np-z0-9](?:[ ·\-]?[a-hj-np-z0-9]){3,4}[a-hj-np-z0-9挂学警港澳](?![a-z0-9])"
        ),
    ),
    Rule(
        "plate",
        "plate",
        re.compile(
            rf"车牌(?:号码|号)?{_GAP}(?P<v>[a-hj-np-z][ ·•.・\-]?(?=[a-z]{{0,4}}[0-9])[a-z0-9]{{5,6}})(?![a-z0-9])"
        ),
    ),
    Rule(
        "account",
        "account",
        re.compile(
            rf"(?:{'|'.join(_WECHAT)})(?:账号|帐号|号码|id|号)?{_SAID}"
            r"(?P<v>[a-z_][a-z0-9_\-]{5,29}|[0-9](?:[ \-]?[0-9]){4,10})(?![a-z0-9])"
        ),
        _account,
    ),
    Rule(
        "account",
        "account",
        re.compile(
            rf"(?:{'|'.join(_QQ)})群?(?:账号|帐号|号码|id|号)?{_SAID}(?P<v>{N}(?:[ \-]?{N}){{4,11}}){DONE}"
        ),
    ),
    Rule("handle", "at", HANDLE),
    Rule("name", "name", NAME_RULE, cut=name_span),
    Rule("address", "address", ROOM, is_household, begin=begin),
    Rule("address", "address", UNIT, is_home, begin=begin),
    Rule("address", "home", STREET, cut=street),
)
