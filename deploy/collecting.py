"""`huiying collect`, wired: the file of own accounts, Kafka, the checkpoints, and one poller a source."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from deploy.parts import Settings
from deploy.run import forever, logged
from streams.collect import KafkaSink, Poller, collect
from streams.elastic import Elastic
from streams.errors import Misconfigured
from streams.settings import ElasticSettings, KafkaSettings, SourceSettings
from streams.sources.base import Source
from streams.sources.registered import Polled, sources

log = logging.getLogger("huiying.collect")


def found_sources(settings: SourceSettings) -> list[Polled]:
    """Return the sources that are set up; none if no file is named. Raises Misconfigured."""
    if not settings.sources:
        return []
    found = sources(Path(settings.sources).expanduser(), bases=settings.relays)
    if not found:
        raise Misconfigured(f"HUIYING_SOURCES={settings.sources} has no account in it")
    return found


def maker(settings: SourceSettings, name: str) -> Callable[[], tuple[Source, float]]:
    """Return what makes one source by its name, from the file as it then is."""

    def make() -> tuple[Source, float]:
        for one in found_sources(settings):
            if one.source.name == name:
                return one.source, one.every
        raise Misconfigured(f"{name} is no longer in {settings.sources}")

    return make


def run_collect(settings: Settings) -> None:
    """Poll until Ctrl-C; without a source say so and end."""
    logged()
    given = settings[SourceSettings]
    names = [one.source.name for one in found_sources(given)]
    if not names:
        print("no source is polled: HUIYING_SOURCES names no file with own accounts (deploy/sources.example.toml)")
        return
    if Path(given.sources).expanduser().stat().st_mode & 0o004:
        log.warning("%s can be read by every user of this machine, and holds secrets: chmod o-r", given.sources)
    log.info("polling %s", ", ".join(names))

    async def work() -> None:
        sink = KafkaSink(settings[KafkaSettings])
        async with Elastic(settings[ElasticSettings]) as elastic:
            try:
                clock = settings.clock()
                await collect([Poller(n, maker(given, n), store=elastic, sink=sink, clock=clock) for n in names])
            finally:
                await sink.aclose()

    forever(work)
