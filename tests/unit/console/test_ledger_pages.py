"""台账 at the console: within reach, by those who may, written down, and away as a file that runs nothing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

import pytest
from console_fakes import NOW
from ledger_items import ACCEPT, ANSWER, ASSIGN, MONDAY, TABLE, MemoryLedger, after, item
from msgspec.structs import replace
from reaching import JINGNING, ZHUANGLANG, a_city, at_the_console

from alerts import exports
from alerts.console.ledger_forms import PROBE, forms
from alerts.ledger_export import COLUMNS, as_csv, as_xlsx, row
from alerts.ledger_moves import BY_HAND, CARRIED
from streams.clock import from_ms, ms

WATER = "静宁县水务局"
LATER = ms(NOW) - 30 * 86_400_000


def ledger() -> MemoryLedger:
    old = {"posted_at": LATER, "received_at": LATER}
    one, two = replace(after(item(**old), (ASSIGN,)), id="i1"), replace(item(county=ZHUANGLANG), id="i2")
    return MemoryLedger(one, replace(two, received_at=ms(NOW), due=ms(NOW) + 1, yellow_from=0))


@pytest.mark.parametrize(
    ("role", "who", "seen"),
    [
        ("officer", {}, {"i1", "i2"}), ("officer", {"counties": [JINGNING]}, {"i1"}),
        ("handler", {"units": [WATER]}, {"i1"}), ("handler", {"units": ["庄浪县住建局"]}, set()),
        ("handler", {}, set()),
    ],
)  # fmt: skip
async def test_the_list_its_counts_and_its_file_keep_to_a_person_s_reach(
    role: str, who: dict[str, Any], seen: set[str]
) -> None:
    given = a_city(ledger=ledger())
    async with at_the_console(given, role, **who) as person:
        page = (await person.get("/ledger")).text
        assert set(re.findall(r'data-key="(i\d)"', page)) == seen
        assert f"已逾期 <b class=\"{'bad-text' if 'i1' in seen else ''}\">{int('i1' in seen)}</b>" in page
        for one in ("i1", "i2"):
            assert (await person.get(f"/ledger/{one}")).status_code == (200 if one in seen else 403)
        if role == "officer":
            file = (await person.get("/ledger/export/csv")).content.decode("utf-8-sig")
            assert set(re.findall(r"^i\d", file, re.MULTILINE)) == seen


async def test_filters_narrow_the_list_and_unknown_ones_do_nothing() -> None:
    async with at_the_console(a_city(ledger=ledger()), "officer") as person:
        wanted: list[tuple[str, set[str]]] = [
            ("due=overdue", {"i1"}), ("state=waiting", {"i2"}), (f"lead={WATER}", {"i1"}), ("key=1", set()),
            (f"county={ZHUANGLANG}", {"i2"}), ("due=x&state=x", {"i1", "i2"}),
        ]  # fmt: skip
        for asked, seen in wanted:
            page = (await person.get(f"/ledger?{asked}")).text
            assert set(re.findall(r'data-key="(i\d)"', page)) == seen, asked


async def test_an_officer_assigns_and_the_handler_of_that_unit_alone_acts_for_it() -> None:
    given = a_city(ledger=MemoryLedger(replace(item(), id="i1")))
    async with at_the_console(given, "officer") as officer:
        page = (await officer.get("/ledger/i1")).text
        assert 'value="静宁县住房和城乡建设局"' in page
        done = await officer.post("/ledger/i1/assign", revision="0", **ASSIGN[3], assists="静宁县教育局", sure="1")
        assert done.status_code == 303
        stale = await officer.post("/ledger/i1/assign", revision="0", **ASSIGN[3], sure="1")
        assert "刚刚有人更新了这一件" in stale.text
        longer = await officer.post("/ledger/i1/extend", days="1", reason="难", told="电话")
        assert "您的角色不能“延期”" in longer.text
        assert (await officer.post("/ledger/i1/absorb", item="x")).status_code == 400
        assert (await officer.post("/ledger/i1/nothing")).status_code == 404
    async with at_the_console(given, "handler", username="sun", name="孙立", units=["静宁县教育局"]) as helper:
        assert "这件由其他单位办理" in (await helper.post("/ledger/i1/accept")).text
        assert "不能代" in (await helper.post("/ledger/i1/reply", kind="first", unit=WATER, text="已收到")).text
    async with at_the_console(given, "handler", username="qian", name="钱进", units=[WATER]) as handler:
        assert (await handler.post("/ledger/i1/accept")).status_code == 303
        for name in CARRIED:
            assert (await handler.post(f"/ledger/i1/{name}", **ANSWER[3])).status_code == 400
        assert (await given.ledger.get("i1")).state == "handling", "an item is answered by a published reply alone"
        longer = await handler.post("/ledger/i1/extend", days="1", reason="难", told="电话")
        assert "您的角色不能“延期”" in longer.text
    kinds = [kind for kind, *_ in given.audit.lines]  # type: ignore[attr-defined]
    assert kinds.count("access.refused") == 2


async def test_a_unit_that_nobody_knows_is_asked_about_once_and_the_suggested_one_is_not() -> None:
    given = a_city(ledger=MemoryLedger(replace(item(), id="i1")))
    async with at_the_console(given, "officer") as officer:
        typo = {**ASSIGN[3], "lead": "静宁县水物局"}
        asked = await officer.post("/ledger/i1/assign", **typo)
        assert asked.status_code == 400
        assert "“静宁县水物局”不在台账配置里，也没有账号属于这个单位" in asked.text
        assert (await given.ledger.get("i1")).state == "waiting"
        assert (await officer.post("/ledger/i1/assign", **typo, sure="1")).status_code == 303
        known = {**ASSIGN[3], "lead": "静宁县住房和城乡建设局", "assists": "", "supervisor": ""}
        assert (await officer.post("/ledger/i1/assign", **known)).status_code == 303


async def test_a_key_message_goes_to_a_leader_who_has_an_account() -> None:
    given = a_city(ledger=MemoryLedger(replace(item(), id="i1")))
    await given.accounts.create(username="lingdao", name="钱戊", role="leader", by="", now=NOW)
    async with at_the_console(given, "officer") as officer:
        by_name = await officer.post("/ledger/i1/flag", leader="钱戊", reason="影响全县")
        assert by_name.status_code == 400
        assert "没有用户名为“钱戊”的领导账号，将无人能签发。可填：lingdao（钱戊）。" in by_name.text
        assert (await officer.post("/ledger/i1/flag", leader="lingdao", reason="影响全县")).status_code == 303
    assert (await given.ledger.get("i1")).key_leader == "lingdao"


async def test_who_gives_an_item_back_is_led_to_his_list_not_to_a_page_he_may_not_see() -> None:
    handed = replace(after(item(), (ASSIGN,)), id="i1", assigned_at=ms(NOW), updated_at=ms(NOW))
    given = a_city(ledger=MemoryLedger(handed))
    async with at_the_console(given, "handler", username="qian", name="钱进", units=[WATER]) as handler:
        back = await handler.post("/ledger/i1/give_back", reason="不属我局职责", better="静宁县教育局")
        assert (back.status_code, back.headers.get("location")) == (303, "/ledger?done=moved"), back.text
        page = await handler.get("/ledger?done=moved")
        assert page.status_code == 200
        assert "已记录。" in page.text


async def test_who_is_named_in_a_message_looks_at_it_and_can_t_handle_it() -> None:
    given = a_city(ledger=MemoryLedger(replace(item(text="值班员赵明不接电话"), id="i1")))
    async with at_the_console(given, "officer") as person:
        assert (await person.get("/ledger/i1")).status_code == 200
        answer = await person.post("/ledger/i1/assign", **ASSIGN[3])
        assert answer.status_code == 403
        assert "回避" in answer.text


async def test_nobody_merges_into_what_he_does_not_reach() -> None:
    given = a_city(ledger=ledger())
    async with at_the_console(given, "officer", counties=[JINGNING]) as person:
        answer = await person.post("/ledger/i1/merge", into="i2", reason="同一件事")
        assert answer.status_code == 400
        assert "不在您的范围内" in answer.text


async def test_every_look_at_a_text_and_every_file_is_written_down() -> None:
    given = a_city(ledger=ledger())
    async with at_the_console(given, "officer") as person:
        for path in ("/ledger", "/ledger/i1", "/ledger/export/xlsx", "/ledger/export/csv"):
            assert (await person.get(path)).status_code == 200
        assert (await person.get("/ledger/export/exe")).status_code == 404
    kinds = [kind for kind, *_ in given.audit.lines]  # type: ignore[attr-defined]
    assert kinds == ["ledger.view", "ledger.view", "ledger.export", "ledger.export"]


def test_the_file_has_twenty_columns_and_no_cell_is_a_formula() -> None:
    done = after(item(text="=cmd|' /C calc'!A0 电话13900000000"), (ASSIGN, ACCEPT, ANSWER))
    evil = replace(done, title="+1", lead="@甲")
    line = row(evil, MONDAY, str, {})
    head = exports.Head(asked={"主题": "=1+1"}, at=MONDAY, index="ledger", total=1, rows=1)
    table = list(csv.reader(io.StringIO(as_csv(head, [line]).decode("utf-8-sig"))))
    assert len(COLUMNS) == len(set(COLUMNS)) == len(line) == len(table[-1]) == 20
    assert not [cell for one in table for cell in one if cell[:1] in exports.FORMULA and cell]
    assert "13900000000" not in str(table)
    with zipfile.ZipFile(io.BytesIO(as_xlsx(head, [line]))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert "<t>+1</t>" in book.read("xl/sharedStrings.xml").decode()


def test_a_form_is_shown_for_what_one_may_do_and_says_what_blocks_it() -> None:
    one = after(item(), (ASSIGN, ACCEPT))
    shown = {form.move.name: form for form in forms(one, TABLE, by="li", role="supervisor", now=one.updated_at)}
    assert "absorb" not in shown
    assert shown["resume"].blocked == "没有暂停计时。"
    assert not shown["extend"].blocked
    late = {form.move.name: form for form in forms(one, TABLE, by="li", role="supervisor", now=one.due + 1)}
    assert "已经逾期" in late["extend"].blocked
    assert not {"answer", "first_reply", "sign_key"} & set(shown)


def test_every_field_that_a_guard_reads_has_something_to_probe_with() -> None:
    for move in BY_HAND:
        for state in move.ways:
            one = replace(item(), state=state, lead="甲局", assigned_at=MONDAY)
            found = forms(one, TABLE, by="li", role=min(move.roles), now=ms(from_ms(MONDAY)))
            assert move.name in {form.move.name for form in found}
    assert "limit" not in PROBE
