"""People who sign in: roles, Argon2 passwords, lockout, sessions.

Decisions (`judge`, `weak`, `alive`) are plain functions of values and `now`; `Accounts` loads, decides and saves.
Only staff are here. Nobody who writes to the city has an account, an id or a name in Huiying.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from alerts.second_factor import passed
from streams.clock import beijing, ms
from streams.elastic import Elastic, Version
from streams.errors import Conflict, Rejected
from streams.topics import SESSIONS, USERS

ROLES: dict[str, str] = {"officer": "值班员", "analyst": "分析员", "leader": "领导", "admin": "管理员"}
FAILURES_ALLOWED = 5
"""Wrong passwords in a row before the account is locked (OWASP ASVS 2.2.1 asks for a limit; five is usual)."""
LOCKED_FOR = timedelta(minutes=15)
PASSWORD_LEAST = 10
"""Characters; length counts more than kinds of characters (NIST SP 800-63B §5.1.1)."""
PASSWORD_MOST = 200
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
SEEN_EVERY_MS = 60_000
TRIES = 5


class User(Struct, frozen=True, kw_only=True):
    """A member of staff who signs in; times are ms UTC, 0 for never.

    password: an Argon2id hash; sessions_after: sessions begun before have ended, since the password was changed;
    second: the secret of the second factor, "" for none; second_step: the half minute of its last code.
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


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in session, stored under the hash of its token; times are ms UTC of the machine's own clock."""

    username: str
    created_at: int
    seen_at: int
    ends_at: int


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


class AccountStore(Protocol):
    """Where users and sessions are kept; `Conflict` if a user to create exists or a version has moved on."""

    async def user(self, username: str) -> tuple[User, Version] | None:
        """Return a user with its version, or nothing."""
        ...

    async def users(self) -> list[User]:
        """Return all users, by username."""
        ...

    async def create(self, user: User) -> None:
        """Store a new user; Conflict if the username is taken."""
        ...

    async def put(self, user: User, version: Version) -> None:
        """Store a changed user; Conflict if somebody else changed it first."""
        ...

    async def session(self, key: str) -> Session | None:
        """Return the session stored under a token's hash, or nothing."""
        ...

    async def put_session(self, key: str, session: Session) -> None:
        """Store a session under its token's hash."""
        ...


class ElasticAccounts:
    """Users and sessions in Elasticsearch."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def user(self, username: str) -> tuple[User, Version] | None:
        """Return a user with its version, or nothing."""
        found = await self._elastic.get(USERS.name, username)
        return None if found is None else (msgspec.convert(found.source, User), found.version)

    async def users(self) -> list[User]:
        """Return all users (a city office has fewer than a thousand), by username."""
        found = await self._elastic.search(
            USERS.name, {"size": 1000, "sort": [{"username": "asc"}], "query": {"match_all": {}}}
        )
        return [msgspec.convert(hit["_source"], User) for hit in found["hits"]["hits"]]

    async def create(self, user: User) -> None:
        """Store a new user; Conflict if the username is taken."""
        await self._elastic.create(USERS.name, user.username, msgspec.to_builtins(user), refresh=True)

    async def put(self, user: User, version: Version) -> None:
        """Store a changed user; Conflict if somebody else changed it first."""
        doc: dict[str, Any] = msgspec.to_builtins(user)
        await self._elastic.put(USERS.name, user.username, doc, version=version, refresh=True)

    async def session(self, key: str) -> Session | None:
        """Return the session stored under a token's hash, or nothing."""
        found = await self._elastic.get(SESSIONS.name, key)
        return None if found is None else msgspec.convert(found.source, Session)

    async def put_session(self, key: str, session: Session) -> None:
        """Store a session under its token's hash."""
        await self._elastic.put(SESSIONS.name, key, msgspec.to_builtins(session))


class Accounts:
    """Sign in, stay signed in, sign out; make and change users. Every method takes `now` of the machine's own clock."""

    def __init__(
        self, store: AccountStore, *, limits: Limits | None = None, hasher: PasswordHasher | None = None
    ) -> None:
        """Keep the store; two passwords at most are checked at a time, since each takes 64 MiB and a core."""
        self._store = store
        self._limits = limits or Limits()
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._turn = asyncio.Semaphore(2)

    async def sign_in(self, username: str, password: str, now: datetime, code: str = "") -> tuple[Judgement, str]:
        """Judge a sign-in; return the judgement and, if it is let through, the new session's token (else empty)."""
        username = username.strip().lower()
        for _ in range(TRIES):
            found = await self._store.user(username) if USERNAME.fullmatch(username) else None
            right = await self._matches(found[0].password if found else self._nobody, password)
            user = found[0] if found else None
            if user is not None and user.second and right:
                step = passed(user.second, code, now, user.second_step)
                right, user = bool(step), msgspec.structs.replace(user, second_step=step or user.second_step)
            verdict = judge(user, right=right, now=now)
            if found is not None and verdict.user is not None:
                try:
                    await self._store.put(verdict.user, found[1])
                except Conflict:
                    continue  # another attempt was counted first: judge again on what it left
            if not verdict.ok:
                return verdict, ""
            token = secrets.token_urlsafe(32)
            at = ms(now)
            session = Session(username=username, created_at=at, seen_at=at, ends_at=at + ms_of(self._limits.whole))
            await self._store.put_session(token_id(token), session)
            return verdict, token
        raise Conflict("同一账号正在被多处登录，请稍后再试。")

    async def who(self, token: str, now: datetime, *, seen: bool = True) -> User | None:
        """Return who is signed in with a token, or nothing; a page asked for (`seen`) counts as being there."""
        if not token:
            return None
        key = token_id(token)
        session = await self._store.session(key)
        if session is None or not alive(session, now, self._limits):
            return None
        found = await self._store.user(session.username)
        if found is None or found[0].disabled or session.created_at < found[0].sessions_after:
            return None
        if seen and ms(now) - session.seen_at > SEEN_EVERY_MS:
            await self._store.put_session(key, msgspec.structs.replace(session, seen_at=ms(now)))
        return found[0]

    async def sign_out(self, token: str, now: datetime) -> None:
        """End a session."""
        session = await self._store.session(token_id(token))
        if session is not None:
            await self._store.put_session(token_id(token), msgspec.structs.replace(session, ends_at=ms(now)))

    async def users(self) -> list[User]:
        """Return all users, by username."""
        return await self._store.users()

    async def create(self, *, username: str, name: str, role: str, by: str, now: datetime) -> tuple[User, str]:
        """Make a user with a random password, to be changed at the first sign-in; return both.

        Raises Rejected with a Chinese reason for a bad username, name or role, or a username that is taken.
        """
        username, name = username.strip().lower(), name.strip()
        if not USERNAME.fullmatch(username):
            raise Rejected("field_type", "用户名须以小写字母开头，只含小写字母、数字、点、横线，2 至 32 个字符。")
        if not name or len(name) > 40 or role not in ROLES:
            raise Rejected("field_missing", "请填写姓名（40 字以内）并选择角色。")
        password = secrets.token_urlsafe(12)
        user = User(
            username=username, name=name, role=role, password=await self._hash(password),
            created_at=ms(now), created_by=by, must_change=True,
        )  # fmt: skip
        try:
            await self._store.create(user)
        except Conflict as error:
            raise Rejected("field_type", f"用户名 {username} 已被使用。") from error
        return user, password

    async def change_password(self, username: str, old: str, new: str, now: datetime) -> None:
        """Change one's own password and end all sessions; Rejected if the old one is wrong or the new one weak."""
        found = await self._store.user(username)
        if found is None or not await self._matches(found[0].password, old):
            raise Rejected("field_type", "原密码不正确。")
        if why := weak(new, username):
            raise Rejected("field_type", why)
        if old == new:
            raise Rejected("field_type", "新密码不能与原密码相同。")
        hashed = await self._hash(new)
        at = ms(now)
        await self._change(
            username, lambda u: msgspec.structs.replace(u, password=hashed, must_change=False, sessions_after=at)
        )

    async def reset_password(self, username: str, now: datetime) -> str:
        """Give a user a new random password, unlock the account, end its sessions and its second factor; return it."""
        password = secrets.token_urlsafe(12)
        hashed = await self._hash(password)
        await self._change(
            username,
            lambda u: msgspec.structs.replace(
                u, password=hashed, must_change=True, failures=0, locked_until=0, sessions_after=ms(now), second=""
            ),
        )
        return password

    async def set_role(self, username: str, role: str) -> User:
        """Give a user another role; Rejected if there is no such role, or no other admin would be left."""
        if role not in ROLES:
            raise Rejected("field_type", "没有这个角色。")
        if role != "admin":
            await self._keep_an_admin(username)
        return await self._change(username, lambda user: msgspec.structs.replace(user, role=role))

    async def set_disabled(self, username: str, *, disabled: bool) -> User:
        """Stop or reopen an account; a stopped one is signed out at once. Rejected if no admin would be left."""
        if disabled:
            await self._keep_an_admin(username)
        return await self._change(username, lambda user: msgspec.structs.replace(user, disabled=disabled))

    async def set_second(self, username: str, secret: str, step: int) -> User:
        """Switch the second factor on with a secret, or off with none; `step` is that of the code just used."""
        return await self._change(username, lambda u: msgspec.structs.replace(u, second=secret, second_step=step))

    async def _keep_an_admin(self, leaving: str) -> None:
        users = await self._store.users()
        if not any(u.role == "admin" and not u.disabled and u.username != leaving for u in users):
            raise Rejected("field_type", "至少要保留一名可用的管理员。")

    async def _change(self, username: str, change: Callable[[User], User]) -> User:
        for _ in range(TRIES):
            found = await self._store.user(username)
            if found is None:
                raise Rejected("field_missing", f"没有用户 {username}。")
            user = change(found[0])
            try:
                await self._store.put(user, found[1])
            except Conflict:
                continue
            return user
        raise Conflict("这个账号正在被别人修改，请稍后再试。")

    async def _hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._turn:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password[: PASSWORD_MOST + 1])
            except (VerificationError, InvalidHashError):
                return False


async def first_admin(elastic: Elastic, now: datetime) -> tuple[str, str] | None:
    """Create the first user, `admin`, with a random password, if there is no user yet; return both, or nothing.

    The password is shown once, by whoever called, and must be changed at the first sign-in: a terminal keeps what it
    showed. Only its hash is kept. Two calls at once create one user.
    """
    store = ElasticAccounts(elastic)
    if await store.users():
        return None
    password = secrets.token_urlsafe(12)
    hashed = await asyncio.to_thread(PasswordHasher().hash, password)
    user = User(
        username="admin", name="管理员", role="admin", password=hashed, created_at=ms(now), must_change=True
    )  # fmt: skip
    try:
        await store.create(user)
    except Conflict:
        return None
    return user.username, password
