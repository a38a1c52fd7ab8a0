"""预警: the list, one alert with all it rests on, and what a person does about it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.responses import Response

from alerts.alert import LEVELS, STATES, VERDICTS, Alert
from alerts.alert_search import UNSIGNED, AlertSearch, reach_of
from alerts.console import entrust_pages
from alerts.console.charts import Bar, columns
from alerts.console.language import county_name
from alerts.console.opinion_query import interval
from alerts.console.permissions import allowed
from alerts.console.security import Asked, local_path
from alerts.console.view import bare, onward, page
from alerts.console.words import DAY, HOUR, number, read_time
from alerts.escalation import ahead, posts
from alerts.gaps import gap_words, overlapping
from alerts.grading import GRADES
from alerts.notices import CHANNELS, SUPPRESSED
from alerts.notices import KINDS as OCCASIONS
from alerts.notices import STATES as NOTICE_STATES
from alerts.reach import by_units
from alerts.signature import HOW
from alerts.signing import owns
from streams.clock import beijing
from streams.errors import Rejected
from streams.topics import ALERTS, GAPS, NOTICES, OPINIONS, pattern

NOTE_MOST = 500
PER_PAGE, LAST_PAGE = 100, 100
"""How many alerts stand on a page, and the last page that is shown: Elasticsearch pages no further than 10,000."""
CONSULT: dict[str, str] = {"proposed": "建议会商", "declined": "不会商", "open": "已会商"}


OPENING: dict[str, str] = {key: name for key, name in GRADES.items() if key != "special"}
"""Grades that a consultation can be opened with; 特别重大 follows from the competent authority's document (regrade)."""


async def listing(asked: Asked) -> Response:
    """Show alerts, open ones first, filtered by state, level, county, consultation and words."""
    args = {name: asked.arg(name, 60) for name in ("state", "level", "consult", "county", "q", "mode")}
    led = await asked.parts.consultations.list() if by_units(asked.who) else ()
    given = asked.arg("page", 5)
    number = min(max(1, int(given)), LAST_PAGE) if given.isdecimal() else 1
    search = AlertSearch(
        mode="replay" if args["mode"] == "replay" else "live", state=args["state"], level=args["level"],
        consult=args["consult"], county=args["county"], text=args["q"], skip=(number - 1) * PER_PAGE, size=PER_PAGE,
        **reach_of(asked.who, led),
    )  # fmt: skip
    found, replayed = await asyncio.gather(
        asked.parts.alerts.find(search), asked.parts.documents.count(ALERTS.name, {"term": {"mode": "replay"}})
    )
    pages = min(LAST_PAGE, max(1, -(-found.total // PER_PAGE)))
    if number > pages:
        number = pages
        found = await asked.parts.alerts.find(replace(search, skip=(pages - 1) * PER_PAGE))
    return page(
        asked, "alerts.html", rows=found.rows, number=number, pages=pages, args=args, mode=search.mode,
        replayed=replayed,
        counts={key: found.states.get(key, 0) for key in STATES}, whole=sum(found.states.values()),
        unsigned=found.unsigned, UNSIGNED=UNSIGNED, counties=found.counties,
        LEVELS=LEVELS, STATES=STATES, CONSULT=CONSULT, county_name=county_name,
    )  # fmt: skip


def around(alert: Alert) -> tuple[int, int]:
    """Return the stretch a chart of an alert shows: its life and as much before, a day at least (ms UTC)."""
    start = alert.window_from or alert.opened_at
    end = max(alert.window_to, alert.last_firing_at, alert.opened_at) + HOUR
    return min(start, alert.opened_at) - max(DAY // 2, (end - start) // 2), end


def concern(alert: Alert) -> list[dict[str, Any]]:
    """Return the filters of an alert's concern: the parts of its key that are set."""
    parts: list[dict[str, Any]] = [
        {"term": {name: value}}
        for name, value in (("topic", alert.topic), ("county", alert.county), ("source", alert.source))
        if value
    ]
    return [*parts, {"terms": {"terms": alert.phrase.split()}}] if alert.phrase else parts


def search_link(alert: Alert) -> str:
    """Return the search that shows the texts behind an alert's figures."""
    args = {"q": alert.phrase, "topic": alert.topic, "county": alert.county, "source": alert.source}
    stretch = {
        "since": f"{beijing(alert.window_from):%Y-%m-%dT%H:%M}" if alert.window_from else "",
        "until": f"{beijing(alert.window_to):%Y-%m-%dT%H:%M}" if alert.window_to else "",
    }
    pairs = {**args, **stretch, "span": "own" if stretch["since"] else "7d"}
    return "/opinions?" + urlencode({key: value for key, value in pairs.items() if value})


def figure(value: float, bound: float) -> str:
    """Return an alert's figure in its rule's unit: a share where the bound is one, else a count."""
    return f"{value:.0%}" if 0 < bound < 1 else number(value)


async def detail(asked: Asked) -> Response:
    """Show one alert: why, figures, chart, sample texts (logged), notices, and what can be done."""
    return await _detail(asked, asked.path("id"))


async def _detail(asked: Asked, alert_id: str, *, error: str = "") -> Response:
    alert: Alert | None = await asked.parts.alerts.alert(alert_id)
    if alert is None:
        return _missing()
    since, until = around(alert)
    drawn, told, gaps = await asyncio.gather(
        asked.parts.documents.search(pattern(OPINIONS), _timeline(alert, since, until)),
        asked.parts.documents.search(NOTICES.name, notices_body(alert.id)),
        asked.parts.documents.search(GAPS.name, overlapping(since, until)),
    )
    bars = [
        Bar(int(b["key"]), int(b["doc_count"]), marked=int(b["key"]) >= alert.opened_at - HOUR and alert.opened_at > 0)
        for b in drawn.get("aggregations", {}).get("time", {}).get("buckets", [])
    ]
    fit = await entrust_pages.fit(asked.parts, alert) if allowed(asked.who.role, "alerts.handle") else ()
    rota = await asked.parts.duty.rota(asked.now) if alert.ladder and asked.parts.duty else ()
    if alert.samples:
        await asked.saw("alerts.view", alert.id, [sample.id for sample in alert.samples])
    return page(
        asked, "alert.html", 400 if error else 200, a=alert, error=error, county_name=county_name, OPENING=OPENING,
        chart=columns(bars, title=f"{alert.title}：同一关注点按时间的条数") if any(b.value for b in bars) else None,
        notices=[hit["_source"] for hit in told["hits"]["hits"]], link=search_link(alert), note_most=NOTE_MOST,
        VERDICTS=VERDICTS, HOW=HOW, mine=owns(alert, asked.who.username, asked.who.name),
        figure=figure, gaps=gap_words(gaps),
        NOTICE_STATES=NOTICE_STATES, CHANNELS=CHANNELS, OCCASIONS=OCCASIONS,
        SUPPRESSED=SUPPRESSED, fit=fit, posts=posts, ahead=ahead(alert, rota, asked.now),
    )  # fmt: skip


async def again(asked: Asked, alert_id: str, error: str) -> Response:
    """Show an alert once more, with why an act was refused."""
    return await _detail(asked, alert_id, error=error)


def _timeline(alert: Alert, since: int, until: int) -> dict[str, Any]:
    stretch = {"range": {"posted_at": {"gte": since, "lt": until, "format": "epoch_millis"}}}
    return {
        "size": 0,
        "query": {"bool": {"filter": [*concern(alert), stretch]}},
        "aggs": {
            "time": {
                "date_histogram": {
                    "field": "posted_at", "fixed_interval": interval(since, until), "min_doc_count": 0,
                    "extended_bounds": {"min": since, "max": until - 1},
                }
            }
        },
    }  # fmt: skip


def notices_body(alert_id: str) -> dict[str, Any]:
    """Return the search for an alert's notices, oldest first."""
    return {"size": 200, "query": {"term": {"alert": alert_id}}, "sort": [{"at": "asc"}, {"id": "asc"}]}


async def acknowledge(asked: Asked) -> Response:
    """Sign for an alert, with a note if there is one; from the desk one returns to the desk."""
    alert_id, note = asked.path("id"), asked.form.get("note", "")
    if len(note) > NOTE_MOST:
        return await _detail(asked, alert_id, error=f"备注不能超过 {NOTE_MOST} 字。")
    try:
        await asked.parts.alerts.acknowledge(alert_id, by=asked.who.username, note=note, now=asked.parts.clock.now())
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    await asked.note("alerts.acknowledge", alert_id, {"note": note})
    back = local_path(asked.form.get("back", "") or f"/alerts/{alert_id}")
    return onward(f"{back}{'&' if '?' in back else '?'}done=acknowledged")


async def renew(asked: Asked) -> Response:
    """Keep an alert in hand for another while."""
    alert_id, note = asked.path("id"), asked.form.get("note", "")[:NOTE_MOST]
    try:
        await asked.parts.alerts.renew(
            alert_id, by=asked.who.username, note=note, now=asked.parts.clock.now(), called=asked.who.name
        )
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    await asked.note("alerts.renew", alert_id, {"note": note})
    return onward(f"/alerts/{alert_id}?done=renewed")


async def take_over(asked: Asked) -> Response:
    """Take an alert out of somebody else's hands, with a reason; he is told."""
    alert_id, reason = asked.path("id"), asked.form.get("reason", "")[:NOTE_MOST]
    seen = asked.form.get("owner", "")
    alert: Alert | None = await asked.parts.alerts.alert(alert_id)
    try:
        await asked.parts.alerts.take_over(
            alert_id, by=asked.who.username, reason=reason, now=asked.parts.clock.now(), seen=seen
        )
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    await asked.note("alerts.take_over", alert_id, {"from": alert.acknowledged_by if alert else "", "reason": reason})
    return onward(f"/alerts/{alert_id}?done=taken")


async def judge(asked: Asked) -> Response:
    """Write down, with a reason, whether an alert was right, false or late."""
    alert_id, verdict, reason = asked.path("id"), asked.form.get("verdict", ""), asked.form.get("reason", "")
    try:
        await asked.parts.alerts.judge(
            alert_id, verdict, by=asked.who.username, reason=reason[:NOTE_MOST], now=asked.parts.clock.now()
        )
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    await asked.note("alerts.judge", alert_id, {"verdict": verdict, "reason": reason[:NOTE_MOST]})
    return onward(f"/alerts/{alert_id}?done=judged")


async def decline(asked: Asked) -> Response:
    """Write down, with a reason, that no consultation is held on an alert."""
    alert_id, reason = asked.path("id"), asked.form.get("reason", "")
    if not reason:
        return await _detail(asked, alert_id, error="请写明不会商的理由。")
    try:
        await asked.parts.alerts.decline_consultation(
            alert_id, by=asked.who.username, reason=reason, now=asked.parts.clock.now()
        )
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    await asked.note("alerts.decline", alert_id, {"reason": reason})
    return onward(f"/alerts/{alert_id}?done=declined")


async def consult(asked: Asked) -> Response:
    """Open a consultation on an alert: a named person confirms the grade, the reason, and when it was known."""
    alert_id, reason, grade = asked.path("id"), asked.form.get("reason", ""), asked.form.get("grade", "")
    known, occurred = read_time(asked.form.get("known_at", "")), read_time(asked.form.get("occurred_at", ""))
    if not reason or grade not in OPENING or known is None:
        return await _detail(asked, alert_id, error="请选择等级，写明理由和获知时间。")
    if known > asked.now or (occurred or 0) > asked.now:
        return await _detail(asked, alert_id, error="获知时间和发生时间不能晚于现在。")
    alert = await asked.parts.alerts.alert(alert_id)
    if alert is None:
        return _missing()
    try:
        opened = await asked.parts.consultations.open_from_alert(
            alert, by=asked.who.username, grade=grade, reason=reason, known_at=known, occurred_at=occurred or 0,
            now=asked.parts.clock.now(), role=asked.who.role, emergency=asked.form.get("emergency", "1") == "1",
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, alert_id, error=refused.detail)
    return onward(f"/consultations/{opened.id}?done=opened")


def _missing() -> Response:
    return bare("没有这条预警", "地址可能写错了。", 404, back="/alerts", back_text="返回预警列表")
