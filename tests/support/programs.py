"""A program at the API of a city in memory, with a token that acts for somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from console_fakes import NOW
from reaching import a_city

from alerts.console.api_routes import BASE
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.tokens import SCOPES, Token


class OneToken:
    """A city with one token, whose text is `right`."""

    def __init__(self, person: str, *scopes: str) -> None:
        self.token = Token(
            id="0" * 12, name="hall", scopes=scopes or tuple(SCOPES), hash="", made_at=1, ends_at=2, person=person
        )

    async def who(self, text: str, now: Any) -> Token | None:
        del now
        return self.token if text == "right" else None


@asynccontextmanager
async def program(role: str, *scopes: str, nobody: bool = False, **who: Any) -> AsyncIterator[Program]:
    """Yield a program whose token acts for somebody of a role, or for nobody."""
    given = a_city(tokens=OneToken("" if nobody else "zhao", *scopes))
    await given.accounts.create(username="zhao", role=role, by="", now=NOW, **{"name": "赵明", **who})
    transport = httpx.ASGITransport(app=make_app(given))
    headers = {"authorization": "Bearer right"}
    async with httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers) as client:
        yield Program(client, given)


class Program:
    """A program at the API."""

    def __init__(self, client: httpx.AsyncClient, given: ConsoleParts) -> None:
        self.client, self.given = client, given

    async def get(self, path: str) -> Any:
        answer = await self.client.get(BASE + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, version: str = "", **body: Any) -> httpx.Response:
        headers = {"if-match": f'"{version}"'} if version else {}
        return await self.client.post(BASE + path, json=body, headers=headers)

    @property
    def lines(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        return [line for line in self.given.audit.lines if not line[0].endswith(".view")]  # type: ignore[attr-defined]
