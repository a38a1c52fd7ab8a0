"""On the injected clock: an empty rota is an alert that goes to the fallback; a stored stand-in gets the notices."""

from __future__ import annotations

from collections.abc import Sequence

from city import City

from alerts.duty_store import Found, Kept, kept
from alerts.duty_watch import NOBODY, watch_duty
from alerts.rota import Change, Rota, read_rota
from streams.clock import ms
from streams.elastic import Version

PLAN = read_rota("""
people:
  zhang: {name: 张甲, mail: zhang@example.org}
  li: {name: 李乙, mail: li@example.org}
  qian: {name: 钱主任, mail: qian@example.org}
turns:
  - {post: main, people: [zhang], begins: 2026-01-01, calendar: work, since: "08:30", until: "12:00"}
fallback: [qian]
""")


Outcomes = list[bool]


class Records:
    """Records of duty that were stored before."""

    def __init__(self, *changes: Change) -> None:
        self.rows = [kept(change) for change in changes]

    async def list(
        self, kinds: Sequence[str], *, since: int = 0, alert: str = "", working: bool = False
    ) -> list[Found]:
        del alert, working
        return [(one, Version(0, 1)) for one in self.rows if one.kind in kinds and one.until > since]

    async def get(self, record: str) -> Found | None:
        return next(((one, Version(0, 1)) for one in self.rows if one.id == record), None)

    async def put(self, record: Kept, version: Version | None) -> None:
        raise NotImplementedError

    async def save(self, records: Sequence[tuple[Kept, Version | None]]) -> Outcomes:
        raise NotImplementedError


async def test_nobody_on_duty_is_an_alert_told_to_the_fallback_and_ends_when_somebody_is() -> None:
    city = City(channels=("email",))
    city.clock.forward(hours=4)  # past one in the afternoon: the only shift is over
    await watch_duty(Records(), PLAN, city.service, city.clock)
    (alert,) = await city.service.alerts()
    assert (alert.rule, alert.level, alert.state) == (NOBODY.name, "major", "firing")
    assert alert.consultation == ""  # there is nothing to confer about, only somebody to send
    notices = [one for one, _ in city.notices.all()]
    assert {one.to for one in notices} == {("qian@example.org",)}
    stand_in = Change(
        id="1", kind="override", person="li", post="main", since=ms(city.clock.now()),
        until=ms(city.clock.now()) + 3_600_000, reason="补班", made_by="qian", made_at=1,
    )  # fmt: skip
    city.clock.forward(minutes=20)
    await watch_duty(Records(stand_in), PLAN, city.service, city.clock)
    (alert,) = await city.service.alerts()
    assert alert.state == "resolved"
    (end,) = [one for one, _ in city.notices.all() if one.kind == "resolved"]
    assert end.to == ("li@example.org",)
    assert end.lines[0] == "已有人值班，无人值班约20分钟。"


async def test_without_a_rota_nothing_is_found() -> None:
    city = City(channels=("email",))
    await watch_duty(Records(), Rota(), city.service, city.clock)
    assert await city.service.alerts() == []
