"""What is done about a key, and why: a table of situations, and promises over any course of events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert, Key, Level, rank
from alerts.evaluate import Finding, Tally, bucket
from alerts.manager import OCCASIONS, REASONS, Reason, alert_id, decide
from alerts.rules import Example, Rule

MINUTE = 60_000
AT = 1_767_225_600_000
KEY = Key("城乡建设", "620826")
RULE = Rule(
    name="many", title="集中反映", kind="count", level="larger", reason="", window=120 * MINUTE, step=10 * MINUTE,
    recover=60 * MINUTE, at_least=10, fires=Example(count=10), silent=Example(count=1),
)  # fmt: skip
replace = msgspec.structs.replace


def finding(count: int, at: int = AT, level: Level = "larger", **sources: int) -> Finding:
    """Return a finding of so many posts."""
    return Finding(
        rule=RULE, key=KEY, at=at, window_from=at - RULE.window, value=float(count), bound=10.0, usual=1.0,
        tally=Tally(count=count, sources=sources or {"hotline": count}), level=level, reason=f"共{count}条",
    )  # fmt: skip


def standing(count: int = 12, **changed: Any) -> Alert:
    """Return an alert that stands since ten minutes ago."""
    decision = decide(RULE, finding(count, AT - 10 * MINUTE), None, AT - 10 * MINUTE)
    assert decision.alert is not None
    return replace(decision.alert, **changed)


SHUT = replace(RULE, hours="03:00-03:01")
QUIET_SINCE = {"last_firing_at": AT - 59 * MINUTE}
TABLE: list[tuple[str, Finding | None, Alert | None, Reason]] = [
    ("nothing there, nothing found", None, None, Reason.NOTHING),
    ("found for the first time", finding(12), None, Reason.OPENED),
    ("found outside the rule's hours", replace(finding(12), rule=SHUT), None, Reason.OFF_HOURS),
    ("resolved long ago, found again", finding(12), standing(state="resolved"), Reason.OPENED),
    ("resolved, nothing found", None, standing(state="resolved"), Reason.NOTHING),
    ("resolved in this very step", finding(12, AT - 10 * MINUTE), standing(state="resolved"), Reason.KNOWN),
    ("the same again, within the step", finding(12, AT - 9 * MINUTE), standing(12), Reason.UNCHANGED),
    ("the same again, a step later", finding(12), standing(12), Reason.UNCHANGED),
    ("some more", finding(13), standing(12), Reason.UPDATED),
    ("fewer, but still firing", finding(11), standing(12), Reason.UPDATED),
    ("as many, from elsewhere", finding(12, weibo=12), standing(12), Reason.UPDATED),
    ("twice as many", finding(24), standing(12), Reason.GREW),
    ("twice as many, somebody is on it", finding(24), standing(12, state="acknowledged"), Reason.ACKNOWLEDGED),
    ("graver", finding(13, level="major"), standing(12), Reason.RAISED),
    ("graver, somebody is on it", finding(13, level="major"), standing(12, state="acknowledged"), Reason.RAISED),
    ("less grave stays as grave", finding(13), standing(12, level="major"), Reason.UPDATED),
    ("gone, but not for long enough", None, standing(**QUIET_SINCE), Reason.RECOVERING),
    ("nobody signed for hours", finding(15), standing(told_at=AT - 240 * MINUTE), Reason.REPEATED),
    ("signed a day ago", finding(13), standing(state="acknowledged", acknowledged_at=AT - 1440 * MINUTE),
     Reason.LAPSED),
    ("signed so long ago that it ends soon", finding(13),
     standing(state="acknowledged", acknowledged_at=AT - 1390 * MINUTE, told_at=AT - 1400 * MINUTE), Reason.REMINDED),
    ("told often enough", finding(15), standing(told_at=AT - 240 * MINUTE, repeats=3), Reason.EXHAUSTED),
    ("gone for long enough", None, standing(last_firing_at=AT - 60 * MINUTE), Reason.RESOLVED),
    ("signed for and gone", None, standing(state="acknowledged", last_firing_at=AT - 60 * MINUTE), Reason.RESOLVED),
]


@pytest.mark.parametrize(("_said", "found", "alert", "reason"), TABLE, ids=[row[0] for row in TABLE])
def test_every_situation_has_its_reason(_said: str, found: Finding | None, alert: Alert | None, reason: Reason) -> None:
    decision = decide(found.rule if found else RULE, found, alert, found.at if found else AT)
    assert decision.reason is reason
    if decision.speaks:
        assert decision.alert is not None


def test_every_reason_is_in_the_table_and_has_words_for_people() -> None:
    assert {Reason.ESCALATED, Reason.TAKEN, *(reason for *_, reason in TABLE)} == set(Reason) == set(REASONS)
    assert all(text for text in REASONS.values())
    assert OCCASIONS.issubset(Reason)


def test_an_alert_that_rises_must_be_signed_for_again() -> None:
    signed = standing(state="acknowledged", acknowledged_by="甲", acknowledged_at=1, note="在办")
    risen = decide(RULE, finding(13, level="major"), signed, AT).alert
    assert risen is not None
    assert (risen.state, risen.acknowledged_by, risen.acknowledged_at, risen.note) == ("firing", "", 0, "在办")
    assert (risen.level, risen.consultation) == ("major", "proposed")


@pytest.mark.parametrize("consultation", ["declined", "c0ffee"])
def test_what_was_decided_about_a_consultation_stays_decided(consultation: str) -> None:
    alert = standing(consultation=consultation)
    risen = decide(RULE, finding(13, level="major"), alert, AT).alert
    assert risen is not None
    assert risen.consultation == consultation


def test_an_id_comes_from_rule_key_mode_and_the_step_of_opening() -> None:
    same = alert_id(finding(12, AT), "live")
    assert alert_id(finding(99, AT - 1), "live") == same
    assert len({same, alert_id(finding(12, AT + 1), "live"), alert_id(finding(12, AT), "replay")}) == 3
    assert alert_id(replace(finding(12), key=Key("民政", "620826")), "live") != same


steps = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 60), st.booleans()), max_size=60)


def play(course: list[tuple[int, int, bool]]) -> list[tuple[int, Reason, Alert | None]]:
    """Play a course of (minutes later, posts in the window, somebody signs) and return what was decided."""
    at, alert, told = AT, None, []
    for minutes, count, signs in course:
        at += minutes * MINUTE
        level: Level = "major" if count >= 40 else "larger"
        decision = decide(RULE, finding(count, at, level) if count >= 10 else None, alert, at)
        told.append((at, decision.reason, decision.alert or alert))
        alert = decision.alert or alert
        if signs and alert is not None and alert.state == "firing":
            alert = replace(alert, state="acknowledged", acknowledged_by="甲", acknowledged_at=at)
    return told


@given(steps)
def test_whatever_happens_every_beginning_has_at_most_one_end_and_comes_first(
    course: list[tuple[int, int, bool]],
) -> None:
    is_open = False
    for _, reason, _alert in play(course):
        if reason is Reason.OPENED:
            assert not is_open
            is_open = True
        elif reason is Reason.RESOLVED:
            assert is_open
            is_open = False
        elif reason in {Reason.GREW, Reason.RAISED, Reason.UPDATED, Reason.RECOVERING, Reason.ACKNOWLEDGED}:
            assert is_open


@given(steps)
def test_whatever_happens_an_alert_only_rises_and_keeps_its_peak(course: list[tuple[int, int, bool]]) -> None:
    before: Alert | None = None
    for _, reason, alert in play(course):
        if alert is None:
            continue
        if before is not None and before.id == alert.id:
            assert rank(alert.level) >= rank(before.level)
            assert alert.peak >= before.peak
            assert alert.opened_at == before.opened_at
        assert alert.peak >= alert.value
        assert reason is not Reason.KNOWN or bucket(alert.resolved_at, RULE.step) >= bucket(alert.opened_at, RULE.step)
        before = alert


@given(steps)
def test_whatever_happens_it_does_not_end_before_the_time_to_recover(course: list[tuple[int, int, bool]]) -> None:
    for at, reason, alert in play(course):
        if reason is Reason.RESOLVED:
            assert alert is not None
            assert at - alert.last_firing_at >= RULE.recover


@given(steps)
def test_the_same_course_decides_the_same(course: list[tuple[int, int, bool]]) -> None:
    assert play(course) == play(course)
