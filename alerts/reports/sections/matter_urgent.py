"""快报: a confirmed major event on one page; long texts are cut and the rest is counted, never dropped silently."""

from __future__ import annotations

from alerts.consultation import Consultation
from alerts.grading import GRADES
from alerts.reports.numbers import at_least, in_words
from alerts.reports.periods import moment_words
from alerts.reports.sections.matter_parts import clocks
from alerts.reports.span_data import SpanCounted
from alerts.reports.tree import Block, Note, Paragraph, Section

TEXT = 24
MOST = 2


def urgent(one: Consultation, counted: SpanCounted, now: int) -> tuple[Section, ...]:
    """Return the sections of the one page."""
    when = moment_words(one.occurred_at) + "发生，" if one.occurred_at else "发生时间不详，"
    what = f"{cut(one.title)}（{GRADES[one.grade]}）。{when}{moment_words(one.known_at)}获知。"
    if (one.topic or one.county) and counted.total:
        what += f"相关反映{in_words(counted.total)}。"
    known = [fact.text for fact in one.facts if fact.confirmed]
    unknown = [fact.text for fact in one.facts if not fact.confirmed]
    asking = [
        f"{cut(question.text, 16)}（{at_least(question.asked)}）"
        for question in sorted(one.unanswered, key=lambda each: (-each.asked, each.at))
    ]
    first = one.statement
    if first is None:
        say = "尚未拟首次发声。"
    elif first.published_at:
        say = f"{first.unit}已于{moment_words(first.published_at)}发布：{cut(first.text)}"
    elif first.signed_by:
        say = f"{first.unit}已签发，待发布：{cut(first.text)}"
    else:
        say = f"{first.unit}已拟稿，待签发：{cut(first.text)}"
    blocks: tuple[tuple[str, tuple[Block, ...]], ...] = (
        ("基本情况", (Paragraph(text=what), Paragraph(text="已核实：" + listed(known, "尚无。")),
                      Paragraph(text="待核实：" + listed(unknown, "无。")))),
        ("群众在问", (Paragraph(text="尚未答复的：" + listed(asking, "无。")),)),
        ("责任与时限", (Paragraph(text=f"牵头单位：{one.lead or '尚未明确'}。"), clocks(one, now))),
        ("首次发声", (Paragraph(text=say),)),
    )  # fmt: skip
    note = Note(text=f"依据会商记录（编号{one.id[:8]}）和入库的群众反映，数据截至{moment_words(now)}。")
    sections = [Section(title=title, blocks=parts) for title, parts in blocks]
    sections[-1] = Section(title=sections[-1].title, blocks=(*sections[-1].blocks, note))
    return tuple(sections)


def cut(text: str, most: int = TEXT) -> str:
    """Return a text of at most so many characters, marked where it was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def listed(texts: list[str], nothing: str) -> str:
    """Return the first of some texts, and how many more there are."""
    if not texts:
        return nothing
    said = "；".join(cut(text) for text in texts[:MOST])
    return said + (f"；另有{len(texts) - MOST}项。" if len(texts) > MOST else "。")
