"""One table of topics and indices: every name that Huiying reads or writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """A Kafka topic: what its messages are, who writes and reads it, and how long it is kept (ms)."""

    name: str
    holds: str
    writers: str
    readers: str
    retention_ms: int = 7 * DAY_MS
    max_message_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Index:
    """An Elasticsearch index: what a document is; `monthly` ones end in the document's month, `-2026.11`."""

    name: str
    holds: str
    monthly: bool = False


LIVE = Topic("posts.live", "pages of posts as they are written", "sources, gateway", "score")
BACKFILL = Topic("posts.backfill", "pages of past posts", "`huiying replay`", "score")
REJECTED = Topic("posts.rejected", "dead letters: origin and reason", "score", "people", retention_ms=90 * DAY_MS)

TOPICS: tuple[Topic, ...] = (LIVE, BACKFILL, REJECTED)

OPINIONS = Index("opinions", "a post with its analysis; the month is that of its event time", monthly=True)
DRILLS = Index("drills", "a drill's test post (演练); no count, search or report reads it", monthly=True)
DEAD_LETTERS = Index("rejected", "a dead letter: origin and reason", monthly=True)
PAGES = Index("pages", "one document a Kafka message: what became of its posts (the books)", monthly=True)
ALERTS = Index("alerts", "an alert and its state")
NOTICES = Index("notices", "one notice to one channel and what became of it")
CONSULTATIONS = Index("consultations", "a consultation (会商) as it stands")
HISTORY = Index("history", "append-only, hash-chained record of what people did and saw")
USERS = Index("users", "people who sign in, their roles and password hashes")
SESSIONS = Index("sessions", "signed-in sessions")
TOKENS = Index("tokens", "tokens of programs: what each may read or do, for whom, and a hash")
REPORTS = Index("reports", "a report's content tree and when it was made")
EVENTS = Index("events", "a matter: posts of one thing, what holds them together, when and from where")
DECISIONS = Index("decisions", "a person's merge or split of matters, by posts")
SEARCHES = Index("searches", "a search that is kept by name, for one role or for all")
CORRECTIONS = Index("corrections", "a label as staff say it should be: the gold set")
POLICIES = Index("policies", "a policy document with its interpretation (三同步) as it stands")
SILENCES = Index("silences", "a silence (静默): which alerts are not told for a while, by whom and why")
RULEBOOKS = Index("rulebooks", "a version of the rulebook: who proposed it, who approved it")
REVIEWS = Index("reviews", "a round of 阅评: frame, seed, sample and rubric, recorded before anything is scored")
READINGS = Index("readings", "one drawn reply of ours with what two readers scored, a decision, an appeal")
LEDGER = Index("ledger", "an item of the ledger (台账): a message that wants an answer, as it stands")
REPLIES = Index("replies", "a reply (答复) to an item of the ledger: its versions, who signed it, how it went out")
DELIVERIES = Index("deliveries", "a report on its way to one address by mail, and what became of it")
DUTY = Index("duty", "what departs from the rota: a stand-in, an absence, a swap")
HANDOVERS = Index("handovers", "a handover (交接班) of a shift as it stands")
INSPECTIONS = Index("inspections", "what an inspection (督查) found at a unit, or a unit's objection to a figure")
GAPS = Index("gaps", "a stretch in which a source sent nothing though it usually does")
CHECKPOINTS = Index("checkpoints", "how far a replay, a watcher or a job has come")

INDICES: tuple[Index, ...] = (
    OPINIONS, DRILLS, DEAD_LETTERS, PAGES, ALERTS, NOTICES, CONSULTATIONS, HISTORY, USERS, SESSIONS, REPORTS, EVENTS,
    DECISIONS, TOKENS, SEARCHES, CORRECTIONS, POLICIES, LEDGER, REPLIES, DELIVERIES, SILENCES, RULEBOOKS, DUTY,
    HANDOVERS, INSPECTIONS, GAPS, CHECKPOINTS, REVIEWS, READINGS,
)  # fmt: skip


def monthly(index: Index, at_ms: int) -> str:
    """Return the name of the index that holds a document of that time (ms UTC), as `opinions-2026.11`."""
    return f"{index.name}-{datetime.fromtimestamp(at_ms / 1000, UTC):%Y.%m}"


def pattern(index: Index) -> str:
    """Return what to search to find all of an index's documents."""
    return f"{index.name}-*" if index.monthly else index.name
