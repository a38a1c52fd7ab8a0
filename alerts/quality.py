"""How good the rules are, by what staff said of their alerts afterwards: plain functions over alerts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from alerts.alert import VERDICTS, Alert
from streams.errors import Rejected


class Quality(Struct, frozen=True, kw_only=True):
    """One rule's figures; times in ms. precision: right or late ones of those judged, None while none is judged.

    to_acknowledge, slow_acknowledge: half, and nine of ten, of the signed alerts were signed for within so long.
    """

    rule: str
    title: str
    alerts: int
    right: int
    false: int
    late: int
    signed: int
    to_acknowledge: int | None
    slow_acknowledge: int | None

    @property
    def judged(self) -> int:
        """How many alerts staff said something of."""
        return self.right + self.false + self.late

    @property
    def precision(self) -> float | None:
        """Return the part of the judged alerts that were no false alarm."""
        return (self.right + self.late) / self.judged if self.judged else None


def judged(alert: Alert, verdict: str, *, by: str, reason: str, at: int) -> Alert:
    """Return an alert with what somebody says of it, the last word counting. Raises Rejected, in Chinese."""
    if verdict not in VERDICTS:
        raise Rejected("field_type", f"请选择{'、'.join(VERDICTS.values())}之一。")
    if not reason.strip():
        raise Rejected("field_missing", "请写明理由。")
    return msgspec.structs.replace(alert, verdict=verdict, verdict_reason=reason.strip(), verdict_by=by, verdict_at=at)


def quality(alerts: Iterable[Alert]) -> tuple[Quality, ...]:
    """Return each rule's figures, by the rules' names."""
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    return tuple(_quality(name, found) for name, found in sorted(by_rule.items()))


def _quality(name: str, alerts: Sequence[Alert]) -> Quality:
    waits = sorted(alert.acknowledged_at - alert.opened_at for alert in alerts if alert.acknowledged_at)
    said = [alert.verdict for alert in alerts]
    return Quality(
        rule=name, title=alerts[-1].rule_title, alerts=len(alerts), right=said.count("true"),
        false=said.count("false"), late=said.count("late"), signed=len(waits),
        to_acknowledge=_within(waits, 0.5), slow_acknowledge=_within(waits, 0.9),
    )  # fmt: skip


def _within(waits: Sequence[int], part: float) -> int | None:
    return waits[math.ceil(part * len(waits)) - 1] if waits else None
