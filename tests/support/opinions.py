"""Invented opinions as the worker stores them, and a browser without a screen that looks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from console_fakes import NOW, QUICK, Nothing, parts

from alerts.accounts import Accounts, ElasticAccounts, first_admin
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE
from alerts.corrections import Corrections
from alerts.history import History
from alerts.saved_searches import SavedSearches
from alerts.tokens import Tokens
from streams.clock import ManualClock, ms
from streams.elastic import Elastic, Op
from streams.records import digest
from streams.topics import OPINIONS, monthly

AT = ms(NOW) - 3_600_000
"""An hour before the test's now."""


def opinion(number: int, text: str, **changed: Any) -> Op:
    """Return an invented opinion as the worker stores it."""
    identity = digest("post", "weibo", str(number))
    doc: dict[str, Any] = {
        "id": identity, "source": "weibo", "kind": "post", "title": "", "text": text, "normal": text.lower(),
        "posted_at": AT + number, "received_at": AT + number, "indexed_at": AT + number, "late": False,
        "sentiment": "neg", "topic": "城乡建设", "subtopic": "", "county": "620826", "place": "静宁县",
        "intent": "help", "urgent": False, "urgent_terms": [], "danger": False, "event_key": "停水", "likes": 0,
    }  # fmt: skip
    return Op(index=monthly(OPINIONS, AT), id=identity, doc={**doc, **changed})


@asynccontextmanager
async def signed_in(elastic: Elastic, **more: Any) -> AsyncIterator[tuple[httpx.AsyncClient, ConsoleParts]]:
    """Yield a browser without a screen, signed in as admin, on real parts."""
    fixed: dict[str, Any] = {"clock": ManualClock(NOW), **more}
    given = parts(
        documents=elastic, accounts=Accounts(ElasticAccounts(elastic), hasher=QUICK), audit=History(elastic),
        alerts=Nothing(), consultations=Nothing(), wall=ManualClock(NOW),
        tokens=Tokens(elastic), searches=SavedSearches(elastic), corrections=Corrections(elastic, History(elastic)),
        **fixed,
    )  # fmt: skip
    made = await first_admin(elastic, NOW)
    assert made is not None
    await given.accounts.change_password(*made, "four words in a row", NOW)
    _, token = await given.accounts.sign_in(made[0], "four words in a row", NOW)
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(transport=transport, base_url="http://console", cookies={COOKIE: token}) as client:
        yield client, given
