"""A consultation with something in every part, and the reports on one, for tests."""

from __future__ import annotations

from typing import Any

from report_examples import at, consultation, source

from alerts.consultation import Consultation, Department, Fact, Participant, Remark, Task
from alerts.reports.matter import compose
from alerts.reports.span_data import SpanCounted
from alerts.reports.tree import Report
from streams.clock import from_ms

NOW = from_ms(at(14))
COUNTED = SpanCounted(total=230, urgent=3, days=(0, 227, 3))


def rich(**changes: Any) -> Consultation:
    """Return a consultation with something in every part."""
    given: dict[str, Any] = {
        "facts": (
            Fact(id="1", text="主管网爆裂，涉及约六千户", confirmed=True, source="县水务局", by="zhang", at=at(10.5)),
            Fact(id="2", text="水质是否受影响", confirmed=False, source="群众反映", by="zhang", at=at(10.6)),
        ),
        "participants": (
            Participant(unit="县应急局", duty="参会", called_at=at(10.3), came=True),
            Participant(unit="县卫健局", duty="参会", called_at=at(10.3)),
        ),
        "departments": (Department(unit="县水务局", duty="lead"),),
        "tasks": (
            Task(id="1", text="设置临时送水点", unit="县水务局", due=at(12), decided_by="zhang", decided_at=at(11)),
        ),
        "dissents": (Remark(text="建议先公布停水范围", by="zhang", at=at(11)),),
    }  # fmt: skip
    return consultation(**{**given, **changes})


def report(kind: str, one: Consultation | None = None, counted: SpanCounted = COUNTED) -> Report:
    sources = (source("consultation"), source("opinions"))
    return compose(kind, one or rich(), counted, sources, now=NOW, unit="某市")
