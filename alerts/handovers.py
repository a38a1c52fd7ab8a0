"""Handovers in Elasticsearch: made by the system when a shift ends, moved by two people, an alert while unsigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Key
from alerts.duty_changes import DutyChanges
from alerts.evaluate import Finding, Tally
from alerts.handover import Facts, Handover, ended, made
from alerts.handover_facts import Desk, gather
from alerts.handover_moves import make
from alerts.history import History
from alerts.recorded import Audit, Recorded
from alerts.rules import MINUTE, Example, Rule
from alerts.service import Service
from streams.clock import Clock, beijing, ms
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured, Rejected
from streams.topics import HANDOVERS

KIND = "handover.move"
LISTED = 50
UNSIGNED = Rule(
    name="handover_unsigned", title="交接班未签字", kind="quiet", level="larger", window=10 * MINUTE, step=MINUTE,
    recover=0, at_least=1, fires=Example(count=0), silent=Example(count=1),
    reason="a shift ended and its handover is not signed by both",
)  # fmt: skip
"""As a rule, so that its alert is decided, told, signed for and ended like all others; it counts no posts."""


def document(h: Handover) -> dict[str, Any]:
    """Return a handover as it is stored: what is searched, and the whole record."""
    return {
        "id": h.id, "state": h.state, "open": h.open, "since": h.since, "until": h.until, "updated_at": h.updated_at,
        "revision": h.revision, "record": msgspec.to_builtins(h),
    }  # fmt: skip


def late(handovers: Sequence[Handover], now: int, patience: int) -> list[Handover]:
    """Return the handovers that lack a signature so long (ms) after the shift ended."""
    return [h for h in handovers if h.open and now - h.until >= patience]


def findings(handovers: Sequence[Handover], now: int, patience: int) -> dict[Key, Finding]:
    """Return a finding for each handover that is not signed in time."""
    found = {}
    for h in late(handovers, now, patience):
        key = Key(phrase=f"{beijing(h.until):%m月%d日 %H:%M}交接班")
        who = f"接班人{h.name(h.incoming)}" if h.outgoing_signed else f"交班人{h.name(h.outgoing)}"
        if not h.incoming:
            who = "接班人（还没有指定）"
        reason = (
            f"{h.title}已过{(now - h.until) // MINUTE}分钟，{who}未签字。请带班领导督促或指定交接人（排班页“交接班”）。"
        )
        found[key] = Finding(
            rule=UNSIGNED, key=key, at=now, window_from=h.until, value=1.0, bound=1.0, usual=0.0,
            tally=Tally(count=0), level=UNSIGNED.level, reason=reason,
        )  # fmt: skip
    return found


class Handovers:
    """Makes, moves, finds and lists handovers. Every verb raises Unavailable when Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, desk: Desk, *, patience: int) -> None:
        """Keep the records, where facts come from, and how long (ms) a handover may lack a signature."""
        self.desk, self.patience = desk, patience
        self.records = Recorded(
            elastic, history, HANDOVERS, kind=KIND, noun="交接班", document=document, type_=Handover
        )

    async def get(self, id_: str) -> Handover | None:
        """Return a handover as it stands, or nothing."""
        held = await self.records.load(id_)
        return held.record if held else None

    async def list(self, *, limit: int = LISTED, open_only: bool = False) -> Sequence[Handover]:
        """Return handovers, the latest shift first."""
        return await self.records.search({
            "size": limit,
            "query": {"term": {"open": True}} if open_only else {"match_all": {}},
            "sort": [
                {"until": {"order": "desc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })

    async def late(self, now: int) -> Sequence[Handover]:
        """Return those that are not signed in time."""
        return late(await self.list(open_only=True), now, self.patience)

    async def facts(self, h: Handover, now: int) -> Facts:
        """Return what is to be handed over now; what was signed, once it is."""
        return h.signed or await gather(self.desk, h.since, now)

    async def make_due(self, duty: DutyChanges, now: int) -> Sequence[Handover]:
        """Make the handovers of shifts that ended; return the new ones. Doing it again is harmless."""
        rota = await duty.rota(now - 7 * 86_400_000)
        try:
            due = ended(rota, now) if rota.turns else []
        except Misconfigured:
            return []  # nobody on duty is an alert of its own
        new = []
        for shift in due:
            if await self.get(shift.id) is None:
                facts = await gather(self.desk, shift.since, now)
                new.append(await self.records.create(made(shift, facts, rota, now)))
        return new

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Handover:  # fmt: skip
        """Make one move and return the record after it; raises Conflict or Rejected, in Chinese (`Recorded.move`).

        What is open is asked for at this moment; once both have signed, alerts are entrusted to who received them.
        """
        facts = await gather(self.desk, (await self.get(id_) or _NONE).since, ms(now))
        after = await self.records.move(
            id_, lambda before: make(before, move, by=by, role=role, data=data, facts=facts, now=now), seen=seen
        )
        if after.state == "done" and move == "sign_in":
            await self._entrust(after, now)
        return after

    async def _entrust(self, h: Handover, now: datetime) -> None:
        for item, to in h.receivers.items():
            kind, _, identity = item.partition(":")
            if kind == "alert":
                try:
                    await self.desk.alerts.entrust(identity, to, by=h.incoming_signed, now=now)
                except (Rejected, Conflict):
                    continue  # over by now, or his already

    async def audit(self) -> Audit:
        """Hold every record to the history."""
        return await self.records.audit()


_NONE = Handover(id="", outgoing="", incoming="", since=0, until=0, made_at=0, facts=Facts(at=0))


async def watch_handovers(handovers: Handovers, duty: DutyChanges, service: Service, clock: Clock) -> None:
    """Make what is due, and open or end the alerts of what is unsigned. Raises Unavailable; again is harmless."""
    now = clock.now()
    await handovers.make_due(duty, ms(now))
    waiting = await handovers.list(open_only=True)
    await service.settle(UNSIGNED, findings(waiting, ms(now), handovers.patience), now)
