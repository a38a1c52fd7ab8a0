"""Pages and acts keep to a person's reach; who is named in a matter can't act on it; refusals are written down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from console_fakes import NoDocuments
from consultations import TO_ANSWER, TO_STATEMENT, a_consultation, after
from evil import EvilMatters, EvilSearches
from msgspec.structs import replace
from reaching import JINGNING, ZHUANGLANG, MemoryConsultations, Reports, a_city, at_the_console

from alerts.console.api_routes import API
from alerts.console.gates import GATES, SCOPED
from alerts.console.permissions import PUBLIC, SIGNED_IN
from alerts.console.routes import ROUTES, Row
from alerts.matters import Event

WATER, HEAT = "静宁县水务局", "庄浪县住建局"
WHOLE = [row for row in ROUTES if row.path not in SCOPED and row.permission not in {PUBLIC, SIGNED_IN}]
PEOPLE: list[tuple[str, dict[str, Any], set[str]]] = [
    ("officer", {}, {"a1", "a2", "a3", "c1", "c2"}),
    ("officer", {"counties": [JINGNING]}, {"a1", "c1"}),
    ("leader", {"counties": [ZHUANGLANG]}, {"a2", "c2"}),
    ("supervisor", {"units": [WATER]}, {"a1", "c1"}),
    ("handler", {"units": [WATER]}, {"a1", "c1"}),
    ("handler", {"units": [HEAT]}, set()),
    ("handler", {"units": [WATER], "counties": [ZHUANGLANG]}, set()),
    ("handler", {}, set()),
]
NOBODY = re.compile(r"author|nickname|screen.?name|open.?id|avatar|device|发布者[：:]|电话[：:]", re.IGNORECASE)


def name(row: Row) -> str:
    return f"{row.method} {row.path}"


def test_every_route_that_keeps_to_reach_is_a_route_and_every_record_s_page_has_a_gate() -> None:
    paths = {row.path for row in ROUTES} | {row.gate or row.path for row in API}
    assert paths >= SCOPED
    assert set(GATES) <= SCOPED
    files = ("/opinions/export", "/ledger/export", "/searches")
    members = {path for path in SCOPED if "{" in path and not path.startswith(files)}
    assert {path for path in members if not any(path == g or path.startswith(f"{g}/") for g in GATES)} == set()


@pytest.mark.parametrize(("role", "who", "seen"), PEOPLE)
async def test_lists_desk_and_pages_show_what_is_within_reach_and_nothing_else(
    role: str, who: dict[str, Any], seen: set[str]
) -> None:
    given = a_city()
    async with at_the_console(given, role, **who) as person:
        for path, kind in (("/alerts", "a"), ("/consultations", "c")):
            listed = set(re.findall(rf'data-key="({kind}\d)"', (await person.get(path)).text))
            assert listed == {one for one in seen if one[0] == kind}
        desk = (await person.get("/")).text
        shown = set(re.findall(r'href="/(?:alerts|consultations)/([ac]\d)"', desk))
        assert shown <= seen
        for one in ("a1", "a2", "a3", "c1", "c2"):
            answer = await person.get(f"/{'alerts' if one[0] == 'a' else 'consultations'}/{one}")
            assert answer.status_code == (200 if one in seen else 403), one
            assert one in seen or "不在您的范围内" in answer.text


@pytest.mark.parametrize("row", WHOLE, ids=name)
async def test_a_page_of_the_whole_city_is_closed_to_who_is_limited_and_the_try_is_written_down(row: Row) -> None:
    given = a_city()
    async with at_the_console(given, "admin", counties=[JINGNING]) as person:
        path = re.sub(r"\{\w+\}", "x", row.path)
        answer = await (person.get(path) if row.method == "GET" else person.post(path))
        assert answer.status_code == 403
        assert "全市" in answer.text
    kinds = [kind for kind, *_ in given.audit.lines]  # type: ignore[attr-defined]
    assert kinds == ["access.refused"]


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("/alerts/a1/acknowledge", {"note": "好"}),
    ("/alerts/a1/judge", {"verdict": "true", "reason": "核实"}),
    ("/consultations/c1/add_fact", {"text": "已修好", "confirmed": "1", "source": "水务局"}),
]


@pytest.mark.parametrize(("path", "fields"), ACTS)
async def test_nobody_acts_out_of_reach_and_within_it_he_does(path: str, fields: dict[str, Any]) -> None:
    given = a_city()
    async with at_the_console(given, "officer", counties=[ZHUANGLANG]) as person:
        assert (await person.post(path, **fields)).status_code == 403
    async with at_the_console(given, "officer", username="qian", name="钱进", counties=[JINGNING]) as person:
        assert (await person.post(path, **fields)).status_code == 303


@pytest.mark.parametrize(("path", "fields"), ACTS)
async def test_who_is_named_in_a_matter_looks_at_it_and_can_t_act_on_it(path: str, fields: dict[str, Any]) -> None:
    given = a_city()
    store = given.alerts.store
    alert, version = store.rows["a1"]
    store.rows["a1"] = (replace(alert, reason="反映值班员赵明不接电话"), version)
    page = path.rsplit("/", 1)[0]
    async with at_the_console(given, "officer") as person:
        assert (await person.get(page)).status_code == 200
        answer = await person.post(path, **fields)
        assert answer.status_code == 403
        assert "赵明" in answer.text
        assert "回避" in answer.text
    async with at_the_console(given, "admin", username="sun", name="孙立") as admin:
        cleared = {"act": "recusal", "subject": page.rsplit("/", 1)[1], "reason": "同名", "cleared": "1"}
        assert (await admin.post("/system/users/zhao", **cleared)).status_code == 303
    async with at_the_console(given, "officer", username="li", name="李四") as other:
        assert (await other.post(path, **fields)).status_code == 303


async def test_an_alert_is_given_and_commented_at_the_console_too() -> None:
    given = a_city()
    async with at_the_console(given, "officer") as person:
        page = (await person.get("/alerts/a1")).text
        assert '<option value="zhao">赵明（值班员）</option>' in page
        assert (await person.post("/alerts/a1/assign", to="zhao")).status_code == 303
        assert (await person.post("/alerts/a1/assign", to="none")).status_code == 400
        assert (await person.post("/alerts/a1/comment", text="已到现场<b>")).status_code == 303
        assert (await person.post("/alerts/a1/comment", text="")).status_code == 400
        page = (await person.get("/alerts/a1")).text
        assert "承办人：<b>赵明</b>" in page
        assert "已到现场&lt;b&gt;" in page


async def test_who_says_that_he_keeps_out_can_t_act_any_more_nor_take_it_back() -> None:
    given = a_city()
    async with at_the_console(given, "admin") as person:
        said = await person.post("/recusals", subject="a1", reason="亲属在当事单位", back="/alerts/a1")
        assert said.status_code == 303
        assert "亲属在当事单位" in (await person.post("/alerts/a1/acknowledge")).text
        assert (await person.post("/consultations/c1/add_fact", text="x", source="x")).status_code == 403
        cleared = {"act": "recusal", "subject": "a1", "reason": "没事了", "cleared": "1"}
        assert (await person.post("/system/users/zhao", **cleared)).status_code == 400
        assert (await person.post("/alerts/a1/acknowledge")).status_code == 403
        assert (await person.post("/recusals", subject="a1", reason="x", back="/elsewhere")).status_code == 400
    kinds = [kind for kind, *_ in given.audit.lines]  # type: ignore[attr-defined]
    assert kinds.count("access.refused") == 3


async def test_a_handler_does_his_department_s_part_and_no_other_s() -> None:
    given = a_city()
    async with at_the_console(given, "handler", units=[WATER]) as person:
        draft = {"text": "水费减免办法如下。", "unit": WATER}
        assert (await person.post("/consultations/c1/draft_answer", **draft)).status_code == 303
        other = await person.post("/consultations/c1/draft_answer", text="已恢复。", unit=HEAT)
        assert other.status_code == 400
        assert "不能代" in other.text
        assert (await person.post("/consultations/c1/sign_answer")).status_code == 400
        assert (await person.post("/alerts/a1/acknowledge")).status_code == 403
        assert (await person.get("/opinions")).status_code == 403


STEPS = (*TO_STATEMENT, *TO_ANSWER)


@pytest.mark.parametrize("steps", range(len(STEPS) + 1))
async def test_the_unit_complained_about_never_sees_who_complained(steps: int) -> None:
    """In no state of the record is there anything of who wrote: it has nothing of it to show."""
    named = (*STEPS[5:6], *STEPS[:5], *STEPS[6:])
    c = after(a_consultation(), named[: max(1, steps)])
    given = a_city(consultations=MemoryConsultations(c))
    async with at_the_console(given, "handler", units=[WATER]) as person:
        for path in ("/consultations/c1", "/alerts/a1", "/consultations", "/alerts", "/"):
            answer = await person.get(path)
            assert answer.status_code == 200, path
            assert not NOBODY.search(re.sub(r"<(?:meta|link|svg|script)[^>]*>", "", answer.text)), path


async def test_a_search_keeps_to_the_counties_of_who_asks_whatever_the_address_says() -> None:
    documents = NoDocuments()
    given = a_city(documents=documents)
    async with at_the_console(given, "analyst", counties=[JINGNING]) as person:
        for path in (f"/opinions?county={ZHUANGLANG}&reach=", f"/opinions/export/csv?county={ZHUANGLANG}", "/"):
            documents.asked.clear()
            assert (await person.get(path)).status_code == 200
            searches = [str(body) for index, body in documents.asked if index.startswith("opinions")]
            assert searches
            assert all(f"'county': ['{JINGNING}']" in body for body in searches), path


class Matters:
    """A matter in each county."""

    def __init__(self) -> None:
        self.kept = {
            name: replace(EvilMatters.event, id=name, title=f"事件{name}", county=county)
            for name, county in (("m1", JINGNING), ("m2", ZHUANGLANG))
        }
        self.merged: list[list[str]] = []

    async def list(self) -> Sequence[Event]:
        return list(self.kept.values())

    async def get(self, event: str) -> Event | None:
        return self.kept.get(event)

    async def decisions(self) -> Sequence[Any]:
        return ()

    async def merge(self, events: Sequence[str], *, by: str, reason: str, now: Any) -> None:
        del by, reason, now
        self.merged.append([*events])


async def test_matters_and_kept_searches_keep_to_counties_and_are_closed_to_departments() -> None:
    documents, matters = NoDocuments(), Matters()
    given = a_city(documents=documents, matters=matters, searches=EvilSearches())
    async with at_the_console(given, "analyst", counties=[JINGNING]) as person:
        assert "事件m2" not in (await person.get("/matters")).text
        assert (await person.get("/matters/m1")).status_code == 200
        assert (await person.get("/matters/m2")).status_code == 403
        assert (await person.post("/matters/m2/split", post="x", reason="x")).status_code == 403
        other = await person.post("/matters/m1/merge", other="m2", reason="同一件事")
        assert (other.status_code, matters.merged) == (400, [])
        assert (await person.get("/searches/x")).status_code == 200
        assert f"'county': ['{JINGNING}']" in str(documents.asked[-1])
    async with at_the_console(given, "admin", username="sun", name="孙立", units=[WATER]) as other_person:
        for path in ("/matters", "/matters/m1", "/searches/x", "/opinions"):
            assert (await other_person.get(path)).status_code == 403


async def test_of_reports_one_reads_and_makes_those_on_the_consultations_within_reach() -> None:
    reports = Reports()
    given = a_city(reports=reports)
    async with at_the_console(given, "analyst", counties=[JINGNING]) as person:
        listed = set(re.findall(r'href="/reports/(r\d)"', (await person.get("/reports")).text))
        assert listed == {"r1"}
        for path in ("/reports/r0", "/reports/r2", "/reports/r0/pdf", "/reports/r2/xlsx"):
            assert (await person.get(path)).status_code == 403
        assert (await person.post("/reports/daily", kind="minutes", matter="c2")).status_code == 403
        assert (await person.post("/reports/daily", kind="daily", day="2026-05-11")).status_code == 403
        assert reports.made == []
        assert (await person.post("/reports/daily", kind="minutes", matter="c1")).status_code == 303
        assert reports.made == [("minutes", "c1")]


async def test_an_admin_sets_reach_and_it_holds_at_once() -> None:
    given = a_city()
    async with at_the_console(given, "officer") as officer, at_the_console(
        given, "admin", username="sun", name="孙立"
    ) as admin:
        assert (await officer.get("/alerts/a2")).status_code == 200
        fields: dict[str, Any] = {"act": "reach", "units": "", "county": [JINGNING]}
        assert (await admin.post("/system/users/zhao", **fields)).status_code == 303
        assert (await officer.get("/alerts/a2")).status_code == 403
        shown = (await admin.get("/system/users/zhao")).text
        assert f'value="{JINGNING}" checked' in shown
        assert (await admin.post("/system/users/zhao", act="reach", units="长" * 41)).status_code == 400
