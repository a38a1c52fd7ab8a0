"""The alert of the ledger: a unit has items past their limit that nobody has answered.

It stands as long as one is unanswered: nothing but an answer ends it. It counts items, never how sharp they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.alert import Key
from alerts.deadlines import span
from alerts.evaluate import Finding, Tally
from alerts.ledgers import LedgerService, Overdue
from alerts.rules import DAY, Example, Rule
from alerts.service import Service
from streams.clock import Clock, ms

UNASSIGNED = "尚未交办"
LATE = Rule(
    name="ledger_overdue", title="台账逾期未答复", kind="quiet", level="larger", window=DAY, step=DAY, recover=0,
    at_least=1, fires=Example(count=0), silent=Example(count=1),
    reason="messages that a unit has not answered, past their limit",
)  # fmt: skip
"""As a rule, so that its alerts are decided, told, signed for and ended like all others; it counts no posts."""


def findings(rows: Sequence[Overdue], now: int) -> dict[Key, Finding]:
    """Return a finding for each unit and county with overdue items at a moment (ms UTC)."""
    found = {}
    for row in rows:
        key = Key(county=row.county, phrase=row.lead or UNASSIGNED)
        ask = "请督促答复" if row.lead else "请尽快确认单位并交办"
        reason = f"{row.count}件来信逾期未答复，最久的已逾期{span(now - row.oldest_due)}。{ask}（台账页“已逾期”）。"
        found[key] = Finding(
            rule=LATE, key=key, at=now, window_from=row.oldest_due, value=float(row.count), bound=1.0, usual=0.0,
            tally=Tally(count=row.count), level=LATE.level, reason=reason,
        )  # fmt: skip
    return found


async def watch_ledger(ledger: LedgerService, service: Service, clock: Clock) -> None:
    """Open, grow and end the alerts of overdue items. Raises Unavailable; doing it again is harmless."""
    now = clock.now()
    await service.settle(LATE, findings(await ledger.overdue(ms(now)), ms(now)), now)
