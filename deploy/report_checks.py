"""The doctor's look at the templates of reports and the weights of 督查考核."""

from __future__ import annotations

from pathlib import Path

from alerts.appraisal import read_weights
from alerts.reports.kinds import KINDS
from alerts.reports.section_titles import SECTIONS
from alerts.reports.settings import ReportSettings
from alerts.reports.template import looked_through
from deploy.doctor import Check
from deploy.parts import Settings
from streams.errors import Misconfigured


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
