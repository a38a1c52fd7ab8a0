"""What still waits when somebody signs is not sent any more; what people must hear in any case is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from report_examples import alert as example

from alerts.alert import Alert
from alerts.hush_bounds import HOUR, MINUTE, Bounds
from alerts.manager import OCCASIONS, Reason
from alerts.moot import moot
from alerts.notices import SUPPRESSED, Notice
from alerts.signing import ended, renewed, signed, taken

AT = 1_780_000_000_000
BOUNDS = Bounds(sign_lasts=24 * HOUR)
OPEN = example("1", state="firing", acknowledged_at=0, acknowledged_by="", opened_at=AT, told_at=AT, resolved_at=0)
SIGNED = signed(OPEN, "甲", "", AT + 10 * MINUTE, BOUNDS)
ANEW = replace(ended(SIGNED, AT + HOUR), state="firing", acknowledged_at=0, acknowledged_by="")
OVER = replace(OPEN, state="resolved", resolved_at=AT + HOUR)


def waits(kind: Reason, minutes: int = 5, *done: str) -> Notice:
    """Return a notice of so many minutes after nine that wasn't sent yet."""
    return Notice(
        id="n", alert="1", channel="sms", kind=str(kind), state="pending", at=AT + minutes * MINUTE, subject="",
        lines=(), done=done,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("alert", "minutes", "why"),
    [
        (OPEN, 5, ""),
        (SIGNED, 5, "acknowledged"),
        (SIGNED, 15, "acknowledged"),  # decided in the moment in which somebody signed
        (ANEW, 5, "acknowledged"),  # of before the signature that has ended meanwhile
        (ANEW, 65, ""),
        (OVER, 5, "over"),
        (None, 5, ""),
    ],
)
@pytest.mark.parametrize("kind", [Reason.ESCALATED, Reason.REPEATED, Reason.EXHAUSTED, Reason.LAPSED])
def test_that_nobody_signed_is_not_said_once_somebody_did(
    kind: Reason, alert: Alert | None, minutes: int, why: str
) -> None:
    assert moot(waits(kind, minutes), alert) == why
    assert why in {"", *SUPPRESSED}


def test_that_a_signature_ends_is_not_said_once_there_is_a_newer_one() -> None:
    reminder = waits(Reason.REMINDED, 20)
    assert moot(reminder, SIGNED) == ""
    assert moot(reminder, renewed(SIGNED, "甲", "", AT + 30 * MINUTE, BOUNDS)) == "renewed"
    assert moot(reminder, taken(SIGNED, "乙", "轮到我", AT + 30 * MINUTE, BOUNDS)) == "renewed"
    assert moot(reminder, OVER) == "over"


@pytest.mark.parametrize("alert", [SIGNED, ANEW, OVER])
def test_the_beginning_a_rise_the_end_and_a_change_of_hands_are_always_said(alert: Alert) -> None:
    always = OCCASIONS - {Reason.ESCALATED, Reason.REPEATED, Reason.EXHAUSTED, Reason.LAPSED, Reason.REMINDED}
    assert {moot(waits(kind), alert) for kind in always} == {""}


def test_what_has_begun_to_go_out_goes_out_whole() -> None:
    assert moot(waits(Reason.ESCALATED, 5, "1/2"), SIGNED) == ""
