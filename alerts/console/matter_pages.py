"""事件: posts on one thing as one matter: the list, one matter and why it is one, merging and splitting."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console import gates
from alerts.console.charts import WIDE, Bar, columns
from alerts.console.language import county_name
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.matters import Event
from alerts.reach import covers
from streams.errors import Rejected
from streams.topics import OPINIONS, pattern

SHOWN = 100
"""Texts of a matter shown on its page, the newest."""
DAY = 86_400_000


def _near(asked: Asked, event: Event) -> bool:
    """Say whether a matter is within the reach of who asks."""
    return covers(asked.who, event.county, ())


async def listing(asked: Asked) -> Response:
    """Show the matters that people wrote about lately, each with its terms, place, time and counts."""
    found = [one for one in await asked.parts.matters.list() if _near(asked, one)] if asked.parts.matters else []
    return page(asked, "matters.html", rows=found, county_name=county_name)


async def detail(asked: Asked) -> Response:
    """Show one matter."""
    return await _detail(asked)


async def _detail(asked: Asked, error: str = "") -> Response:
    event: Event | None = await asked.parts.matters.get(asked.path("id")) if asked.parts.matters else None
    if event is None:
        return bare("没有这个事件", "它可能已并入另一个事件。", 404, back="/matters", back_text="返回事件列表")
    step = DAY if event.last - event.first > 3 * DAY else DAY // 24
    body = {
        "size": SHOWN,
        "query": {"terms": {"id": list(event.posts)}},
        "sort": [{"posted_at": "desc"}, {"id": "asc"}],
        "_source": ["id", "title", "text", "posted_at", "source", "place", "county"],
        "aggs": {"time": {"date_histogram": {"field": "posted_at", "fixed_interval": f"{step}ms", "min_doc_count": 0}}},
    }
    answer = await asked.parts.documents.search(pattern(OPINIONS), body)
    rows = [hit["_source"] for hit in answer["hits"]["hits"]]
    await asked.saw("matters.view", event.id, [row["id"] for row in rows])
    buckets = answer.get("aggregations", {}).get("time", {}).get("buckets", [])[-120:]
    bars = [Bar(int(one["key"]), int(one["doc_count"])) for one in buckets]
    title = f"按{'天' if step == DAY else '小时'}计数，共{event.count}条"
    others = [one for one in await asked.parts.matters.list() if one.id != event.id and _near(asked, one)]
    made = [one for one in await asked.parts.matters.decisions() if set(one.posts) & set(event.posts)]
    return page(
        asked, "matter.html", 400 if error else 200, e=event, rows=rows, others=others, made=made, error=error,
        chart=columns(bars, title=title, shape=WIDE), county_name=county_name, typed=asked.form, shown=SHOWN,
        terms=list(zip(event.terms, event.weights, strict=True)),
    )  # fmt: skip


async def merge(asked: Asked) -> Response:
    """Make this matter and another one."""
    identity, other = asked.path("id"), asked.form.get("other", "")
    if why := await gates.matter(asked.parts, asked.who, other, acts=True):
        return await _detail(asked, why)
    try:
        await asked.parts.matters.merge(
            [identity, other], by=asked.who.username, reason=asked.form.get("reason", ""),
            now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, refused.detail)
    return onward(f"/matters/{identity}?done=regrouped")


async def split(asked: Asked) -> Response:
    """Take some texts out of this matter into one of their own."""
    identity = asked.path("id")
    try:
        await asked.parts.matters.split(
            identity, asked.form.all("post"), by=asked.who.username, reason=asked.form.get("reason", ""),
            now=asked.parts.clock.now(),
        )  # fmt: skip
    except Rejected as refused:
        return await _detail(asked, refused.detail)
    return onward(f"/matters/{identity}?done=regrouped")
