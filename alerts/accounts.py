"""People who sign in: Argon2 passwords, lockout, sessions. `Accounts` loads, decides and saves.

The values and decisions are in `accounts_users`, what keeps them in `accounts_store`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alerts.accounts_store import AccountStore, ElasticAccounts, first_admin
from alerts.accounts_users import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    PASSWORD_LEAST,
    PASSWORD_MOST,
    RECUSALS_MOST,
    ROLES,
    SEEN_EVERY_MS,
    TRIES,
    USERNAME,
    Judgement,
    Limits,
    Recusal,
    Session,
    User,
    alive,
    csrf_token,
    judge,
    known_as,
    ms_of,
    token_id,
    units_of,
    weak,
)
from alerts.second_factor import passed
from streams.clock import ms
from streams.errors import Conflict, Rejected

__all__ = [
    "FAILURES_ALLOWED", "LOCKED_FOR", "PASSWORD_LEAST", "ROLES", "AccountStore", "Accounts", "ElasticAccounts",
    "Judgement", "Limits", "Recusal", "Session", "User", "alive", "csrf_token", "first_admin", "judge", "token_id",
    "weak",
]  # fmt: skip


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
            return verdict, await self._session(username, now)
        raise Conflict("同一账号正在被多处登录，请稍后再试。")

    async def enter(self, name: str, now: datetime) -> tuple[Judgement, str]:
        """Begin a session for whom the identity provider calls by a name; the same answer as `sign_in`.

        Only for a user that is here and not stopped: nobody is made one, and no role is given. A lock after wrong
        passwords stays as it is: it guards the password, which was not used; a second factor is the provider's matter.
        """
        user = known_as(await self._store.users(), name)
        if user is None:
            return Judgement(False, "unknown", "您在本系统中还没有账号，请联系管理员。", None), ""
        if user.disabled:
            return Judgement(False, "disabled", "账号已停用，请联系管理员。", user), ""
        user = await self._change(user.username, lambda one: msgspec.structs.replace(one, signed_in_at=ms(now)))
        return Judgement(True, "ok", "", user), await self._session(user.username, now, outside=True)

    async def _session(self, username: str, now: datetime, *, outside: bool = False) -> str:
        token, at = secrets.token_urlsafe(32), ms(now)
        ends = at + ms_of(self._limits.whole)
        session = Session(username=username, created_at=at, seen_at=at, ends_at=ends, outside=outside)
        await self._store.put_session(token_id(token), session)
        return token

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
        return msgspec.structs.replace(found[0], must_change=False) if session.outside else found[0]

    async def sign_out(self, token: str, now: datetime) -> None:
        """End a session."""
        session = await self._store.session(token_id(token))
        if session is not None:
            await self._store.put_session(token_id(token), msgspec.structs.replace(session, ends_at=ms(now)))

    async def find(self, username: str) -> User | None:
        """Return one user, or nothing."""
        found = await self._store.user(username)
        return found[0] if found else None

    async def users(self) -> list[User]:
        """Return all users, by username."""
        return await self._store.users()

    async def create(
        self, *, username: str, name: str, role: str, by: str, now: datetime,
        units: Sequence[str] = (), counties: Sequence[str] = (),
    ) -> tuple[User, str]:  # fmt: skip
        """Make a user with a random password, to be changed at the first sign-in; return both.

        units, counties: how far he reaches (`alerts.reach`), empty for the whole city. Raises
        Rejected with a Chinese reason for a bad username, name or role, or a username that is taken.
        """
        username, name = username.strip().lower(), name.strip()
        if not USERNAME.fullmatch(username):
            raise Rejected("field_type", "用户名须以小写字母开头，只含小写字母、数字、点、横线，2 至 32 个字符。")
        if not name or len(name) > 40 or role not in ROLES:
            raise Rejected("field_missing", "请填写姓名（40 字以内）并选择角色。")
        password = secrets.token_urlsafe(12)
        user = User(
            username=username, name=name, role=role, password=await self._hash(password),
            created_at=ms(now), created_by=by, must_change=True, units=units_of(units), counties=tuple(counties),
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

    async def set_reach(self, username: str, *, units: Sequence[str], counties: Sequence[str]) -> User:
        """Limit a user to departments and counties, empty for none; Rejected if a department's name is too long."""
        named = units_of(units)
        return await self._change(
            username, lambda user: msgspec.structs.replace(user, units=named, counties=tuple(counties))
        )

    async def set_outside(self, username: str, outside: str) -> User:
        """Say who a user is at the city's identity provider, "" for who has the same name there."""
        outside = outside.strip()
        if len(outside) > 200 or any(one.outside == outside and one.username != username for one in await self.users()
                                     if outside):
            raise Rejected("field_type", "这个外部标识太长，或已属于另一名用户。")
        return await self._change(username, lambda user: msgspec.structs.replace(user, outside=outside))

    async def recuse(self, username: str, recusal: Recusal) -> User:
        """Write down that a user keeps out of a matter, or that he is not who is named in it; the last word counts."""

        def change(user: User) -> User:
            others = tuple(one for one in user.recusals if one.subject != recusal.subject)
            return msgspec.structs.replace(user, recusals=(*others, recusal)[-RECUSALS_MOST:])

        return await self._change(username, change)

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
