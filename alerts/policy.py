"""A policy document with its interpretation (三同步), as a frozen value; `alerts.policy_moves` says how it may change.

One that is published alone has three working days for its interpretation (the outer limit of a rule of 郑州市, 2016; a
local setting elsewhere).
"""

from __future__ import annotations

from msgspec import Struct

from alerts.deadlines import WorkdayLimit, workday_limit
from alerts.moves import Step
from streams.clock import beijing

STATES: dict[str, str] = {
    "drafting": "起草中",
    "signed": "已同步审签",
    "published": "文件已公开，等待解读",
    "complete": "文件和解读均已公开",
    "exempt": "不需解读，等待公开",
    "released": "已公开（不需解读）",
}
FORMS: dict[str, str] = {
    "text": "文字解读", "chart": "图解", "questions": "问答", "video": "音视频", "press": "新闻发布会",
}  # fmt: skip
LIMIT_DAYS = 3
BASIS = "文件公开后解读的最晚期限，本地设置"
DOCUMENT_MOST = 60_000
INTERPRETATION_MOST = 20_000


class Plan(Struct, frozen=True, kw_only=True):
    """How it will be interpreted: form (a key of FORMS), channel, outline, and the office of the first interpreter."""

    form: str
    channel: str
    outline: str
    interpreter: str


class Policy(Struct, frozen=True, kw_only=True):
    """A document and its interpretation. Times are ms UTC, 0 for not yet; written_by wrote the texts last."""

    id: str
    title: str
    unit: str
    opened_at: int
    updated_at: int
    number: str = ""
    state: str = "drafting"
    plan: Plan | None = None
    document: str = ""
    interpretation: str = ""
    written_by: str = ""
    signed_by: str = ""
    signed_at: int = 0
    exempt_reason: str = ""
    document_at: int = 0
    document_link: str = ""
    alone_reason: str = ""
    interpretation_at: int = 0
    interpretation_link: str = ""
    corrections: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def revision(self) -> int:
        """How many moves were made."""
        return len(self.steps)

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.state not in {"complete", "released"}

    @property
    def state_name(self) -> str:
        """The state in words."""
        if self.state == "complete":
            return "已同步公开" if self.together else STATES["complete"]
        return STATES[self.state]

    @property
    def together(self) -> bool:
        """Whether the interpretation came with the document: on the same day in Beijing."""
        both = self.document_at and self.interpretation_at
        return bool(both) and beijing(self.interpretation_at).date() <= beijing(self.document_at).date()

    @property
    def limit(self) -> WorkdayLimit | None:
        """By when its interpretation must be public: from the day on which the document is. Raises Misconfigured."""
        if not self.document_at or self.state == "released":
            return None
        return workday_limit(self.document_at, LIMIT_DAYS, basis=BASIS)
