"""Who signs in, as values: roles, a user with his reach, a session; and the plain decisions about them.

`judge`, `weak` and `alive` are functions of values and `now`. Only staff are here. Nobody who writes to the city has an
account, an id or a name in Huiying.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from streams.clock import beijing, ms
from streams.errors import Rejected

ROLES: dict[str, str] = {
    "officer": "值班员", "handler": "部门承办人", "supervisor": "督办员", "analyst": "分析员", "leader": "领导",
    "admin": "管理员",
}  # fmt: skip
FAILURES_ALLOWED = 5
"""Wrong passwords in a row before the account is locked (OWASP ASVS 2.2.1 asks for a limit; five is usual)."""
LOCKED_FOR = timedelta(minutes=15)
PASSWORD_LEAST = 10
"""Characters; length counts more than kinds of characters (NIST SP 800-63B §5.1.1)."""
PASSWORD_MOST = 200
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
SEEN_EVERY_MS = 60_000
TRIES = 5


RECUSALS_MOST = 200
UNITS_MOST = 20
UNIT_LONG = 40


class Recusal(Struct, frozen=True, kw_only=True):
    """回避: that a user keeps out of a matter, or (`cleared`) that who is named in it is somebody else; at: ms UTC."""

    subject: str
    reason: str
    by: str
    at: int
    cleared: bool = False


class User(Struct, frozen=True, kw_only=True):
    """A member of staff who signs in; times are ms UTC, 0 for never.

    password: an Argon2id hash; sessions_after: sessions begun before have ended, since the password was changed;
    second: the secret of the second factor, "" for none; second_step: the half minute of its last code;
    units, counties: how far he reaches (`alerts.reach`), empty for the whole city; outside: who he is at the city's
    identity provider, "" for the same name; recusals: matters he keeps out of.
    """

    username: str
    name: str
    role: str
    password: str
    created_at: int
    created_by: str = ""
    disabled: bool = False
    must_change: bool = False
    failures: int = 0
    locked_until: int = 0
    signed_in_at: int = 0
    sessions_after: int = 0
    second: str = ""
    second_step: int = 0
    units: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    outside: str = ""
    recusals: tuple[Recusal, ...] = ()


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in session, stored under the hash of its token; times are ms UTC of the machine's own clock.

    outside: begun by the identity provider, so the first password here need not be changed.
    """

    username: str
    created_at: int
    seen_at: int
    ends_at: int
    outside: bool = False


@dataclass(frozen=True)
class Judgement:
    """Whether a sign-in is let through, why not, and the user as he must be stored."""

    ok: bool
    reason: str
    text: str
    user: User | None


@dataclass(frozen=True)
class Limits:
    """How long a session lasts in all, and without being used."""

    whole: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=120)


def judge(user: User | None, *, right: bool, now: datetime) -> Judgement:
    """Decide on a sign-in, given whether the password was right; the text is Chinese, for the person at the form.

    reason: ok, unknown, locked, wrong, locking (this failure locks the account) or disabled.
    """
    same = "用户名或密码不正确。"
    if user is None:
        return Judgement(False, "unknown", same, None)
    if user.locked_until > ms(now):
        until = f"{beijing(user.locked_until):%H:%M}"
        text = f"连续输错次数过多，账号已锁定，请在 {until} 后再试，或请管理员重设密码。"
        return Judgement(False, "locked", text, None)
    if not right:
        failures = user.failures + 1
        if failures >= FAILURES_ALLOWED:
            until_ms = ms(now + LOCKED_FOR)
            locked = msgspec.structs.replace(user, failures=0, locked_until=until_ms)
            minutes = int(LOCKED_FOR.total_seconds() // 60)
            return Judgement(False, "locking", f"连续输错 {failures} 次，账号锁定 {minutes} 分钟。", locked)
        return Judgement(False, "wrong", same, msgspec.structs.replace(user, failures=failures))
    if user.disabled:
        return Judgement(False, "disabled", "账号已停用，请联系管理员。", None)
    fresh = msgspec.structs.replace(user, failures=0, locked_until=0, signed_in_at=ms(now))
    return Judgement(True, "ok", "", fresh)


def weak(password: str, username: str) -> str:
    """Return why a password is too weak, in Chinese, or nothing if it will do."""
    if len(password) < PASSWORD_LEAST:
        return f"密码至少 {PASSWORD_LEAST} 个字符。"
    if len(password) > PASSWORD_MOST:
        return f"密码不能超过 {PASSWORD_MOST} 个字符。"
    if username and username in password.lower():
        return "密码不能包含用户名。"
    if len(set(password)) < 5:
        return "密码太简单，请使用更多不同的字符。"
    return ""


def known_as(users: Sequence[User], name: str) -> User | None:
    """Return who somebody is here by what the identity provider calls him, or nothing; never two.

    Who has an 外部标识 is known by it alone; the others by a username that is the same.
    """
    return next((one for one in users if one.outside == name), None) or next(
        (one for one in users if not one.outside and one.username == name.lower()), None
    )


def units_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return departments' names, trimmed, each once; Rejected, in Chinese, for too many or too long a name."""
    units = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(units) > UNITS_MOST or any(len(unit) > UNIT_LONG for unit in units):
        raise Rejected("field_type", f"单位最多 {UNITS_MOST} 个，每个不超过 {UNIT_LONG} 字。")
    return units


def alive(session: Session, now: datetime, limits: Limits) -> bool:
    """Say whether a session still holds: neither past its end, nor idle for too long."""
    at = ms(now)
    return at < session.ends_at and at - session.seen_at < ms_of(limits.idle)


def ms_of(span: timedelta) -> int:
    """Return a span in whole milliseconds."""
    return round(span.total_seconds() * 1000)


def token_id(token: str) -> str:
    """Return the id a session is stored under: what is stored can't be used to sign in."""
    return hashlib.sha256(b"session\0" + token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """Return the form token that belongs to a cookie: who can't read the cookie can't make it."""
    return hashlib.sha256(b"csrf\0" + token.encode()).hexdigest()
