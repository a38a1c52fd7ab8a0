"""Files of the console itself, and whether it runs at all."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response

from alerts.console.security import Asked
from alerts.console.view import bare, content

TYPES: dict[str, str] = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


async def static(asked: Asked) -> Response:
    """Answer one of our own static files, by name from the folder's own list."""
    name = asked.path("name")
    kind = TYPES.get(name[name.rfind(".") :] if "." in name else "")
    try:
        data = content(name) if kind else b""
    except KeyError:
        data = b""
    if not data:
        return bare("没有这个文件", "地址可能写错了。", 404)
    fresh = "public, max-age=31536000, immutable" if "v" in asked.request.query_params else "no-cache"
    return Response(data, media_type=kind, headers={"cache-control": fresh})


async def health(asked: Asked) -> Response:
    """Say that the process answers; it says nothing of the engines, which the pages show."""
    del asked
    return PlainTextResponse("ok\n")
