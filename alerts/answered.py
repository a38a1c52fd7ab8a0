"""答复与否: whether a stored message was answered, as the ledger says, written onto the message so that it is found.

Messages and items of the ledger are different indices, and nothing here can join them or run a script. So the watcher
follows the ledger: it reads the items that moved since its last look, and what still waits beside the items that no
longer do (a reply may be entered with the day it went out), and puts what differs onto the messages by id, guarded by
their version. Once more is harmless, a stop in between repeats, and the scorer keeps these fields when it replaces.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from streams.clock import Clock, ms
from streams.elastic import Elastic, Op
from streams.topics import CHECKPOINTS, LEDGER, OPINIONS, pattern

CHECKPOINT = "answered"
CONFLICT = 409
OVERLAP = 600_000
"""Milliseconds that are read again: a move may become searchable after a later one."""
WAITS_EVERY = 60_000
"""Milliseconds between two looks at what still waits."""
BATCH = 500
log = logging.getLogger("huiying.answered")
FIELDS = ("opinion_ids", "state", "unanswered", "paused", "due")
ANSWERS: dict[str, str] = {"waiting": "未答复", "overdue": "逾期未答复", "answered": "已答复"}
"""What a search can ask for; those that are overdue wait as well."""


class Stand(Struct, frozen=True, kw_only=True):
    """How a message stands: `waiting`, `answered` or `none` (needs no handling); due: ms UTC, 0 where none runs."""

    answer: str
    due: int = 0

    @property
    def fields(self) -> dict[str, Any]:
        """What stands of it on the message."""
        return {"answer": self.answer, **({"answer_due": self.due} if self.due else {})}


def stand(item: Mapping[str, Any]) -> Stand | None:
    """Return how an item's messages stand; None for a merged one, whose messages the other item has."""
    if item["state"] == "merged":
        return None
    if item["state"] == "dismissed":
        return Stand(answer="none")
    if not item["unanswered"]:
        return Stand(answer="answered")
    return Stand(answer="waiting", due=0 if item.get("paused") else int(item.get("due") or 0))


def words(message: Mapping[str, Any], now: int) -> str:
    """Return a stored message's state in words, nothing for one that is in no ledger; now: ms UTC."""
    if message.get("answer") == "waiting" and 0 < int(message.get("answer_due") or 0) < now:
        return ANSWERS["overdue"]
    return ANSWERS.get(str(message.get("answer")), "不需办理" if message.get("answer") else "")


def asks(answer: str, now: int) -> list[dict[str, Any]]:
    """Return the filters of an Elasticsearch query for messages that stand so; now: ms UTC."""
    if answer not in ANSWERS:
        return []
    if answer != "overdue":
        return [{"term": {"answer": answer}}]
    late = {"range": {"answer_due": {"lt": now, "format": "epoch_millis"}}}
    return [{"term": {"answer": "waiting"}}, late]


class AnswerFollower:
    """Keeps the messages at what the ledger says of them."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self.elastic = elastic
        self._waits_at = 0

    async def follow(self, clock: Clock) -> int:
        """Bring messages up to what moved since the last look; return how many changed. Raises Unavailable."""
        now = ms(clock.now())
        found = await self.elastic.get(CHECKPOINTS.name, CHECKPOINT)
        since = max(found.source["position"] - OVERLAP, 0) if found else 0
        moved = {"range": {"updated_at": {"gte": since, "format": "epoch_millis"}}}
        changed, lost = await self._take(moved)
        if now - self._waits_at >= WAITS_EVERY:
            more, again = await self._waits()
            changed, lost = changed + more, lost + again
            self._waits_at = now
        if lost or (found and not changed and now - found.source["position"] < OVERLAP // 2):
            return changed  # somebody wrote meanwhile: the same is looked at again; or nothing worth a write
        await self.elastic.put(CHECKPOINTS.name, CHECKPOINT, {
            "what": "ledger", "name": CHECKPOINT, "position": now, "finished": False, "detail": str(changed), "at": now,
        })  # fmt: skip
        return changed

    async def _waits(self) -> tuple[int, int]:
        """Look at the messages that wait by what stands on them, and whose items no longer do."""
        changed = lost = 0
        over = {"bool": {"must_not": [{"term": {"unanswered": True}}, {"term": {"state": "merged"}}]}}
        query = {"term": {"answer": "waiting"}}
        waiting = [one.id async for one in self.elastic.scan(pattern(OPINIONS), query, fields=("id",))]
        for start in range(0, len(waiting), BATCH):
            theirs = {"terms": {"opinion_ids": waiting[start : start + BATCH]}}
            more, again = await self._take({"bool": {"filter": [theirs, over]}})
            changed, lost = changed + more, lost + again
        return changed, lost

    async def _take(self, query: Mapping[str, Any]) -> tuple[int, int]:
        """Put what these items say onto their messages; return how many changed, and how many somebody else wrote."""
        changed = lost = 0
        batch: dict[str, Stand] = {}
        async for one in self.elastic.scan(LEDGER.name, query, fields=FIELDS):
            says = stand(one.source)
            if says is not None:
                batch |= dict.fromkeys(one.source["opinion_ids"], says)
            if len(batch) >= BATCH:
                more, again = await self._put(batch)
                changed, lost, batch = changed + more, lost + again, {}
        more, again = await self._put(batch)
        return changed + more, lost + again

    async def _put(self, wanted: Mapping[str, Stand]) -> tuple[int, int]:
        if not wanted:
            return 0, 0
        ops: list[Op] = []
        async for one in self.elastic.scan(pattern(OPINIONS), {"ids": {"values": list(wanted)}}):
            bare = {name: value for name, value in one.source.items() if name not in {"answer", "answer_due"}}
            doc = {**bare, **wanted[one.id].fields}
            if doc != one.source:
                ops.append(Op(index=one.index, id=one.id, doc=doc, kind="index", version=one.version))
        outcomes = await self.elastic.bulk(ops) if ops else []
        for outcome in outcomes:
            if not outcome.ok and outcome.status != CONFLICT:
                log.error("the index of messages refused how one was answered (run `huiying init`?): %s", outcome.error)
        good = sum(outcome.ok for outcome in outcomes)
        return good, len(outcomes) - good
