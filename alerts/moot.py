"""Whether a notice that still waits has lost its point: somebody signed, or it is over; a plain function.

A notice may wait for long: its channel rests, is away, or is tried again. Who is sent for then, though a colleague has
long had it in hand, is woken for nothing.
"""

from __future__ import annotations

from alerts.alert import Alert
from alerts.manager import Reason
from alerts.notices import Notice

ASKING = frozenset({Reason.REPEATED, Reason.EXHAUSTED, Reason.ESCALATED, Reason.LAPSED})
"""Occasions that say that nobody has signed."""


def moot(notice: Notice, alert: Alert | None) -> str:
    """Return why a notice need not go out any more, a key of `alerts.notices.SUPPRESSED`; empty: it must.

    What says that nobody signed, once somebody did; what reminds of a signature's end, once there is a newer one; both,
    once it is over. A notice of which a part was delivered goes out whole. The first notice of an alert, and what says
    that it rose, grew or ended, always go.
    """
    if alert is None or notice.done or notice.kind not in {*ASKING, Reason.REMINDED}:
        return ""
    if alert.state == "resolved":
        return "over"
    newer = any(one.how != "lapsed" and one.at > notice.at for one in alert.signatures)
    if notice.kind == Reason.REMINDED:
        return "renewed" if newer else ""
    return "acknowledged" if newer or alert.state == "acknowledged" else ""
