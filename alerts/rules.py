"""Rules as rows: what each kind counts, and the bounds of a rule. `alerts.rulebook` reads them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alerts.alert import Level

Kind = Literal[
    "count", "spike", "spread", "phrase", "new_term", "new_event", "blacklist", "share", "urgent", "quiet", "burst",
    "metric_aggregation", "schedule",
]  # fmt: skip
Days = Literal["every", "workdays", "daysoff"]
KINDS: dict[str, str] = {
    "count": "distinct posts of a key in the window, at least so many and so many times the usual",
    "spike": "so many times what the stretch just before lets expect, with a floor for now and one for before",
    "spread": "distinct sources that a key comes from: one thing said in several places at once",
    "phrase": "the same on the words of one specific matter, found by itself",
    "new_term": "words that posts of a key say now and none, or hardly any, of its long past said; copies count once",
    "new_event": "distinct posts that speak of one matter within the window, grouped over all sources and places",
    "blacklist": "posts that say one of a list of watched words: events of danger, never people",
    "share": "share of negative posts of a key, with a minimum denominator; only ever asks a person to look",
    "urgent": "posts that speak of danger to life or safety, or of an urgent need",
    "burst": "more posts of a key than its own hours, days and bursts explain, by the online detector, over a floor",
    "quiet": "a source that usually sends posts sent none in the window",
    "metric_aggregation": "one of Huiying's own figures (`alerts.measured`) over a bound, for `pending`",
    "schedule": "something that must be done by a time of the day, on the working calendar, is not",
}
CLEARS = ("count", "spike", "spread", "share", "burst", "blacklist", "new_event", "metric_aggregation")
"""Kinds with a bound that an open alert can be held to more mildly."""
PARTS = ("topic", "county", "source")
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
DENOMINATOR = 20
"""A share over fewer posts says nothing; no rule may go below."""


class Raise(Struct, frozen=True, forbid_unknown_fields=True):
    """When the level rises to 重大: so many distinct posts, over so many sources. Tone has no part in it."""

    at_least: int
    sources: int = 1


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """A situation, as numbers, with which a rule can be tried: see `alerts.evaluate`."""

    count: int = 0
    usual: float = 0.0
    negative: int = 0
    danger: int = 0
    sources: int = 1
    text: str = ""
    value: float = 0.0
    time: str = ""
    done: bool = False


class Rule(Struct, frozen=True, kw_only=True):
    """One row of the rulebook; spans are ms. `usual_over` 0: no comparison with the past.

    usual_at_least: only of a spike: where less than so much is usual in a window, nothing can be called a multiple.
    pending: how long it must fire before anybody is told (ms; 重大 is told at once). clear: an open alert ends only
    below so much of its bound, so that what wavers about the bound does not end and open again.
    owner: who looks after the rule, as people call the post or the unit.
    hours, days: only then new alerts open (Beijing time, `08:00-20:00`; one of DAYS); what is open goes on.
    inhibited_by: rules whose told alerts on the same or a wider key say it already; danger and 重大 pass.
    seen_most: only of new_term: a word is new if so many posts of the key's past, `usual_over`, said it at most.
    words: only of blacklist: the watched words.
    metric, max_threshold: only of metric_aggregation: which figure, and above what, in its own unit.
    check, by: only of schedule: what must be done in the `window` before the time `by`, or until then.
    score: only of a burst: at what score in [0, 1] it is one; `usual_over` is then the past the detector knows.
    """

    name: str
    title: str
    kind: Kind
    level: Level
    reason: str
    key: tuple[str, ...] = ()
    window: int
    step: int
    recover: int
    pending: int = 0
    clear: float = 1.0
    at_least: int = 1
    times_usual: float = 0.0
    usual_over: int = 0
    usual_at_least: float = 0.0
    share: float = 0.0
    score: float = 0.0
    owner: str = ""
    hours: str = ""
    days: Days = "every"
    inhibited_by: tuple[str, ...] = ()
    seen_most: int = 0
    words: tuple[str, ...] = ()
    metric: str = ""
    max_threshold: float = 0.0
    check: str = ""
    by: str = ""
    major: Raise | None = None
    fires: Example
    silent: Example
