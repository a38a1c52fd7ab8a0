"""How far staff reach: counties, departments, and what they must keep out of."""

from __future__ import annotations

from typing import Any

import pytest
from consultations import TO_ANSWER, a_consultation, after
from hypothesis import given
from hypothesis import strategies as st
from reaching import JINGNING, ZHUANGLANG, an_alert

from alerts.accounts_users import ROLES, Recusal, User, units_of
from alerts.reach import by_units, covers, kept_out, limited, own_part, said, sees_alert, sees_consultation, words_of
from streams.errors import Rejected

WATER, HEAT = "静宁县水务局", "庄浪县住建局"
LED = after(a_consultation(), TO_ANSWER[:1])


def person(role: str = "officer", **changed: Any) -> User:
    fields: dict[str, Any] = {"username": "zhao", "name": "赵明", "role": role, "password": "", "created_at": 1}
    return User(**{**fields, **changed})


CODES, UNITS = st.sampled_from(["", JINGNING, ZHUANGLANG]), st.sampled_from([WATER, HEAT])


@given(st.sampled_from([role for role in ROLES if role != "handler"]), CODES, st.lists(UNITS))
def test_without_a_limit_one_reaches_the_whole_city(role: str, county: str, units: list[str]) -> None:
    assert covers(person(role), county, units)
    assert not limited(person(role))


@given(CODES, st.lists(UNITS))
def test_a_handler_without_a_department_reaches_nothing(county: str, units: list[str]) -> None:
    assert not covers(person("handler"), county, units)


@given(CODES, st.frozensets(CODES.filter(bool), min_size=1), st.frozensets(UNITS, min_size=1), st.frozensets(UNITS))
def test_both_limits_must_hold(
    county: str, counties: frozenset[str], units: frozenset[str], named: frozenset[str]
) -> None:
    user = person("supervisor", counties=tuple(counties), units=tuple(units))
    assert covers(user, county, named) == (county in counties and bool(units & named))


def test_what_is_of_the_whole_city_is_out_of_a_county_s_reach() -> None:
    assert not sees_alert(person(counties=(JINGNING,)), an_alert("a", ""), [])


def test_a_department_sees_the_consultation_it_is_named_in_and_the_alert_that_led_to_it() -> None:
    theirs, others = person("handler", units=(WATER,)), person("handler", units=(HEAT,))
    assert sees_consultation(theirs, LED)
    assert not sees_consultation(others, LED)
    assert sees_alert(theirs, an_alert("a1", JINGNING, LED.id), [LED])
    assert not sees_alert(others, an_alert("a1", JINGNING, LED.id), [LED])
    assert not sees_alert(theirs, an_alert("a1", JINGNING), [LED])


def test_a_department_speaks_and_acts_for_itself_alone() -> None:
    handed = (*TO_ANSWER[:1], ("decide", "li", "officer", {"text": "送水", "unit": HEAT, "due": 2_000_000_000_000}))
    c = after(a_consultation(), handed)
    handler = person("handler", units=(WATER,))
    assert own_part(handler, c, "draft_answer", {"text": "已恢复", "unit": WATER}) == ""
    assert HEAT in own_part(handler, c, "draft_answer", {"text": "已恢复", "unit": HEAT})
    assert HEAT in own_part(handler, c, "task_done", {"task": c.tasks[0].id, "result": "好"})
    assert own_part(person(), c, "draft_answer", {"unit": HEAT}) == ""
    drafted = after(c, [("draft_statement", "li", "officer", {"text": "已恢复", "unit": HEAT})])
    assert HEAT in own_part(handler, drafted, "publish_statement", {"channel": "微博"})
    assert own_part(person("handler", units=(HEAT,)), drafted, "publish_statement", {"channel": "微博"}) == ""


@pytest.mark.parametrize(
    ("name", "text", "out"),
    [
        ("赵明", "城管赵明把摊子收走了", True),
        ("赵明", "城管赵 明", False),
        ("王", "王家沟停水", False),
        ("管理员", "小区管理员不管事", False),
        ("Zhao Ming", "officer Zhao Ming came", True),
        ("部门承办人", "部门承办人推诿", False),
    ],
)
def test_who_is_named_in_a_matter_keeps_out_and_is_told_why(name: str, text: str, *, out: bool) -> None:
    why = kept_out(person(name=name), "a1", [text])
    assert bool(why) == out
    assert not out or (name in why and "回避" in why)


def test_one_s_own_word_keeps_one_out_and_an_admin_s_word_lets_a_namesake_in() -> None:
    own = Recusal(subject="a1", reason="当事人亲属", by="zhao", at=1)
    cleared = Recusal(subject="a1", reason="同名", by="admin", at=1, cleared=True)
    assert "当事人亲属" in kept_out(person(recusals=(own,)), "a1", [])
    assert kept_out(person(recusals=(own,)), "a2", []) == ""
    assert kept_out(person(recusals=(cleared,)), "a1", ["赵明"]) == ""


def test_a_name_is_looked_for_in_the_texts_of_alert_and_consultation() -> None:
    alert = an_alert("a1", JINGNING)
    assert alert.samples[0].text in words_of(alert)
    facts: tuple[Any, ...] = (("add_fact", "li", "officer", {"text": "赵明到场", "confirmed": True, "source": "x"}),)
    assert "赵明到场" in words_of(after(a_consultation(), facts))


def test_reach_is_said_in_words() -> None:
    assert said(person(), {}) == "全市"
    assert said(person(counties=(JINGNING,), units=(WATER,)), {JINGNING: "静宁县"}) == "静宁县；静宁县水务局"
    assert "尚未设置单位" in said(person("handler"), {})
    assert by_units(person("handler"))


def test_departments_are_kept_once_and_not_without_end() -> None:
    assert units_of([" 水务局 ", "水务局", ""]) == ("水务局",)
    with pytest.raises(Rejected):
        units_of(["长" * 41])
    with pytest.raises(Rejected):
        units_of([str(n) for n in range(21)])
