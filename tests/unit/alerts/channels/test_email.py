"""Who a letter goes to: who is on duty, else who the settings name; and who stands higher, where nobody signed."""

from __future__ import annotations

import pytest

from alerts.channels.email import Email
from alerts.manager import Reason
from alerts.notices import Notice
from alerts.settings import MailSettings
from streams.errors import Refused

SETTINGS = MailSettings(mail_host="127.0.0.1", mail_to="all@example.org", mail_higher="head@example.org, a@example.org")


def notice(kind: Reason, to: tuple[str, ...] = ()) -> Notice:
    return Notice(
        id="n", alert="a", channel="email", kind=str(kind), state="pending", at=1, subject="预警", lines=("一",), to=to
    )


@pytest.mark.parametrize(
    ("kind", "to", "receivers"),
    [
        (Reason.OPENED, (), ("all@example.org",)),
        (Reason.OPENED, ("a@example.org",), ("a@example.org",)),
        (Reason.REPEATED, ("a@example.org",), ("a@example.org",)),
        (Reason.EXHAUSTED, ("a@example.org",), ("a@example.org", "head@example.org")),
        (Reason.EXHAUSTED, (), ("all@example.org", "head@example.org", "a@example.org")),
    ],
)
def test_only_what_nobody_signed_for_goes_higher_and_nobody_gets_two_letters(
    kind: Reason, to: tuple[str, ...], receivers: tuple[str, ...]
) -> None:
    assert Email(SETTINGS).pieces(notice(kind, to)) == receivers


def test_a_letter_to_nobody_is_refused() -> None:
    with pytest.raises(Refused, match="nobody to mail to"):
        Email(MailSettings(mail_host="127.0.0.1")).pieces(notice(Reason.OPENED))
