"""All that an evaluation is made from: one value, so that composing it is a plain function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from alerts.consultation import Consultation
from alerts.reports.after import After
from alerts.reports.cases import Case, turns
from alerts.reports.effect_counts import Effect, Matter, add, add_limits, repeats
from alerts.reports.figures import Book
from alerts.reports.periods import Window
from alerts.reports.span_data import SpanCounted
from alerts.reports.spans import Span
from alerts.reports.stages import Stage
from alerts.reports.tree import Source

GROUPS: dict[str, str] = {"units": "单位", "topics": "主题", "counties": "县（市、区）"}


@dataclass
class Totals:
    """The figures of a window: of all items, and by unit ("": not handed out yet), topic and county."""

    window: Window
    cut: int
    whole: Effect = field(default_factory=Effect)
    units: dict[str, Effect] = field(default_factory=dict)
    topics: dict[str, Effect] = field(default_factory=dict)
    counties: dict[str, Effect] = field(default_factory=dict)

    def take(self, case: Case, matters: Mapping[str, Matter]) -> None:
        """Count one item in every group that it belongs to; an item counts for the unit that leads it now."""
        again = repeats(case, matters)
        for effect in (
            self.whole, self.units.setdefault(case.lead, Effect()), self.topics.setdefault(case.topic, Effect()),
            self.counties.setdefault(case.county, Effect()),
        ):  # fmt: skip
            add(effect, case, self.window, self.cut, again=again)
        for effect in (self.whole, self.topics[case.topic], self.counties[case.county]):
            add_limits(effect, case, self.window, self.cut)
        # a limit that was missed stays with the unit that missed it, whoever has the item now
        for lead in {one.lead for one in turns(case, self.cut)}:
            add_limits(self.units.setdefault(lead, Effect()), case, self.window, self.cut, lead)


def totals(cases: Iterable[Case], window: Window, cut: int, matters: Mapping[str, Matter]) -> Totals:
    """Return the figures of items; plain."""
    found = Totals(window=window, cut=cut)
    for case in cases:
        found.take(case, matters)
    return found


@dataclass(frozen=True)
class EffectData:
    """One span's numbers and documents.

    window: what is covered; now, past, year: the ledger's figures, each with the same time left to answer in; posts:
    what was written; stages: the clock of posts, alerts and consultations; grouped: how many messages of the window
    stand in a matter; names: county code → name; made_at: ms UTC; gaps: in words; after: the consultations with a first
    statement in the span.
    """

    span: Span
    window: Window
    whole: bool
    made_at: int
    unit: str
    names: Mapping[str, str]
    now: Totals
    past: Totals
    year: Totals
    posts: SpanCounted
    past_posts: SpanCounted
    stages: tuple[Stage, ...]
    sampled: int
    books: Mapping[str, Book]
    dead: int
    gaps: tuple[str, ...]
    after: tuple[tuple[Consultation, tuple[After, ...]], ...]
    sources: tuple[Source, ...]

    def namer(self, group: str) -> Callable[[str], str]:
        """Return what people call a key of a group."""
        if group == "counties":
            return lambda code: self.names.get(code, code) if code else "未写明或未识别"
        return lambda key: key or ("尚未交办" if group == "units" else "未归类")
