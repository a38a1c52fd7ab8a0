"""`huiying gateway` and `huiying key`, wired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy import home as data
from deploy.parts import Settings
from deploy.run import forever, logged
from deploy.settings import HomeSettings
from streams.clock import SystemClock, beijing, ms
from streams.gateway import keys
from streams.gateway.settings import GatewaySettings
from streams.settings import KafkaSettings, WorkerSettings

app = typer.Typer(help="Keys of those who may send posts by HTTP.", no_args_is_help=True)


def keys_file(settings: Settings) -> Path:
    """Return where the keys are kept."""
    given = settings[GatewaySettings].gateway_keys
    return Path(given).expanduser() if given else settings[HomeSettings].folder / "gateway-keys.json"


def run_gateway(settings: Settings) -> None:
    """Run the intake until Ctrl-C."""
    logged()
    from streams.gateway import wechat
    from streams.gateway.app import run
    from streams.gateway.parts import GatewayParts
    from streams.gateway.sending import KafkaSink

    given = settings[GatewaySettings]
    data.make(settings[HomeSettings].folder)
    accounts = wechat.read(Path(given.gateway_wechat).expanduser()) if given.gateway_wechat else {}

    async def work() -> None:
        sink = KafkaSink(settings[KafkaSettings], seconds=given.gateway_acknowledge)
        parts = GatewayParts(
            settings=given, keys=keys.Keys(keys_file(settings)), sink=sink, clock=settings.clock(),
            future_ms=settings[WorkerSettings].worker_future * 1000, accounts=accounts,
        )  # fmt: skip
        await run(parts, sink)

    forever(work)


def _settings() -> Settings:
    from deploy.__main__ import settings

    found: Settings = settings()
    return found


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="whose key it is: a system, not a person")],
    source: Annotated[list[str], typer.Option(help="which source it may write; may be given again")],
    signed: Annotated[bool, typer.Option("--signed", help="it signs each request, and never travels itself")] = False,
) -> None:
    """Make a key that may write these sources; prints it once."""
    found = _settings()
    file = keys_file(found)
    if not found[GatewaySettings].gateway_keys:
        data.make(file.parent)
    key, text = keys.add(file, name, tuple(source), ms(SystemClock().now()), signed=signed)
    print(f"{key.name} may write {', '.join(key.sources)}{'; it must sign its requests' if signed else ''}")
    print(f"the key, shown this once: {text}")


@app.command("list")
def show(*, as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False) -> None:
    """List the keys, without what lets anybody in."""
    found = sorted(keys.read(keys_file(_settings())).values(), key=lambda key: key.made_at)
    if as_json:
        rows = [
            {"id": k.id, "name": k.name, "sources": k.sources, "signed": k.signed, "made_at": k.made_at,
             "revoked_at": k.revoked_at} for k in found
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not found:
        print("no key: huiying key add NAME --source SOURCE makes one")
    for key in found:
        state = f"revoked {beijing(key.revoked_at):%Y-%m-%d %H:%M}" if key.revoked_at else "in use"
        made, form = f"{beijing(key.made_at):%Y-%m-%d %H:%M}", "signs" if key.signed else "plain"
        print(f"{key.id}  {key.name:<20} {','.join(key.sources):<20} {form}  {made}  {state}")


@app.command("revoke")
def revoke(which: Annotated[str, typer.Argument(help="the key's id or name")]) -> None:
    """Revoke a key for ever; a running intake refuses it within a second."""
    key = keys.revoke(keys_file(_settings()), which, ms(SystemClock().now()))
    print(f"{key.name} ({key.id}) is revoked")
