"""`huiying token`: tokens of programs that read or act over the JSON API; shown once, kept as a hash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from alerts.accounts_store import ElasticAccounts
from alerts.history import History
from alerts.tokens import SCOPES, Tokens, made
from streams.clock import SystemClock, beijing, ms
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.settings import ElasticSettings

app = typer.Typer(help="Tokens of programs that read or act.", no_args_is_help=True)


T = TypeVar("T")


def _run(work: Callable[[Elastic], Awaitable[T]]) -> T:
    from deploy.__main__ import settings

    async def inside() -> T:
        async with Elastic(settings()[ElasticSettings]) as elastic:
            return await work(elastic)

    return asyncio.run(inside())


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="whose token it is: a system, not a person")],
    scope: Annotated[list[str], typer.Option(help=f"what it may read or do: {', '.join(SCOPES)}; again for more")],
    person: Annotated[str, typer.Option("--for", help="username of whom it acts for; needed for what changes")] = "",
    days: Annotated[int, typer.Option(help="how many days it works, up to 730")] = 365,
) -> None:
    """Make a token that may read or do these; prints it once."""
    now = SystemClock().now()
    token, text = made(name, scope, days, now, person)

    async def work(elastic: Elastic) -> None:
        if person and await ElasticAccounts(elastic).user(person) is None:
            raise Misconfigured(f"there is no user {person}; `huiying user list` shows them")
        await Tokens(elastic).add(token)
        said = {"name": name, "scopes": list(token.scopes), "for": person}
        await History(elastic).append("token.made", token.id, "huiying token", now, said)

    _run(work)
    acts = f", for {person}" if person else ""
    print(f"{name} has {', '.join(token.scopes)}{acts} until {beijing(token.ends_at):%Y-%m-%d}")
    print(f"the token, shown this once: {text}")


@app.command("list")
def show(*, as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False) -> None:
    """List the tokens, without what lets anybody in."""

    async def work(elastic: Elastic) -> list[Any]:
        return await Tokens(elastic).list()

    found, at = _run(work), ms(SystemClock().now())
    if as_json:
        rows = [{k: v for k, v in msgspec.to_builtins(one).items() if k != "hash"} for one in found]
        print(json.dumps(rows, ensure_ascii=False))
        return
    for token in found:
        state = "alive" if token.alive(at) else "revoked" if token.revoked_at else "ended"
        until = f"{beijing(token.ends_at):%Y-%m-%d}"
        print(f"{token.id}  {token.name:20} {state:8} {', '.join(token.scopes)}  until {until}  {token.person}")
    if not found:
        print("there are no tokens; `huiying token add NAME --scope opinions` makes one")


@app.command("revoke")
def revoke(which: Annotated[str, typer.Argument(help="a token's id or name")]) -> None:
    """Revoke a token for ever; the next request with it is refused."""
    now = SystemClock().now()

    async def work(elastic: Elastic) -> Any:
        gone = await Tokens(elastic).revoke(which, now)
        await History(elastic).append("token.revoked", gone.id, "huiying token", now, {"name": gone.name})
        return gone

    print(f"{_run(work).name} works no more")
