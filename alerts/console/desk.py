"""值班台: what needs me now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from alerts.accounts_users import User
from alerts.alert import Alert
from alerts.console import figures
from alerts.console.api_ledger import within as its_reach
from alerts.console.charts import SMALL, Bar, columns
from alerts.console.language import county_name
from alerts.console.opinion_query import day_span
from alerts.console.parts import ConsoleParts, Health
from alerts.console.permissions import allowed
from alerts.console.reply_forms import waiting
from alerts.console.security import Asked
from alerts.console.view import page
from alerts.console.words import DAY, HOUR, MINUTE, ago
from alerts.consultation_view import clocks
from alerts.gaps import gap_words, overlapping
from alerts.handover import Handover
from alerts.reach import by_units, limited, sees_alert, sees_consultation
from streams.clock import from_ms
from streams.errors import HuiyingError
from streams.topics import CHECKPOINTS, GAPS

WATCH_QUIET = 5 * MINUTE
"""After so long without an evaluation (they come every few seconds) the watcher counts as stopped."""
LEVEL_ORDER = {"major": 0, "larger": 1, "general": 2}


def watching(answer: Mapping[str, Any], now: int, *, demo: bool) -> Health:
    """Say whether the watcher still evaluates the rules: without it no alert comes, and nobody would notice.

    answer: the search for its checkpoint; in the demo an hour passes in seconds, so more is allowed.
    """
    name, hits = "规则巡查", answer["hits"]["hits"]
    if not hits:
        return Health(name, well=False, text="还没有运行过，不会产生预警；请联系系统管理员运行 huiying watch。")
    last = int(hits[0]["_source"]["position"])
    said = f"最近一次 {ago(last, now)}"
    if now - last > (6 * HOUR if demo else WATCH_QUIET):
        return Health(name, well=False, text=f"{said}，已停止，不会产生预警；请联系系统管理员。")
    return Health(name, well=True, text=said)


async def checked(parts: ConsoleParts, now: int) -> list[Health]:
    """Ask every engine how it is, and the watcher; one that raises is not well."""

    async def one(check: Any) -> Health:
        try:
            async with asyncio.timeout(5):
                health: Health = await check()
                return health
        except (HuiyingError, TimeoutError, OSError) as error:
            return Health(getattr(check, "title", "系统组件"), well=False, text=f"连接不上：{type(error).__name__}")

    async def watch() -> Health:
        body = {"size": 1, "query": {"term": {"what": "watch"}}, "sort": [{"position": "desc"}]}
        return watching(await parts.documents.search(CHECKPOINTS.name, body), now, demo=parts.demo)

    watch.title = "规则巡查"  # type: ignore[attr-defined]
    return list(await asyncio.gather(*(one(check) for check in (*parts.checks, watch))))


def unsigned(alert: Alert, now: int) -> bool:
    """Say whether an alert still wants a signature: it fires, or was over before anybody signed, within a day."""
    over = alert.state == "resolved" and not alert.acknowledged_at and now - alert.updated_at < DAY
    return alert.state == "firing" or over


def within(body: dict[str, Any], user: User) -> dict[str, Any]:
    """Return a search for texts that keeps to a person's counties, and finds none for who is limited to departments."""
    if by_units(user):
        return {**body, "query": {"match_none": {}}}
    near = [{"terms": {"county": list(user.counties)}}] if user.counties else []
    return {**body, "query": {"bool": {"filter": [body.get("query", {"match_all": {}}), *near]}}} if near else body


async def _unsigned_shifts(asked: Asked) -> Sequence[Handover]:
    """Return the handovers that are not signed in time, for who may see the whole desk."""
    if asked.parts.handovers is None or limited(asked.who) or not allowed(asked.who.role, "duty"):
        return []
    found: Sequence[Handover] = await asked.parts.handovers.late(asked.now)
    return found


async def show(asked: Asked) -> Response:
    """Show unsigned alerts, proposed consultations, clocks that run out, and how the system is."""
    parts, now = asked.parts, asked.now
    since, until = day_span(from_ms(now))
    standing, over, consultations, today, fresh, letters, health, gaps, replies, shifts, ledger = await asyncio.gather(
        parts.alerts.open(),
        parts.alerts.unsigned(now - DAY),
        parts.consultations.list(),
        parts.documents.search(figures.OPINION_INDEX, within(figures.today_body(since, until), asked.who)),
        parts.pulses(now),
        parts.documents.search(figures.LETTER_INDEX, figures.letters_body(now)),
        checked(parts, now),
        parts.documents.search(GAPS.name, overlapping(since, until)),
        parts.replies.standing(waiting(asked.who)),
        _unsigned_shifts(asked),
        parts.ledger.standing(its_reach(asked.who), now),
    )
    consultations = [c for c in consultations if sees_consultation(asked.who, c)]
    known = {a.id: a for a in (*standing, *over)}  # one that ended meanwhile is in both
    alerts = [a for a in known.values() if sees_alert(asked.who, a, consultations)]
    firing = sorted(
        (a for a in alerts if unsigned(a, now)),
        key=lambda a: (LEVEL_ORDER.get(a.level, 9), a.opened_at),
    )
    signed = (a for a in alerts if a.state == "acknowledged")
    working = sorted(signed, key=lambda a: -a.updated_at)
    proposed = [a for a in alerts if a.consultation == "proposed"]
    running = ((c, clock) for c in consultations if c.open for clock in clocks(c, now) if not clock.met)
    limits = sorted(running, key=lambda pair: pair[1].due)
    day = today.get("aggregations", {}).get("today", {})
    hours = [Bar(int(b["key"]), int(b["doc_count"])) for b in day.get("hours", {}).get("buckets", [])]
    return page(
        asked, "desk.html", firing=firing, working=working[:8], proposed=proposed,
        clocks=limits[:8], consulting=sum(c.open for c in consultations), today_count=int(day.get("doc_count", 0)),
        urgent_count=int(day.get("urgent", {}).get("doc_count", 0)),
        before_count=int(today.get("aggregations", {}).get("before", {}).get("doc_count", 0)),
        chart=columns(hours, title="今日来信（按小时）", shape=SMALL) if any(b.value for b in hours) else None,
        topics=[(b["key"], b["doc_count"]) for b in day.get("topics", {}).get("buckets", [])],
        sources=figures.sources(fresh), reasons=figures.reasons(letters),
        letters=int(letters["hits"]["total"]["value"]), health=health, county_name=county_name, since=since,
        gaps=gap_words(gaps), replies_waiting=sum(replies.get(one, 0) for one in ("reviewing", "signing")),
        handovers=shifts, ledger=ledger,
    )  # fmt: skip
