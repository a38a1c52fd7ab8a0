"""An alert is in one person's hands until a moment: signed, renewed, taken over, ended."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from report_examples import alert as example

from alerts.alert import Alert
from alerts.duty import Shift
from alerts.hush_bounds import HOUR, MINUTE, Bounds
from alerts.manager import Reason
from alerts.reaching import owner
from alerts.signing import BY_LINK, holds_until, is_over, renewed, signed, taken, to_remind
from alerts.telling import notices
from streams.errors import Rejected

AT = 1_780_000_000_000
BOUNDS = Bounds(sign_lasts=24 * HOUR, sign_lasts_by={"major": 12 * HOUR}, sign_remind=HOUR)
ROTA = (Shift(post="main", name="甲", mail="a@example.org", since="00:00", until="00:00"),)


def fresh(**more: object) -> Alert:
    """Return an open alert that nobody signed for, counted over one hour."""
    base = {"state": "firing", "acknowledged_at": 0, "acknowledged_by": "", "opened_at": AT, "told_at": AT}
    return example("1", **{**base, "window_from": AT - HOUR, "level": "general", **more})


@pytest.mark.parametrize(
    ("level", "window", "lasts"),
    [("general", HOUR, 24 * HOUR), ("major", HOUR, 12 * HOUR), ("major", 336 * HOUR, 336 * HOUR)],
)
def test_a_signature_holds_by_level_and_never_less_than_the_window(level: str, window: int, lasts: int) -> None:
    assert holds_until(fresh(level=level, window_from=AT - window), AT, BOUNDS) == AT + lasts


def test_where_signatures_never_end_there_is_no_end_and_no_reminder() -> None:
    one = signed(fresh(), "甲", "", AT, Bounds(sign_lasts=0))
    assert one.signed_until == 0
    assert not is_over(one, AT + 10_000 * HOUR, Bounds(sign_lasts=0))
    assert not to_remind(one, AT + 10_000 * HOUR, Bounds(sign_lasts=0))


def test_the_owner_is_reminded_once_for_each_signature_and_after_a_renewal_anew() -> None:
    one = signed(fresh(), "甲", "在办", AT, BOUNDS)
    assert not to_remind(one, AT + 23 * HOUR - 1, BOUNDS)
    assert to_remind(one, AT + 23 * HOUR, BOUNDS)
    reminded = replace(one, reminded_at=AT + 23 * HOUR)
    assert not to_remind(reminded, AT + 23 * HOUR + 1, BOUNDS)
    again = renewed(reminded, "甲", "", AT + 23 * HOUR + 2, BOUNDS)
    assert not is_over(again, AT + 24 * HOUR, BOUNDS)
    assert to_remind(again, AT + 46 * HOUR + 2, BOUNDS)
    assert [one.how for one in again.signatures] == ["signed", "renewed"]


def test_a_short_signature_is_reminded_at_half_and_not_at_once() -> None:
    one = signed(fresh(window_from=AT - MINUTE), "甲", "", AT, Bounds(sign_lasts=HOUR, sign_remind=HOUR))
    assert not to_remind(one, AT + 29 * MINUTE, BOUNDS)
    assert to_remind(one, AT + 30 * MINUTE, BOUNDS)


def test_a_renewal_and_a_takeover_change_the_owner_but_not_when_it_was_first_signed() -> None:
    one = taken(signed(fresh(), "甲", "", AT, BOUNDS), "乙", "甲下班，已交接", AT + HOUR, BOUNDS)
    assert (one.acknowledged_by, one.taken_from, one.acknowledged_at, one.signed_at) == ("乙", "甲", AT, AT + HOUR)
    assert one.untold == Reason.TAKEN


def test_what_is_owed_to_everybody_goes_before_what_is_owed_to_one() -> None:
    one = replace(signed(fresh(), "甲", "", AT, BOUNDS), untold="raised")
    assert taken(one, "乙", "甲下班", AT, BOUNDS).untold == "raised"


@pytest.mark.parametrize(
    ("state", "by", "reason", "says"),
    [
        ("firing", "乙", "甲下班", "直接签收"),
        ("acknowledged", "甲", "甲下班", "已由您"),
        ("acknowledged", "乙", " ", "理由"),
    ],
)
def test_a_takeover_that_makes_no_sense_is_refused(state: str, by: str, reason: str, says: str) -> None:
    one = replace(signed(fresh(), "甲", "", AT, BOUNDS), state=state)
    with pytest.raises(Rejected) as refused:
        taken(one, by, reason, AT, BOUNDS)
    assert says in refused.value.detail


def test_of_two_who_take_over_at_once_the_second_is_told_of_the_first() -> None:
    first = taken(signed(fresh(), "甲", "", AT, BOUNDS), "乙", "甲下班，已交接", AT, BOUNDS, seen="甲")
    with pytest.raises(Rejected) as refused:
        taken(first, "丙", "我来跟进", AT, BOUNDS, seen="甲")
    assert "已由 乙" in refused.value.detail
    assert taken(first, "丙", "我来跟进", AT, BOUNDS, seen="乙").acknowledged_by == "丙"


def test_only_who_has_it_renews_it() -> None:
    with pytest.raises(Rejected):
        renewed(signed(fresh(), "甲", "", AT, BOUNDS), "乙", "", AT, BOUNDS)


def test_who_signed_by_a_link_renews_it_at_the_console_and_nobody_else_of_no_name() -> None:
    one = signed(fresh(), f"甲{BY_LINK}", "", AT, BOUNDS)
    assert renewed(one, "jia", "抢修中", AT + HOUR, BOUNDS, called="甲").acknowledged_by == "jia"
    for by, called in (("yi", "乙"), ("yi", "")):
        with pytest.raises(Rejected):
            renewed(one, by, "", AT, BOUNDS, called=called)
    with pytest.raises(Rejected):  # a name alone is nobody's signature that was made at the console
        renewed(signed(fresh(), "jia", "", AT, BOUNDS), "yi", "", AT, BOUNDS, called="jia")


def test_what_concerns_one_person_goes_to_his_address_and_to_no_group() -> None:
    one = signed(fresh(), f"甲{BY_LINK}", "", AT, BOUNDS)
    told = notices(one, Reason.REMINDED, ("console", "email", "wecom"), rota=ROTA, link="", at=AT)
    assert [(notice.channel, notice.to) for notice in told] == [("console", ()), ("email", ("a@example.org",))]
    assert owner(one, Reason.OPENED, ROTA) == ()


def test_where_his_address_is_not_known_everybody_on_duty_hears_of_it() -> None:
    one = signed(fresh(), "丙", "", AT, BOUNDS)
    told = notices(one, Reason.REMINDED, ("console", "email", "wecom"), rota=ROTA, link="", at=AT)
    assert [notice.channel for notice in told] == ["console", "email", "wecom"]
    assert told[1].to == ("a@example.org",)
