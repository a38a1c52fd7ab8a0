"""The doctor's look at the templates of reports, the weights of 督查考核 and the calendar of working days."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from alerts.appraisal import read_weights
from alerts.deadlines import calendar_years
from alerts.reports.kinds import KINDS
from alerts.reports.section_titles import SECTIONS
from alerts.reports.settings import ReportSettings
from alerts.reports.template import looked_through
from deploy.doctor import Check
from deploy.parts import Settings
from streams.clock import beijing
from streams.errors import Misconfigured

SOON, AHEAD = timedelta(days=14), timedelta(days=60)
"""How long before a year without a calendar begins that is wrong, and worth knowing."""


def report_templates(settings: Settings) -> list[Check]:
    """See whether every template of HUIYING_REPORT_TEMPLATES can be used."""
    folder = settings[ReportSettings].report_templates
    if not folder:
        return [Check("reports", "ok", "as they are made; no templates are set")]
    try:
        found = looked_through(Path(folder), {kind: SECTIONS.get(kind, ()) for kind in KINDS})
    except Misconfigured as error:
        return [Check("reports", "bad", str(error), "mend the template; until then reports go out in the usual dress")]
    said = ", ".join(found) or "none"
    return [Check("reports", "ok" if found else "note", f"templates in {folder}: {said}")]


def appraisal_weights(settings: Settings) -> list[Check]:
    """See whether the weights of 督查考核 can be used: wrong ones are refused whole."""
    try:
        weights = read_weights(settings[ReportSettings].report_appraisal)
    except Misconfigured as error:
        return [Check("appraisal", "bad", str(error), "mend the file; `huiying up` starts with no other")]
    rows = len(weights.deductions) + len(weights.vetoes) + len(weights.bonus)
    return [Check("appraisal", "ok", f"{len(weights.indicators)} indicators of 100 points, {rows} findings")]


def known_until(now: datetime, ahead: timedelta) -> bool:
    """Say whether the State Council's holidays are known so far ahead."""
    return beijing(now + ahead).year in calendar_years()


def working_calendar(now: datetime) -> list[Check]:
    """See whether the holidays are known: without them weekly and monthly reports and limits in working days stop."""
    last = calendar_years()[-1]
    found = f"the State Council's holidays are known up to {last}"
    if known_until(now, AHEAD):
        return [Check("calendar", "ok", found)]
    todo = f"upgrade the package `chinesecalendar` once those of {last + 1} are published (each November), and lock it"
    return [Check("calendar", "note" if known_until(now, SOON) else "bad", found, todo)]
