"""死信: what could not be read, where it came from and why. The text itself is not kept."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from alerts.console import figures
from alerts.console.security import Asked
from alerts.console.view import page
from streams.records import REASONS, SOURCES

PER_PAGE = 50
PAGES_MOST = 200


def body(reason: str, source: str, number: int) -> dict[str, Any]:
    """Return the search for one page of dead letters, newest first; reasons and sources are counted beside."""
    chosen = [{"term": {name: value}} for name, value in (("reason", reason), ("source", source)) if value]
    return {
        "query": {"match_all": {}},
        "post_filter": {"bool": {"filter": chosen}},
        "aggs": {
            "reason": {"terms": {"field": "reason", "size": 30}},
            "source": {"terms": {"field": "source", "size": 30}},
        },
        "from": (number - 1) * PER_PAGE,
        "size": PER_PAGE,
        "sort": [{"at": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
    }


async def show(asked: Asked) -> Response:
    """Show dead letters, filtered by reason and source."""
    reason, source = asked.arg("reason"), asked.arg("source")
    wanted = asked.arg("page", 4)
    number = max(1, min(int(wanted), PAGES_MOST)) if wanted.isdecimal() else 1
    answer = await asked.parts.documents.search(figures.LETTER_INDEX, body(reason, source, number))
    total = int(answer["hits"]["total"]["value"])
    sources = [
        (b["key"], SOURCES.get(b["key"], b["key"]), int(b["doc_count"]))
        for b in answer.get("aggregations", {}).get("source", {}).get("buckets", [])
        if b["key"]
    ]
    return page(
        asked, "letters.html", rows=[hit["_source"] for hit in answer["hits"]["hits"]], total=total,
        reasons=figures.reasons(answer), sources=sources, reason=reason if reason in REASONS else "", source=source,
        number=number, pages=min(-(-total // PER_PAGE), PAGES_MOST),
    )  # fmt: skip
