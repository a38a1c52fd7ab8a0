"""*Sent means delivered*: each channel against a real server that answers as real ones do on a bad day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from receivers import Hook, MailServer, cut, robot, says, strict_robot

from alerts.channels.base import Busy, Channel, NoReceiver
from alerts.channels.console import Console
from alerts.channels.dingtalk import DingTalk
from alerts.channels.email import Email
from alerts.channels.feishu import Feishu
from alerts.channels.sms import Sms
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.channels.wecom_app import WeComApp
from alerts.notices import CHANNELS, Notice
from alerts.settings import MailSettings, SmsSettings, WeComAppSettings
from streams.errors import Refused, Unavailable

NOTICE = Notice(
    id="0a1b2c", alert="a1b2c3d4", channel="wecom", kind="opened", state="sending", at=1_772_413_200_000,
    subject="【较大】新预警：静宁县·城乡建设 集中反映", lines=("最近2小时共16条不同留言。", "· <停水>了 & 没有通知"),
)  # fmt: skip
LONG = msgspec.structs.replace(NOTICE, lines=tuple(f"第{n}行" + "停水" * 60 for n in range(40)))


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook receiver."""
    hook = Hook()
    yield hook
    hook.stop()


@pytest.fixture
def mail(new_port: Callable[[], int]) -> Iterator[MailServer]:
    """A mail server."""
    server = MailServer(port=new_port())
    server.controller.start()
    yield server
    server.controller.stop()


def email(server: MailServer, **changed: Any) -> Email:
    """Return a channel to a mail server, with two receivers."""
    given: dict[str, Any] = {
        "mail_host": "127.0.0.1", "mail_port": server.port, "mail_to": "officer@example.org, deputy@example.org"
    }  # fmt: skip
    return Email(MailSettings(**{**given, **changed}))


def sms(url: str, seconds: float = 10.0, **changed: Any) -> Sms:
    """Return a channel to an SMS gateway, with one number."""
    return Sms(SmsSettings(**{"sms_url": url, "sms_to": "13800000000", **changed}), seconds=seconds)


async def told(channel: Channel, notice: Notice) -> None:
    """Send all pieces of a notice, as the outbox does when all goes well."""
    for piece in channel.pieces(notice):
        await channel.send(notice, piece)


def channels() -> list[Channel]:
    """Return one of each channel."""
    nowhere = "http://127.0.0.1:9"
    return [
        Console(), Email(MailSettings()), WeCom(nowhere), Webhook(nowhere), DingTalk(nowhere), Feishu(nowhere),
        WeComApp(WeComAppSettings()), Sms(SmsSettings()),
    ]  # fmt: skip


def test_every_channel_has_a_name_that_people_know() -> None:
    assert {channel.name for channel in channels()} | {"all"} == set(CHANNELS)


async def test_the_console_always_delivers() -> None:
    await told(Console(), NOTICE)


async def test_a_robot_gets_the_card_as_markdown(hook: Hook) -> None:
    await told(WeCom(hook.url), NOTICE)
    assert hook.received == [
        {
            "msgtype": "markdown",
            "markdown": {"content": f"**{NOTICE.subject}**\n{NOTICE.lines[0]}\n· ＜停水＞了 & 没有通知"},
        }
    ]


@pytest.mark.parametrize("errcode", [45009, 45033, -1])
async def test_a_robot_that_is_busy_is_tried_again(hook: Hook, errcode: int) -> None:
    hook.answers = [robot(errcode)]
    with pytest.raises(Unavailable, match=str(errcode)):
        await told(WeCom(hook.url), NOTICE)


async def test_a_robot_over_its_rate_rests_for_a_minute(hook: Hook) -> None:
    hook.answers = [robot(45009)]
    with pytest.raises(Busy) as busy:
        await told(WeCom(hook.url), NOTICE)
    assert busy.value.rest == 60


@pytest.mark.parametrize(("after", "rest"), [("7", 7), ("86400", 900), ("", 60), ("soon", 60)])
async def test_a_server_that_names_a_pause_is_given_it(hook: Hook, after: str, rest: float) -> None:
    hook.answers = [says({}, 429, {"Retry-After": after})]
    with pytest.raises(Busy) as busy:
        await told(Webhook(hook.url), NOTICE)
    assert busy.value.rest == rest


@pytest.mark.parametrize("errcode", [40058, 93000, 40008])
async def test_a_robot_that_refuses_with_http_200_has_refused(hook: Hook, errcode: int) -> None:
    hook.answers = [robot(errcode)]
    with pytest.raises(Refused, match=str(errcode)):
        await told(WeCom(hook.url), NOTICE)


async def test_a_long_card_goes_in_numbered_parts_that_the_robot_takes(hook: Hook) -> None:
    hook.answers = [strict_robot]
    await told(WeCom(hook.url), LONG)
    parts = [body["markdown"]["content"] for body in hook.received]
    assert len(parts) > 1
    assert parts[0].endswith(f"（1/{len(parts)}）")
    assert all(line in "".join(parts) for line in LONG.lines)


@pytest.mark.parametrize("body", ["<html>gateway</html>", "", "[]", '{"errmsg": "ok"}', '{"errcode": null}'])
async def test_an_answer_that_says_nothing_is_no_delivery(hook: Hook, body: str) -> None:
    hook.answers = [says(body)]
    with pytest.raises(Unavailable, match="no errcode"):
        await told(WeCom(hook.url), NOTICE)


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_in_trouble_is_tried_again(hook: Hook, channel: Callable[[str], Channel], status: int) -> None:
    hook.answers = [says({"errcode": 0}, status)]
    with pytest.raises(Unavailable, match=str(status)):
        await told(channel(hook.url), NOTICE)


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
async def test_a_server_that_refuses_is_not_tried_again(
    hook: Hook, channel: Callable[[str], Channel], status: int
) -> None:
    hook.answers = [says({"errcode": 0}, status)]
    with pytest.raises(Refused, match=str(status)):
        await told(channel(hook.url), NOTICE)


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
async def test_a_cut_connection_is_tried_again(hook: Hook, channel: Callable[[str], Channel]) -> None:
    hook.answers = [cut, says({"errcode": 0, "code": 0})]
    with pytest.raises(Unavailable, match="no answer"):
        await told(channel(hook.url), NOTICE)
    await told(channel(hook.url), NOTICE)
    assert len(hook.received) == 2


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
async def test_a_server_that_hangs_is_given_up_and_tried_again(hook: Hook, channel: Callable[..., Channel]) -> None:
    hook.answers = [hook.hang]
    with pytest.raises(Unavailable, match="no answer"):
        await told(channel(hook.url, seconds=0.2), NOTICE)


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
async def test_nobody_there_is_tried_again(channel: Callable[[str], Channel], new_port: Callable[[], int]) -> None:
    with pytest.raises(Unavailable, match="no answer"):
        await told(channel(f"http://127.0.0.1:{new_port()}/"), NOTICE)


@pytest.mark.parametrize("channel", [WeCom, Webhook, DingTalk, Feishu, sms])
@pytest.mark.parametrize("url", ["not a url", "ftp://example.org/", "http://"])
async def test_an_address_that_is_none_is_refused(channel: Callable[[str], Channel], url: str) -> None:
    with pytest.raises(Refused):
        await told(channel(url), NOTICE)


@pytest.mark.parametrize("answer", [robot(45009), robot(93000), says({}, 403), says({}, 503), cut, says("x")])
async def test_no_error_shows_the_key_in_the_address(hook: Hook, answer: Any) -> None:
    hook.answers = [answer]
    with pytest.raises((Unavailable, Refused)) as failed:
        await told(WeCom(hook.url), NOTICE)
    assert "secret-key" not in str(failed.value)


async def test_a_webhook_gets_the_notice_with_an_id_to_know_it_again_by(hook: Hook) -> None:
    hook.answers = [says("", 204)]
    for _ in range(2):
        await told(Webhook(hook.url), NOTICE)
    assert hook.received[0] == hook.received[1]
    assert hook.received[0] == {
        "id": "0a1b2c", "alert": "a1b2c3d4", "kind": "opened", "at": 1_772_413_200_000,
        "subject": NOTICE.subject, "text": "\n".join(NOTICE.lines), "to": [],
    }  # fmt: skip


async def test_a_letter_comes_as_text_and_as_html_to_everybody(mail: MailServer) -> None:
    await told(email(mail), NOTICE)
    letter, other = mail.messages
    assert letter["Subject"] == NOTICE.subject
    assert (letter["To"], other["To"]) == ("officer@example.org", "deputy@example.org")
    assert letter["Message-ID"] == "<0a1b2c@huiying>"
    assert letter["Date"].endswith("+0800")
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == list(NOTICE.lines)
    assert "&lt;停水&gt;了 &amp; 没有通知" in html.get_content()


async def test_in_a_letter_only_our_own_address_can_be_followed(mail: MailServer) -> None:
    lines = ("· 见 http://bad.example <a href='x'>点这里</a>", "http://console/alerts/a1b2")
    await told(email(mail, mail_to="officer@example.org"), msgspec.structs.replace(NOTICE, lines=lines))
    html = mail.messages[0].get_body(("html",))
    assert html is not None
    assert re.findall(r"href='([^']*)'", html.get_content()) == ["http://console/alerts/a1b2"]


async def test_the_rotas_addresses_come_before_the_settings(mail: MailServer) -> None:
    await told(email(mail), msgspec.structs.replace(NOTICE, to=("night@example.org",)))
    assert mail.messages[0]["To"] == "night@example.org"


async def test_a_letter_without_receivers_is_a_failure_that_is_seen(mail: MailServer) -> None:
    with pytest.raises(Refused, match="nobody to mail to"):
        await told(email(mail, mail_to=""), NOTICE)


async def test_a_mail_server_that_is_busy_is_tried_again(mail: MailServer) -> None:
    mail.on_data = "451 try later"
    with pytest.raises(Unavailable, match="451"):
        await told(email(mail), NOTICE)
    mail.on_data = "250 OK"
    await told(email(mail), NOTICE)
    assert len(mail.messages) == 2


async def test_a_mail_server_that_refuses_the_letter_has_refused(mail: MailServer) -> None:
    mail.on_data = "554 no"
    with pytest.raises(Refused, match="554"):
        await told(email(mail), NOTICE)


async def test_greylisting_is_tried_again(mail: MailServer) -> None:
    mail.refused = dict.fromkeys(["officer@example.org", "deputy@example.org"], "450 greylisted")
    with pytest.raises(Unavailable, match="450"):
        await told(email(mail), NOTICE)


async def test_one_receiver_refused_of_two_keeps_no_letter_from_the_other(mail: MailServer) -> None:
    mail.refused = {"officer@example.org": "550 unknown"}
    with pytest.raises(NoReceiver, match="550"):
        await email(mail).send(NOTICE, "officer@example.org")
    await email(mail).send(NOTICE, "deputy@example.org")
    assert [letter["To"] for letter in mail.messages] == ["deputy@example.org"]


async def test_a_mail_server_that_is_not_there_is_tried_again(new_port: Callable[[], int]) -> None:
    settings = MailSettings(mail_host="127.0.0.1", mail_port=new_port(), mail_to="officer@example.org")
    with pytest.raises(Unavailable, match="can't be reached"):
        await told(Email(settings), NOTICE)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # it is on loopback
async def test_a_sign_in_is_made_where_one_is_set(new_port: Callable[[], int]) -> None:
    server = MailServer(password="sesame", port=new_port())
    server.controller.start()
    try:
        await told(email(server, mail_username="huiying", mail_password="sesame", mail_to="a@example.org"), NOTICE)
        with pytest.raises(Refused, match="535") as refused:
            await told(email(server, mail_username="huiying", mail_password="wrong-word"), NOTICE)
    finally:
        server.controller.stop()
    assert len(server.messages) == 1
    assert "wrong-word" not in str(refused.value)


async def test_a_server_without_tls_is_refused_where_tls_is_asked_for(mail: MailServer) -> None:
    with pytest.raises((Refused, Unavailable)):
        await told(email(mail, mail_tls="starttls"), NOTICE)
    with pytest.raises((Refused, Unavailable)):
        await told(email(mail, mail_tls="tls"), NOTICE)
    assert mail.messages == []
