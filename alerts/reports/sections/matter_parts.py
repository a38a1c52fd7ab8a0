"""What reports on a consultation share: its clocks, questions, facts and figures."""

from __future__ import annotations

from alerts.consultation import Consultation
from alerts.deadlines import COLOURS, clock_colour, due_at
from alerts.reports.numbers import at_least, in_words, shown, small
from alerts.reports.periods import moment_words
from alerts.reports.span_data import SpanCounted
from alerts.reports.tree import Cell, Column, Figure, Figures, Table

LIMITS = (
    Column(title="时限要求", width=2.2), Column(title="到期", width=1.5), Column(title="完成", width=1.5),
    Column(title="情况", width=1.1),
)  # fmt: skip


def clocks(one: Consultation, now: int) -> Table:
    """Return the limits that run for it, late ones standing out."""
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for limit in one.limits:
        due, met = due_at(limit, one.known_at), one.met_at(limit)
        colour = clock_colour(one.known_at, due, met, now)
        if colour in {"red", "met_late"}:
            strong.append(len(rows))
        rows.append((limit.title, moment_words(due), moment_words(met) if met else "尚未完成", COLOURS[colour]))
    return Table(
        name="limits", caption="回应时限", columns=LIMITS, rows=tuple(rows), strong=tuple(strong),
        source="consultation",
    )  # fmt: skip


def limits_in_words(one: Consultation, now: int) -> str:
    """Say how many limits were kept of those due."""
    colours = [
        clock_colour(one.known_at, due_at(limit, one.known_at), one.met_at(limit), now) for limit in one.limits
    ]
    due = sum(colour in {"met", "met_late", "red"} for colour in colours)
    if not due:
        return "回应时限均未到期。"
    return f"到期的回应时限{due}项，按时完成{colours.count('met')}项。"


def figures(one: Consultation, counted: SpanCounted) -> Figures:
    """Return the figures of a matter; posts are those of its topic and place, suppressed when small."""
    posts = counted.total
    first = one.answered_at
    hours = round((first - one.known_at) / 3_600_000, 1) if first else None
    items = [
        Figure(
            name="questions", label="群众的问题", value=len(one.questions), shown=str(len(one.questions)), unit="个",
            change=f"未答复{len(one.unanswered)}个", source="consultation",
        ),
        Figure(
            name="first_answer", label="首次发声", value=hours, shown="尚未" if hours is None else f"{hours:.1f}",
            unit="" if hours is None else "小时", change="从获知起算",
            source="consultation",
        ),
    ]  # fmt: skip
    if one.topic or one.county:
        items.insert(0, Figure(
            name="posts", label="相关反映", value=None if small(posts) else posts, shown=shown(posts), unit="条",
            change=f"紧急求助{in_words(counted.urgent)}", source="opinions",
        ))  # fmt: skip
    return Figures(items=tuple(items))


def questions(one: Consultation) -> Table:
    """Return what people ask, with the answer each got or did not get yet."""
    rows: list[tuple[Cell, ...]] = []
    strong: list[int] = []
    for question in sorted(one.questions, key=lambda each: (-each.asked, each.at)):
        said = question.answer or (
            f"{question.unknown}，{moment_words(question.until)}前答复" if question.settled else "尚未答复"
        )
        if not question.settled:
            strong.append(len(rows))
        rows.append((question.text, said, at_least(question.asked)))
    titles = (
        Column(title="群众在问", width=2.6), Column(title="答复", width=3),
        Column(title="约有", number=True, width=1.2),
    )  # fmt: skip
    return Table(
        name="questions", caption="群众的问题与答复", columns=titles,
        rows=tuple(rows), strong=tuple(strong), source="consultation",
    )  # fmt: skip


def facts(one: Consultation) -> Table:
    """Return what is known and what is still to be checked, with where it comes from."""
    ordered = sorted(one.facts, key=lambda fact: (not fact.confirmed, fact.at))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        ("已核实" if fact.confirmed else "待核实", fact.text, fact.source, moment_words(fact.settled_at or fact.at))
        for fact in ordered
    )
    columns = (
        Column(title="情况", width=0.8), Column(title="事实", width=3.2), Column(title="来源", width=1.4),
        Column(title="记录时间", width=1.8),
    )  # fmt: skip
    return Table(name="facts", caption="事实核查", columns=columns, rows=rows, keys=2, source="consultation")
