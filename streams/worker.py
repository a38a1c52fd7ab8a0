"""One scoring worker as a process: waits for its engines, then runs the Faust application until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streams import broker, quiet
from streams.books import lag
from streams.clock import Clock, clock_from
from streams.elastic import Elastic
from streams.errors import Misconfigured, Unavailable
from streams.metrics import Metrics
from streams.score import Judge
from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
from streams.topics import BACKFILL, DEAD_LETTERS, DRILLS, LIVE, OPINIONS, PAGES, REJECTED
from streams.watchdog import STUCK, Progress, Watchdog

log = logging.getLogger("huiying.work")
NOISY = ("aiokafka", "faust", "mode", "kafka", "elastic_transport")
"""Libraries that tell more than a person can use; their warnings are shown."""


def run(  # noqa: PLR0917 - what a process is made of
    kafka: KafkaSettings,
    elastic: ElasticSettings,
    worker: WorkerSettings,
    clock: Clock | None = None,
    datadir: Path | None = None,
    judge: Judge | None = None,
) -> None:
    """Run a scoring worker until SIGTERM or SIGINT.

    clock: by default the one that the settings name; datadir: a folder that Faust may have (it writes nothing there);
    judge: by default `analyzers.analysis.analyze`.
    Waits for Kafka and Elasticsearch with growing pauses, one line each. Raises Misconfigured if topics or templates
    are missing (`huiying init` makes them) or if either refuses us, and SystemExit if the application fails: whoever
    started the process starts it again, and the page that was not acknowledged comes again.
    """
    clock = clock or clock_from(worker.clock)
    quiet.set_up(NOISY)
    wait_for(lambda: check_kafka(kafka), worker)
    wait_for(lambda: asyncio.run(check_elastic(elastic)), worker)

    import mode.loop  # noqa: PLC0415 - must come before anything makes a loop

    mode.loop.use("uvloop")
    from analyzers.analysis import MODEL_VERSION, analyze  # noqa: PLC0415 - models load here, after the engines answer
    from streams.agents import Scorer, attach  # noqa: PLC0415
    from streams.app import make_app  # noqa: PLC0415

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = make_app(kafka, datadir)
    store = Elastic(elastic)
    progress, metrics = Progress(), Metrics()
    if worker.worker_metrics:
        metrics.serve(worker.worker_metrics)

    def make(**given: Any) -> Scorer:
        return Scorer(elastic=store, judge=judge or analyze, model=MODEL_VERSION, clock=clock, settings=worker,
                      progress=progress, metrics=metrics, **given)  # fmt: skip

    attach(app, kafka, make)
    watchdog = Watchdog(progress, lambda: _mine(app, kafka, metrics), worker.worker_stuck_after, _end)
    watchdog.start()
    try:
        _until_stopped(app, store, loop)
    finally:
        watchdog.stop()


def _mine(app: Any, kafka: KafkaSettings, metrics: Metrics) -> int:
    """Return how many messages wait on the partitions that this worker has."""
    mine = {(place.topic.removeprefix(kafka.kafka_prefix), place.partition) for place in app.consumer.assignment()}
    found = {place: count for place, count in lag(kafka).items() if place in mine}
    for (topic, partition), count in found.items():
        metrics.set("lag_messages", count, topic=topic, partition=str(partition))
    return sum(found.values())


def _end(_why: str) -> None:
    logging.shutdown()
    os._exit(STUCK)  # the event loop hangs: nobody would hear an exception


def _until_stopped(app: Any, store: Elastic, loop: asyncio.AbstractEventLoop) -> None:
    from faust.worker import Worker  # noqa: PLC0415

    class Process(Worker):
        """Faust's worker without its spinner; it says when it is ready and closes what is ours."""

        def _on_startup_end_spinner(self) -> None:
            log.info("the worker is ready")

        def on_worker_shutdown(self) -> None:
            log.info("the worker stops")

    process = Process(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
    process.spinner = None

    async def close(*_: Any, **__: Any) -> None:
        await store.close()

    app.on_after_shutdown = close
    log.info("scoring %s and %s of %s", LIVE.name, BACKFILL.name, app.conf.id)
    try:
        process.execute_from_commandline()
    except SystemExit as end:
        if end.code:
            raise


def wait_for(check: Callable[[], None], settings: WorkerSettings) -> None:
    """Call `check` until it raises no Unavailable, with growing pauses and one line each."""
    tries = 0
    while True:
        try:
            check()
        except Unavailable as error:
            tries += 1
            pause = min(settings.worker_retry_most, settings.worker_retry_first * 2 ** min(tries - 1, 30))
            log.warning("waiting %.1f s (try %d): %s", pause, tries, error)
            time.sleep(pause)
        else:
            return


def check_kafka(settings: KafkaSettings) -> None:
    """Raise Unavailable if Kafka can't be reached, Misconfigured if a topic is missing."""
    there = broker.partitions(settings)
    missing = [topic.name for topic in (LIVE, BACKFILL, REJECTED) if topic.name not in there]
    if missing:
        raise Misconfigured(f"Kafka at {settings.bootstrap} lacks the topics {', '.join(missing)}; run `huiying init`")


async def check_elastic(settings: ElasticSettings) -> None:
    """Raise Unavailable if Elasticsearch can't be reached, Misconfigured if a template is missing.

    Without its template an index would take any field and guess its type.
    """
    async with Elastic(settings) as elastic:
        there = await elastic.templates()
    missing = [index.name for index in (OPINIONS, DRILLS, DEAD_LETTERS, PAGES) if index.name not in there]
    if missing:
        raise Misconfigured(f"Elasticsearch lacks the templates {', '.join(missing)}; run `huiying init`")
