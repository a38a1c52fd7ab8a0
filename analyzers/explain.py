"""Why a text is judged as it is, and where in the original: for `huiying explain post`. Nothing is sent or stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from analyzers import text
from analyzers.analysis import MODEL_VERSION, Analysis, analyze, places_in
from analyzers.labels import INTENTS, MASKS, SENTIMENTS
from analyzers.masking import Mark, trace
from analyzers.named_deadlines import Deadline, named
from analyzers.offsets import Traced
from analyzers.places import Place

URGENT = "紧急"
"""What the terms of matters that can't wait are grounds of."""
_MOST = 3
"""Most places shown of one term."""


class Grounds(Struct, frozen=True):
    """One term that decided a label, with its weight and where it stands in the original (start, end), in order."""

    label: str
    term: str
    weight: float
    places: tuple[tuple[int, int], ...]


class Explanation(Struct, frozen=True):
    """masks: where personal data stood in the original, without its value; words: the normal text cut (rjieba).

    The original is the text as it was given, and its places are counted from 0, as Python does.

    candidates: places that the text may mean beside the one found; deadlines: those that the text names, which decide
    nothing.
    """

    model: str
    masks: tuple[Mark, ...]
    words: tuple[str, ...]
    candidates: tuple[Place, ...]
    deadlines: tuple[Deadline, ...]
    grounds: tuple[Grounds, ...]
    analysis: Analysis


def explain(raw: str, posted_at: datetime | None = None) -> Explanation:
    """Explain one text, which was posted at an aware moment in the writer's zone; raises nothing for any str."""
    (found,) = analyze([raw])
    traced = trace(raw)
    rows = [(why.label, why.term, why.weight) for why in found.why]
    rows += [(URGENT, term, 1.0) for term in found.urgent_terms]
    return Explanation(
        model=MODEL_VERSION,
        masks=traced.marks,
        words=tuple(text.words(found.normal)),
        candidates=places_in(found.normal)[1],
        deadlines=named(found.normal, posted_at),
        grounds=tuple(Grounds(*row, places=_places(found.normal, row[1], traced.traced)) for row in rows),
        analysis=found,
    )


def _places(normal: str, term: str, traced: Traced) -> tuple[tuple[int, int], ...]:
    """Return where a term stands in the original: a place of the normal text is one of the masked text."""
    found = re.finditer(f"(?={re.escape(term)})", normal)
    return tuple(traced.source(match.start(), match.start() + len(term)) for match in found)


def deadline_words(one: Deadline) -> str:
    """Return a deadline with its moment in Chinese, as 三天内（至11月26日16:30）."""
    if one.by is None:
        return one.text
    moment = one.by - timedelta(minutes=1) if one.by.hour == one.by.minute == 0 else one.by
    return f"{one.text}（至{moment.month}月{moment.day}日{'' if moment != one.by else f'{one.by:%H:%M}'}）"


def as_text(one: Explanation) -> str:
    """Return an explanation in Chinese, a line a step."""
    found = one.analysis
    names = {**SENTIMENTS, **INTENTS}
    lines = [
        f"模型版本：{one.model}",
        f"脱敏文本：{found.masked}",
        f"脱敏项：{'、'.join(map(_mask_words, one.masks)) or '无'}",
        f"规范文本：{found.normal}",
        f"分词：{'/'.join(one.words)}",
        f"情感：{SENTIMENTS[found.sentiment]} {found.sentiment_p:.2f}{'（不确定）' if found.uncertain else ''}",
        f"主题：{found.topic} {found.topic_p:.2f}；二级：{found.subtopic or '无'}",
        f"次选主题：{found.topic2 or '无'} {found.topic2_p:.2f}",
        f"地点：{found.place or '无'}",
        f"可能的地点：{'、'.join(dict.fromkeys(place.path for place in one.candidates)) or '无'}",
        f"诉求：{INTENTS[found.intent]}；紧急：{'、'.join(found.urgent_terms) or '否'}",
        f"危及生命安全：{'是' if found.danger else '否'}",
        f"文中提到的期限：{'、'.join(map(deadline_words, one.deadlines)) or '无'}",
        f"事件键：{found.event_key}",
    ]
    for why in one.grounds:
        weight = f"（{why.weight:g}）" if why.label != URGENT else ""
        lines.append(f"依据：{names.get(why.label, why.label)} ← {why.term}{weight}{_places_words(why.places)}")
    return "\n".join(lines)


def _mask_words(mark: Mark) -> str:
    return f"{MASKS[mark.kind].strip('〔〕')}{_places_words([(mark.source_start, mark.source_end)])}"


def _places_words(places: Sequence[tuple[int, int]]) -> str:
    """Return places in the original as people count, from 1: 原文第3至5字."""
    shown = "、".join(f"{start + 1}至{end}" if end - start > 1 else f"{end}" for start, end in places[:_MOST])
    more = f"等{len(places)}处" if len(places) > _MOST else ""
    return f" 原文第{shown}字{more}" if places else ""
