"""Whatever people try on items and replies, two at once and with a machine that stops, only listed moves happen.

It runs the real services, `LedgerService` and `ReplyService`, over an Elasticsearch in memory that passes the real
one's contract tests (`tests/contract/test_memory_elastic.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_items import ACCEPT, ASSIGN, item
from reply_items import BEGIN, OUT, TEXT, WATER, Town

from alerts.accounts import ROLES
from alerts.ledger import RESULTS, UNANSWERED, Item
from alerts.ledger_moves import BY_HAND, CARRIED
from alerts.ledger_moves import BY_NAME as ITEM_MOVES
from alerts.reply import Answering
from alerts.reply_moves import BY_NAME as REPLY_MOVES
from streams.clock import ms
from streams.errors import Conflict, Rejected, Unavailable
from streams.topics import HISTORY

T = TypeVar("T")
ITEMS = ("o1", "o2")
PEOPLE = tuple("abcd")
GIVEN: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "assign": [{"lead": unit, "limit": name} for unit in (WATER, "甲局") for name in ("help", "urgent")],
    "correct": [{"text": "更正", "channel": "门户", "unit": WATER}],
    "flag": [{"leader": "b", "reason": "重要"}],
    "extend": [{"days": "5", "reason": "难", "told": "已告知"}],
    "urge": [{"text": "请抓紧"}],
    "close": [{"result": name, "reason": "可申请复查"} for name in RESULTS],
    "survey": [{"satisfaction": "not", "solved": False}],
    "link": [{"consultation": "c"}],
    "accept": [{}], "resume": [{}],
    "write": [{"text": f"{TEXT}第{number}稿。"} for number in range(3)],
    "submit": [{}], "pass": [{"remark": "已核对"}, {}], "sign": [{}], "publish": [OUT],
    **{name: [{"text": "x", "channel": "门户", "unit": WATER, "record": "r"}] for name in CARRIED},
}  # fmt: skip
ENDS = {"merge", "dismiss", "give_back", "pause"}
OFTEN = sorted([*ITEM_MOVES, *[name for name in ITEM_MOVES if name not in ENDS] * 3])
TRIES = st.fixed_dictionaries({
    "by": st.sampled_from(PEOPLE), "role": st.sampled_from(sorted(ROLES)), "pick": st.integers(0, 9),
})  # fmt: skip
USUAL = {
    "drafting": ("submit", "a", "handler"), "reviewing": ("pass", "d", "officer"), "signing": ("sign", "b", "leader"),
    "signed": ("publish", "c", "handler"),
}  # fmt: skip
"""What usually comes next, by whom: not always allowed, since anybody may have written the text."""


def given_of(name: str, pick: int) -> dict[str, Any]:
    choices = GIVEN.get(name, [{"reason": "理由"}])
    return dict(choices[pick % len(choices)])


class Desk(RuleBasedStateMachine):
    """Two items, their replies, and four people who try everything."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.town = Town()
        self.items: dict[str, Item] = {}
        self.replies: dict[str, Answering] = {}

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(kind=st.sampled_from(["first", "final", "final"]), key=st.booleans())
    def two_items_that_their_unit_handles_and_a_draft(self, kind: str, key: bool) -> None:
        for name in ITEMS:
            one = self.run(self.town.add(item(id_=name)))
            for move, by, role, data in (ASSIGN, ACCEPT):
                one = self.run(self.town.ledger.move(one.id, move, by=by, role=role, data=data, now=self.town.tick()))
            if key:
                data = given_of("flag", 0)
                one = self.run(
                    self.town.ledger.move(one.id, "flag", by="w", role="officer", data=data, now=self.town.tick())
                )
            self.items[one.id] = one
        r = self.run(self.town.begin(next(iter(self.items)), by="a", kind=kind))
        self.replies[r.id] = r

    def item_act(self, one: Item, name: str, tried: Mapping[str, Any], seen: int | None) -> Awaitable[Item]:
        other = next(id_ for id_ in self.items if id_ != one.id)
        data = {"into": other, "reason": "同一件事"} if name == "merge" else given_of(name, tried["pick"])
        return self.town.ledger.move(
            one.id, name, by=tried["by"], role=tried["role"], data=data, now=self.town.tick(), seen=seen
        )

    def reply_act(self, r: Answering, name: str, tried: Mapping[str, Any], seen: int | None) -> Awaitable[Answering]:
        data = given_of(name, tried["pick"])
        return self.town.replies.move(
            r.id, name, by=tried["by"], role=tried["role"], data=data, now=self.town.tick(), seen=seen
        )

    def picked(self, tried: Mapping[str, Any]) -> Item:
        return self.items[sorted(self.items)[tried["pick"] % len(self.items)]]

    def on_its_way(self) -> list[Answering]:
        return [r for r in self.replies.values() if r.open]

    def tried(self, work: Awaitable[Any]) -> Any:
        """Return what was made of an act, or the error by which the person was told."""
        try:
            return self.run(work)
        except (Rejected, Conflict) as told:
            return told

    @rule(tried=TRIES, name=st.sampled_from(OFTEN), stale=st.booleans())
    def somebody_moves_an_item(self, tried: dict[str, Any], name: str, stale: bool) -> None:
        one = self.picked(tried)
        seen = one.revision - 1 if stale else one.revision
        outcome = self.tried(self.item_act(one, name, tried, seen))
        if name not in {move.name for move in BY_HAND}:
            assert isinstance(outcome, Rejected)
        elif stale:
            assert isinstance(outcome, Conflict | Rejected)

    @rule(tried=TRIES, kind=st.sampled_from(["first", "final", "final", "correction"]))
    def somebody_begins_a_reply(self, tried: dict[str, Any], kind: str) -> None:
        data = {**BEGIN, "kind": kind, **({"reason": "写错了"} if kind == "correction" else {})}
        self.tried(
            self.town.replies.begin(
                self.picked(tried).id, by="ac"[tried["pick"] % 2], role="handler", data=data, now=self.town.tick()
            )
        )

    @precondition(lambda self: self.replies)
    @rule(tried=TRIES, name=st.sampled_from(sorted(REPLY_MOVES)), pick=st.integers(0, 99), stale=st.booleans())
    def somebody_moves_a_reply(self, tried: dict[str, Any], name: str, pick: int, stale: bool) -> None:
        r = sorted(self.replies.values(), key=lambda one: one.id)[pick % len(self.replies)]
        outcome = self.tried(self.reply_act(r, name, tried, r.revision - 1 if stale else r.revision))
        if stale:
            assert isinstance(outcome, Conflict | Rejected)

    @precondition(lambda self: bool(self.on_its_way()))
    @rule(pick=st.integers(0, 9), steps=st.integers(1, 4))
    def a_reply_goes_its_usual_way(self, pick: int, steps: int) -> None:
        r = self.on_its_way()[pick % len(self.on_its_way())]
        for _ in range(steps):
            if r.open and not isinstance(after := self.tried(self.usual(r)), Exception):
                r = after

    def usual(self, r: Answering) -> Awaitable[Answering]:
        name, by, role = USUAL[r.state]
        return self.reply_act(r, name, {"by": by, "role": role, "pick": 0}, r.revision)

    @precondition(lambda self: bool(self.on_its_way()))
    @rule(one=TRIES, other=TRIES, names=st.tuples(*[st.sampled_from(sorted(REPLY_MOVES))] * 2))
    def two_move_a_reply_at_once(self, one: dict[str, Any], other: dict[str, Any], names: tuple[str, str]) -> None:
        r = self.on_its_way()[0]
        acts = [self.reply_act(r, name, who, r.revision) for name, who in zip(names, (one, other), strict=True)]
        self.one_wins(acts)

    @rule(one=TRIES, other=TRIES, names=st.tuples(*[st.sampled_from([n for n in OFTEN if n not in CARRIED])] * 2))
    def two_move_an_item_at_once(self, one: dict[str, Any], other: dict[str, Any], names: tuple[str, str]) -> None:
        it = self.picked(one)
        acts = [self.item_act(it, name, who, it.revision) for name, who in zip(names, (one, other), strict=True)]
        self.one_wins(acts)

    def one_wins(self, acts: Sequence[Awaitable[Any]]) -> None:
        async def both() -> list[Any]:
            return await asyncio.gather(*acts, return_exceptions=True)

        outcomes = self.run(both())
        told = [one for one in outcomes if isinstance(one, BaseException)]
        assert all(isinstance(one, Rejected | Conflict) for one in told), told
        assert len(told) >= 1

    @precondition(lambda self: bool(self.on_its_way()))
    @rule(writes=st.integers(0, 4), heard=st.booleans(), pick=st.integers(0, 9))
    def the_machine_stops_in_a_move_and_it_is_tried_again(self, writes: int, heard: bool, pick: int) -> None:
        r = self.on_its_way()[pick % len(self.on_its_way())]
        self.town.elastic.stops_in, self.town.elastic.heard = writes, heard
        for _ in range(2):
            try:
                self.tried(self.usual(r))
            except Unavailable:
                pass
            finally:
                self.town.elastic.stops_in = None

    @invariant()
    def only_listed_moves_happened_and_nothing_is_lost(self) -> None:
        self.run(self.town.replies.carry_missing(ms(self.town.now)))
        for id_, before in self.items.items():
            now = self.run(self.town.item(id_))
            self.grew(before, now, ITEM_MOVES)
            assert now.replies[: len(before.replies)] == before.replies
            assert set(before.opinion_ids) <= set(now.opinion_ids)
            if before.overdue(now.updated_at):
                moves = {step.move for step in now.steps[before.revision :]}
                assert now.overdue(now.updated_at) or moves & {"answer", "merge", "dismiss"}
            self.items[id_] = now
            found = self.run(self.town.replies.of(id_))
            assert [r.number for r in found] == list(range(1, len(found) + 1))
            assert sum(r.open for r in found) <= 1
            for r in found:
                self.reply_holds(self.replies.get(r.id), r, now)
                self.replies[r.id] = r

    def grew(self, before: Item | Answering, now: Item | Answering, moves: Mapping[str, Any]) -> None:
        assert now.steps[: len(before.steps)] == before.steps
        state: str = before.state
        for step in now.steps[len(before.steps) :]:
            move = moves[step.move]
            assert step.role in move.roles
            assert step.state == move.ways[state]
            state = step.state
        assert state == now.state

    def reply_holds(self, before: Answering | None, r: Answering, it: Item) -> None:
        if before is not None:
            self.grew(before, r, REPLY_MOVES)
            assert [v.text for v in r.versions[: len(before.versions)]] == [v.text for v in before.versions]
            assert r == before or before.open
        for judge in (r.reviewed_by, r.signed_by):
            assert judge not in r.writers
        out = [reply for reply in it.replies if reply.record == r.id]
        assert len(out) == (r.state == "published")
        if out:
            assert r.signed_by
            assert r.signed_at <= r.published_at
            assert (out[0].text, out[0].unit, out[0].at) == (r.text, r.unit, r.published_at)

    @invariant()
    def an_item_is_answered_by_what_was_signed_and_published(self) -> None:
        for it in self.items.values():
            if it.state in {"answered", "closed"}:
                (last, *_) = [reply for reply in reversed(it.replies) if reply.at == it.answered_at]
                assert self.replies[last.record].state == "published"
                answer = next(step for step in reversed(it.steps) if step.move == "answer")
                flagged = any(step.move == "flag" for step in it.steps[: answer.number])
                assert not flagged or self.replies[last.record].signed_by == "b"
            assert bool(it.answered_at) == (it.state not in {*UNANSWERED, "dismissed", "merged"})

    def teardown(self) -> None:
        try:
            services: tuple[Any, ...] = (self.town.ledger, self.town.replies)
            for service in services:
                for id_ in [*self.items, *self.replies]:
                    held = self.run(service.records.load(id_))
                    if held:  # what a machine that stopped left out is written when the record is next touched
                        self.run(service.records.settle(held.record, held.raw))
                assert self.run(service.audit()).wrong == ()
            assert self.run(self.town.history.verify()).ok
            told: dict[tuple[str, int], set[str]] = {}  # two who move at once after a stop may both write its step
            for doc, _ in self.town.elastic.kept.get(HISTORY.name, {}).values():
                told.setdefault((doc["subject"], doc["data"]["revision"]), set()).add(doc["data"]["record"])
            records: list[Any] = [*self.items.values(), *self.replies.values()]
            assert set(told) == {(one.id, n) for one in records for n in range(1, one.revision + 1)}
            assert all(len(hashes) == 1 for hashes in told.values())
        finally:
            self.loop.close()


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
