"""Consultations: their clocks, the questions that wait for an answer, and what units published in their own names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from msgspec import Struct

from alerts.consultation import Consultation
from alerts.deadlines import COLOURS, Colour, Limit, clock_colour, due_at
from alerts.grading import GRADES
from alerts.reports.day import DayData
from alerts.reports.numbers import at_least
from alerts.reports.periods import clock_words
from alerts.reports.tree import Block, Cell, Column, Note, Paragraph, Section, Table

CLOCKS = (
    Column(title="会商事项", width=2.4), Column(title="时限要求", width=1.8), Column(title="到期", width=1.5),
    Column(title="完成", width=1.5), Column(title="情况", width=1.1),
)  # fmt: skip
QUESTIONS = (
    Column(title="会商事项", width=1.7), Column(title="群众在问什么", width=2.8),
    Column(title="说明", width=2.0), Column(title="反映条数", number=True, width=1.2),
)  # fmt: skip
PUBLISHED = (
    Column(title="时间", width=0.9), Column(title="发布单位", width=1.6), Column(title="内容", width=1.3),
    Column(title="渠道", width=1.2), Column(title="会商事项", width=2.2),
)  # fmt: skip


class ConsultationsOfDay(Struct, frozen=True, kw_only=True):
    """The day's consultations in numbers; overdue: those with a limit that has passed unmet."""

    open: int
    closed: int
    overdue: int

    @classmethod
    def of(cls, data: DayData) -> Self:
        """Count the consultations of a day."""
        return cls(
            open=sum(one.open for one in data.consultations),
            closed=sum(not one.open for one in data.consultations),
            overdue=sum(
                any(_colour(one, limit, data.made_at) == "red" for limit in one.limits) for one in data.consultations
            ),
        )


def consultations(data: DayData) -> Section:
    """Return 四、会商与时限."""
    if not data.consultations:
        return Section(title="会商与回应", blocks=(Paragraph(text="当日没有新开、在办或办结的会商。"),))
    blocks: list[Block] = [Paragraph(text="".join(_stands(one) for one in data.consultations)), _clocks(data)]
    questions = tuple(_questions(data))
    if questions:
        blocks.append(
            Table(name="questions", caption="尚待答复的问题", columns=QUESTIONS, rows=questions, keys=2,
                  source="consultations")
        )  # fmt: skip
    published = tuple(_published(data))
    if published:
        blocks.append(
            Table(name="published", caption="当日对外发布", columns=PUBLISHED, rows=published, keys=5,
                  source="consultations")
        )  # fmt: skip
    else:
        blocks.append(Note(text="当日没有就会商事项对外发布信息。"))
    return Section(title="会商与回应", blocks=tuple(blocks))


def _stands(one: Consultation) -> str:
    """Say in a sentence how a consultation stands."""
    lead = f"，由{one.lead}牵头" if one.lead else "，尚未明确牵头单位"
    done = sum(bool(task.done_at) for task in one.tasks)
    tasks = f"，议定事项{len(one.tasks)}项、完成{done}项" if one.tasks else ""
    return f"“{one.title}”（{GRADES[one.grade]}）{one.state_name}{lead}{tasks}。"


def _clocks(data: DayData) -> Table:
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for one in data.consultations:
        for limit in one.limits:
            colour = _colour(one, limit, data.made_at)
            if colour in {"red", "met_late"}:
                strong.append(len(rows))
            met = one.met_at(limit)
            rows.append((
                one.title, limit.title, clock_words(due_at(limit, one.known_at), data.day),
                clock_words(met, data.day) if met else "尚未完成", COLOURS[colour],
            ))  # fmt: skip
    return Table(
        name="consultations", caption="会商事项的回应时限", columns=CLOCKS, rows=tuple(rows), strong=tuple(strong),
        keys=2, source="consultations",
    )  # fmt: skip


def _colour(one: Consultation, limit: Limit, now: int) -> Colour:
    return clock_colour(one.known_at, due_at(limit, one.known_at), one.met_at(limit), now)


def _questions(data: DayData) -> Iterator[tuple[Cell, ...]]:
    for one in data.consultations:
        for question in one.questions:
            if question.answer:
                continue
            said = f"暂不清楚，{clock_words(question.until, data.day)}前答复" if question.settled else "尚未答复"
            yield (one.title, question.text, said, at_least(question.asked))


def _published(data: DayData) -> Iterator[tuple[Cell, ...]]:
    found: list[tuple[int, tuple[Cell, ...]]] = []
    for one in data.consultations:
        for kind, text in one.public_texts:
            moments = [(text.published_at, kind), *((correction.at, "更正") for correction in text.corrections)]
            found += [
                (at, (clock_words(at, data.day), text.unit, what, text.channel, one.title))
                for at, what in moments
                if data.window.start <= at < data.window.end
            ]
    for _, row in sorted(found):
        yield row
