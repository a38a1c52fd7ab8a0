"""系统: are the engines well, do the books balance, how fresh are the sources."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from alerts.console import figures
from alerts.console.desk import checked
from alerts.console.security import Asked
from alerts.console.view import page
from alerts.console.words import DAY
from alerts.gaps import gap_words, overlapping
from streams.topics import GAPS


async def show(asked: Asked) -> Response:
    """Show the engines, the books per source and in all, and each source's freshness."""
    documents, now = asked.parts.documents, asked.now
    counted, fresh, health, gaps = await asyncio.gather(
        documents.search(figures.PAGE_INDEX, figures.books_body()),
        asked.parts.pulses(now),
        checked(asked.parts, now),
        documents.search(GAPS.name, overlapping(now - 30 * DAY, now)),
    )
    books = figures.books(counted)
    return page(
        asked, "system.html", books=books, total=figures.total(books), health=health,
        sources=figures.sources(fresh), gaps=gap_words(gaps),
    )  # fmt: skip
