"""交接班单: a handover as a report: what is open and who takes it, what else the next one needs, notes, signatures.

It says what the record says; nothing is counted again. Before the outgoing officer signs, it is what the system made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from alerts.handover import STATES, Facts, Handover
from alerts.reports.periods import moment_words
from alerts.reports.sections.coverage import provenance
from alerts.reports.tree import DRAFT, Block, Column, Note, Paragraph, Report, Section, Source, Table
from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.topics import HANDOVERS

KIND = "handover"
TITLE = "交接班单"
ITEMS = (
    Column(title="序号", width=0.7), Column(title="事项", width=3.4), Column(title="情况", width=2),
    Column(title="现由谁办", width=1.2), Column(title="接收人", width=1.2),
)  # fmt: skip
SIGNATURES = (Column(title="岗位", width=1), Column(title="姓名", width=1.2), Column(title="签字时间", width=2))


def compose(h: Handover, *, now: int, unit: str) -> Report:
    """Return a handover as a content tree; plain and total."""
    facts = h.signed or h.facts
    query = {"query": {"ids": {"values": [h.id]}}}
    source = Source(
        name="handover", title="交接班记录", index=HANDOVERS.name, window_from=h.since, window_to=h.until, query=query
    )
    done = h.state == "done"
    return Report(
        kind=KIND, period=h.id, title=TITLE, subtitle=h.title, unit=unit, window_from=h.since, window_to=h.until,
        made_at=now,
        sections=(
            Section(title="未结事项", blocks=_items(h, facts)),
            _lines("会商时限", facts.clocks), _lines("台账到期和逾期", facts.ledger),
            _lines("静默、渠道和来源", (*(f"静默：{one}" for one in facts.silences), *facts.failing)),
            _lines("本班办结", facts.closed),
            _lines("交班说明", tuple(f"{h.name(n.by)}（{moment_words(n.at)}）：{n.text}" for n in h.notes)),
            Section(title="签字", blocks=(_signatures(h),)), provenance((source,)),
        ),
        sources=(source,),
        summary=(
            f"{h.title}，交班人{h.name(h.outgoing)}，接班人{h.name(h.incoming) or '未指定'}，{STATES[h.state]}。"
            f"未结事项{len(facts.items)}项，截至{moment_words(facts.at)}。"
        ),
        mark="双方已签" if done else DRAFT,
    )  # fmt: skip


def _items(h: Handover, facts: Facts) -> tuple[Block, ...]:
    if not facts.items:
        return (Paragraph(text="没有未结事项。"),)
    rows = tuple(
        (place, item.title, item.said, h.name(item.owner) or "—", h.name(h.receiver(item)) or "—")
        for place, item in enumerate(facts.items, 1)
    )
    missing = set(h.missing(facts))
    table = Table(
        name="items", caption="未结事项和接收人", columns=ITEMS, rows=rows, keys=2, source="handover",
        strong=tuple(place for place, item in enumerate(facts.items) if item in missing),
    )  # fmt: skip
    return (table, Note(text=f"有{len(missing)}项还没有接收人。", warn=True)) if missing else (table,)


def _lines(title: str, lines: Sequence[str]) -> Section:
    return Section(title=title, blocks=tuple(Paragraph(text=line) for line in lines) or (Paragraph(text="没有。"),))


def _signatures(h: Handover) -> Table:
    rows = tuple(
        (post, h.name(person) or "未指定", moment_words(at) if at else "未签字")
        for post, person, at in (("交班", h.outgoing, h.outgoing_at), ("接班", h.incoming, h.incoming_at))
    )
    return Table(name="signatures", caption="双方签字", columns=SIGNATURES, rows=rows, source="handover")


async def build(elastic: Elastic, period: str, now: datetime, unit: str) -> Report:
    """Return the report on the handover with this id; raises Misconfigured where there is none."""
    found = await elastic.get(HANDOVERS.name, period) if period else None
    if found is None:
        raise Misconfigured(f"there is no handover {period!r}; take the id from the console's address of it")
    return compose(msgspec.convert(found.source["record"], Handover), now=ms(now), unit=unit)
