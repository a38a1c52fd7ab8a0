"""From an alert on the desk to a signed first statement, through the console's own forms, on a real Elasticsearch."""

from __future__ import annotations

import re

import pytest
from console_city import city

from alerts.history import History
from alerts.quality import quality
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines


async def test_an_alert_is_signed_for_once_and_the_second_is_told_by_whom(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, people):
        officer = people["wang"]
        assert "静宁县停水" in await officer.get("/")
        done = await officer.post("/alerts/a1/acknowledge", note="已联系水务局", back="/")
        assert done.headers["location"] == "/?done=acknowledged"
        again = await officer.post("/alerts/a1/acknowledge")
        assert again.status_code == 400
        assert "已由 wang 签收" in again.text
        assert (await given.alerts.alert("a1")).note == "已联系水务局"
        assert "没有待签收的预警" in await officer.get("/")


async def test_who_signed_renews_a_colleague_takes_it_over_and_the_page_says_so(
    elastic_settings: ElasticSettings,
) -> None:
    async with city(elastic_settings) as (given, people):
        officer = people["wang"]
        await given.accounts.create(username="qian", name="钱进", role="officer", by="", now=given.clock.now())
        await officer.post("/alerts/a1/acknowledge", note="已联系水务局")
        assert (await officer.post("/alerts/a1/renew", note="抢修中")).headers["location"] == "/alerts/a1?done=renewed"
        refused = await officer.post("/alerts/a1/take-over", reason="我来跟进")
        assert "已由您签收" in refused.text
        assert (await people["li"].post("/alerts/a1/renew")).status_code == 403
        await given.alerts.take_over("a1", by="qian", reason="王下班，已交接", now=given.clock.now())
        page = await officer.get("/alerts/a1")
        assert [word in page for word in ("续签", "接手", "王下班，已交接", "有效至")] == [True] * 4
        stale = await officer.post("/alerts/a1/take-over", reason="继续跟进", owner="wang")
        assert "刚刚已由 qian" in stale.text
        done = await officer.post("/alerts/a1/take-over", reason="回岗", owner="qian")
        assert done.headers["location"] == "/alerts/a1?done=taken"
        assert {line.kind for line in await given.audit.latest()} >= {"alerts.renew", "alerts.take_over"}


async def test_sample_texts_are_escaped_and_each_look_at_them_is_written_down_once(
    elastic_settings: ElasticSettings,
) -> None:
    async with city(elastic_settings) as (given, people):
        for _ in range(3):
            page = await people["wang"].get("/alerts/a1")
            assert "西关街停水〔电话〕&lt;b&gt;" in page
        await people["li"].get("/alerts/a1")
        looks = await given.audit.latest(kind="alerts.view")
        assert sorted(look.by for look in looks) == ["li", "wang"]


async def test_a_leader_does_not_sign_for_alerts(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (_, people):
        assert (await people["li"].post("/alerts/a1/acknowledge")).status_code == 403


async def test_what_staff_say_of_an_alert_wants_a_reason_and_is_counted_by_rule(
    elastic_settings: ElasticSettings,
) -> None:
    async with city(elastic_settings) as (given, people):
        assert (await people["li"].post("/alerts/a1/judge", verdict="true", reason="属实")).status_code == 403
        assert (await people["wang"].post("/alerts/a1/judge", verdict="false")).status_code == 400
        assert (await people["wang"].post("/alerts/a1/judge", verdict="dream", reason="计划检修")).status_code == 400
        done = await people["wang"].post("/alerts/a1/judge", verdict="false", reason="计划检修，已公告")
        assert done.status_code == 303
        alert = await given.alerts.alert("a1")
        assert (alert.verdict, alert.verdict_by, alert.verdict_reason) == ("false", "wang", "计划检修，已公告")
        assert "误报：计划检修，已公告" in await people["wang"].get("/alerts/a1")
        figures = {one.rule: one for one in quality(await given.alerts.alerts())}[alert.rule]
        assert (figures.precision, figures.judged) == (0.0, 1)
        (said,) = await given.audit.latest(kind="alerts.judge")
        assert said.by == "wang"


async def test_declining_a_consultation_wants_a_reason(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, people):
        assert (await people["wang"].post("/alerts/a1/decline")).status_code == 400
        assert (await people["wang"].post("/alerts/a1/decline", reason="计划检修，已公告")).status_code == 303
        assert (await given.alerts.alert("a1")).consultation == "declined"


async def test_a_consultation_goes_from_alert_to_published_statement(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, people):
        officer, leader = people["wang"], people["li"]
        opened = await officer.post(
            "/alerts/a1/consult", grade="major", reason="影响全县城", known_at="2026-05-12T09:00", emergency="1"
        )
        path = opened.headers["location"].split("?")[0]
        page = await officer.get(path)
        assert "还剩4小时30分钟" in page
        assert re.search(r'name="revision" value="1"', page)

        refused = await officer.post(f"{path}/draft_statement", text="", unit="县水务局", revision="1")
        assert refused.status_code == 400
        assert "请填写正文" in refused.text
        assert 'value="县水务局"' in refused.text

        await officer.post(f"{path}/add_fact", text="主管道破裂", confirmed="1", source="现场", revision="1")
        stale = await officer.post(f"{path}/add_fact", text="又一条", confirmed="1", source="现场", revision="1")
        assert "没有保存" in stale.text
        await officer.post(f"{path}/draft_statement", text="正在抢修，已设送水点。", unit="县水务局", revision="2")
        own = await officer.post(f"{path}/sign_statement", revision="3")
        assert "须由领导办理" in own.text
        assert (await leader.post(f"{path}/sign_statement", revision="3")).status_code == 303
        assert (await officer.post(f"{path}/publish_statement", channel="县政府网站")).status_code == 303
        assert "已首次发声" in await leader.get(path)
        assert isinstance(given.audit, History)
        assert (await given.audit.verify()).ok


async def test_a_consultation_is_opened_by_hand(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (_, people):
        fields = {"title": "灵台县山体滑坡", "grade": "general", "reason": "道路中断", "known_at": "2026-05-12T09:00"}
        late = await people["li"].post("/consultations", **{**fields, "known_at": "2026-05-13T09:00"})
        assert late.status_code == 400
        assert 'value="灵台县山体滑坡"' in late.text
        done = await people["li"].post("/consultations", **fields)
        assert "灵台县山体滑坡" in await people["li"].get(done.headers["location"])


async def test_a_move_that_is_not_in_the_table_is_not_found(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (_, people):
        assert (await people["wang"].post("/consultations/x/delete")).status_code == 404
