"""Why an alert fired: its decision made again from the posts, beside what was stored. Nothing is saved or sent."""

from __future__ import annotations

from msgspec import Struct

from alerts.alert import Alert
from alerts.counts import Counts
from alerts.evaluate import Finding, window_of
from alerts.findings import quiet_findings
from alerts.manager import Decision, Reason, decide
from alerts.measured import MEASURED
from alerts.measures import Measures, can_look_back, measured_findings
from alerts.new_terms import WORDED, worded_findings
from alerts.replaying import series
from alerts.rules import Rule

NOT_KEPT = "this figure is not kept: what it was then can't be measured again"


class Again(Struct, frozen=True, kw_only=True):
    """A decision made again at one moment (ms UTC), with all it rests on; window as [since, until)."""

    at: int
    since: int
    until: int
    rule: Rule
    finding: Finding | None
    decision: Decision
    differs: tuple[str, ...]


async def explained(rule: Rule, alert: Alert, counts: Counts, measures: Measures | None = None) -> Again:
    """Decide anew at the moment at which an alert last fired, over the posts written until then. Raises Unavailable.

    rule: as the rulebook has it now, since an alert keeps no rule; what differs from the stored figures shows whether
    the rule was changed or posts came late.
    """
    at = alert.window_to
    if rule.kind in MEASURED and (measures is None or not can_look_back(rule)):
        return Again(at=at, since=at - rule.window, until=at, rule=rule, finding=None, differs=(NOT_KEPT,),
                     decision=Decision(reason=Reason.NOTHING))  # fmt: skip
    finding = await _finding(rule, alert, counts, at, measures)
    since, until = window_of(rule, at)
    return Again(
        at=at, since=since, until=min(until, at), rule=rule, finding=finding,
        decision=decide(rule, finding, None, at, alert.mode), differs=_differs(alert, finding),
    )  # fmt: skip


async def _finding(
    rule: Rule, alert: Alert, counts: Counts, at: int, measures: Measures | None
) -> Finding | None:
    if rule.kind == "quiet":
        found = await quiet_findings(rule, counts, at)
    elif rule.kind in MEASURED and measures is not None:
        stands = {alert.key} if alert.opened_at < at else set()
        found = await measured_findings(rule, measures, at, stands, past=True)
    elif rule.kind in WORDED:
        found = await worded_findings(rule, counts, at, [alert.key])
    else:
        found = (await series(rule, counts, at, at)).at(at, {alert.key} if alert.opened_at < at else ())
    return found.get(alert.key)


def _differs(alert: Alert, finding: Finding | None) -> tuple[str, ...]:
    """Return what is now not as it was stored, each as `name: then -> now`."""
    if finding is None:
        return ("fires: yes -> no",)
    now = {"value": finding.value, "bound": finding.bound, "usual": finding.usual, "count": finding.tally.count}
    then = {name: getattr(alert, name) for name in now}
    return tuple(f"{name}: {then[name]:g} -> {now[name]:g}" for name in now if abs(then[name] - now[name]) > 1e-6)
