"""Records that people move, in Elasticsearch: load → move → save → write to the history; whatever the record is.

A record is saved only if nobody saved since it was read; then the step is written to the hash-chained history with the
hash of the record as it was then. If the machine stops between the two, the next move (or `settle`) writes what is
missing, so the history holds every step and `audit` can hold the records to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Struct

from alerts.fields import refusal
from alerts.history import History
from streams.elastic import Elastic, Version
from streams.errors import Conflict
from streams.topics import HISTORY, Index


class Stepped(Protocol):
    """One move that was made."""

    @property
    def by(self) -> str:
        """Who made it."""
        ...

    @property
    def at(self) -> int:
        """When, ms UTC."""
        ...


class Record(Protocol):
    """What is recorded: an id, a title for people, and its steps."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def steps(self) -> Sequence[Stepped]:
        """The moves that were made."""
        ...


R = TypeVar("R", bound=Record)
Kept = tuple[int, frozenset[str]]
"""The highest revision of a record in the history, and its hashes there."""
NOTHING: Kept = (0, frozenset())
BATCH = 1000
"""So many records are held to the history by one question (Elasticsearch takes up to 65,536 terms)."""


class Audit(Struct, frozen=True, kw_only=True):
    """How many records were held to the history, and one Chinese line for each that is wrong."""

    records: int
    wrong: tuple[str, ...] = ()


class Held(NamedTuple, Generic[R]):
    """A record as it stands, as it is stored, and its version."""

    record: R
    raw: dict[str, Any]
    version: Version


def fingerprint(record: Mapping[str, Any]) -> str:
    """Return SHA-256 of a stored record's canonical JSON: what the history holds of it.

    Of the record as stored, not as read: a field that a later version adds must not look like tampering.
    """
    return hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()


class Recorded(Generic[R]):
    """Records of one kind, each with its own steps in the history. Every verb raises Unavailable.

    index: where they are; kind: of their lines in the history; noun: what people call one; document: what is stored,
    with the whole under `record`; type_: what a stored `record` is read as; among: the query of those of the index that
    are such records, where others are kept beside them.
    """

    def __init__(
        self, elastic: Elastic, history: History, index: Index, *, kind: str, noun: str,
        document: Callable[[R], dict[str, Any]], type_: type[R], among: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Keep the gateway, the history, and what tells this kind from others."""
        self.elastic, self.history, self.index = elastic, history, index
        self.kind, self.noun, self.document, self.type = kind, noun, document, type_
        self.among = among or {"match_all": {}}
        self.moved_on = f"这份{noun}记录刚由其他同志更新，请刷新后再办理。"

    def read(self, source: Mapping[str, Any]) -> R:
        """Return a stored document's record."""
        return msgspec.convert(source["record"], self.type)

    async def load(self, id_: str) -> Held[R] | None:
        """Return a record as it stands, or nothing."""
        found = await self.elastic.get(self.index.name, id_)
        return Held(self.read(found.source), found.source["record"], found.version) if found else None

    async def create(self, record: R) -> R:
        """Store a new record and its first step; return the one there is, if there is one."""
        doc = self.document(record)
        try:
            await self.elastic.create(self.index.name, record.id, doc, refresh=True)
        except Conflict:
            found = await self.load(record.id)
            if found is None:
                raise
            await self.settle(found.record, found.raw)
            return found.record
        await self._write(record, doc["record"])
        return record

    async def move(self, id_: str, change: Callable[[R], R], *, seen: int | None = None) -> R:
        """Make one move and return the record after it.

        change: returns the record after the move, or raises Rejected; seen: how many steps the person saw. Raises
        Conflict, in Chinese, if the record has moved on since, or while we were saving; Rejected if there is none.
        """
        held = await self.load(id_)
        if held is None:
            raise refusal(f"没有这份{self.noun}记录。")
        if seen is not None and seen != len(held.record.steps):
            raise Conflict(self.moved_on)
        after = change(held.record)
        await self.settle(held.record, held.raw)
        doc = self.document(after)
        try:
            await self.elastic.put(self.index.name, id_, doc, version=held.version, refresh=True)
        except Conflict as error:
            raise Conflict(self.moved_on) from error
        await self._write(after, doc["record"])
        return after

    async def search(self, body: Mapping[str, Any]) -> list[R]:
        """Return the records that a query finds."""
        hits = (await self.elastic.search(self.index.name, body))["hits"]["hits"]
        return [self.read(hit["_source"]) for hit in hits]

    async def _write(self, record: R, raw: Mapping[str, Any]) -> None:
        step = record.steps[-1]
        data = {"step": msgspec.to_builtins(step), "revision": len(record.steps), "record": fingerprint(raw)}
        await self.history.append(self.kind, record.id, step.by, step.at, data)

    async def _kept(self, id_: str) -> Kept:
        """Return the highest revision in the history, and the record's hashes there (two if two wrote it at once)."""
        kept = [entry.data for entry in await self.history.of(id_) if entry.kind == self.kind]
        highest = max((data["revision"] for data in kept), default=0)
        return highest, frozenset(data["record"] for data in kept if data["revision"] == highest)

    async def settle(self, record: R, raw: Mapping[str, Any]) -> bool:
        """Write a stored record's last step to the history if a stopped machine left it out; say whether it had."""
        highest, _ = await self._kept(record.id)
        if highest != len(record.steps) - 1:
            return False  # it is there; or more is missing than one step, which `audit` says and nothing covers up
        await self._write(record, raw)
        return True

    async def audit(self) -> Audit:
        """Hold every record to the history: its latest step is there, and the record is what it was at that step."""
        wrong: list[str] = []
        count, batch = 0, list[dict[str, Any]]()
        async for found in self.elastic.scan(self.index.name, self.among, size=BATCH):
            batch.append(found.source)
            if len(batch) == BATCH:
                wrong += await self._wrong(batch)
                count, batch = count + BATCH, []
        wrong += await self._wrong(batch)
        return Audit(records=count + len(batch), wrong=tuple(wrong))

    async def _wrong(self, batch: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return a line for each of these stored records that is not as the history has it."""
        kept = await self._kept_of([source["record"]["id"] for source in batch])
        doubtful = [source for source in batch if self._fault(source, kept.get(source["record"]["id"], NOTHING))]
        wrong = []
        for source in doubtful:  # somebody may have moved it between our two questions: ask for it alone
            found = await self.elastic.get(self.index.name, source["record"]["id"])
            again = self._fault(found.source, await self._kept(source["record"]["id"])) if found else ""
            wrong += [again] if again else []
        return wrong

    def _fault(self, source: Mapping[str, Any], kept: Kept) -> str:
        """Return what is wrong with a stored record beside what the history has of it, in Chinese, or nothing."""
        record, (highest, hashes) = self.read(source), kept
        if not record.steps:  # the system stored it, and no person has moved it yet
            return f"{self.noun}“{record.title}”的办理步骤已被抹去，与操作记录不符" if highest else ""
        if highest != len(record.steps):
            return f"{self.noun}“{record.title}”的第{len(record.steps)}步不在操作记录中"
        changed = hashes != {fingerprint(source["record"])}
        return f"{self.noun}“{record.title}”的内容与操作记录不符，可能被改动" if changed else ""

    async def _kept_of(self, ids: Sequence[str]) -> dict[str, Kept]:
        """Return the same as `_kept` of many records."""
        query = {"bool": {"filter": [{"term": {"kind": self.kind}}, {"terms": {"subject": list(ids)}}]}}
        kept: dict[str, Kept] = {}
        if not ids:
            return kept
        async for found in self.elastic.scan(HISTORY.name, query):
            subject, data = found.source["subject"], found.source["data"]
            highest, hashes = kept.get(subject, NOTHING)
            if data["revision"] >= highest:
                before = hashes if data["revision"] == highest else frozenset()
                kept[subject] = (data["revision"], before | {data["record"]})
        return kept
