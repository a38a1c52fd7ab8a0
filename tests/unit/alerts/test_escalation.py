"""Who is told next, and why: a table of plain cases, and any order of looks, signatures, rises and shifts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.alert import Alert
from alerts.console.view import environment
from alerts.duty import Shift
from alerts.escalation import (
    addressed,
    ahead,
    begun,
    climb,
    due_at,
    escalated,
    next_due,
    posts,
    this_round,
    working_end,
)
from alerts.manager import Reason
from alerts.rota import Change, Rota, read_rota
from streams.clock import ms
from streams.errors import Misconfigured

MINUTE = 60_000
FILE = """
people:
  a: {name: 甲, mail: a@example.org}
  b: {name: 乙, mail: b@example.org}
  c: {name: 丙, mail: c@example.org}
  d: {name: 丁, mail: d@example.org}
turns:
  - {post: main, people: [a, b], begins: 2026-01-01, since: "00:00", until: "00:00"}
  - {post: deputy, people: [c], begins: 2026-01-01, since: "00:00", until: "00:00"}
fallback: [d]
office: [d]
escalation:
  general: [{after: 0, to: [main]}, {after: 60, to: [deputy]}]
  larger: [{after: 0, to: [main]}, {after: 30, to: [deputy]}, {after: 60, to: [leader]}, {after: 90, to: [office]}]
working_hours_only: [general]
"""
ROTA = read_rota(FILE)


def at(day: int, hour: int, minute: int = 0, month: int = 9) -> int:
    """Return a Beijing moment of 2026, ms UTC."""
    return ms(datetime(2026, month, day, hour, minute, tzinfo=UTC)) - 8 * 60 * MINUTE


NOON = at(1, 12)


def alert(level: str = "larger", told_at: int = NOON) -> Alert:
    """Return an alert that was told."""
    return Alert(
        id="x", rule="r", rule_title="题", level=level, title="事", reason="多", opened_at=told_at, updated_at=told_at,  # type: ignore[arg-type]
        last_firing_at=told_at, window_from=0, window_to=told_at, value=1, bound=1, count=1, total=1, peak=1,
        told_at=told_at,
    )  # fmt: skip


def names(one: Alert) -> list[tuple[str, ...]]:
    """Return who was told at each level of the round."""
    return [tuple(person.name for person in rung.people) for rung in this_round(one)]


def later(one: Alert, rota: Rota, now: int) -> Alert:
    """Return an alert after a look in which what is due is told."""
    return replace(escalated(one, rota, now), untold="")


def away(person: str, since: int, until: int) -> Change:
    """Return an absence without a stand-in."""
    return Change(
        id=person, kind="absence", person=person, since=since, until=until, reason="病假", made_by="d", made_at=1
    )


@pytest.mark.parametrize(
    ("since", "wait", "end"),
    [
        (at(1, 9), 60, at(1, 10)),
        (at(1, 17, 30), 60, at(2, 9)),
        (at(1, 20), 30, at(2, 9)),
        (at(4, 17, 45), 30, at(7, 8, 45)),  # over a weekend
        (at(30, 17, 30), 60, at(8, 9, month=10)),  # over the National Day week
        (at(1, 8, 30), 570, at(1, 18)),
    ],
)
def test_a_wait_of_office_hours_passes_on_working_days_alone(since: int, wait: int, end: int) -> None:
    assert working_end(ROTA, since, wait * MINUTE) == end


def test_a_make_up_day_is_a_working_day() -> None:
    assert working_end(ROTA, at(10, 9, month=10), 60 * MINUTE) == at(10, 10, month=10)


def test_a_year_without_a_calendar_waits_by_the_clock_and_says_so() -> None:
    since = ms(datetime(2031, 1, 6, 1, tzinfo=UTC))
    with pytest.raises(Misconfigured):
        working_end(ROTA, since, MINUTE)
    assert due_at(ROTA, "general", 1, since) == (since + 60 * MINUTE, "1小时（没有当年的工作日历，按自然时间计）")


def test_levels_follow_each_other_each_after_its_own_wait_and_an_empty_one_takes_none() -> None:
    one = begun(alert(), ROTA, NOON)
    assert names(one) == [("乙",)]
    assert next_due(one, ROTA) == NOON + 30 * MINUTE
    assert escalated(one, ROTA, NOON + 30 * MINUTE - 1) == one
    late = NOON + 100 * MINUTE  # a watcher that stood still gives the next level its wait all the same
    one = later(one, ROTA, late)
    assert names(one) == [("乙",), ("丙",)]
    assert [(step.at, [person.name for person in step.people]) for step in ahead(one, ROTA, late)] == [
        (late + 30 * MINUTE, []), (late + 30 * MINUTE, ["丁"]),
    ]  # fmt: skip
    one = later(one, ROTA, late + 30 * MINUTE)
    assert names(one) == [("乙",), ("丙",), (), ("丁",)]
    assert [rung.why for rung in this_round(one)[2:]] == [
        "带班领导此时无人，跳过", "前一级无人可通知，直接通知单位负责人",
    ]  # fmt: skip
    assert next_due(one, ROTA) == 0
    assert later(one, ROTA, late + 900 * MINUTE) == one


def test_who_came_on_duty_since_hears_with_the_next_level() -> None:
    start = at(1, 23, 50)
    one = later(begun(alert(told_at=start), ROTA, start), ROTA, start + 30 * MINUTE)
    assert names(one) == [("乙",), ("丙", "甲")]


def test_where_no_level_has_anybody_the_fallback_is_told_once() -> None:
    nobody = replace(ROTA, changes=tuple(away(person, 0, at(30, 0)) for person in "abcd"))
    one = begun(alert(), nobody, NOON)
    assert names(one)[-1] == ("丁",)
    assert this_round(one)[-1].to == ("fallback",)
    assert later(one, nobody, NOON + 900 * MINUTE) == one


def test_an_office_head_who_is_away_is_not_told() -> None:
    rota = replace(ROTA, changes=(away("d", 0, at(30, 0)),))
    one = later(later(begun(alert(), rota, NOON), rota, NOON + 30 * MINUTE), rota, NOON + 60 * MINUTE)
    assert names(one) == [("乙",), ("丙",), (), ()]


@pytest.mark.parametrize("rota", [(), Rota(), replace(ROTA, steps={})])
def test_without_steps_there_are_no_levels(rota: tuple[Shift, ...] | Rota) -> None:
    assert begun(alert(), rota, NOON) == alert()
    assert escalated(alert(), rota, NOON + 900 * MINUTE) == alert()


def test_an_office_that_is_named_and_empty_is_refused() -> None:
    with pytest.raises(Misconfigured, match="names the office"):
        read_rota(FILE.replace("office: [d]\n", ""))


def test_the_page_lists_who_was_told_when_and_why_and_who_is_next_until_somebody_signs() -> None:
    one = begun(alert(), ROTA, NOON)

    def shown(seen: Alert) -> str:
        card = environment().get_template("ladder.html")
        return " ".join(card.render(a=seen, ahead=ahead(seen, ROTA, NOON), posts=posts, now=NOON).split())

    page = shown(one)
    assert "<td>值班员</td><td>乙</td><td>预警发出，先通知值班员</td>" in page
    assert '<td>副班</td><td><span class="chip warn">待通知</span> 丙</td><td>30分钟内无人签收</td>' in page
    signed = shown(replace(one, state="acknowledged", acknowledged_at=NOON))
    assert "已签收，不再上报" in signed
    assert "待通知" not in signed
    assert shown(alert()) == ""


EVENTS = st.lists(st.tuples(st.sampled_from(["look", "sign", "rise", "end", "sick", "back"]), st.integers(0, 45)),
                  max_size=25)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_in_any_order_no_level_is_told_twice_or_left_out_and_nothing_after_an_end(
    events: list[tuple[str, int]],
) -> None:
    rota, now, one = ROTA, NOON, begun(alert(), ROTA, NOON)
    for event, minutes in events:
        now += minutes * MINUTE
        before = one
        if event == "look":
            one = later(later(one, rota, now), rota, now)  # a restart at once looks again
        elif event == "sign":
            one = replace(one, state="acknowledged")
        elif event == "end":
            one = replace(one, state="resolved")
        elif event == "rise" and one.state != "resolved":
            one = begun(replace(one, state="firing", round=one.round + 1), rota, now)
        else:
            rota = replace(ROTA, changes=(away("c", 0, at(30, 0)),) if event == "sick" else ())
        assert one.ladder[: len(before.ladder)] == before.ladder
        if before.state != "firing" and event != "rise":
            assert one.ladder == before.ladder
        mine = this_round(one)
        assert [rung.step for rung in mine] == list(range(len(mine)))
        told = [person.key for rung in mine for person in rung.people]
        assert len(told) == len(set(told))
        assert all(rung.why for rung in mine)
        last = addressed(one, Reason.ESCALATED)
        assert not last or last == next(rung.people for rung in reversed(mine) if rung.people)
        if one.state == "firing" and event == "look":
            assert not climb(one, rota, now)
