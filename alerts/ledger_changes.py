"""What each move of an item changes: plain functions from one record to the next.

They trust that the move is allowed: only `alerts.ledger_moves.make` calls them.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from alerts.consultation_guards import Act
from alerts.ledger import Item, Pause, Reply, Return, Round, Survey, Urge
from alerts.ledger_guards import units_in

Change = Callable[[Item, Act], Item]


def assign(item: Item, act: Act) -> Item:
    """Give it to its units, with the limit that a person confirmed; the limit runs from its receipt all the same."""
    return replace(
        item, lead=act.data["lead"], assists=units_in(act.data.get("assists", "")), limit=act.data["limit"],
        supervisor=act.data.get("supervisor", ""), assigned_at=act.now, accepted_at=0,
    )  # fmt: skip


def dismiss(item: Item, act: Act) -> Item:
    """Write down why nobody needs to handle it."""
    return replace(item, dismissed_reason=act.data["reason"], closed_at=act.now)


def give_back(item: Item, act: Act) -> Item:
    """Take it from its units; the limit goes on running."""
    one = Return(
        unit=item.lead, reason=act.data["reason"], better=act.data.get("better", ""), by=act.by, at=act.now
    )
    suggested = one.better or item.suggested
    return replace(
        item, returns=(*item.returns, one), lead="", assists=(), supervisor="", accepted_at=0, suggested=suggested,
        pauses=_ended(item, act.now),
    )  # fmt: skip


def accept(item: Item, act: Act) -> Item:
    """Note that the unit has it."""
    return replace(item, accepted_at=act.now)


def _reply(act: Act, *, final: bool) -> Reply:
    known = {name: act.data.get(name, "") for name in ("record", "reason", "link")}
    return Reply(
        text=act.data["text"], unit=act.data["unit"], channel=act.data["channel"], by=act.by,
        at=act.data.get("at", act.now), final=final, **known,
    )  # fmt: skip


def first_reply(item: Item, act: Act) -> Item:
    """Take a published answer on the way: what is known, what happens next and when."""
    at = act.data.get("at", act.now)
    return replace(
        item, replies=(*item.replies, _reply(act, final=False)), first_reply_at=item.first_reply_at or at,
        accepted_at=item.accepted_at or act.now,
    )  # fmt: skip


def answer(item: Item, act: Act) -> Item:
    """Take the published answer that ends the handling: the limit is met or missed by when it went out."""
    at = act.data.get("at", act.now)
    signed = act.data.get("signed_at", 0) if item.key_leader else item.key_signed_at
    return replace(
        item, replies=(*item.replies, _reply(act, final=True)), first_reply_at=item.first_reply_at or at,
        answered_at=at, key_signed_at=signed, pauses=_ended(item, act.now),
    )  # fmt: skip


def correct(item: Item, act: Act) -> Item:
    """Put a correction beside the answer; no time changes."""
    return replace(item, replies=(*item.replies, _reply(act, final=True)))


def note_reply(item: Item, act: Act) -> Item:
    """Keep a reply that went out while the item moved on without it: it ends nothing."""
    return replace(item, replies=(*item.replies, _reply(act, final=False)))


def flag(item: Item, act: Act) -> Item:
    """Make it a key message of a leader; a signature for another leader is gone."""
    return replace(item, key_leader=act.data["leader"], key_reason=act.data["reason"], key_signed_at=0)


def extend(item: Item, act: Act) -> Item:
    """Extend the limit, and note how the asker was told."""
    days, reason, told = act.data["days"], act.data["reason"], act.data["told"]
    return replace(item, extension=days, extension_reason=reason, extension_told=told)


def pause(item: Item, act: Act) -> Item:
    """Let the limit stand still."""
    return replace(item, pauses=(*item.pauses, Pause(reason=act.data["reason"], since=act.now)))


def resume(item: Item, act: Act) -> Item:
    """Let the limit run again."""
    return replace(item, pauses=_ended(item, act.now))


def _ended(item: Item, now: int) -> tuple[Pause, ...]:
    if not item.paused:
        return item.pauses
    return (*item.pauses[:-1], replace(item.pauses[-1], until=now))


def urge(item: Item, act: Act) -> Item:
    """Note a supervisor's reminder."""
    return replace(item, urges=(*item.urges, Urge(text=act.data["text"], by=act.by, at=act.now)))


def close(item: Item, act: Act) -> Item:
    """Close it with its result."""
    return replace(item, closed_at=act.now, result=act.data["result"], result_reason=act.data.get("reason", ""))


def survey(item: Item, act: Act) -> Item:
    """Note what the asker said when called back."""
    one = Survey(
        satisfaction=act.data["satisfaction"], solved=act.data["solved"], remark=act.data.get("remark", ""),
        by=act.by, at=act.now,
    )  # fmt: skip
    return replace(item, surveys=(*item.surveys, one))


def reopen(item: Item, act: Act) -> Item:
    """Begin again: what was before stays on record as a round, and a new limit runs from now."""
    rounds = item.rounds
    if item.lead:
        rounds = (*rounds, Round(
            lead=item.lead, started_at=item.started_at, due=item.due, first_reply_at=item.first_reply_at,
            answered_at=item.answered_at, closed_at=item.closed_at, result=item.result,
        ))  # fmt: skip
    return replace(
        item, rounds=rounds, started_at=act.now, first_reply_at=0, answered_at=0, closed_at=0, result="",
        result_reason="", extension=0, extension_reason="", extension_told="", pauses=(), key_signed_at=0,
        dismissed_reason="",
    )  # fmt: skip


def merge(item: Item, act: Act) -> Item:
    """Note which item it went into."""
    return replace(item, merged_into=act.data["into"], closed_at=act.now, pauses=_ended(item, act.now))


def absorb(item: Item, act: Act) -> Item:
    """Take another item's messages in."""
    others = tuple(one for one in act.data.get("opinions", "").split(" ") if one and one not in item.opinion_ids)
    return replace(item, merged=(*item.merged, act.data["item"]), opinion_ids=(*item.opinion_ids, *others))


def link(item: Item, act: Act) -> Item:
    """Note the consultation that the item belongs to."""
    return replace(item, consultation=act.data["consultation"])
