"""One report to one address over SMTP, said honestly: delivered, surely not delivered, refused for good, or unknown.

The server's 250 after the text is delivery. Before the text's last line nothing was accepted, so it may be tried again;
if the line breaks after it, nobody can say, and it must not be sent again by itself.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.channels.email import PERMANENT, TIMEOUT
from alerts.reports.kinds import FORMS, filename, render
from alerts.reports.render_html import html_body
from alerts.reports.tree import Report
from alerts.settings import MailSettings
from streams.clock import beijing
from streams.errors import HuiyingError, Refused, Unavailable


class Unknown(HuiyingError):
    """The connection broke while the server was deciding: it may have the letter, or not."""


def letter(report: Report, forms: tuple[str, ...], *, sender: str, to: str, id_: str) -> EmailMessage:
    """Return a report as a letter: its summary as text, the whole as HTML, and a file for each of `forms`."""
    message = EmailMessage()
    message["Subject"] = f"{report.title} {report.subtitle}（{report.mark}）" if report.mark else report.title
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(beijing(report.made_at))
    message["Message-ID"] = f"<{id_}@huiying>"
    message.set_content(f"{report.title}\n{report.subtitle}\n\n{report.summary}\n\n全文见附件。\n")
    message.add_alternative(html_body(report), subtype="html")
    for form in forms:
        main, sub = FORMS[form][1].split(";")[0].split("/", 1)
        message.add_attachment(render(report, form), maintype=main, subtype=sub, filename=filename(report, form))
    return message


def hand_over(settings: MailSettings, message: EmailMessage) -> None:
    """Give a letter to the mail server.

    Raises Unavailable (surely not delivered: try again), Refused (never will be) or Unknown (don't send it again).
    """
    try:
        with _connected(settings) as server:
            _begin(server, settings, message)
            try:
                code, _ = server.data(message.as_bytes(policy=SMTP))
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                raise Unknown(f"连接在邮件服务器答复前中断：{type(error).__name__}") from error
            except smtplib.SMTPDataError as error:
                code = error.smtp_code
            if code != 250:
                raise _judged(code)
    except smtplib.SMTPResponseException as error:
        raise _judged(error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unavailable(f"the mail server can't be reached: {type(error).__name__}") from error


def _connected(settings: MailSettings) -> smtplib.SMTP:
    if settings.mail_tls == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=TIMEOUT)


def _begin(server: smtplib.SMTP, settings: MailSettings, message: EmailMessage) -> None:
    server.ehlo_or_helo_if_needed()
    if settings.mail_tls == "starttls":
        server.starttls(context=ssl.create_default_context())
    if settings.mail_username:
        server.login(settings.mail_username, settings.mail_password)
    for code, _ in (server.mail(settings.mail_from), server.rcpt(str(message["To"]))):
        if code not in {250, 251}:
            raise _judged(code)


def _judged(code: int) -> HuiyingError:
    text = f"邮件服务器答复{code}"
    return Refused(text) if code >= PERMANENT else Unavailable(text)
