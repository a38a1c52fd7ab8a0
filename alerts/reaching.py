"""Whom an occasion of alerts goes to by which channel: plain functions of the alerts, the rota and a time."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.addresses import ADDRESSES
from alerts.alert import Alert
from alerts.directory import directory
from alerts.duty import POSTS, Shift, covers
from alerts.duty_now import told
from alerts.escalation import addressed, holders, this_round
from alerts.manager import PERSONAL, Reason
from alerts.rota import Rota
from alerts.signing import BY_LINK
from streams.clock import from_ms


def owner(alert: Alert, occasion: Reason, rota: tuple[Shift, ...] | Rota) -> tuple[str, ...]:
    """Return the key of who has, or had, an alert in hand, for what concerns him alone; nothing if it isn't known.

    He is known by his username or his name, as the rota has them.
    """
    if occasion not in PERSONAL:
        return ()
    name = (alert.taken_from if occasion is Reason.TAKEN else alert.acknowledged_by).removesuffix(BY_LINK)
    return directory(rota).keys_of(name)


def ways(channels: Sequence[str], own: Sequence[str], rota: tuple[Shift, ...] | Rota) -> Sequence[str]:
    """Return by which channels an occasion is told: to no group where one person is meant and can be reached."""
    private = [name for name in channels if name in ADDRESSES and directory(rota).reached(name, own)]
    return [*(name for name in channels if name == "console"), *private] if private else channels


def receivers(
    channel: str, alerts: Sequence[Alert], occasion: Reason, rota: tuple[Shift, ...] | Rota, at: int
) -> tuple[str, ...]:
    """Return whom a channel tells of an occasion of these alerts: mail addresses for e-mail, else the rota's keys.

    Those of their levels, or everybody on duty; what was given up goes to both, and where a channel reaches nobody of
    the levels, to everybody on duty. Nobody: the channel's own settings say who. at: ms UTC.
    """
    if channel not in ADDRESSES:
        return ()
    book = directory(rota)
    own = book.reached(channel, owner(alerts[0], occasion, rota))
    if own:
        return tuple(book.address(channel, key) for key in own) if channel == "email" else own
    heard = [one for alert in alerts for one in addressed(alert, occasion)]
    if channel == "email":
        reached = tuple(one.mail for one in heard if one.mail)
    else:
        reached = book.reached(channel, [one.key for one in heard])
    if reached and occasion is not Reason.EXHAUSTED and all(this_round(alert) for alert in alerts):
        return tuple(dict.fromkeys(reached))
    here = told(rota, from_ms(at)) if channel == "email" else book.reached(channel, _here(rota, at))
    return tuple(dict.fromkeys((*reached, *here)))


def _here(rota: tuple[Shift, ...] | Rota, at: int) -> tuple[str, ...]:
    """Return the keys of everybody on duty, else of the fallback."""
    if isinstance(rota, tuple):
        return tuple(shift.name for shift in rota if covers(shift, from_ms(at)))
    return tuple(one.key for one in holders(rota, tuple(POSTS), at)) or rota.fallback
