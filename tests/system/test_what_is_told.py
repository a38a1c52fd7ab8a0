"""On the running product: a silence holds a notice and not the alert, over a kill of the watcher; a rise is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from posted import send_dry_now, stamp
from product import Letters, Product, Session, subjects, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
WHERE = "崇信县锦屏镇"


def test_a_silenced_alert_is_shown_with_its_reason_and_speaks_once_when_the_silence_ends_early(
    product: Product, admin: Session, officer: Session, letters: Letters
) -> None:
    county = re.search(r'<option value="(\d+)"[^>]*>崇信县', officer.get("/silences").text)
    assert county
    until = datetime.now(UTC) + timedelta(hours=2)  # noqa: TID251 - the running product asks the machine too
    ends = stamp(until)[:16].replace(" ", "T")
    wanted: dict[str, Any] = {"county": county[1], "reason": "计划检修，已公告", "ends": ends}
    preview = officer.post("/silences", on="/silences", act="preview", **wanted)
    assert "现在没有符合条件的预警" in preview
    assert "已设静默" in officer.post("/silences", on="/silences", act="set", **wanted)

    send_dry_now(product.kafka, "hushed", WHERE, ("hotline",), 16)
    held = wait_for(lambda: officer.alerts("崇信县", "集中反映", "静默中"), 120, why="an alert that is hushed")
    (alert,) = held
    assert "已设静默，不通知" in officer.get(f"/alerts/{alert}").text
    assert letters.about(alert) == []

    watcher = product.child("watch")
    watcher.kill()
    watcher.wait(30)
    form = re.search(r'action="(/silences/\w+/end)"', _row(officer.get("/silences").text, "崇信县"))
    assert form
    assert "静默已结束" in officer.post(form[1], on="/silences")
    wait_for(lambda: letters.about(alert), 120, why="the alert is told now")
    assert [subject for subject in subjects(letters.about(alert)) if "新预警" not in subject] == []
    assert len(letters.about(alert)) == 1

    signed = officer.post(f"/alerts/{alert}/acknowledge", on=f"/alerts/{alert}", note="已联系")
    assert "已签收" in signed
    send_dry_now(product.kafka, "hushed-more", WHERE, ("hotline", "wechat", "weibo"), 16)
    wait_for(lambda: len(letters.about(alert)) == 2, 120, why="who signed is told that it rose")
    assert any("升级" in subject for subject in subjects(letters.about(alert)))
    assert f'action="/alerts/{alert}/acknowledge"' in officer.get("/").text
    record = admin.get("/system/audit").text
    assert "设静默" in record
    assert "提前结束静默" in record


def _row(page: str, words: str) -> str:
    """Return the table row that has these words."""
    (row,) = [one for one in re.findall(r"<tr data-key=.*?</tr>", page, re.DOTALL) if words in one]
    return str(row)
