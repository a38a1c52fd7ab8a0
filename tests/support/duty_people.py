"""A rota of invented people, its changes in memory; the real store is held by `tests/contract/test_duty_store.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console_fakes import NOW
from msgspec.structs import replace

from alerts.duty_moves import ask, make, shifts
from alerts.fields import refusal
from alerts.moves import Step
from alerts.rota import Change, Rota, read_rota
from streams.clock import ms
from streams.errors import Conflict

RULES = """
people:
  zhang: {name: 张甲, mail: zhang@example.org}
  li: {name: 李乙, mail: li@example.org}
  wang: {name: 王丙, mail: wang@example.org}
  zhao: {name: 赵丁, mail: zhao@example.org}
  qian: {name: 钱戊, mail: qian@example.org}
turns:
  - {post: main, people: [zhang, li], begins: 2026-05-01}
  - {post: deputy, people: [wang], begins: 2026-05-01, since: "08:30", until: "18:00"}
  - {post: leader, people: [zhao, qian], begins: 2026-05-01, turn: week}
fallback: [qian]
approval: [swap]
"""
"""From 08:30 to 08:30; on the 12th of May 2026, at NOW, it is li's turn, and qian's week."""
PLAN = read_rota(RULES)
AT = ms(NOW)


def shift(person: str, post: str = "main", rota: Rota = PLAN, number: int = 0, at: int = AT) -> str:
    """Return the key of somebody's shift that has not begun, the first or a later one."""
    known = shifts(rota, at).items()
    return [key for key, one in known if (one.person, one.post) == (person, post) and one.since > at][number]


class MemoryDuty:
    """Changes of a rota in a dictionary."""

    def __init__(self, plan: Rota = PLAN) -> None:
        self.plan = plan
        self.kept: dict[str, Change] = {}

    async def rota(self, since: int) -> Rota:
        there = [one for one in self.kept.values() if max(one.until, one.other_until) > since]
        return replace(self.plan, changes=tuple(there))

    async def get(self, id_: str) -> Change | None:
        return self.kept.get(id_)

    async def ask(self, kind: str, data: Mapping[str, Any], *, by: str, role: str, now: datetime) -> Change:
        made = ask(await self.rota(0), kind, data, by=by, role=role, now=now)
        return self.kept.setdefault(made.id, made)

    async def bring(self, change: Change, *, role: str) -> Change:
        step = Step(number=1, move="import", by=change.made_by, role=role, at=change.made_at, state="agreed")
        return self.kept.setdefault(change.id, replace(change, steps=(step,)))

    async def move(
        self, id_: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,
        seen: int | None = None,
    ) -> Change:  # fmt: skip
        before = self.kept.get(id_)
        if before is None:
            raise refusal("没有这份排班调整记录。")
        if seen is not None and seen != before.revision:
            raise Conflict("moved on")
        self.kept[id_] = make(await self.rota(0), before, move, by=by, role=role, data=data, now=now)
        return self.kept[id_]
