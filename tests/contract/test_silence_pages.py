"""A silence from preview to its early end, through the console's own form, on a real Elasticsearch."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from console_city import ALERT, city
from console_fakes import NOW

from streams.clock import ms
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
WANTED: dict[str, Any] = {"county": "620826", "ends": "2026-05-12T18:00", "reason": "计划检修，已公告"}
MILD = msgspec.structs.replace(ALERT, id="a2", level="larger", title="静宁县路灯不亮", consultation="")
ELSEWHERE = msgspec.structs.replace(MILD, id="a3", county="620821", title="泾川县路灯不亮")


async def test_a_preview_names_what_would_be_hushed_and_what_not_and_sets_nothing(
    elastic_settings: ElasticSettings,
) -> None:
    async with city(elastic_settings) as (given, people):
        for alert in (MILD, ELSEWHERE):
            await given.alerts.store.create(alert)
        seen = await people["wang"].post("/silences", act="preview", **WANTED)
        assert seen.status_code == 200
        preview = re.sub(r"<[^>]+>", "", seen.text.split('id="preview"')[1].split("</section>")[0])
        assert "将压住 1 条" in preview
        assert "静宁县路灯不亮" in preview
        assert "照常通知：静宁县停水" in preview
        assert "泾川县" not in preview
        assert "计划检修，已公告" in seen.text
        assert await given.silences.list() == []


async def test_a_silence_is_set_shown_logged_and_ended_early_by_name(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (given, people):
        await given.alerts.store.create(MILD)
        done = await people["wang"].post("/silences", act="set", **WANTED)
        assert done.headers["location"] == "/silences?done=hushed"
        (silence,) = await given.silences.list()
        assert (silence.made_by, silence.reason, silence.starts) == ("wang", "计划检修，已公告", ms(NOW))
        assert silence.covers(MILD, ms(NOW))
        shown = await people["li"].get("/silences")
        assert "区县为“静宁县”" in shown
        assert "静默中" in shown
        for _ in range(2):
            ended = await people["li"].post(f"/silences/{silence.id}/end")
            assert ended.status_code == 303
        assert "li提前结束" in re.sub(r"\s", "", await people["wang"].get("/silences"))
        assert not (await given.silences.list())[0].covers(MILD, ms(NOW))
        (made,) = await given.audit.latest(kind="silences.made")
        (over,) = await given.audit.latest(kind="silences.ended")
        assert (made.by, made.data["reason"], over.by) == ("wang", "计划检修，已公告", "li")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"county": ""}, "至少填写一个条件"),
        ({"reason": ""}, "请写明静默的理由"),
        ({"ends": ""}, "请填写结束时间"),
        ({"ends": "2026-05-12T09:00"}, "结束时间要晚于"),
        ({"ends": "2026-09-12T09:00"}, "不能超过30天"),
        ({"like_county": "62.*"}, "不能两样都填"),
        ({"county": "", "like_topic": "(a+)+"}, "过于复杂"),
    ],
)
async def test_what_can_not_be_meant_is_refused_beside_what_was_typed(
    elastic_settings: ElasticSettings, changed: dict[str, Any], said: str
) -> None:
    async with city(elastic_settings) as (given, people):
        refused = await people["wang"].post("/silences", act="set", **{**WANTED, **changed})
        assert refused.status_code == 400
        assert said in refused.text
        if "reason" not in changed:
            assert "计划检修，已公告" in refused.text
        assert await given.silences.list() == []


async def test_an_alerts_page_leads_to_a_silence_for_its_kind(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as (_, people):
        page = await people["wang"].get("/alerts/a1")
        (link,) = re.findall(r'href="(/silences\?[^"]+)"', page)
        form = await people["wang"].get(link.replace("&amp;", "&"))
        assert re.search(r'value="620826" selected', form)
        assert re.search(r'value="城乡建设" selected', form)
