"""WeChat's message push: is it WeChat's, and what is in it; the scheme of developers.weixin.qq.com, message encryption.

Only own accounts that a file names are listened to. The address holds `openid` (who wrote): it is never read or logged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from msgspec import Struct

from streams.errors import Misconfigured, Rejected
from streams.sources.registered import LABEL, NONE, Secret
from streams.sources.wechat_push import LARGEST

WINDOW = 600
"""Seconds that a push's time may lie from now: in plain mode the signature does not cover the body, so an old one must
not open for a new body. A message is sent again within 15 seconds."""
ENCRYPTED_LARGEST = 2 * LARGEST
BLOCK = 32
AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
ECHO = re.compile(r"[A-Za-z0-9_=+/-]{1,128}")
HEAD = 20


class Account(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An own account whose messages are pushed to us; with an `aes_key`, only encrypted ones are taken."""

    account: str
    registered: str
    app_id: str
    token: Secret
    aes_key: Secret = NONE


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    account: tuple[Account, ...] = ()


def _secret(kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("Expected `str`")


def read(path: Path) -> dict[str, Account]:
    """Return the accounts by their label. Raises Misconfigured; what it says holds no secret."""
    where = f"HUIYING_GATEWAY_WECHAT={path}"
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File, dec_hook=_secret)
    except OSError as error:
        raise Misconfigured(f"{where}: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise Misconfigured(f"{where}: {error}") from None
    except ValueError:
        raise Misconfigured(f"{where} is no TOML in UTF-8") from None
    accounts: dict[str, Account] = {}
    for one in found.account:
        if not LABEL.fullmatch(one.account) or one.account in accounts:
            raise Misconfigured(f"{where}: account must be a label of its own, up to 40 letters, digits, . _ -")
        if not one.registered.strip() or not one.app_id.strip():
            raise Misconfigured(f"{where}: {one.account} has no registration or app_id; only own accounts push")
        if not one.token.value:
            raise Misconfigured(f"{where}: {one.account} has no token")
        if one.aes_key.value and not AES_KEY.fullmatch(one.aes_key.value):
            raise Misconfigured(f"{where}: the aes_key of {one.account} is not 43 letters and digits")
        accounts[one.account] = one
    return accounts


class Foreign(Exception):
    """A request that WeChat did not make, or not for this account."""


def signature(*parts: str) -> str:
    """Return WeChat's signature of parts: SHA-1 of them, sorted and joined (its scheme, not ours)."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - as above  # nosec B324


def greeted(account: Account, query: Mapping[str, str], now_s: int) -> str:
    """Return what to answer when the address is entered at WeChat. Raises Foreign."""
    _signed(account, query, "signature", now_s)
    echo = query.get("echostr", "")
    if not ECHO.fullmatch(echo):
        raise Foreign
    return echo


def message(account: Account, query: Mapping[str, str], body: bytes, now_s: int) -> bytes:
    """Return the pushed XML, decrypted if it was encrypted. Raises Foreign (not WeChat's), Rejected (unreadable)."""
    if not account.aes_key.value:
        _signed(account, query, "signature", now_s)
        return body
    if "msg_signature" not in query:  # before anything is parsed
        raise Foreign
    try:
        secret = _encrypted(body)
    except Rejected:
        raise Foreign from None  # unsigned as yet: a stranger's rubbish becomes no dead letter
    _signed(account, query, "msg_signature", now_s, secret)
    return decrypted(account, secret)


def _signed(account: Account, query: Mapping[str, str], name: str, now_s: int, *more: str) -> None:
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    right = signature(account.token.value, timestamp, nonce, *more)
    same = hmac.compare_digest(right, query.get(name, "").encode("ascii", "replace").decode("ascii"))
    if not same or not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(int(timestamp) - now_s) > WINDOW:
        raise Foreign


def decrypted(account: Account, secret: str) -> bytes:
    """Return what `Encrypt` holds: AES-256-CBC of 16 random bytes, length, message, app id. Raises Rejected, Foreign.

    It is called only for what carries a right signature, so its failures tell a stranger nothing.
    """
    key = base64.b64decode(account.aes_key.value + "=")
    try:
        data = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("not_a_page", "Encrypt is not base64") from None
    if not data or len(data) % BLOCK:
        raise Rejected("not_a_page", "Encrypt is not of whole blocks")
    machine = Cipher(AES(key), CBC(key[:16])).decryptor()
    plain = machine.update(data) + machine.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad or len(plain) - pad < HEAD:
        raise Rejected("not_a_page", "Encrypt is not rightly padded")
    plain = plain[:-pad]
    end = HEAD + int.from_bytes(plain[16:HEAD], "big")
    if end > len(plain):
        raise Rejected("not_a_page", "Encrypt breaks off")
    if not hmac.compare_digest(plain[end:], account.app_id.encode()):
        raise Foreign
    return plain[HEAD:end]


def encrypted(account: Account, xml: bytes, salt: bytes) -> str:
    """Return XML as WeChat encrypts it, with 16 random bytes: the other way round, for tests and tools."""
    key = base64.b64decode(account.aes_key.value + "=")
    plain = salt[:16] + len(xml).to_bytes(4, "big") + xml + account.app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    machine = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(machine.update(plain + bytes([pad]) * pad) + machine.finalize()).decode()


def _encrypted(body: bytes) -> str:
    """Return the text of `Encrypt` below the root; documents with a DOCTYPE are refused. Raises Rejected."""
    parts: list[str] = []
    path: list[str] = []

    def doctype(*_: Any) -> None:
        raise Rejected("not_a_page", "an XML document with a DOCTYPE")

    def words(data: str) -> None:
        if len(path) == 2 and path[1] == "Encrypt":
            parts.append(data)

    parser = expat.ParserCreate()  # entities are declared in a DOCTYPE only, and its beginning ends the reading
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = words
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Rejected("not_a_page", "not XML that can be read") from None
    return "".join(parts).strip()
