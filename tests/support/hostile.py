"""Hostile requests to the HTTP intake: made by a seed, sent byte by byte as they are, and what became of them."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

from streams.gateway.wechat import signature

CANARY = "canary-61c0ffee"
TOKEN = "token-of-fuzz"
ZIPPED = "Content-Encoding: gzip"
SILENT = (bytes(50_000_000), b'[{"text":"' + b"a" * 30_000_000, b"[" * 30_000_000)
BOMBS = tuple(gzip.compress(data, 9) for data in SILENT)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**400, "", " ", "x" * 600, [], {}, [[]], {"a": {"b": CANARY}}, "\x00", "1e999",
    "2026-13-45", "0000-00-00", -(2**63), 2**64, "\u202e", "../../etc", "=1+1", [None] * 50, "９" * 20,
)  # fmt: skip
FIELDS = ("native_id", "posted_at", "text", "title", "kind", "version", "parent", "likes", "source", "openid")
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


def good(rng: random.Random) -> dict[str, Any]:
    """Return a post that is right."""
    number = rng.randrange(10**9)
    return {"native_id": f"f-{number}", "posted_at": 1_700_000_000 + number % 10**6, "text": "崇信县路灯不亮，请修。"}


def odd(rng: random.Random) -> dict[str, Any]:
    """Return a post with wrong types somewhere."""
    wrong = {rng.choice(FIELDS): rng.choice(VALUES) for _ in range(rng.randrange(1, 4))}
    return {**good(rng), "openid": CANARY, **wrong}


def text(value: Any) -> bytes:
    """Return JSON as a careless sender writes it."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def page_of(rng: random.Random) -> bytes:
    """Return a page of good and odd posts, in any of the forms."""
    posts = [good(rng) if rng.random() < 0.5 else odd(rng) for _ in range(rng.randrange(1, 6))]
    return rng.choice((text(posts), text({"posts": posts}), text(posts[0]), b"\n".join(map(text, posts))))


def cut(rng: random.Random) -> bytes:
    """Return half of a page."""
    body = page_of(rng)
    return body[: rng.randrange(len(body) + 1)]


def bytes_in(rng: random.Random) -> bytes:
    """Return a page with bytes in it that are no UTF-8."""
    body = bytearray(page_of(rng))
    for _ in range(rng.randrange(1, 5)):
        body[rng.randrange(len(body))] = rng.randrange(128, 256)
    return bytes(body)


def flipped(rng: random.Random) -> bytes:
    """Return a page with bytes changed, taken out and doubled."""
    body = bytearray(page_of(rng))
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(body))
        if rng.random() < 0.5:
            body[at] = rng.randrange(256)
        else:
            body.insert(at, body[at])
    return bytes(body)


def deep(rng: random.Random) -> bytes:
    """Return what is nested too deep, alone or in a field."""
    depth = rng.choice((50, 1_000, 5_000, 100_000))
    inner = rng.choice((b"[" * depth, b'{"a":' * depth, b"[" * depth + b"]" * depth))
    field = b'{"native_id":"d","posted_at":1,"text":"x","x":' + inner + b"}"
    return rng.choice((inner, b'{"posts":[' + inner + b"]}", field))


def halves(rng: random.Random) -> bytes:
    """Return a page with half a character in it, escaped."""
    return page_of(rng).replace("请".encode(), rng.choice((b"\\ud800", b"\\udfff\\ud800", b"\\u12", b"\\x")), 1)


def many(rng: random.Random) -> bytes:
    """Return more posts than a page may hold, or one that is huge."""
    number = rng.randrange(3)
    return (b"[" + b"1," * 20_000 + b"1]", text({**good(rng), "text": "长" * 200_000}), b"9" * 300_000)[number]


BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    page_of, page_of, cut, bytes_in, flipped, deep, halves, many, lambda rng: rng.randbytes(rng.randrange(300)),
)  # fmt: skip


def request(body: bytes, key: str, *more: str, path: str = "/v1/posts", length: str = "") -> bytes:
    """Return a request as bytes."""
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", f"X-User: {CANARY}", *more]
    head.append(f"Content-Length: {length or len(body)}")
    return "\r\n".join((*head, "", "")).encode("latin-1", "replace") + body


def hostile(rng: random.Random, key: str, now_s: int) -> tuple[str, bytes]:
    """Return a kind and a request."""
    body = rng.choice(BODIES)(rng)
    kind = rng.choices(
        ("json", "gzip", "half gzip", "bomb", "lengths", "head", "chunks", "ndjson", "xml", "oversize"),
        (40, 10, 8, 1, 8, 8, 6, 10, 8, 0.2),
    )[0]
    makers: dict[str, Callable[[], bytes]] = {
        "gzip": lambda: request(gzip.compress(body, 1), key, ZIPPED),
        "half gzip": lambda: request(_half(rng, body), key, ZIPPED),
        "bomb": lambda: request(rng.choice(BOMBS) * rng.choice((1, 3)), key, ZIPPED),
        "lengths": lambda: _lengths(rng, body, key),
        "head": lambda: _head(rng, body, key),
        "chunks": lambda: _chunks(rng, body, key),
        "xml": lambda: _xml(rng, now_s),
        "oversize": lambda: request(b"[" + b" " * 5_000_000 + b"]", key),
        "ndjson": lambda: request(body, key, "Content-Type: application/x-ndjson"),
        "json": lambda: request(body, key),
    }
    return kind, makers[kind]()


def _half(rng: random.Random, body: bytes) -> bytes:
    packed = bytearray(gzip.compress(body, 1))
    if rng.random() < 0.5:
        packed[rng.randrange(len(packed))] ^= rng.randrange(1, 256)
    return bytes(packed[: rng.randrange(len(packed) + 1)])


def _lengths(rng: random.Random, body: bytes, key: str) -> bytes:
    wrong = rng.choice((str(len(body) + rng.randrange(1, 99)), str(max(0, len(body) - 3)), "-5", "x", "9" * 30, ""))
    return request(body, key, *(["Content-Length: 7"] if rng.random() < 0.2 else []), length=wrong)


def _chunks(rng: random.Random, body: bytes, key: str) -> bytes:
    size = rng.choice((f"{len(body):x}", "fffffffff", "-1", "zz", "0"))
    head = request(b"", key, "Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    return head + f"{size}\r\n".encode() + body + rng.choice((b"\r\n0\r\n\r\n", b"", b"\r\nxx"))


def _head(rng: random.Random, body: bytes, key: str) -> bytes:
    return rng.choice(
        (
            request(body, "hy_" + "0" * 12 + "_" + "a" * 43), request(body, ""),
            request(body, key, "Content-Encoding: br"),
            request(body, key, "X-Long: " + "a" * 40_000), request(body, key, "X-Nul: \0"), b"\0" * 200, b"GET\r\n\r\n",
            request(body, key, path="/v1/posts?source=" + "x" * 2_000), request(body, key, path="/%00/../%ff"),
            request(body, key, path=f"/v1/posts?source=weibo&u={CANARY}"), b"POST /v1/posts HTTP/9.9\r\n\r\n",
            request(body, key, "Expect: 100-continue"), request(body, key, "Upgrade: websocket", "Connection: upgrade"),
            request(body, key).replace(b"POST", rng.choice((b"PUT", b"TRACE", b"GET", b"X" * 300))),
        )
    )  # fmt: skip


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10) for n in range(9))
    + b"]><xml><MsgType>text</MsgType><Content>&a8;</Content></xml>"
)


def _xml(rng: random.Random, now_s: int) -> bytes:
    sign = signature(TOKEN, str(now_s), "n")
    query = f"signature={sign}&timestamp={now_s}&nonce=n&openid={CANARY}"
    whole = (
        f"<xml><FromUserName>{CANARY}</FromUserName><CreateTime>{now_s}</CreateTime><MsgType>text</MsgType>"
        f"<Content>崇信县路灯不亮</Content><MsgId>{rng.randrange(10**17)}</MsgId></xml>"
    ).encode()
    broken = bytearray(whole)
    broken[rng.randrange(len(broken))] = rng.randrange(256)
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><xml><Content>&e;</Content></xml>'
    body = rng.choice((whole, bytes(broken), whole[: rng.randrange(len(whole))], LAUGHS, outside, b"<a>" * 10_000, b""))
    return request(body, "", path=f"/wechat/fuzz?{query}")


@dataclass
class Outcome:
    """What became of the requests: statuses by kind (0: no answer), what an answer must never hold, memory in bytes."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    rejected: int = 0
    memory_before: int = 0
    memory_most: int = 0

    @property
    def count(self) -> int:
        """How many were sent."""
        return sum(self.statuses.values())

    def saw(self, kind: str, sent: bytes, said: bytes) -> None:
        """Note an answer."""
        found = STATUS.match(said)
        status = int(found[1]) if found else 0
        self.statuses[kind, status] += 1
        if CANARY.encode() in said or b"Traceback" in said:
            self.leaks.append(f"{kind} {status}: {sent[:300]!r}")
        if status in {202, 422}:
            with suppress(ValueError, KeyError):
                answer = json.loads(said.partition(b"\r\n\r\n")[2])
                self.accepted |= {item["id"] for item in answer["items"] if item["status"] == "accepted"}
                self.rejected += answer["rejected"]


async def _one(port: int, kind: str, data: bytes, *, rng: random.Random) -> bytes:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    said = b""
    try:
        async with asyncio.timeout(20):
            for start in range(0, len(data), 1 << 16):
                writer.write(data[start : start + (1 << 16)])
                await writer.drain()
            if rng.random() < 0.02:
                return b""  # gone before the answer
            if kind in {"lengths", "chunks", "head"} and rng.random() < 0.95:
                writer.write_eof()  # else it waits for the rest until the intake's patience ends
            while not said.partition(b"\r\n\r\n")[2]:
                more = await reader.read(65536)
                if not more:
                    break
                said += more
            length = re.search(rb"content-length: (\d+)", said)
            while length and len(said.partition(b"\r\n\r\n")[2]) < int(length[1]):
                more = await reader.read(65536)
                if not more:
                    break
                said += more
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    return said


async def assault(port: int, pid: int, key: str, *, now_s: Callable[[], int], count: int, seed: int = 5) -> Outcome:
    """Send so many hostile requests, 16 at once, and watch the process's memory."""
    outcome, process, left = Outcome(), psutil.Process(pid), iter(range(count))
    outcome.memory_before = process.memory_info().rss

    async def sender(number: int) -> None:
        rng = random.Random(seed * 1000 + number)
        for done in left:
            kind, data = hostile(rng, key, now_s())
            outcome.saw(kind, data, await _one(port, kind, data, rng=rng))
            if done % 50 == 0:
                outcome.memory_most = max(outcome.memory_most, process.memory_info().rss)
            if done and done % 10_000 == 0:
                print(f"{done} sent, {process.memory_info().rss >> 20} MiB", flush=True)  # noqa: T201

    await asyncio.gather(*(sender(number) for number in range(16)))
    outcome.memory_most = max(outcome.memory_most, process.memory_info().rss)
    return outcome


async def loris(port: int, connections: int, seconds: float) -> int:
    """Hold connections that send a byte now and then; return how many are still open after `seconds`."""
    async def one() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/posts HTTP/1.1\r\nX-Slow: ")
        end = asyncio.get_running_loop().time() + seconds
        try:
            while asyncio.get_running_loop().time() < end:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        if not await reader.read(1000):
                            return False
                writer.write(b"x")
                await writer.drain()
        except OSError:
            return False
        finally:
            writer.transport.abort()
        return True

    return sum(await asyncio.gather(*(one() for _ in range(connections))))
