"""Dead letters again: find them, read what they were once more from Kafka, mend it, and send it on its way.

The text of a dead letter is not kept; as long as Kafka keeps the message (7 days on `posts.live`), it is read there
again by the letter's origin. What is shown of it is masked, and only fields that a post has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from kafka.errors import KafkaError
from msgspec import Struct

from analyzers.masking import mask
from streams import codec
from streams.broker import ASK, LARGEST, client_arguments, knock
from streams.elastic import Elastic, Found, Op
from streams.errors import Misconfigured, Rejected, Unavailable
from streams.records import DeadLetter, Page, Post
from streams.settings import KafkaSettings
from streams.topics import BACKFILL, DEAD_LETTERS, pattern

State = Literal["open", "replayed", "dismissed"]
STATES: dict[str, str] = {"open": "待处理", "replayed": "已重放", "dismissed": "不再处理"}
FIELDS = Post.__struct_fields__
NUMBERS = frozenset({"posted_at", "version", "likes", "dislikes"})
EXCERPT = 2000
GONE = "Kafka no longer has the message; read it again at its source"
LETTER = DeadLetter.__struct_fields__


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter as it stands: what it was, and what a person has done about it (by whom, when, why)."""

    letter: DeadLetter
    state: str = "open"
    by: str = ""
    changed_at: int = 0
    note: str = ""


class Content(Struct, frozen=True, kw_only=True):
    """What can be shown of a rejected item: a post's fields, masked; or why there is nothing to show."""

    fields: dict[str, str]
    problem: str = ""


def query(*, reason: str = "", source: str = "", state: str = "open", since_ms: int = 0) -> dict[str, Any]:
    """Return the query for letters; an empty word leaves a field free."""
    chosen: list[dict[str, Any]] = [
        {"term": {name: value}} for name, value in (("reason", reason), ("source", source)) if value
    ]
    if since_ms:
        chosen.append({"range": {"at": {"gte": since_ms}}})
    if state == "open":
        chosen.append({"bool": {"must_not": {"terms": {"state": ["replayed", "dismissed"]}}}})
    elif state:
        chosen.append({"term": {"state": state}})
    return {"bool": {"filter": chosen}}


def letter_of(found: Found) -> Letter:
    """Return a letter from its document."""
    doc = found.source
    return Letter(
        letter=DeadLetter(**{name: doc[name] for name in LETTER}),
        state=doc.get("state", "open"), by=doc.get("by", ""), changed_at=doc.get("changed_at", 0),
        note=doc.get("note", ""),
    )  # fmt: skip


async def find(elastic: Elastic, wanted: Mapping[str, Any]) -> AsyncIterator[tuple[Letter, Found]]:
    """Yield letters that match, the oldest first, with their documents. Raises Unavailable, Refused."""
    async for found in elastic.scan(pattern(DEAD_LETTERS), wanted, sort=({"at": "asc"}, {"id": "asc"})):
        yield letter_of(found), found


async def one(elastic: Elastic, letter_id: str) -> tuple[Letter, Found] | None:
    """Return a letter by its id (or the beginning of it, if only one begins so). Raises Misconfigured if more do."""
    found = [each async for each in find(elastic, {"prefix": {"id": letter_id}})]
    if len(found) > 1:
        raise Misconfigured(f"{len(found)} dead letters begin with {letter_id}; give more of the id")
    return found[0] if found else None


def place(origin: str) -> tuple[str, int, int, int | None]:
    """Return topic, partition, offset and index of an origin `topic-partition-offset#index` (None: a whole message)."""
    where, _, index = origin.partition("#")
    topic, partition, offset = where.rsplit("-", 2)
    return topic, int(partition), int(offset), int(index) if index else None


def reread(kafka: KafkaSettings, origins: Sequence[str]) -> dict[str, bytes | None]:
    """Return each origin's message as Kafka still has it, None where it is gone.

    Raises Unavailable if Kafka can't be reached.
    """
    from kafka import KafkaConsumer, TopicPartition  # noqa: PLC0415 - only when letters are read again

    knock(kafka)
    out: dict[str, bytes | None] = dict.fromkeys(origins)
    wanted: dict[tuple[str, int], dict[int, list[str]]] = {}
    for origin in origins:
        topic, partition, offset, _ = place(origin)
        wanted.setdefault((kafka.kafka_prefix + topic, partition), {}).setdefault(offset, []).append(origin)
    try:
        consumer = KafkaConsumer(
            **client_arguments(kafka), group_id=None, enable_auto_commit=False, max_partition_fetch_bytes=LARGEST,
            max_poll_records=1,
        )  # fmt: skip
        try:
            for (topic, partition), offsets in wanted.items():
                if partition not in (consumer.partitions_for_topic(topic) or ()):
                    continue
                here = TopicPartition(topic, partition)
                consumer.assign([here])
                first, last = consumer.beginning_offsets([here])[here], consumer.end_offsets([here])[here]
                for offset, names in sorted(offsets.items()):
                    if first <= offset < last:
                        out |= dict.fromkeys(names, _read_at(consumer, here, offset))
        finally:
            consumer.close()
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {kafka.bootstrap} can't be read: {type(error).__name__}") from error
    return out


def _read_at(consumer: Any, here: Any, offset: int) -> bytes | None:
    consumer.seek(here, offset)
    records = consumer.poll(timeout_ms=int(ASK * 1000), max_records=1).get(here, [])
    return bytes(records[0].value or b"") if records and records[0].offset == offset else None


def item_of(data: bytes, index: int | None) -> dict[str, Any]:
    """Return the rejected item as an object. Raises Rejected if the message or the item can't be taken apart."""
    if index is None:
        raise Rejected("not_a_page", "the whole message could not be read as a page; mend its sender")
    try:
        page = msgspec.json.decode(data)
        posts = page["posts"] if isinstance(page, dict) else None
        item = posts[index] if isinstance(posts, list) and index < len(posts) else None
    except (msgspec.MsgspecError, ValueError, RecursionError, KeyError) as error:
        raise Rejected("not_a_page", "the message can't be taken apart") from error
    if not isinstance(item, dict):
        raise Rejected("bad_row", "its source could not read it; read it again there")
    return item


def shown(item: Mapping[str, Any]) -> dict[str, str]:
    """Return what people may see of an item: a post's fields and nothing else, masked and cut short."""
    return {name: mask(str(item[name])[:EXCERPT]).text for name in FIELDS if name in item}


def mended(item: Mapping[str, Any], changes: Mapping[str, str], *, source: str, now_ms: int, future_ms: int) -> Post:
    """Return the item as a post, with `changes` in place of its own values. Raises Rejected if it still isn't one.

    Numbers that came as text are taken as numbers; what is no field of a post is dropped.
    """
    values: dict[str, Any] = {name: item[name] for name in FIELDS if item.get(name) is not None} | dict(changes)
    values["source"] = source
    for name in NUMBERS & set(values):
        text = str(values[name]).strip()
        if not text.removeprefix("-").isdigit():
            raise Rejected("field_type", f"{name} is not a whole number")
        values[name] = int(text)
    for name in {"native_id", "parent"} & set(values):
        values[name] = str(values[name])
    try:
        post = msgspec.convert(values, Post)
    except (msgspec.ValidationError, RecursionError) as error:
        raise codec.rejection(error) from error
    codec.check(post, source=source, now_ms=now_ms, future_ms=future_ms)
    return post


async def content(kafka: KafkaSettings, letter: DeadLetter) -> Content:
    """Return what can be shown of a letter. Raises Unavailable."""
    data = (await asyncio.to_thread(reread, kafka, [letter.origin]))[letter.origin]
    if data is None:
        return Content(fields={}, problem=GONE)
    try:
        return Content(fields=shown(item_of(data, place(letter.origin)[3])))
    except Rejected as error:
        return Content(fields={}, problem=error.detail)


class Sent(Struct, frozen=True, kw_only=True):
    """What became of letters that were to be replayed: how many were sent, and which could not be, with why."""

    sent: int
    failed: tuple[tuple[str, str], ...]


async def replay(
    elastic: Elastic, kafka: KafkaSettings, wanted: Sequence[tuple[Letter, Found]], *, changes: Mapping[str, str],
    by: str, now_ms: int, future_ms: int, dry: bool = False,
) -> Sent:  # fmt: skip
    """Send letters again as posts of the past, mended by `changes`, and mark them. A letter is sent once.

    A post that is there already counts as repeated, so nothing is doubled and no second alert is raised. `dry`: only
    say what would be sent. Raises Unavailable, Refused.
    """
    data = await asyncio.to_thread(reread, kafka, [letter.letter.origin for letter, _ in wanted])
    posts: list[tuple[Post, Found]] = []
    failed: list[tuple[str, str]] = []
    for letter, found in wanted:
        raw = data[letter.letter.origin]
        try:
            item = item_of(_there(letter, raw), place(letter.letter.origin)[3])
            source = letter.letter.source
            posts.append((mended(item, changes, source=source, now_ms=now_ms, future_ms=future_ms), found))
        except Rejected as error:
            failed.append((letter.letter.id, error.detail))
    if not dry and posts:
        await asyncio.to_thread(_send, kafka, [post for post, _ in posts])
        await mark(elastic, [found for _, found in posts], "replayed", by=by, note="", now_ms=now_ms)
    return Sent(sent=len(posts), failed=tuple(failed))


def _there(letter: Letter, raw: bytes | None) -> bytes:
    if letter.state == "replayed":
        raise Rejected("not_a_page", "it was replayed before")
    if raw is None:
        raise Rejected("not_a_page", GONE)
    return raw


def _send(kafka: KafkaSettings, posts: Sequence[Post]) -> None:
    from kafka import KafkaProducer  # noqa: PLC0415 - as above

    knock(kafka)
    topic = kafka.kafka_prefix + BACKFILL.name
    pages = [Page(source=post.source, posts=(post,)) for post in posts]
    try:
        producer = KafkaProducer(**client_arguments(kafka), acks="all", max_request_size=LARGEST)
        try:
            waiting = [
                producer.send(topic, key=page.source.encode(), value=codec.encode_page(page)) for page in pages
            ]
            for each in waiting:
                each.get(timeout=60)
        finally:
            producer.close()
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {kafka.bootstrap} took no more posts: {type(error).__name__}") from error


async def mark(
    elastic: Elastic, found: Sequence[Found], state: State, *, by: str, note: str, now_ms: int
) -> None:  # fmt: skip
    """Write what a person did about letters. Raises Conflict if somebody else did something meanwhile."""
    changed = {"state": state, "by": by, "changed_at": now_ms, "note": note[:200]}
    ops = [
        Op(index=each.index, id=each.id, doc={**each.source, **changed}, kind="index", version=each.version)
        for each in found
    ]
    for outcome in await elastic.bulk(ops):
        if not outcome.ok:
            raise Misconfigured(f"the letter {outcome.id} was changed by somebody else; look again")
