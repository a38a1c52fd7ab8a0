"""The ledger by the API: items within reach, moved for a named person on the version seen; and as Open311 has them."""

from __future__ import annotations

from typing import Any

import pytest
from console_fakes import NOW
from msgspec.structs import replace
from programs import program
from reaching import JINGNING, ZHUANGLANG

from alerts import reply_moves
from alerts.console import open311_words as words
from alerts.console.api_ledger import BY_API
from alerts.console.api_replies import BY_API as REPLIES_BY_API
from alerts.ledger_moves import BY_HAND, CARRIED, MOVES
from alerts.ledgers import FILTERS

WATER, HEAT = "静宁县水务局", "庄浪县住建局"
REPLY = {"text": "管道已修好，恢复供水。", "channel": "门户", "unit": WATER}
WHO: list[tuple[str, dict[str, Any], set[str]]] = [
    ("officer", {}, {"l1", "l2"}),
    ("officer", {"counties": [JINGNING]}, {"l1"}),
    ("leader", {"counties": [ZHUANGLANG]}, {"l2"}),
    ("supervisor", {"units": [WATER]}, {"l1"}),
    ("handler", {"units": [WATER]}, {"l1"}),
    ("handler", {"units": [HEAT]}, set()),
    ("handler", {}, set()),
]


@pytest.mark.parametrize(("role", "who", "seen"), WHO)
async def test_items_are_listed_and_opened_within_reach_and_each_look_is_written_down(
    role: str, who: dict[str, Any], seen: set[str]
) -> None:
    async with program(role, **who) as hall:
        found = await hall.get("/ledger")
        assert ({one["id"] for one in found["items"]}, found["total"]) == (seen, len(seen))
        for one in ("l1", "l2"):
            answer = await hall.client.get(f"/api/v1/ledger/{one}")
            assert answer.status_code == (200 if one in seen else 403)
            assert one in seen or "停水" not in answer.text
        looks = [line for line in hall.given.audit.lines if line[0] == "ledger.view"]  # type: ignore[attr-defined]
        assert len(looks) == len(seen) + bool(seen)


async def test_an_item_goes_its_way_by_moves_on_the_version_that_was_seen() -> None:
    async with program("officer") as hall:
        seen = await hall.get("/ledger/l2")
        assert "assign" in seen["moves"]
        given = {"lead": HEAT, "limit": "help"}
        assert (await hall.post("/ledger/l2/assign", **given)).status_code == 400
        done = await hall.post("/ledger/l2/assign", seen["version"], **given)
        assert (done.status_code, done.json()["state"]) == (200, "assigned")
        assert (await hall.post("/ledger/l2/assign", seen["version"], **given)).status_code == 409
        assert (await hall.post("/ledger/none/assign", "1", **given)).status_code == 404
        for carried in CARRIED:
            assert (await hall.post(f"/ledger/l1/{carried}", "2", **REPLY)).status_code == 404


async def test_a_program_drafts_and_publishes_a_reply_and_never_reviews_or_signs_it() -> None:
    async with program("handler", units=[WATER]) as hall:
        made = await hall.post("/ledger/l1/reply", kind="final", unit=WATER, text=REPLY["text"])
        assert (made.status_code, made.json()["state"]) == (200, "drafting")
        reply, path = made.json(), f"/replies/{made.json()['id']}"
        assert (await hall.post("/ledger/l1/reply", kind="final", unit=WATER, text="又一份")).status_code == 400
        changed = await hall.post(f"{path}/write", reply["version"], text="9月15日已修好，恢复供水。")
        assert (await hall.post(f"{path}/write", reply["version"], text="另一稿")).status_code == 409
        sent = await hall.post(f"{path}/submit", changed.json()["version"])
        assert sent.json()["state_name"] == "待审核"
        for own in ("pass", "sign"):
            assert (await hall.post(f"{path}/{own}", sent.json()["version"])).status_code == 404
        service = hall.given.replies
        await service.move(reply["id"], "pass", by="qian", role="handler", data={"remark": "好"}, now=NOW)
        signed = await service.move(reply["id"], "sign", by="sun", role="leader", data={}, now=NOW)
        one = await hall.get(path)
        assert (one["moves"], len(one["versions"])) == (["publish", "send_back", "withdraw"], 2)
        out = await hall.post(f"{path}/publish", str(signed.revision), channel="门户")
        assert out.json()["state"] == "published"
        item = await hall.get("/ledger/l1")
        assert (item["state"], item["replies"][0]["text"]) == ("answered", "9月15日已修好，恢复供水。")
        assert (await hall.get("/replies"))["items"] == []
        assert (await hall.get("/replies?state=published"))["total"] == 1
        assert (await hall.client.get("/api/v1/replies?state=x")).status_code == 400
        assert "zhao" not in str([one, item])


async def test_a_handler_answers_for_his_department_alone_and_not_what_another_one_leads() -> None:
    async with program("handler", units=[WATER]) as hall:
        other = await hall.post("/ledger/l1/reply", kind="final", unit=HEAT, text="已修好")
        assert (other.status_code, "不能代" in other.text) == (400, True)
        ledger = hall.given.ledger
        ledger.kept["l1"] = replace(ledger.kept["l1"], lead=HEAT, assists=(WATER,))
        led = await hall.post("/ledger/l1/reply", kind="final", unit=WATER, text="已修好")
        assert (led.status_code, "由牵头单位答复" in led.text) == (400, True)
        assert (await hall.post("/ledger/l1/reply", kind="first", unit=WATER, text="已派人")).status_code == 200


async def test_replies_are_read_within_reach_alone() -> None:
    async with program("handler", units=[HEAT]) as hall:
        service = hall.given.replies
        data = {"kind": "final", "unit": WATER, "text": "已修好"}
        made = await service.begin("l1", by="qian", role="handler", data=data, now=NOW)
        assert (await hall.get("/replies"))["total"] == 0
        for path in (f"/replies/{made.id}", "/ledger/l1"):
            assert (await hall.client.get(f"/api/v1{path}")).status_code == 403
        assert (await hall.post(f"/replies/{made.id}/submit", "1")).status_code == 403
        assert (await service.get(made.id)) == made


async def test_nobody_merges_into_what_he_does_not_reach() -> None:
    async with program("officer", counties=[JINGNING]) as hall:
        version = (await hall.get("/ledger/l1"))["version"]
        answer = await hall.post("/ledger/l1/merge", version, into="l2", reason="同一件事")
        assert (answer.status_code, "范围" in answer.text) == (400, True)
        assert hall.given.ledger.kept["l1"].state == "handling"


async def test_who_is_named_in_a_message_does_not_handle_it() -> None:
    async with program("officer", name="陈二") as hall:
        ledger = hall.given.ledger
        ledger.kept["l2"] = replace(ledger.kept["l2"], text="城管陈二把摊子收走了")
        version = (await hall.get("/ledger/l2"))["version"]
        answer = await hall.post("/ledger/l2/dismiss", version, reason="重复")
        assert (answer.status_code, "回避" in answer.text) == (403, True)
        assert ledger.kept["l2"].state == "waiting"


def test_programs_make_every_move_but_those_that_a_leader_signs_himself() -> None:
    assert {move.name for move in BY_HAND} - {move.name for move in BY_API} == set()
    assert {move.name for move in MOVES} - {move.name for move in BY_HAND} == {"absorb", "sign_key", *CARRIED}
    assert {move.name for move in reply_moves.MOVES} - {move.name for move in REPLIES_BY_API} == {"pass", "sign"}
    assert "units" in FILTERS


OUT = {"unit": WATER, "text": "管道已修好，恢复供水。"}
STORED = {"id": "o1", "text": "停水", "topic": "城乡建设", "posted_at": 1_000, "indexed_at": 2_000, "status": "closed"}


@pytest.mark.parametrize(
    ("item", "status", "notes", "unit"),
    [
        (None, "closed", "已办结", None),
        ({"state": "waiting"}, "open", "待交办", None),
        ({"state": "handling", "lead": WATER, "due": 86_400_000, "updated_at": 3_000}, "open", "办理中", WATER),
        ({"state": "answered", "lead": WATER}, "closed", "已答复", WATER),
        ({"state": "answered", "lead": WATER, "record": {"replies": [{"unit": "甲局", "text": "已派人"}, OUT]}},
         "closed", f"已答复。{WATER}答复：管道已修好，恢复供水。", WATER),
        ({"state": "closed", "lead": WATER, "result": "solved"}, "closed", "已办结，已解决", WATER),
        ({"state": "dismissed"}, "closed", "不需办理", None),
    ],
)
def test_in_open311_the_ledger_says_how_far_a_request_is_whose_and_until_when(
    item: dict[str, Any] | None, status: str, notes: str, unit: str | None
) -> None:
    found = words.request_of(STORED, item)
    assert (found["status"], found["status_notes"], found["agency_responsible"]) == (status, notes, unit)
    assert bool(found["expected_datetime"]) == bool(item and item.get("due"))


def test_a_merged_request_stands_as_what_it_went_into() -> None:
    answer = {"hits": {"hits": [{"_source": {"opinion_ids": ["o1", "o2"], "state": "handling"}}]}}
    assert words.by_text(answer)["o1"] is words.by_text(answer)["o2"]
    assert {"term": {"state": "merged"}} in words.items_body(["o1"])["query"]["bool"]["must_not"]
