"""Knocking at outside doors: a mail server and webhooks are reached and greeted; nothing is sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

ASK = 8.0  # seconds for one door


@dataclass(frozen=True)
class MailServer:
    """Where notices are mailed from: host and port, TLS from the start (`tls`) or asked for (`starttls`), sign-in."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = ""


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"[:200]
    if isinstance(error, TimeoutError):
        return f"no answer within {ASK:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def mail_trouble(server: MailServer) -> str:
    """Greet the mail server, sign in if that is set, and leave; return what went wrong, or nothing."""
    try:
        kind = smtplib.SMTP_SSL if server.security == "tls" else smtplib.SMTP
        with kind(server.host, server.port, timeout=ASK) as mail:
            mail.ehlo()
            if server.security == "starttls":
                mail.starttls(context=ssl.create_default_context())
                mail.ehlo()
            if server.username:
                mail.login(server.username, server.password)
    except (OSError, smtplib.SMTPException) as error:
        return _said(error)
    return ""


def hook_trouble(url: str) -> str:
    """Reach a webhook's host, with TLS where the address asks for it; return what went wrong, or nothing."""
    parts = urlsplit(url)
    try:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "it is no http(s) address"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname, port), ASK) as wire:
            if parts.scheme == "https":
                with ssl.create_default_context().wrap_socket(wire, server_hostname=parts.hostname):
                    pass
    except (OSError, ValueError) as error:
        return _said(error)
    return ""
