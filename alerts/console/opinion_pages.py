"""舆情: searching the stored texts. What is shown is masked, without author, and each look is logged."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from alerts.answered import ANSWERS, words
from alerts.console import opinion_query as search
from alerts.console.charts import WIDE, Bar, columns
from alerts.console.language import counties, county_name, intents, normal, same, topics
from alerts.console.opinion_reasons import reasons
from alerts.console.security import Asked
from alerts.console.view import page
from alerts.console.words import marked
from alerts.corrections import LABELS, choices
from alerts.exports import ROWS_MOST
from alerts.gaps import gap_words, overlapping
from analyzers.masking import mask
from streams.clock import from_ms
from streams.topics import GAPS, OPINIONS, pattern


def asked_for(params: Mapping[str, str], now: int, reach: tuple[str, ...] = ()) -> tuple[search.Ask, bool]:
    """Return what an address asks, without personal data, and whether some was taken out of its words.

    reach: the counties of who asks, empty for the whole city.

    Stored texts are masked, so a telephone number would find nothing; nor may it stand in a record.
    """
    ask = replace(search.read(params, from_ms(now)), reach=reach)
    clean = mask(ask.text)
    return (replace(ask, text=re.sub("〔[^〕]*〕", " ", clean.text).strip()), True) if clean.kinds else (ask, False)


def in_words(ask: search.Ask) -> dict[str, Any]:
    """Return a search as it is written down: what was asked, of what time."""
    return {**ask.args(), "span": search.RANGES[ask.span]}


async def show(asked: Asked) -> Response:
    """Show the search form, a page of texts that match, and what they are about."""
    ask, hidden = asked_for(asked.request.query_params, asked.now, asked.who.counties)
    documents = asked.parts.documents
    answer, (since, until) = await asyncio.gather(
        documents.search(pattern(OPINIONS), search.body(ask, normal)), _stretch(asked, ask)
    )
    hits = answer["hits"]["hits"]
    total = int(answer["hits"]["total"]["value"])
    found = [hit["_source"] for hit in hits]
    ids = [each["id"] for each in found]
    if hits:
        # logged before it is shown: what can't be written is not seen
        await asked.note("opinions.view", "opinions", {
            "query": in_words(ask), "page": ask.page, "shown": len(hits), "ids": ids,
        })  # fmt: skip
    why, drawn, gaps, saved, corrected = await asyncio.gather(
        asyncio.to_thread(reasons, found),
        documents.search(pattern(OPINIONS), search.timeline(ask, normal, since, until)),
        documents.search(GAPS.name, overlapping(since, until)),
        asked.parts.searches.list(asked.who.role),
        asked.parts.corrections.of(ids),
    )
    rows = [
        {**each, **more, "answered": words(each, ask.now), "shown": marked(each["text"], ask.phrases, same)}
        for each, more in zip(found, why, strict=True)
    ]
    return page(
        asked, "opinions.html", ask=ask, rows=rows, total=total, chart=_chart(drawn, total) if total else None,
        args=ask.args(), facets={name: search.shares(answer, name) for name in search.FACETS},
        urgencies={"1": _count(answer, "urgent"), "danger": _count(answer, "danger")}, hidden=hidden,
        answers={name: _count(answer, name) for name in ANSWERS}, ANSWERS=ANSWERS,
        feeling=search.feeling(answer),
        events=int(answer.get("aggregations", {}).get("events", {}).get("by", {}).get("value", 0)),
        pages=min(-(-total // search.PER_PAGE), search.PAGES_MOST), RANGES=search.RANGES,
        SORTS=search.SORTS, URGENCIES=search.URGENCIES, COUNTIES=counties(),
        TOPICS=topics(), INTENTS=intents(), county_name=county_name, least=search.GROUP_LEAST,
        gaps=gap_words(gaps), saved=saved, export_most=ROWS_MOST, corrected=corrected, LABELS=LABELS, choices=choices,
    )  # fmt: skip


def _chart(drawn: dict[str, Any], total: int) -> Markup:
    buckets = drawn.get("aggregations", {}).get("time", {}).get("buckets", [])
    bars = [Bar(int(b["key"]), int(b["doc_count"])) for b in buckets]
    return columns(bars, title=f"符合条件的信息按时间分布，共{total}条", shape=WIDE)


def _count(answer: dict[str, Any], name: str) -> int:
    return int(answer.get("aggregations", {}).get(name, {}).get("doc_count", 0))


async def _stretch(asked: Asked, ask: search.Ask) -> tuple[int, int]:
    """Return the stretch a chart must cover: the asked one, or from the first text to the last."""
    if ask.since and ask.until:
        return ask.since, ask.until
    body = {
        "size": 0,
        "query": search.query(ask, normal),
        "aggs": {"first": {"min": {"field": "posted_at"}}, "last": {"max": {"field": "posted_at"}}},
    }
    found = (await asked.parts.documents.search(pattern(OPINIONS), body)).get("aggregations", {})
    first, last = found.get("first", {}).get("value"), found.get("last", {}).get("value")
    since = ask.since or int(first or asked.now)
    return since, ask.until or max(int(last or asked.now) + 1, asked.now if ask.since else 0)
