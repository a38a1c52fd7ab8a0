"""Concrete parts put together: what every process and tool shares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.accounts import Accounts, ElasticAccounts, Limits
from alerts.ack_link import AckLinks
from alerts.appraisal import read_weights
from alerts.channel_health import STILL_MS, Guard, silent
from alerts.console.kept import Kept
from alerts.console.parts import Check, ConsoleParts, Health
from alerts.console.report_desk import ReportDesk
from alerts.console.settings import ConsoleSettings, OidcSettings
from alerts.consultations import ConsultationService, StoreLink
from alerts.corrections import Corrections
from alerts.counts import ElasticCounts
from alerts.deliveries import Deliveries
from alerts.directory import directory
from alerts.duty_changes import DutyChanges
from alerts.duty_feed import DutyFeeds
from alerts.gaps import GapsSeen, SourceHealth
from alerts.handover_facts import Desk
from alerts.handovers import Handovers
from alerts.history import History
from alerts.hush_bounds import bounds_of
from alerts.inspections import InspectionService
from alerts.ledger_intake import LedgerIntake
from alerts.ledger_table import LedgerTable, load_table
from alerts.ledgers import LedgerService
from alerts.matters import Matters
from alerts.measures import ElasticMeasures
from alerts.notices import CHANNELS
from alerts.oidc import OidcConfig, Provider
from alerts.outbox import Outbox
from alerts.policies import PolicyService
from alerts.replies import ReplyService
from alerts.reports.settings import ReportSettings
from alerts.review_rubric import load_rubric
from alerts.reviews import ReviewService
from alerts.rota import Rota, read_rota
from alerts.rulebook import load_rulebook
from alerts.rulebook_follow import Follower
from alerts.rulebook_versions import ElasticVersions
from alerts.saved_searches import SavedSearches
from alerts.service import Service
from alerts.settings import MailSettings, TellSettings, WatchSettings
from alerts.silences import ElasticSilences
from alerts.store import AlertStore, NoticeStore
from alerts.tokens import Tokens
from alerts.watched_words import with_files
from analyzers import places
from deploy import report_health
from deploy.channels import channels, chosen
from deploy.letter_desk import LetterDesk
from deploy.parts import LEDGER_TABLE, RUBRIC, RULEBOOK, Settings
from streams import hold
from streams.books import waiting
from streams.broker import partitions
from streams.clock import Clock, ScaledClock, ms
from streams.elastic import Elastic
from streams.errors import HuiyingError, Misconfigured
from streams.gateway.settings import GatewaySettings
from streams.gateway.single import Single
from streams.metrics import Metrics
from streams.records import SOURCES
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
from streams.topics import OPINIONS, pattern

STANDSTILL_MS = 180_000
"""Pages that wait while nothing was stored for so long are a standstill."""


@dataclass(frozen=True)
class Services:
    """What the watcher, the console, the scheduler and the tools work with."""

    elastic: Elastic
    clock: Clock
    service: Service
    history: History
    consultations: ConsultationService
    policies: PolicyService
    reviews: ReviewService
    ledger: LedgerService
    replies: ReplyService
    inspections: InspectionService
    intake: LedgerIntake
    matters: Matters
    health: SourceHealth
    metrics: Metrics


def _read(name: str, given: str, fallback: Path | None) -> str:
    path = Path(given).expanduser() if given else fallback
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"HUIYING_{name.upper()}={path}: {error}") from error


def rulebook_text(given: str) -> str:
    """Return the rulebook's text, with the words of the files it names. Raises Misconfigured."""
    path = Path(given).expanduser() if given else RULEBOOK
    return with_files(_read("rulebook", given, RULEBOOK), path.parent)


def rota_of(settings: Settings) -> Rota:
    """Return who is on duty when; nobody if no rota is set."""
    text = _read("rota", settings[WatchSettings].rota, None)
    return read_rota(text) if text else Rota()


def ledger_table(settings: Settings) -> LedgerTable:
    """Return the ledger's limits and units. Raises Misconfigured."""
    return load_table(_read("ledger", settings[WatchSettings].ledger, LEDGER_TABLE))


def place_names() -> dict[str, str]:
    """Return the names of the city's counties by their codes, and the city's under the empty one."""
    return {"": places.default().name, **places.counties()}


@asynccontextmanager
async def services(settings: Settings) -> AsyncIterator[Services]:
    """Give the parts while they are needed. Raises Misconfigured for a wrong rulebook or rota."""
    watch, console = settings[WatchSettings], settings[ConsoleSettings]
    rules = load_rulebook(rulebook_text(watch.rulebook))
    rota = rota_of(settings)
    table = ledger_table(settings)
    rubric = load_rubric(_read("rubric", watch.rubric, RUBRIC))
    weights = read_weights(settings[ReportSettings].report_appraisal)
    link = watch.console_url or f"http://127.0.0.1:{console.console_port}"
    async with Elastic(settings[ElasticSettings]) as elastic:
        store, history = AlertStore(elastic), History(elastic)
        ways = channels(settings, ack_of(settings, rota), directory(rota))
        own, fallback = chosen(settings, ways)
        outbox = Outbox(
            NoticeStore(elastic), ways, tries=watch.notice_tries, fallback=fallback, names=own, alert=store.get
        )
        ledger = LedgerService(elastic, history, table)
        matters, metrics = Matters(elastic, history), Metrics()
        try:
            yield Services(
                elastic=elastic,
                clock=settings.clock(),
                service=Service(
                    rules, ElasticCounts(elastic), store, outbox, rota=rota, link=link,
                    silences=ElasticSilences(elastic), bounds=bounds_of(settings[TellSettings]),
                    measures=ElasticMeasures(elastic, lambda: asyncio.to_thread(waiting, settings[KafkaSettings])),
                    gaps=GapsSeen(elastic).over,
                    counted=lambda what, reason, count: metrics.add("tellings", count, outcome=what, reason=reason),
                ),
                metrics=metrics,
                history=history,
                consultations=ConsultationService(elastic, history, StoreLink(store)),
                policies=PolicyService(elastic, history),
                reviews=ReviewService(elastic, history, rubric),
                ledger=ledger,
                replies=ReplyService(elastic, history, ledger),
                inspections=InspectionService(elastic, history, weights),
                intake=LedgerIntake(elastic, table, place_names(), watch.ledger_days),
                matters=matters,
                health=SourceHealth(elastic, patience=console.console_source_quiet_minutes * 60_000),
            )
        finally:
            matters.close()


@asynccontextmanager
async def intake(settings: Settings) -> AsyncIterator[Single]:
    """Give the way in for Open311's requests, connected to Kafka in the background; Misconfigured for its source."""
    from streams.gateway.sending import KafkaSink

    given, source = settings[GatewaySettings], settings[ConsoleSettings].console_open311_source
    if source not in SOURCES:
        raise Misconfigured(f"HUIYING_CONSOLE_OPEN311_SOURCE={source} is none of {', '.join(SOURCES)}")
    sink = KafkaSink(settings[KafkaSettings], seconds=given.gateway_acknowledge)
    connecting = asyncio.create_task(sink.connect())
    try:
        yield Single(sink, given, source=source, future_ms=settings[WorkerSettings].worker_future * 1000)
    finally:
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await sink.aclose()


def ack_of(settings: Settings, rota: Rota) -> AckLinks | None:
    """Return what makes and reads the links for signing, if a secret is set. Raises Misconfigured."""
    watch, console = settings[WatchSettings], settings[ConsoleSettings]
    if not watch.ack_secret:
        return None
    link = watch.console_url or f"http://127.0.0.1:{console.console_port}"
    return AckLinks(watch.ack_secret, link, watch.ack_hours, directory(rota).names)


def guard_of(settings: Settings, parts: Services) -> Guard:
    """Return what looks whether notices go out; on a clock that runs faster, it waits longer."""
    speed = parts.clock.speed if isinstance(parts.clock, ScaledClock) else 1.0
    patience = int(settings[WatchSettings].notice_silence_minutes * 60_000 * speed)
    return Guard(parts.elastic, parts.service.outbox, patience=patience, still=int(STILL_MS * speed))


def deliveries_of(settings: Settings, parts: Services) -> Deliveries:
    """Return the reports' way to people: the mail server and the robots that are set up."""
    watch, console = settings[WatchSettings], settings[ConsoleSettings]
    link = watch.console_url or f"http://127.0.0.1:{console.console_port}"
    robots = tuple(parts.service.outbox.channels.values())
    return Deliveries(parts.elastic, settings[ReportSettings], settings[MailSettings], robots, link)


def handovers_of(settings: Settings, parts: Services) -> Handovers:
    """Return the handovers of shifts, and where what is handed over is known from."""
    guard = guard_of(settings, parts)
    desk = Desk(
        alerts=parts.service, consultations=parts.consultations, ledger=parts.ledger,
        silences=ElasticSilences(parts.elastic), pulses=parts.health.pulses,
        silent=lambda now: silent(guard.elastic, guard.ways, now, guard.patience),
    )  # fmt: skip
    patience = int(settings[WatchSettings].handover_minutes * 60_000)
    return Handovers(parts.elastic, parts.history, desk, patience=patience)


def provider_of(settings: Settings) -> Provider | None:
    """Return the city's identity provider, if one is set. Raises Misconfigured."""
    oidc = settings[OidcSettings]
    if not oidc.oidc_issuer:
        return None
    address = settings[WatchSettings].console_url
    back = f"{address.rstrip('/')}/login/outside/back" if address else ""
    return Provider(
        OidcConfig(oidc.oidc_issuer, oidc.oidc_client_id, oidc.oidc_client_secret, oidc.oidc_claim, back, oidc.oidc_ca)
    )


def follower(settings: Settings, parts: Services) -> Follower:
    """Return what keeps the watcher at the rulebook that is in use."""
    given = settings[WatchSettings].rulebook
    path = Path(given).expanduser() if given else RULEBOOK
    return Follower(ElasticVersions(parts.elastic), path, parts.clock, parts.service.adopt)


def console_parts(settings: Settings, parts: Services) -> ConsoleParts:
    """Return what the console is given."""
    from datetime import timedelta

    console = settings[ConsoleSettings]
    limits = Limits(
        whole=timedelta(hours=console.console_session_hours), idle=timedelta(minutes=console.console_idle_minutes)
    )
    return ConsoleParts(
        documents=parts.elastic,
        accounts=Accounts(ElasticAccounts(parts.elastic), limits=limits),
        audit=parts.history,
        alerts=parts.service,
        consultations=parts.consultations,
        policies=parts.policies,
        silences=ElasticSilences(parts.elastic),
        rulebooks=ElasticVersions(parts.elastic),
        handovers=handovers_of(settings, parts),
        feeds=DutyFeeds(
            parts.elastic, parts.history, secret=settings[WatchSettings].ack_secret,
            base=settings[WatchSettings].console_url or f"http://127.0.0.1:{console.console_port}",
        ),
        duty=DutyChanges(parts.elastic, parts.history, rota_of(settings)),
        matters=parts.matters,
        searches=SavedSearches(parts.elastic),
        tokens=Tokens(parts.elastic),
        ledger=parts.ledger,
        inspections=parts.inspections,
        replies=parts.replies,
        reviews=parts.reviews,
        corrections=Corrections(parts.elastic, parts.history),
        reports=ReportDesk(parts.elastic, settings[ReportSettings], deliveries_of(settings, parts)),
        pulses=parts.health.pulses,
        letters=LetterDesk(parts.elastic, settings[KafkaSettings], settings[WorkerSettings]),
        clock=parts.clock,
        settings=console,
        checks=(
            elastic_check(parts.elastic), Kept(kafka_check(settings[KafkaSettings])),
            Kept(lag_check(parts.elastic, settings[KafkaSettings], parts.clock)),
            channels_check(guard_of(settings, parts), parts.clock),
            report_health.dressed(settings[ReportSettings]),
            report_health.sending(deliveries_of(settings, parts), parts.clock),
            report_health.scheduled(parts.elastic, settings[ReportSettings]), report_health.calendar(parts.clock),
        ),
        outside=provider_of(settings),
        ack=ack_of(settings, Rota()),
        outside_name=settings[OidcSettings].oidc_name,
        city=places.default().name,
        demo=isinstance(parts.clock, ScaledClock),
    )


def elastic_check(elastic: Elastic) -> Check:
    """Return the check of Elasticsearch that the console shows."""

    async def check() -> Health:
        try:
            status = (await elastic.health())["status"]
        except HuiyingError as error:
            return Health("Elasticsearch", False, f"连接不上：{error}")
        words = {"green": "正常", "yellow": "可用，副本未齐", "red": "部分数据不可用"}
        return Health("Elasticsearch", status != "red", words.get(status, status))

    return check


def channels_check(guard: Guard, clock: Clock) -> Check:
    """Return the check whether notices that should go out do."""

    async def check() -> Health:
        name = "通知渠道"
        if not guard.ways:
            return Health(name, True, "只有控制台，没有设置其他渠道")
        found = await silent(guard.elastic, guard.ways, ms(clock.now()), guard.patience)
        if not found:
            return Health(name, True, "正常：" + "、".join(CHANNELS[way] for way in guard.ways))
        said = "；".join(f"{CHANNELS[one.channel]}应发{one.owed}条，一条也没有送达" for one in found)
        return Health(name, False, f"{said}。请系统管理员运行 huiying doctor。")

    return check


def lag_check(elastic: Elastic, settings: KafkaSettings, clock: Clock) -> Check:
    """Return the check of what waits in Kafka, by partition, and of when something was stored last."""
    from streams.books import lag

    async def check() -> Health:
        body = {"size": 0, "aggs": {"last": {"max": {"field": "indexed_at"}}}}
        try:
            waiting = {place: count for place, count in (await asyncio.to_thread(lag, settings)).items() if count}
            held = await hold.read(elastic)
            found = (await elastic.search(pattern(OPINIONS), body)).get("aggregations", {}).get("last", {}).get("value")
        except HuiyingError as error:
            return Health("处理进度", False, f"查不到：{error}")
        since = ms(clock.now()) - int(found or 0)
        last = f"最近入库 {max(0, since) // 60_000} 分钟前" if found else "还没有入库"
        if held is not None and held.lasts:
            return Health("处理进度", False, "已暂停：一分钟内的死信超过上限，请到“死信”页查看后继续")
        if not waiting:
            return Health("处理进度", True, f"没有积压，{last}")
        where = "、".join(f"{topic}/{partition} {count}页" for (topic, partition), count in sorted(waiting.items())[:6])
        moving = bool(found) and since < STANDSTILL_MS
        return Health("处理进度", moving, f"积压{sum(waiting.values())}页（{where}），{last}")

    return check


def kafka_check(settings: KafkaSettings) -> Check:
    """Return the check of Kafka that the console shows."""
    async def check() -> Health:
        try:
            there = await asyncio.to_thread(partitions, settings)
        except HuiyingError as error:
            return Health("Kafka", False, f"连接不上：{error}")
        return Health("Kafka", True, f"正常，{len(there)}个主题")

    return check
