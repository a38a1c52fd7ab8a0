"""系统: are the engines well, do the books balance, how fresh are the sources."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from alerts.console import figures
from alerts.console.desk import checked
from alerts.console.security import Asked
from alerts.console.view import page
from alerts.console.words import MINUTE


async def show(asked: Asked) -> Response:
    """Show the engines, the books per source and in all, and each source's freshness."""
    documents, now = asked.parts.documents, asked.now
    counted, fresh, health = await asyncio.gather(
        documents.search(figures.PAGE_INDEX, figures.books_body()),
        documents.search(figures.OPINION_INDEX, figures.freshness_body(now)),
        checked(asked.parts, now),
    )
    books = figures.books(counted)
    quiet = asked.parts.settings.console_source_quiet_minutes * MINUTE
    return page(
        asked, "system.html", books=books, total=figures.total(books), health=health,
        sources=figures.freshness(fresh, now, quiet),
    )  # fmt: skip
