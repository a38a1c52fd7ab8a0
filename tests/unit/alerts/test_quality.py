"""Staff say whether an alert was right, and the rules are measured by it."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alert import Alert
from alerts.quality import judged, quality
from streams.errors import Rejected

MINUTE = 60_000


def alert(**changed: Any) -> Alert:
    given: dict[str, Any] = {
        "id": "a", "rule": "many", "rule_title": "集中反映", "level": "larger", "title": "", "reason": "",
        "opened_at": MINUTE, "updated_at": 0, "last_firing_at": 0, "window_from": 0, "window_to": 0, "value": 1,
        "bound": 1, "count": 1, "total": 1, "peak": 1,
    }  # fmt: skip
    return Alert(**{**given, **changed})


def test_a_verdict_is_kept_with_who_said_it_when_and_why_and_may_be_changed() -> None:
    first = judged(alert(), "false", by="wang", reason=" 计划检修 ", at=5)
    assert (first.verdict, first.verdict_reason, first.verdict_by, first.verdict_at) == ("false", "计划检修", "wang", 5)
    assert judged(first, "true", by="li", reason="确有此事", at=9).verdict == "true"
    assert (first.state, first.note) == (alert().state, alert().note)


@pytest.mark.parametrize(("verdict", "reason"), [("", "x"), ("perhaps", "x"), ("true", ""), ("true", "  ")])
def test_a_verdict_that_is_none_or_lacks_a_reason_is_refused(verdict: str, reason: str) -> None:
    with pytest.raises(Rejected):
        judged(alert(), verdict, by="wang", reason=reason, at=5)


def test_precision_counts_late_ones_as_right_and_leaves_out_what_nobody_judged() -> None:
    (one,) = quality([alert(verdict=said) for said in ("true", "true", "late", "false", "", "")])
    assert (one.alerts, one.judged, one.precision) == (6, 4, 0.75)


def test_without_a_verdict_or_a_signature_there_is_no_figure() -> None:
    (one,) = quality([alert()])
    assert (one.precision, one.to_acknowledge, one.slow_acknowledge) == (None, None, None)
    assert quality([]) == ()


def test_time_to_acknowledge_is_told_for_half_and_for_nine_of_ten() -> None:
    (one,) = quality([alert(acknowledged_at=MINUTE + n * MINUTE) for n in range(1, 11)])
    assert (one.signed, one.to_acknowledge, one.slow_acknowledge) == (10, 5 * MINUTE, 9 * MINUTE)


def test_rules_are_measured_apart() -> None:
    found = quality([alert(verdict="true"), alert(rule="danger", verdict="false")])
    assert [(one.rule, one.precision) for one in found] == [("danger", 0.0), ("many", 1.0)]
