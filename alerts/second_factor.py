"""A second factor for staff: codes of six digits that a phone makes from a shared secret and the time (RFC 6238).

A code fits in its own half minute and the ones beside it, since clocks differ, and only once: whoever saw it typed
can't use it again. The secret stands in the index of users: who may read that index could make codes.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime

import pyotp

from streams.clock import ms

STEP_MS = 30_000
BESIDE = 1
"""Steps before and after in which a code still fits (RFC 6238 §5.2 allows one for the way)."""
SECRET = re.compile(r"[A-Z2-7]{32}")
CODE = re.compile(r"\d{6}")


def fresh() -> str:
    """Return a new secret: 160 random bits, base32, as apps take it."""
    return pyotp.random_base32()


def passed(secret: str, code: str, now: datetime, used: int) -> int:
    """Return the step whose code this is, 0 if it fits none that is later than the last one `used`."""
    code = "".join(code.split())
    if not CODE.fullmatch(code) or not SECRET.fullmatch(secret):
        return 0
    maker, here = pyotp.TOTP(secret), ms(now) // STEP_MS
    fits = 0
    for step in range(here - BESIDE, here + BESIDE + 1):
        if hmac.compare_digest(maker.generate_otp(step), code) and step > used:
            fits = step
    return fits


def address(secret: str, username: str) -> str:
    """Return the address that opens an app on a phone."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Huiying")
