"""The clock from a post to the first answer, stage by stage, in percentiles that keep what is still open.

What is not done yet counts as the longest: a percentile that falls on it reads 尚未完成, and is never left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from alerts.alert import Alert
from alerts.consultation import Consultation

SAMPLED = 10_000
"""Most posts whose times are read: the first by their id, which is a digest and so as good as drawn at random."""
PERCENTILES = (50, 90, 99)


class Stage(Struct, frozen=True, kw_only=True):
    """One stage: its name, the spans of those that passed it (ms), and how many have not yet."""

    name: str
    label: str
    spans: tuple[int, ...]
    waiting: int = 0


def percentile(spans: Sequence[int], waiting: int, percent: int) -> int | None:
    """Return the span that `percent` of all need at most (nearest rank); None where that one is not done yet."""
    whole = len(spans) + waiting
    rank = math.ceil(whole * percent / 100)
    return sorted(spans)[rank - 1] if 0 < rank <= len(spans) else None


def stages(
    posts: Iterable[Mapping[str, Any]], alerts: Sequence[Alert], consultations: Sequence[Consultation]
) -> tuple[Stage, ...]:
    """Return all stages; posts with posted_at, received_at, indexed_at in ms; replayed alerts tell nothing of duty."""
    times = list(posts)
    live = [alert for alert in alerts if alert.mode != "replay"]
    opened = {alert.id: alert.opened_at for alert in alerts}
    told = [(one, min((opened[key] for key in one.alert_ids if key in opened), default=0)) for one in consultations]
    return (
        Stage(name="received", label="群众发布至系统收到", spans=_between(times, "posted_at", "received_at")),
        Stage(name="scored", label="收到至分析入库", spans=_between(times, "received_at", "indexed_at")),
        Stage(
            name="alerted", label="触发时段结束至预警发出",
            spans=tuple(max(0, alert.opened_at - alert.window_to) for alert in live),
        ),
        Stage(
            name="acknowledged", label="预警发出至签收",
            spans=tuple(alert.acknowledged_at - alert.opened_at for alert in live if alert.acknowledged_at),
            waiting=sum(not alert.acknowledged_at for alert in live),  # over without a signature is not signed
        ),
        Stage(
            name="consulted", label="预警发出至启动会商",
            spans=tuple(max(0, one.opened_at - since) for one, since in told if since),
        ),
        Stage(
            name="answered", label="获知至首次对外发声",
            spans=tuple(one.answered_at - one.known_at for one in consultations if one.answered_at),
            waiting=sum(not one.answered_at for one in consultations),
        ),
        Stage(
            name="closed", label="获知至会商办结",
            spans=tuple(one.closed_at - one.known_at for one in consultations if one.closed_at),
            waiting=sum(not one.closed_at for one in consultations),
        ),
    )  # fmt: skip


def _between(times: Iterable[Mapping[str, Any]], start: str, end: str) -> tuple[int, ...]:
    return tuple(max(0, one[end] - one[start]) for one in times)
