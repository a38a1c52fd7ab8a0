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
    rota: str = setting("", "file with who is on duty; empty: everybody is told by the addresses of these settings")
    console_url: str = setting("", "address under which people open the console, for links in notices")
    watch_metrics: str = setting("", "host:port at which the watcher answers Prometheus; empty: nowhere")
    notice_tries: int = setting(6, "how often a notice is tried before it counts as failed")


@dataclass(frozen=True)
class TellSettings:
    """How much is told, and how soon."""

    tell_group_wait: float = setting(0.0, "seconds that the first notice of a topic and county waits for others of it")
    tell_group_interval: float = setting(300.0, "seconds between two notices of new alerts of a topic and county")
    tell_again_hours: float = setting(4.0, "hours after which an alert that nobody signed for is told again")
    tell_again_most: int = setting(3, "how often it is told again before it goes higher up; 0: never")
    tell_sign_hours: float = setting(24.0, "hours after which whoever signed is asked again while it fires; 0: never")
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


@dataclass(frozen=True)
class RobotSettings:
    """Webhooks that notices go to."""

    wecom_webhook: str = setting("", "URL of a WeCom group robot; empty: none", secret=True)
    webhook: str = setting("", "URL that gets each notice as JSON; empty: none", secret=True)
