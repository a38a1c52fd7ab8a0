"""SMS by an HTTP gateway that the settings describe: a short text without quotations, one message for each number."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import httpx

from alerts.channels.base import Busy, Channel, NoReceiver
from alerts.channels.web import JSON, REST, TIMEOUT, ask, packed
from alerts.directory import Directory
from alerts.notices import Notice
from alerts.settings import SmsSettings
from streams.errors import Misconfigured, Refused, Unavailable

FORMS = ("json", "form")
MARK = re.compile(r"\{(?:phone|text|id)\}")


class Sms(Channel):
    """Posts a text to the gateway for each number; delivery is the answer that the settings name."""

    name = "sms"

    def __init__(self, settings: SmsSettings, *, seconds: float = TIMEOUT, book: Directory | None = None) -> None:
        """Keep the settings. seconds: how long to wait for an answer; book: officers' own numbers.

        Raises Misconfigured.
        """
        if settings.sms_form not in FORMS:
            raise Misconfigured(f"HUIYING_SMS_FORM must be json or form, not {settings.sms_form!r}")
        try:
            self._body = json.loads(settings.sms_body)
        except ValueError as error:
            raise Misconfigured("HUIYING_SMS_BODY is not JSON") from error
        if not isinstance(self._body, dict) or not all(mark in settings.sms_body for mark in ("{phone}", "{text}")):
            raise Misconfigured("HUIYING_SMS_BODY must be a JSON object that holds {phone} and {text}")
        if settings.sms_form == "form" and any(isinstance(value, dict | list) for value in self._body.values()):
            raise Misconfigured("HUIYING_SMS_BODY must have no levels where HUIYING_SMS_FORM is form")
        self._settings, self._seconds, self._book = settings, seconds, book or Directory()

    @property
    def per_minute(self) -> int:
        """How many messages the gateway takes in a minute; 0 for any number."""
        return self._settings.sms_per_minute

    def pieces(self, notice: Notice) -> tuple[str, ...]:
        """Return the notice's own people who have a number, by key, else the settings' numbers; Refused for none."""
        own = self._book.reached(self.name, notice.to)
        if own:
            return own
        numbers = tuple(one.strip() for one in self._settings.sms_to.split(",") if one.strip())
        if not numbers:
            raise Refused("nobody to send to: neither the rota nor HUIYING_SMS_TO has a number")
        return tuple(dict.fromkeys(numbers))

    async def send(self, notice: Notice, piece: str) -> None:
        """Deliver to one number. Raises Unavailable, Busy, NoReceiver or Refused; no number is ever in it."""
        given = self._settings
        number = self._book.address(self.name, piece) or piece
        filled = _filled(self._body, {"{phone}": number, "{text}": brief(notice, given.sms_chars), "{id}": notice.id})
        form = given.sms_form == "form"
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else JSON, "Idempotency-Key": notice.id}
        if given.sms_authorization:
            headers["Authorization"] = given.sms_authorization
        content = urlencode(filled).encode() if form else packed(filled)
        answer = await ask("POST", given.sms_url, content=content, headers=headers, seconds=self._seconds)
        if given.sms_success:
            self._check(answer)

    def _check(self, answer: httpx.Response) -> None:
        name, _, wanted = self._settings.sms_success.partition("=")
        try:
            found: Any = answer.json()
            for step in name.strip().split("."):
                found = found[int(step)] if isinstance(found, list) else found[step]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise Unavailable(f"the SMS gateway's answer has no {name.strip()}") from error
        said = str(found).strip()
        if said == wanted.strip():
            return
        text = f"the SMS gateway answered {name.strip()}={said[:60]}"
        if said in _listed(self._settings.sms_busy):
            raise Busy(text, rest=REST)
        raise (NoReceiver if said in _listed(self._settings.sms_no_receiver) else Refused)(text)


def brief(notice: Notice, most: int) -> str:
    """Return a notice in so many characters: what happened, how many, where to look. Nothing that people wrote."""
    links = [line for line in notice.lines if line.startswith(("http://", "https://"))]
    said = [line for line in notice.lines if not line.startswith(("· ", "http://", "https://", "预警编号", "下一步"))]
    tail = "".join(f" {link} " for link in links[:1])
    text = f"{notice.subject}。{''.join(said[:2])}"
    room = max(0, most - len(tail))
    return (text if len(text) <= room else text[: max(0, room - 1)] + "…") + tail.rstrip()


def _filled(value: Any, marks: dict[str, str]) -> Any:
    """Return a template with its marks replaced, in its texts only: what is filled in can't break out of them."""
    if isinstance(value, dict):
        return {key: _filled(one, marks) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, marks) for one in value]
    if not isinstance(value, str):
        return value
    return MARK.sub(lambda found: marks[found[0]], value)


def _listed(text: str) -> set[str]:
    return {one.strip() for one in text.split(",") if one.strip()}
