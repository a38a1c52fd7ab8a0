"""Messages that nobody answers: the officer hears of their unit once, and hears when the last was answered."""

from __future__ import annotations

from datetime import timedelta

from city import MONDAY, City

from alerts.ledger_watch import LATE, UNASSIGNED, findings
from alerts.ledgers import Overdue
from streams.clock import ms


def rows(lead: str, count: int) -> list[Overdue]:
    return [Overdue(lead=lead, county="620826", count=count, oldest_due=ms(MONDAY) - 86_400_000)]


async def test_overdue_messages_alert_once_and_the_last_answer_ends_it() -> None:
    city = City()
    for hour in range(3):
        now = MONDAY + timedelta(hours=hour)
        city.clock.time = now
        await city.service.settle(LATE, findings(rows("静宁县水务局", 2), ms(now)), now)
        await city.service.outbox.deliver("wecom", city.clock)
    assert city.said.count("opened") == 1
    notice = city.phone.got[0][1]
    assert "静宁县水务局" in notice.subject
    assert "台账逾期未答复" in notice.subject
    assert notice.lines[0].startswith("2件来信逾期未答复，最久的已逾期1天。请督促答复")
    city.clock.time = MONDAY + timedelta(hours=4)
    await city.service.settle(LATE, {}, city.clock.time)
    await city.service.outbox.deliver("wecom", city.clock)
    assert city.phone.got[-1][1].lines[0].startswith("逾期的来信都已答复，预警持续")


def test_what_nobody_was_given_is_said_too() -> None:
    (finding,) = findings(rows("", 1), ms(MONDAY)).values()
    assert finding.key.phrase == UNASSIGNED
    assert "请尽快确认单位并交办" in finding.reason
