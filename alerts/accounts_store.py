"""Where users and sessions are kept: the promise, and Elasticsearch keeping it."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from typing import Any, Protocol

import msgspec
from argon2 import PasswordHasher

from alerts.accounts_users import Session, User
from streams.clock import ms
from streams.elastic import Elastic, Version
from streams.errors import Conflict
from streams.topics import SESSIONS, USERS


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
