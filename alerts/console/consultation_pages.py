"""会商: the list, one consultation with its clocks and its record, and each allowed move as a form."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console.security import Asked
from alerts.console.view import page


async def listing(asked: Asked) -> Response:
    """Show consultations, open ones first."""
    return page(asked, "consultations.html", rows=await asked.parts.consultations.list())


async def detail(asked: Asked) -> Response:
    """Show one consultation."""
    return page(asked, "consultations.html", rows=[])


async def move(asked: Asked) -> Response:
    """Make one move."""
    return page(asked, "consultations.html", rows=[])
