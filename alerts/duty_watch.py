"""The watcher's look at the rota, once a minute: what was changed since holds for notices, and an empty rota alerts."""

from __future__ import annotations

import msgspec

from alerts.alert import Key
from alerts.duty_now import on_duty
from alerts.duty_store import DutyStore, change_of
from alerts.evaluate import Finding, Tally
from alerts.rota import KINDS, Rota
from alerts.rules import MINUTE, Example, Rule
from alerts.service import Service
from streams.clock import Clock, from_ms, ms

NOBODY = Rule(
    name="nobody_on_duty", title="无人值班", kind="quiet", level="major", window=10 * MINUTE, step=MINUTE, recover=0,
    at_least=1, fires=Example(count=0), silent=Example(count=1),
    reason="the rota has nobody at any post, or can't be known: the fallback must see to it",
)  # fmt: skip
"""As a rule, so that its alert is decided, told, signed for and ended like all others; it counts no posts."""


def nobody(rota: Rota, at: int) -> dict[Key, Finding]:
    """Return the finding that nobody is on duty at a moment (ms UTC), if so; without a rota there is none to find."""
    duty = on_duty(rota, from_ms(at))
    if not rota or not duty.empty:
        return {}
    why = f"排班表无法判断：{duty.why}" if duty.why else "排班表上此刻各岗位都没有人，预警改送备用联系人。"
    key = Key(phrase="值班")
    return {
        key: Finding(
            rule=NOBODY, key=key, at=at, window_from=at, value=1.0, bound=1.0, usual=0.0, tally=Tally(count=0),
            level=NOBODY.level, reason=f"{why}请立即安排人员并补排班。",
        )
    }  # fmt: skip


async def watch_duty(store: DutyStore, plan: Rota, service: Service, clock: Clock) -> None:
    """Let what was changed hold for notices, and open or end the alert that nobody is on duty. Raises Unavailable."""
    now = clock.now()
    if not plan:
        return
    found = await store.list(tuple(KINDS), since=ms(now))
    rota = msgspec.structs.replace(plan, changes=tuple(change_of(record) for record, _ in found))
    service.rota = service.teller.rota = rota
    await service.settle(NOBODY, nobody(rota, ms(now)), now)
