"""`huiying drill`: see whether a test post comes back as a notice by every channel, now."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import msgspec
import typer

from streams.errors import HuiyingError


def command(
    wait: Annotated[float, typer.Option(help="seconds to wait for the receivers' answers")] = 150.0,
    channels: Annotated[bool, typer.Option("--channels", help="begin at the notice: try the channels alone")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
) -> None:
    """Send a test post (演练) through the whole chain until each channel brings its notice; exit 1 if one doesn't."""
    from alerts.drill import Came, held
    from alerts.drill_chain import ElasticDrills, begin
    from deploy.__main__ import settings
    from deploy.wiring import services
    from streams.clock import ms
    from streams.drill import send
    from streams.settings import KafkaSettings

    async def ask() -> list[Came]:
        given = settings()
        async with services(given) as parts:
            at = ms(parts.clock.now())
            if not channels:
                at = await begin(ElasticDrills(parts.elastic), lambda at: send(given[KafkaSettings], at), at)
            return await held(parts.service.outbox, at, wait, begun=not channels)

    found = asyncio.run(ask())
    if as_json:
        print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
    else:
        for one in found:
            print(f"{'ok  ' if one.well else 'BAD '}  {one.channel:<10} {one.text}")
    missing = [one.channel for one in found if not one.well]
    if missing:
        raise HuiyingError(f"nothing came through by {', '.join(missing)}: huiying doctor; does the watcher run?")
