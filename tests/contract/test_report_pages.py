"""The console drafts every kind of report from its form, on real parts, and refuses what cannot be made."""

from __future__ import annotations

import re
from typing import Any

import pytest
from console_fakes import NOW, ready
from opinions import signed_in
from report_examples import consultation

from alerts.console.report_desk import ReportDesk
from alerts.consultations import document
from streams.clock import ms
from streams.elastic import Elastic
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import CONSULTATIONS

pytestmark = pytest.mark.engines


async def stored(elastic: Elastic, grade: str) -> str:
    """Store a consultation of this grade; return its id."""
    at = ms(NOW) - 7_200_000
    one = consultation(
        id=digest("consultation", grade), grade=grade, known_at=at, occurred_at=at - 1, opened_at=at + 1, statement=None
    )
    await elastic.create(CONSULTATIONS.name, one.id, document(one), refresh=True)
    return one.id


async def test_reports_of_days_and_of_matters_are_made_from_their_forms(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic, signed_in(elastic, reports=ReportDesk(elastic)) as (client, _):
        page = (await client.get("/reports")).text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found
        kinds = ["daily", "weekly", "monthly", "effect", "appraisal", "bulletin", "detection", "coverage"]
        assert [kind for kind in re.findall(r'<option value="(\w+)">', page) if kind in kinds] == kinds
        major, lesser = await stored(elastic, "major"), await stored(elastic, "larger")
        forms: list[dict[str, Any]] = [
            *({"kind": kind, "day": "2026-05-10"} for kind in ("daily", "weekly", "monthly")),
            *({"kind": kind, "matter": major} for kind in ("minutes", "special", "urgent")),
        ]
        for form in forms:
            made = await client.post("/reports/daily", data={**form, "csrf": found[1]})
            assert made.status_code == 303, form
            read = await client.get(made.headers["location"])
            assert "待审签" in read.text
            workbook = await client.get(f"{made.headers['location']}/xlsx")
            assert workbook.content[:2] == b"PK"
        for form in (
            {"kind": "urgent", "matter": lesser}, {"kind": "minutes", "matter": "nobody"}, {"kind": "minutes"},
            {"kind": "weekly", "day": "2999-01-01"}, {"kind": "odd", "day": "2026-05-10"}, {"kind": "weekly"},
        ):  # fmt: skip
            refused = await client.post("/reports/daily", data={**form, "csrf": found[1]})
            assert (refused.status_code, "没有生成" in refused.text) == (400, True), form
        assert "静宁县城区停水" in (await client.get("/reports")).text
        for wanted, there in (("daily", False), ("minutes", True), ("nothing", True)):
            assert ("静宁县城区停水" in (await client.get("/reports", params={"kind": wanted})).text) is there
        assert "还没有交接班" in (await client.get("/reports", params={"kind": "handover"})).text
