"""Tokens of programs: what each may read or do, until when; only a hash is kept, and the token is shown once.

A token is `hyt_ID_SECRET`; its secret has 256 random bits, so one SHA-256 is as good as a slow hash and costs nothing a
request. A token that does anything does it for a named person (`person`), with that person's rights and no more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured
from streams.topics import TOKENS

READS: dict[str, str] = {
    "opinions": "检索舆情", "alerts": "查看预警", "consultations": "查看会商", "ledger": "查看台账",
}  # fmt: skip
WRITES: dict[str, str] = {
    "alerts.handle": "签收预警", "alerts.hush": "静默预警", "alerts.decide": "决定是否会商",
    "consultations.work": "办理会商", "ledger.work": "办理台账",
}  # fmt: skip
OF_API: dict[str, str] = {**READS, **WRITES}
"""What a token may read or do by the API: names of the console's permissions."""
SCOPES: dict[str, str] = {**OF_API, "open311": "读取诉求（Open311）", "open311.create": "提交诉求（Open311）"}
"""All that a token may be made for."""
FORM = re.compile(r"hyt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
NAME = re.compile(r"[\w.-]{1,40}")
DAYS_MOST = 730
LISTED = 1000


class Token(Struct, frozen=True, kw_only=True):
    """What is kept of a token; name: of a system, not a person; hash: SHA-256 of the secret; times ms UTC, 0 never.

    person: the username of the member of staff that it acts for, "" for a system that only reads the whole city.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    hash: str
    made_at: int
    ends_at: int
    revoked_at: int = 0
    person: str = ""

    def alive(self, at: int) -> bool:
        """Say whether it still opens anything at a moment (ms UTC)."""
        return not self.revoked_at and at < self.ends_at


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(b"token\0" + secret.encode()).hexdigest()


def made(name: str, scopes: Sequence[str], days: int, now: datetime, person: str = "") -> tuple[Token, str]:
    """Return a new token as it is kept, and its text. Raises Misconfigured for what it can't be."""
    if not NAME.fullmatch(name):
        raise Misconfigured("a token's name has up to 40 letters, digits, . _ -")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Misconfigured(f"--scope {', '.join(unknown)} is none of {', '.join(SCOPES)}")
    if not person and (writes := [scope for scope in scopes if scope in WRITES]):
        raise Misconfigured(f"--scope {', '.join(writes)} acts for a person: name one with --for USERNAME")
    if not 0 < days <= DAYS_MOST:
        raise Misconfigured(f"--days must be between 1 and {DAYS_MOST}")
    secret = secrets.token_urlsafe(32)
    token = Token(
        id=secrets.token_hex(6), name=name, scopes=tuple(dict.fromkeys(scopes)), hash=hashed(secret), made_at=ms(now),
        ends_at=ms(now + timedelta(days=days)), person=person,
    )  # fmt: skip
    return token, f"hyt_{token.id}_{secret}"


class Tokens:
    """Tokens in Elasticsearch. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def who(self, text: str, now: datetime) -> Token | None:
        """Return the token that a text is, if it is one, right, and alive; in the same time whether or not it is."""
        found = FORM.fullmatch(text)
        stored = await self._elastic.get(TOKENS.name, found[1]) if found else None
        token = msgspec.convert(stored.source, Token) if stored else None
        same = hmac.compare_digest(token.hash if token else hashed("nobody's"), hashed(found[2] if found else ""))
        return token if same and token is not None and token.alive(ms(now)) else None

    async def add(self, token: Token) -> None:
        """Keep a new token. Raises Misconfigured if one of its name is alive."""
        if any(one.name == token.name and one.alive(token.made_at) for one in await self.list()):
            raise Misconfigured(f"there is a token {token.name} already; revoke it first, or choose another name")
        try:
            await self._elastic.create(TOKENS.name, token.id, msgspec.to_builtins(token), refresh=True)
        except Conflict as error:
            raise Misconfigured("try again: the new token's number is taken") from error

    async def list(self) -> list[Token]:
        """Return all tokens, the oldest first."""
        body = {"size": LISTED, "sort": [{"made_at": {"order": "asc", "unmapped_type": "date"}}]}
        hits = (await self._elastic.search(TOKENS.name, body))["hits"]["hits"]
        return [msgspec.convert(hit["_source"], Token) for hit in hits]

    async def revoke(self, which: str, now: datetime) -> Token:
        """Revoke a token by its id or name, for ever. Raises Misconfigured if there is none alive."""
        for token in await self.list():
            if which in {token.id, token.name} and not token.revoked_at:
                gone = msgspec.structs.replace(token, revoked_at=ms(now))
                await self._elastic.put(TOKENS.name, token.id, msgspec.to_builtins(gone), refresh=True)
                return gone
        raise Misconfigured(f"no token {which} is alive; `huiying token list` shows them")
