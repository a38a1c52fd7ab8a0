"""The channels that the settings set up, and what each of them promises."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from alerts.ack_link import AckLinks
from alerts.channels import dingtalk, feishu, wecom, wecom_app
from alerts.channels.base import Channel
from alerts.channels.console import Console
from alerts.channels.dingtalk import DingTalk
from alerts.channels.email import Email
from alerts.channels.feishu import Feishu
from alerts.channels.sms import Sms
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WeCom
from alerts.channels.wecom_app import WeComApp
from alerts.directory import Directory
from alerts.settings import MailSettings, RobotSettings, SmsSettings, WatchSettings, WeComAppSettings
from deploy.parts import Settings
from streams.errors import Misconfigured


class Way(Struct, frozen=True, kw_only=True):
    """What a channel promises, for the README's table."""

    name: str
    setting: str = ""
    pieces: str
    rate: str = ""
    sent: str


WAYS = (
    Way(name="console", pieces="a notice", sent="it is stored: the console shows what is stored"),
    Way(name="email", setting="HUIYING_MAIL_HOST", pieces="a letter for each receiver", sent="SMTP 250 for it"),
    Way(
        name="wecom", setting="HUIYING_WECOM_WEBHOOK", pieces=f"{wecom.MARKDOWN_BYTES} bytes",
        rate=str(WeCom.per_minute), sent="`errcode` 0",
    ),
    Way(
        name="wecom_app", setting="HUIYING_WECOM_APP_CORP", pieces=f"{wecom_app.TEXT_BYTES} bytes, for each receiver",
        rate=str(WeComApp.per_minute), sent="`errcode` 0 and no `invaliduser`",
    ),
    Way(
        name="dingtalk", setting="HUIYING_DINGTALK_WEBHOOK", pieces=f"{dingtalk.TEXT_BYTES} bytes",
        rate=str(DingTalk.per_minute), sent="`errcode` 0",
    ),
    Way(
        name="feishu", setting="HUIYING_FEISHU_WEBHOOK", pieces=f"{feishu.TEXT_BYTES} bytes",
        rate=str(Feishu.per_minute), sent="`code` 0",
    ),
    Way(
        name="sms", setting="HUIYING_SMS_URL", pieces="a short text without quotations for each number",
        rate="`HUIYING_SMS_PER_MINUTE`", sent="HTTP 2xx, and the field and value of `HUIYING_SMS_SUCCESS`",
    ),
    Way(name="webhook", setting="HUIYING_WEBHOOK", pieces="a notice as JSON, signed", sent="HTTP 2xx"),
)  # fmt: skip


def chosen(settings: Settings, found: Sequence[Channel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the channels every notice goes to, the console always, and the fallback chain. Raises Misconfigured."""
    watch = settings[WatchSettings]
    there = [channel.name for channel in found]
    fallback = _named("notice_fallback", watch.notice_fallback, there)
    own = _named("notice_channels", watch.notice_channels, there) or tuple(n for n in there if n not in fallback)
    return ("console", *(name for name in own if name != "console")), fallback


def _named(setting: str, text: str, there: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    unknown = [name for name in names if name not in there]
    if unknown:
        what = f"HUIYING_{setting.upper()} names {', '.join(unknown)}"
        raise Misconfigured(f"{what}; set up are {', '.join(there)}")
    return names


def channels(settings: Settings, links: AckLinks | None = None, book: Directory | None = None) -> list[Channel]:
    """Return the channels that are set up; the console always is. Raises Misconfigured for half a setting.

    links: makes the links by which the reader of a personal message signs; book: the rota's people and their addresses.
    """
    mail, robots = settings[MailSettings], settings[RobotSettings]
    app, sms = settings[WeComAppSettings], settings[SmsSettings]
    found: list[Channel] = [Console()]
    if mail.mail_host:
        found.append(Email(mail, links, book))
    if robots.wecom_webhook:
        found.append(WeCom(robots.wecom_webhook))
    if app.wecom_app_corp:
        if not (app.wecom_app_secret and app.wecom_app_agent):
            raise Misconfigured("HUIYING_WECOM_APP_CORP needs HUIYING_WECOM_APP_AGENT and HUIYING_WECOM_APP_SECRET")
        found.append(WeComApp(app, links=links, book=book))
    if robots.dingtalk_webhook:
        found.append(DingTalk(robots.dingtalk_webhook, robots.dingtalk_secret))
    if robots.feishu_webhook:
        found.append(Feishu(robots.feishu_webhook, robots.feishu_secret))
    if sms.sms_url:
        found.append(Sms(sms, book=book))
    if robots.webhook:
        found.append(Webhook(robots.webhook, robots.webhook_secret, book=book))
    return found
