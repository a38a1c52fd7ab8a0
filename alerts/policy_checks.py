"""What a person should look at before an interpretation is signed, and whether interpretations came in time.

Warnings, never a refusal: a person judges. A compressed copy of a document is no interpretation (安顺市, 2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from alerts.policy import Policy

PIECE = 12
"""Characters in a row that hardly two people write alike by chance."""
COPIED = 0.5
"""Share of an interpretation that stands word by word in the document, from which it is called a copy."""
SHORT = 60
PARTS: dict[str, tuple[str, ...]] = {
    "背景依据": ("背景", "依据", "为什么", "起草"),
    "主要内容": ("主要内容", "主要", "包括", "明确"),
    "适用范围": ("适用", "对象", "范围", "哪些人", "谁可以", "条件"),
    "新旧差别": ("调整", "变化", "不同", "新增", "取消", "提高", "与原", "此前", "以前"),
    "怎样办理": ("办理", "流程", "申请", "申报", "材料", "怎么办"),
    "时限": ("时限", "期限", "工作日", "有效期", "施行", "之前", "日起"),
    "咨询途径": ("咨询", "电话", "联系", "热线"),
}
"""What an interpretation tells, and words by which it is seen that it does."""
Standing = Literal["none", "waiting", "soon", "late", "together", "in_time", "too_late"]


def copied(document: str, interpretation: str) -> float:
    """Return the share of an interpretation's pieces of PIECE characters that stand in the document, 0 to 1."""
    source, text = _bare(document), _bare(interpretation)
    pieces = [text[at : at + PIECE] for at in range(len(text) - PIECE + 1)]
    if not pieces:
        return 0.0
    known = {source[at : at + PIECE] for at in range(len(source) - PIECE + 1)}
    return sum(piece in known for piece in pieces) / len(pieces)


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def warnings(p: Policy) -> tuple[str, ...]:
    """Return, in Chinese, what a signer should look at."""
    if not p.interpretation:
        return ()
    found = []
    share = copied(p.document, p.interpretation)
    if share >= COPIED:
        found.append(f"解读有{share:.0%}的文字与原文逐字相同，像是压缩稿而不是解读，请用群众听得懂的话改写。")
    lacking = [name for name, words in PARTS.items() if not any(word in p.interpretation for word in words)]
    if lacking:
        found.append(f"没有看到：{'、'.join(lacking)}。")
    if len(_bare(p.interpretation)) < SHORT:
        found.append(f"解读不足{SHORT}字。")
    return tuple(found)


def standing(p: Policy, now: int) -> Standing:
    """Return how the interpretation stands to its limit at a moment (ms UTC). Raises Misconfigured."""
    limit = p.limit
    if limit is None:
        return "none"
    if p.interpretation_at:
        if p.together:
            return "together"
        return "in_time" if p.interpretation_at <= limit.due else "too_late"
    colour = limit.colour(now)
    return "late" if colour == "red" else "soon" if colour == "yellow" else "waiting"


class Rate(Struct, frozen=True, kw_only=True):
    """How many public documents need an interpretation, and of these how many had it together, in time, late, not yet.

    overdue are open and past their limit: they stay in the denominator.
    """

    needing: int = 0
    together: int = 0
    in_time: int = 0
    too_late: int = 0
    overdue: int = 0
    waiting: int = 0

    @property
    def share(self) -> float:
        """同步解读率: together of those needing one; 0 if none does."""
        return self.together / self.needing if self.needing else 0.0


def rate(policies: Iterable[Policy], now: int) -> Rate:
    """Count public documents by how their interpretation stands."""
    found = [standing(p, now) for p in policies]
    return Rate(
        needing=sum(one != "none" for one in found), together=found.count("together"),
        in_time=found.count("in_time"), too_late=found.count("too_late"), overdue=found.count("late"),
        waiting=found.count("waiting") + found.count("soon"),
    )  # fmt: skip


def overdue(policies: Sequence[Policy], now: int) -> list[Policy]:
    """Return the policies whose interpretation is past its limit and not public."""
    return [p for p in policies if standing(p, now) == "late"]
