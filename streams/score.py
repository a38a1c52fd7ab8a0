"""One Kafka message, scored and stored: the heart of the worker, without Kafka.

The books are exact whatever dies when: an opinion and a dead letter remember the position (`topic-partition-offset#i`)
that first stored them, and each message leaves one `pages` document whose id is its position. A post that is already
there was stored by *this* position if the message was delivered before (then it counts as stored again), else it is
repeated. So received = stored + repeated + rejected, per source, after any number of deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from analyzers.masking import mask
from analyzers.phrases import phrases
from streams import codec
from streams.elastic import Elastic, Op, Version
from streams.errors import Conflict, Misconfigured, Refused, Rejected
from streams.records import SOURCES, DeadLetter, Post, digest
from streams.settings import WorkerSettings
from streams.topics import DEAD_LETTERS, LIVE, OPINIONS, PAGES, monthly

CONFLICT = 409
PLAIN = "路灯不亮，请修一下。"
WHERE = re.compile(r"field \[(\w{1,40})\]")
Judge = Callable[[Sequence[str]], Sequence[Any]]


class Position(Struct, frozen=True):
    """Where a message lies in Kafka, its key, and the time it was produced (ms UTC)."""

    topic: str
    partition: int
    offset: int
    key: str = ""
    at: int = 0

    @property
    def name(self) -> str:
        """The position as it is written in documents."""
        return f"{self.topic}-{self.partition}-{self.offset}"


class PageResult(Struct, frozen=True, kw_only=True):
    """What became of one message's posts; `letters` still have to be sent to their topic."""

    source: str
    received: int
    stored: int
    repeated: int
    rejected: int
    late: int
    letters: tuple[DeadLetter, ...]


class _Item(Struct, frozen=True, kw_only=True):
    """A document to create, where it came from in the page, and its post's version."""

    op: Op
    version: int
    ref: str
    index: int | None = None
    letter: DeadLetter | None = None


async def score_message(
    data: bytes,
    position: Position,
    *,
    elastic: Elastic,
    judge: Judge,
    now_ms: int,
    settings: WorkerSettings,
    model: str = "",
) -> PageResult:
    """Decode, judge and store one message, and return what became of it.

    judge: texts to analyses, in order (`analyzers.analysis.analyze`); model: its version, kept with each opinion.
    Raises Retryable (do it all again later) and Misconfigured (a person must act; doing it again is safe); anything
    wrong with the input is a dead letter.
    """
    source = position.key if position.key in SOURCES else "other"
    docs: list[tuple[int, Post, dict[str, Any]]] = []
    letters: list[_Item] = []
    try:
        page = codec.decode_page(data, now_ms=now_ms, future_ms=settings.worker_future * 1000)
    except Rejected as error:
        letters.append(_lettered(position, source, error.reason, error.detail, size=len(data)))
    else:
        source = page.source
        letters += [
            _lettered(position, source, item.reason, item.detail, index=item.index, ref=item.ref, size=item.size)
            for item in page.refused
        ]
        late_before = now_ms - settings.worker_late_after * 1000 if position.topic.endswith(LIVE.name) else 0
        good, failed = _judged(page.posts, judge)
        for index, post, analysis in good:
            doc = opinion(post, analysis, position, index, now_ms=now_ms, late=post.posted_at < late_before)
            docs.append((index, post, doc | {"model": model}))
        letters += [
            _lettered(
                position, source, "not_analysed", detail, index=index, ref=codec.reference(post.native_id)
            )
            for index, post, detail in failed
        ]  # fmt: skip
    items = [
        _Item(
            op=Op(index=monthly(OPINIONS, post.posted_at), id=post.id, doc=doc),
            version=post.version,
            ref=codec.reference(post.native_id),
            index=index,
        )
        for index, post, doc in docs
    ] + letters
    counts = await _store(elastic, items, position, source)
    result = PageResult(
        source=source,
        received=len(items),
        late=sum(bool(doc["late"]) for _, _, doc in docs),
        letters=(*(item.letter for item in letters if item.letter), *counts.refused),
        stored=counts.stored,
        repeated=counts.repeated,
        rejected=counts.rejected,
    )
    await _enter(elastic, position, result)
    return result


class _Counts(Struct, kw_only=True):
    stored: int = 0
    repeated: int = 0
    rejected: int = 0
    refused: tuple[DeadLetter, ...] = ()


async def _store(elastic: Elastic, items: Sequence[_Item], position: Position, source: str) -> _Counts:
    """Create every document; what the index refuses becomes a dead letter in a second round."""
    counts = _Counts()
    refused = await _create(elastic, items, counts)
    letters = [
        _lettered(position, source, "refused_by_index", detail, index=item.index, ref=item.ref)
        for item, detail in refused
    ]
    stuck = await _create(elastic, letters, counts)
    if stuck:
        raise Refused(f"Elasticsearch takes no dead letters: {stuck[0][1]}; run `huiying init`")
    counts.refused = tuple(item.letter for item in letters if item.letter)
    return counts


async def _create(elastic: Elastic, items: Sequence[_Item], counts: _Counts) -> list[tuple[_Item, str]]:
    """Create documents; what is there already is kept, replaced by a newer version, or recognised as ours.

    Returns those that the index refused, each with why.
    """
    outcomes = await elastic.bulk([item.op for item in items])
    there: list[_Item] = []
    refused: list[tuple[_Item, str]] = []
    for item, outcome in zip(items, outcomes, strict=True):
        if outcome.ok:
            _count(counts, item)
        elif outcome.status == CONFLICT:
            there.append(item)
        else:
            refused.append((item, _why(outcome.error)))
    await _reconcile(elastic, there, counts)
    return refused


def _why(said: str) -> str:
    """Return the kind of a refusal and the field, and nothing else of it: Elasticsearch quotes from the document."""
    field = WHERE.search(said)
    return said.partition(":")[0] + (f" in {field[1]}" if field else "")


def _count(counts: _Counts, item: _Item) -> None:
    if item.letter is None:
        counts.stored += 1
    else:
        counts.rejected += 1


async def _reconcile(elastic: Elastic, there: Sequence[_Item], counts: _Counts) -> None:
    """Settle documents that exist already: ours from an earlier delivery, a newer version to take, or a repeat."""
    if not there:
        return
    found = await elastic.mget([(item.op.index, item.op.id) for item in there], fields=["origin", "version"])
    newer: list[tuple[_Item, Mapping[str, Any], Version]] = []
    for item, doc in zip(there, found, strict=True):
        if doc is None:  # it was dropped by retention between the two requests: the page is done again
            raise Conflict(f"{item.op.index}/{item.op.id} went away while it was read")
        if doc.source["origin"] == item.op.doc["origin"]:
            _count(counts, item)
            continue
        counts.repeated += 1
        if item.letter is None and item.version > doc.source.get("version", 0):
            newer.append((item, doc.source, doc.version))
    if newer:
        await _replace(elastic, newer)


async def _replace(elastic: Elastic, newer: Sequence[tuple[_Item, Mapping[str, Any], Version]]) -> None:
    """Put newer versions in the place of older ones; the first origin stays, so that the books stay right."""
    ops = [
        Op(index=i.op.index, id=i.op.id, doc={**i.op.doc, "origin": old["origin"]}, kind="index", version=version)
        for i, old, version in newer
    ]
    for op, outcome in zip(ops, await elastic.bulk(ops), strict=True):
        if not outcome.ok:  # somebody else wrote a version meanwhile: the page is done again, and compares anew
            raise Conflict(f"{op.index}/{op.id}: {outcome.error}")


async def _enter(elastic: Elastic, position: Position, result: PageResult) -> None:
    """Write the message's line in the books; the same line however often the message comes."""
    doc = {
        "source": result.source,
        "topic": position.topic,
        "received": result.received,
        "stored": result.stored,
        "repeated": result.repeated,
        "rejected": result.rejected,
        "late": result.late,
        "at": position.at,
    }
    await elastic.put(monthly(PAGES, position.at), position.name, doc)


def _judged(
    posts: Sequence[tuple[int, Post]], judge: Judge
) -> tuple[list[tuple[int, Post, Any]], list[tuple[int, Post, str]]]:
    """Judge a page in one call; if that fails, each post on its own, so that one bad text fails alone."""
    texts = [whole_text(post) for _, post in posts]
    try:
        return [(index, post, one) for (index, post), one in zip(posts, judge(texts), strict=True)], []
    except Exception:  # noqa: BLE001 - any bug of the analysis must cost one post at most, never the worker
        _probe(judge)
        good: list[tuple[int, Post, Any]] = []
        failed: list[tuple[int, Post, str]] = []
        for (index, post), text in zip(posts, texts, strict=True):
            try:
                good.append((index, post, judge([text])[0]))
            except Exception as error:  # noqa: BLE001 - as above
                failed.append((index, post, type(error).__name__))
        return good, failed


def _probe(judge: Judge) -> None:
    """Raise Misconfigured if not even a plain text can be judged: then no text is at fault, and all must wait."""
    try:
        judge([PLAIN])
    except Exception as error:
        raise Misconfigured(f"the analysis does not work ({type(error).__name__}: {error}); install anew") from error


def whole_text(post: Post) -> str:
    """Return title and text as one, without saying the title twice."""
    if not post.title or post.text.startswith(post.title):
        return post.text
    return f"{post.title}\n{post.text}"


def opinion(post: Post, analysis: Any, position: Position, index: int, *, now_ms: int, late: bool) -> dict[str, Any]:
    """Return the document of a post with its analysis; nothing of the unmasked text is in it."""
    parts = analysis.place.split("/") if analysis.place else []
    return {
        "id": post.id,
        "source": post.source,
        "kind": post.kind,
        "title": mask(post.title).text if post.title else "",
        "text": analysis.masked,
        "normal": analysis.normal,
        "posted_at": post.posted_at,
        "received_at": min(position.at, now_ms),
        "indexed_at": now_ms,
        "version": post.version,
        "parent": post.parent,
        "likes": post.likes,
        "dislikes": post.dislikes,
        "late": late,
        "origin": f"{position.name}#{index}",
        "sentiment": analysis.sentiment,
        "sentiment_p": round(analysis.sentiment_p, 4),
        "uncertain": analysis.uncertain,
        "topic": analysis.topic,
        "topic_p": round(analysis.topic_p, 4),
        "topic2": analysis.topic2,
        "subtopic": analysis.subtopic,
        "county": analysis.county,
        "place": analysis.place,
        "place_path": ["/".join(parts[: n + 1]) for n in range(len(parts))],
        "intent": analysis.intent,
        "urgent": analysis.urgent,
        "urgent_terms": list(analysis.urgent_terms),
        "danger": analysis.danger,
        "event_key": analysis.event_key,
        "terms": list(phrases(analysis.normal)),
        "masks": list(analysis.masks),
    }


def _lettered(
    position: Position, source: str, reason: str, detail: str, *, index: int | None = None, ref: str = "", size: int = 0
) -> _Item:
    """Return the document of a dead letter: the same one for the same input from the same place, whoever sends it."""
    origin = position.name if index is None else f"{position.name}#{index}"
    letter = DeadLetter(
        id=digest("letter", source, ref) if ref else digest("letter", origin),
        source=source,
        origin=origin,
        ref=ref,
        reason=reason,
        detail=detail,
        size=size,
        at=position.at,
    )
    doc = msgspec.structs.asdict(letter)
    op = Op(index=monthly(DEAD_LETTERS, letter.at), id=letter.id, doc=doc)
    return _Item(op=op, version=0, ref=ref, index=index, letter=letter)
