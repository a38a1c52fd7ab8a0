"""A city in memory: two counties with an alert and a consultation each, and people who reach one, both or neither."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec
import review_examples
from console_fakes import NOW, QUICK, MemoryAccounts, MemoryAudit, parts
from consultations import TO_ANSWER, TO_STATEMENT, a_consultation, after
from ledger_items import ACCEPT, ASSIGN, MemoryLedger, item
from ledger_items import after as after_items
from memory_alerts import MemoryAlerts, MemoryNotices, MemorySilences
from memory_counts import MemoryCounts
from memory_elastic import MemoryElastic

from alerts.accounts import Accounts, csrf_token
from alerts.alert import Alert, Sample
from alerts.appraisal import read_weights
from alerts.console.app import make_app
from alerts.console.parts import ConsoleParts
from alerts.console.security import COOKIE
from alerts.consultation import Consultation
from alerts.consultation_moves import make
from alerts.fields import refusal
from alerts.history import History
from alerts.inspection import opened
from alerts.inspections import InspectionService, document
from alerts.ledger import Item
from alerts.outbox import Outbox
from alerts.replies import ReplyService
from alerts.reports.store import Listed
from alerts.service import Service
from streams.clock import ms
from streams.errors import Conflict

JINGNING, ZHUANGLANG = "620826", "620825"
AT = ms(NOW) - 1_800_000


class MemoryConsultations:
    """Consultations as they stand; held to the real ones by `tests/contract/test_reach.py`."""

    def __init__(self, *kept: Consultation) -> None:
        self.kept = {one.id: one for one in kept}

    async def get(self, id: str) -> Consultation | None:  # noqa: A002 - as the real one
        return self.kept.get(id)

    async def list(self, *, open_only: bool = False, limit: int = 500) -> Sequence[Consultation]:
        return [one for one in self.kept.values() if one.open or not open_only][:limit]

    async def move(
        self, id: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,  # noqa: A002
        seen: int | None = None,
    ) -> Consultation:  # fmt: skip
        before = self.kept.get(id)
        if before is None:
            raise refusal("没有这份会商记录。")
        if seen is not None and seen != before.revision:
            raise Conflict("moved on")
        self.kept[id] = make(before, move, by=by, role=role, data=data, now=now)
        return self.kept[id]


class Reports:
    """A day's report, and one on each consultation."""

    def __init__(self) -> None:
        made: dict[str, Any] = {"title": "报告", "subtitle": "", "summary": "", "mark": "", "version": 1, "made_at": 1}
        days = [("r0", "daily", "2026-05-11"), ("x", "daily", "2026-05-10")]
        rows = [*days, ("r1", "minutes", "c1"), ("r2", "special", "c2")]
        self.kept = {one: Listed(id=one, kind=kind, period=period, **made) for one, kind, period in rows}
        self.made: list[tuple[str, str]] = []

    async def latest(self, kind: str = "") -> list[Listed]:
        return [one for one in self.kept.values() if kind in {"", one.kind}]

    async def report(self, identity: str) -> Listed | None:
        return self.kept.get(identity)

    async def make(self, kind: str, period: str, now: Any) -> Listed:
        del now
        self.made.append((kind, period))
        return self.kept["r1"]


def the_items() -> Iterator[Item]:
    """Yield an item that 静宁县水务局 handles, and one of 庄浪县 that nobody has yet."""
    yield msgspec.structs.replace(after_items(item(), (ASSIGN, ACCEPT)), id="l1")
    yield msgspec.structs.replace(item(id_="o2", county=ZHUANGLANG), id="l2")


def an_alert(identity: str, county: str, consultation: str = "", **changed: Any) -> Alert:
    """Return an invented alert of a county."""
    fields: dict[str, Any] = {
        "id": identity, "rule": "grows", "rule_title": "集中反映", "level": "major", "topic": "供水", "county": county,
        "title": f"供水预警{identity}", "reason": "近2小时 57 条，界限 20 条", "opened_at": AT, "updated_at": AT,
        "last_firing_at": AT, "window_from": AT - 7_200_000, "window_to": AT, "value": 57, "bound": 20, "count": 57,
        "total": 60, "peak": 57, "consultation": consultation,
        "samples": (Sample(id=f"s-{identity}", text=f"{identity}停水三天了", source="weibo", posted_at=AT),),
    }  # fmt: skip
    return Alert(**{**fields, **changed})


def a_city(**changed: Any) -> ConsoleParts:
    """Return parts with an alert and a consultation in each of two counties; the first is led by 静宁县水务局."""
    store = MemoryAlerts()
    for alert in (an_alert("a1", JINGNING, "c1"), an_alert("a2", ZHUANGLANG, "c2"), an_alert("a3", "")):
        store.rows[alert.id] = (alert, 0)
    first = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER[:1]))
    second = a_consultation(id="c2", title="庄浪县停暖", alert_ids=("a2",), county=ZHUANGLANG)
    given: dict[str, Any] = {
        "alerts": Service((), MemoryCounts(), store, Outbox(MemoryNotices(), [])),
        "consultations": MemoryConsultations(first, second), "audit": MemoryAudit(),
        "silences": MemorySilences(), "reviews": review_examples.reviews(), "ledger": MemoryLedger(*the_items()),
        "accounts": Accounts(MemoryAccounts(), hasher=QUICK),
    }  # fmt: skip
    given |= changed
    elastic: Any = MemoryElastic()
    weights = read_weights("")
    found: dict[str, Any] = {
        "unit": "静宁县水务局", "finding": "wrong_fact", "where": "门户", "at": AT, "text": "停水三天了的答复有误",
    }  # fmt: skip
    seen = msgspec.structs.replace(opened("reading", found, weights, by="sun", role="admin", now=NOW), id="x")
    elastic.kept["inspections"] = {"x": (document(seen), 1)}
    given.setdefault("inspections", InspectionService(elastic, History(elastic), weights))
    given.setdefault("replies", ReplyService(elastic, History(elastic), given["ledger"]))
    return parts(**given)


@asynccontextmanager
async def at_the_console(given: ConsoleParts, role: str, **who: Any) -> AsyncIterator[Person]:
    """Yield somebody of a role, signed in; who: name, units, counties."""
    username = who.pop("username", "zhao")
    made = {"name": "赵明", **who}
    _, password = await given.accounts.create(username=username, role=role, by="", now=NOW, **made)
    await given.accounts.change_password(username, password, "four words in a row", NOW)
    _, token = await given.accounts.sign_in(username, "four words in a row", NOW)
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(transport=transport, base_url="http://console", cookies={COOKIE: token}) as client:
        yield Person(client)


class Person:
    """Somebody at the console."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        return await self.client.post(path, data={**fields, "csrf": csrf_token(self.client.cookies[COOKIE])})

