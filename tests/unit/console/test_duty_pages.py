"""排班 at the console: who is on duty, what the next weeks lack, and requests that only the right person answers."""

from __future__ import annotations

import re
from datetime import timedelta

from console_fakes import NOW, parts
from duty_people import PLAN, MemoryDuty, shift
from msgspec.structs import replace
from reaching import at_the_console

from streams.clock import ManualClock

FORM = re.compile(r'action="/duty/changes/\w+/(\w+)"')


async def test_without_a_rota_the_page_says_how_to_get_one() -> None:
    async with at_the_console(parts(), "officer") as person:
        assert "还没有排班表" in (await person.get("/duty")).text


async def test_it_shows_who_is_on_duty_who_is_next_and_thirty_days() -> None:
    async with at_the_console(parts(duty=MemoryDuty()), "officer", username="ma") as person:
        page = (await person.get("/duty")).text
    assert "<b>李乙</b>" in page
    assert "张甲 <span" in page
    assert page.count('<th scope="row">') == 3 + 30
    assert "近30天排班有" not in page
    assert "您不在排班表中" in page


async def test_a_hole_is_marked_and_a_year_without_a_calendar_is_said() -> None:
    early = replace(PLAN, turns=PLAN.turns[1:])
    async with at_the_console(parts(duty=MemoryDuty(early)), "officer") as person:
        page = (await person.get("/duty")).text
        assert "值班员无人" in page
    working = replace(PLAN, turns=tuple(replace(turn, calendar="work") for turn in PLAN.turns))
    late = ManualClock(NOW + timedelta(days=225))  # the 23rd of December 2026
    async with at_the_console(parts(duty=MemoryDuty(working), clock=late), "officer") as person:
        assert "放假安排还没有公布" in (await person.get("/duty")).text


async def test_a_swap_is_asked_for_answered_and_approved_by_three_people() -> None:
    duty = MemoryDuty()
    given = parts(duty=duty)
    async with at_the_console(given, "officer", username="zhang", name="张甲") as person:
        wrong = await person.post("/duty/ask", kind="swap", mine=shift("zhang"), theirs="nothing", reason="有事")
        assert wrong.status_code == 400
        assert "请在列出的选项中选择对方的班次" in wrong.text
        asked = await person.post("/duty/ask", kind="swap", mine=shift("zhang"), theirs=shift("li"), reason="有事")
        assert asked.status_code == 303
        page = (await person.get("/duty")).text
        assert "待对方同意" in page
        assert FORM.findall(page) == ["withdraw"]
        (change,) = duty.kept
        refused = await person.post(f"/duty/changes/{change}/agree")
        assert "须由对方本人答复" in refused.text
    async with at_the_console(given, "officer", username="li", name="李乙") as person:
        assert FORM.findall((await person.get("/duty")).text) == ["agree", "refuse"]
        stale = await person.post(f"/duty/changes/{change}/agree", revision="9")
        assert "刚刚有人更新了这条调整" in stale.text
        assert (await person.post(f"/duty/changes/{change}/agree", revision="1")).status_code == 303
        assert "待批准" in (await person.get("/duty")).text
    async with at_the_console(given, "leader", username="zhao", name="赵丁") as person:
        assert FORM.findall((await person.get("/duty")).text) == ["approve", "decline"]
        assert (await person.post(f"/duty/changes/{change}/approve")).status_code == 303
        page = (await person.get("/duty")).text
        assert '<span class="chip warn">调</span>' in page
        assert (await person.post(f"/duty/changes/{change}/nothing")).status_code == 404
        assert (await person.post("/duty/changes/none/approve")).status_code == 404
        assert (await person.post("/duty/ask", kind="nothing")).status_code == 400
    assert duty.kept[change].state == "agreed"
