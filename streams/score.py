"""What a Kafka message comes to, before anything is stored: documents of its posts and dead letters. Pure.

Several messages are judged in one call, because the analysis shares its costs over a page; each keeps its own books.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from analyzers.masking import mask_page
from analyzers.phrases import phrases
from streams import codec
from streams.elastic import Op
from streams.errors import Misconfigured, Rejected
from streams.records import DRILL, SOURCES, DeadLetter, Post, digest
from streams.settings import WorkerSettings
from streams.topics import DEAD_LETTERS, DRILLS, LIVE, OPINIONS, monthly

PLAIN = "路灯不亮，请修一下。"
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


Message = tuple[bytes, Position]


class Item(Struct, frozen=True, kw_only=True):
    """A document to create, where it came from in the page, and its post's version."""

    op: Op
    version: int
    ref: str
    index: int | None = None
    letter: DeadLetter | None = None


class Scored(Struct, frozen=True, kw_only=True):
    """One message's documents; `late` of its posts came after their time, `own` of its dead letters are ours."""

    position: Position
    source: str
    items: tuple[Item, ...]
    late: int
    own: int


class _Opened(Struct, frozen=True, kw_only=True):
    position: Position
    source: str
    posts: tuple[tuple[int, Post], ...]
    letters: tuple[Item, ...]
    own: int


def score(
    messages: Sequence[Message], *, judge: Judge, now_ms: int, settings: WorkerSettings, model: str = ""
) -> list[Scored]:
    """Return what each message comes to, in order; anything wrong with the input is a dead letter.

    judge: texts to analyses, in order (`analyzers.analysis.analyze`); model: its version, kept with each opinion.
    Raises Misconfigured when the analysis does not work at all.
    """
    opened = [_open(data, position, now_ms, settings) for data, position in messages]
    posts = [post for one in opened for _, post in one.posts]
    verdicts = iter(zip(_judged(posts, judge), _titles(posts), strict=True))
    out: list[Scored] = []
    for one in opened:
        items: list[Item] = []
        failed: list[Item] = []
        late_before = now_ms - settings.worker_late_after * 1000 if one.position.topic.endswith(LIVE.name) else 0
        late = 0
        for index, post in one.posts:
            analysis, title = next(verdicts)
            ref = codec.reference(post.native_id)
            if isinstance(analysis, Failed):
                failed.append(lettered(one.position, one.source, "not_analysed", analysis.why, index=index, ref=ref))
                continue
            is_late = post.posted_at < late_before
            late += is_late
            doc = opinion(post, analysis, one.position, index, title=title, now_ms=now_ms, late=is_late)
            doc["model"] = model
            index_name = OPINIONS
            if one.source == DRILL:
                doc["source"], index_name = DRILL, DRILLS
            op = Op(index=monthly(index_name, post.posted_at), id=post.id, doc=doc)
            items.append(Item(op=op, version=post.version, ref=ref, index=index))
        out.append(
            Scored(
                position=one.position, source=one.source, items=(*items, *one.letters, *failed), late=late,
                own=one.own + len(failed),
            )
        )  # fmt: skip
    return out


def _open(data: bytes, position: Position, now_ms: int, settings: WorkerSettings) -> _Opened:
    drill = position.key == DRILL
    source = position.key if drill or position.key in SOURCES else "other"
    try:
        page = codec.decode_page(data, now_ms=now_ms, future_ms=settings.worker_future * 1000)
    except Rejected as error:
        letter = lettered(position, source, error.reason, error.detail, size=len(data))
        return _Opened(position=position, source=source, posts=(), letters=(letter,), own=1)
    source = source if drill else page.source
    letters = tuple(
        lettered(position, source, item.reason, item.detail, index=item.index, ref=item.ref, size=item.size)
        for item in page.refused
    )
    own = sum(not item.told for item in page.refused)
    return _Opened(position=position, source=source, posts=page.posts, letters=letters, own=own)


class Failed(Struct, frozen=True):
    """A text that could not be judged; why: the kind of the error, never its text."""

    why: str


def _judged(posts: Sequence[Post], judge: Judge) -> Sequence[Any]:
    """Judge all posts in one call; if that fails, each on its own, so that one bad text fails alone."""
    texts = [whole_text(post) for post in posts]
    if not texts:
        return ()
    try:
        found = judge(texts)
        if len(found) == len(texts):
            return found
    except Exception:  # noqa: BLE001, S110 - any bug of the analysis must cost one post at most, never the worker  # nosec B110
        pass
    _probe(judge)
    return [_alone(text, judge) for text in texts]


def _alone(text: str, judge: Judge) -> Any:
    try:
        return judge([text])[0]
    except Exception as error:  # noqa: BLE001 - as above
        return Failed(type(error).__name__)


def _titles(posts: Sequence[Post]) -> list[str]:
    return [each.text for each in mask_page([post.title for post in posts])]


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


def opinion(
    post: Post, analysis: Any, position: Position, index: int, *, title: str, now_ms: int, late: bool
) -> dict[str, Any]:
    """Return the document of a post with its analysis and its masked title; nothing of the unmasked text is in it."""
    parts = analysis.place.split("/") if analysis.place else []
    return {
        "id": post.id,
        "source": post.source,
        "kind": post.kind,
        "title": title,
        "text": analysis.masked,
        "normal": analysis.normal,
        "posted_at": post.posted_at,
        "received_at": min(position.at, now_ms),
        "indexed_at": now_ms,
        "version": post.version,
        "parent": post.parent,
        "likes": post.likes,
        "dislikes": post.dislikes,
        "status": post.status,
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


def lettered(
    position: Position, source: str, reason: str, detail: str, *, index: int | None = None, ref: str = "", size: int = 0
) -> Item:
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
    return Item(op=op, version=0, ref=ref, index=index, letter=letter)
