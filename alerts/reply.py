"""A reply (答复) of a department to one message: its versions, who reviewed and signed it, and how it went out.

The value only says what is; `alerts.reply_moves` says how it may change. Every version stays readable with the checks
that were made of it. A correction is a reply of its own that names the one it corrects: what was published never
changes. All times are ms UTC, 0 for not yet.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alerts.ledger import Item
from alerts.moves import Step
from analyzers.reply_checks import Fault, check
from streams.records import digest

STATES: dict[str, str] = {
    "drafting": "拟稿中",
    "reviewing": "待审核",
    "signing": "待签发",
    "signed": "待发布",
    "published": "已发布",
    "withdrawn": "已撤回",
}
OPEN = ("drafting", "reviewing", "signing", "signed")
"""States in which somebody still has something to do."""
KINDS: dict[str, str] = {"first": "首次答复", "final": "答复办理结果", "correction": "更正答复"}
State = Literal["drafting", "reviewing", "signing", "signed", "published", "withdrawn"]
Kind = Literal["first", "final", "correction"]
ON_THE_WAY = frozenset({"substance", "question"})
"""Faults that an answer on the way may have: it says what happens next, not yet what was found."""


class Judged(Struct, frozen=True, kw_only=True):
    """What the checks said of a version when somebody passed or signed it, and what he said of that."""

    move: str
    by: str
    at: int
    faults: tuple[Fault, ...] = ()
    remark: str = ""


class Version(Struct, frozen=True, kw_only=True):
    """One text of the reply: by whom and when; judged: at each review and signature of it."""

    number: int
    text: str
    by: str
    at: int
    judged: tuple[Judged, ...] = ()


class SentBack(Struct, frozen=True, kw_only=True):
    """A version that was returned to be written anew: which, why, by whom."""

    version: int
    reason: str
    by: str
    at: int


class Answering(Struct, frozen=True, kw_only=True):
    """One reply to one item of the ledger.

    number: which reply of the item, from 1; round: which handling of the item, from 0; unit: the department in whose
    name it goes out; county: the item's; corrects, reason: the reply that it corrects, and why; signed_by: who signed,
    with key: as the leader that a key message names; published_at: when it went out, recorded_at: when that was noted;
    channel, link: where it can be read.
    """

    id: str
    item: str
    title: str
    number: int
    round: int
    kind: Kind
    unit: str
    county: str
    created_at: int
    updated_at: int
    versions: tuple[Version, ...]
    state: State = "drafting"
    corrects: str = ""
    reason: str = ""
    reviewed_by: str = ""
    reviewed_at: int = 0
    signed_by: str = ""
    signed_at: int = 0
    key: bool = False
    published_by: str = ""
    published_at: int = 0
    recorded_at: int = 0
    channel: str = ""
    link: str = ""
    withdrawn_reason: str = ""
    returns: tuple[SentBack, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made: what a person has seen when he acts."""
        return len(self.steps)

    @property
    def open(self) -> bool:
        """Whether somebody still has something to do."""
        return self.state in OPEN

    @property
    def text(self) -> str:
        """The latest version's text; after publishing, what is public."""
        return self.versions[-1].text

    @property
    def writers(self) -> frozenset[str]:
        """Everybody who wrote a version: none of them reviews or signs it."""
        return frozenset(version.by for version in self.versions)

    @property
    def state_name(self) -> str:
        """The state in words."""
        return "退回修改" if self.state == "drafting" and self.sent_back else STATES[self.state]

    @property
    def sent_back(self) -> bool:
        """Whether the latest version was returned and not yet written anew."""
        return bool(self.returns) and self.returns[-1].version == self.versions[-1].number

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]


def reply_id(item: str, number: int) -> str:
    """Return the id of an item's reply: of two who begin the same one at once, one wins."""
    return digest("reply", item, str(number))


def faults(item: Item, kind: str, text: str) -> tuple[Fault, ...]:
    """Return what the checks find in a text as a reply of this kind."""
    found = check(item.text, text)
    return tuple(one for one in found if kind != "first" or one.kind not in ON_THE_WAY)
