"""What the command line does beside running processes: replay, books, doctor, reports, explain, people."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from deploy.offline import bar
from deploy.parts import Settings, rulebook
from streams.clock import SystemClock, beijing, from_ms
from streams.elastic import Elastic
from streams.errors import HuiyingError, Misconfigured, Rejected
from streams.settings import ElasticSettings, KafkaSettings


def run_replay(
    settings: Settings, file: Path, *, source: str, columns: str, speed: str, rules: bool, notify: bool, live: bool,
    from_start: bool, like: str = "",
) -> None:  # fmt: skip
    """Send a file through Kafka, and with `rules` run them over its time once everything is stored."""
    from streams.replay import replay, speed_of
    from streams.sources.file import columns_from

    if notify and not rules:
        raise Misconfigured("--notify says who is told what the rules find: give --rules too")
    with bar() as shown:
        task = shown.add_task(f"replay {file.name}", total=None)
        report = replay(
            file, kafka=settings[KafkaSettings], elastic=settings[ElasticSettings], clock=settings.clock(),
            source=source, columns=columns_from(columns), like=like, speed=speed_of(speed), live=live,
            from_start=from_start or rules,  # the rules need the file's whole time, not only the rest of it
            tell=lambda read, whole, _rows: shown.update(task, completed=read, total=whole),
        )  # fmt: skip
    if report.problem:
        print(f"the file broke off: {report.problem}", file=sys.stderr)
    print(
        f"{report.rows} rows: {report.posts} posts in {report.pages} pages sent, {report.bad} rows unreadable"
        + (f"; resumed after row {report.resumed_at}" if report.resumed_at else "")
        + f"; {report.seconds:.1f} s"
    )
    if report.unread:
        print(f"columns not read: {', '.join(report.unread)[:300]}")
    if rules and report.posts:
        asyncio.run(_rules_over(settings, report.first_ms, report.last_ms, notify=notify))
    if report.problem:
        raise SystemExit(1)


def _day(at: int) -> str:
    return f"{beijing(at):%Y-%m-%d}"


async def _rules_over(settings: Settings, first_ms: int, last_ms: int, *, notify: bool) -> None:
    """Wait until nothing is waiting in Kafka, then run the rules over the stretch, and tell what they found."""
    from deploy.wiring import services
    from streams.books import books

    async with services(settings) as parts:
        with bar() as shown:
            task = shown.add_task("stored", total=None)
            most = 0
            while True:
                waiting = (await books(parts.elastic, settings[KafkaSettings])).waiting
                most = max(most, waiting)
                shown.update(task, total=most or 1, completed=most - waiting)
                if not waiting:
                    break
                await asyncio.sleep(0.3)
            await parts.elastic.refresh("opinions-*")
            print(f"stored; running the rules from {_day(first_ms)} to {_day(last_ms)}", flush=True)
            task = shown.add_task("rules", total=1)
            result = await parts.service.replay(
                from_ms(first_ms), from_ms(last_ms) + timedelta(seconds=1), notify=notify,
                progress=lambda done, whole: shown.update(task, completed=done, total=whole),
            )  # fmt: skip
    for alert in result.alerts:
        print(f"{beijing(alert.opened_at):%Y-%m-%d %H:%M}  {alert.level:8} {alert.title}  {alert.reason}")
    print(f"{len(result.alerts)} alerts over {result.steps} steps of event time, {result.new} of them new")


def run_books(settings: Settings, *, as_json: bool) -> None:
    """Print the books; exit 1 if they don't balance."""
    import msgspec

    from alerts.books import alert_books
    from alerts.deliveries import delivery_books
    from streams.books import books

    async def ask() -> tuple[Any, Any, Any]:
        async with Elastic(settings[ElasticSettings]) as elastic:
            posts = await books(elastic, settings[KafkaSettings])
            return posts, await alert_books(elastic), await delivery_books(elastic)

    posts, alerts, reports = asyncio.run(ask())
    balanced = posts.balanced and alerts.balanced and reports.balanced
    if as_json:
        found = posts.as_json()
        found["alerts"] = {
            "alerts": alerts.alerts, "sent": alerts.sent, "suppressed": alerts.suppressed, "failed": alerts.failed,
            "waiting": alerts.waiting, "channels": alerts.channels, "notices": msgspec.to_builtins(alerts.notices),
        }  # fmt: skip
        found["reports"] = msgspec.to_builtins(reports)
        found["balanced"] = balanced
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print_books(posts, alerts)
        said = f"{reports.sent} sent + {reports.failed} failed + {reports.unknown} unknown + {reports.waiting} waiting"
        print(f"{reports.due} deliveries of reports = {said}")
        print("the books balance" if balanced else "THE BOOKS DO NOT BALANCE")
    if not balanced:  # not raised: with --json an error would be a second document
        print("huiying: the books do not balance: please keep the data folder and report this", file=sys.stderr)
        raise SystemExit(1)


def _print_books(posts: Any, alerts: Any) -> None:
    print(f"{'source':10}{'received':>10}   {'stored':>8} + {'repeated':>8} + {'rejected':>8}")
    for name, one in [*sorted(posts.sources.items()), ("all", posts.total)]:
        mark = "=" if one.received == one.stored + one.repeated + one.rejected else "≠"
        print(f"{name:10}{one.received:>10} {mark} {one.stored:>8} + {one.repeated:>8} + {one.rejected:>8}")
    print(f"{posts.waiting} pages wait in Kafka; {posts.total.late} posts came late")
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(alerts.suppressed.items()))
    kept = sum(alerts.suppressed.values())
    print(
        f"{alerts.alerts} alerts = {alerts.sent} sent + {kept} suppressed{f' ({reasons})' if reasons else ''}"
        f" + {alerts.failed} failed" + (f" + {alerts.waiting} waiting" if alerts.waiting else "")
    )
    sent = alerts.notices
    print(
        f"{sent.told} notices = {sent.delivered} delivered + {sent.by_fallback} by another channel"
        f" + {sent.failed} failed + {sent.pending} pending"
    )
    for name, count in alerts.channels.items():
        print(f"  notices by {name}: " + ", ".join(f"{state} {n}" for state, n in sorted(count.items())))


def run_doctor(settings: Settings, *, as_json: bool) -> None:
    """Print every check as it is made; exit 1 if something is wrong."""
    import os

    from alerts.settings import MailSettings, RobotSettings
    from deploy.doctor import IntakeFacts, as_rows, doctor, healthy, patient_of
    from deploy.intake import keys_file
    from deploy.report_checks import appraisal_weights, report_templates, working_calendar
    from deploy.run import plan_of
    from deploy.telling_checks import telling
    from deploy.wiring import provider_of
    from streams.gateway.settings import GatewaySettings

    now = SystemClock().now()  # the machine's own, also where a demo runs on another
    plan = plan_of(settings, dict(os.environ))
    given = settings[GatewaySettings]
    facts = IntakeFacts(given.gateway_host, given.gateway_port, bool(given.gateway_certificate), keys_file(settings))
    patient = patient_of(plan, settings[MailSettings], settings[RobotSettings], now, facts)
    patient = dataclasses.replace(
        patient, provider=lambda: provider_of(settings),
        telling=lambda: [
            *telling(settings), *report_templates(settings), *appraisal_weights(settings), *working_calendar(now)
        ],
    )  # fmt: skip
    checks = []
    for check in doctor(patient):
        checks.append(check)
        if not as_json:
            print(check.line(), flush=True)
    if as_json:
        print(json.dumps(as_rows(checks), ensure_ascii=False))
    if not healthy(checks):
        raise SystemExit(1)


def run_report(settings: Settings, kind: str, period: str, form: str, out: Path | None) -> None:
    """Make a report, keep it, and write it in one form."""
    from alerts.reports.kinds import FORMS, filename, kind_named, make_report, render
    from alerts.reports.settings import ReportSettings
    from alerts.reports.store import ReportStore

    if form not in FORMS:
        raise Misconfigured(f"--format {form!r}: it can be {', '.join(FORMS)}")
    clock = settings.clock()

    async def make() -> Any:
        async with Elastic(settings[ElasticSettings]) as elastic:
            now = clock.now()
            wanted = period or kind_named(kind).latest(now)
            report = await make_report(kind, wanted, elastic, now, settings[ReportSettings])
            return (await ReportStore(elastic).keep(report)).report

    report = asyncio.run(make())
    path = out or Path(filename(report, form))
    try:
        path.write_bytes(render(report, form))
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from error
    print(path)


def run_explain_post(settings: Settings, post: str, text: str) -> None:
    """Show how a text is judged, and why."""
    from analyzers.explain import as_text, explain

    if bool(post) == bool(text):
        raise Misconfigured("give an opinion's id, or --text")
    posted = None
    if post:
        text, posted = asyncio.run(_stored_text(settings, post))
    print(as_text(explain(text, posted)))


async def _stored_text(settings: Settings, post: str) -> tuple[str, datetime]:
    async with Elastic(settings[ElasticSettings]) as elastic:
        answer = await elastic.search("opinions-*", {"query": {"term": {"id": post}}, "size": 1})
    if not answer["hits"]["hits"]:
        raise Misconfigured(f"there is no opinion {post}")
    found = answer["hits"]["hits"][0]["_source"]
    return str(found["text"]), beijing(int(found["posted_at"]))


def run_explain_rule(name: str) -> None:
    """Show rules with their reasons and examples."""
    from alerts.evaluate import length, tried

    rules = [rule for rule in rulebook() if name in {"", rule.name}]
    if not rules:
        raise Misconfigured(f"there is no rule {name!r}; there are {', '.join(rule.name for rule in rulebook())}")
    for rule in rules:
        print(f"{rule.name}  {rule.title}  ({rule.kind}, {rule.level})\n  {rule.reason}")
        key = ", ".join(rule.key) or "found by itself"
        print(f"  key {key}; window {length(rule.window)}, step {length(rule.step)}")
        for label, example in (("fires", rule.fires), ("silent", rule.silent)):
            finding = tried(rule, example)
            said = finding.reason if finding else "未达到报警线"
            numbers = ", ".join(f"{k} {v}" for k, v in msgspec.structs.asdict(example).items() if v or k == "count")
            print(f"  {label}: {numbers}\n    -> {said}")


def run_explain_alert(settings: Settings, alert: str) -> None:
    """Show an alert with all it rests on, and its notices."""
    from alerts.rulebook_versions import ElasticVersions, in_force
    from deploy.wiring import services

    async def ask() -> None:
        async with services(settings) as parts:
            found = await parts.service.alert(alert)
            if found is None:
                raise Misconfigured(f"there is no alert {alert}")
            for name in found.__struct_fields__:
                value = getattr(found, name)
                if name.endswith(("_at", "_from", "_to")) and value:
                    value = f"{beijing(value):%Y-%m-%d %H:%M:%S}"
                print(f"{name:16} {value}")
            rules = await in_force(ElasticVersions(parts.elastic), parts.service.rules)
            rule = next((rule for rule in rules if rule.name == found.rule), None)
            if rule is None:
                print(f"the rulebook has no rule {found.rule} any more: the decision can't be made again")
            else:
                from alerts.explaining import explained

                print(_again(await explained(rule, found, parts.service.counts, parts.service.measures)))
            body = {"query": {"term": {"alert": alert}}, "size": 200, "sort": [{"at": "asc"}]}
            for hit in (await parts.elastic.search("notices", body))["hits"]["hits"]:
                doc = hit["_source"]
                why = doc.get("reason") or doc.get("error") or ""
                print(f"notice  {doc['kind']:10} {doc['channel']:8} {doc['state']:10} tries {doc['tries']} {why}")

    asyncio.run(ask())


def _again(again: Any) -> str:
    """Return a decision made again, with all its inputs."""
    rule, finding = again.rule, again.finding
    lines = [
        f"decided again at {beijing(again.at):%Y-%m-%d %H:%M:%S}",
        f"  posts written from {beijing(again.since):%Y-%m-%d %H:%M:%S} to {beijing(again.until):%Y-%m-%d %H:%M:%S}",
        f"  rule {rule.name} ({rule.kind}, {rule.level}), as the rulebook has it now: at least {rule.at_least}"
        + (f", {rule.times_usual:g} times the usual" if rule.times_usual else "")
        + (f", a share of {rule.share:g}" if rule.share else ""),
    ]
    if finding is not None:
        tally = finding.tally
        lines += [
            f"  posts {tally.count}, negative {tally.negative}, danger {tally.danger}, by source {tally.sources}",
            f"  usual {finding.usual:g}; value {finding.value:g} against bound {finding.bound:g}",
            f"  {finding.reason}",
        ]
    lines.append(f"  -> {again.decision.reason}" + ("" if again.differs else ", as it was stored"))
    lines += [f"  now different (the rule was changed, or posts came late): {one}" for one in again.differs]
    return "\n".join(lines)


def run_audit_verify(settings: Settings) -> None:
    """Walk the hash chain, and hold what people moved to it; exit 1 at the first broken entry."""
    from alerts.duty_changes import DutyChanges
    from alerts.rota import Rota
    from deploy.wiring import handovers_of, services

    async def work() -> Any:
        async with services(settings) as parts:
            duty = DutyChanges(parts.elastic, parts.history, Rota())
            shifts = handovers_of(settings, parts)
            kinds = (
                parts.consultations, parts.policies, parts.ledger, parts.replies, duty, shifts, parts.reviews,
                parts.inspections,
            )  # fmt: skip
            held = [await each.audit() for each in kinds]
            return await parts.history.verify(), *held

    verdict, *held = asyncio.run(work())
    if not verdict.ok:
        raise HuiyingError(f"the record is broken at entry {verdict.broken}: {verdict.reason}")
    if wrong := [line for each in held for line in each.wrong]:
        raise HuiyingError(f"{len(wrong)} records are not as the history has them: {wrong[0]}")
    names = (
        "consultations", "policies", "items", "replies", "changes of the rota", "handovers", "reviews", "inspections",
    )  # fmt: skip
    counted = ", ".join(f"{each.records} {name} as recorded" for each, name in zip(held, names, strict=True))
    print(f"{verdict.entries} entries, unbroken; {counted}; head {verdict.head}")


def run_user_add(
    settings: Settings, username: str, name: str, role: str, *, units: Sequence[str] = (), counties: Sequence[str] = ()
) -> None:
    """Add a person, within his reach, and print a first password."""
    from analyzers import places

    if unknown := [code for code in counties if code not in places.counties()]:
        raise Misconfigured(f"--county {', '.join(unknown)} is none of {', '.join(places.counties())}")
    from alerts.accounts import Accounts, ElasticAccounts
    from alerts.console.ledger_names import units as known_units
    from deploy.wiring import ledger_table

    async def work() -> str:
        async with Elastic(settings[ElasticSettings]) as elastic:
            accounts = Accounts(ElasticAccounts(elastic))
            now = SystemClock().now()
            known = known_units(ledger_table(settings), await accounts.users()) if units else frozenset()
            if strange := [unit for unit in units if unit not in known]:
                told = ", ".join(strange)
                print(f"no item can reach {told} by itself: the ledger's table has no such unit", file=sys.stderr)
            try:
                _, password = await accounts.create(
                    username=username, name=name, role=role, by="huiying", now=now, units=units, counties=counties
                )
            except Rejected as error:
                raise Misconfigured(error.detail) from error
            return password

    print(f"{username} / {asyncio.run(work())}")


def run_user_password(settings: Settings, username: str) -> None:
    """Give a person a new first password."""
    from alerts.accounts import Accounts, ElasticAccounts

    async def work() -> str:
        async with Elastic(settings[ElasticSettings]) as elastic:
            try:
                return await Accounts(ElasticAccounts(elastic)).reset_password(username, SystemClock().now())
            except Rejected as error:
                raise Misconfigured(error.detail) from error

    print(f"{username} / {asyncio.run(work())}")


def run_user_list(settings: Settings) -> None:
    """List the people who may sign in."""
    from alerts.accounts import ElasticAccounts

    async def work() -> list[Any]:
        async with Elastic(settings[ElasticSettings]) as elastic:
            return await ElasticAccounts(elastic).users()

    for user in asyncio.run(work()):
        more = " ".join(("(disabled)" if user.disabled else "", *user.units, *user.counties)).strip()
        print(f"{user.username:20} {user.role:10} {user.name}  {more}".rstrip())
