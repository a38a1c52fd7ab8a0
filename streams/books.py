"""The books: per source and in all, received = stored + repeated + rejected, and the indices hold just that many."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from msgspec import Struct

from streams.broker import ASK, SCORE_GROUP, client_arguments, knock
from streams.elastic import Elastic
from streams.errors import Unavailable
from streams.settings import KafkaSettings
from streams.topics import BACKFILL, DEAD_LETTERS, LIVE, OPINIONS, PAGES, pattern

SOURCES_MOST = 100
LOOKS = 3
"""How often unbalanced books are read before they are called unbalanced."""
SUMS = ("received", "stored", "repeated", "rejected", "late")


class Account(Struct, frozen=True, kw_only=True):
    """One source's side: what the pages' lines sum up to, and what the indices hold.

    received, stored, repeated, rejected, late: posts, from the index `pages`; opinions, letters: documents there are.
    """

    received: int = 0
    stored: int = 0
    repeated: int = 0
    rejected: int = 0
    late: int = 0
    opinions: int = 0
    letters: int = 0

    def balanced(self, *, moving: bool) -> bool:
        """Whether nothing is lost and nothing is counted twice; `moving`: a page may be stored and its line not yet."""
        whole = self.received == self.stored + self.repeated + self.rejected
        if moving:
            return whole and self.opinions >= self.stored and self.letters >= self.rejected
        return whole and self.opinions == self.stored and self.letters == self.rejected


class Books(Struct, frozen=True, kw_only=True):
    """All accounts; `waiting` pages lie in Kafka and are not acknowledged yet: they are not in the sums, or half in."""

    sources: dict[str, Account]
    total: Account
    waiting: int

    @property
    def balanced(self) -> bool:
        """Whether every source's account is balanced; exactly so once no page waits."""
        return all(account.balanced(moving=self.waiting > 0) for account in self.sources.values())

    def as_json(self) -> dict[str, Any]:
        """Return the books for programs: `all`, `sources`, `waiting`, `balanced`."""
        return {
            "all": msgspec.structs.asdict(self.total),
            "sources": {name: msgspec.structs.asdict(account) for name, account in self.sources.items()},
            "waiting": self.waiting,
            "balanced": self.balanced,
        }


def waiting(settings: KafkaSettings) -> int:
    """Return how many messages the scoring workers have not acknowledged. Raises Unavailable, Misconfigured."""
    return sum(lag(settings).values())


def lag(settings: KafkaSettings) -> dict[tuple[str, int], int]:
    """Return the messages not acknowledged, by topic (bare) and partition. Raises Unavailable, Misconfigured."""
    from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition  # noqa: PLC0415 - only `books` asks
    from kafka.errors import CoordinatorNotAvailableError, KafkaError  # noqa: PLC0415

    group = settings.kafka_prefix + SCORE_GROUP
    knock(settings)
    arguments = client_arguments(settings) | {"request_timeout_ms": int(ASK * 1000)}
    try:
        consumer = KafkaConsumer(**arguments, group_id=None, enable_auto_commit=False)
        try:
            places = [
                TopicPartition(settings.kafka_prefix + topic.name, number)
                for topic in (LIVE, BACKFILL)
                for number in consumer.partitions_for_topic(settings.kafka_prefix + topic.name) or ()
            ]
            ends = consumer.end_offsets(places) if places else {}
            starts = consumer.beginning_offsets(places) if places else {}
        finally:
            consumer.close()
        admin = KafkaAdminClient(**arguments)
        try:
            done = admin.list_group_offsets({group: places}) if places else {}
        except CoordinatorNotAvailableError:
            done = {}  # a new broker makes its table of groups when the first group comes: nothing is acknowledged yet
        finally:
            admin.close()
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {settings.bootstrap} can't be reached: {type(error).__name__}") from error
    committed = {place: offset.offset for place, offset in (done.get(group) or {}).items()}
    return {
        (place.topic.removeprefix(settings.kafka_prefix), place.partition): max(
            0, ends[place] - max(starts[place], committed.get(place, -1))
        )
        for place in places
    }


async def _accounts(elastic: Elastic) -> dict[str, Account]:
    per_source = {"terms": {"field": "source", "size": SOURCES_MOST}}
    sums = {name: {"sum": {"field": name}} for name in SUMS}
    # the lines first: a page that is stored meanwhile is then seen as documents without a line, never the other way
    lines = await _buckets(elastic, pattern(PAGES), per_source | {"aggs": sums})
    opinions = await _buckets(elastic, pattern(OPINIONS), per_source)
    letters = await _buckets(elastic, pattern(DEAD_LETTERS), per_source)
    return {
        source: Account(
            **{name: int(lines[source][name]["value"]) if source in lines else 0 for name in SUMS},
            opinions=opinions.get(source, {}).get("doc_count", 0),
            letters=letters.get(source, {}).get("doc_count", 0),
        )
        for source in sorted({*lines, *opinions, *letters})
    }


async def _buckets(elastic: Elastic, index: str, by_source: dict[str, Any]) -> dict[str, Any]:
    await elastic.refresh(index)
    answer = await elastic.search(index, {"size": 0, "aggs": {"sources": by_source}})
    found = answer.get("aggregations", {}).get("sources", {}).get("buckets", [])
    return {bucket["key"]: bucket for bucket in found}


async def books(elastic: Elastic, kafka: KafkaSettings) -> Books:
    """Return the books as they stand. Raises Unavailable, Refused, Misconfigured."""
    found = await _read(elastic, kafka)
    for _ in range(LOOKS - 1):
        if found.balanced:
            break
        await asyncio.sleep(0.5)  # a page may have come and been half done between two of our questions
        found = await _read(elastic, kafka)
    return found


async def _read(elastic: Elastic, kafka: KafkaSettings) -> Books:
    left = await asyncio.to_thread(waiting, kafka)
    accounts = await _accounts(elastic)
    names = Account.__struct_fields__
    total = Account(**{name: sum(getattr(one, name) for one in accounts.values()) for name in names})
    return Books(sources=accounts, total=total, waiting=left)
