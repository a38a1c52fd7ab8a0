"""Settings of the watcher and of the ways a notice goes out."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class WatchSettings:
    """How often rules are evaluated and who is told."""

    watch_every: float = setting(2.0, "seconds between two evaluations of the rules")
    events_every: float = setting(30.0, "seconds between two groupings of recent opinions into matters")
    rulebook: str = setting("", "file with the rulebook; empty: the shipped one")
    alert_levels: str = setting("words", "how levels are called: words (一般 较大 重大) or colours (蓝色 黄色 橙色)")
    rota: str = setting("", "file with who is on duty; empty: everybody is told by the addresses of these settings")
    ledger: str = setting("", "file with the ledger's limits and units; empty: the shipped one")
    rubric: str = setting("", "file with the rubric by which replies are read (阅评); empty: the shipped one")
    ledger_days: float = setting(30.0, "days; messages older than that, as a replay brings them, become no items")
    console_url: str = setting("", "address under which people open the console, for links in notices")
    watch_metrics: str = setting("", "host:port at which the watcher answers Prometheus; empty: nowhere")
    notice_tries: int = setting(6, "how often a channel tries a notice before it gives up")
    notice_fallback: str = setting("", "channels that take the place of one that gives up, each after the one before")
    notice_channels: str = setting("", "channels every notice goes to; empty: all that are set up and no fallback")
    ack_secret: str = setting("", "signs the links by which a letter's reader signs for it; empty: none", secret=True)
    ack_hours: float = setting(4.0, "hours for which such a link holds")
    handover_minutes: float = setting(30.0, "minutes after a shift's end when an unsigned handover is an alert")
    notice_drill: str = setting("mon", "weekday of the drill by a test post: mon … sun, mon-fri, *; empty: never")
    notice_silence_minutes: float = setting(10.0, "minutes after which a channel with waiting notices counts as silent")


@dataclass(frozen=True)
class TellSettings:
    """How much is told, and how soon."""

    tell_group_wait: float = setting(0.0, "seconds that the first notice of a topic and county waits for others of it")
    tell_group_interval: float = setting(300.0, "seconds between two notices of new alerts of a topic and county")
    tell_again_hours: float = setting(4.0, "hours after which an alert that nobody signed for is told again")
    tell_again_most: int = setting(3, "how often it is told again before it goes higher up; 0: never")
    tell_sign_hours: float = setting(24.0, "hours after which whoever signed is asked again while it fires; 0: never")
    tell_sign_hours_by_level: str = setting("major 12", "the same by level, as in: larger 12, major 4")
    tell_sign_remind_minutes: float = setting(60.0, "minutes before that at which whoever signed is reminded; 0: never")
    tell_quiet: str = setting("22:00-07:00", "Beijing hours in which less severe alerts wait; empty: none")
    tell_quiet_levels: str = setting("general", "levels that wait in these hours: general, larger; comma between")
    tell_most: int = setting(20, "single notices in the minutes below; the rest come as one; 0: any number")
    tell_most_minutes: float = setting(5.0, "minutes over which single notices are counted")
    tell_flap_times: int = setting(3, "an alert that came back so often is told once and then kept back; 0: never")
    tell_flap_hours: float = setting(24.0, "hours over which its returns are counted")


@dataclass(frozen=True)
class MailSettings:
    """The mail server that notices go through; empty host: no mail."""

    mail_host: str = setting("", "SMTP server; empty: no mail")
    mail_port: int = setting(25, "port of the SMTP server")
    mail_tls: str = setting("none", "none, starttls or tls")
    mail_username: str = setting("", "SMTP user")
    mail_password: str = setting("", "SMTP password", secret=True)
    mail_from: str = setting("huiying@localhost", "sender of notices")
    mail_to: str = setting("", "receivers of notices, comma between; the rota's own addresses come first")
    mail_higher: str = setting("", "who is told as well of an alert that nobody signed for, comma between")


@dataclass(frozen=True)
class RobotSettings:
    """Webhooks that notices go to."""

    wecom_webhook: str = setting("", "URL of a WeCom group robot; empty: none", secret=True)
    dingtalk_webhook: str = setting("", "URL of a DingTalk group robot; empty: none", secret=True)
    dingtalk_secret: str = setting("", "secret by which it is signed (加签); empty: not signed", secret=True)
    feishu_webhook: str = setting("", "URL of a Feishu group robot; empty: none", secret=True)
    feishu_secret: str = setting("", "secret by which it is signed (签名校验); empty: not signed", secret=True)
    webhook: str = setting("", "URL that gets each notice as JSON; empty: none", secret=True)
    webhook_secret: str = setting("", "secret of that JSON's signature (HMAC-SHA256); empty: not signed", secret=True)


@dataclass(frozen=True)
class WeComAppSettings:
    """A WeCom app (企业微信自建应用) that writes to each person by himself; empty corp: none."""

    wecom_app_corp: str = setting("", "corp id (企业 ID) of the WeCom app; empty: no app")
    wecom_app_agent: int = setting(0, "agent id of the WeCom app")
    wecom_app_secret: str = setting("", "secret of the WeCom app", secret=True)
    wecom_app_to: str = setting("", "WeCom user ids that notices go to, comma between; the rota's come first")
    wecom_app_api: str = setting("https://qyapi.weixin.qq.com", "address of WeCom's interface, or of a relay to it")


@dataclass(frozen=True)
class SmsSettings:
    """An HTTP gateway that sends text messages; empty URL: none."""

    sms_url: str = setting("", "URL of the SMS gateway; empty: no SMS", secret=True)
    sms_to: str = setting("", "telephone numbers notices go to, comma between; the rota's come first", secret=True)
    sms_body: str = setting(
        '{"phone": "{phone}", "text": "{text}", "id": "{id}"}', "what is posted: JSON with {phone}, {text}, {id}"
    )
    sms_form: str = setting("json", "how it is posted: json or form")
    sms_authorization: str = setting("", "value of the Authorization header; empty: none is sent", secret=True)
    sms_success: str = setting("", "field=value of the answer that means taken, such as code=0; empty: HTTP 2xx does")
    sms_busy: str = setting("", "values of that field that mean try again later, comma between")
    sms_no_receiver: str = setting("", "values of that field that mean no such number, comma between")
    sms_chars: int = setting(200, "longest text of one message, in characters; a longer one is cut, its link kept")
    sms_per_minute: int = setting(60, "messages a minute that the gateway takes; 0: any number")
