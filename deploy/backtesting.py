"""`huiying backtest`: a rulebook over stored history, beside another; stores and sends nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.alert import LEVELS, Alert
from alerts.backtest import Backtest, Compared, Load, Notified, against, backtest, by_day, load
from alerts.counts import ElasticCounts
from alerts.manager import REASONS
from alerts.measures import ElasticMeasures
from deploy.parts import RULEBOOK
from deploy.rulebooks import rules_of
from streams.clock import BEIJING, beijing, ms
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.settings import ElasticSettings


def command(  # noqa: PLR0917 - a command line option each
    since: Annotated[str, typer.Option("--from", help="first day, as 2026-05-01 (Beijing time)")],
    until: Annotated[str, typer.Option("--to", help="last day, which is included")],
    rulebook: Annotated[Path, typer.Option(help="a rulebook; empty: the shipped one")] = RULEBOOK,
    other: Annotated[Path | None, typer.Option("--against", help="another rulebook, to compare")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="draw it: a file that ends in .svg or .png")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
) -> None:
    """Show what a rulebook would have told over stored posts, beside another; stores and sends nothing."""
    from deploy.__main__ import settings

    start, end = days(since, until)
    given = {"A": rulebook} | ({"B": other} if other else {})
    books = {name: rules_of(path) for name, path in given.items()}
    if out is not None and out.suffix not in {".svg", ".png"}:
        raise Misconfigured(f"--out {out}: it must end in .svg or .png")

    async def work() -> dict[str, Backtest]:
        async with Elastic(settings()[ElasticSettings]) as elastic:
            counts = ElasticCounts(elastic)
            measures = ElasticMeasures(elastic, _unasked)
            return {name: await backtest(rules, counts, start, end, measures) for name, rules in books.items()}

    tests = asyncio.run(work())
    if out is not None:
        draw(tests, out)
    print(json.dumps(as_data(tests), ensure_ascii=False) if as_json else as_text(tests))


async def _unasked() -> int:
    """Return nothing: what waits in Kafka has no past, so no back-test asks."""
    return 0


def days(since: str, until: str) -> tuple[int, int]:
    """Return the stretch of whole days in ms UTC. Raises Misconfigured."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError as error:
        raise Misconfigured(f"--from and --to are days, as 2026-05-01: {error}") from error
    if last < first:
        raise Misconfigured(f"--to {until} is before --from {since}")
    start, end = (datetime.combine(day, time(), BEIJING) for day in (first, last + timedelta(days=1)))
    return ms(start), ms(end)


def draw(tests: Mapping[str, Backtest], out: Path) -> None:
    """Write the timeline as SVG or PNG. Raises Misconfigured if the file can't be written."""
    from alerts.backtest_picture import timeline
    from alerts.reports.drawing import png, svg

    spec = timeline(tests)
    drawn = png(spec) if out.suffix == ".png" else svg(spec, label="规则回测：各规则的预警与通知").encode()
    try:
        out.write_bytes(drawn)
    except OSError as error:
        raise Misconfigured(f"{out}: {error.strerror}") from error


def _notices(test: Backtest) -> list[Notified]:
    return [notice for tried in test.rules for notice in tried.notices]


def _compared(tests: Mapping[str, Backtest]) -> dict[str, tuple[Compared, ...]]:
    """Return by rulebook how its alerts fare under the other one."""
    if len(tests) < 2:
        return {}
    (one, first), (other, second) = tests.items()
    return {one: against(first, second), other: against(second, first)}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id, "rule": alert.rule, "title": alert.title, "level": alert.level, "opened_at": alert.opened_at,
        "resolved_at": alert.resolved_at, "peak": alert.peak, "reason": alert.reason,
    }  # fmt: skip


def _load(found: Load) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def as_data(tests: Mapping[str, Backtest]) -> dict[str, Any]:
    """Return back-tests as JSON has them; times in ms UTC."""
    compared = _compared(tests)
    found: dict[str, Any] = {}
    for name, test in tests.items():
        found[name] = {
            "start": test.start,
            "end": test.end,
            "left_out": list(test.left_out),
            "load": _load(load(_notices(test), test.start, test.end)),
            "by_day": by_day(_notices(test)),
            "rules": {
                tried.rule.name: {
                    "steps": tried.steps,
                    "load": _load(load(tried.notices, test.start, test.end)),
                    "alerts": [_alert(alert) for alert in tried.alerts],
                    "notices": [{"at": one.at, "alert": one.alert, "reason": one.reason} for one in tried.notices],
                }
                for tried in test.rules
            },
        }
        if name in compared:
            found[name]["missed_by_other"] = [one.alert.id for one in compared[name] if one.missed]
            found[name]["told_later_by_other"] = {
                one.alert.id: one.later for one in compared[name] if not one.missed and one.later > 0
            }
    return found


def as_text(tests: Mapping[str, Backtest]) -> str:
    """Return back-tests for people: each notice, then each rule's load, then what the other rulebook missed."""
    lines: list[str] = []
    for name, test in tests.items():
        lines.append(f"== {name}: {beijing(test.start):%Y-%m-%d} to {beijing(test.end - 1):%Y-%m-%d}")
        lines += _fired(test)
        for tried in test.rules:
            told = _said(load(tried.notices, test.start, test.end))
            lines.append(f"{tried.rule.name:20} {len(tried.alerts):>4} alerts  {told}")
        whole = load(_notices(test), test.start, test.end)
        lines.append(f"{'all':20} {len(test.alerts):>4} alerts  {_said(whole)}")
        lines += [f"{rule}: not tried, it listens to when posts arrive" for rule in test.left_out]
    for name, compared in _compared(tests).items():
        missed = [one.alert for one in compared if one.missed]
        late = [one for one in compared if not one.missed and one.later > 0]
        lines.append(f"== of {name}'s {len(compared)} alerts the other misses {len(missed)}, tells {len(late)} later")
        lines += [f"  missed  {_line(alert)}" for alert in missed]
        lines += [f"  {one.later // 60_000:>5} min later  {_line(one.alert)}" for one in late]
    return "\n".join(lines)


def _fired(test: Backtest) -> list[str]:
    known = {alert.id: alert for alert in test.alerts}
    told = sorted(_notices(test), key=lambda one: (one.at, one.alert))
    return [
        f"{beijing(one.at):%Y-%m-%d %H:%M}  {REASONS[one.reason]}  {LEVELS[known[one.alert].level]}  "
        f"{known[one.alert].title}  {known[one.alert].rule}"
        for one in told
    ]


def _line(alert: Alert) -> str:
    return f"{beijing(alert.opened_at):%Y-%m-%d %H:%M}  {LEVELS[alert.level]}  {alert.title}  {alert.reason}"


def _said(found: Load) -> str:
    worst = f", at most {found.most} ({beijing(found.most_at):%Y-%m-%d %H:%M})" if found.most else ""
    return f"{found.notices} notices: {found.mean:.2f} a shift of 12 h{worst}; {found.silent} of {found.shifts} silent"
