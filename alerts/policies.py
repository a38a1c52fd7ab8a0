"""Policy documents in Elasticsearch, and the alert when an interpretation is past its limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Key
from alerts.evaluate import Finding, Tally
from alerts.history import History
from alerts.policy import LIMIT_DAYS, Policy
from alerts.policy_checks import overdue, standing
from alerts.policy_moves import make, opened
from alerts.recorded import Audit, Recorded
from alerts.rules import DAY, Example, Rule
from alerts.service import Service
from streams.clock import Clock, ms
from streams.elastic import Elastic
from streams.topics import POLICIES

KIND = "policy.move"
LISTED = 500
LATE = Rule(
    name="policy_interpretation", title="政策解读逾期", kind="quiet", level="larger", window=LIMIT_DAYS * DAY,
    step=DAY, recover=0, at_least=1, fires=Example(count=0), silent=Example(count=1),
    reason="a document is public and its interpretation is not, past the limit",
)  # fmt: skip
"""As a rule, so that its alerts are decided, told, signed for and ended like all others; it counts no posts."""


def document(p: Policy) -> dict[str, Any]:
    """Return a policy as it is stored: what is searched and reported, and the whole record."""
    return {
        "id": p.id, "title": p.title, "unit": p.unit, "number": p.number, "state": p.state, "open": p.open,
        "opened_at": p.opened_at, "updated_at": p.updated_at, "revision": p.revision,
        **{name: at for name in ("signed_at", "document_at", "interpretation_at") if (at := getattr(p, name))},
        "record": msgspec.to_builtins(p),
    }  # fmt: skip


def findings(policies: Sequence[Policy], now: int) -> dict[Key, Finding]:
    """Return a finding for each policy whose interpretation is late at a moment (ms UTC)."""
    found = {}
    for p in overdue(policies, now):
        limit = p.limit
        assert limit is not None
        days = max(1, -(-(now - limit.due) // DAY))
        key = Key(phrase=p.title)
        reason = (
            f"{p.unit}的文件已于{limit.last_day:%m月%d日}到期仍未公开解读（期限{LIMIT_DAYS}个工作日），"
            f"已逾期{days}天。请督促起草单位公开解读。"
        )
        found[key] = Finding(
            rule=LATE, key=key, at=now, window_from=p.document_at, value=float(days), bound=1.0, usual=0.0,
            tally=Tally(count=0), level=LATE.level, reason=reason,
        )  # fmt: skip
    return found


class PolicyService:
    """Registers, moves, finds and lists policies. Every verb raises Unavailable when Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History) -> None:
        """Keep the records."""
        self.records = Recorded(
            elastic, history, POLICIES, kind=KIND, noun="政策文件", document=document, type_=Policy
        )

    async def register(self, *, title: str, unit: str, by: str, role: str, now: datetime) -> Policy:
        """Register a document; return the one there is, if there is one. Raises Rejected, in Chinese."""
        return await self.records.create(opened(title=title, unit=unit, by=by, role=role, now=now))

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Policy:  # fmt: skip
        """Make one move and return the record after it; raises Conflict or Rejected, in Chinese (`Recorded.move`)."""
        return await self.records.move(
            id_, lambda before: make(before, move, by=by, role=role, data=data, now=now), seen=seen
        )

    async def get(self, id_: str) -> Policy | None:
        """Return a policy as it stands, or nothing."""
        held = await self.records.load(id_)
        return held.record if held else None

    async def list(self, *, limit: int = LISTED, open_only: bool = False) -> Sequence[Policy]:
        """Return policies: open ones first, each group with the newest first."""
        return await self.records.search({
            "size": limit,
            "query": {"term": {"open": True}} if open_only else {"match_all": {}},
            "sort": [
                {"open": {"order": "desc", "unmapped_type": "boolean"}},
                {"opened_at": {"order": "desc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()


async def watch_policies(policies: PolicyService, service: Service, clock: Clock) -> None:
    """Open, grow and end the alerts of late interpretations. Raises Unavailable; doing it again is harmless."""
    now = clock.now()
    found = [p for p in await policies.list(open_only=True) if standing(p, ms(now)) == "late"]
    await service.settle(LATE, findings(found, ms(now)), now)
