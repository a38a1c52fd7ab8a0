"""Scored messages into Elasticsearch, exactly: the books balance whatever dies when.

An opinion and a dead letter remember the position (`topic-partition-offset#i`) that first stored them, and each message
leaves one `pages` document whose id is its position. A post that is already there was stored by *this* position if the
message was delivered before (then it counts as stored again), else it is repeated. So received = stored + repeated +
rejected, per source, after any number of deliveries. Several messages share a request; each keeps its own books.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from streams.elastic import Elastic, Op, Version
from streams.errors import Conflict, Refused
from streams.records import DRILL, DeadLetter
from streams.score import Item, Judge, Position, Scored, lettered, score
from streams.settings import WorkerSettings
from streams.topics import PAGES, monthly

CONFLICT = 409
FOLLOWED = ("answer", "answer_due")
"""What others write onto a stored post; a newer version of it keeps them."""
WHERE = re.compile(r"field \[(\w{1,40})\]")


class PageResult(Struct, frozen=True, kw_only=True):
    """What became of one message's posts; `letters` still have to be sent to their topic."""

    source: str
    received: int
    stored: int
    repeated: int
    rejected: int
    late: int
    letters: tuple[DeadLetter, ...]


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
    """Score and store one message, and return what became of it; see `score` and `store` for what is raised."""
    scored = score([(data, position)], judge=judge, now_ms=now_ms, settings=settings, model=model)
    return (await store(elastic, scored))[0]


class _Counts(Struct, kw_only=True):
    """One message's books while it is stored."""

    of: Scored
    stored: int = 0
    repeated: int = 0
    rejected: int = 0
    refused: list[Item] = []

    def count(self, item: Item) -> None:
        """Enter a document that this message put there."""
        if item.letter is None:
            self.stored += 1
        else:
            self.rejected += 1

    def result(self) -> PageResult:
        """Close the books."""
        letters = [item.letter for item in (*self.of.items, *self.refused) if item.letter is not None]
        return PageResult(
            source=self.of.source, received=len(self.of.items), late=self.of.late, letters=tuple(letters),
            stored=self.stored, repeated=self.repeated, rejected=self.rejected,
        )  # fmt: skip


_Entry = tuple[_Counts, Item]


async def store(elastic: Elastic, scored: Sequence[Scored]) -> list[PageResult]:
    """Store every message's documents and then its line in the books; doing it again changes nothing.

    Raises Retryable (do it all again later) and Misconfigured (a person must act; doing it again is safe).
    """
    books = [_Counts(of=one) for one in scored]
    refused = await _create(elastic, [(counts, item) for counts in books for item in counts.of.items])
    for (counts, item), detail in refused:
        where = counts.of.position
        letter = lettered(where, counts.of.source, "refused_by_index", detail, index=item.index, ref=item.ref)
        counts.refused.append(letter)
    stuck = await _create(elastic, [(counts, letter) for counts in books for letter in counts.refused])
    if stuck:
        raise Refused(f"Elasticsearch takes no dead letters: {stuck[0][1]}; run `huiying init`")
    results = [counts.result() for counts in books]
    await _enter(elastic, scored, results)
    return results


async def _create(elastic: Elastic, entries: Sequence[_Entry]) -> list[tuple[_Entry, str]]:
    """Create documents; what is there already is kept, replaced by a newer version, or recognised as ours.

    Returns those that the index refused, each with why.
    """
    outcomes = await elastic.bulk([item.op for _, item in entries])
    there: list[_Entry] = []
    refused: list[tuple[_Entry, str]] = []
    for entry, outcome in zip(entries, outcomes, strict=True):
        if outcome.ok:
            entry[0].count(entry[1])
        elif outcome.status == CONFLICT:
            there.append(entry)
        else:
            refused.append((entry, _why(outcome.error)))
    await _reconcile(elastic, there)
    return refused


def _why(said: str) -> str:
    """Return the kind of a refusal and the field, and nothing else of it: Elasticsearch quotes from the document."""
    field = WHERE.search(said)
    return said.partition(":")[0] + (f" in {field[1]}" if field else "")


async def _reconcile(elastic: Elastic, there: Sequence[_Entry]) -> None:
    """Settle documents that exist already: ours from an earlier delivery, a newer version to take, or a repeat."""
    if not there:
        return
    fields = ["origin", "version", *FOLLOWED]
    found = await elastic.mget([(item.op.index, item.op.id) for _, item in there], fields=fields)
    newer: list[tuple[Item, Mapping[str, Any], Version]] = []
    for (counts, item), doc in zip(there, found, strict=True):
        if doc is None:  # it was dropped by retention between the two requests: the page is done again
            raise Conflict(f"{item.op.index}/{item.op.id} went away while it was read")
        if doc.source["origin"] == item.op.doc["origin"]:
            counts.count(item)
            continue
        counts.repeated += 1
        if item.letter is None and item.version > doc.source.get("version", 0):
            newer.append((item, doc.source, doc.version))
    if newer:
        await _replace(elastic, newer)


async def _replace(elastic: Elastic, newer: Sequence[tuple[Item, Mapping[str, Any], Version]]) -> None:
    """Put newer versions in the place of older ones; the first origin stays, so that the books stay right."""
    ops = [
        Op(
            index=i.op.index, id=i.op.id, kind="index", version=version,
            doc={**i.op.doc, "origin": old["origin"], **{name: old[name] for name in FOLLOWED if name in old}},
        )
        for i, old, version in newer
    ]  # fmt: skip
    for op, outcome in zip(ops, await elastic.bulk(ops), strict=True):
        if not outcome.ok:  # somebody else wrote a version meanwhile: the page is done again, and compares anew
            raise Conflict(f"{op.index}/{op.id}: {outcome.error}")


async def _enter(elastic: Elastic, scored: Sequence[Scored], results: Sequence[PageResult]) -> None:
    """Write each message's line in the books; the same line however often the message comes."""
    ops = []
    for one, result in zip(scored, results, strict=True):
        where = one.position
        if one.source == DRILL and not result.rejected:
            continue  # a drill is no message: it stands in no books
        doc = {
            "source": result.source,
            "topic": where.topic,
            "received": result.received,
            "stored": result.stored,
            "repeated": result.repeated,
            "rejected": result.rejected,
            "late": result.late,
            "at": where.at,
        }
        ops.append(Op(index=monthly(PAGES, where.at), id=where.name, doc=doc, kind="index"))
    for op, outcome in zip(ops, await elastic.bulk(ops) if ops else (), strict=True):
        if not outcome.ok:
            raise Refused(f"Elasticsearch takes no line of the books ({op.index}: {outcome.error}); run `huiying init`")
