"""What programs do by the API: for a named person, within his rights, on the version he saw, and written down."""

from __future__ import annotations

import re
from typing import Any

import pytest
from console_fakes import NOW
from msgspec.structs import replace
from programs import program
from reaching import JINGNING, ZHUANGLANG

from alerts.accounts import ROLES
from alerts.console.api_routes import API, BASE, ApiRow
from alerts.console.api_writes import BY_API
from alerts.console.permissions import allowed
from alerts.consultation_moves import BY_NAME, MOVES
from alerts.tokens import SCOPES, WRITES, made
from streams.errors import Misconfigured

WATER, HEAT = "静宁县水务局", "庄浪县住建局"
DOES = [row for row in API if row.method != "GET"]


def name(row: ApiRow) -> str:
    return row.path


def address(row: ApiRow) -> str:
    of = {"/alerts": "a1", "/ledger": "l1"}
    return row.path.replace("{id}", next((one for start, one in of.items() if row.path.startswith(start)), "c1"))


async def test_an_alert_is_signed_for_once_on_the_version_that_was_seen() -> None:
    async with program("officer") as hall:
        seen = await hall.get("/alerts/a1")
        done = await hall.post("/alerts/a1/acknowledge", seen["version"], note="已派人")
        assert (done.status_code, done.json()["state"]) == (200, "acknowledged")
        assert done.headers["etag"] == f'"{done.json()["version"]}"'
        late = await hall.post("/alerts/a1/acknowledge", seen["version"])
        assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
        again = await hall.post("/alerts/a1/acknowledge", done.json()["version"])
        assert (again.status_code, again.json()["error"]["code"]) == (400, "rejected")
        judged = await hall.post("/alerts/a1/judge", version=done.json()["version"], verdict="true", reason="核实")
        assert judged.status_code == 200
        said = {"via": "token:hall"}
        assert hall.lines == [
            ("alerts.acknowledge", "a1", "zhao", {"note": "已派人", **said}),
            ("alerts.judge", "a1", "zhao", {"verdict": "true", "reason": "核实", **said}),
        ]


async def test_who_signed_renews_by_the_api_and_the_answer_says_how_it_came() -> None:
    async with program("officer") as hall:
        seen = await hall.get("/alerts/a1")
        done = await hall.post("/alerts/a1/acknowledge", seen["version"])
        renewed = await hall.post("/alerts/a1/renew", done.json()["version"], note="抢修中")
        assert renewed.status_code == 200
        own = await hall.post("/alerts/a1/take-over", renewed.json()["version"], reason="我来跟进")
        assert (own.status_code, own.json()["error"]["code"]) == (400, "rejected")
        whole = await hall.get("/alerts/a1")
        assert [one["how"] for one in whole["signatures"]] == ["signed", "renewed"]
        assert (whole["signed_until"] is not None, whole["ladder"], whole["ahead"]) == (True, [], [])


async def test_an_alert_is_given_to_who_may_have_it_and_commented_without_a_version() -> None:
    async with program("officer") as hall:
        accounts = hall.given.accounts
        await accounts.create(username="qian", name="钱进", role="officer", by="", now=NOW, counties=[JINGNING])
        await accounts.create(username="sun", name="孙立", role="officer", by="", now=NOW, counties=[ZHUANGLANG])
        seen = await hall.get("/alerts/a1")
        for nobody in ("sun", "none"):
            assert (await hall.post("/alerts/a1/assign", seen["version"], to=nobody)).status_code == 400
        given = await hall.post("/alerts/a1/assign", seen["version"], to="qian")
        assert given.status_code == 200
        assert (await hall.post("/alerts/a1/acknowledge", seen["version"])).status_code == 409
        for text in ("已联系水务局", "抢修车已到"):
            assert (await hall.post("/alerts/a1/comment", text=text)).json()["version"] == given.json()["version"]
        whole = await hall.get("/alerts/a1")
        assert [one["text"] for one in whole["comments"]] == ["已联系水务局", "抢修车已到"]
        assert "zhao" not in str(whole)
        assert [kind for kind, *_ in hall.lines] == ["alerts.assign", "alerts.comment", "alerts.comment"]


async def test_an_alert_that_only_grew_is_still_the_one_that_was_seen() -> None:
    async with program("officer") as hall:
        seen = await hall.get("/alerts/a1")
        store = hall.given.alerts.store
        alert, version = store.rows["a1"]
        store.rows["a1"] = (replace(alert, count=99, value=99, updated_at=alert.updated_at + 1), version + 1)
        assert (await hall.post("/alerts/a1/acknowledge", seen["version"])).status_code == 200


async def test_a_consultation_moves_by_its_own_words_and_the_loser_of_two_is_told() -> None:
    async with program("officer") as hall:
        seen = await hall.get("/consultations/c2")
        fact = {"text": "换热站跳闸", "confirmed": True, "source": "热力公司"}
        done = await hall.post("/consultations/c2/add_fact", seen["version"], **fact)
        assert done.status_code == 200
        assert int(done.json()["version"]) == int(seen["version"]) + 1
        lost = await hall.post("/consultations/c2/admit", seen["version"], text="接报晚了")
        assert lost.status_code == 409
        whole = await hall.get("/consultations/c2")
        assert [one["text"] for one in whole["facts"]] == ["换热站跳闸"]
        assert "add_question" in whole["moves"]
        handed = {"text": "今晚送暖", "unit": HEAT, "due": "2026-05-12T20:00:00+08:00"}
        assert (await hall.post("/consultations/c2/decide", whole["version"], **handed)).status_code == 200
        task = (await hall.get("/consultations/c2"))["tasks"][0]
        assert (task["unit"], task["due"]) == (HEAT, "2026-05-12T20:00:00+08:00")


BAD: list[tuple[str, dict[str, Any], int]] = [
    ("/alerts/a1/judge", {"verdict": "perhaps", "reason": "x"}, 400),
    ("/alerts/a1/judge", {"verdict": "true"}, 400),
    ("/alerts/a1/acknowledge", {"note": "x" * 501}, 400),
    ("/alerts/a1/acknowledge", {"by": "leader"}, 400),
    ("/consultations/c1/add_fact", {"text": ["x"], "confirmed": True, "source": "x"}, 400),
    ("/consultations/c1/decide", {"text": "x", "unit": "x", "due": "2030-01-01T00:00:00"}, 400),
    ("/consultations/c1/decide", {"text": "x", "unit": "x", "due": "soon"}, 400),
    ("/consultations/c1/task_done", {"task": "none", "result": "x"}, 400),
    ("/alerts/none/acknowledge", {}, 404),
    ("/consultations/none/add_fact", {}, 404),
    ("/consultations/c1/no_such_move", {}, 404),
]


@pytest.mark.parametrize(("path", "body", "status"), BAD)
async def test_what_can_t_be_read_or_isn_t_there_changes_nothing_and_says_so_in_chinese(
    path: str, body: dict[str, Any], status: int
) -> None:
    async with program("officer") as hall:
        found = path.split("/")[2]
        version = (await hall.get(f"/{path.split('/')[1]}/{found}"))["version"] if found != "none" else "1"
        answer = await hall.post(path, version, **body)
        assert answer.status_code == status
        assert status == 404 or re.search("[一-鿿]", answer.json()["error"]["message"])
        assert hall.lines == []


async def test_without_the_version_that_was_seen_nothing_is_changed() -> None:
    async with program("officer") as hall:
        for path in ("/alerts/a1/acknowledge", "/consultations/c1/admit"):
            for headers in ({}, {"if-match": "*"}, {"if-match": '""'}):
                body = {"text": "x"} if "admit" in path else {}
                answer = await hall.client.post(BASE + path, json=body, headers=headers)
                assert (answer.status_code, answer.json()["error"]["code"]) == (400, "rejected")


@pytest.mark.parametrize("content", [b"", b"[]", b"x", b'{"note":', b"[" * 60_000, b'"' + b"x" * 70_000 + b'"'])
async def test_only_a_json_object_of_some_size_is_read(content: bytes) -> None:
    async with program("officer") as hall:
        headers = {"content-type": "application/json"}
        answer = await hall.client.post(f"{BASE}/alerts/a1/acknowledge", content=content, headers=headers)
        assert answer.status_code == 400
        form = await hall.client.post(f"{BASE}/alerts/a1/acknowledge", data={"note": "x"})
        assert form.status_code == 400


@pytest.mark.parametrize("row", DOES, ids=name)
async def test_a_program_does_nothing_for_nobody_nor_without_the_scope(row: ApiRow) -> None:
    async with program("admin", nobody=True) as hall:
        answer = await hall.post(address(row))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_person")
    async with program("admin", *(scope for scope in SCOPES if scope != row.scope)) as hall:
        answer = await hall.post(address(row))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_scope")
        assert [kind for kind, *_ in hall.lines] == ["access.refused"]


@pytest.mark.parametrize("role", ROLES)
async def test_a_token_does_no_more_than_the_person_may(role: str) -> None:
    async with program(role, units=[WATER] if role == "handler" else []) as hall:
        for row in DOES:
            answer = await hall.post(address(row))
            refused = answer.status_code == 403
            assert refused == (not allowed(role, row.scope)), row.path


async def test_who_is_stopped_or_gone_does_nothing_by_a_token_either() -> None:
    async with program("officer") as hall:
        await hall.given.accounts.create(username="sun", name="孙立", role="admin", by="", now=NOW)
        await hall.given.accounts.set_disabled("zhao", disabled=True)
        for path in ("/alerts", "/alerts/a1"):
            assert (await hall.client.get(BASE + path)).status_code == 403
        assert (await hall.post("/alerts/a1/acknowledge", "x")).json()["error"]["code"] == "no_person"


async def test_reach_and_recusal_hold_by_the_api_as_on_pages() -> None:
    async with program("officer", counties=[ZHUANGLANG]) as hall:
        assert {one["id"] for one in (await hall.get("/alerts"))["items"]} == {"a2"}
        assert {one["id"] for one in (await hall.get("/consultations"))["items"]} == {"c2"}
        assert (await hall.client.get(f"{BASE}/alerts/a1")).status_code == 403
        assert (await hall.post("/alerts/a1/acknowledge", "x")).json()["error"]["code"] == "no_reach"
        opening = {"title": "停暖", "grade": "larger", "reason": "x", "known_at": "2026-05-12T08:00:00+08:00"}
        refused = await hall.post("/consultations", county=JINGNING, **opening)
        assert "不在您的范围内" in refused.json()["error"]["message"]
        assert (await hall.client.get(f"{BASE}/opinions")).status_code == 200
        asked = [str(body) for index, body in hall.given.documents.asked if index.startswith("opinions")]  # type: ignore[attr-defined]
        assert all(ZHUANGLANG in body for body in asked)
    async with program("officer", name="陈二") as hall:
        store = hall.given.alerts.store
        store.rows["a1"] = (replace(store.rows["a1"][0], reason="陈二不作为"), 0)
        assert "回避" in (await hall.post("/alerts/a1/acknowledge", "x")).text
        assert "回避" in (await hall.post("/consultations/c1/admit", "1", text="x")).text


async def test_a_handler_s_program_speaks_for_his_department_alone() -> None:
    async with program("handler", units=[WATER]) as hall:
        version = (await hall.get("/consultations/c1"))["version"]
        other = await hall.post("/consultations/c1/draft_answer", version, text="已恢复", unit=HEAT)
        assert (other.status_code, "不能代" in other.text) == (400, True)
        own = await hall.post("/consultations/c1/draft_answer", version, text="水费减免如下", unit=WATER)
        assert own.status_code == 200
        assert (await hall.client.get(f"{BASE}/opinions")).status_code == 403


async def test_a_silence_is_made_with_a_reason_and_ended_early() -> None:
    async with program("officer") as hall:
        asked = {"topic": "供水", "reason": "管网检修，已公告", "ends": "2026-05-12T20:00:00+08:00"}
        made_one = await hall.post("/silences", **asked)
        assert (made_one.status_code, made_one.json()["hushing"]) == (200, True)
        assert [one["conditions"] for one in (await hall.get("/silences"))["items"]] == ["领域为“供水”"]
        ended = await hall.post(f"/silences/{made_one.json()['id']}/end")
        assert (ended.status_code, ended.json()["hushing"]) == (200, False)
        assert [kind for kind, *_ in hall.lines] == ["silences.made", "silences.ended"]
        wrong: tuple[dict[str, str], ...] = (
            {}, {**asked, "reason": ""}, {**asked, "ends": "2020-01-01T00:00:00Z"}, {**asked, "topic": ""},
            {**asked, "like_topic": "供.*"}, {**asked, "like_county": "(a+)+"}, {**asked, "by": "x"},
        )  # fmt: skip
        for body in wrong:
            assert (await hall.post("/silences", **body)).status_code == 400, body
        assert (await hall.post("/silences/none/end")).status_code == 404
    async with program("officer", counties=[JINGNING]) as hall:
        assert (await hall.post("/silences", **asked)).status_code == 403


def test_what_only_a_leader_may_do_is_not_done_by_programs() -> None:
    by_hand = {move.name for move in MOVES} - {move.name for move in BY_API}
    assert {"sign_statement", "sign_answer", "correct_answer", "close"} <= by_hand
    assert all("officer" in BY_NAME[move.name].roles for move in BY_API)


def test_no_token_that_changes_something_is_made_for_nobody() -> None:
    for scope in WRITES:
        with pytest.raises(Misconfigured):
            made("hall", [scope], 30, NOW)
        assert made("hall", [scope], 30, NOW, "zhao")[0].person == "zhao"
