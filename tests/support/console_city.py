"""A console on a real Elasticsearch with one alert and people who act through its own forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from console_fakes import NOW, QUICK, parts, ready
from ledger_items import TABLE

from alerts.accounts import Accounts, ElasticAccounts, csrf_token
from alerts.alert import Alert, Sample
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE
from alerts.consultations import ConsultationService, StoreLink
from alerts.counts import ElasticCounts
from alerts.history import History
from alerts.ledgers import LedgerService
from alerts.outbox import Outbox
from alerts.policies import PolicyService
from alerts.replies import ReplyService
from alerts.rulebook_versions import ElasticVersions
from alerts.service import Service
from alerts.silences import ElasticSilences
from alerts.store import AlertStore, NoticeStore
from streams.clock import ManualClock, ms
from streams.elastic import Elastic
from streams.settings import ElasticSettings

AT = ms(NOW) - 1_800_000
ALERT = Alert(
    id="a1", rule="concern_grows", rule_title="集中反映", level="major", topic="城乡建设", county="620826",
    title="静宁县停水", reason="近2小时 57 条，界限 20 条", opened_at=AT, updated_at=AT, last_firing_at=AT,
    window_from=AT - 7_200_000, window_to=AT, value=57, bound=20, count=57, total=60, peak=57,
    samples=(Sample(id="s1", text="西关街停水〔电话〕<b>", source="weibo", posted_at=AT),), sources={"weibo": 57},
    consultation="proposed",
)  # fmt: skip


class Person:
    """Somebody at the console: a browser without a screen, and the token of his forms."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        token = csrf_token(self.client.cookies[COOKIE])
        return await self.client.post(path, data={**fields, "csrf": token})


@asynccontextmanager
async def city(settings: ElasticSettings) -> AsyncIterator[tuple[ConsoleParts, dict[str, Person]]]:
    """Yield a console with one alert, and an officer and a leader at it."""
    async with ready(settings) as elastic:
        given = _parts(elastic)
        await AlertStore(elastic).create(ALERT)
        app = make_app(given)
        people: dict[str, Person] = {}
        for username, role in (("wang", "officer"), ("li", "leader")):
            _, password = await given.accounts.create(username=username, name=username, role=role, by="", now=NOW)
            await given.accounts.change_password(username, password, "correct horse battery", NOW)
            _, token = await given.accounts.sign_in(username, "correct horse battery", NOW)
            people[username] = Person(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app), base_url="http://console", cookies={COOKIE: token}
                )
            )
        try:
            yield given, people
        finally:
            for person in people.values():
                await person.client.aclose()


def _parts(elastic: Elastic) -> ConsoleParts:
    store, history = AlertStore(elastic), History(elastic)
    ledger = LedgerService(elastic, history, TABLE)
    return parts(
        documents=elastic, accounts=Accounts(ElasticAccounts(elastic), hasher=QUICK), audit=history,
        alerts=Service((), ElasticCounts(elastic), store, Outbox(NoticeStore(elastic), ())),
        consultations=ConsultationService(elastic, history, StoreLink(store)),
        policies=PolicyService(elastic, history),
        ledger=ledger, replies=ReplyService(elastic, history, ledger),
        silences=ElasticSilences(elastic), rulebooks=ElasticVersions(elastic),
        clock=ManualClock(NOW), wall=ManualClock(NOW),
    )  # fmt: skip
