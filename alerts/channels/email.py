"""E-mail over SMTP: text and HTML, a letter to each of those on duty, so that one refused keeps nobody waiting."""

from __future__ import annotations

import asyncio
import html
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from alerts.ack_link import AckLinks
from alerts.channels.base import Channel, NoReceiver
from alerts.directory import Directory
from alerts.manager import Reason
from alerts.notices import Notice
from alerts.settings import MailSettings
from streams.clock import beijing
from streams.errors import Refused, Unavailable

TIMEOUT = 20.0
BODY = "font-size:15px;line-height:1.6;max-width:40em;overflow-wrap:anywhere"
PERMANENT = 500
"""SMTP answers from 500 on are final (RFC 5321 §4.2.1)."""


def listed(text: str) -> tuple[str, ...]:
    """Return the addresses of a setting."""
    return tuple(one.strip() for one in text.split(",") if one.strip())


class Email(Channel):
    """Sends a letter to each receiver by itself; delivery is the server's 250 for it."""

    name = "email"
    per_minute = 0

    def __init__(
        self, settings: MailSettings, links: AckLinks | None = None, book: Directory | None = None
    ) -> None:
        """Keep the server's settings, what makes the links by which a reader signs, and officers' addresses."""
        self._settings, self._links, self._book = settings, links, book or Directory()

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return the receivers: the notice's own, else the settings'; where nobody signed also who stands higher.

        In the place of another channel, whose notice names people by key, their addresses. Raises Refused for none.
        """
        own = tuple(self._book.address(self.name, one) or one for one in notice.to)
        given = tuple(one for one in own if "@" in one) or listed(self._settings.mail_to)
        if notice.kind == Reason.EXHAUSTED:
            given += listed(self._settings.mail_higher)
        if not given:
            raise Refused("nobody to mail to: neither the rota nor HUIYING_MAIL_TO has an address")
        return tuple(dict.fromkeys(given))

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver a letter to one receiver. Raises Unavailable, NoReceiver or Refused."""
        sign = self._links.line(notice, piece) if self._links else ""
        await asyncio.to_thread(self._deliver, letter(notice, self._settings.mail_from, piece, sign))

    def _deliver(self, message: EmailMessage) -> None:
        settings = self._settings
        try:
            with self._connection() as server:
                if settings.mail_tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if settings.mail_username:
                    server.login(settings.mail_username, settings.mail_password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = min(code for code, _ in error.recipients.values())
            text = f"the mail server does not take the receiver ({code})"
            raise (NoReceiver if code >= PERMANENT else Unavailable)(text) from error
        except smtplib.SMTPResponseException as error:
            raise self._judged(error.smtp_code, f"the mail server answered {error.smtp_code}") from error
        except UnicodeError as error:
            raise NoReceiver("a receiver's address is none") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"the mail server can't be reached: {type(error).__name__}") from error

    def _connection(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.mail_tls == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=TIMEOUT, context=context)
        return smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=TIMEOUT)

    @staticmethod
    def _judged(code: int, text: str) -> Exception:
        return Refused(text) if code >= PERMANENT else Unavailable(text)


def letter(notice: Notice, sender: str, to: str, sign: str = "") -> EmailMessage:
    """Return a notice as a message: text, and the same as HTML. sign: where its reader signs, empty for nowhere."""
    message = EmailMessage()
    message["Subject"] = notice.subject
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(beijing(notice.at))
    message["Message-ID"] = f"<{notice.id}@huiying>"
    signs = f"\n签收（仅限本人，请勿转发）：{sign}" if sign else ""
    message.set_content("\n".join(notice.lines) + signs)
    rows = "".join(f"<p style='margin:.4em 0'>{_row(line)}</p>" for line in notice.lines)
    if sign:
        style = "display:inline-block;padding:.6em 1.4em;background:#1456b8;color:#fff;text-decoration:none"
        rows = f"<p><a style='{style}' href='{html.escape(sign)}'>签收</a>（仅限本人，请勿转发）</p>{rows}"
    title = f"<h3 style='margin:0 0 .6em'>{html.escape(notice.subject)}</h3>"
    message.add_alternative(f"<div style='{BODY}'>{title}{rows}</div>", subtype="html")
    return message


def _row(line: str) -> str:
    """Return a line as HTML; only a line that is an address, which is ours alone, can be followed."""
    text = html.escape(line)
    return f"<a href='{text}'>打开控制台</a>" if line.startswith(("http://", "https://")) else text
