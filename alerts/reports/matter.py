"""Reports on one consultation: 快报 (one page), 专报 (the whole event) and 会商纪要 (what was decided).

They say what the record says and nothing more: no cause, advice or figure is made up, and what is not known reads so.
Staff stand as units and offices, never by name; what people asked is grouped and counted in steps of five.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from alerts.consultation import Consultation
from alerts.grading import GRADES
from alerts.reports import queries
from alerts.reports.after import After, after_effects
from alerts.reports.after import body as after_body
from alerts.reports.periods import DAY_MS, Window, moment_words
from alerts.reports.sections.matter_minutes import minutes
from alerts.reports.sections.matter_parts import limits_in_words
from alerts.reports.sections.matter_special import special
from alerts.reports.sections.matter_urgent import cut, urgent
from alerts.reports.span_data import SpanCounted, span_counted
from alerts.reports.tree import Report, Section, Source
from streams import topics
from streams.clock import from_ms, ms
from streams.elastic import Elastic
from streams.errors import Misconfigured

TITLES = {"urgent": "政务舆情快报", "special": "政务舆情专报", "minutes": "会商纪要"}
KINDS = tuple(TITLES)
TITLE = 26
"""Characters of a matter's title in the head: one line."""


def window_of(one: Consultation, now: datetime) -> Window:
    """Return when posts count as the matter's: from a day before it was known until it closed, or until now."""
    return Window(start=one.known_at - DAY_MS, end=max(one.known_at, one.closed_at or ms(now)))


def compose(
    kind: str, one: Consultation, counted: SpanCounted, sources: tuple[Source, ...], *, now: datetime, unit: str,
    after: tuple[After, ...] = (),
) -> Report:  # fmt: skip
    """Return a report on a consultation as a content tree; plain and total."""
    window = window_of(one, now)
    sections: tuple[Section, ...]
    if kind == "urgent":
        sections = urgent(one, counted, ms(now))
    elif kind == "special":
        sections = special(one, counted, ms(now), sources, after)
    else:
        sections = minutes(one, ms(now), sources)
    summary = (
        f"“{one.title}”（{GRADES[one.grade]}），{moment_words(one.known_at)}获知，{one.state_name}。"
        f"{limits_in_words(one, ms(now))}"
    )
    return Report(
        kind=kind,
        period=one.id,
        title=TITLES[kind],
        subtitle=cut(one.title, TITLE),
        unit=unit,
        window_from=window.start,
        window_to=window.end,
        made_at=ms(now),
        sections=sections,
        sources=sources,
        summary=summary,
    )


async def build(kind: str, elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    """Return the report on the consultation with this id; raises Misconfigured where there is none."""
    found = await elastic.get(topics.CONSULTATIONS.name, period) if period else None
    if found is None:
        msg = f"there is no consultation {period!r}; take the id from the console's address of it"
        raise Misconfigured(msg)
    one = msgspec.convert(found.source["record"], Consultation)
    if kind == "urgent" and one.grade not in {"major", "special"}:
        msg = f"快报 is for a confirmed major event; this one's grade is {GRADES[one.grade]}"
        raise Misconfigured(msg)
    window = window_of(one, from_ms(ms(now)))
    body = queries.by_day(window)
    wanted = [{"term": {name: value}} for name, value in (("topic", one.topic), ("county", one.county)) if value]
    body["query"] = {"bool": {"filter": [body["query"], *wanted]}}
    index = topics.pattern(topics.OPINIONS)
    # without topic and place it can't be said which posts are the matter's
    counted = span_counted(await elastic.search(index, body), window) if wanted else SpanCounted()
    record = {"query": {"ids": {"values": [one.id]}}}
    sources = [_source("consultation", "会商记录", topics.CONSULTATIONS.name, window, record)]
    if wanted:
        sources.append(_source("opinions", "同主题同地区的群众反映", index, window, body))
    after = await after_effects(elastic, one, ms(now)) if kind == "special" else ()
    if after:
        since = Window(start=after[0].at - after[0].length, end=after[-1].at + after[-1].length)
        asked = after_body(one, after[0].at, after[0].length, []) if wanted else record
        sources.append(_source("after", "首次发声前后的诉求", index, since, asked))
    return compose(kind, one, counted, tuple(sources), now=now, unit=unit, after=after)


def _source(name: str, title: str, index: str, window: Window, query: queries.Body) -> Source:
    return Source(
        name=name, title=title, index=index, window_from=window.start, window_to=window.end, query=query
    )  # fmt: skip
