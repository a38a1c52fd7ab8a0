"""排班 at the console: who is on duty, what the next weeks lack, and requests that only the right person answers."""

from __future__ import annotations

import re
from datetime import timedelta

from console_fakes import NOW, parts
from duty_people import PLAN, MemoryDuty, shift
from icalendar import Calendar
from msgspec.structs import replace
from reaching import at_the_console

from alerts.duty_feed import Claim, read, signed
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
    assert len(re.findall(r"\d+月\d+日 周", page)) == 30
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


SECRET = "a secret of sixteen"


class MemoryFeeds:
    """Links in a dictionary; the real ones are held by `tests/contract/test_duty_store.py`."""

    def __init__(self) -> None:
        self.secret, self.numbers, self.open = SECRET, dict[str, int](), set[str]()

    async def address(self, person: str) -> str:
        token = signed(SECRET, Claim(person, self.numbers.get(person, 0)))
        return f"http://console/duty/calendar/{token}" if person in self.open else ""

    async def person(self, token: str) -> str:
        claim = read(SECRET, token)
        held = claim is not None and claim.person in self.open and self.numbers[claim.person] == claim.number
        return claim.person if claim is not None and held else ""

    async def change(self, person: str, *, holds: bool, by: str, now: object) -> None:
        del by, now
        self.numbers[person] = self.numbers.get(person, 0) + holds
        (self.open.add if holds else self.open.discard)(person)


async def test_one_s_own_shifts_are_read_by_an_address_until_it_is_revoked() -> None:
    given = parts(duty=MemoryDuty(), feeds=MemoryFeeds())
    address = re.compile(r"<code>http://console(/duty/calendar/[\w.-]+)</code>")
    await given.accounts.create(username="boss", name="甲", role="admin", by="", now=NOW)
    async with at_the_console(given, "officer", username="zhang", name="张甲") as person:
        assert not address.search((await person.get("/duty")).text)
        assert (await person.post("/duty/feed", act="make")).status_code == 303
        (path,) = address.findall((await person.get("/duty")).text)
        person.client.cookies.clear()
        answer = await person.get(path)
        assert answer.headers["content-type"].startswith("text/calendar")
        events = [event["summary"] for event in Calendar.from_ical(answer.content).walk("VEVENT")]
        assert len(events) > 20
        assert set(map(str, events)) == {"值班员：张甲"}
        assert (await person.get(f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}")).status_code == 404
        await given.accounts.set_disabled("zhang", disabled=True)
        assert (await person.get(path)).status_code == 404
        await given.accounts.set_disabled("zhang", disabled=False)
        await given.feeds.change("zhang", holds=True, by="zhang", now=NOW)
        assert (await person.get(path)).status_code == 404, "a new one ends the one before"
    async with at_the_console(given, "admin", username="root", name="管理员") as admin:
        assert (await admin.post("/duty/feed", act="make")).status_code == 400, "he takes no turns"
        assert (await admin.post("/duty/feed", act="revoke", person="zhang")).status_code == 303
        assert await given.feeds.address("zhang") == ""


def calendar(*events: tuple[str, str, str]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for number, (since, until, title) in enumerate(events):
        times = [f"DTSTART:{since}", f"DTEND:{until}"]
        lines += ["BEGIN:VEVENT", f"UID:{number}", *times, f"SUMMARY:{title}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


async def test_a_calendar_file_is_looked_at_before_it_holds() -> None:
    duty = MemoryDuty()
    good = calendar(("20260513T010000Z", "20260513T050000Z", "值班员：赵丁"))
    clash = calendar(("20260513T010000Z", "20260513T050000Z", "值班员：钱戊"))
    async with at_the_console(parts(duty=duty), "leader", username="qian", name="钱戊") as person:
        other = calendar(("20260513T010000Z", "20260513T050000Z", "买菜"))
        none = "没有还未过去的班次"
        for text, why in ((other, "岗位：姓名"), ("BEGIN:VCALENDAR", "不是日历文件"), (calendar(), none)):
            answer = await person.post("/duty/import", ical=text, act="import")
            assert answer.status_code == 400
            assert why in answer.text
        seen = (await person.post("/duty/import", ical=clash, act="import")).text
        assert "同时在" in seen
        assert 'value="import"' not in seen
        seen = (await person.post("/duty/import", ical=good, act="preview")).text
        assert "赵丁 05月13日 09:00—05月13日 13:00 值班员" in seen
        assert 'value="import"' in seen
        assert not duty.kept
        for _ in range(2):
            assert (await person.post("/duty/import", ical=good, act="import")).status_code == 303
    (one,) = duty.kept.values()
    assert (one.person, one.state, one.steps[0].move) == ("zhao", "agreed", "import")
