"""签收: who has an alert in hand, until when, reminded before it ends, renewed, taken over; plain functions.

A signature holds for hours that a city sets by level, at least as long as the rule's window: what is counted over two
weeks can't calm down in a day. Who signed is reminded before it ends and may renew it; somebody else may take it over
with a reason; when it ends while the alert still fires, nobody has it and it goes up the levels anew. Times: ms UTC.
"""

from __future__ import annotations

from msgspec.structs import replace

from alerts.alert import Alert
from alerts.hush_bounds import Bounds
from alerts.signature import Signature
from streams.errors import Rejected

BY_LINK = "（通知链接）"
"""Behind the name of who signed by a notice's link."""
TAKEN = "taken_over"
"""The occasion by which the former owner is told."""
KEPT = 50
"""So many entries are kept of an alert; older ones are in the audit record."""
NOTE_LEAST = 2
"""Characters that a reason for taking over has at least."""


def holds_until(alert: Alert, at: int, bounds: Bounds) -> int:
    """Return until when a signature of a moment holds; 0: until the alert is over."""
    lasts = bounds.sign_lasts_by.get(alert.level, bounds.sign_lasts)
    return at + max(lasts, alert.opened_at - alert.window_from if alert.window_from else 0) if lasts else 0


def owns(alert: Alert, *names: str) -> bool:
    """Say whether it is in the hands of somebody of these names; who signed by a link is known by what he is called."""
    by = alert.acknowledged_by
    called = by.removesuffix(BY_LINK) if by.endswith(BY_LINK) else ""
    return alert.state == "acknowledged" and (by == names[0] or called in {name for name in names if name})


def signed(alert: Alert, by: str, note: str, at: int, bounds: Bounds) -> Alert:
    """Return an alert that somebody signs for. Raises Rejected, in Chinese, if somebody else signed first."""
    if alert.acknowledged_at:
        raise Rejected("field_type", f"这条预警已由 {alert.acknowledged_by} 签收。")
    after = _held(alert, Signature(by=by, at=at, how="signed", note=note), bounds)
    state = "acknowledged" if alert.state == "firing" else alert.state
    return replace(after, state=state, acknowledged_at=at, note=_added(alert.note, note))


def renewed(alert: Alert, by: str, note: str, at: int, bounds: Bounds, *, called: str = "") -> Alert:
    """Return an alert whose owner has it for another while. Raises Rejected, in Chinese, if it isn't in his hands.

    called: his name, by which a link knows him.
    """
    if not owns(alert, by, called):
        raise Rejected("field_type", "只有签收人可以续签；如需由您跟进，请接手。")
    said = f"{by}续签" + (f"：{note.strip()}" if note.strip() else "。")
    return replace(
        _held(alert, Signature(by=by, at=at, how="renewed", note=note), bounds), note=_added(alert.note, said)
    )


def taken(alert: Alert, by: str, reason: str, at: int, bounds: Bounds, *, seen: str = "") -> Alert:
    """Return an alert that passes into other hands, its former owner to be told; what is owed already goes first.

    seen: who had it as he saw it, empty for not known: of two who take it over at once the second is told of the first.
    Raises Rejected, in Chinese, if nobody has it, another than was seen, he himself, or without a reason.
    """
    if alert.state != "acknowledged":
        raise Rejected("field_type", "这条预警此时没有人签收，请直接签收。")
    if seen and alert.acknowledged_by not in {seen, by}:
        raise Rejected("field_type", f"刚刚已由 {alert.acknowledged_by} 签收或接手，请看过再定。")
    if alert.acknowledged_by == by:
        raise Rejected("field_type", "这条预警已由您签收。")
    if len(reason.strip()) < NOTE_LEAST:
        raise Rejected("field_missing", "请写明接手的理由。")
    said = f"{by}接手（原签收人{alert.acknowledged_by}）：{reason.strip()}"
    after = _held(alert, Signature(by=by, at=at, how="taken", note=reason), bounds)
    return replace(
        after, note=_added(alert.note, said), taken_from=alert.acknowledged_by, untold=alert.untold or TAKEN
    )


def ended(alert: Alert, at: int) -> Alert:
    """Return an alert whose signature has ended: it is in nobody's hands, and says so."""
    return replace(
        alert, note=_added(alert.note, f"{alert.acknowledged_by}的签收到期，预警仍未平息。"),
        signatures=_kept(alert, Signature(by=alert.acknowledged_by, at=at, how="lapsed")),
    )  # fmt: skip


def is_over(alert: Alert, at: int, bounds: Bounds) -> bool:
    """Say whether a signature has ended."""
    until = _until(alert, bounds)
    return alert.state == "acknowledged" and 0 < until <= at


def to_remind(alert: Alert, at: int, bounds: Bounds) -> bool:
    """Say whether the owner is reminded now: once for each signature, of an alert that people were told of."""
    until = _until(alert, bounds)
    due = until and until - at <= min(bounds.sign_remind, (until - _since(alert)) // 2)
    return bool(
        due and bounds.sign_remind and alert.state == "acknowledged" and alert.told_at
        and alert.reminded_at < _since(alert)
    )  # fmt: skip


def _since(alert: Alert) -> int:
    return max(alert.signed_at, alert.acknowledged_at)


def _until(alert: Alert, bounds: Bounds) -> int:
    since = _since(alert)
    return alert.signed_until or (holds_until(alert, since, bounds) if since else 0)


def _held(alert: Alert, entry: Signature, bounds: Bounds) -> Alert:
    until = holds_until(alert, entry.at, bounds)
    entry = replace(entry, until=until, note=entry.note.strip())
    return replace(
        alert, acknowledged_by=entry.by, signed_at=entry.at, signed_until=until, signatures=_kept(alert, entry)
    )


def _kept(alert: Alert, entry: Signature) -> tuple[Signature, ...]:
    return (*alert.signatures, entry)[-KEPT:]


def _added(note: str, more: str) -> str:
    return "\n".join(part for part in (note, more.strip()) if part)
