"""`POST /v1/posts`: who sends, how much, what is in it, into Kafka, and only then an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from streams.clock import monotonic, ms
from streams.errors import Rejected, Unavailable
from streams.gateway import auth
from streams.gateway.body import read
from streams.gateway.intake import Opened, Taken, broken, judged, opened
from streams.gateway.parts import GatewayParts
from streams.gateway.problems import Problem
from streams.records import SOURCES, BadItem, Post
from streams.sources.base import packed

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
PACKINGS = {"": False, "identity": False, "gzip": True, "x-gzip": True}
TYPES = {"application/json": False, **dict.fromkeys(LINES, True)}
KINDS = {"too_large": "too_large", "too_many": "too_large"}


async def post_posts(request: Request, parts: GatewayParts) -> Response:
    """Take one post or a page. Raises Problem for everything else."""
    now_s = ms(parts.wall.now()) // 1000
    given = request.headers.getlist("authorization")
    who = auth.sender(given[0] if len(given) == 1 else "", lambda key: parts.keys.get(key, monotonic()), now_s)
    if who.signature:
        parts.seen.check(who.signature, now_s)
    parts.limits.enter(who.key.id, monotonic())
    lines, gzip = form_of(request)
    if length_of(request) > parts.settings.gateway_body:
        raise Problem("too_large", f"it has more than {parts.settings.gateway_body} bytes")
    with parts.place(who.key.id):
        answer = await _taken(request, parts, who, lines=lines, gzip=gzip)
    if who.signature:
        parts.seen.add(who)
    return answer


def form_of(request: Request) -> tuple[bool, bool]:
    """Return whether it is NDJSON, and whether it is packed. Raises Problem (media_type)."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    packing = request.headers.get("content-encoding", "").strip().lower()
    if kind not in TYPES or packing not in PACKINGS:
        raise Problem("media_type")
    return TYPES[kind], PACKINGS[packing]


def length_of(request: Request) -> int:
    """Return the body's length as the head says, 0 if it doesn't."""
    with suppress(ValueError):
        return int(request.headers.get("content-length", "0"))
    return 0


async def _taken(request: Request, parts: GatewayParts, who: auth.Sender, *, lines: bool, gzip: bool) -> Response:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    signature = auth.Signature(who, target) if who.signature else None

    def saw(data: bytes) -> None:
        raw.update(data)
        if signature is not None:
            signature.add(data)

    raw, body = hashlib.sha256(), b""
    trouble: Problem | None = None
    try:
        body = await read(
            request.stream(), packed=gzip, most=parts.settings.gateway_body, seconds=parts.settings.gateway_slow,
            saw=saw,
        )  # fmt: skip
    except Problem as problem:
        if not problem.reason:
            raise
        trouble = problem
    if signature is not None:
        signature.check()
    if trouble is None:
        try:
            found = await parts.apart(lambda: opened(body, lines=lines))
        except Rejected as error:
            kind = KINDS.get(error.reason, "unreadable")
            trouble = Problem(kind, error.detail, reason=error.reason)
    if trouble is not None:
        await _count_broken(request, parts, who, trouble, raw.hexdigest()[:24])
        raise trouble
    source = source_of(request, who, found.source)
    return await _answered(parts, who, found, source)


def source_of(request: Request, who: auth.Sender, said: str = "") -> str:
    """Return whose posts these are. Raises Problem (no_source, scope)."""
    source = request.query_params.get("source", "") or said
    if not source and len(who.key.sources) == 1:
        source = who.key.sources[0]
    if not source:
        raise Problem("no_source")
    if source not in SOURCES or source not in who.key.sources:
        raise Problem("scope", f"it may write {', '.join(who.key.sources)}")
    return source


async def _count_broken(
    request: Request, parts: GatewayParts, who: auth.Sender, trouble: Problem, name: str
) -> None:
    """Send a body that can't be read as one bad item, so that the books count it."""
    asked = request.query_params.get("source", "")
    source = asked if asked in who.key.sources else who.key.sources[0]
    parts.limits.took(who.key.id, monotonic(), posts=0, bad=1)
    item = broken(trouble.reason, trouble.detail, name)
    await sent(parts, source, (item,))


async def _answered(parts: GatewayParts, who: auth.Sender, found: Opened, source: str) -> Response:
    now_ms = ms(parts.clock.now())
    taken: Taken = await parts.apart(
        lambda: judged(found, source=source, now_ms=now_ms, future_ms=parts.future_ms)
    )
    bad = len(taken.items) - taken.accepted
    parts.limits.took(who.key.id, monotonic(), posts=taken.accepted, bad=bad)
    await sent(parts, source, taken.items)
    problem = None if taken.accepted else Problem("all_bad")
    doc = {
        **(problem.body() if problem else {}),
        "source": source, "received": len(taken.items), "accepted": taken.accepted, "rejected": bad,
        "same_again": "changes no count: a post is known by its source and native_id",
        "items": taken.verdicts,
    }  # fmt: skip
    return Response(
        msgspec.json.encode(doc), problem.status if problem else 202,
        problem.headers if problem else {"content-type": "application/json", "cache-control": "no-store"},
    )  # fmt: skip


async def sent(
    parts: GatewayParts, source: str, items: Sequence[Post | BadItem], seconds: float | None = None
) -> None:
    """Return when Kafka has acknowledged the items. Raises Problem (no_kafka)."""
    pages = await parts.apart(lambda: list(packed(source, items)))
    try:
        await parts.sink.send(source, pages, seconds or parts.settings.gateway_acknowledge)
    except Unavailable as error:
        raise Problem("no_kafka", str(error), wait=2.0) from None
    for page in pages:
        parts.metrics.add("gateway_posts", page.posts, source=source, outcome="accepted")
        parts.metrics.add("gateway_posts", page.bad, source=source, outcome="rejected")
