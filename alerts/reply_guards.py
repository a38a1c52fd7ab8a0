"""What must hold before a reply may move: each guard returns why not, in Chinese, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from alerts.consultation_guards import NEVER_PUBLIC, Act
from alerts.ledger import Item
from alerts.reply import KINDS, Answering, faults
from analyzers.masking import mask

Guard = Callable[[Answering, Act, Item], str]
WAITS: dict[str, tuple[str, ...]] = {
    "first": ("assigned", "handling"), "final": ("handling",), "correction": ("answered", "closed"),
}  # fmt: skip
"""In which states of its item a reply of a kind is wanted."""


def fits(item: Item, kind: str) -> str:
    """Return why an item can't take a reply of this kind now."""
    if item.state not in WAITS[kind]:
        if kind == "final" and item.state == "assigned":
            return "请先签收这一件，再答复办理结果。"
        return f"这一件当前为“{item.state_name}”，不能{KINDS[kind]}。"
    return "正在暂停计时，请先恢复计时。" if kind == "final" and item.paused else ""


def may_begin(item: Item, before: Sequence[Answering], given: Mapping[str, Any]) -> str:
    """Return why no reply can be begun: the item takes none of its kind, or another one is on its way."""
    if why := fits(item, given["kind"]):
        return why
    if any(one.open for one in before):
        return "这一件已有一份答复正在办理，请先办完或撤回。"
    if given["kind"] != "correction":
        return ""
    if not any(one.state == "published" for one in before):
        return "这一件还没有经审签发布的答复，不能另行更正；以前直接登记的答复请用“更正答复”。"
    return "" if given.get("reason") else "请填写更正的原因。"


def another_text(r: Answering, act: Act, _: Item) -> str:
    """Let no version repeat the one before."""
    return "内容没有变化。" if act.data["text"] == r.text else ""


def written_anew(r: Answering, _: Act, __: Item) -> str:
    """Let what was sent back be written anew first."""
    return "退回的稿子还没有修改，请先修改再送审。" if r.sent_back else ""


def still_ours(r: Answering, _: Act, item: Item) -> str:
    """Demand that the unit still handles the item."""
    return "" if r.unit in (item.lead, *item.assists) else f"这一件已不由{r.unit}办理，请撤回这份答复。"


def item_waits(r: Answering, _: Act, item: Item) -> str:
    """Demand that the item still wants this reply, in the same round of handling."""
    if r.kind != "correction" and r.round != len(item.rounds):
        return "这一件已重新办理，请撤回后重新起草。"
    return fits(item, r.kind)


def by_another(r: Answering, act: Act, _: Item) -> str:
    """Let nobody judge what he wrote."""
    return "起草或修改过这份答复的人不能审核或签发。" if act.by in r.writers else ""


def nothing_personal(r: Answering, _: Act, __: Item) -> str:
    """Let no reply carry an ID number, a card or a plate."""
    kinds = mask(r.text).kinds
    found = [word for kind, word in NEVER_PUBLIC.items() if kind in kinds]
    return f"答复里含{'、'.join(found)}，请先去掉。" if found else ""


def faults_weighed(r: Answering, act: Act, item: Item) -> str:
    """Demand a word of the reviewer where the checks have one."""
    if faults(item, r.kind, r.text) and not act.data.get("remark"):
        return "答复检查有提示，请写明审核意见（为什么可以这样答复），或退回修改。"
    return ""


def signer(r: Answering, act: Act, item: Item) -> str:
    """Let a key message's reply be signed by its named leader alone; an answer on the way by others too."""
    if item.key_leader and r.kind != "first" and act.by != item.key_leader:
        return f"重点留言的答复须由 {item.key_leader} 本人签发。"
    return ""


def key_signed(r: Answering, _: Act, item: Item) -> str:
    """Demand the named leader's signature where the item was flagged after another had signed."""
    if item.key_leader and r.kind != "first" and r.signed_by != item.key_leader:
        return f"这一件已列为重点留言，须由 {item.key_leader} 本人签发；请退回后重新送审。"
    return ""


def dated_right(r: Answering, act: Act, _: Item) -> str:
    """Demand a time of publishing between the signature and now: an earlier one would mend the clock."""
    when = act.data.get("published_at", act.now)
    if when > act.now:
        return "发布时间不能晚于现在。"
    return "发布时间不能早于签发时间。" if when < r.signed_at else ""


def a_web_address(_: Answering, act: Act, __: Item) -> str:
    """Let a link be one of the web."""
    link = act.data.get("link", "")
    parts = urlsplit(link) if link else None
    if parts is None or (parts.scheme in {"http", "https"} and parts.hostname):
        return ""
    return "公开网址须以 http:// 或 https:// 开头。"
