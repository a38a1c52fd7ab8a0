"""Why a text is judged as it is: the steps in order, for `huiying explain post`. Nothing is sent or stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from analyzers import text
from analyzers.analysis import MODEL_VERSION, Analysis, analyze, places_in
from analyzers.labels import INTENTS, SENTIMENTS
from analyzers.masking import Span, spans
from analyzers.named_deadlines import Deadline, named
from analyzers.places import Place


class Explanation(Struct, frozen=True):
    """masks: where personal data lies in the cleaned text, without its value; words: the normal text cut (rjieba).

    candidates: places that the text may mean beside the one found; deadlines: those that the text names, which decide
    nothing.
    """

    model: str
    masks: tuple[Span, ...]
    words: tuple[str, ...]
    candidates: tuple[Place, ...]
    deadlines: tuple[Deadline, ...]
    analysis: Analysis


def explain(raw: str, posted_at: datetime | None = None) -> Explanation:
    """Explain one text, which was posted at an aware moment in the writer's zone; raises nothing for any str."""
    (found,) = analyze([raw])
    return Explanation(
        model=MODEL_VERSION,
        masks=tuple(spans(text.clean(raw))),
        words=tuple(text.words(found.normal)),
        candidates=places_in(found.normal)[1],
        deadlines=named(found.normal, posted_at),
        analysis=found,
    )


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
        f"脱敏项：{'、'.join(f'{span.kind}[{span.start}:{span.end}]' for span in one.masks) or '无'}",
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
    lines += [f"依据：{names.get(why.label, why.label)} ← {why.term}（{why.weight:g}）" for why in found.why]
    return "\n".join(lines)
