"""DingTalk, Feishu, the WeCom app, SMS and the signed webhook, against servers that answer as their pages say."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from receivers import Hook, WeComOffice, dingtalk, feishu, says

from alerts.ack_link import AckLinks
from alerts.channels.base import Busy, Channel, NoReceiver
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.sms import Sms, brief
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.channels.wecom_app import WeComApp
from alerts.directory import Directory
from alerts.duty import Shift
from alerts.notices import Notice
from alerts.settings import SmsSettings, WeComAppSettings
from streams.clock import ManualClock
from streams.errors import Misconfigured, Refused, Unavailable

NOTICE = Notice(
    id="0a1b2c", alert="a1b2c3d4", channel="dingtalk", kind="opened", state="sending", at=1_772_413_200_000,
    subject="【较大】新预警：静宁县·城乡建设 集中反映",
    lines=(
        "最近2小时共16条不同留言。", "· [点这里](http://bad.example) <@all> 停水了", "http://console/alerts/a1b2c3d4",
        "预警编号 a1b2c3d4",
    ),
)  # fmt: skip
LONG = msgspec.structs.replace(NOTICE, lines=tuple(f"第{n}行" + "停水" * 60 for n in range(200)))


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver."""
    hook = Hook()
    yield hook
    hook.stop()


async def told(channel: Channel, notice: Notice) -> None:
    for piece in channel.pieces(notice):
        await channel.send(notice, piece)


def robot_url(hook: Hook) -> str:
    return hook.url.replace("/send?key=", "/robot/send?access_token=")


async def test_a_dingtalk_robot_takes_what_is_signed(hook: Hook) -> None:
    hook.answers = [dingtalk("SEC-word")]
    await told(DingTalk(robot_url(hook), "SEC-word"), NOTICE)
    text = hook.received[0]["markdown"]["text"]
    assert hook.received[0]["markdown"]["title"] == NOTICE.subject
    assert "最近2小时共16条不同留言。\n\n" in text
    assert "\n\nhttp://console/alerts/a1b2c3d4\n\n" in text


@pytest.mark.parametrize("secret", ["", "SEC-other"])
async def test_a_dingtalk_robot_refuses_what_is_signed_wrong_and_the_error_says_so(hook: Hook, secret: str) -> None:
    hook.answers = [dingtalk("SEC-word")]
    with pytest.raises(Refused, match=r"310000.*wrong key, sign") as refused:
        await told(DingTalk(robot_url(hook), secret), NOTICE)
    assert "SEC-" not in str(refused.value)
    assert "secret-key" not in str(refused.value)


async def test_a_dingtalk_robot_signed_by_a_clock_that_is_wrong_is_refused(hook: Hook) -> None:
    hook.answers = [dingtalk("SEC-word")]
    wrong = ManualClock(datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="310000"):
        await told(DingTalk(robot_url(hook), "SEC-word", wall=wrong), NOTICE)


async def test_a_dingtalk_robot_over_its_rate_rests_for_ten_minutes(hook: Hook) -> None:
    hook.answers = [says({"errcode": 130101, "errmsg": "send too fast"})]
    with pytest.raises(Busy) as busy:
        await told(DingTalk(robot_url(hook)), NOTICE)
    assert busy.value.rest == 600


async def test_a_feishu_robot_takes_what_is_signed_as_rich_text_with_a_link(hook: Hook) -> None:
    hook.answers = [feishu("word")]
    await told(Feishu(hook.url, "word"), NOTICE)
    post = hook.received[0]["content"]["post"]["zh_cn"]
    assert post["title"] == NOTICE.subject
    assert post["content"][0] == [{"tag": "text", "text": "最近2小时共16条不同留言。"}]
    assert post["content"][2] == [{"tag": "a", "text": "打开控制台", "href": "http://console/alerts/a1b2c3d4"}]


async def test_a_feishu_robot_refuses_what_is_signed_wrong(hook: Hook) -> None:
    hook.answers = [feishu("word")]
    with pytest.raises(Refused, match="19021"):
        await told(Feishu(hook.url, "other"), NOTICE)


@pytest.mark.parametrize(("code", "kind"), [(11232, Busy), (9499, Refused), (19024, Refused)])
async def test_a_feishu_robot_that_answers_a_code_has_not_taken_it(hook: Hook, code: int, kind: type) -> None:
    hook.answers = [says({"code": code, "msg": "no"})]
    with pytest.raises(kind, match=str(code)):
        await told(Feishu(hook.url), NOTICE)


@pytest.mark.parametrize(
    ("made", "answer"), [(DingTalk, dingtalk("word")), (Feishu, feishu("word"))], ids=["dingtalk", "feishu"]
)
async def test_a_long_notice_goes_in_parts_that_the_robot_takes(
    hook: Hook, made: Callable[[str, str], Channel], answer: Any
) -> None:
    hook.answers = [answer]
    await told(made(robot_url(hook), "word"), LONG)
    sent = json.dumps(hook.received, ensure_ascii=False)
    assert len(hook.received) > 1
    assert f"（{len(hook.received)}/{len(hook.received)}）" in sent
    assert all(line in sent for line in LONG.lines)


@pytest.mark.parametrize("made", [WeCom, DingTalk])
async def test_what_a_stranger_wrote_is_no_link_and_calls_nobody(hook: Hook, made: Callable[[str], Channel]) -> None:
    await told(made(hook.url), NOTICE)
    sent = json.dumps(hook.received[0], ensure_ascii=False)
    assert "点这里" in sent
    assert "](" not in sent
    assert "<@" not in sent
    assert "@all" not in sent


async def test_a_signed_webhook_can_be_checked_by_who_knows_the_secret(hook: Hook) -> None:
    await told(Webhook(hook.url, "word"), NOTICE)
    (request,) = hook.requests
    stamp = request.headers["X-Huiying-Timestamp"]
    right = hmac.new(b"word", f"{stamp}\n".encode() + request.raw, hashlib.sha256).hexdigest()
    assert request.headers["X-Huiying-Signature"] == f"sha256={right}"
    assert request.headers["Idempotency-Key"] == NOTICE.id


def app(
    hook: Hook,
    wall: ManualClock | None = None,
    links: AckLinks | None = None,
    book: Directory | None = None,
    **changed: Any,
) -> WeComApp:
    given = {
        "wecom_app_corp": "corp", "wecom_app_agent": 7, "wecom_app_secret": "app-secret", "wecom_app_to": "wang, li",
        "wecom_app_api": hook.url.split("/send")[0],
    }  # fmt: skip
    return WeComApp(WeComAppSettings(**{**given, **changed}), wall=wall, links=links, book=book)


async def test_a_wecom_app_writes_to_each_by_himself_with_one_token(hook: Hook) -> None:
    office = WeComOffice()
    hook.answers = [office]
    await told(app(hook), NOTICE)
    assert [person for person, _ in office.got] == ["wang", "li"]
    assert office.tokens == 1
    sent = next(body for body in hook.received if "touser" in body)
    assert (sent["agentid"], sent["enable_duplicate_check"]) == (7, 1)
    assert "<" not in sent["text"]["content"]


async def test_a_token_that_wecom_no_longer_takes_is_fetched_anew_once(hook: Hook) -> None:
    office = WeComOffice()
    hook.answers = [office]
    channel = app(hook, wecom_app_to="wang")
    await told(channel, NOTICE)
    office.tokens += 1  # somebody else asked for one
    await told(channel, NOTICE)
    assert (len(office.got), office.tokens) == (2, 3)
    hook.answers = [says({"errcode": 42001, "errmsg": "expired", "access_token": "x", "expires_in": 1})]
    with pytest.raises(Unavailable, match="42001"):
        await told(channel, NOTICE)


async def test_a_token_is_fetched_anew_before_it_runs_out(hook: Hook) -> None:
    office, wall = WeComOffice(), ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    hook.answers = [office]
    channel = app(hook, wall, wecom_app_to="wang")
    await told(channel, NOTICE)
    wall.time += timedelta(minutes=114)
    await told(channel, NOTICE)
    assert office.tokens == 1
    wall.time += timedelta(minutes=2)
    await told(channel, NOTICE)
    assert office.tokens == 2


async def test_a_wrong_secret_of_the_app_is_refused_and_not_shown(hook: Hook) -> None:
    hook.answers = [WeComOffice()]
    with pytest.raises(Refused, match="40001") as refused:
        await told(app(hook, wecom_app_secret="hush-hush"), NOTICE)
    assert "hush-hush" not in str(refused.value)


@pytest.mark.parametrize("answer", [WeComOffice(members=("wang",)), None])
async def test_a_user_whom_wecom_does_not_know_is_said_by_himself(hook: Hook, answer: WeComOffice | None) -> None:
    part_invalid = says({"errcode": 0, "errmsg": "ok", "invaliduser": "li", "access_token": "t", "expires_in": 7200})
    hook.answers = [answer or part_invalid]
    channel = app(hook)
    with pytest.raises(NoReceiver):
        await channel.send(NOTICE, "li 1/1")


async def test_an_apps_long_text_is_not_cut_off_by_wecom(hook: Hook) -> None:
    office = WeComOffice()
    hook.answers = [office]
    await told(app(hook, wecom_app_to="wang"), LONG)
    whole = "".join(text for _, text in office.got)
    assert all(line in whole for line in LONG.lines)


def test_an_app_without_receivers_is_a_failure_that_is_seen(hook: Hook) -> None:
    with pytest.raises(Refused, match="HUIYING_WECOM_APP_TO"):
        app(hook, wecom_app_to=" ,").pieces(NOTICE)


def sms(hook: Hook, **changed: Any) -> Sms:
    return Sms(SmsSettings(**{"sms_url": hook.url, "sms_to": "13800000000,13900000000", **changed}))


@pytest.mark.parametrize("form", ["json", "form"])
async def test_an_sms_goes_to_each_number_in_the_gateways_own_form(hook: Hook, form: str) -> None:
    hook.answers = [says({"code": "0"})]
    body = '{"mobile": "{phone}", "content": "【回应】{text}", "seq": "{id}"}'
    await told(sms(hook, sms_body=body, sms_form=form, sms_success="code=0", sms_authorization="Bearer x"), NOTICE)
    assert [one["mobile"] for one in hook.received] == ["13800000000", "13900000000"]
    assert hook.received[0]["content"].startswith("【回应】【较大】新预警")
    assert hook.received[0]["seq"] == NOTICE.id
    assert hook.requests[0].headers["Authorization"] == "Bearer x"


async def test_an_sms_quotes_nobody_and_keeps_its_link_however_long(hook: Hook) -> None:
    await told(sms(hook, sms_to="13800000000", sms_chars=60), NOTICE)
    text = hook.received[0]["text"]
    assert "点这里" not in text
    assert text.endswith("http://console/alerts/a1b2c3d4")
    assert len(text) <= 60
    assert len(brief(LONG, 90)) == 90


async def test_what_is_filled_in_can_not_break_out_of_the_gateways_form(hook: Hook) -> None:
    odd = msgspec.structs.replace(NOTICE, subject='"}, {phone} {id} \n', lines=())
    await told(sms(hook, sms_to="13800000000"), odd)
    assert hook.received[0] == {"phone": "13800000000", "text": '"}, {phone} {id} \n。', "id": NOTICE.id}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"status": {"code": 7}}, Refused), ({"status": {"code": "busy"}}, Busy),
        ({"status": {"code": 11}}, NoReceiver),
        ({"status": {}}, Unavailable), ("<html>", Unavailable), ([], Unavailable),
    ],
)  # fmt: skip
async def test_an_sms_is_sent_when_the_gateway_says_so(hook: Hook, said: Any, kind: type) -> None:
    hook.answers = [says(said)]
    channel = sms(hook, sms_success="status.code=OK", sms_busy="busy,slow", sms_no_receiver="11")
    with pytest.raises(kind) as failed:
        await channel.send(NOTICE, "13800000000")
    assert "138" not in str(failed.value)
    hook.answers = [says({"status": {"code": "OK"}})]
    await channel.send(NOTICE, "13800000000")


@pytest.mark.parametrize(
    "changed",
    [{"sms_form": "xml"}, {"sms_body": "{"}, {"sms_body": "[1]"}, {"sms_body": '{"a": "{text}"}'},
     {"sms_form": "form", "sms_body": '{"a": {"b": "{text}{phone}"}}'}],
)  # fmt: skip
def test_a_gateway_described_wrongly_is_said_at_the_start(hook: Hook, changed: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="HUIYING_SMS"):
        sms(hook, **changed)


def test_an_sms_without_numbers_is_a_failure_that_is_seen(hook: Hook) -> None:
    with pytest.raises(Refused, match="HUIYING_SMS_TO"):
        sms(hook, sms_to="").pieces(NOTICE)


async def test_an_officers_own_address_is_looked_up_when_it_is_sent(hook: Hook) -> None:
    book = Directory((Shift(post="main", name="张甲", sms="13700000000", wecom="wang", webhook="zj"),))
    mine = msgspec.structs.replace(NOTICE, to=("张甲", "已离任"))
    gateway = SmsSettings(sms_url=hook.url, sms_to="13800000000")
    await told(Sms(gateway, book=book), mine)
    await told(Webhook(hook.url, book=book), mine)
    assert (hook.received[0]["phone"], hook.received[1]["to"]) == ("13700000000", ["zj"])
    office = WeComOffice()
    hook.answers = [office]
    links = AckLinks("a-secret-of-the-city", "http://console", 4, book.names)
    await told(app(hook, links=links, book=book), mine)
    ((to, text),) = office.got
    claim = links.read(text.split("/sign/")[1].split("\n")[0], NOTICE.at)
    assert (to, claim and claim.name) == ("wang", "张甲")


async def test_only_a_personal_message_lets_its_reader_sign_and_each_in_his_own_name(hook: Hook) -> None:
    links = AckLinks("a-secret-of-the-city", "http://console", 4)
    office = WeComOffice()
    hook.answers = [office]
    await told(app(hook, links=links), NOTICE)
    tokens = {person: text.split("/sign/")[1].split("\n")[0] for person, text in office.got}
    claims = {person: links.read(token, NOTICE.at) for person, token in tokens.items()}
    assert {person: claim and claim.name for person, claim in claims.items()} == {"wang": "wang", "li": "li"}
    hook.answers = [says({"errcode": 0, "code": 0})]
    hook.received.clear()
    for robot in (WeCom(hook.url), DingTalk(hook.url), Feishu(hook.url)):
        await told(robot, NOTICE)
    assert "/sign/" not in json.dumps(hook.received)
