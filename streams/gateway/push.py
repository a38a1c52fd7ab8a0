"""`GET` and `POST /wechat/{account}`: WeChat's message push, answered within its five seconds.

`success` is answered when Kafka has the message, and for what needs no keeping; 503 when Kafka has not acknowledged, so
that WeChat sends it again (three times); its `MsgId` makes it the same post.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from streams.clock import monotonic, ms
from streams.errors import Rejected
from streams.gateway import wechat
from streams.gateway.body import read
from streams.gateway.intake import broken, digest_of
from streams.gateway.parts import GatewayParts
from streams.gateway.posts import sent
from streams.gateway.problems import Problem
from streams.records import BadItem, Post
from streams.sources.wechat_push import push_post

SECONDS = 4.5
"""For everything together; WeChat waits 5."""
SUCCESS = "success"
SOURCE = "wechat"


def _account(request: Request, parts: GatewayParts) -> wechat.Account:
    found = parts.accounts.get(request.path_params["account"])
    if found is None:
        raise Problem("not_found")
    return found


def _plain(text: str) -> Response:
    return Response(text, media_type="text/plain", headers={"cache-control": "no-store"})


async def greet(request: Request, parts: GatewayParts) -> Response:
    """Answer WeChat's question whether this address is ours."""
    account = _account(request, parts)
    try:
        return _plain(wechat.greeted(account, request.query_params, ms(parts.wall.now()) // 1000))
    except wechat.Foreign:
        raise Problem("bad_signature", "this is not WeChat's signature for this account") from None


async def take(request: Request, parts: GatewayParts) -> Response:
    """Take one pushed message."""
    account = _account(request, parts)
    place = f"wechat/{account.account}"
    try:
        async with asyncio.timeout(SECONDS):
            with parts.place(place):
                return await _taken(request, parts, account, place)
    except TimeoutError:
        raise Problem("no_kafka", "not acknowledged within WeChat's time", wait=2.0) from None


async def _taken(request: Request, parts: GatewayParts, account: wechat.Account, place: str) -> Response:
    body = await read(request.stream(), packed=False, most=wechat.ENCRYPTED_LARGEST, seconds=SECONDS)
    item: Post | BadItem | None
    try:
        xml = await parts.apart(
            lambda: wechat.message(account, request.query_params, body, ms(parts.wall.now()) // 1000)
        )
        parts.limits.enter(place, monotonic())  # only what is WeChat's is counted as its
        item = await parts.apart(lambda: push_post(xml))
    except wechat.Foreign:
        raise Problem("bad_signature", "this is not WeChat's signature for this account") from None
    except Rejected as error:
        item = broken(error.reason, error.detail, digest_of(body))
    if item is not None:
        await sent(parts, SOURCE, (item,), SECONDS)
        bad = isinstance(item, BadItem)
        parts.limits.took(place, monotonic(), posts=0 if bad else 1, bad=int(bad))
    return _plain(SUCCESS)
