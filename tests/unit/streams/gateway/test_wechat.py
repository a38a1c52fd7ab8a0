"""WeChat's push: only what WeChat signed for this account, answered as it asks, once however often it comes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake import NOW_S, PLAIN, SAFE, Intake, make_intake

from streams.errors import Misconfigured, Rejected
from streams.gateway import wechat

CANARY = "openid-canary-77"


def xml(text: str = "请问路灯什么时候修？", **more: str) -> bytes:
    fields = {
        "ToUserName": "gh_1", "FromUserName": CANARY, "CreateTime": str(NOW_S), "MsgType": "text", "Content": text,
        "MsgId": "23000000000000001", **more,
    }  # fmt: skip
    return f"<xml>{''.join(f'<{k}><![CDATA[{v}]]></{k}>' for k, v in fields.items())}</xml>".encode()


def plain_query(at: int = NOW_S, **more: str) -> str:
    given = {"timestamp": str(at), "nonce": "n1", "openid": CANARY}
    given["signature"] = wechat.signature(PLAIN.token.value, given["timestamp"], "n1")
    return urlencode({**given, **more})


def safe(body: bytes, account: wechat.Account = SAFE, at: int = NOW_S) -> tuple[str, bytes]:
    secret = wechat.encrypted(account, body, b"0123456789abcdef")
    given: dict[str, Any] = {"timestamp": at, "nonce": "n1", "openid": CANARY, "encrypt_type": "aes"}
    given["msg_signature"] = wechat.signature(account.token.value, str(at), "n1", secret)
    return urlencode(given), f"<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{secret}]]></Encrypt></xml>".encode()


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    one = make_intake(tmp_path)
    async with one.http:
        yield one
    one.parts.threads.shutdown()


async def test_the_address_is_confirmed_to_wechat_and_to_nobody_else(intake: Intake) -> None:
    answer = await intake.http.get(f"/wechat/plain?{plain_query(echostr='12345')}")
    assert (answer.status_code, answer.text) == (200, "12345")
    assert (await intake.http.get(f"/wechat/safe?{plain_query(echostr='12345')}")).status_code == 401
    assert (await intake.http.get(f"/wechat/other?{plain_query(echostr='12345')}")).status_code == 404
    assert (await intake.http.get(f"/wechat/plain?{plain_query(echostr='<b>')}")).status_code == 401
    assert (await intake.http.get(f"/wechat/plain?{plain_query(NOW_S - 601, echostr='1')}")).status_code == 401
    assert (await intake.http.get("/wechat/plain")).status_code == 401


async def test_a_message_is_answered_with_success_and_travels_without_who_wrote(intake: Intake) -> None:
    for query, body, path in ((plain_query(), xml(), "plain"), (*safe(xml(MsgId="23000000000000002")), "safe")):
        answer = await intake.http.post(f"/wechat/{path}?{query}", content=body)
        assert (answer.status_code, answer.text) == (200, "success")
    assert [item["native_id"] for item in intake.sink.items()] == ["push:23000000000000001", "push:23000000000000002"]
    assert CANARY not in str(intake.sink.pages)


async def test_a_retry_is_the_same_post(intake: Intake) -> None:
    for at in (NOW_S, NOW_S + 5, NOW_S + 10):
        await intake.http.post(f"/wechat/plain?{plain_query(at)}", content=xml())
    assert len({item["native_id"] for item in intake.sink.items()}) == 1


async def test_an_event_is_answered_and_not_kept(intake: Intake) -> None:
    answer = await intake.http.post(f"/wechat/plain?{plain_query()}", content=xml(MsgType="event", Event="subscribe"))
    assert answer.text == "success"
    assert intake.sink.pages == []


async def test_without_kafka_wechat_is_asked_to_send_it_again(intake: Intake) -> None:
    intake.sink.away = True
    answer = await intake.http.post(f"/wechat/plain?{plain_query()}", content=xml())
    assert answer.status_code == 503
    assert "success" not in answer.text


async def test_a_stranger_makes_neither_a_post_nor_a_dead_letter(intake: Intake) -> None:
    query, body = safe(xml())
    other = wechat.Account(account="x", registered="x", app_id="wx9999", token=SAFE.token, aes_key=SAFE.aes_key)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>'
    calls: list[tuple[str, str, bytes]] = [
        ("plain", plain_query() + "0", xml()), ("plain", "", xml()), ("safe", plain_query(), xml()),
        ("safe", query.replace("nonce=n1", "nonce=n2"), body), ("safe", query, body.replace(b"[CDATA[", b"[CDATA[A")),
        ("safe", query, b"<xml><Encrypt>"), ("safe", query, bomb), ("safe", *safe(xml(), other)),
        ("safe", *safe(xml(), at=NOW_S - 3600)), ("plain", "signature=%ff%00&timestamp=1&nonce=%ed%a0%80", xml()),
    ]  # fmt: skip
    for path, given_query, given_body in calls:
        answer = await intake.http.post(f"/wechat/{path}?{given_query}", content=given_body)
        assert answer.status_code == 401, (path, given_query)
    assert intake.sink.pages == []


async def test_what_wechat_signed_but_cannot_be_read_is_counted_and_not_asked_for_again(intake: Intake) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'
    for body in (b"<xml>", bomb, xml(MsgId="x"), xml(text=" ")):
        answer = await intake.http.post(f"/wechat/plain?{plain_query()}", content=body)
        assert (answer.status_code, answer.text) == (200, "success")
    assert [item["reason"] for item in intake.sink.items("bad")] == [
        "not_a_page", "not_a_page", "field_missing", "empty",
    ]  # fmt: skip


@given(st.binary(max_size=400), st.binary(min_size=16, max_size=16))
def test_what_was_encrypted_is_decrypted(body: bytes, salt: bytes) -> None:
    assert wechat.decrypted(SAFE, wechat.encrypted(SAFE, body, salt)) == body


@given(st.one_of(st.text(max_size=200), st.binary(max_size=128).map(lambda data: b64encode(data).decode())))
def test_whatever_is_decrypted_ends_in_a_clear_refusal(secret: str) -> None:
    with pytest.raises((Rejected, wechat.Foreign)):
        wechat.decrypted(SAFE, secret)


ENTRY = {"account": '"a"', "registered": '"r"', "app_id": '"wx"', "token": '"t"'}


@pytest.mark.parametrize(
    "wrong",
    [
        {"registered": '""'}, {"token": '""'}, {"aes_key": '"secret-9"'}, {"account": '"a b"'}, {"tokn": '"secret-9"'},
        {"token": "9"},
    ],
)
def test_a_wrong_file_is_refused_without_its_secrets(tmp_path: Path, wrong: dict[str, str]) -> None:
    file = tmp_path / "wechat.toml"
    file.write_text("[[account]]\n" + "\n".join(f"{k} = {v}" for k, v in {**ENTRY, **wrong}.items()), "utf-8")
    with pytest.raises(Misconfigured) as refused:
        wechat.read(file)
    assert "secret-9" not in str(refused.value)


def test_the_example_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[4] / "deploy" / "wechat_push.example.toml").read_text("utf-8")
    file = tmp_path / "wechat.toml"
    file.write_text(text.replace("put-the-43-characters-here", SAFE.aes_key.value), "utf-8")
    assert set(wechat.read(file)) == {"fabu"}
