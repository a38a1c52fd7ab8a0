"""What `POST /v1/posts` promises to those who send."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from intake import NOW_S, Intake, make_intake, post

from streams.gateway.auth import signed_header
from streams.records import post_id

CANARY = "canary5520"
A_PERSON = (
    "author", "user", "openid", "unionid", "nickname", "phone", "mobile", "avatar", "ip", "device", "address", "geo",
    "callerName", "callerPhone", "screen_name", "email", "id_card", "留言用户", "姓名",
)  # fmt: skip


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    one = make_intake(tmp_path)
    async with one.http:
        yield one
    one.parts.threads.shutdown()


async def test_a_page_is_acknowledged_and_travels_masked(intake: Intake) -> None:
    answer = await intake.post({"posts": [post(text="请回电13812345678"), post("n-2")]})
    assert answer.status_code == 202
    found = answer.json()
    assert (found["source"], found["received"], found["accepted"], found["rejected"]) == ("portal", 2, 2, 0)
    assert found["items"][0] == {"index": 0, "status": "accepted", "id": post_id("portal", "n-1")}
    travelled = intake.sink.items()
    assert [item["native_id"] for item in travelled] == ["n-1", "n-2"]
    assert "13812345678" not in travelled[0]["text"]
    assert travelled[0]["posted_at"] == 1_777_593_600_000


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps(post()).encode(), {}),
        (json.dumps([post()]).encode(), {}),
        (b"\n" + json.dumps(post()).encode() + b"\r\n\n", {"content_type": "application/x-ndjson; charset=utf-8"}),
        (gzip.compress(json.dumps({"posts": [post()]}).encode()), {"content_encoding": "gzip"}),
        (gzip.compress(b"[") + gzip.compress(json.dumps(post()).encode() + b"]"), {"content_encoding": "gzip"}),
    ],
    ids=["one", "list", "ndjson", "gzip", "gzip of two members"],
)
async def test_every_form_is_taken(intake: Intake, body: bytes, headers: dict[str, str]) -> None:
    answer = await intake.post(body, **headers)
    assert answer.status_code == 202, answer.text
    assert [item["native_id"] for item in intake.sink.items()] == ["n-1"]


async def test_good_items_are_taken_and_bad_ones_come_back_with_their_reason_and_are_counted(intake: Intake) -> None:
    items = [post(), post("n-2", " "), 7, post("张三"), post("n-5") | {"posted_at": "gestern"}, post("n-6")]
    raw = json.dumps(items, ensure_ascii=False).replace('"n-6"', '"n-6", "title": "\\ud800"').encode()
    answer = await intake.post(raw)
    assert answer.status_code == 202
    assert [(i["index"], i["status"], i.get("reason")) for i in answer.json()["items"]] == [
        (0, "accepted", None), (1, "rejected", "empty"), (2, "rejected", "field_type"), (3, "rejected", "field_type"),
        (4, "rejected", "bad_time"), (5, "rejected", "bad_encoding"),
    ]  # fmt: skip
    bad = intake.sink.items("bad")
    assert [item["reason"] for item in bad] == ["empty", "field_type", "field_type", "bad_time", "bad_encoding"]
    assert bad[0]["ref"] == "n-2"
    assert "张三" not in str(intake.sink.pages)


async def test_invalid_utf8_costs_one_item(intake: Intake) -> None:
    answer = await intake.post(b"[" + json.dumps(post()).encode() + b', {"native_id":"x","posted_at":1,"text":"\xff"}]')
    assert answer.status_code == 202
    assert [item.get("reason") for item in answer.json()["items"]] == [None, "bad_encoding"]


async def test_a_page_without_one_good_item_is_refused_but_counted(intake: Intake) -> None:
    answer = await intake.post([{**post(), "text": ""}])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["items"][0]["reason"] == "empty"
    assert len(intake.sink.items("bad")) == 1


@pytest.mark.parametrize(
    ("body", "status", "reason", "packed"),
    [
        (b"", 400, "not_a_page", False),
        (b"{", 400, "not_a_page", False),
        (b"\xff\xfe", 400, "not_a_page", False),
        (b"[" * 100_000, 400, "not_a_page", False),
        (b"[]", 400, "not_a_page", False),
        (b'{"posts": 5}', 400, "not_a_page", False),
        (b"[" + b"1," * 500 + b"1]", 413, "too_many", False),
        (b"not gzip", 400, "not_a_page", True),
        (gzip.compress(b"[1]")[:-9], 400, "not_a_page", True),
        (gzip.compress(b" " * 30_000_000), 413, "too_large", True),
    ],
    ids=["empty", "half", "bytes", "deep", "none", "posts", "many", "no gzip", "half gzip", "bomb"],
)
async def test_a_body_that_cannot_be_read_is_one_dead_letter(
    intake: Intake, body: bytes, status: int, reason: str, packed: bool
) -> None:
    for _ in range(2):
        answer = await intake.post(body, **({"content_encoding": "gzip"} if packed else {}))
        assert answer.status_code == status, answer.text
        assert answer.json()["type"].startswith("/v1/docs#")
    first, second = intake.sink.items("bad")
    assert first == second, "the same body is the same letter"
    assert first["reason"] == reason


async def test_who_wrote_is_dropped_unread_and_unsaid(intake: Intake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person: dict[str, Any] = dict.fromkeys(A_PERSON, CANARY) | {"deep": {"phone": [CANARY]}}
    bodies = [
        json.dumps({"posts": [{**post(), **person}], **person}).encode(),
        json.dumps({**post(), **person, "text": ""}).encode(),
        json.dumps({**person, "posts": CANARY}).encode(),
        f'{{"posts": [{CANARY}'.encode(),
        CANARY.encode(),
    ]
    for body in bodies:
        for headers in ({}, {"content_type": "application/x-ndjson"}):
            answer = await intake.post(body, "both", f"/v1/posts?source=portal&x={CANARY}", x_user=CANARY, **headers)
            assert CANARY not in answer.text + str(answer.headers)
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]  # the client's own
    assert CANARY not in str(intake.sink.pages) + str(said)
    from prometheus_client import generate_latest

    assert CANARY not in generate_latest(intake.parts.metrics.registry).decode()


async def test_no_key_or_a_wrong_one_opens_nothing(intake: Intake) -> None:
    good = intake.keys["portal"]
    for given in ("", "Bearer", f"Bearer {good[:-1]}", f"Bearer {good}x", f"Basic {good}", f"bearer{good}", "Bearer h"):
        answer = await intake.post(post(), "", authorization=given)
        assert (answer.status_code, answer.json()["type"]) == (401, "/v1/docs#no_key"), given
        assert "www-authenticate" in answer.headers
    assert intake.sink.pages == []


async def test_a_key_writes_its_own_sources_only(intake: Intake) -> None:
    assert (await intake.post({"source": "weibo", "posts": [post()]})).status_code == 403
    assert (await intake.post(post(source="wechat"))).status_code == 403
    assert (await intake.post([post()], path="/v1/posts?source=nothing")).status_code == 403
    assert (await intake.post([post()], "both")).status_code == 400
    assert (await intake.post({"source": "hotline", "posts": [post()]}, "both")).json()["source"] == "hotline"
    mixed = await intake.post([post(), post("n-2", source="weibo")])
    assert [item["status"] for item in mixed.json()["items"]] == ["accepted", "rejected"]


async def test_a_revoked_key_opens_nothing(intake: Intake) -> None:
    from streams.gateway.keys import revoke

    revoke(intake.parts.keys.path, "portal", 2)
    intake.parts.keys.looked = -10.0  # the second after which the file is looked at again has passed
    assert (await intake.post(post())).status_code == 401
    assert (await intake.post(post(), "wechat")).status_code == 202


async def test_a_signed_request_is_taken_once_and_within_its_time(intake: Intake) -> None:
    body = json.dumps(post()).encode()
    key = intake.keys["signer"]

    async def send(header: str, sent: bytes = body, path: str = "/v1/posts") -> int:
        return (await intake.post(sent, "", path, authorization=header)).status_code

    good = signed_header(key, "/v1/posts", body, NOW_S)
    assert await send(good, body + b" ") == 401
    assert await send(good, path="/v1/posts?source=portal") == 401
    assert await send(good) == 202
    assert await send(good) == 409
    for away in (-301, 301):
        assert await send(signed_header(key, "/v1/posts", body, NOW_S + away)) == 401
    assert await send(f"Bearer {key}") == 401, "a signing key never travels"
    assert await send(signed_header(intake.keys["portal"], "/v1/posts", body, NOW_S)) == 401
    assert len(intake.sink.pages) == 1


async def test_a_signed_request_that_kafka_did_not_take_may_come_again(intake: Intake) -> None:
    body = json.dumps(post()).encode()
    header = signed_header(intake.keys["signer"], "/v1/posts", body, NOW_S)
    intake.sink.away = True
    assert (await intake.post(body, "", authorization=header)).status_code == 503
    intake.sink.away = False
    assert (await intake.post(body, "", authorization=header)).status_code == 202


async def test_without_kafka_nothing_is_acknowledged(intake: Intake) -> None:
    intake.sink.away = True
    answer = await intake.post(post())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert (await intake.post(b"{")).status_code == 503, "nor is a bad body, which the books must count"
    assert (await intake.http.get("/-/ready")).status_code == 503
    assert (await intake.http.get("/-/healthy")).status_code == 200


async def test_an_unknown_type_or_packing_is_refused_unread(intake: Intake) -> None:
    for headers in ({"content_type": "text/plain"}, {"content_encoding": "br"}, {"content_encoding": "gzip, gzip"}):
        assert (await intake.post(post(), **headers)).status_code == 415


async def test_what_is_longer_than_allowed_is_refused_unread(tmp_path: Path) -> None:
    intake = make_intake(tmp_path, gateway_body=1000)
    assert (await intake.post(b" " * 1001)).status_code == 413
    assert (await intake.post(json.dumps(post()).encode())).status_code == 202


async def test_an_address_that_is_not_there_is_a_clear_problem(intake: Intake) -> None:
    assert (await intake.http.get("/nothing")).json()["status"] == 404
    answer = await intake.http.delete("/v1/posts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_fault_of_ours_says_nothing_of_the_input(intake: Intake, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def send(self, *_: object) -> None:
            raise ValueError(CANARY)

        async def ready(self) -> bool:
            raise ValueError(CANARY)

    intake.parts.sink = Broken()
    answer = await intake.post(post(text=CANARY))
    assert (answer.status_code, answer.json()["type"]) == (500, "/v1/docs#fault")
    assert CANARY not in answer.text + caplog.text
    assert "ValueError" in caplog.text


async def test_a_key_that_sends_too_much_is_told_when_to_come_again_and_others_go_on(tmp_path: Path) -> None:
    intake = make_intake(tmp_path, gateway_posts=2.0)
    assert (await intake.post([post(str(n)) for n in range(100)])).status_code == 202
    answer = await intake.post(post())
    assert answer.status_code == 429
    assert 40 <= int(answer.headers["retry-after"]) <= 50
    assert (await intake.post(post(), "wechat")).status_code == 202


async def test_a_key_that_sends_rubbish_cannot_fill_the_dead_letters(tmp_path: Path) -> None:
    intake = make_intake(tmp_path, gateway_bad=10.0)
    statuses = [(await intake.post(f"rubbish {n}".encode())).status_code for n in range(30)]
    assert statuses[:10] == [400] * 10
    assert set(statuses[12:]) == {429}
    assert len(intake.sink.items("bad")) <= 12


async def test_the_reference_is_there_and_needs_nothing_from_elsewhere(intake: Intake) -> None:
    doc = (await intake.http.get("/v1/openapi.json")).json()
    assert doc["openapi"] == "3.1.0"
    assert set(doc["components"]["schemas"]["Post"]["required"]) == {"native_id", "posted_at"}
    page = await intake.http.get("/v1/docs")
    assert "src=" not in page.text
    assert "http-equiv" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_reference_names_the_fields_that_are_read_and_no_other() -> None:
    from streams.gateway.intake import Item
    from streams.gateway.reference import FIELDS

    assert set(FIELDS) == set(Item.__struct_fields__)
