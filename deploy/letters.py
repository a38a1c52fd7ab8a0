"""`huiying dead-letters`: list, show (masked), mend and replay, dismiss, and go on after a hold."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections import Counter
from typing import Annotated, Any

import typer

from streams.errors import HuiyingError, Misconfigured
from streams.records import REASONS, SOURCES

app = typer.Typer(
    name="dead-letters", help="What could not be read: list, show, mend and replay.", no_args_is_help=True
)
Reason = Annotated[str, typer.Option(help=f"one of {', '.join(REASONS)}")]
Source = Annotated[str, typer.Option(help=f"one of {', '.join(SOURCES)}")]
State = Annotated[str, typer.Option(help="open, replayed, dismissed, or all")]
Ids = Annotated[list[str] | None, typer.Argument(help="ids, or how they begin; none: all that match")]
By = Annotated[str, typer.Option(help="who does it, for the record")]
Json = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]


def _checked(reason: str, source: str, state: str) -> str:
    for name, value, known in (("reason", reason, REASONS), ("source", source, SOURCES)):
        if value and value not in known:
            raise Misconfigured(f"--{name} {value}: not one of {', '.join(known)}")
    if state not in {"open", "replayed", "dismissed", "all"}:
        raise Misconfigured(f"--state {state}: not one of open, replayed, dismissed, all")
    return "" if state == "all" else state


def _run(work: Any) -> Any:
    from deploy.parts import Settings
    from streams.elastic import Elastic
    from streams.settings import ElasticSettings

    async def inner() -> Any:
        settings = Settings()
        async with Elastic(settings[ElasticSettings]) as elastic:
            return await work(settings, elastic)

    return asyncio.run(inner())


async def _wanted(elastic: Any, ids: list[str] | None, query: dict[str, Any]) -> list[Any]:
    from streams import letters

    if not ids:
        return [each async for each in letters.find(elastic, query)]
    out = []
    for letter_id in ids:
        found = await letters.one(elastic, letter_id)
        if found is None:
            raise Misconfigured(f"no dead letter begins with {letter_id}; see `huiying dead-letters list --state all`")
        out.append(found)
    return out


@app.command("list")
def listing(
    reason: Reason = "", source: Source = "", state: State = "open",
    limit: Annotated[int, typer.Option(help="lines at most")] = 50, as_json: Json = False,
) -> None:  # fmt: skip
    """List dead letters, newest first, and count them by reason."""
    from streams import hold, letters
    from streams.clock import beijing

    wanted = letters.query(reason=reason, source=source, state=_checked(reason, source, state))

    async def work(_settings: Any, elastic: Any) -> Any:
        return [one async for one, _ in letters.find(elastic, wanted)][::-1], await hold.read(elastic)

    found, held = _run(work)
    if as_json:
        rows = [{name: getattr(one.letter, name) for name in letters.LETTER} for one in found]
        more = [{"state": one.state, "by": one.by, "note": one.note} for one in found]
        print(json.dumps([row | extra for row, extra in zip(rows, more, strict=True)], ensure_ascii=False))
        return
    for one in found[:limit]:
        what = one.letter
        print(f"{what.id[:12]}  {beijing(what.at):%Y-%m-%d %H:%M}  {what.source:8} {what.reason:16} {what.detail}  "
              f"({what.origin}{f', {what.ref}' if what.ref else ''})")  # fmt: skip
    counted = ", ".join(f"{count} {name}" for name, count in Counter(o.letter.reason for o in found).most_common())
    print(f"{len(found)} dead letters{f': {counted}' if counted else ''}")
    if held is not None and held.lasts:
        print(f"the workers hold since {beijing(held.at):%Y-%m-%d %H:%M}: {held.why}; `huiying dead-letters resume`")


@app.command()
def show(letter_id: Annotated[str, typer.Argument(help="its id, or how it begins")]) -> None:
    """Show one: where it came from, why it was rejected, and its fields as Kafka still has them, masked."""
    from streams import letters
    from streams.clock import beijing
    from streams.settings import KafkaSettings

    async def work(settings: Any, elastic: Any) -> Any:
        found = (await _wanted(elastic, [letter_id], {}))[0][0]
        return found, await letters.content(settings[KafkaSettings], found.letter)

    one, content = _run(work)
    what = one.letter
    rows = {
        "id": what.id, "at": f"{beijing(what.at):%Y-%m-%d %H:%M:%S}", "source": what.source, "origin": what.origin,
        "ref": what.ref, "reason": f"{what.reason} ({REASONS.get(what.reason, '')})", "detail": what.detail,
        "state": one.state + (f" by {one.by}" if one.by else ""), "note": one.note,
    }  # fmt: skip
    for name, value in rows.items():
        if value:
            print(f"{name:10} {value}")
    for name, value in content.fields.items():
        print(f"  {name:10} {value}")
    if content.problem:
        print(f"  {content.problem}")


@app.command()
def replay(  # noqa: PLR0917 - a command line option each
    ids: Ids = None, reason: Reason = "", source: Source = "",
    changes: Annotated[list[str] | None, typer.Option("--set", help="field=value, as posted_at=1700000000000")] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="only say what would be sent")] = False, by: By = "",
) -> None:  # fmt: skip
    """Read them again from Kafka, mend them, and send them on; what is stored already is not doubled."""
    from alerts.history import History
    from streams import letters
    from streams.clock import ms
    from streams.settings import KafkaSettings, WorkerSettings

    mend: dict[str, str] = {}
    for each in changes or []:
        name, sign, value = each.partition("=")
        if not sign or name not in letters.FIELDS or name == "source":
            raise Misconfigured(f"--set {each}: not FIELD=VALUE with a field of {', '.join(letters.FIELDS)}")
        mend[name] = value
    if not ids and not reason and not source:
        raise Misconfigured("name the letters by id, --reason or --source; nothing was replayed")
    wanted = letters.query(reason=reason, source=source, state=_checked(reason, source, "open"))
    who = by or getpass.getuser()

    async def work(settings: Any, elastic: Any) -> Any:
        found = await _wanted(elastic, ids, wanted)
        now = settings.clock().now()
        sent = await letters.replay(
            elastic, settings[KafkaSettings], found, changes=mend, by=who, now_ms=ms(now),
            future_ms=settings[WorkerSettings].worker_future * 1000, dry=dry,
        )  # fmt: skip
        if sent.sent and not dry:
            data = {"sent": sent.sent, "failed": len(sent.failed), "fields": sorted(mend)}
            await History(elastic).append("letters.replayed", reason or source or "by id", who, now, data)
        return sent

    sent = _run(work)
    for letter_id, why in sent.failed:
        print(f"{letter_id[:12]}  {why}")
    print(f"{sent.sent} {'would be ' if dry else ''}sent, {len(sent.failed)} can't be")
    if sent.failed:
        raise HuiyingError("some could not be replayed; they stay open")


@app.command()
def dismiss(ids: Ids = None, note: Annotated[str, typer.Option(help="why")] = "", by: By = "") -> None:
    """Say that nothing will be done about them; they stay in the books as rejected."""
    from alerts.history import History
    from streams import letters
    from streams.clock import ms

    if not ids or not note:
        raise Misconfigured("name the letters by id, and say why with --note")
    who = by or getpass.getuser()

    async def work(settings: Any, elastic: Any) -> int:
        found = await _wanted(elastic, ids, {})
        now = settings.clock().now()
        await letters.mark(elastic, [doc for _, doc in found], "dismissed", by=who, note=note, now_ms=ms(now))
        await History(elastic).append("letters.dismissed", "by id", who, now, {"count": len(found), "note": note})
        return len(found)

    print(f"{_run(work)} dismissed")


@app.command()
def resume(by: By = "") -> None:
    """Let the workers go on after a hold, for an hour without a limit."""
    from alerts.history import History
    from streams import hold
    from streams.clock import ms

    who = by or getpass.getuser()

    async def work(settings: Any, elastic: Any) -> Any:
        now = settings.clock().now()
        held = await hold.resume(elastic, ms(now))
        if held is not None:
            await History(elastic).append("letters.resumed", "score", who, now, {"why": held.why})
        return held

    held = _run(work)
    print("the workers go on, for an hour without a limit" if held else "nothing was held")
