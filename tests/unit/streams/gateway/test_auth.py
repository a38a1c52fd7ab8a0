"""Keys and signatures: who may write what, and for how long."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Misconfigured
from streams.gateway import auth, keys
from streams.gateway.problems import Problem

NOW = 1_777_600_000


def made(folder: Path, **more: bool) -> tuple[keys.Key, str]:
    return keys.add(folder / "keys.json", "portal", ("portal",), 1, **more)


def test_what_is_kept_lets_nobody_in(tmp_path: Path) -> None:
    key, text = made(tmp_path)
    kept = (tmp_path / "keys.json").read_text("utf-8")
    assert keys.parsed(text)[1] not in kept
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Problem, match="no_key"):
        auth.sender(f"Bearer hy_{key.id}_{key.hash[:43]}", {key.id: key}.get, NOW)
    assert auth.sender(f"Bearer {text}", {key.id: key}.get, NOW).key == key


@given(st.text(max_size=200))
def test_whatever_stands_in_the_header_opens_nothing(header: str) -> None:
    for before in ("", "Bearer ", "Huiying-HMAC-SHA256 "):
        with pytest.raises(Problem, match="no_key"):
            auth.sender(before + header, lambda _: None, NOW)


def test_two_keys_of_one_name_are_never_in_use_at_once(tmp_path: Path) -> None:
    key, _ = made(tmp_path)
    with pytest.raises(Misconfigured, match="already"):
        made(tmp_path)
    keys.revoke(tmp_path / "keys.json", "portal", 2)
    assert keys.revoke(tmp_path / "keys.json", key.id, 9).revoked_at == 2, "revoked once is revoked for ever"
    made(tmp_path)
    assert len(keys.read(tmp_path / "keys.json")) == 2


@pytest.mark.parametrize(
    ("name", "sources"),
    [("", ("portal",)), ("a b", ("portal",)), ("a", ()), ("a", ("portal", "people")), ("a" * 41, ("portal",))],
)
def test_a_key_needs_a_name_and_sources_that_there_are(tmp_path: Path, name: str, sources: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured):
        keys.add(tmp_path / "keys.json", name, sources, 1)


def test_a_new_key_opens_within_a_second_and_a_broken_file_shuts_nobody_out(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    running = keys.Keys(file)
    key, _ = made(tmp_path)
    assert running.get(key.id, 10.0) == key
    file.write_text("{broken", "utf-8")
    assert running.get(key.id, 12.0) == key
    with pytest.raises(Misconfigured, match="no file of keys"):
        keys.Keys(file)


def test_the_signature_is_the_documented_one(tmp_path: Path) -> None:
    _, text = made(tmp_path, signed=True)
    secret = text.split("_", 2)[2]
    mac = hmac.new(hashlib.sha256(secret.encode()).digest(), b"1777600000\n/v1/posts?source=portal\n[]", "sha256")
    header = auth.signed_header(text, "/v1/posts?source=portal", b"[]", NOW)
    assert header.endswith(f",timestamp={NOW},signature={mac.hexdigest()}")


@given(st.binary(max_size=100), st.integers(0, 99), st.integers(1, 255))
def test_a_signature_holds_for_every_byte(body: bytes, at: int, flip: int) -> None:
    key = keys.Key(id="0" * 12, name="x", sources=("portal",), hash=keys.hashed("s" * 43), made_at=1, signed=True)
    header = auth.signed_header(f"hy_{'0' * 12}_{'s' * 43}", "/v1/posts", body, NOW)
    who = auth.sender(header, {key.id: key}.get, NOW)
    whole = auth.Signature(who, "/v1/posts")
    whole.add(body[:at])
    whole.add(body[at:])
    whole.check()
    other = bytearray(body or b"\0")
    other[at % len(other)] ^= flip
    changed = auth.Signature(who, "/v1/posts")
    changed.add(bytes(other))
    with pytest.raises(Problem, match="bad_signature"):
        changed.check()


def test_what_was_taken_is_remembered_as_long_as_it_could_come_again() -> None:
    seen = auth.Seen(most=2)
    key = keys.Key(id="0" * 12, name="x", sources=("portal",), hash=keys.hashed("s"), made_at=1, signed=True)
    for n, at in enumerate((NOW - 200, NOW)):
        seen.add(auth.Sender(key, str(at), f"s{n}"))
    with pytest.raises(Problem, match="replayed"):
        seen.check("s0", NOW + 100)
    with pytest.raises(Problem, match="busy"):
        seen.check("new", NOW + 100)
    seen.check("new", NOW + 101)
    assert set(seen.until) == {"s1"}, "forgotten when its time is over, not before"
