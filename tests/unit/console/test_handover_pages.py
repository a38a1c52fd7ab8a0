"""交接班 at the console: the refusal with its list, receivers, two signatures, the desk's reminder, and the paper."""

from __future__ import annotations

from typing import Any

import pytest
from duty_people import MemoryDuty
from handing_over import MemoryHandovers, a_handover
from reaching import Reports, a_city, at_the_console

from alerts.console.parts import ConsoleParts


def city(**changed: Any) -> ConsoleParts:
    """Return a city whose alerts opened half an hour before NOW, in a shift that ended just then."""
    given = a_city(duty=MemoryDuty())
    one = a_handover(id="h1", until=a_handover().until + 3_000_000)
    handovers = MemoryHandovers(given, one, **changed)
    return a_city(duty=given.duty, handovers=handovers, alerts=given.alerts, reports=Reports())


async def test_a_shift_is_handed_over_once_every_item_has_a_receiver_and_both_have_signed() -> None:
    given = city()
    path = "/duty/handovers/h1"
    async with at_the_console(given, "officer", username="zhang", name="张甲") as person:
        page = (await person.get(path)).text
        assert "未指定" in page
        assert f'action="{path}/sign_out"' not in page, "the form is not offered while it would be refused"
        refused = await person.post(f"{path}/sign_out")
        assert refused.status_code == 400
        assert "没有接收人，不能交班" in refused.text
        assert "供水预警a1" in refused.text
        assert (await person.post(f"{path}/give_all", to="li", revision="1")).status_code == 303
        assert "刚刚有人更新了这份交接班" in (await person.post(f"{path}/sign_out", revision="1")).text
        assert (await person.post(f"{path}/note", text="水务局说今晚恢复")).status_code == 303
        assert (await person.post(f"{path}/sign_out")).status_code == 303
        assert f'action="{path}/sign_in"' not in (await person.get(path)).text
        assert "须由接班人李乙本人" in (await person.post(f"{path}/sign_in")).text
        assert (await person.post(f"{path}/nothing")).status_code == 404
        assert (await person.get("/duty/handovers/none")).status_code == 404
    async with at_the_console(given, "officer", username="li", name="李乙") as person:
        page = (await person.get(path)).text
        assert "水务局说今晚恢复" in page
        assert (await person.post(f"{path}/sign_in")).status_code == 303
        assert "已交接" in (await person.get(path)).text
        assert "已交接" in (await person.get("/duty")).text
    assert given.reports.made == [("handover", "h1")] * 2, "kept as a report at each signature"


@pytest.mark.parametrize(("role", "seen"), [("officer", True), ("leader", True), ("handler", False)])
async def test_the_desk_says_what_is_not_signed_in_time(role: str, seen: bool) -> None:
    async with at_the_console(city(patience=0), role, username="ma") as person:
        assert ("交接班未签字" in (await person.get("/")).text) == seen
    async with at_the_console(city(patience=10**9), role, username="ma") as person:
        assert "交接班未签字" not in (await person.get("/")).text
