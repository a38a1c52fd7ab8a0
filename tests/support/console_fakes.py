"""Parts of the console that live in memory: they keep the promises that `tests/contract/test_console.py` holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from memory_versions import MemoryVersions
from msgspec.structs import replace

from alerts.accounts import Accounts, Session, User
from alerts.alert_search import AlertPage, AlertSearch, paged
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE
from alerts.ledgers import Standing
from streams.clock import ManualClock
from streams.elastic import Elastic, Version
from streams.errors import Conflict, Unavailable
from streams.settings import ElasticSettings

TEMPLATES = Path(__file__).parents[2] / "deploy" / "index_templates"
NOW = datetime(2026, 5, 12, 1, 30, tzinfo=UTC)
"""09:30 in Beijing."""
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 as weak as it goes, so that tests are quick."""


class MemoryAccounts:
    """Users and sessions in dictionaries, with versions as the real store has."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[User, int]] = {}
        self.sessions: dict[str, Session] = {}

    async def user(self, username: str) -> tuple[User, Version] | None:
        found = self.kept.get(username)
        return None if found is None else (found[0], Version(seq_no=found[1], primary_term=1))

    async def users(self) -> list[User]:
        return [self.kept[name][0] for name in sorted(self.kept)]

    async def create(self, user: User) -> None:
        if user.username in self.kept:
            raise Conflict(user.username)
        self.kept[user.username] = (user, 0)

    async def put(self, user: User, version: Version) -> None:
        if self.kept[user.username][1] != version.seq_no:
            raise Conflict(user.username)
        self.kept[user.username] = (user, version.seq_no + 1)

    async def session(self, key: str) -> Session | None:
        return self.sessions.get(key)

    async def put_session(self, key: str, session: Session) -> None:
        self.sessions[key] = session


class NoDocuments:
    """An index without documents, or one that can't be reached."""

    def __init__(self) -> None:
        self.down = False
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.down:
            raise Unavailable("Elasticsearch: no answer")
        self.asked.append((index, body))
        return {"hits": {"total": {"value": 0}, "hits": []}}

    async def count(self, index: str, query: Mapping[str, Any]) -> int:
        return (await self.search(index, query))["hits"]["total"]["value"] or 0


class MemoryAudit:
    """The history as a list."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, Mapping[str, Any]]] = []

    async def append(self, kind: str, subject: str, by: str, at: datetime, data: Mapping[str, Any]) -> None:
        assert at.tzinfo is not None
        self.lines.append((kind, subject, by, dict(data)))

    async def latest(self, *, kind: str = "", size: int = 200) -> list[Any]:
        del kind, size
        return []

    def kinds(self) -> list[str]:
        return [kind for kind, *_ in self.lines]


class Nothing:
    """Alerts, consultations and reports of a city where nothing has happened yet."""

    rules: tuple[Any, ...] = ()

    async def alerts(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def open(self) -> list[Any]:
        return await self.alerts(state="firing")

    async def unsigned(self, since: int) -> list[Any]:
        del since
        return await self.alerts(state="resolved")

    async def find(self, asked: AlertSearch) -> AlertPage:
        return paged([replace(one, mode=asked.mode) for one in await self.alerts()], asked)

    async def alert(self, _: str) -> None:
        return None

    async def latest(self, kind: str = "") -> list[Any]:
        del kind
        return []

    async def report(self, _: str) -> None:
        return None

    async def get(self, _: str) -> None:
        return None

    async def reading(self, _: str) -> None:
        return None

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def standing(self, *_: Any) -> Standing:
        return Standing(total=0, states={}, unanswered=0, overdue=0, soon=0, key=0, late=0)


class NoReplies(Nothing):
    """A ledger that nobody has answered yet."""

    async def of(self, item: str) -> list[Any]:
        return await self.list(item)

    async def standing(self, *_: Any) -> Any:
        return {}


class NoLetters:
    """A city without dead letters."""

    async def letter(self, letter_id: str) -> None:
        del letter_id

    async def content(self, letter_id: str) -> tuple[dict[str, str], str]:
        return {}, letter_id

    async def replay(self, letter_id: str, changes: Mapping[str, str], *, by: str, now: datetime) -> str:
        return f"{letter_id} {changes} {by} {now}"

    async def dismiss(self, letter_id: str, *, by: str, note: str, now: datetime) -> None:
        del letter_id, by, note, now

    async def hold(self) -> None:
        return None

    async def resume(self, now: datetime) -> bool:
        return now is None


class NoSearches:
    """A city where nobody has kept a search or corrected a label."""

    async def list(self, role: str) -> list[Any]:
        del role
        return []

    async def get(self, search: str) -> None:
        del search

    async def of(self, posts: Sequence[str]) -> dict[str, Any]:
        del posts
        return {}


class NoTokens:
    """A city that no program reads."""

    async def who(self, text: str, now: datetime) -> None:
        del text, now

    async def list(self) -> list[Any]:
        return []


async def no_pulses(_now: int) -> list[Any]:
    """Nothing is connected."""
    return []


def parts(**changed: Any) -> ConsoleParts:
    """Return parts of an empty city, at 09:30 in Beijing."""
    given: dict[str, Any] = {
        "documents": NoDocuments(),
        "accounts": Accounts(MemoryAccounts(), hasher=QUICK),
        "audit": MemoryAudit(),
        "alerts": Nothing(),
        "consultations": Nothing(),
        "ledger": Nothing(),
        "replies": NoReplies(),
        "policies": Nothing(),
        "reviews": Nothing(),
        "silences": Nothing(),
        "rulebooks": MemoryVersions(),
        "reports": Nothing(),
        "letters": NoLetters(),
        "searches": NoSearches(),
        "corrections": NoSearches(),
        "tokens": NoTokens(),
        "pulses": no_pulses,
        "clock": ManualClock(NOW),
        "wall": ManualClock(NOW),
    }
    return ConsoleParts(**{**given, **changed})


@asynccontextmanager
async def ready(settings: ElasticSettings) -> AsyncIterator[Elastic]:
    """Yield the gateway to a real Elasticsearch, with our templates installed."""
    async with Elastic(settings) as elastic:
        await elastic.install({path.stem: json.loads(path.read_text("utf-8")) for path in TEMPLATES.glob("*.json")})
        yield elastic


@asynccontextmanager
async def browser(given: ConsoleParts | None = None, role: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Yield a browser without a screen, signed in with a role if one is named."""
    given = given or parts()
    app = make_app(given)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://console", headers={"sec-fetch-site": "same-origin"}
    ) as client:
        if role:
            _, password = await given.accounts.create(username="wang", name="王", role=role, by="", now=NOW)
            await given.accounts.change_password("wang", password, "correct horse battery", NOW)
            verdict, token = await given.accounts.sign_in("wang", "correct horse battery", NOW)
            assert verdict.ok
            client.cookies.set(COOKIE, token)
        yield client
