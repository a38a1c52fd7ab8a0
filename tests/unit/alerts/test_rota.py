"""The National Day week of 2026 hour by hour: make-up days, a swap, a sick deputy, an empty slot; and 2027."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.duty import POSTS
from alerts.duty_now import on_duty, told
from alerts.rota import Change, Rota, read_rota
from alerts.rota_check import DAY_MS, check
from alerts.rota_ical import from_ical, to_ical
from alerts.rota_who import spans, who
from streams.clock import BEIJING, from_ms, ms
from streams.errors import Misconfigured, Rejected

RULES = """
people:
  zhang: {name: 张甲, mail: zhang@example.org}
  li: {name: 李乙, mail: li@example.org}
  wang: {name: 王丙, mail: wang@example.org}
  zhao: {name: 赵丁, mail: zhao@example.org}
  sun: {name: 孙戊, mail: sun@example.org}
  qian: {name: 钱主任, mail: qian@example.org}
turns:
  - {post: main, people: [zhang, li], begins: 2026-09-21, calendar: work, since: "08:30", until: "18:00"}
  - {post: main, people: [wang], begins: 2026-09-21, calendar: work, since: "18:00", until: "08:30"}
  - {post: main, people: [li, zhang], begins: 2026-09-21, calendar: "off"}
  - {post: deputy, people: [sun], begins: 2026-09-21, since: "08:30", until: "18:00"}
  - {post: leader, people: [zhao, qian], begins: 2026-09-21, turn: week}
fallback: [qian]
office: [qian]
escalation:
  major: [{after: 0, to: [main, deputy]}, {after: 5, to: [leader]}, {after: 15, to: [office]}]
"""


def at(text: str) -> int:
    """Return a moment of 2026 by month, day and Beijing time, in ms UTC."""
    return ms(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BEIJING))


def change(kind: str, person: str, since: str, until: str, **more: object) -> Change:
    """Return a change that holds."""
    given = {
        "id": f"{kind}-{person}-{since}", "kind": kind, "person": person, "since": at(since), "until": at(until),
        "reason": "事由", "made_by": "zhang", "made_at": at("09-20T09:00"), **more,
    }  # fmt: skip
    return msgspec.convert(given, Change)


PLAN = read_rota(RULES)
SWAP = change(
    "swap", "li", "10-02T08:30", "10-03T08:30", other="zhang", other_since=at("10-05T08:30"),
    other_until=at("10-06T08:30"), approver="zhao",
)  # fmt: skip
SICK = change("absence", "sun", "10-04T00:00", "10-05T00:00")
SICK_STOOD_IN = change("absence", "sun", "10-05T00:00", "10-06T00:00", other="wang")
EMPTY = change("absence", "li", "10-06T08:30", "10-06T12:00")
STAND_IN = change("override", "qian", "10-07T12:00", "10-07T18:00", post="main")
WEEK = msgspec.structs.replace(PLAN, changes=(SWAP, SICK, SICK_STOOD_IN, EMPTY, STAND_IN))


@pytest.mark.parametrize(
    ("moment", "main", "deputy", "leader"),
    [
        # Sunday the 20th of September is a make-up day, but before the rota begins: nobody
        ("09-20T09:00", "", "", ""),
        # the working days before: 21st zhang, 22nd li, 23rd zhang, 24th li; the 25th to 27th are Mid-Autumn
        ("09-21T08:30", "zhang", "sun", "zhao"),
        ("09-22T08:29", "wang", "", "zhao"),
        ("09-22T08:30", "li", "sun", "zhao"),
        ("09-24T17:59", "li", "sun", "zhao"),
        ("09-24T18:00", "wang", "", "zhao"),
        ("09-25T08:30", "li", "sun", "zhao"),
        ("09-26T08:30", "zhang", "sun", "zhao"),
        ("09-27T08:30", "li", "sun", "zhao"),
        ("09-28T08:29", "li", "", "zhao"),
        ("09-28T08:30", "zhang", "sun", "qian"),
        ("09-30T17:59", "zhang", "sun", "qian"),
        ("10-01T08:29", "wang", "", "qian"),
        # National Day, 1st to 7th, is off: Mid-Autumn had li, zhang, li, so zhang begins
        ("10-01T08:30", "zhang", "sun", "qian"),
        ("10-02T08:29", "zhang", "", "qian"),
        # the 2nd is li's by rule, the 5th zhang's: they swapped
        ("10-02T08:30", "zhang", "sun", "qian"),
        ("10-03T08:29", "zhang", "", "qian"),
        ("10-03T08:30", "zhang", "sun", "qian"),
        # the 4th: the deputy is sick and nobody stands in
        ("10-04T09:00", "li", "", "qian"),
        # the 5th: li by the swap, and wang stands in as deputy; a new week has another leader
        ("10-05T08:29", "li", "", "qian"),
        ("10-05T09:00", "li", "wang", "zhao"),
        ("10-05T18:00", "li", "", "zhao"),
        ("10-06T08:29", "li", "", "zhao"),
        # the 6th is li's, who is away until noon: the post is empty
        ("10-06T09:00", "", "sun", "zhao"),
        ("10-06T12:00", "li", "sun", "zhao"),
        # the 7th: zhang's by rule, from noon somebody else
        ("10-07T11:59", "zhang", "sun", "zhao"),
        ("10-07T12:00", "qian", "sun", "zhao"),
        ("10-07T18:00", "zhang", "", "zhao"),
        # work again on the 8th and 9th, and on Saturday the 10th, a make-up day; Sunday the 11th is off
        ("10-08T08:30", "li", "sun", "zhao"),
        ("10-09T09:00", "zhang", "sun", "zhao"),
        ("10-10T09:00", "li", "sun", "zhao"),
        ("10-10T18:00", "wang", "", "zhao"),
        ("10-11T09:00", "li", "sun", "zhao"),
    ],
)
def test_the_right_person_has_each_post_at_each_hour(moment: str, main: str, deputy: str, leader: str) -> None:
    found = who(WEEK, at(moment))
    assert {post: "".join(one.person for one in here) for post, here in found.items()} == {
        "main": main, "deputy": deputy, "leader": leader,
    }  # fmt: skip


@pytest.mark.parametrize(("state", "second", "fifth"), [
    ("agreed", "zhang", "li"), ("asked", "li", "zhang"), ("refused", "li", "zhang"), ("withdrawn", "li", "zhang"),
])  # fmt: skip
def test_a_swap_holds_only_once_it_was_agreed(state: str, second: str, fifth: str) -> None:
    """The 2nd is li's and the 5th zhang's by rule."""
    swap = change(
        "swap", "li", "10-02T08:30", "10-03T08:30", other="zhang", other_since=at("10-05T08:30"),
        other_until=at("10-06T08:30"), approver="zhao", state=state,
    )  # fmt: skip
    rota = msgspec.structs.replace(PLAN, changes=(swap,))
    (on_second,), (on_fifth,) = who(rota, at("10-02T20:00"))["main"], who(rota, at("10-06T08:29"))["main"]
    assert (on_second.person, on_fifth.person) == (second, fifth)
    if state == "agreed":
        assert on_second.reason == "换班：原为李乙，赵丁同意"
        assert on_second.until == at("10-03T08:30")


def test_a_sick_deputy_leaves_the_post_empty_and_it_is_said_why() -> None:
    (empty,) = who(WEEK, at("10-04T09:00"))["deputy"]
    assert (empty.person, empty.reason) == ("", "孙戊请假，无人代班")
    (stood_in,) = who(WEEK, at("10-05T09:00"))["deputy"]
    assert (stood_in.person, stood_in.reason) == ("wang", "孙戊请假，由其代班")


def test_the_next_weeks_are_searched_for_gaps_and_for_one_person_at_two_posts() -> None:
    rota = msgspec.structs.replace(PLAN, changes=(SICK, EMPTY))
    faults = check(rota, at("10-01T08:30"), 8)
    assert [(one.kind, one.post, one.since, one.until) for one in faults] == [
        ("gap", "deputy", at("10-04T08:30"), at("10-04T18:00")),
        ("gap", "main", at("10-06T08:30"), at("10-06T12:00")),
    ]
    both = change("override", "qian", "10-01T12:00", "10-01T13:00", post="main")
    (twice,) = check(msgspec.structs.replace(PLAN, changes=(both,)), at("10-01T08:30"), 1)
    assert (twice.kind, twice.said) == ("twice", "钱主任同时在值班员、带班领导")


def test_two_rules_at_one_hour_are_an_overlap() -> None:
    more = msgspec.structs.replace(PLAN.turns[2], people=("wang",), calendar="all", since="12:00", until="13:00")
    rota = msgspec.structs.replace(PLAN, turns=(*PLAN.turns, more))
    (fault,) = check(rota, at("10-01T08:30"), 1)
    assert (fault.kind, fault.post, fault.since) == ("overlap", "main", at("10-01T12:00"))


def test_a_year_without_a_published_calendar_is_refused_with_what_to_do() -> None:
    with pytest.raises(Misconfigured, match=r"not 2027: upgrade the package `chinesecalendar`.*国办发明电") as refused:
        who(PLAN, ms(datetime(2027, 10, 1, 9, tzinfo=BEIJING)))
    assert "\n" not in str(refused.value)


def test_the_check_says_from_when_on_the_calendar_lacks() -> None:
    faults = check(PLAN, at("12-20T08:30"), 30)
    assert [one.kind for one in faults] == ["calendar"]
    assert from_ms(faults[0].since).astimezone(BEIJING) == datetime(2027, 1, 1, tzinfo=BEIJING)
    assert "2027" in faults[0].said


def test_in_a_year_without_a_calendar_the_fallback_is_told() -> None:
    new_year = datetime(2027, 1, 4, 9, tzinfo=BEIJING)
    duty = on_duty(PLAN, new_year)
    assert duty.empty
    assert "2027" in duty.why
    assert told(PLAN, new_year, "major") == ("qian@example.org",)


@pytest.mark.parametrize(("moment", "level", "mails"), [
    ("10-01T09:00", "major", "zhang sun"),
    ("10-04T09:00", "major", "li"),
    ("10-01T09:00", "general", "zhang sun qian"),
    ("09-20T09:00", "major", "qian"),
])  # fmt: skip
def test_a_notice_goes_to_the_first_step_who_are_there_else_to_the_fallback(
    moment: str, level: str, mails: str
) -> None:
    rota = msgspec.structs.replace(PLAN, changes=(SICK,))
    assert told(rota, from_ms(at(moment)), level) == tuple(f"{name}@example.org" for name in mails.split())


@given(hours=st.integers(0, 24 * 60))
def test_the_posts_that_are_always_filled_have_one_person_at_every_hour(hours: int) -> None:
    found = who(PLAN, at("09-21T08:30") + hours * 3_600_000)
    assert len(found["main"]) == len(found["leader"]) == 1


def test_shifts_of_a_stretch_say_the_same_as_each_moment() -> None:
    since, until = at("09-30T00:00"), at("10-10T00:00")
    found = spans(WEEK, since, until)
    moment = since
    while moment < until:
        here = {post: {o.person for o in found if o.post == post and o.since <= moment < o.until} for post in POSTS}
        assert here == {post: {o.person for o in there} for post, there in who(WEEK, moment).items()}
        moment += DAY_MS // 48


def test_working_days_take_turns_without_leaving_anybody_out() -> None:
    """Over make-up days and holidays the two alternate by working days."""
    days = [at("09-21T09:00") + n * DAY_MS for n in range(30)]
    main = [who(PLAN, day)["main"][0] for day in days]
    worked = [one.person for one in main if "工作日" in one.reason]
    assert worked == ["zhang", "li"] * (len(worked) // 2) + ["zhang"] * (len(worked) % 2)


def test_the_rota_goes_out_as_a_calendar_and_comes_in_again_as_stand_ins() -> None:
    since, until = at("10-01T08:30"), at("10-04T08:30")
    planned = [one for one in spans(PLAN, since, until) if one.post == "main"]
    changes = from_ical(Rota(people=PLAN.people), to_ical(PLAN, planned, now=since), by="zhao", now=since)
    assert [(one.person, one.since, one.until, one.post) for one in changes] == [
        (one.person, one.since, one.until, "main") for one in planned
    ]
    again = from_ical(Rota(people=PLAN.people), to_ical(PLAN, planned, now=since + 5), by="zhao", now=since)
    assert [one.id for one in again] == [one.id for one in changes]
    only = to_ical(PLAN, planned, now=since, person="li").decode()
    assert only.count("BEGIN:VEVENT") == sum(one.person == "li" for one in planned) > 0


@pytest.mark.parametrize(("event", "said"), [
    ("SUMMARY:门卫：张甲\nDTSTART:20261001T003000Z\nDTEND:20261001T093000Z", "岗位：姓名"),
    ("SUMMARY:值班员：某人\nDTSTART:20261001T003000Z\nDTEND:20261001T093000Z", "岗位：姓名"),
    ("SUMMARY:值班员：张甲\nDTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261002", "没有写明几点"),
    ("SUMMARY:值班员：张甲\nDTSTART:20261001T093000Z\nDTEND:20261001T003000Z", "不晚于开始时间"),
    ("SUMMARY:值班员：张甲\nDTSTART:20261001T003000Z\nDTEND:20261001T093000Z\nRRULE:FREQ=DAILY", "重复事项"),
])  # fmt: skip
def test_an_event_that_is_no_shift_is_refused_by_name(event: str, said: str) -> None:
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    with pytest.raises(Rejected) as refused:
        from_ical(PLAN, text.replace("\n", "\r\n").encode(), by="zhao", now=0)
    assert said in refused.value.detail


def test_what_is_no_calendar_is_refused() -> None:
    with pytest.raises(Rejected):
        from_ical(PLAN, b"\xff\xfe nothing", by="zhao", now=0)


def test_turns_before_they_begin_are_nobodys() -> None:
    before = ms(datetime(2026, 9, 20, 12, tzinfo=BEIJING))
    assert not any(who(PLAN, before).values())
    assert who(PLAN, before + int(timedelta(days=1).total_seconds() * 1000))["main"]
