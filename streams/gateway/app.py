"""The intake as a web application: each address, what is answered, and the server. Nothing of an input is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from streams.errors import Misconfigured, Unavailable
from streams.gateway import push, reference
from streams.gateway.connection import connection_of
from streams.gateway.parts import GatewayParts
from streams.gateway.posts import post_posts
from streams.gateway.problems import Problem
from streams.gateway.sending import KafkaSink

log = logging.getLogger("huiying.gateway")
Endpoint = Callable[[Request, GatewayParts], Awaitable[Response]]
CONNECTIONS = 512
HEAD_BYTES = 16 * 1024
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


async def healthy(request: Request, parts: GatewayParts) -> Response:
    """Say that the process answers."""
    del request, parts
    return Response("healthy\n", media_type="text/plain")


async def ready(request: Request, parts: GatewayParts) -> Response:
    """Say whether posts would be taken: whether Kafka answers and has the topic."""
    del request
    if await parts.sink.ready():
        return Response("ready\n", media_type="text/plain")
    raise Problem("no_kafka", "Kafka does not answer, or lacks the topic", wait=2.0)


ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/v1/posts", post_posts),
    ("GET", "/v1/openapi.json", reference.document),
    ("GET", "/v1/docs", reference.page),
    ("GET", "/wechat/{account}", push.greet),
    ("POST", "/wechat/{account}", push.take),
    ("GET", "/-/healthy", healthy),
    ("GET", "/-/ready", ready),
)
"""Every address of the intake."""


def answered(problem: Problem) -> Response:
    """Return a problem as an answer."""
    return Response(msgspec.json.encode(problem.body()), problem.status, {**problem.headers, **SAFE})


def guarded(path: str, endpoint: Endpoint, parts: GatewayParts) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint from which nothing but an answer comes, counted by its outcome."""

    async def inner(request: Request) -> Response:
        try:
            answer = await endpoint(request, parts)
            answer.headers.update(SAFE)
            outcome = "taken" if request.method == "POST" else "shown"
        except Problem as problem:
            answer, outcome = answered(problem), problem.kind
        except ClientDisconnect:
            answer, outcome = answered(Problem("unreadable", "the body broke off")), "gone"
        except Exception as error:  # noqa: BLE001 - whatever it is, the process goes on
            # its words and its stack could hold what was sent: the kind and the line must do
            log.error("%s failed: %s at %s", path, type(error).__name__, _line(error))  # noqa: TRY400
            answer, outcome = answered(Problem("fault")), "fault"
        parts.metrics.add("gateway_requests", path=path, outcome=outcome)
        return answer

    return inner


def _line(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"


async def _http(request: Request, error: Exception) -> Response:
    del request
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = answered(Problem({404: "not_found", 405: "method"}.get(status, "fault")))
    answer.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
    return answer


def make_app(parts: GatewayParts) -> Starlette:
    """Return the intake over its parts; it opens no port and asks nobody."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        parts.threads.shutdown(wait=False, cancel_futures=True)

    routes = [Route(path, guarded(path, endpoint, parts), methods=[method]) for method, path, endpoint in ROUTES]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _http})


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: the process has one owner, who cancels us."""
        yield


def tls(parts: GatewayParts) -> dict[str, Any]:
    """Return the certificate as arguments of uvicorn. Raises Misconfigured."""
    certificate, key = parts.settings.gateway_certificate, parts.settings.gateway_private_key
    if bool(certificate) != bool(key):
        raise Misconfigured("HUIYING_GATEWAY_CERTIFICATE and HUIYING_GATEWAY_PRIVATE_KEY belong together")
    return {"ssl_certfile": certificate, "ssl_keyfile": key} if certificate else {}


async def run(parts: GatewayParts, sink: KafkaSink) -> None:
    """Serve until it is cancelled; requests that were begun are finished first. Raises Misconfigured."""
    settings = parts.settings
    try:
        config = uvicorn.Config(
            make_app(parts), host=settings.gateway_host, port=settings.gateway_port, log_level="critical",
            access_log=False, server_header=False, http=connection_of(settings.gateway_slow), ws="none",
            limit_concurrency=CONNECTIONS, timeout_keep_alive=max(1, int(settings.gateway_slow)), backlog=CONNECTIONS,
            h11_max_incomplete_event_size=HEAD_BYTES, timeout_graceful_shutdown=int(settings.gateway_acknowledge) + 1,
            **tls(parts),
        )  # fmt: skip
        config.load()
    except OSError as error:
        raise Misconfigured(f"HUIYING_GATEWAY_CERTIFICATE: {error}") from error
    if settings.gateway_metrics:
        parts.metrics.serve(settings.gateway_metrics)
    server = _Server(config)
    connecting = asyncio.create_task(sink.connect())
    serving = asyncio.create_task(_served(server, settings.gateway_host, settings.gateway_port))
    try:
        done, _ = await asyncio.wait({connecting, serving}, return_when=asyncio.FIRST_EXCEPTION)
        for one in done:
            one.result()
    finally:
        server.should_exit = True
        connecting.cancel()
        await asyncio.gather(connecting, serving, return_exceptions=True)
        await sink.aclose()


async def _served(server: uvicorn.Server, host: str, port: int) -> None:
    try:
        await server.serve()
    except SystemExit:  # uvicorn's way to say that it can't listen
        raise Unavailable(f"the intake can't listen at {host}:{port}; is another program there?") from None
