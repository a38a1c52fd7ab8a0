"""Handovers in memory, over a city in memory; the real store is held by `tests/contract/test_duty_store.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from console_fakes import NOW, no_pulses
from duty_people import PLAN
from msgspec.structs import replace

from alerts.fields import refusal
from alerts.handover import Ended, Facts, Handover, Item, made
from alerts.handover_facts import Desk, gather
from alerts.handover_moves import make
from alerts.handovers import late
from streams.clock import ms
from streams.errors import Conflict

UNTIL = ms(NOW) - 3_600_000
"""08:30 in Beijing, an hour before NOW: zhang's shift ended and li's began."""
SHIFT = Ended(person="zhang", since=UNTIL - 86_400_000, until=UNTIL, next="li")
EARLIER = UNTIL - 3_600_000


def an_item(name: str, **changed: Any) -> Item:
    """Return something that is not finished since an hour before the shift's end."""
    given: dict[str, Any] = {"id": f"alert:{name}", "kind": "alert", "title": f"预警{name}", "said": "待签收"}
    return Item(**{**given, "since": EARLIER, **changed})


def a_handover(*items: Item, **changed: Any) -> Handover:
    """Return a handover from zhang to li, as the system made it."""
    return replace(made(SHIFT, Facts(at=UNTIL, items=items), PLAN, UNTIL), **changed)


class NothingSilent:
    """Channels that all deliver."""

    async def __call__(self, now: int) -> list[Any]:
        del now
        return []


class MemoryHandovers:
    """Handovers in a dictionary, over a city's services."""

    def __init__(self, given: Any, *kept: Handover, patience: int = 1_800_000) -> None:
        self.kept = {one.id: one for one in kept}
        self.patience = patience
        self.desk = Desk(
            alerts=given.alerts, consultations=given.consultations, ledger=given.ledger, silences=given.silences,
            pulses=no_pulses, silent=NothingSilent(),
        )  # fmt: skip

    async def get(self, id_: str) -> Handover | None:
        return self.kept.get(id_)

    async def list(self, *, limit: int = 50, open_only: bool = False) -> Sequence[Handover]:
        return [one for one in self.kept.values() if one.open or not open_only][:limit]

    async def late(self, now: int) -> Sequence[Handover]:
        return late(list(self.kept.values()), now, self.patience)

    async def facts(self, h: Handover, now: int) -> Facts:
        return h.signed or await gather(self.desk, h.since, now)

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Handover:  # fmt: skip
        before = self.kept.get(id_)
        if before is None:
            raise refusal("没有这份交接班记录。")
        if seen is not None and seen != before.revision:
            raise Conflict("moved on")
        facts = await gather(self.desk, before.since, ms(now))
        self.kept[id_] = make(before, move, by=by, role=role, data=data, facts=facts, now=now)
        return self.kept[id_]

