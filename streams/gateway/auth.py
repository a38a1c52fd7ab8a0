r"""Who sends: a key in the header, or a signature over time, address and body that never shows the key.

    Authorization: Bearer hy_ID_SECRET
    Authorization: Huiying-HMAC-SHA256 key=ID,timestamp=UNIX_SECONDS,signature=HEX

The signature is HMAC-SHA256 with the key SHA-256(SECRET) (its 32 bytes) over `TIMESTAMP\nTARGET\nBODY`: TARGET is path
and query as sent, BODY the bytes as sent (packed, if they are). Comparisons take the same time, right or wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

from msgspec import Struct

from streams.gateway.keys import FORM, Key, fits, hashed, parsed
from streams.gateway.problems import Problem

WINDOW = 300
"""Seconds that a signature's time may lie before or after now."""
REMEMBERED = 100_000
"""Signatures that are remembered within the window."""
SIGNED = re.compile(r"Huiying-HMAC-SHA256 key=([0-9a-f]{12}), ?timestamp=(\d{1,12}), ?signature=([0-9a-f]{64})")
Find = Callable[[str], Key | None]


class Sender(Struct, frozen=True):
    """Who sends, as far as the head says; a signature must still be checked against the body."""

    key: Key
    timestamp: str = ""
    signature: str = ""


def sender(authorization: str, find: Find, now_s: int) -> Sender:
    """Return who sends. Raises Problem (no_key, must_sign, stale)."""
    if authorization.startswith("Bearer "):
        key_id, secret = parsed(authorization.removeprefix("Bearer ").strip())
        key = find(key_id) if key_id else None
        if not fits(key, secret) or key is None:
            raise Problem("no_key")
        if key.signed:
            raise Problem("must_sign")
        return Sender(key)
    found = SIGNED.fullmatch(authorization)
    key = find(found[1]) if found else None
    if found is None or key is None or key.revoked_at or not key.signed:
        raise Problem("no_key")
    if abs(int(found[2]) - now_s) > WINDOW:
        raise Problem("stale", f"it may lie {WINDOW} s from now")
    return Sender(key, found[2], found[3])


class Signature:
    """A signature that is being checked while the body comes."""

    def __init__(self, who: Sender, target: str) -> None:
        """Begin with time and address."""
        self.given = who.signature
        self.mac = hmac.new(bytes.fromhex(who.key.hash), f"{who.timestamp}\n{target}\n".encode(), hashlib.sha256)

    def add(self, data: bytes) -> None:
        """Go on with bytes of the body."""
        self.mac.update(data)

    def check(self) -> None:
        """Raise Problem (bad_signature) unless it is right."""
        if not hmac.compare_digest(self.mac.hexdigest(), self.given):
            raise Problem("bad_signature")


def signed_header(key: str, target: str, body: bytes, now_s: int) -> str:
    """Return the header with which a sender signs: for our own tools and tests."""
    found = FORM.fullmatch(key)
    assert found is not None
    who = Sender(Key(id=found[1], name="", sources=(), hash=hashed(found[2]), made_at=0), str(now_s))
    signature = Signature(who, target)
    signature.add(body)
    return f"Huiying-HMAC-SHA256 key={found[1]},timestamp={now_s},signature={signature.mac.hexdigest()}"


class Seen:
    """Signatures that were taken, while their time is within the window; full, it refuses instead of forgetting.

    Lost at a restart, which does no harm: the same posts again change no count.
    """

    def __init__(self, most: int = REMEMBERED) -> None:
        """None was taken."""
        self.most = most
        self.until: dict[str, int] = {}

    def check(self, signature: str, now_s: int) -> None:
        """Raise Problem: replayed if it was taken, busy if no more can be remembered."""
        if self.until.get(signature, 0) >= now_s:
            raise Problem("replayed")
        if len(self.until) >= self.most:
            self.until = {each: until for each, until in self.until.items() if until >= now_s}
            if len(self.until) >= self.most:
                raise Problem("busy", "too many signed requests within the window", wait=10.0)

    def add(self, who: Sender) -> None:
        """Remember a request that was taken."""
        self.until[who.signature] = int(who.timestamp) + WINDOW
