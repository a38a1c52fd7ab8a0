"""The alerts' half of the books: every alert was told, kept back for a reason, or failed to reach anybody."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from streams.elastic import Elastic
from streams.topics import ALERTS, NOTICES


class NoticeBooks(Struct, frozen=True, kw_only=True):
    """What became of every notice that was to go out: told = delivered + by_fallback + failed + pending."""

    told: int = 0
    delivered: int = 0
    by_fallback: int = 0
    failed: int = 0
    pending: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every notice is accounted for."""
        return self.told == self.delivered + self.by_fallback + self.failed + self.pending


class AlertBooks(Struct, frozen=True, kw_only=True):
    """How many alerts there are and what became of their first notices; `channels` counts all notices by outcome."""

    alerts: int
    sent: int
    suppressed: dict[str, int]
    failed: int
    waiting: int
    channels: dict[str, dict[str, int]]
    notices: NoticeBooks = NoticeBooks()

    @property
    def balanced(self) -> bool:
        """Whether every alert and every notice is accounted for."""
        alerts = self.sent + sum(self.suppressed.values()) + self.failed + self.waiting
        return self.notices.balanced and self.alerts == alerts


def outcome(states: set[tuple[str, str]]) -> str:
    """Return what became of an alert by the (state, channel) pairs of its first notices: reaching one person is enough.

    The console alone does not count as telling somebody where another channel was tried and failed.
    """
    others = {state for state, channel in states if channel != "console"} or {state for state, _ in states}
    for state in ("sent", "pending", "sending", "failed", "suppressed"):
        if state in others:
            return "waiting" if state in {"pending", "sending"} else state
    return "none"


def _end(state: str, via: str) -> str:
    """Return how a notice ended, as the books name it; a state that nobody knows leaves them unequal."""
    if state == "sent":
        return "by_fallback" if via else "delivered"
    return {"failed": "failed", "pending": "pending", "sending": "pending"}.get(state, state)


async def alert_books(elastic: Elastic) -> AlertBooks:
    """Count the alerts and their notices. Raises Unavailable."""
    first: dict[str, set[tuple[str, str]]] = {}
    reasons: dict[str, tuple[int, str]] = {}
    channels: dict[str, Counter[str]] = {}
    told: Counter[str] = Counter()
    fields = ["alert", "at", "channel", "kind", "state", "reason", "via"]
    async for found in elastic.scan(NOTICES.name, {"match_all": {}}, fields=fields):
        doc = found.source
        channels.setdefault(doc["channel"], Counter())[doc["state"]] += 1
        if doc["state"] != "suppressed":
            told["told"] += 1
            told[_end(doc["state"], doc.get("via", ""))] += 1
        if doc["kind"] == "opened":
            first.setdefault(doc["alert"], set()).add((doc["state"], doc["channel"]))
            reasons[doc["alert"]] = max(reasons.get(doc["alert"], (0, "")), (doc["at"], doc.get("reason", "")))
    counted: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    alerts = 0
    async for found in elastic.scan(ALERTS.name, {"match_all": {}}, fields=["id"]):
        alerts += 1
        result = outcome(first.get(found.id, set()))
        if result == "suppressed":
            suppressed[reasons[found.id][1]] += 1
        else:
            counted[result] += 1
    return AlertBooks(
        alerts=alerts,
        sent=counted["sent"],
        suppressed=dict(suppressed),
        failed=counted["failed"],
        waiting=counted["waiting"],
        channels={name: dict(count) for name, count in sorted(channels.items())},
        notices=NoticeBooks(
            told=told["told"], delivered=told["delivered"], by_fallback=told["by_fallback"], failed=told["failed"],
            pending=told["pending"],
        ),
    )
