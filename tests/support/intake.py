"""The HTTP intake for tests: in this process over a sink in memory, with a key for each source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from streams.clock import ManualClock, ms
from streams.errors import Unavailable
from streams.gateway.app import make_app
from streams.gateway.keys import Keys, add
from streams.gateway.parts import GatewayParts
from streams.gateway.settings import GatewaySettings
from streams.gateway.wechat import Account
from streams.sources.base import Packed
from streams.sources.registered import Secret

NOW = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
NOW_S = ms(NOW) // 1000
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SAFE = Account(
    account="safe", registered="备案-1", app_id="wx0001", token=Secret("token-of-safe"), aes_key=Secret(AES_KEY)
)
PLAIN = Account(account="plain", registered="备案-2", app_id="wx0002", token=Secret("token-of-plain"))


@dataclass
class MemorySink:
    """A Kafka that is a list; `away` refuses, `slow` never acknowledges in time but may have taken it."""

    pages: list[tuple[str, bytes]] = field(default_factory=list)
    away: bool = False
    slow: bool = False

    async def send(self, source: str, pages: Sequence[Packed], seconds: float) -> None:
        """Keep the pages."""
        if self.away:
            raise Unavailable("Kafka is not connected")
        self.pages += [(source, page.data) for page in pages]
        if self.slow:
            await asyncio.sleep(seconds)
            raise Unavailable("Kafka did not acknowledge in time")

    async def ready(self) -> bool:
        """Whether it is there."""
        return not (self.away or self.slow)

    def items(self, what: str = "posts") -> list[dict[str, Any]]:
        """Return all posts, or all bad items, as they travel."""
        return [item for _, data in self.pages for item in msgspec.json.decode(data)[what]]


@dataclass
class Intake:
    """The intake with its keys by name: one a source, `signer` (portal, signed), `both` (portal and hotline)."""

    parts: GatewayParts
    sink: MemorySink
    clock: ManualClock
    keys: dict[str, str]
    http: httpx.AsyncClient

    async def post(self, body: Any, key: str = "portal", path: str = "/v1/posts", **headers: str) -> httpx.Response:
        """Send JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        given = {"authorization": f"Bearer {self.keys[key]}"} if key else {}
        given |= {"content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, content=content, headers=given)


def make_intake(folder: Path, **settings: Any) -> Intake:
    """Return an intake; its keys lie in the folder."""
    file = folder / "gateway-keys.json"
    keys = {source: add(file, source, (source,), 1)[1] for source in ("portal", "wechat")}
    keys["both"] = add(file, "both", ("portal", "hotline"), 1)[1]
    keys["signer"] = add(file, "signer", ("portal",), 1, signed=True)[1]
    sink, clock = MemorySink(), ManualClock(NOW)
    parts = GatewayParts(
        settings=GatewaySettings(**settings), keys=Keys(file), sink=sink, clock=clock, wall=clock,
        future_ms=86_400_000, accounts={one.account: one for one in (SAFE, PLAIN)},
    )  # fmt: skip
    wire = httpx.ASGITransport(make_app(parts), raise_app_exceptions=True)
    return Intake(parts, sink, clock, keys, httpx.AsyncClient(transport=wire, base_url="http://intake"))


def post(native_id: str = "n-1", text: str = "崇信县锦屏镇路灯不亮，请修。", **more: Any) -> dict[str, Any]:
    """Return a post as a sender writes it."""
    return {"native_id": native_id, "posted_at": "2026-05-01T08:00:00+08:00", "text": text, **more}
