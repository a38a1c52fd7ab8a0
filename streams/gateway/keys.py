"""Keys of those who may send: a file of hashes, so that intake goes on while Elasticsearch is away.

A key is `hy_ID_SECRET`; the secret has 256 random bits, so one SHA-256 is as good as a slow hash, and costs nothing a
request. What is kept of a plain key lets nobody in. What is kept of a signing key (`signed`) is what signs: the secret
itself never travels, but who reads the file can sign; it is closed to others (0600).
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from streams.errors import Misconfigured
from streams.records import SOURCES

log = logging.getLogger("huiying.gateway")
FORM = re.compile(r"hy_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
NAME = re.compile(r"[\w.-]{1,40}")
LOOK_EVERY = 1.0
"""Seconds after which the file is looked at again: so long a revoked key still works."""


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of a key. hash: SHA-256 of the secret, hex; times in ms UTC, 0: never."""

    id: str
    name: str
    sources: tuple[str, ...]
    hash: str
    made_at: int
    signed: bool = False
    revoked_at: int = 0


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    keys: tuple[Key, ...]


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parsed(text: str) -> tuple[str, str]:
    """Return a key's id and secret; empty ones for what is no key."""
    found = FORM.fullmatch(text)
    return (found[1], found[2]) if found else ("", "")


def fits(key: Key | None, secret: str) -> bool:
    """Say whether a secret is that of a key, in the same time whether or not it is."""
    kept = key.hash if key is not None else hashed("nobody's")
    same = hmac.compare_digest(kept, hashed(secret))
    return same and key is not None and not key.revoked_at


def read(path: Path) -> dict[str, Key]:
    """Return the keys by id; none if there is no file. Raises Misconfigured."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from error
    try:
        found = msgspec.json.decode(data, type=_File)
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"{path} is no file of keys ({error}); restore it, or remove it and add keys") from None
    return {key.id: key for key in found.keys}


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the file, so that two who change it at once lose nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise Misconfigured(f"{path} can't be written ({error.strerror}); set HUIYING_GATEWAY_KEYS") from error


def _write(path: Path, keys: Mapping[str, Key]) -> None:
    """Replace the file as a whole: a reader sees the old keys or the new ones."""
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_File(1, tuple(keys.values()))), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def add(path: Path, name: str, sources: tuple[str, ...], now_ms: int, *, signed: bool = False) -> tuple[Key, str]:
    """Make a key, and return what is kept of it and the key itself, which is shown once. Raises Misconfigured."""
    if not NAME.fullmatch(name):
        raise Misconfigured("a key's name has up to 40 letters, digits, . _ -")
    unknown = sorted(set(sources) - set(SOURCES))
    if unknown or not sources:
        raise Misconfigured(f"--source {', '.join(unknown)} is none of {', '.join(SOURCES)}")
    with _held(path):
        keys = read(path)
        if any(key.name == name and not key.revoked_at for key in keys.values()):
            raise Misconfigured(f"there is a key {name} already; revoke it first, or choose another name")
        secret = secrets.token_urlsafe(32)
        key = Key(
            id=secrets.token_hex(6), name=name, sources=tuple(dict.fromkeys(sources)), hash=hashed(secret),
            made_at=now_ms, signed=signed,
        )  # fmt: skip
        _write(path, {**keys, key.id: key})
    return key, f"hy_{key.id}_{secret}"


def revoke(path: Path, which: str, now_ms: int) -> Key:
    """Revoke a key by its id or its name, for ever; what is already revoked stays so. Raises Misconfigured."""
    with _held(path):
        keys = read(path)
        named = [key for key in keys.values() if key.name == which]
        found = keys.get(which) or next((key for key in named if not key.revoked_at), named[-1] if named else None)
        if found is None:
            raise Misconfigured(f"there is no key {which}; huiying key list shows them")
        if not found.revoked_at:
            found = msgspec.structs.replace(found, revoked_at=now_ms)
            _write(path, {**keys, found.id: found})
    return found


class Keys:
    """The keys as the file has them now. A file that can't be read changes nothing, and is said once."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises Misconfigured."""
        self.path = path
        self.seen = self._stamp()
        self.keys = read(path)
        self.looked = 0.0
        if self.seen is not None and self.seen[3] & 0o077:
            log.warning("%s can be read by other users of this machine: chmod 600", path)

    def _stamp(self) -> tuple[int, int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode

    def get(self, key_id: str, now: float) -> Key | None:
        """Return a key; `now` is monotonic seconds."""
        if now - self.looked >= LOOK_EVERY:
            self.looked, stamp = now, self._stamp()
            if stamp != self.seen:
                self.seen = stamp
                try:
                    self.keys = read(self.path)
                except Misconfigured as error:
                    log.error("the keys stay as they were: %s", error)  # noqa: TRY400 - one line says it all
        return self.keys.get(key_id)
