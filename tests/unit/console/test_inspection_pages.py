"""督查 at the console: recorded by a supervisor, appealed by the unit's own handler, decided by somebody else."""

from __future__ import annotations

from typing import cast

from console_fakes import NOW, parts
from memory_elastic import MemoryElastic
from reaching import at_the_console

from alerts.appraisal import read_weights
from alerts.console.parts import ConsoleParts
from alerts.history import History
from alerts.inspections import InspectionService
from streams.elastic import Elastic

WHEN = f"{NOW:%Y-%m-%dT}00:10"  # Beijing time; it is 09:30
FOUND = {
    "form": "reading", "unit": "县水务局", "finding": "wrong_fact", "where": "门户", "at": WHEN, "text": "日期有误"
}  # fmt: skip


def a_city() -> ConsoleParts:
    elastic = cast("Elastic", MemoryElastic())  # held to the real one by its contract tests
    return parts(inspections=InspectionService(elastic, History(elastic), read_weights("")))


async def test_a_finding_is_recorded_appealed_and_decided_by_three_people() -> None:
    given = a_city()
    async with at_the_console(given, "supervisor", username="sun", name="孙二") as person:
        assert "还没有督查登记" in (await person.get("/inspections")).text
        wrong = await person.post("/inspections", **{**FOUND, "finding": "none"})
        assert (wrong.status_code, "请在列出的选项中选择" in wrong.text) == (400, True)
        made = await person.post("/inspections", **FOUND)
        assert made.status_code == 303
        path = made.headers["location"].partition("?")[0]
        assert "答复中的事实有误" in (await person.get("/inspections")).text
    async with at_the_console(given, "handler", username="qi", units=("县水务局",)) as person:
        page = (await person.get(path)).text
        assert f'action="{path}/appeal"' in page
        assert f'action="{path}/decide"' not in page
        assert (await person.post(f"{path}/appeal", revision="1", text="当日已更正")).status_code == 303
        stale = await person.post(f"{path}/remedy", revision="1", text="已更正")
        assert "刚刚有人更新了这项督查" in stale.text
    async with at_the_console(given, "supervisor", username="sun2", name="周三") as person:
        refused = await person.post(f"{path}/decide", revision="2", upheld="1")
        assert "请填写理由" in refused.text
        told = {"revision": "2", "upheld": "1", "reason": "更正记录属实"}
        assert (await person.post(f"{path}/decide", **told)).status_code == 303
        assert "申诉成立" in (await person.get(path)).text
        assert (await person.post(f"{path}/nothing")).status_code == 404
        assert (await person.get("/inspections/none")).status_code == 404
        assert (await person.post("/inspections", form="nothing")).status_code == 404


async def test_a_unit_sees_and_speaks_for_itself_alone() -> None:
    given = a_city()
    async with at_the_console(given, "supervisor", username="sun") as person:
        path = (await person.post("/inspections", **FOUND)).headers["location"].partition("?")[0]
    async with at_the_console(given, "handler", username="qi", units=("县教育局",)) as person:
        assert "还没有督查登记" in (await person.get("/inspections")).text
        assert (await person.get(path)).status_code == 403
        other = {"form": "figure", "unit": "县水务局", "finding": "in_time", "period": "2026-04", "text": "有异议"}
        assert (await person.post("/inspections", **other)).status_code == 403
        own = await person.post("/inspections", **{**other, "unit": "县教育局"})
        assert own.status_code == 303
        assert "登记读网督查" not in (await person.get("/inspections")).text


async def test_who_may_not_look_is_refused_and_without_the_part_the_page_is_empty() -> None:
    async with at_the_console(parts(), "leader") as person:
        assert "还没有督查登记" in (await person.get("/inspections")).text
        assert (await person.post("/inspections", **FOUND)).status_code == 403
