"""Signing for an alert straight from its message: a link for one person, one alert at one level, until a moment.

The link is made when a personal message is sent (a letter, a WeCom app's message) and stored nowhere; a robot's group
never gets one. It is signed by HMAC-SHA256; whoever holds it may do one thing, sign, and only in that person's name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from alerts.notices import Notice
from streams.errors import Misconfigured

SECRET_LEAST = 16
HOUR_MS = 3_600_000
ASKS = frozenset({"opened", "raised", "grew", "repeated", "exhausted", "lapsed", "escalated"})
"""Occasions on which somebody should sign."""
LONGEST = 1000


class Claim(Struct, frozen=True, array_like=True):
    """What a link says: who may sign for which alert at which level, until when (ms UTC)."""

    alert: str
    level: str
    name: str
    until: int


class AckLinks:
    """Makes and reads the links of one city."""

    def __init__(self, secret: str, base: str, hours: float, names: Mapping[str, str] | None = None) -> None:
        """Keep the secret, the console's address, for how long a link holds, and people's names by their address.

        Raises Misconfigured for a secret that is too short.
        """
        if len(secret) < SECRET_LEAST:
            raise Misconfigured(f"HUIYING_ACK_SECRET must have {SECRET_LEAST} characters at least")
        self._secret, self._base, self._lasts = secret.encode(), base.rstrip("/"), int(hours * HOUR_MS)
        self._names = names or {}

    def line(self, notice: Notice, receiver: str) -> str:
        """Return the address at which a receiver signs for a notice's alert; empty where nobody is to sign."""
        if not notice.alert or notice.kind not in ASKS or not self._base:
            return ""
        name = self._names.get(receiver) or receiver.partition("@")[0]
        claim = Claim(notice.alert, notice.level, name, notice.at + self._lasts)
        return f"{self._base}/sign/{self.token(claim)}"

    def token(self, claim: Claim) -> str:
        """Return a claim, signed."""
        body = _text(msgspec.json.encode(claim))
        return f"{body}.{self._sign(body)}"

    def read(self, token: str, now: int) -> Claim | None:
        """Return what a token claims at a moment (ms UTC), or nothing if it is none of ours or has run out."""
        body, _, sign = token[:LONGEST].partition(".")
        if not hmac.compare_digest(self._sign(body).encode(), sign.encode()):
            return None
        try:
            claim = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Claim)
        except (ValueError, msgspec.DecodeError):
            return None
        return claim if now < claim.until else None

    def _sign(self, body: str) -> str:
        return _text(hmac.new(self._secret, b"ack\n" + body.encode(), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
