"""Signing in: who is let through, who is locked out, and how long a session holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from console_fakes import NOW, QUICK, MemoryAccounts
from hypothesis import given
from hypothesis import strategies as st

from alerts.accounts import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    ROLES,
    Accounts,
    Limits,
    Session,
    User,
    alive,
    csrf_token,
    judge,
    token_id,
    weak,
)
from streams.clock import ms
from streams.errors import Rejected

USER = User(username="wang", name="王值班", role="officer", password="x", created_at=0)


def accounts() -> tuple[Accounts, MemoryAccounts]:
    store = MemoryAccounts()
    return Accounts(store, hasher=QUICK), store


async def with_user(role: str = "officer") -> tuple[Accounts, MemoryAccounts, str]:
    made, store = accounts()
    _, password = await made.create(username="wang", name="王值班", role=role, by="admin", now=NOW)
    return made, store, password


def test_an_unknown_name_and_a_wrong_password_sound_the_same() -> None:
    assert judge(None, right=False, now=NOW).text == judge(USER, right=False, now=NOW).text


def test_the_last_allowed_failure_locks_the_account_for_a_while() -> None:
    user = USER
    for _ in range(FAILURES_ALLOWED):
        verdict = judge(user, right=False, now=NOW)
        assert verdict.user is not None
        user = verdict.user
    assert verdict.reason == "locking"
    assert judge(user, right=True, now=NOW).reason == "locked"
    assert judge(user, right=True, now=NOW + LOCKED_FOR).reason == "ok"


def test_a_success_forgets_earlier_failures() -> None:
    failed = judge(USER, right=False, now=NOW).user
    assert failed is not None
    fine = judge(failed, right=True, now=NOW).user
    assert fine is not None
    assert fine.failures == 0


@given(st.lists(st.booleans(), max_size=40))
def test_nobody_is_let_in_while_locked(tries: list[bool]) -> None:
    user = USER
    for right in tries:
        locked = user.locked_until > ms(NOW)
        verdict = judge(user, right=right, now=NOW)
        assert verdict.ok == (right and not locked)
        user = verdict.user or user


def test_a_stopped_account_is_told_so_only_with_the_right_password() -> None:
    from msgspec.structs import replace

    stopped = replace(USER, disabled=True)
    assert judge(stopped, right=True, now=NOW).reason == "disabled"
    assert judge(stopped, right=False, now=NOW).reason == "wrong"


@pytest.mark.parametrize("password", ["short", "wang-12345678", "aaaaaaaaaaaa", "x" * 500])
def test_a_weak_password_is_refused_with_a_reason(password: str) -> None:
    assert weak(password, "wang").endswith("。")


def test_a_long_phrase_is_a_good_password() -> None:
    assert not weak("青山 绿水 2026 清风", "wang")


def test_a_session_ends_after_its_time_and_after_idleness() -> None:
    limits = Limits(whole=timedelta(hours=12), idle=timedelta(hours=2))
    session = Session(username="wang", created_at=ms(NOW), seen_at=ms(NOW), ends_at=ms(NOW + timedelta(hours=12)))
    assert alive(session, NOW + timedelta(minutes=119), limits)
    assert not alive(session, NOW + timedelta(hours=2), limits)
    busy = Session(username="wang", created_at=0, seen_at=ms(NOW + timedelta(hours=12)), ends_at=session.ends_at)
    assert not alive(busy, NOW + timedelta(hours=12), limits)


def test_what_is_stored_of_a_token_is_neither_the_token_nor_the_form_token() -> None:
    assert len({"secret", token_id("secret"), csrf_token("secret")}) == 3


async def test_who_signs_in_is_known_until_signing_out() -> None:
    made, store, password = await with_user()
    verdict, token = await made.sign_in(" Wang ", password, NOW)
    assert verdict.ok
    who = await made.who(token, NOW)
    assert who is not None
    assert who.username == "wang"
    assert token not in str(store.sessions)
    await made.sign_out(token, NOW)
    assert await made.who(token, NOW) is None


async def test_a_password_is_kept_only_as_an_argon2_hash() -> None:
    _, store, password = await with_user()
    kept = store.kept["wang"][0].password
    assert kept.startswith("$argon2id$")
    assert password not in kept


async def test_parallel_guesses_are_all_counted() -> None:
    made, store, password = await with_user()
    await asyncio.gather(*(made.sign_in("wang", f"guess-{n}", NOW) for n in range(FAILURES_ALLOWED)))
    assert store.kept["wang"][0].locked_until > ms(NOW)
    verdict, token = await made.sign_in("wang", password, NOW)
    assert (verdict.reason, token) == ("locked", "")


async def test_changing_the_password_ends_every_session() -> None:
    made, _, password = await with_user()
    _, token = await made.sign_in("wang", password, NOW)
    later = NOW + timedelta(minutes=1)
    await made.change_password("wang", password, "correct horse battery", later)
    assert await made.who(token, later) is None
    verdict, _ = await made.sign_in("wang", "correct horse battery", later)
    assert verdict.ok
    assert verdict.user is not None
    assert not verdict.user.must_change


async def test_a_wrong_old_password_changes_nothing() -> None:
    made, store, _ = await with_user()
    before = store.kept["wang"]
    with pytest.raises(Rejected, match="原密码"):
        await made.change_password("wang", "nonsense-nonsense", "correct horse battery", NOW)
    assert store.kept["wang"] == before


async def test_a_stopped_user_is_out_at_once() -> None:
    made, _, password = await with_user()
    await made.create(username="boss", name="管理", role="admin", by="", now=NOW)
    _, token = await made.sign_in("wang", password, NOW)
    await made.set_disabled("wang", disabled=True)
    assert await made.who(token, NOW) is None


async def test_the_last_admin_stays() -> None:
    made, _, _ = await with_user("admin")
    with pytest.raises(Rejected, match="管理员"):
        await made.set_role("wang", "officer")
    with pytest.raises(Rejected, match="管理员"):
        await made.set_disabled("wang", disabled=True)


async def test_a_reset_unlocks_and_asks_for_an_own_password() -> None:
    made, store, _ = await with_user()
    for _ in range(FAILURES_ALLOWED):
        await made.sign_in("wang", "guess-guess", NOW)
    password = await made.reset_password("wang", NOW)
    verdict, _ = await made.sign_in("wang", password, NOW)
    assert verdict.ok
    assert store.kept["wang"][0].must_change


@pytest.mark.parametrize(
    ("username", "name", "role"),
    [
        ("王", "王", "officer"),
        ("a", "王", "officer"),
        ("wang", "", "officer"),
        ("wang", "王", "king"),
        ("a/../b", "王", "officer"),
    ],
)
async def test_a_user_with_a_bad_name_or_role_is_not_made(username: str, name: str, role: str) -> None:
    made, store = accounts()
    with pytest.raises(Rejected):
        await made.create(username=username, name=name, role=role, by="admin", now=NOW)
    assert store.kept == {}


async def test_a_name_can_be_taken_once() -> None:
    made, _, _ = await with_user()
    with pytest.raises(Rejected, match="已被使用"):
        await made.create(username="wang", name="另一位", role="leader", by="admin", now=NOW)


def test_every_role_has_a_chinese_name() -> None:
    assert set(ROLES) == {"officer", "handler", "supervisor", "analyst", "leader", "admin"}
