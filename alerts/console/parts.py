"""What the console is given: every outside thing it needs, as small promises that the real services keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from alerts.accounts import Accounts
from alerts.ack_link import AckLinks
from alerts.console.api_rate import ApiRates
from alerts.console.settings import ConsoleSettings
from alerts.oidc import Provider
from alerts.source_health import Pulse
from streams.clock import Clock, SystemClock
from streams.gateway.single import Single


class Documents(Protocol):
    """The reading side of the Elasticsearch gateway; Unavailable if it can't be reached."""

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the raw answer; a missing index has no hits."""
        ...

    async def count(self, index: str, query: Mapping[str, Any]) -> int:
        """Return how many documents match."""
        ...


class Audit(Protocol):
    """The append-only history (`alerts.history.History`)."""

    async def append(self, kind: str, subject: str, by: str, at: datetime, data: Mapping[str, Any]) -> Any:
        """Write one line that can't be changed later: what kind of act, on what, by whom, when, with what."""
        ...

    async def latest(self, *, kind: str = "", size: int = 200) -> Sequence[Any]:
        """Return the latest lines, newest first, of one kind if one is given."""
        ...


class Letters(Protocol):
    """Dead letters as a person works on them. Every verb raises Unavailable if an engine can't be reached."""

    async def letter(self, letter_id: str) -> Mapping[str, Any] | None:
        """Return a letter's own fields with its `state`, `by`, `changed_at`, `note`; None if there is none."""
        ...

    async def content(self, letter_id: str) -> tuple[Mapping[str, str], str]:
        """Return what it holds, masked, by a post's fields; or nothing, and why."""
        ...

    async def replay(self, letter_id: str, changes: Mapping[str, str], *, by: str, now: datetime) -> str:
        """Mend it, send it on, mark it; return why it can't be, "" if it was."""
        ...

    async def dismiss(self, letter_id: str, *, by: str, note: str, now: datetime) -> None:
        """Write down that nothing will be done about it."""
        ...

    async def hold(self) -> tuple[int, str] | None:
        """Return since when (ms UTC) and why the workers hold, if they do."""
        ...

    async def resume(self, now: datetime) -> bool:
        """Let the workers go on; False if they did not hold."""
        ...


@dataclass(frozen=True)
class Health:
    """How an engine or a process is: a name for people, whether it is well, and one Chinese line."""

    name: str
    well: bool
    text: str


Check = Callable[[], Awaitable[Health]]


@dataclass(frozen=True)
class ConsoleParts:
    """Everything the console needs.

    pulses: how each source is at a moment (ms UTC); clock: the city's time (scaled in the demo); wall: the machine's,
    by which sessions end; outside: the city's identity provider, and what it is called; checks: asked one by one for
    系统 and 值班台; demo: show the banner that data are invented and time runs fast.
    """

    documents: Documents
    accounts: Accounts
    audit: Audit
    alerts: Any
    consultations: Any
    policies: Any
    silences: Any
    ledger: Any
    replies: Any
    reports: Any
    letters: Letters
    pulses: Callable[[int], Awaitable[Sequence[Pulse]]]
    clock: Clock
    reviews: Any = None
    matters: Any = None
    rulebooks: Any = None
    duty: Any = None
    handovers: Any = None
    inspections: Any = None
    feeds: Any = None
    searches: Any = None
    corrections: Any = None
    tokens: Any = None
    ack: AckLinks | None = None
    intake: Single | None = None
    outside: Provider | None = None
    outside_name: str = ""
    wall: Clock = field(default_factory=SystemClock)
    settings: ConsoleSettings = field(default_factory=ConsoleSettings)
    checks: Sequence[Check] = ()
    city: str = ""
    demo: bool = False
    api_rates: ApiRates = field(init=False)

    def __post_init__(self) -> None:
        """Give every token a full bucket."""
        object.__setattr__(self, "api_rates", ApiRates(self.settings.console_api_requests))
