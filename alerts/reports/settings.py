"""Settings of reports and of the schedule."""

from __future__ import annotations

from dataclasses import dataclass

from streams.settings import setting


@dataclass(frozen=True)
class ReportSettings:
    """What stands at the head of reports, and when the schedule makes them."""

    report_unit: str = setting("", "name of the unit in the head of reports (Chinese); empty: by the city's name")
    report_templates: str = setting("", "folder of templates (daily.yml, common.yml); empty: reports as they are made")
    report_appraisal: str = setting("", "file with the weights of 督查考核; empty: the shipped one")
    report_mail_to: str = setting("", "addresses that get scheduled reports by mail, comma between; empty: nobody")
    report_mail_kinds: str = setting(
        "urgent,daily,weekly,monthly", "kinds of reports that are mailed by themselves, comma between"
    )
    report_mail_forms: str = setting("docx,pdf", "files that go along: docx, pdf, xlsx, html; comma between")
    report_card_kinds: str = setting(
        "urgent,daily,weekly,monthly",
        "kinds of reports that are posted as a card with link to the robots that are set up",
    )
    report_jobs: bool = setting(True, "make scheduled reports (`huiying clock`, `huiying up`)")
    report_daily_workdays: bool = setting(
        False, "make daily briefs on working days only; the first one after days off makes theirs too"
    )
