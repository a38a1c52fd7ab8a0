"""The doctor, and 系统 at the console, say of a report's template what is wrong with it and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.deadlines import calendar_years
from alerts.reports.settings import ReportSettings
from deploy.parts import Settings
from deploy.report_checks import appraisal_weights, report_templates, working_calendar
from deploy.report_health import calendar, dressed
from streams.clock import ManualClock


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("unit: 某市政府办公室", "ok", "daily"),
        ("unit: '{{ nobody }}'", "bad", "unknown name nobody"),
        (None, "bad", "there is no such folder"),
    ],
)
async def test_a_template_is_looked_at_before_it_is_needed(
    tmp_path: Path, text: str | None, state: str, said: str
) -> None:
    folder = tmp_path / "templates"
    if text is not None:
        folder.mkdir()
        (folder / "daily.yml").write_text(text, "utf-8")
    given = Settings({"HUIYING_HOME": str(tmp_path), "HUIYING_REPORT_TEMPLATES": str(folder)})
    (check,) = report_templates(given)
    assert check.state == state
    assert said in check.found
    health = await dressed(given[ReportSettings])()
    assert health.well == (state == "ok")
    assert said in health.text


async def test_without_templates_nothing_is_wrong(tmp_path: Path) -> None:
    given = Settings({"HUIYING_HOME": str(tmp_path)})
    (check,) = report_templates(given)
    assert check.state == "ok"
    assert (await dressed(given[ReportSettings])()).well


@pytest.mark.parametrize(
    ("given", "state", "said"), [("", "ok", "of 100 points"), ("points", "bad", "sum to 5, not 100")]
)
def test_the_weights_of_an_appraisal_are_looked_at(tmp_path: Path, given: str, state: str, said: str) -> None:
    file = tmp_path / "weights.yml"
    file.write_text("indicators: {answered: {points: 5, full: 1.0}}", "utf-8")
    env = {"HUIYING_HOME": str(tmp_path), "HUIYING_REPORT_APPRAISAL": str(file) if given else ""}
    (check,) = appraisal_weights(Settings(env))
    assert (check.state, said in check.found) == (state, True)


@pytest.mark.parametrize(
    ("month", "day", "state", "said"), [(6, 1, "ok", ""), (11, 20, "note", "更新"), (12, 25, "bad", "更新")]
)
async def test_a_year_without_holidays_is_said_before_it_begins(month: int, day: int, state: str, said: str) -> None:
    now = datetime(calendar_years()[-1], month, day, tzinfo=UTC)
    (check,) = working_calendar(now)
    assert check.state == state
    assert ("chinesecalendar" in check.todo) == (state != "ok")
    health = await calendar(ManualClock(now))()
    assert health.well == (state != "bad")
    assert said in health.text
