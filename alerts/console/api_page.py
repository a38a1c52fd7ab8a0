"""接口: what programs may read and how, made from the API's own table; and which tokens there are."""

from __future__ import annotations

from starlette.responses import Response

from alerts.console.api_routes import API, BASE, OPENAPI
from alerts.console.open311 import OPEN311
from alerts.console.security import Asked
from alerts.console.view import page
from alerts.tokens import SCOPES
from streams.clock import ms


async def show(asked: Asked) -> Response:
    """Show every address of the API with its parameters, and the tokens."""
    wall = ms(asked.parts.wall.now())
    tokens = await asked.parts.tokens.list()
    return page(
        asked, "api.html", rows=API, open311=OPEN311, BASE=BASE, OPENAPI=OPENAPI, SCOPES=SCOPES,
        tokens=[(one, one.alive(wall)) for one in tokens],
    )  # fmt: skip
