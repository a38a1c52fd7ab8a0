"""What each page of the console costs with a city's stock, beside a plain Elasticsearch query of the same.

python tests/bench/bench_pages.py [--posts 1000000] [--items 50000] [--users 50]

The console is the whole real one, wired as it runs, asked in its own process without a network: guard, session, reach,
record of the look, queries, template. First each page alone, in turns with its plain query (the list or the document
that it is about, and nothing else); then by so many users at once, each of whom opens one page after the other and
reads each for a while. The time of a page is from the request to the last byte.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import httpx  # noqa: E402 - the path is set above
import msgspec  # noqa: E402
from bench_chain import engines  # noqa: E402
from bench_search import PLACES, THINGS, fill  # noqa: E402
from bench_ticks import COUNTIES, NOW, SOURCES, TOPICS  # noqa: E402
from consultations import TO_ANSWER, TO_STATEMENT, a_consultation, after  # noqa: E402
from ledger_items import ACCEPT, ANSWER, ASSIGN, CLOSE, item  # noqa: E402
from ledger_items import after as after_items  # noqa: E402

from alerts.accounts import first_admin  # noqa: E402
from alerts.alert import Alert, Sample  # noqa: E402
from alerts.console.app import make_app  # noqa: E402
from alerts.console.parts import ConsoleParts  # noqa: E402
from alerts.console.routes import ROUTES  # noqa: E402
from alerts.console.security import COOKIE  # noqa: E402
from alerts.consultations import document  # noqa: E402
from alerts.ledgers import document as ledger_document  # noqa: E402
from alerts.matters import Event  # noqa: E402
from alerts.notices import Notice  # noqa: E402
from deploy.parts import Settings  # noqa: E402
from deploy.templates import index_templates  # noqa: E402
from deploy.wiring import console_parts, services  # noqa: E402
from streams.clock import ManualClock, SystemClock, from_ms  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.records import digest  # noqa: E402
from streams.topics import (  # noqa: E402
    ALERTS,
    CONSULTATIONS,
    EVENTS,
    HISTORY,
    INDICES,
    LEDGER,
    NOTICES,
    OPINIONS,
    PAGES,
    USERS,
    monthly,
    pattern,
)

HOUR, DAY = 3_600_000, 86_400_000
ROUNDS = 15
READ = 10.0
"""Seconds that a user looks at a page before he opens the next."""


def stock() -> Iterator[Op]:
    """Return what a city has beside posts: a year's alerts, notices, consultations, matters, books, and its history."""
    chance = random.Random(7)
    for n in range(3000):
        at = NOW - n * 3 * HOUR
        found = Alert(
            id=digest("alert", str(n)), rule="grows", rule_title="集中反映", level=chance.choice(("general", "larger")),
            topic=chance.choice(TOPICS), county=chance.choice(COUNTIES), title=f"{chance.choice(PLACES)}{n}",
            reason="近2小时 57 条，界限 20 条", state="firing" if n < 20 else "resolved", opened_at=at, updated_at=at,
            last_firing_at=at, resolved_at=0 if n < 20 else at + HOUR, window_from=at - 2 * HOUR, window_to=at,
            value=57, bound=20, count=57, total=60, peak=57, sources={"weibo": 50, "portal": 7},
            acknowledged_at=0 if n < 10 else at + 600_000, acknowledged_by="" if n < 10 else "admin",
            samples=tuple(
                Sample(id=f"{n}-{k}", text=chance.choice(THINGS), source="weibo", posted_at=at) for k in range(3)
            ),
        )  # fmt: skip
        yield Op(index=ALERTS.name, id=found.id, doc=msgspec.to_builtins(found))
        for k in range(3):
            notice = Notice(
                id=digest("notice", found.id, str(k)), alert=found.id, kind="opened", channel="console", state="sent",
                at=at, sent_at=at, tries=1, subject=found.title, lines=(found.reason,),
            )  # fmt: skip
            yield Op(index=NOTICES.name, id=notice.id, doc=msgspec.to_builtins(notice))
    running = after(a_consultation(), TO_STATEMENT)
    answered = after(a_consultation(), (*TO_STATEMENT, *TO_ANSWER))
    for n in range(300):
        given = running if n <= 20 else answered
        named = {"id": digest("consultation", str(n)), "title": f"{chance.choice(THINGS)}{n}"}
        yield Op(index=CONSULTATIONS.name, id=named["id"], doc=document(msgspec.structs.replace(given, **named)))
    for n in range(5000):
        event = Event(
            id=digest("event", str(n)), title=chance.choice(THINGS), terms=("停水", "水管"), weights=(2.0, 1.0),
            county=chance.choice(COUNTIES), first=NOW - DAY, last=NOW - n * 60_000, count=40, distinct=30,
            sources={"weibo": 40}, posts=tuple(digest("post", "bench", str(n * 40 + k)) for k in range(40)), decided=0,
            current=n < 200, at=NOW,
        )  # fmt: skip
        yield Op(index=EVENTS.name, id=event.id, doc=msgspec.to_builtins(event))
    for n in range(10_000):
        at = NOW - n * 60_000
        book = {"source": chance.choice(SOURCES), "topic": "posts.live", "received": 100, "stored": 99, "repeated": 1,
                "rejected": 0, "late": 0, "at": at}  # fmt: skip
        yield Op(index=monthly(PAGES, at), id=str(n), doc=book)
    for n in range(100_000):
        entry = {"seq": n + 1, "kind": "opinions.view", "subject": "opinions", "by": "admin", "at": NOW - DAY,
                 "data": {"query": {"q": "停水"}, "shown": 30, "ids": []}, "previous": "", "hash": str(n)}  # fmt: skip
        yield Op(index=HISTORY.name, id=str(n + 1), doc=entry)


def ledger(count: int) -> Iterator[Op]:
    """Return so many items of the ledger over a year, in every state from waiting to closed."""
    chance, ways = random.Random(3), [(), (ASSIGN,), (ASSIGN, ACCEPT), (ASSIGN, ACCEPT, ANSWER),
                                      (ASSIGN, ACCEPT, ANSWER, CLOSE)]  # fmt: skip
    kinds = [after_items(item(), way) for way in ways]
    for n in range(count):
        at = NOW - n * (365 * DAY // count)
        given = kinds[-1] if n > 2000 else chance.choice(kinds)
        one = msgspec.structs.replace(
            given, id=digest("item", str(n)), title=f"{chance.choice(PLACES)}{chance.choice(THINGS)}", received_at=at,
            posted_at=at, topic=chance.choice(TOPICS), county=chance.choice(COUNTIES), opinion_ids=(f"o{n}",),
            due=at + 5 * DAY,
        )  # fmt: skip
        yield Op(index=LEDGER.name, id=one.id, doc=ledger_document(one))


async def stored(elastic: Elastic, ops: Iterator[Op]) -> None:
    """Store them, and see that nothing was refused."""
    waiting: list[Op] = []
    for op in ops:
        waiting.append(op)
        if len(waiting) == 2000:
            await _sent(elastic, waiting)
            waiting = []
    await _sent(elastic, waiting)


async def _sent(elastic: Elastic, ops: list[Op]) -> None:
    for outcome in await elastic.bulk(ops) if ops else []:
        if not outcome.ok:
            raise SystemExit(f"{outcome.error}")


def pages() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return the pages: path, and the plain query (index, body) of what it is about."""
    alert, c, event = digest("alert", "3"), digest("consultation", "3"), digest("event", "3")
    post = digest("post", "bench", "3")
    newest: dict[str, Any] = {"size": 1000, "sort": [{"opened_at": "desc"}]}
    week = {"range": {"posted_at": {"gte": NOW - 7 * DAY, "format": "epoch_millis"}}}
    texts = {"query": week, "size": 30, "sort": [{"posted_at": "desc"}], "track_total_hits": True}
    one: dict[str, Any] = {"size": 1, "query": {"term": {"id": ""}}}
    own = {"台账": ("/ledger", LEDGER.name, {"size": 200, "sort": [{"due": "asc"}]})}
    named = digest("item", "3")
    own["台账一件"] = (f"/ledger/{named}", LEDGER.name, {**one, "query": {"term": {"id": named}}})
    return (own if any(row.path == "/ledger" for row in ROUTES) else {}) | {
        "值班台": ("/", ALERTS.name, newest),
        "预警": ("/alerts", ALERTS.name, newest),
        "预警详情": (f"/alerts/{alert}", ALERTS.name, {**one, "query": {"term": {"id": alert}}}),
        "舆情": ("/opinions", pattern(OPINIONS), texts),
        "舆情检索": ("/opinions?q=停水&span=7d", pattern(OPINIONS), {**texts, "query": {"bool": {"must": {
            "match_phrase": {"normal": "停水"}}, "filter": week}}}),
        "一条信息": (f"/opinions/{post}", pattern(OPINIONS), {**one, "query": {"term": {"id": post}}}),
        "事件": ("/matters", EVENTS.name, {"size": 200, "query": {"term": {"current": True}}}),
        "事件详情": (f"/matters/{event}", EVENTS.name, {**one, "query": {"term": {"id": event}}}),
        "会商": ("/consultations", CONSULTATIONS.name, {"size": 500, "sort": [{"opened_at": "desc"}]}),
        "会商详情": (f"/consultations/{c}", CONSULTATIONS.name, {**one, "query": {"term": {"id": c}}}),
        "政策": ("/policies", "policies", {"size": 500}),
        "静默": ("/silences", "silences", {"size": 500}),
        "报告": ("/reports", "reports", {"size": 500}),
        "死信": ("/dead-letters", "rejected-*", {"size": 50, "track_total_hits": True}),
        "系统": ("/system", f"{PAGES.name}-*", {"size": 0, "aggs": {"by": {"terms": {"field": "source"}}}}),
        "审计": ("/system/audit", HISTORY.name, {"size": 200, "sort": [{"seq": "desc"}]}),
        "用户": ("/system/users", USERS.name, {"size": 1000}),
        "接口": ("/system/api", "tokens", {"size": 1000}),
    }  # fmt: skip


async def timed(ask: Any) -> float:
    """Return the milliseconds that something takes."""
    start = time.perf_counter()
    answer = await ask
    taken = (time.perf_counter() - start) * 1000
    if isinstance(answer, httpx.Response) and answer.status_code != 200:
        raise SystemExit(f"{answer.request.url} answered {answer.status_code}")
    return taken


async def crowd(client: httpx.AsyncClient, users: int, known: dict[str, Any]) -> dict[str, list[float]]:
    """Let so many users open every page, each beginning at another one; return the times by page."""
    taken: dict[str, list[float]] = {title: [] for title in known}
    titles = list(known)

    async def user(number: int) -> None:
        await asyncio.sleep(READ * number / users)
        for title in titles[number % len(titles) :] + titles[: number % len(titles)]:
            taken[title].append(await timed(client.get(known[title][0])))
            await asyncio.sleep(READ)

    await asyncio.gather(*(user(number) for number in range(users)))
    return taken


async def table(elastic: Elastic, given: ConsoleParts, users: int) -> None:
    """Ask each page and its plain query, alone and by all; print."""
    made = await first_admin(elastic, SystemClock().now())
    assert made is not None
    wall = SystemClock()
    await given.accounts.change_password(*made, "four words in a row", wall.now())
    _, token = await given.accounts.sign_in(made[0], "four words in a row", wall.now())
    transport = httpx.ASGITransport(app=make_app(given))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://c", cookies={COOKIE: token}, timeout=60
    ) as client:
        known = pages()
        alone: dict[str, tuple[float, float]] = {}
        for title, (path, index, body) in known.items():
            mine, plain = [], []
            for _ in range(ROUNDS):
                mine.append(await timed(client.get(path)))
                plain.append(await timed(elastic.search(index, body)))
            alone[title] = (statistics.median(mine), statistics.median(plain))
        together = await crowd(client, users, known)
    print(f"{'page, median ms':20}{'alone':>8}{f'{users} users':>10}{'95 %':>8}{'plain query':>13}{'ratio':>7}")
    for title, (own, bare) in alone.items():
        times = sorted(together[title])
        late = times[int(len(times) * 0.95)]
        print(f"{title:20}{own:8.0f}{statistics.median(times):10.0f}{late:8.0f}{bare:13.1f}{own / bare:7.1f}")


async def measured(kafka: str, address: str, count: int, items: int, users: int) -> None:
    """Fill, ask, print, and take everything away again."""
    prefix = f"bench{secrets.token_hex(4)}-"
    settings = Settings({
        "HUIYING_ELASTICSEARCH": address, "HUIYING_ELASTICSEARCH_PREFIX": prefix, "HUIYING_KAFKA": kafka,
        "HUIYING_KAFKA_PREFIX": prefix,
    })  # fmt: skip
    async with services(settings) as parts:
        elastic = parts.elastic
        try:
            await elastic.install(index_templates())
            taken = await timed(asyncio.gather(fill(elastic, count), stored(elastic, chain(stock(), ledger(items)))))
            stock_ = f"{count:,} posts, {items:,} items of the ledger and a year's records"
            print(f"{stock_} stored in {taken / 1000:.0f} s", flush=True)
            for index in INDICES:
                await elastic.refresh(pattern(index))
            given = dataclasses.replace(console_parts(settings, parts), clock=ManualClock(from_ms(NOW)))
            await table(elastic, given, users)
        finally:
            for index in INDICES:
                await elastic.drop(pattern(index))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--users", type=int, default=50)
    args = parser.parse_args()
    with engines() as (kafka, address):
        asyncio.run(measured(kafka, address, args.posts, args.items, args.users))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
