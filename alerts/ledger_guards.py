"""What must hold before an item of the ledger may move: each guard returns why not, in Chinese, or nothing."""

from __future__ import annotations

from collections.abc import Callable

from alerts.consultation_guards import NEVER_PUBLIC, Act
from alerts.deadlines import workdays_between
from alerts.ledger import REASONED, Item
from alerts.ledger_table import LedgerTable, deadline
from analyzers.masking import mask
from streams.clock import beijing
from streams.errors import Misconfigured

Guard = Callable[[Item, Act, LedgerTable], str]


def units_in(text: str) -> tuple[str, ...]:
    """Return the units of a typed list: `县水务局、县教育局`."""
    for other in "，,；; ":
        text = text.replace(other, "、")
    return tuple(dict.fromkeys(unit for unit in text.split("、") if unit))


def units_differ(_: Item, act: Act, __: LedgerTable) -> str:
    """Let no unit assist or supervise itself."""
    lead, supervisor = act.data["lead"], act.data.get("supervisor", "")
    if lead in units_in(act.data.get("assists", "")):
        return "协办单位不能是牵头单位。"
    return "督办单位不能是牵头或协办单位。" if supervisor in {lead, *units_in(act.data.get("assists", ""))} else ""


def limit_stays_when_over(item: Item, act: Act, _: LedgerTable) -> str:
    """Let no longer limit be chosen once the one that held is over."""
    over = item.due and act.now > item.due and act.data["limit"] != item.limit
    return "已经逾期，不能再改时限；请尽快交办和答复。" if over else ""


def longer_with_a_reason(item: Item, act: Act, table: LedgerTable) -> str:
    """Let no limit be made longer without a word: 24 hours for a burst pipe are not seven days for an opinion."""
    chosen, held = (table.limits.get(name) for name in (act.data["limit"], item.limit))
    if chosen is None or held is None or chosen == held or act.data.get("longer"):
        return ""
    asked, now_due = (deadline(row, item.received_at).due for row in (chosen, held))
    if 0 < asked <= now_due or not now_due:
        return ""
    return f"“{chosen.words}”比现定的“{held.words}”长，请写明理由。"


def in_time_to_return(item: Item, act: Act, table: LedgerTable) -> str:
    """Let a wrongly chosen unit return an item soon, not when its limit is nearly over."""
    if item.first_reply_at:
        return "已经答复过诉求人，不能退回；请联系督办协调。"
    try:
        gone = workdays_between(beijing(item.assigned_at).date(), beijing(act.now).date())
    except Misconfigured:
        return ""
    most = table.return_workdays
    return f"交办已超过{most}个工作日，不能退回；请联系督办协调。" if gone > most else ""


def nothing_personal(_: Item, act: Act, __: LedgerTable) -> str:
    """Let no reply carry an ID number, a card or a plate."""
    kinds = mask(act.data["text"]).kinds
    found = [word for kind, word in NEVER_PUBLIC.items() if kind in kinds]
    return f"答复里含{'、'.join(found)}，请先去掉。" if found else ""


def signed_if_key(item: Item, act: Act, _: LedgerTable) -> str:
    """Let a key message be answered only by what its leader signed."""
    if item.key_leader and act.data.get("signed_by") != item.key_leader:
        return f"重点留言的答复须先由 {item.key_leader} 亲自签发。"
    return ""


def noted_by_hand(item: Item, _: Act, __: LedgerTable) -> str:
    """Let a reply that has its own record be corrected there."""
    by_hand = item.replies and not item.replies[-1].record
    return "" if by_hand else "这份答复经过审核签发，请在“答复”里起草更正。"


def extendable(item: Item, act: Act, table: LedgerTable) -> str:
    """Extend once, by at most what the table allows, a limit in working days that is not over."""
    row, days, most = table.limits[item.limit], act.data["days"], table.extension_workdays
    if row.hours:
        return f"“{row.title}”按小时计时，不能延期。"
    if item.extension:
        return "已经延期一次，不能再延。"
    if item.due and act.now > item.due:
        return "已经逾期，不能再延期；请尽快答复。"
    return "" if 1 <= days <= most else f"延长的天数须在1至{most}个工作日之间。"


def pausable(item: Item, act: Act, table: LedgerTable) -> str:
    """Pause a limit in working days that runs and is not over."""
    if table.limits[item.limit].hours:
        return f"“{table.limits[item.limit].title}”按小时计时，不能暂停。"
    if item.paused:
        return "已经暂停计时。"
    return "已经逾期，不能暂停计时；请尽快答复。" if item.due and act.now > item.due else ""


def is_paused(item: Item, _: Act, __: LedgerTable) -> str:
    """Resume only what stands still."""
    return "" if item.paused else "没有暂停计时。"


def reason_if_owed(_: Item, act: Act, __: LedgerTable) -> str:
    """Demand a reason and a way to a review where the asker did not get what was asked."""
    if act.data["result"] in REASONED and not act.data.get("reason"):
        return "没有完全解决、没有采纳或不予受理的，须写明理由和复核途径。"
    return ""


def into_another(item: Item, act: Act, _: LedgerTable) -> str:
    """Let nothing be merged into itself."""
    return "不能并入自己。" if act.data["into"] == item.id else ""


def not_absorbed(item: Item, act: Act, _: LedgerTable) -> str:
    """Absorb an item once."""
    return "这一件已经并入。" if act.data["item"] in item.merged else ""
