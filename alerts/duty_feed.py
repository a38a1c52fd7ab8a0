"""A person's shifts as a calendar that his own programs subscribe to: by an address that is signed and can be revoked.

The address names a person and the number of his link, signed by HMAC-SHA256 with the secret of links; only the number
that holds now is kept. Whoever has the address reads that person's shifts and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

import msgspec
from msgspec import Struct

from alerts.duty_store import ElasticDuty, Kept
from alerts.history import History
from streams.clock import ms
from streams.elastic import Elastic
from streams.records import digest

KIND = "feed"
LONGEST = 500
ALWAYS = 2**42
"""A link has no end but its revoking: a moment far away, ms UTC."""


class Claim(Struct, frozen=True, array_like=True):
    """What an address says: whose shifts, by his link of which number."""

    person: str
    number: int


def signed(secret: str, claim: Claim) -> str:
    """Return a claim as the end of an address."""
    body = _text(msgspec.json.encode(claim))
    return f"{body}.{_sign(secret, body)}"


def read(secret: str, token: str) -> Claim | None:
    """Return what an address claims, or nothing if it is none of ours."""
    body, _, sign = token[:LONGEST].partition(".")
    if not secret or not hmac.compare_digest(_sign(secret, body).encode(), sign.encode()):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Claim)
    except (ValueError, msgspec.DecodeError):
        return None


def _sign(secret: str, body: str) -> str:
    return _text(hmac.new(secret.encode(), b"duty-feed\n" + body.encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class DutyFeeds:
    """The links of one city. Every verb raises Unavailable when Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, *, secret: str, base: str) -> None:
        """Keep the store, the secret (empty: there are no links), and the console's address."""
        self.store, self.history, self.secret, self.base = ElasticDuty(elastic), history, secret, base.rstrip("/")

    async def address(self, person: str) -> str:
        """Return the address that holds now, empty if there is none."""
        found = await self.store.get(_id(person)) if self.secret else None
        if found is None or not found[0].open:
            return ""
        return f"{self.base}/duty/calendar/{signed(self.secret, Claim(person, found[0].body['number']))}"

    async def person(self, token: str) -> str:
        """Return whose shifts an address is for, empty if it holds no more."""
        claim = read(self.secret, token)
        found = await self.store.get(_id(claim.person)) if claim else None
        if claim is None or found is None or not found[0].open or found[0].body["number"] != claim.number:
            return ""
        return claim.person

    async def change(self, person: str, *, holds: bool, by: str, now: datetime) -> None:
        """Make a new link, which ends the one before, or revoke it; written to the history. Raises Conflict."""
        found = await self.store.get(_id(person))
        number = (found[0].body["number"] if found else 0) + (1 if holds else 0)
        record = Kept(
            id=_id(person), kind=KIND, body={"number": number}, at=ms(now), until=ALWAYS, open=holds
        )
        await self.store.put(record, found[1] if found else None)
        await self.history.append("duty.feed", person, by, now, {"note": "生成" if holds else "作废"})


def _id(person: str) -> str:
    return digest("duty-feed", person)
