"""An invented consultation and its way from opening to closing, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alerts.consultation import Consultation
from alerts.consultation_moves import make
from alerts.deadlines import HOUR
from alerts.moves import Step

KNOWN = 1_763_856_000_000  # 2025-11-23 08:00 in Beijing
NO_PRESS = {"no_press": "书面发布，未另行召开"}
"""What closing asks for where a press conference was owed and none is recorded."""
Act = tuple[str, str, str, dict[str, Any]]


def a_consultation(**changes: Any) -> Consultation:
    """Return a serious one that was just opened."""
    fields: dict[str, Any] = {
        "id": "c1", "title": "静宁县供水预警", "alert_ids": ("a1",), "topic": "供水", "county": "620826",
        "grade": "major", "grade_reason": "影响全县", "grade_by": "li", "known_at": KNOWN,
        "occurred_at": KNOWN - HOUR, "opened_at": KNOWN, "opened_by": "li", "updated_at": KNOWN,
        "steps": (Step(number=1, move="open", by="li", role="officer", at=KNOWN, state="assessing"),),
    }  # fmt: skip
    return Consultation(**{**fields, **changes})


TO_STATEMENT: tuple[Act, ...] = (
    ("add_fact", "li", "officer", {"text": "主管破裂，抢修中", "confirmed": True, "source": "供水公司"}),
    ("add_question", "li", "officer", {"text": "什么时候来水？", "asked": 12}),
    ("draft_statement", "li", "officer", {"text": "主管破裂，预计今晚恢复。", "unit": "静宁县水务局"}),
    ("sign_statement", "chen", "leader", {}),
    ("publish_statement", "li", "officer", {"channel": "静宁县水务局官方微博"}),
)
TO_ANSWER: tuple[Act, ...] = (
    ("assign", "li", "officer", {"unit": "静宁县水务局", "duty": "lead"}),
    ("draft_answer", "li", "officer", {"text": "已恢复供水，水费减免办法如下。", "unit": "静宁县水务局"}),
    ("sign_answer", "chen", "leader", {}),
    ("publish_answer", "li", "officer", {"channel": "县政府门户网站"}),
)


def after(c: Consultation, acts: Iterable[Act], now: int = KNOWN + HOUR) -> Consultation:
    """Return the consultation after some moves, one a minute."""
    for number, (move, by, role, data) in enumerate(acts):
        c = make(c, move, by=by, role=role, data=data, now=now + number * 60_000)
    return c
