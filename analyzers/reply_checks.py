"""What is wrong with a reply before it is signed: each fault with its reason in Chinese and where it stands.

Pure: a question and a draft in, faults out in a fixed order; no I/O. Places (start, end) count the draft's characters
as given, from 0; the whole draft where a fault is something missing. Nothing here mends or sends a draft: a person
reads the faults. How well `explains` agrees with readers: `tests/bench/bench_reply_checks.py`, figures in the README.
"""

from __future__ import annotations

import re

from msgspec import Struct

from analyzers.masking import trace
from analyzers.office_numbers import PLACEHOLDER, of_an_office

FAULTS = ("substance", "question", "personal", "dates", "deadline", "tone")
"""Every kind of fault, in the order shown. The first alone means that the reply does not explain."""
_SAID_NOTHING = 20
"""Least Han characters beside courtesies and forwarding; chosen on the part of the portal's replies that trains."""
_SHARED = 0.005
"""Least share of the question's pairs of characters that a reply names: advice; it added nothing to `explains`."""
_LONG_ENOUGH_TO_JUDGE = 12
_COURTESY = re.compile(
    r"(?:尊敬的)?(?:网友|市民|群众)?[“\"][^”\"]{1,16}[”\"]|(?:尊敬的)?(?:网友|市民)(?:朋友)?[:：,，]?|[您你]好|"
    r"(?:您的)?(?:留言|来信|来件|问题|诉求|咨询)(?:我们|我局|我县|我区)?(?:已经?)?(?:收悉|悉知|知悉|收到)|"
    r"(?:现(?:将|就)?[^。;；]{0,12})?(?:回复|答复)如下|(?:非常)?(?:感谢|谢谢)[^。!！]{0,40}[。!！]?|"
    r"敬请谅解|特此(?:回复|答复)|此复|\d{4}年\d{1,2}月\d{1,2}日"
)
_FORWARDED = re.compile(
    r"[^。;；!！]{0,30}(?:转交|转达|转至|转给|转送|批转|交由|交办|已交|已转|转有关|转相关)[^。;；!！]{0,60}|"
    r"[^。;；!！]{0,30}(?:高度重视|进一步调查|认真研究|尽快(?:处理|解决|回复|答复|调查|核实))[^。;；!！]{0,30}|"
    r"[^。;；!！]{0,12}(?:如有情况|有结果|待[^。;；]{1,12}后)[^。;；!！]{0,12}(?:回复|答复|反馈)[^。;；!！]{0,10}"
)
_HAN = re.compile(r"[一-鿿]")
_RUNS = re.compile(r"[一-鿿A-Za-z0-9]{2,}")
_DATE = re.compile(
    r"\d{1,4}年(?:\d{1,2}月)?|\d{1,2}月(?:\d{1,2}日|[上中下]旬|底)|\d{1,2}日|今[日天年]|明[日天年]|本[周月年]|下[周月]"
)
_PROMISE = re.compile(r"(?:将|会|拟|计划|准备|预计)(?:于|在|会|对|把|尽快|进一步|继续|按照|组织|安排)[^。;；!！]{2,}")
_VAGUE = re.compile(r"尽快|适时|择机|抓紧|逐步|条件成熟|进一步")
_TONE = (
    (
        "推诿",
        re.compile(
            r"不(?:属于?|归)(?:我|本)(?:局|委|县|区|市|办|单位|部门)|与(?:我|本)(?:局|单位|部门)无关|无法直接答复"
        ),
    ),
    (
        "生硬",
        re.compile(
            r"自行(?:承担|解决|负责)|无理(?:取闹|要求|诉求)|(?:请|望)?(?:你|您)?不要(?:信谣|造谣|炒作|闹)|无可奉告"
        ),
    ),
    ("官话", re.compile(r"高度重视|亲自(?:部署|过问)|迅速成立|重要指示精神|举一反三|切实(?:加强|加大|做好|维护)")),
)
_TONE_ADVICE = {
    "推诿": "像是推给别人: 请写明由哪个单位负责、怎样联系、是否已代为转办",
    "生硬": "语气生硬: 请换成说明情况和依据的话",
    "官话": "套话不回答问题: 请换成做了什么、谁做的、哪天做的",
}


class Fault(Struct, frozen=True, order=True):
    """One thing to mend: kind is one of FAULTS, reason is for the drafter, (start, end) is where in the draft."""

    kind: str
    reason: str
    start: int
    end: int


def check(question: str, draft: str) -> tuple[Fault, ...]:
    """Every fault of the draft, in the order of FAULTS and then of the text; empty where none is seen."""
    whole = (0, len(draft))
    found: list[Fault] = []
    told = substance(draft)
    if told < _SAID_NOTHING:
        sort = "只有转办、受理的话" if _FORWARDED.search(draft) else "除问候和致谢外几乎没有内容"
        found.append(Fault("substance", f"{sort}: 请写明查到了什么、办了什么或为什么不能办", *whole))
    if overlap(question, draft) < _SHARED and len(_pairs(question)) >= _LONG_ENOUGH_TO_JUDGE:
        found.append(Fault("question", "没有提到所问的事或地点: 请对照原文逐项回答", *whole))
    found += [
        Fault("personal", "含个人信息, 公开前请删去或隐去", mark.source_start, mark.source_end)
        for mark in trace(draft).marks
        if not of_an_office(mark, draft)
    ]
    found += [
        Fault("personal", f"{hit[0]}是遮盖留下的，群众看不到原来的内容: 请写公开的办公电话，或删去这一句", *hit.span())
        for hit in PLACEHOLDER.finditer(draft)
    ]
    if not _DATE.search(draft):
        found.append(Fault("dates", "没有日期: 请写明何时查的、何时办的", *whole))
    found += [
        Fault("deadline", "说了将要办却没有时限: 请写明哪天之前办完、由谁办", *hit.span())
        for hit in _PROMISE.finditer(draft)
        if _VAGUE.search(hit[0]) and not _DATE.search(hit[0])
    ]
    tones = [
        Fault("tone", f"{name}: {_TONE_ADVICE[name]}", *hit.span())
        for name, seen in _TONE
        for hit in seen.finditer(draft)
    ]
    return (*found, *sorted(tones, key=lambda fault: (fault.start, fault.end)))


def explains(draft: str) -> bool:
    """Whether the reply says more than courtesies and forwarding; not whether what it says is right."""
    return substance(draft) >= _SAID_NOTHING


def substance(draft: str) -> int:
    """How many Han characters of a draft say something beside courtesies, dates of signing and forwarding."""
    return len(_HAN.findall(_FORWARDED.sub("", _COURTESY.sub("", draft))))


def overlap(question: str, draft: str) -> float:
    """Return the share (0 to 1) of the question's pairs of neighbouring characters in the draft; 1 for no pairs."""
    asked = _pairs(question)
    return len(asked & _pairs(draft)) / len(asked) if asked else 1.0


def _pairs(text: str) -> set[str]:
    return {run[at : at + 2] for run in _RUNS.findall(text) for at in range(len(run) - 1)}
