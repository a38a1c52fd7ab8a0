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
    notice_tries: int = setting(6, "how often a notice is tried before it counts as failed")


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
