"""On a real Elasticsearch: what departs from the rota is kept once, listed while it matters, and never overwritten."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from city import Phone
from console_city import city
from console_fakes import NOW, ready
from duty_people import AT, PLAN, shift
from handing_over import NothingSilent
from memory_counts import MemoryCounts

from alerts.duty_changes import DutyChanges
from alerts.duty_feed import DutyFeeds
from alerts.duty_store import ElasticDuty, change_of, kept
from alerts.duty_watch import NOBODY, watch_duty
from alerts.handover_facts import Desk
from alerts.handovers import Handovers, watch_handovers
from alerts.history import History
from alerts.outbox import Outbox
from alerts.reports.kinds import make_report
from alerts.rota import Change, read_rota
from alerts.service import Service
from alerts.store import AlertStore, NoticeStore
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured, Rejected
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
STAND_IN = Change(
    id="a1", kind="override", person="li", post="main", since=10, until=2_000, reason="补班", made_by="qian", made_at=3
)


async def test_a_stand_in_is_stored_once_and_listed_while_it_matters(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        duty = ElasticDuty(elastic)
        assert await duty.list(("override",)) == []
        assert await duty.save([(kept(STAND_IN), None)]) == [True]
        assert await duty.save([(kept(STAND_IN), None)]) == [False]
        assert [change_of(one) for one, _ in await duty.list(("override", "swap"), since=5)] == [STAND_IN]
        assert await duty.list(("override",), since=2_000) == []
        assert await duty.list(("swap",)) == []
        found = await duty.get("a1")
        assert found is not None
        await duty.put(*found)
        with pytest.raises(Conflict):
            await duty.put(*found)


async def test_nobody_on_duty_is_an_alert_until_a_stand_in_is_stored(elastic_settings: ElasticSettings) -> None:
    rota = read_rota("""
people: {zhang: {name: 张甲, mail: zhang@example.org}, qian: {name: 钱主任, sms: "13800000000"}}
turns: [{post: main, people: [zhang], begins: 2099-01-01}]
fallback: [qian]
""")
    async with city(elastic_settings) as (given, _), Elastic(elastic_settings) as elastic:
        clock, duty, store = ManualClock(NOW), ElasticDuty(elastic), NoticeStore(elastic)
        phone = Phone(clock, "sms")
        service = Service((), MemoryCounts(), AlertStore(elastic), Outbox(store, [phone]), rota=rota)
        before = {alert.id for alert in await given.alerts.alerts(state="firing")}
        await watch_duty(duty, rota, service, clock)
        await watch_duty(duty, rota, service, clock)  # another look, and another start, make no second one
        (alert,) = [one for one in await given.alerts.alerts(state="firing") if one.id not in before]
        assert (alert.rule, alert.level) == (NOBODY.name, "major")
        await service.outbox.deliver("sms", clock)
        assert [(one.kind, one.to) for _, one in phone.got] == [("opened", ("qian",))]
        since = ms(clock.now())
        stand_in = msgspec.structs.replace(STAND_IN, person="zhang", since=since, until=since + 3_600_000)
        await duty.save([(kept(stand_in), None)])
        clock.forward(minutes=1)
        await watch_duty(duty, rota, service, clock)
        after = await given.alerts.alert(alert.id)
        assert after is not None
        assert after.state == "resolved"


async def test_a_swap_is_a_record_with_its_steps_in_the_history(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        duty = DutyChanges(elastic, History(elastic), PLAN)
        await duty.store.save([(kept(STAND_IN), None)])  # as a calendar file brings it: beside, without steps
        data = {"mine": shift("zhang"), "theirs": shift("li"), "reason": "家里有事"}
        made = await duty.ask("swap", data, by="zhang", role="officer", now=NOW)
        assert await duty.ask("swap", data, by="zhang", role="officer", now=NOW) == made
        yes: dict[str, Any] = {"by": "li", "role": "officer", "data": {}, "now": NOW, "seen": 1}
        await duty.move(made.id, "agree", **yes)
        with pytest.raises(Conflict, match="刚由其他同志更新"):
            await duty.move(made.id, "agree", **yes)
        done = await duty.move(made.id, "approve", by="zhao", role="leader", data={}, now=NOW)
        assert await duty.get(made.id) == done
        assert [(one.id, one.state) for one in (await duty.rota(ms(NOW))).changes] == [(made.id, "agreed")]
        with pytest.raises(Rejected):
            await duty.move(STAND_IN.id, "cancel", by="root", role="admin", data={"reason": "x"}, now=NOW)
        held = await duty.audit()
        assert (held.records, held.wrong) == (1, ())
        assert (await History(elastic).verify()).ok
        assert len(await History(elastic).latest(kind="duty.move")) == 3


async def test_a_handover_is_made_once_signed_by_both_and_its_alerts_change_hands(
    elastic_settings: ElasticSettings,
) -> None:
    async with Elastic(elastic_settings) as elastic, city(elastic_settings) as (given, _):
        history, clock = History(elastic), ManualClock(NOW)
        duty = DutyChanges(elastic, history, PLAN)
        desk = Desk(
            alerts=given.alerts, consultations=given.consultations, ledger=given.ledger, silences=given.silences,
            pulses=given.pulses, silent=NothingSilent(),
        )  # fmt: skip
        shifts = Handovers(elastic, history, desk, patience=30 * 60_000)
        before = AT - 2 * 3_600_000  # the alert came while zhang was there
        alert, version = (await given.alerts.store.open("live"))[0]
        await given.alerts.store.put(msgspec.structs.replace(alert, opened_at=before), version)
        for _ in range(2):
            await watch_handovers(shifts, duty, given.alerts, clock)
        (one,) = await shifts.list()
        assert (one.outgoing, one.incoming, one.state) == ("zhang", "li", "open")
        unsigned = [a for a in await given.alerts.open() if a.rule == "handover_unsigned"]
        assert [a.state for a in unsigned] == ["firing"], "an hour after the shift's end"
        out: dict[str, Any] = {"by": "zhang", "role": "officer", "now": NOW}
        with pytest.raises(Rejected) as refused:
            await shifts.move(one.id, "sign_out", data={}, **out)
        assert "静宁县停水" in refused.value.detail
        await shifts.move(one.id, "give_all", data={"to": "li"}, **out)
        await shifts.move(one.id, "sign_out", data={}, **out)
        await shifts.move(one.id, "sign_in", data={}, by="li", role="officer", now=NOW)
        there = await given.alerts.alert("a1")
        assert (there.assigned_to, there.assigned_by) == ("li", "li")
        await watch_handovers(shifts, duty, given.alerts, clock)
        assert not [a for a in await given.alerts.open() if a.rule == "handover_unsigned"]
        report = await make_report("handover", one.id, elastic, NOW)
        assert (report.mark, report.period) == ("双方已签", one.id)
        with pytest.raises(Misconfigured):
            await make_report("handover", "none", elastic, NOW)
        held = await shifts.audit()
        assert (held.records, held.wrong) == (1, ())
        assert (await history.verify()).ok


async def test_a_calendar_s_address_holds_until_it_is_revoked(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        history = History(elastic)
        feeds = DutyFeeds(elastic, history, secret="a secret of sixteen", base="http://console/")
        assert await feeds.address("li") == ""
        await feeds.change("li", holds=True, by="li", now=NOW)
        first = (await feeds.address("li")).rpartition("/")[2]
        assert await feeds.person(first) == "li"
        await feeds.change("li", holds=True, by="li", now=NOW)
        second = (await feeds.address("li")).rpartition("/")[2]
        assert (await feeds.person(first), await feeds.person(second)) == ("", "li")
        await feeds.change("li", holds=False, by="root", now=NOW)
        assert (await feeds.person(second), await feeds.address("li")) == ("", "")
        assert await DutyFeeds(elastic, history, secret="", base="").address("li") == ""
        duty = DutyChanges(elastic, history, PLAN)
        for _ in range(2):
            await duty.bring(STAND_IN, role="leader")
        assert [one.move for one in (await duty.rota(5)).changes[0].steps] == []
        assert (await duty.audit()).records == 1
        assert len(await history.latest(kind="duty.feed")) == 3
