"""阅评 in Elasticsearch: rounds and the replies drawn in them; each step in the hash-chained history.

The frame is written to the history first; the hash of that entry is the seed. So nobody chooses it, and who tries
again before the round stands leaves a second entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts import review_moves, review_rounds
from alerts.fields import refusal
from alerts.history import History
from alerts.ledger import Item
from alerts.recorded import Audit, Recorded
from alerts.reports.periods import Window
from alerts.reports.spans import covered, parse_span
from alerts.review import Reading, Round, round_id
from alerts.review_rounds import Standing, drawable, drawn, reading, reply_of
from alerts.review_rubric import Rubric
from alerts.review_sample import holds
from streams.clock import ms
from streams.elastic import Elastic, Op
from streams.errors import HuiyingError, Rejected
from streams.topics import LEDGER, READINGS, REPLIES, REVIEWS

ROUND_KIND, READING_KIND = "review.move", "reading.move"
FRAME_KIND = "review.frame"
LISTED = 100
READINGS_MOST = 1000
CONFLICT = 409


def round_document(one: Round) -> dict[str, Any]:
    """Return a round as it is stored."""
    return {
        "id": one.id, "period": one.period, "state": one.state, "size": len(one.sample), "drawn_at": one.drawn_at,
        "updated_at": one.updated_at, "revision": one.revision, "record": msgspec.to_builtins(one),
    }  # fmt: skip


def reading_document(one: Reading) -> dict[str, Any]:
    """Return a drawn reply as it is stored: what is searched says nothing of its scores."""
    return {
        "id": one.id, "round": one.round, "unit": one.unit, "county": one.county, "state": one.state,
        "heard": one.heard, "updated_at": one.updated_at, "revision": one.revision, "record": msgspec.to_builtins(one),
    }  # fmt: skip


def frame_query(window: Window) -> dict[str, Any]:
    """Return the query of what could be drawn: items closed in the window."""
    return {"bool": {"filter": [
        {"term": {"state": "closed"}},
        {"range": {"closed_at": {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}},
    ]}}  # fmt: skip


def frame_digest(frame: Mapping[str, Sequence[str]]) -> str:
    """Return SHA-256 of a frame, by unit and id."""
    lines = "\n".join(f"{unit}\t{item}" for unit in sorted(frame) for item in sorted(frame[unit]))
    return hashlib.sha256(lines.encode()).hexdigest()


class ReviewService:
    """Draws, moves, finds and lists. Every verb raises Unavailable when Elasticsearch can't be reached."""

    def __init__(self, elastic: Elastic, history: History, rubric: Rubric) -> None:
        """Keep the records and the rubric of new rounds."""
        self.elastic, self.history, self.rubric = elastic, history, rubric
        self.rounds = Recorded(
            elastic, history, REVIEWS, kind=ROUND_KIND, noun="阅评", document=round_document, type_=Round
        )
        self.readings = Recorded(
            elastic, history, READINGS, kind=READING_KIND, noun="评阅", document=reading_document, type_=Reading
        )

    async def frame(self, window: Window) -> dict[str, list[str]]:
        """Return the ids of what could be drawn, by the unit whose reply it is."""
        found: dict[str, list[str]] = {}
        async for one in self.elastic.scan(LEDGER.name, frame_query(window)):
            item = msgspec.convert(one.source["record"], Item)
            if (reply := reply_of(item)) is not None:
                found.setdefault(reply.unit, []).append(item.id)
        return found

    async def draw(self, period: str, *, size: int, by: str, role: str, now: datetime) -> Round:
        """Draw a month's sample and return its round; a month that was drawn keeps its sample.

        Raises Rejected, in Chinese. If the machine stops in the middle, doing it again ends it.
        """
        try:
            span = parse_span("monthly", period)
            window = covered(span, now)
        except HuiyingError as error:
            raise refusal("请选择本月或以前的月份。") from error
        one = await self.get(round_id(span.name))
        if one is None:
            frame = await self.frame(window)
            count = drawable(frame, size=size, by=by, role=role)
            said = {"period": span.name, "count": count, "size": size, "frame": frame_digest(frame)}
            entry = await self.history.append(FRAME_KIND, round_id(span.name), by, now, said)
            made = drawn(span, frame, self.rubric, seed=entry.hash, size=size, by=by, role=role, now=now)
            one = await self.rounds.create(made)
        await self._fill(one)
        return one

    async def _fill(self, one: Round) -> None:
        """Store the drawn replies that are not stored yet, as they read now."""
        units = {item: stratum.unit for stratum in one.strata for item in stratum.drawn}
        found = await self.elastic.mget([(LEDGER.name, item) for item in units])
        items = {doc.id: msgspec.convert(doc.source["record"], Item) for doc in found if doc is not None}
        worked = await self._worked([reply.record for item in items.values() for reply in item.replies if reply.record])
        made = [
            reading(one, items[id_], unit, {by for reply in items[id_].replies for by in worked.get(reply.record, ())})
            for id_, unit in units.items()
            if id_ in items
        ]
        ops = [Op(index=READINGS.name, id=each.id, doc=reading_document(each)) for each in made if each is not None]
        for outcome in await self.elastic.bulk(ops):
            if not outcome.ok and outcome.status != CONFLICT:
                raise Rejected("field_type", f"没有保存抽到的答复：{outcome.error}")
        await self.elastic.refresh(READINGS.name)

    async def _worked(self, records: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return who made a step of each of these replies' own records: wrote, reviewed, signed or published it."""
        found = await self.elastic.mget([(REPLIES.name, one) for one in records])
        return {
            doc.id: frozenset(step["by"] for step in doc.source["record"]["steps"]) for doc in found if doc is not None
        }

    async def move(self, id_: str, name: str, *, by: str, role: str, now: datetime, seen: int | None = None) -> Round:
        """Tell the units, or close; raises Conflict or Rejected, in Chinese."""
        around, readings = await self.get(id_), await self.of(id_)
        if around is None:
            raise refusal("没有这轮阅评。")
        standing = Standing(states=Counter(one.state for one in readings), expected=len(around.sample))

        def change(one: Round) -> Round:
            return review_rounds.make(one, name, standing, by=by, role=role, now=now)

        change(around)  # what it refuses, nothing changes
        for one in readings if name == "tell" else ():  # before the round: if the machine stops, telling again ends it
            if not one.heard:
                await self.readings.move(one.id, lambda r: review_moves.told(r, by=by, role=role, at=ms(now)))
        return await self.rounds.move(id_, change, seen=seen)

    async def read(
        self, id_: str, name: str, *, by: str, role: str, units: tuple[str, ...], data: Mapping[str, Any],
        now: datetime, seen: int | None = None,
    ) -> Reading:  # fmt: skip
        """Make one move of a drawn reply; raises Conflict or Rejected, in Chinese."""
        held = await self.reading(id_)
        around = await self.get(held.round) if held else None
        if around is not None and around.state == "closed":
            raise refusal("这轮阅评已定稿，不能再改。")
        return await self.readings.move(
            id_, lambda one: review_moves.make(one, name, by=by, role=role, units=units, data=data, now=now), seen=seen
        )

    async def get(self, id_: str) -> Round | None:
        """Return a round as it stands, or nothing."""
        held = await self.rounds.load(id_)
        return held.record if held else None

    async def reading(self, id_: str) -> Reading | None:
        """Return a drawn reply as it stands, or nothing."""
        held = await self.readings.load(id_)
        return held.record if held else None

    async def list(self) -> Sequence[Round]:
        """Return rounds, the latest month first."""
        return await self.rounds.search({
            "size": LISTED, "query": {"match_all": {}},
            "sort": [{"period": {"order": "desc", "unmapped_type": "keyword"}}],
        })  # fmt: skip

    async def of(self, round_: str) -> Sequence[Reading]:
        """Return the drawn replies of a round, by unit."""
        return await self.readings.search({
            "size": READINGS_MOST, "query": {"term": {"round": round_}},
            "sort": [
                {"unit": {"order": "asc", "unmapped_type": "keyword"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        })  # fmt: skip

    async def audit(self) -> Audit:
        """Hold every record to the history, and every sample to its seed."""
        rounds, readings = await self.rounds.audit(), await self.readings.audit()
        wrong = [f"“{one.title}”的样本不是按记录的种子抽出的" for one in await self.list() if not holds(one)]
        return Audit(records=rounds.records + readings.records, wrong=(*rounds.wrong, *readings.wrong, *wrong))
