"""Rules over stored posts in their own time: which moments to judge, live after a break and in a replay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from msgspec import Struct

from alerts.alert import Alert, Key
from alerts.counts import Counts
from alerts.evaluate import Finding, bucket
from alerts.findings import Series
from alerts.manager import Decision, Reason, decide
from alerts.measured import MEASURED
from alerts.measures import Measures, measured_findings, past_moments
from alerts.new_terms import WORDED, worded_findings
from alerts.rules import Rule

Moment = tuple[int, dict[Key, Finding], dict[Key, Alert]]
UNHEARD = MEASURED | {"quiet"}
"""Kinds that judge no posts in event time: a replay of posts says nothing about them."""
Sampled = Callable[[Decision, Finding | None], Awaitable[Alert]]


class Told(Struct, frozen=True, kw_only=True):
    """A decision of a replay that speaks, and the alert as it then was."""

    decision: Decision
    alert: Alert


class Run(Struct, frozen=True, kw_only=True):
    """What one rule found over a stretch: its alerts by id as they ended, what would be told, and how many moments."""

    alerts: dict[str, Alert]
    told: tuple[Told, ...]
    steps: int

    @property
    def unsaid(self) -> list[Alert]:
        """The alerts that were over before they were due to be told."""
        said = {one.alert.id for one in self.told}
        return [alert for id_, alert in self.alerts.items() if id_ not in said]


def missed(rule: Rule, last: int, at: int, longest: int) -> list[int]:
    """Return the moments a rule should have been judged at between its last one and now, if there was a break.

    Not for phrases, whose windows outlast any break, nor for quiet sources, since it was we who did not listen.
    """
    if rule.kind in WORDED or rule.kind in UNHEARD or at - last <= 2 * rule.step:
        return []
    first = bucket(max(last, at - longest), rule.step) + rule.step
    return list(range(first, bucket(at, rule.step), rule.step))


async def series(rule: Rule, counts: Counts, start: int, end: int) -> Series:
    """Return a key-counting rule's cells for judging it at any moment of [start, end] (ms UTC)."""
    cells = await counts.cells(rule.key, start - rule.window - rule.usual_over, end, rule.step, rule.words)
    return Series(rule, cells, await counts.first("posted_at"))


def with_acts(alert: Alert, there: Alert) -> Alert:
    """Return a replay's alert with what people did to the one that is stored."""
    state = "acknowledged" if there.acknowledged_at and alert.state == "firing" else alert.state
    return msgspec.structs.replace(
        alert, state=state, acknowledged_by=there.acknowledged_by, acknowledged_at=there.acknowledged_at,
        note=there.note, consultation=there.consultation or alert.consultation,
        verdict=there.verdict, verdict_reason=there.verdict_reason, verdict_by=there.verdict_by,
        verdict_at=there.verdict_at, assigned_to=there.assigned_to, assigned_by=there.assigned_by,
        assigned_at=there.assigned_at, comments=there.comments,
        signed_at=there.signed_at, signed_until=there.signed_until, signatures=there.signatures,
    )  # fmt: skip


async def run_rule(  # noqa: PLR0917 - the parts of one run
    rule: Rule, counts: Counts, start: int, end: int, sampled: Sampled, measures: Measures | None = None
) -> Run:
    """Run a rule over a stretch of event time from nothing, as if each moment were now; nothing is stored.

    measures: of a rule that counts no posts, where its past figures are read.
    """
    made: dict[str, Alert] = {}
    told: list[Told] = []
    pending: dict[str, Decision] = {}
    steps = 0
    async for at, findings, known in _moments(rule, counts, start, end, measures):
        steps += 1
        for key in sorted({*findings, *known}, key=msgspec.json.encode):
            decision = decide(rule, findings.get(key), known.get(key), at, "replay")
            if decision.alert is None:
                continue
            alert = await sampled(decision, findings.get(key))
            known[key] = made[alert.id] = alert
            if decision.reason is Reason.OPENED:
                pending[alert.id] = decision
            due = alert.level == "major" or (key in findings and at >= alert.pending_until)
            if alert.id in pending and due:
                told.append(Told(decision=pending.pop(alert.id), alert=alert))
            elif decision.speaks and alert.id not in pending:
                told.append(Told(decision=decision, alert=alert))
    return Run(alerts=made, told=tuple(told), steps=steps)


async def _moments(
    rule: Rule, counts: Counts, start: int, end: int, measures: Measures | None
) -> AsyncIterator[Moment]:
    """Yield (moment, findings, alerts by key); the consumer fills the alerts in."""
    known: dict[Key, Alert] = {}
    if rule.kind in MEASURED:
        if measures is None:
            return
        for at in past_moments(rule, start, end):
            keys = {key for key, alert in known.items() if alert.state != "resolved"}
            yield at, await measured_findings(rule, measures, at, keys, past=True), known
        return
    if rule.kind in WORDED:
        for at in range(bucket(start, rule.step) + rule.step, end + rule.recover + rule.step, rule.step):
            open_keys = [key for key, alert in known.items() if alert.state != "resolved"]
            yield at, await worded_findings(rule, counts, at, open_keys), known
        return
    cells = await series(rule, counts, start, end)
    for at in cells.moments(start, end):
        yield at, cells.at(at, {key for key, alert in known.items() if alert.state != "resolved"}), known
