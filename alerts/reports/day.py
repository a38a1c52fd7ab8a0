"""All that a daily brief is made from: one value, so that composing it is a plain function."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.reports.figures import Book, Counted
from alerts.reports.periods import Window
from alerts.reports.tree import Source


class DayData(Struct, frozen=True, kw_only=True):
    """One day's numbers and documents.

    window: what is covered, shorter than the day while it lasts; past: the day before, over the same hours;
    names: county code → name; unit: who reports; made_at: ms UTC; notices: state → how many; gaps: in words.
    """

    day: date
    window: Window
    whole: bool
    made_at: int
    unit: str
    names: dict[str, str]
    today: Counted
    past: Counted
    alerts: tuple[Alert, ...]
    consultations: tuple[Consultation, ...]
    notices: dict[str, int]
    books: dict[str, Book]
    dead: dict[str, int]
    gaps: tuple[str, ...]
    sources: tuple[Source, ...]

    def county(self, code: str) -> str:
        """Return what people call a county, and what they call it when a text names none."""
        return self.names.get(code, code) if code else "未写明或未识别"
