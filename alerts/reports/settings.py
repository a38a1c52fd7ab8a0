"""Settings of reports and of the schedule."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class ReportSettings:
    """What stands at the head of reports, and when the schedule makes them."""

    report_unit: str = setting("", "name of the unit in the head of reports (Chinese); empty: by the city's name")
    report_jobs: bool = setting(True, "make scheduled reports (`huiying clock`, `huiying up`)")
