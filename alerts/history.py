"""What people did and saw, in one append-only chain: each entry carries the hash of the one before it.

Entry n is stored under the id n, by create only: of two writers at once one wins, the other takes the next number. An
entry can't be changed, taken out or put in between without breaking the chain, and `verify` names where. What a chain
can't show is the loss of its newest entries; `Verdict.head` is there to be written down elsewhere (the daily report).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from streams.clock import ms
from streams.elastic import Found
from streams.errors import Conflict, HuiyingError
from streams.topics import HISTORY

FIRST_PREVIOUS = "0" * 64
TRIES = 500
"""How many other writers' entries one append steps over before it gives up."""
PAGE = 500
SHOWN = 200


class Entry(Struct, frozen=True, kw_only=True):
    """One act: what kind (`signin.ok`, `opinions.view`, `consultation.move`…), on what, by whom, when (ms UTC)."""

    seq: int
    kind: str
    subject: str
    by: str
    at: int
    data: dict[str, Any]
    previous: str
    hash: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What a walk along the chain found.

    broken: number of the first entry that is wrong, 0 if none; reason: one Chinese line; head: hash of the last good
    entry; entries: how many good ones were read.
    """

    ok: bool
    entries: int
    head: str
    broken: int = 0
    reason: str = ""


class Store(Protocol):
    """The part of `streams.elastic.Elastic` that a history needs."""

    async def create(self, index: str, id: str, doc: Mapping[str, Any], *, refresh: bool = False) -> Any:  # noqa: A002
        """Store a new document; Conflict if the id exists."""
        ...

    async def mget(self, pairs: Sequence[tuple[str, str]], fields: Sequence[str] | None = None) -> list[Found | None]:
        """Return documents by id as they stand now."""
        ...

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the raw answer to a search."""
        ...


def entry_id(seq: int) -> str:
    """Return the id of entry number `seq` (from 1)."""
    return f"{seq:012d}"


def hash_of(entry: Entry) -> str:
    """Return SHA-256 of the entry's canonical JSON (sorted keys, UTF-8) without its own hash."""
    content = msgspec.to_builtins(entry)
    del content["hash"]
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def sealed(seq: int, previous: str, *, kind: str, subject: str, by: str, at: int, data: Mapping[str, Any]) -> Entry:
    """Return an entry with its hash; data must be plain JSON values (others raise TypeError)."""
    plain = msgspec.json.decode(msgspec.json.encode(dict(data)))
    entry = Entry(seq=seq, kind=kind, subject=subject, by=by, at=at, data=plain, previous=previous, hash="")
    return msgspec.structs.replace(entry, hash=hash_of(entry))


def fault(seq: int, previous: str, entry: Entry | None) -> str:
    """Return what is wrong with entry `seq` after one whose hash is `previous`, in Chinese; empty if nothing is."""
    if entry is None:
        return f"第{seq}条记录缺失"
    if entry.seq != seq:
        return f"第{seq}条记录的序号被改为{entry.seq}"
    if entry.previous != previous:
        return f"第{seq}条记录与上一条不衔接"
    if entry.hash != hash_of(entry):
        return f"第{seq}条记录的内容与其校验值不符，可能被改动"
    return ""


def _read(found: Found) -> Entry | None:
    try:
        return msgspec.convert(found.source, Entry)
    except msgspec.ValidationError:
        return None


class History:
    """The chain in Elasticsearch. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, store: Store) -> None:
        """Prepare; nothing is read before the first verb."""
        self.store = store
        self._head: tuple[int, str] | None = None
        self._turn = asyncio.Lock()  # one process takes its turns; between processes the create decides

    async def append(self, kind: str, subject: str, by: str, at: datetime | int, data: Mapping[str, Any]) -> Entry:
        """Write one entry at the chain's end and return it.

        Raises Conflict after `TRIES` entries of other writers (never seen; try again), TypeError for data that is not
        plain JSON.
        """
        when = at if isinstance(at, int) else ms(at)
        async with self._turn:
            seq, previous = self._head or await self._last()
            for _ in range(TRIES):
                entry = sealed(seq + 1, previous, kind=kind, subject=subject, by=by, at=when, data=data)
                try:
                    await self.store.create(
                        HISTORY.name, entry_id(entry.seq), msgspec.to_builtins(entry), refresh=True
                    )
                except Conflict:
                    seq, previous = await self._step(seq + 1)
                except HuiyingError:
                    self._head = None  # written or not, we don't know: look again next time
                    raise
                else:
                    self._head = (entry.seq, entry.hash)
                    return entry
            self._head = (seq, previous)
        raise Conflict("the history is written by too many at once; try again")

    async def _last(self) -> tuple[int, str]:
        body = {"size": 1, "sort": [{"seq": {"order": "desc", "unmapped_type": "long"}}]}
        hits = (await self.store.search(HISTORY.name, body))["hits"]["hits"]
        return (hits[0]["_source"]["seq"], hits[0]["_source"]["hash"]) if hits else (0, FIRST_PREVIOUS)

    async def _step(self, seq: int) -> tuple[int, str]:
        found = (await self.store.mget([(HISTORY.name, entry_id(seq))]))[0]
        if found is None:  # it was there a moment ago: somebody removes entries
            raise Conflict(f"entry {seq} of the history is taken and can't be read; run `huiying audit verify`")
        return seq, str(found.source.get("hash", ""))

    async def walk(self, start: int = 1) -> AsyncIterator[tuple[int, Found | None]]:
        """Yield (number, document) from `start` to the last entry there is, nothing where one is missing."""
        last = (await self._last())[0]
        for first in range(start, last + 1, PAGE):
            numbers = range(first, min(first + PAGE, last + 1))
            found = await self.store.mget([(HISTORY.name, entry_id(n)) for n in numbers])
            for number, document in zip(numbers, found, strict=True):
                yield number, document

    async def verify(self) -> Verdict:
        """Walk the whole chain and say whether it holds; the first broken entry is named."""
        previous, count = FIRST_PREVIOUS, 0
        async for number, found in self.walk():
            entry = _read(found) if found else None
            wrong = f"第{number}条记录无法读取" if found and entry is None else fault(number, previous, entry)
            if wrong or entry is None:
                return Verdict(ok=False, entries=count, head=previous, broken=number, reason=wrong)
            previous, count = entry.hash, number
        return Verdict(ok=True, entries=count, head=previous)

    async def of(self, subject: str, *, size: int = SHOWN) -> list[Entry]:
        """Return the latest `size` entries about a subject, oldest first."""
        query = {"term": {"subject": subject}}
        return (await self._found(query, size))[::-1]

    async def latest(self, *, kind: str = "", size: int = SHOWN) -> list[Entry]:
        """Return the latest `size` entries, of one kind if given, newest first."""
        return await self._found({"term": {"kind": kind}} if kind else {"match_all": {}}, size)

    async def _found(self, query: Mapping[str, Any], size: int) -> list[Entry]:
        body = {"size": size, "query": query, "sort": [{"seq": {"order": "desc", "unmapped_type": "long"}}]}
        hits = (await self.store.search(HISTORY.name, body))["hits"]["hits"]
        return [msgspec.convert(hit["_source"], Entry) for hit in hits]
