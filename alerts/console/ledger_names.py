"""Whether the units and the leader that a person typed are known: a typo would hand an item to nobody."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.accounts_users import User
from alerts.console.language import counties
from alerts.ledger_guards import units_in
from alerts.ledger_table import LedgerTable

UNIT_FIELDS = ("lead", "assists", "supervisor")
SIGN = frozenset({"leader", "admin"})


def units(table: LedgerTable, users: list[User]) -> frozenset[str]:
    """Return every unit that the ledger's table can suggest, and those of the accounts in use."""
    places = list(counties().values())
    named = {row.unit.replace("{place}", place) for row in table.units for place in places}
    return frozenset(named | {unit for user in users if not user.disabled for unit in user.units})


def strangers(move: str, data: Mapping[str, str], known: frozenset[str]) -> list[str]:
    """Return what to look at again before an item is assigned: a sentence for each unit that nobody knows."""
    if move != "assign":
        return []
    typed = [unit for name in UNIT_FIELDS for unit in units_in(data.get(name, ""))]
    return [
        f"“{unit}”不在台账配置里，也没有账号属于这个单位，交办后没有人看得到；请核对名称。"
        for unit in dict.fromkeys(typed) if unit not in known
    ]  # fmt: skip


def no_leader(move: str, data: Mapping[str, str], users: list[User]) -> str:
    """Return why nobody of this username could sign a key message; nothing if he can, or another move is meant."""
    if move != "flag" or not (typed := data.get("leader", "").strip()):
        return ""
    leaders = [user for user in users if user.role in SIGN and not user.disabled]
    if typed in {user.username for user in leaders}:
        return ""
    listed = "、".join(f"{user.username}（{user.name}）" for user in leaders if user.role == "leader")
    more = f"可填：{listed}。" if listed else "请先建立领导账号。"
    return f"没有用户名为“{typed}”的领导账号，将无人能签发。{more}"
