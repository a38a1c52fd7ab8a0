"""Addresses by which a channel reaches one officer: which of the rota's fields they stand in, and how they look."""

from __future__ import annotations

import re
from typing import Protocol

ADDRESSES: dict[str, str] = {"email": "mail", "sms": "sms", "wecom_app": "wecom", "webhook": "webhook"}
"""The channels that reach one person, and the rota's field that says where."""
FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "sms": (re.compile(r"\+?[0-9]{5,15}"), "a telephone number in quotes, digits alone, perhaps after +"),
    "wecom": (re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}"), "a WeCom user id"),
    "webhook": (re.compile(r"[^\s,]{1,64}"), "the name by which the webhook's receiver knows him, without spaces"),
}


class Named(Protocol):
    """Somebody of the rota: a person, or a row of a plain one."""

    @property
    def name(self) -> str:
        """What he is called."""
        ...


def wrong_address(person: Named) -> str:
    """Return what is wrong with somebody's addresses in the file, empty for nothing; the address isn't repeated."""
    for field, (form, meaning) in FORMS.items():
        given = getattr(person, field)
        if given and not form.fullmatch(given):
            return f"`{field}` of {person.name} must be {meaning}"
    return ""
