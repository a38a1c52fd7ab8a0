"""The second factor: which codes fit, once, and what sign-in makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from console_fakes import NOW, QUICK, MemoryAccounts
from hypothesis import given
from hypothesis import strategies as st

from alerts import second_factor
from alerts.accounts import FAILURES_ALLOWED, Accounts

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
WORDS = "correct horse battery"
# RFC 6238 appendix B (SHA-1, the last six digits)
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert second_factor.passed(SECRET, code, datetime.fromtimestamp(seconds, UTC), 0) == seconds // 30


@pytest.mark.parametrize(("late", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_fits_half_a_minute_early_or_late_and_no_more(late: int, fits: bool) -> None:
    at = datetime.fromtimestamp(1111111109, UTC)
    assert bool(second_factor.passed(SECRET, VECTORS[1111111109], at + timedelta(seconds=late), 0)) == fits


def test_a_code_fits_once() -> None:
    at = datetime.fromtimestamp(59, UTC)
    step = second_factor.passed(SECRET, "287082", at, 0)
    assert second_factor.passed(SECRET, "287082", at, step) == 0
    assert second_factor.passed(SECRET, "287 082", at, step - 1) == step


@given(st.text(max_size=12))
def test_whatever_is_typed_is_judged(code: str) -> None:
    at = datetime.fromtimestamp(59, UTC)
    assert bool(second_factor.passed(SECRET, code, at, 0)) == (
        "".join(code.split()) in {pyotp.TOTP(SECRET).generate_otp(step) for step in (0, 1, 2)}
    )


async def with_second() -> Accounts:
    accounts = Accounts(MemoryAccounts(), hasher=QUICK)
    _, first = await accounts.create(username="wang", name="王", role="officer", by="", now=NOW)
    await accounts.change_password("wang", first, WORDS, NOW)
    await accounts.set_second("wang", SECRET, 0)
    return accounts


async def test_who_has_a_second_factor_signs_in_with_both_and_with_each_code_once() -> None:
    accounts, code = await with_second(), pyotp.TOTP(SECRET).at(NOW)
    for password, given_ in ((WORDS, ""), (WORDS, "000000"), ("wrong", code)):
        assert not (await accounts.sign_in("wang", password, NOW, given_))[0].ok
    assert (await accounts.sign_in("wang", WORDS, NOW, code))[0].ok
    assert not (await accounts.sign_in("wang", WORDS, NOW, code))[0].ok


async def test_guessing_codes_locks_the_account_as_guessing_passwords_does() -> None:
    accounts = await with_second()
    for _ in range(FAILURES_ALLOWED):
        verdict, _ = await accounts.sign_in("wang", WORDS, NOW, "000000")
    assert verdict.reason == "locking"
    assert not (await accounts.sign_in("wang", WORDS, NOW, pyotp.TOTP(SECRET).at(NOW)))[0].ok


async def test_a_reset_password_ends_the_second_factor() -> None:
    accounts = await with_second()
    password = await accounts.reset_password("wang", NOW)
    assert (await accounts.sign_in("wang", password, NOW))[0].ok
