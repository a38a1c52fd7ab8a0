"""What to do about a key: a plain function of the finding, the alert as it stands and `now`; always with its reason.

The alert's id comes from its rule, its key and the step in which it opened, so rules run twice over the same time find
the same alerts.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec import Struct

from alerts.alert import Alert, Mode, rank
from alerts.evaluate import Finding, bucket, title
from alerts.hush_bounds import Bounds
from alerts.rule_bounds import active
from alerts.rules import Rule
from alerts.signing import TAKEN, ended, is_over, to_remind
from streams.records import digest

GROWN = 2.0
"""A notice goes out again when the value is so many times that of the last notice."""


DEFAULT = Bounds()


class Reason(StrEnum):
    """Why something was done, or not."""

    OPENED = "opened"
    RAISED = "raised"
    GREW = "grew"
    REPEATED = "repeated"
    EXHAUSTED = "exhausted"
    LAPSED = "lapsed"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    TAKEN = TAKEN
    UPDATED = "updated"
    ACKNOWLEDGED = "acknowledged"
    UNCHANGED = "unchanged"
    RECOVERING = "recovering"
    RESOLVED = "resolved"
    KNOWN = "known"
    NOTHING = "nothing"
    OFF_HOURS = "off_hours"


REASONS: dict[Reason, str] = {
    Reason.OPENED: "新预警",
    Reason.RAISED: "升级",
    Reason.GREW: "明显增多",
    Reason.REPEATED: "仍未签收",
    Reason.EXHAUSTED: "多次提醒无人签收，转上级",
    Reason.LAPSED: "签收后久未平息，请重新签收",
    Reason.ESCALATED: "无人签收，逐级上报",
    Reason.REMINDED: "签收即将到期",
    Reason.TAKEN: "已由他人接手",
    Reason.UPDATED: "数字有变化",
    Reason.ACKNOWLEDGED: "已有人签收，只更新数字",
    Reason.UNCHANGED: "没有变化",
    Reason.RECOVERING: "低于报警线，等待确认平息",
    Reason.RESOLVED: "已平息",
    Reason.KNOWN: "这一时段的预警已经记录过",
    Reason.NOTHING: "未达到报警线",
    Reason.OFF_HOURS: "不在规则规定的时段内",
}
"""Reasons in the words of the people who read them."""
OCCASIONS = frozenset(
    {
        Reason.OPENED, Reason.RAISED, Reason.GREW, Reason.REPEATED, Reason.EXHAUSTED, Reason.LAPSED, Reason.RESOLVED,
        Reason.ESCALATED, Reason.REMINDED, Reason.TAKEN,
    }
)
"""Reasons for which a notice goes out."""
PERSONAL = frozenset({Reason.REMINDED, Reason.TAKEN})
"""Of these, what concerns who has, or had, the alert in hand, and nobody else."""


class Decision(Struct, frozen=True, kw_only=True):
    """What to do: the alert as it must be saved (None: nothing to save), and why."""

    reason: Reason
    alert: Alert | None = None

    @property
    def speaks(self) -> bool:
        """Whether a notice goes out."""
        return self.reason in OCCASIONS


def alert_id(finding: Finding, mode: Mode) -> str:
    """Return the id of the alert that opens with this finding."""
    key = finding.key
    step = bucket(finding.at - 1, finding.rule.step)
    return digest("alert", mode, finding.rule.name, key.topic, key.county, key.source, key.phrase, str(step))


def opened(finding: Finding, mode: Mode) -> Alert:
    """Return the alert that opens with a finding; a major one proposes a consultation."""
    rule, key, tally = finding.rule, finding.key, finding.tally
    return Alert(
        id=alert_id(finding, mode), rule=rule.name, rule_title=rule.title, level=finding.level,
        topic=key.topic, county=key.county, source=key.source, phrase=key.phrase,
        title=title(rule, key), reason=finding.reason, mode=mode,
        opened_at=finding.at, updated_at=finding.at, last_firing_at=finding.at,
        window_from=finding.window_from, window_to=finding.at,
        value=finding.value, bound=finding.bound, usual=finding.usual,
        count=tally.count, total=tally.count, peak=finding.value, noticed=finding.value, sources=dict(tally.sources),
        consultation="proposed" if _proposes(finding) else "", danger=rule.kind == "urgent",
        pending_until=finding.at + rule.pending if rule.pending else 0, measure=rule.metric or rule.check,
    )  # fmt: skip


def _proposes(finding: Finding) -> bool:
    """Say whether a finding proposes a consultation: about what people write, not about what of ours is silent."""
    return finding.level == "major" and finding.rule.kind != "quiet"


def grown(alert: Alert, finding: Finding) -> Alert:
    """Return an open alert with a new finding: never a lower level, the peak kept."""
    tally = finding.tally
    higher = rank(finding.level) > rank(alert.level)
    proposed = "proposed" if higher and _proposes(finding) and not alert.consultation else alert.consultation
    return msgspec.structs.replace(
        alert, level=finding.level if higher else alert.level, reason=finding.reason,
        updated_at=finding.at, last_firing_at=finding.at, window_to=finding.at,
        value=finding.value, bound=finding.bound, usual=finding.usual, count=tally.count,
        total=max(alert.total, tally.count), peak=max(alert.peak, finding.value),
        sources={name: max(alert.sources.get(name, 0), tally.sources.get(name, 0))
                 for name in sorted({*alert.sources, *tally.sources})},
        consultation=proposed,
    )  # fmt: skip


def _unsigned(alert: Alert, noticed: float) -> Alert:
    """Return an alert that rose: whoever signed, signed for less, so somebody must sign again."""
    return msgspec.structs.replace(
        alert, state="firing", acknowledged_by="", acknowledged_at=0, signed_at=0, signed_until=0, noticed=noticed,
        repeats=0, exhausted_at=0, round=alert.round + 1,
    )  # fmt: skip


def _doubled(alert: Alert) -> Decision:
    """Tell again of an alert that doubled, unless somebody has signed for it and works on it."""
    if alert.state == "acknowledged":
        return Decision(reason=Reason.ACKNOWLEDGED, alert=alert)
    return Decision(reason=Reason.GREW, alert=msgspec.structs.replace(alert, noticed=alert.value))


def in_hand(alert: Alert, now: int, bounds: Bounds) -> Decision | None:
    """Decide whether a signature has ended while the alert still fires, or ends so soon that its owner must hear."""
    if is_over(alert, now, bounds):
        after = msgspec.structs.replace(_unsigned(ended(alert, now), alert.noticed), updated_at=now)
        return Decision(reason=Reason.LAPSED, alert=after)
    if to_remind(alert, now, bounds):
        after = msgspec.structs.replace(alert, reminded_at=now, updated_at=now)
        return Decision(reason=Reason.REMINDED, alert=after)
    return None


def again(alert: Alert, now: int, bounds: Bounds) -> Decision | None:
    """Decide whether an alert that nobody signed for is told again, or given up after so many times; else nothing.

    One that was never told by a notice of its own is not repeated.
    """
    waits = alert.state != "firing" or alert.held or not alert.told_at or alert.exhausted_at
    if waits or not bounds.repeats_most or now - alert.told_at < bounds.repeat_every:
        return None
    if alert.repeats < bounds.repeats_most:
        more = msgspec.structs.replace(alert, repeats=alert.repeats + 1, updated_at=now)
        return Decision(reason=Reason.REPEATED, alert=more)
    return Decision(reason=Reason.EXHAUSTED, alert=msgspec.structs.replace(alert, exhausted_at=now, updated_at=now))


def decide(  # noqa: C901, PLR0911, PLR0917 - one return for each reason; rows of a table test
    rule: Rule,
    finding: Finding | None,
    alert: Alert | None,
    now: int,
    mode: Mode = "live",
    bounds: Bounds = DEFAULT,
) -> Decision:
    """Decide about one key of a rule at a moment (ms UTC). alert: the one that is open for the key, if any."""
    if alert is None or alert.state == "resolved":
        if finding is None:
            return Decision(reason=Reason.NOTHING)
        if not active(rule, finding.at):
            return Decision(reason=Reason.OFF_HOURS)
        if alert is not None and alert.id == alert_id(finding, mode):
            return Decision(reason=Reason.KNOWN)
        return Decision(reason=Reason.OPENED, alert=opened(finding, mode))
    if finding is None:
        if now - alert.last_firing_at < rule.recover:
            return Decision(reason=Reason.RECOVERING)
        resolved = msgspec.structs.replace(alert, state="resolved", resolved_at=now, updated_at=now)
        return Decision(reason=Reason.RESOLVED, alert=resolved)
    after = grown(alert, finding)
    if rank(after.level) > rank(alert.level):
        return Decision(reason=Reason.RAISED, alert=_unsigned(after, finding.value))
    if rule.kind != "share" and finding.value >= GROWN * max(alert.noticed, 1.0):
        return _doubled(after)
    repeated = again(after, now, bounds) or in_hand(after, now, bounds)
    if repeated is not None:
        return repeated
    if (after.count, after.value, after.sources) == (alert.count, alert.value, alert.sources):
        if finding.at - alert.last_firing_at < rule.step:
            return Decision(reason=Reason.UNCHANGED)
        return Decision(reason=Reason.UNCHANGED, alert=after)
    return Decision(reason=Reason.UPDATED, alert=after)
