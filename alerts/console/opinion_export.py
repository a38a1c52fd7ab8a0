"""舆情导出: what a search finds, as a file, up to a limit; written down before it is handed over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from alerts import exports
from alerts.answered import ANSWERS, words
from alerts.console import opinion_query as search
from alerts.console.language import county_name, intents, normal
from alerts.console.opinion_pages import asked_for, in_words
from alerts.console.security import Asked
from alerts.console.view import bare
from alerts.console.words import stamp
from streams.clock import beijing
from streams.records import SOURCES
from streams.topics import OPINIONS, pattern

BATCH = 1000
WORDS: Mapping[str, Callable[[Any], str]] = {
    "source": lambda key: SOURCES.get(key, key),
    "county": lambda code: county_name(code) if code else "",
    "intent": lambda key: intents().get(key, ""),
}


async def download(asked: Asked) -> Response:
    """Answer what a search finds as a file, in the order it is shown."""
    form = asked.path("form")
    if form not in exports.FORMS:
        return bare("没有这种格式", "可以导出 CSV、XLSX 或 JSONL。", 404, back="/opinions", back_text="返回舆情")
    ask, _ = asked_for(asked.request.query_params, asked.now, asked.who.counties)
    rows: list[dict[str, Any]] = []
    total, after = 0, None
    while len(rows) < exports.ROWS_MOST:
        answer = await asked.parts.documents.search(pattern(OPINIONS), batch(ask, after))
        hits = answer["hits"]["hits"]
        total = total or int(answer["hits"]["total"]["value"])
        found = [{**hit["_source"], "answer": words(hit["_source"], ask.now)} for hit in hits]
        rows += [exports.row(each, WORDS) for each in found]
        if len(hits) < BATCH:
            break
        after = hits[-1]["sort"]
    head = exports.Head(asked=named(ask, asked.now), at=asked.now, index=pattern(OPINIONS), total=total, rows=len(rows))
    said = {"query": in_words(ask), "form": form, "rows": len(rows), "total": total, "version": head.version}
    await asked.note("opinions.export", "opinions", said)
    data = await asyncio.to_thread(exports.MAKERS[form], head, rows)
    name = quote(f"舆情导出-{beijing(asked.now):%Y%m%d-%H%M}.{form}")
    return Response(
        data,
        media_type=exports.FORMS[form],
        headers={"content-disposition": f"attachment; filename=\"opinions.{form}\"; filename*=UTF-8''{name}"},
    )


def batch(ask: search.Ask, after: list[Any] | None) -> dict[str, Any]:
    """Return the search for the next rows, after the last one had."""
    body = {
        "query": search.query(ask, normal),
        "size": BATCH,
        "sort": search.ORDERS[ask.sort],
        "timeout": search.TIMEOUT,
        "track_total_hits": True,
        "_source": [*exports.COLUMNS, "answer_due"],
    }
    return body if after is None else {**body, "search_after": after}


def named(ask: search.Ask, now: int) -> Mapping[str, str]:
    """Return what was asked as people say it."""
    span = search.RANGES[ask.span]
    if ask.since or ask.until:
        span = f"{stamp(ask.since, 0) if ask.since else '最早'} 至 {stamp(ask.until or now, 0)}"
    return {
        "检索词": ask.understood or ask.text, "时间": span, "来源": SOURCES.get(ask.source, ask.source),
        "主题": ask.topic, "子主题": ask.subtopic, "区县": county_name(ask.county) if ask.county else "",
        "诉求": intents().get(ask.intent, ""), "紧急程度": search.URGENCIES.get(ask.urgent, ""),
        "答复与否": ANSWERS.get(ask.answer, ""), "事件": ask.event,
        "排序": search.SORTS[ask.sort],
    }  # fmt: skip
