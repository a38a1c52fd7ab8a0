"""The console as a web application: every route of the tables behind its guard, errors in Chinese, and the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.console import api_guard, open311
from alerts.console.api_routes import API, BASE, OPENAPI, gated, openapi
from alerts.console.guard import guarded
from alerts.console.live import Pulse
from alerts.console.parts import ConsoleParts
from alerts.console.routes import ROUTES
from alerts.console.security import Looks, Names, SafeHeaders
from alerts.console.view import bare
from streams.errors import Conflict, HuiyingError, Rejected, Retryable

log = logging.getLogger(__name__)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("%s %s: %s", request.method, request.url.path, error)
    return bare(
        "暂时无法读取数据",
        "数据库（Elasticsearch）暂时连接不上，已收到的数据不会丢失。请稍候刷新；"
        "若持续超过五分钟，请联系系统管理员运行 huiying doctor 检查。",
        503,
        back=request.url.path if request.method == "GET" else "/",
        back_text="重新加载",
    )


async def _conflict(request: Request, error: Exception) -> Response:
    log.info("%s %s: %s", request.method, request.url.path, error)
    return bare("已有人先处理", "这条记录刚刚被别人修改过，您的操作没有保存。请返回查看最新情况后再决定。", 409)


async def _rejected(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, Rejected)
    return bare("没有保存", error.detail, 400)


async def _wrong(request: Request, error: Exception) -> Response:
    log.error("%s %s: %s", request.method, request.url.path, error)
    return bare("系统需要维护", "配置或权限有问题，请联系系统管理员运行 huiying doctor 检查。", 500)


async def _http(request: Request, error: Exception) -> Response:
    del request
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = {404: "没有这个页面", 405: "不支持这种操作"}.get(status, "请求无法处理")
    return bare(title, "地址可能写错，或内容已不存在。", status)


def make_app(parts: ConsoleParts) -> Starlette:
    """Return the console over its parts; it starts no engine and opens no port."""
    pulse = Pulse(parts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        try:
            yield
        finally:
            await pulse.stop()

    app = Starlette(
        routes=[
            *(Route(row.path, guarded(row, parts), methods=[row.method]) for row in ROUTES),
            *(Route(BASE + row.path, api_guard.guarded(gated(row), parts), methods=[row.method]) for row in API),
            *(Route(row.path, open311.guarded(row, parts), methods=[row.method]) for row in open311.OPEN311),
            Route(OPENAPI, openapi, methods=["GET"]),
        ],
        lifespan=lifespan,
        exception_handlers={
            Conflict: _conflict,
            Retryable: _unavailable,
            Rejected: _rejected,
            HuiyingError: _wrong,
            HTTPException: _http,
        },
    )
    app.state.pulse = pulse
    app.state.looks = Looks()
    app.state.names = Names(parts.accounts)
    app.add_middleware(SafeHeaders)
    return app


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the process has one owner, who cancels us."""
        yield


async def run(parts: ConsoleParts, host: str = "", port: int = 0) -> None:
    """Serve the console until it is cancelled; empty host and port 0 take those of the settings."""
    settings = parts.settings
    config = uvicorn.Config(
        make_app(parts), host=host or settings.console_host, port=port or settings.console_port,
        log_level="warning", access_log=False, server_header=False, date_header=True, timeout_graceful_shutdown=3,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True  # open pages are finished before the process ends
        await serving
        raise
