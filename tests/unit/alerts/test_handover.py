"""交接班: made when a shift ends, signed by two people, and never while an open item of the shift has no receiver."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from console_fakes import NOW
from duty_people import AT, PLAN
from handing_over import EARLIER, SHIFT, UNTIL, MemoryHandovers, a_handover, an_item
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from reaching import a_city, an_alert

from alerts.handover import Ended, Facts, Handover, Item, ended
from alerts.handover_facts import gather
from alerts.handover_moves import BY_NAME, MOVES, make
from alerts.handovers import document, findings
from alerts.reports.handover import compose
from alerts.reports.kinds import render
from alerts.reports.render_html import html_body
from alerts.reports.section_titles import SECTIONS
from alerts.rota import Change
from streams.errors import Rejected

HOUR, MINUTE = 3_600_000, 60_000


def moved(h: Handover, name: str, by: str, *items: Item, role: str = "officer", **data: Any) -> Handover:
    return make(h, name, by=by, role=role, data=data, facts=Facts(at=AT, items=items), now=NOW)


def refused(h: Handover, name: str, by: str, *items: Item, role: str = "officer", **data: Any) -> str:
    with pytest.raises(Rejected) as said:
        moved(h, name, by, *items, role=role, **data)
    return said.value.detail


def test_a_shift_that_ended_goes_to_whoever_follows() -> None:
    assert ended(PLAN, AT) == [SHIFT]
    assert ended(PLAN, UNTIL - 1) == []
    assert ended(PLAN, UNTIL + 7 * HOUR) == []


def test_who_goes_on_hands_nothing_over_and_pieces_of_a_shift_are_one() -> None:
    stand_in = Change(
        id="s", kind="override", person="li", post="main", since=UNTIL - 4 * HOUR, until=UNTIL, reason="补班",
        made_by="zhao", made_at=1,
    )  # fmt: skip
    rota = msgspec.structs.replace(PLAN, changes=(stand_in,))
    assert ended(rota, AT) == [Ended(person="zhang", since=SHIFT.since, until=UNTIL - 4 * HOUR, next="li")]
    one = msgspec.structs.replace(PLAN, turns=(msgspec.structs.replace(PLAN.turns[0], people=("li",)), *PLAN.turns[1:]))
    assert ended(one, AT) == []


def test_where_nobody_follows_at_once_the_next_one_who_comes_takes_over() -> None:
    away = Change(
        id="a", kind="absence", person="li", since=UNTIL, until=UNTIL + 3 * HOUR, reason="病假", made_by="li", made_at=1
    )
    (one,) = ended(msgspec.structs.replace(PLAN, changes=(away,)), AT)
    assert (one.person, one.next) == ("zhang", "li")


def test_a_shift_is_not_handed_over_while_an_open_item_has_no_receiver() -> None:
    items = (an_item("甲"), an_item("乙", owner="zhang"), an_item("丙", owner="张甲（通知链接）"))
    mine = an_item("丁", owner="wang")
    later = an_item("戊", since=UNTIL)
    said = refused(a_handover(), "sign_out", "zhang", *items, mine, later)
    assert "还有3项未结事项没有接收人" in said
    assert all(one.title in said for one in items)
    assert "预警丁" not in said
    assert "预警戊" not in said, "what came after the shift is the next one's"
    h = moved(a_handover(), "give", "zhang", *items, item="alert:甲", to="wang")
    assert "还有2项" in refused(h, "sign_out", "zhang", *items)
    h = moved(h, "give_all", "zhang", *items, to="li")
    assert h.receivers == {"alert:甲": "wang", "alert:乙": "li", "alert:丙": "li"}
    assert "还有1项" in refused(h, "sign_out", "zhang", *items, an_item("新", since=UNTIL - 1)), "what came meanwhile"
    assert moved(h, "sign_out", "zhang", *items).state == "handed"
    assert moved(a_handover(*items), "sign_out", "zhang").state == "handed", "what is over needs nobody"


def test_two_people_sign_the_outgoing_one_first() -> None:
    h = a_handover()
    assert "待交班签字" in refused(h, "sign_in", "li")
    assert "须由交班人张甲本人" in refused(h, "sign_out", "li")
    assert "须由交班人张甲本人" in refused(h, "sign_out", "root", role="admin")
    h = moved(h, "note", "zhang", text="供水公司值班电话13900000000")
    assert "13900000000" not in h.notes[0].text
    h = moved(h, "sign_out", "zhang")
    assert "须由接班人李乙本人" in refused(h, "sign_in", "zhang")
    assert "当前为“待接班签字”" in refused(h, "give_all", "zhang", to="li")
    back = moved(h, "send_back", "li", reason="漏了一件")
    assert (back.state, back.outgoing_signed, back.signed) == ("open", "", None)
    assert back.notes[-1].text == "退回：漏了一件"
    done = moved(moved(back, "sign_out", "zhang"), "sign_in", "li", text="已核对")
    assert (done.state, done.outgoing_signed, done.incoming_signed) == ("done", "zhang", "li")
    assert moved(done, "note", "li", text="补充").notes[-1].text == "补充"
    assert "交班人或接班人" in refused(done, "note", "wang", text="我来说")
    for name in ("sign_out", "sign_in", "appoint", "give"):
        assert "当前为“已交接”" in refused(done, name, "zhang", role="admin")


def test_a_leader_names_who_hands_over_or_takes_over_and_never_one_for_both() -> None:
    h = a_handover(incoming="")
    assert "还没有接班人" in refused(h, "sign_out", "zhang")
    assert "须由领导" in refused(h, "appoint", "zhang", incoming="li", reason="补班")
    assert "不能是同一人" in refused(h, "appoint", "qian", role="leader", incoming="zhang", reason="补班")
    h = moved(h, "appoint", "qian", role="leader", incoming="wang", reason="补班")
    h = moved(h, "sign_out", "zhang")
    assert "已经签字" in refused(h, "appoint", "qian", role="leader", outgoing="li", reason="换人")
    assert "不能是同一人" in refused(h, "appoint", "qian", role="leader", incoming="zhang", reason="换人")
    h = moved(h, "appoint", "qian", role="leader", incoming="li", reason="换人")
    assert moved(h, "sign_in", "li").state == "done"


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
def test_nobody_moves_a_handover_without_a_name_or_a_role(move: Any) -> None:
    for state in move.ways:
        h = a_handover(state=state)
        assert "具名" in refused(h, move.name, "")
        assert refused(h, move.name, "zhang", role="handler")
    assert "没有这种操作" in refused(a_handover(), "nothing", "zhang")


def test_an_unsigned_handover_is_an_alert_that_says_who_is_waited_for() -> None:
    h = a_handover()
    assert findings([h], UNTIL + 29 * MINUTE, 30 * MINUTE) == {}
    (found,) = findings([h], UNTIL + 30 * MINUTE, 30 * MINUTE).values()
    assert "已过30分钟，交班人张甲未签字" in found.reason
    assert "带班领导" in found.reason
    signed = moved(h, "sign_out", "zhang")
    (found,) = findings([signed], UNTIL + HOUR, 30 * MINUTE).values()
    assert "接班人李乙未签字" in found.reason
    assert findings([moved(signed, "sign_in", "li")], UNTIL + HOUR, 30 * MINUTE) == {}
    (found,) = findings([a_handover(incoming="")], UNTIL + HOUR, 30 * MINUTE).values()
    assert "还没有指定" in found.reason


async def test_what_is_handed_over_is_gathered_from_the_whole_desk() -> None:
    given = a_city()
    ended_alert = an_alert("a9", "", state="resolved", resolved_at=UNTIL + 1)
    given.alerts.store.rows["a9"] = (ended_alert, 0)
    facts = await gather(MemoryHandovers(given).desk, UNTIL, AT)
    assert {item.id for item in facts.items} >= {"alert:a1", "alert:a2", "consultation:c1", "ledger:waiting"}
    assert all(item.link and item.title for item in facts.items)
    assert any("小时内" in line for line in facts.clocks)
    assert [line for line in facts.closed if "供水预警a9" in line]
    before = await gather(MemoryHandovers(given).desk, UNTIL + 2, AT)
    assert not [line for line in before.closed if "a9" in line]


def test_the_paper_says_what_was_signed_and_reads_back() -> None:
    item = an_item("甲")
    h = moved(a_handover(item, an_item("旧")), "give_all", "zhang", item, to="wang")
    draft = compose(h, now=AT, unit="平凉市")
    assert draft.mark == "待审签"
    assert "还没有接收人" in html_body(draft)
    done = moved(moved(h, "sign_out", "zhang", item), "sign_in", "li", item)
    report = compose(done, now=AT, unit="平凉市")
    assert tuple(section.title for section in report.sections) == SECTIONS["handover"]
    text = html_body(report)
    assert all(word in text for word in ("张甲", "李乙", "王丙", "预警甲", "双方已签"))
    assert "预警旧" not in text, "what was over when it was signed"
    assert "未签字" not in text
    for form, magic in (("docx", b"PK"), ("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!")):
        assert render(report, form)[: len(magic)] == magic
    stored = document(done)
    assert msgspec.convert(stored["record"], Handover) == done


PEOPLE = ("zhang", "li", "wang", "root")
ROLE = {"zhang": "officer", "li": "officer", "wang": "leader", "root": "admin"}


class Shift(RuleBasedStateMachine):
    """Anybody tries anything in any order, while items come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.h = a_handover()
        self.items: dict[str, Item] = {}
        self.signed: list[str] = []

    @rule(name=st.sampled_from("甲乙丙"), late=st.booleans(), owner=st.sampled_from(["", *PEOPLE]))
    def comes(self, name: str, late: bool, owner: str) -> None:
        self.items[name] = an_item(name, since=UNTIL + 1 if late else EARLIER, owner=owner)

    @rule(name=st.sampled_from("甲乙丙"))
    def ends(self, name: str) -> None:
        self.items.pop(name, None)

    @rule(move=st.sampled_from(sorted(BY_NAME)), by=st.sampled_from(PEOPLE), data=st.data())
    def tries(self, move: str, by: str, data: st.DataObject) -> None:
        given: dict[str, Any] = {}
        for field in BY_NAME[move].fields:
            values = [f"alert:{one}" for one in "甲乙丙"] if field.name == "item" else list(PEOPLE)
            given[field.name] = data.draw(st.sampled_from(values if field.kind == "choice" else ["说明"]))
        before = self.h
        open_ = tuple(self.items.values())
        try:
            self.h = moved(before, move, by, *open_, role=ROLE[by], **given)
        except Rejected:
            return
        assert self.h.steps[:-1] == before.steps
        assert self.h.notes[: len(before.notes)] == before.notes
        if move == "sign_out":
            assert by == before.outgoing
            for item in open_:
                taken = item.id in before.receivers or item.owner not in {"", before.outgoing}
                assert item.since >= UNTIL or taken, "handed over with an item that nobody receives"
            assert self.h.signed is not None
            assert self.h.signed.items == open_

    @invariant()
    def two_people_sign(self) -> None:
        h = self.h
        if h.state == "done":
            assert h.outgoing_signed
            assert h.incoming_signed
            assert h.outgoing_signed != h.incoming_signed
        if h.state == "open":
            assert not h.outgoing_signed
        assert [step.number for step in h.steps] == list(range(1, len(h.steps) + 1))


Shift.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestShift = Shift.TestCase
