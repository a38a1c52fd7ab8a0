"""已存检索: searches kept by name, and the rule that can be drafted from one."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from alerts.console import opinion_query as search
from alerts.console.language import normal
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page, query
from alerts.saved_searches import made, rule_draft
from streams.clock import from_ms
from streams.errors import Rejected
from streams.topics import OPINIONS, pattern


async def keep(asked: Asked) -> Response:
    """Keep a search under a name, for the own role or for all."""
    form = asked.form
    given = {key: value for key, value in form.items() if key not in {"name", "for", "csrf"}}
    ask = search.read(given, from_ms(asked.now))
    role = "" if form.get("for") == "all" else asked.who.role
    try:
        one = made(form.get("name", ""), role, ask.args(), asked.now)
    except Rejected as refused:
        return bare("没有保存", refused.detail, 400, back=query("/opinions", ask.args()), back_text="返回检索")
    await asked.note("searches.kept", one.id, {"name": one.name, "role": one.role, "asked": one.asked})
    await asked.parts.searches.keep(one)
    return onward(query("/opinions", {**one.asked, "done": "kept"}))


async def detail(asked: Asked) -> Response:
    """Show a kept search and the draft of a rule made from it."""
    one = await asked.parts.searches.get(asked.path("id"))
    if one is None or one.role not in {"", asked.who.role}:
        return bare("没有这个已存检索", "它可能已被删除。", 404, back="/opinions", back_text="返回舆情")
    ask = search.read({**one.asked, "span": "30d", "since": "", "until": ""}, from_ms(asked.now))
    ask = replace(ask, reach=asked.who.counties)
    body = {
        "size": 0,
        "timeout": search.TIMEOUT,
        "query": search.query(ask, normal),
        "aggs": {"time": {"date_histogram": {"field": "posted_at", "fixed_interval": "2h", "min_doc_count": 1}}},
    }
    found = await asked.parts.documents.search(pattern(OPINIONS), body)
    buckets = found.get("aggregations", {}).get("time", {}).get("buckets", [])
    busiest = max((int(bucket["doc_count"]) for bucket in buckets), default=0)
    return page(asked, "search.html", one=one, draft=rule_draft(one, busiest), busiest=busiest)


async def remove(asked: Asked) -> Response:
    """Show a kept search no more."""
    one = await asked.parts.searches.get(asked.path("id"))
    if one is not None and one.role in {"", asked.who.role}:
        await asked.note("searches.removed", one.id, {"name": one.name})
        await asked.parts.searches.remove(one.id)
    return onward("/opinions?done=removed")
