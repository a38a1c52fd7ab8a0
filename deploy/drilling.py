"""`huiying drill`: see whether a notice comes through by every channel, now."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import msgspec
import typer

from streams.errors import HuiyingError


def command(
    wait: Annotated[float, typer.Option(help="seconds to wait for the receivers' answers")] = 90.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
) -> None:
    """Send a marked notice (【演练】) by every channel and wait; exit 1 if one doesn't come through."""
    from alerts.drill import Came, held
    from deploy.__main__ import settings
    from deploy.wiring import services
    from streams.clock import ms

    async def ask() -> list[Came]:
        async with services(settings()) as parts:
            return await held(parts.service.outbox, ms(parts.clock.now()), wait)

    found = asyncio.run(ask())
    if as_json:
        print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    else:
        for one in found:
            print(f"{'ok  ' if one.well else 'BAD '}  {one.channel:<10} {one.text}")
    missing = [one.channel for one in found if not one.well]
    if missing:
        raise HuiyingError(f"nothing came through by {', '.join(missing)}: huiying doctor; does the watcher run?")
