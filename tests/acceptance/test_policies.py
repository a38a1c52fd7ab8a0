"""An interpretation that does not come: the officer hears of it, once, and hears when it came."""

from __future__ import annotations

from datetime import timedelta

from city import MONDAY, City
from msgspec.structs import replace

from alerts.policies import LATE, findings
from alerts.policy import Policy
from alerts.policy_moves import opened
from streams.clock import ms


def public(at: int) -> Policy:
    p = opened(title="供暖补贴办法", unit="市住建局", by="wang", role="officer", now=MONDAY)
    return replace(p, state="published", document_at=at)


async def test_a_late_interpretation_alerts_once_and_its_publication_ends_it() -> None:
    city = City()
    p = public(ms(MONDAY))
    for day in range(8):
        now = MONDAY + timedelta(days=day)
        city.clock.time = now
        for _ in range(3):
            await city.service.settle(LATE, findings([p], ms(now)), now)
        await city.service.outbox.deliver("wecom", city.clock)
    assert [kind for kind in city.said if kind not in {"grew", "repeated", "exhausted"}] == ["opened"]
    first = city.phone.got[0]
    assert first[0] == MONDAY + timedelta(days=4)  # Thursday was the third working day
    assert first[1].subject == "【较大】新预警：“供暖补贴办法” 政策解读逾期"
    assert "请督促起草单位公开解读" in first[1].lines[0]
    end = MONDAY + timedelta(days=8)
    city.clock.time = end
    await city.service.settle(LATE, {}, end)
    await city.service.outbox.deliver("wecom", city.clock)
    assert city.phone.got[-1][1].kind == "resolved"
    assert city.phone.got[-1][1].lines[0].startswith("解读已公开，预警持续")
