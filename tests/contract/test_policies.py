"""Policies on the real Elasticsearch, and through the console's own forms."""

from __future__ import annotations

from typing import Any

import pytest
from console_city import city
from console_fakes import NOW

from alerts.counts import ElasticCounts
from alerts.history import History
from alerts.outbox import Outbox
from alerts.policies import PolicyService, watch_policies
from alerts.service import Service
from alerts.store import AlertStore, NoticeStore
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.errors import Conflict
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
TEXTS = {"document": "一、补贴对象为全市居民。", "interpretation": "为什么出台、谁可以领、怎样申请，都写在这里。" * 3}
PLAN = {"form": "questions", "channel": "市政府网站", "interpreter": "局长", "outline": "怎么领"}


async def test_a_document_is_registered_signed_and_published_in_the_console(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, people):
        officer, leader = people["wang"], people["li"]
        assert "还没有登记政策文件" in await officer.get("/policies")
        made = await officer.post("/policies", title="供暖补贴办法", unit="市住建局")
        path = made.headers["location"].split("?")[0]
        again = await leader.post("/policies", title="供暖补贴办法", unit="市住建局")
        assert again.headers["location"].split("?")[0] == path
        refused = await leader.post(f"{path}/sign")
        assert refused.status_code == 400
        assert "没有解读方案，不予审签" in refused.text
        for move, data in (("plan", PLAN), ("write", TEXTS)):
            assert (await officer.post(f"{path}/{move}", **data)).status_code == 303
        stale = await leader.post(f"{path}/sign", revision="1")
        assert "刚刚有人更新了这份文件" in stale.text
        assert (await officer.post(f"{path}/sign")).status_code == 400
        assert (await leader.post(f"{path}/sign", number="平政发〔2026〕1号")).status_code == 400
        signed = {"number": "平政发〔2026〕1号", "remark": "事项简单，一问一答即可"}
        assert (await leader.post(f"{path}/sign", **signed)).status_code == 303
        links = {"document_link": "市政府网站", "interpretation_link": "市政府网站"}
        assert (await officer.post(f"{path}/publish", **links)).status_code == 303
        assert "已同步公开" in await officer.get(path)
        assert "同步解读率" in await officer.get("/policies")
        held = await given.policies.audit()
        assert (held.records, held.wrong) == (1, ())
        assert isinstance(given.audit, History)
        assert (await given.audit.verify()).ok
        lines = await given.audit.latest(kind="policy.move")
        assert len(lines) == 5


async def test_two_who_move_at_once_do_not_overwrite_each_other(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, _):
        who: dict[str, Any] = {"by": "wang", "role": "officer", "now": NOW}
        p = await given.policies.register(title="甲", unit="乙", **who)
        await given.policies.move(p.id, "plan", data=PLAN, seen=1, **who)
        with pytest.raises(Conflict, match="刚由其他同志更新"):
            await given.policies.move(p.id, "write", data=TEXTS, seen=1, **who)


async def test_a_late_interpretation_is_an_alert_until_it_is_public(elastic_settings: ElasticSettings) -> None:
    async with Elastic(elastic_settings) as elastic, city(elastic_settings) as (given, _):
        policies: PolicyService = given.policies
        outbox = Outbox(NoticeStore(elastic), ())
        service = Service((), ElasticCounts(elastic), AlertStore(elastic), outbox)
        who: dict[str, Any] = {"by": "wang", "role": "officer", "now": NOW}
        leader = {**who, "by": "li", "role": "leader"}
        p = await policies.register(title="供暖补贴办法", unit="市住建局", **who)
        for move, data in (("plan", PLAN), ("write", TEXTS)):
            await policies.move(p.id, move, data=data, **who)
        await policies.move(p.id, "sign", data={"remark": "事项简单，一问一答即可"}, **leader)
        await policies.move(p.id, "publish_alone", data={"document_link": "网站", "reason": "迟"}, **who)
        clock = ManualClock(NOW)
        await watch_policies(policies, service, clock)
        assert [alert.rule for alert in await service.alerts()] == ["concern_grows"]
        clock.forward(days=20)
        for _ in range(2):
            await watch_policies(policies, service, clock)
        (late,) = [alert for alert in await service.alerts() if alert.rule == "policy_interpretation"]
        assert (late.state, late.level) == ("firing", "larger")
        await policies.move(p.id, "interpret", data={"interpretation_link": "网站"}, **{**who, "now": clock.now()})
        await watch_policies(policies, service, clock)
        ended = await service.alert(late.id)
        assert ended is not None
        assert ended.state == "resolved"
        assert ended.resolved_at == ms(clock.now())
        assert (await History(elastic).verify()).ok
