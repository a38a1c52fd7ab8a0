"""From a decision to notices: who is told by which channel, in which words."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.alert import Alert
from alerts.duty import Shift, on_duty
from alerts.manager import Reason
from alerts.notices import Notice, lines, notice_id, subject
from streams.clock import from_ms


def notices(
    alert: Alert,
    occasion: Reason,
    channels: Sequence[str],
    *,
    rota: tuple[Shift, ...],
    link: str,
    suppressed: str = "",
) -> list[Notice]:
    """Return the notices of an occasion, one for each channel, or a single one that says why nobody is told.

    link: address of the console, empty for none; suppressed: a key of `alerts.notices.SUPPRESSED`.
    """
    on = on_duty(rota, from_ms(alert.updated_at))
    text = lines(
        alert, occasion, link=f"{link}/alerts/{alert.id}" if link else "", quiet_duty=bool(rota) and on.empty
    )
    mails = tuple(dict.fromkeys(shift.mail for shift in (*on.main, *on.deputy, *on.leader) if shift.mail))
    return [
        Notice(
            id=notice_id(alert, occasion, channel),
            alert=alert.id,
            channel=channel,
            kind=str(occasion),
            state="suppressed" if suppressed else "pending",
            reason=suppressed,
            at=alert.updated_at,
            subject=subject(alert, occasion),
            lines=text,
            to=mails if channel == "email" else (),
        )
        for channel in (("all",) if suppressed else channels)
    ]
