"""Whatever people try on a consultation, two at once and with a machine that stops, only listed moves happen.

It runs the real `ConsultationService` over an Elasticsearch in memory that passes the real one's contract tests
(`tests/contract/test_memory_elastic.py`); that the moves themselves hold is `test_consultation.py`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import hypothesis.strategies as st
from consultations import KNOWN
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from memory_elastic import MemoryElastic

from alerts.accounts import ROLES
from alerts.consultation import Consultation
from alerts.consultation_moves import BY_NAME, options
from alerts.consultation_view import allowed_moves
from alerts.consultations import ConsultationService
from alerts.deadlines import HOUR
from alerts.history import History
from streams.clock import from_ms, ms
from streams.errors import Conflict, Rejected, Unavailable
from streams.topics import HISTORY

T = TypeVar("T")
PEOPLE = tuple("abc")
WORDS = ("主管破裂，正在抢修", "什么时候恢复供水？", "已安排送水车")
UNITS = ("静宁县水务局", "供水公司")
OPENED: dict[str, Any] = {"title": "静宁县供水", "by": "a", "grade": "major", "reason": "影响全县", "known_at": KNOWN}


class Unlinked:
    """Nobody owns alerts here: these consultations were opened by hand."""

    async def link_consultation(self, alert_id: str, consultation_id: str, *, now: datetime) -> None:
        raise AssertionError(f"{alert_id} {consultation_id} {now}")


class Office(RuleBasedStateMachine):
    """One consultation, and three people of any role who try everything."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.elastic = MemoryElastic()
        store: Any = self.elastic
        self.history = History(store)
        self.service = ConsultationService(store, self.history, Unlinked())
        self.now = from_ms(KNOWN)

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    @initialize()
    def it_is_opened_and_twice_is_once(self) -> None:
        self.c = self.run(self.service.open_by_hand(**OPENED, now=self.tick()))
        again = self.run(self.service.open_by_hand(**OPENED, now=self.tick()))
        assert again == self.c

    def given(self, data: st.DataObject, name: str) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for field in BY_NAME[name].fields:
            if not field.required and data.draw(st.booleans()):
                continue
            if field.kind == "time":
                out[field.name] = ms(self.now) + data.draw(st.sampled_from([-HOUR, 0, HOUR, 90 * HOUR]))
            elif field.kind == "yes":
                out[field.name] = data.draw(st.booleans())
            elif field.kind == "count":
                out[field.name] = data.draw(st.integers(0, 99))
            elif field.kind in {"text", "long"}:
                out[field.name] = data.draw(st.sampled_from(UNITS if field.name == "unit" else WORDS))
            else:
                out[field.name] = data.draw(st.sampled_from(sorted(options(self.c, field)) or ["none"]))
        return out

    def act(self, data: st.DataObject, name: str, by: str, role: str, seen: int) -> Awaitable[Consultation]:
        given = self.given(data, name)
        return self.service.move(self.c.id, name, by=by, role=role, data=given, now=self.tick(), seen=seen)

    def tried(self, work: Awaitable[Consultation]) -> Consultation | Rejected | Conflict:
        try:
            return self.run(work)
        except (Rejected, Conflict) as told:
            return told

    def likely(self, data: st.DataObject, by: str) -> str:
        """Return a move that a leader is shown and may make now, if there is one, else any."""
        shown = [one.move.name for one in allowed_moves(self.c, "leader", by=by) if not one.blocked]
        return str(data.draw(st.sampled_from(shown or sorted(BY_NAME))))

    @rule(data=st.data(), by=st.sampled_from(PEOPLE), role=st.sampled_from(sorted(ROLES)), stale=st.booleans(),
          name=st.sampled_from(sorted(BY_NAME)))  # fmt: skip
    def anybody_tries_anything(self, data: st.DataObject, by: str, role: str, stale: bool, name: str) -> None:
        outcome = self.tried(self.act(data, name, by, role, self.c.revision - stale))
        if stale:
            assert isinstance(outcome, Conflict | Rejected)

    @rule(data=st.data(), by=st.sampled_from(PEOPLE))
    def a_leader_does_what_is_shown(self, data: st.DataObject, by: str) -> None:
        self.tried(self.act(data, self.likely(data, by), by, "leader", self.c.revision))

    @rule(data=st.data(), people=st.permutations(PEOPLE))
    def two_move_it_at_once_and_one_wins(self, data: st.DataObject, people: Sequence[str]) -> None:
        names = {by: self.likely(data, by) for by in people[:2]}
        given = {by: self.given(data, name) for by, name in names.items()}

        async def both() -> list[Any]:
            now, seen = self.tick(), self.c.revision
            acts = [
                self.service.move(self.c.id, name, by=by, role="leader", data=given[by], now=now, seen=seen)
                for by, name in names.items()
            ]
            return await asyncio.gather(*acts, return_exceptions=True)

        outcomes = self.run(both())
        told = [one for one in outcomes if isinstance(one, BaseException)]
        assert all(isinstance(one, Rejected | Conflict) for one in told), told
        assert len(told) >= 1

    @rule(data=st.data(), by=st.sampled_from(PEOPLE), writes=st.integers(0, 3), heard=st.booleans())
    def the_machine_stops_in_a_move_and_it_is_tried_again(
        self, data: st.DataObject, by: str, writes: int, heard: bool
    ) -> None:
        name = self.likely(data, by)
        given = self.given(data, name)
        self.elastic.stops_in, self.elastic.heard = writes, heard
        for _ in range(2):  # the second time on the same page: what was saved is not done once more
            try:
                self.tried(
                    self.service.move(
                        self.c.id, name, by=by, role="leader", data=given, now=self.tick(), seen=self.c.revision
                    )
                )
            except Unavailable:
                pass
            finally:
                self.elastic.stops_in = None

    @invariant()
    def only_listed_moves_happened_and_nothing_is_lost(self) -> None:
        if not hasattr(self, "c"):
            return
        found = self.run(self.service.get(self.c.id))
        assert found is not None
        assert found.steps[: len(self.c.steps)] == self.c.steps
        assert len(found.steps) <= len(self.c.steps) + 1
        state: str = self.c.state
        for step in found.steps[len(self.c.steps) :]:
            move = BY_NAME[step.move]
            assert step.role in move.roles
            assert step.state == move.ways[state]
            state = step.state
        assert state == found.state
        self.c = found

    def teardown(self) -> None:
        try:
            if hasattr(self, "c"):
                held = self.run(self.service.records.load(self.c.id))
                if held:  # what a machine that stopped left out is written when the record is next touched
                    self.run(self.service.records.settle(held.record, held.raw))
                assert self.run(self.service.audit()).wrong == ()
                assert self.run(self.history.verify()).ok
                told: dict[int, set[str]] = {}
                for doc, _ in self.elastic.kept.get(HISTORY.name, {}).values():
                    told.setdefault(doc["data"]["revision"], set()).add(doc["data"]["record"])
                assert set(told) == set(range(1, self.c.revision + 1))
                assert all(len(hashes) == 1 for hashes in told.values())
        finally:
            self.loop.close()


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
