"""Settings of reports and of the schedule."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class ReportSettings:
    """What stands at the head of reports, and when the schedule makes them."""

    report_unit: str = setting("平凉市政务舆情回应", "name of the unit in the head of reports (Chinese)")
    report_jobs: bool = setting(True, "make scheduled reports (`huiying clock`, `huiying up`)")
