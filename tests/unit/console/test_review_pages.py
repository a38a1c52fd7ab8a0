"""阅评 in the console: forms, what is hidden until both are in, and the program's hints only after one's own word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reaching import a_city, at_the_console
from review_examples import ALL, OTHER, UNIT, act, reviews, scored

READER: Mapping[str, Any] = {"username": "qian", "name": "钱进"}


async def test_a_reader_sees_no_hint_and_no_score_of_the_other_before_his_own_word() -> None:
    kept = reviews()
    kept.held = act(kept.held, "score", "zhou", {**ALL, "tone": "no", "remark": "第一人的说明"})
    given = a_city(reviews=kept)
    async with at_the_console(given, "analyst", **READER) as person:
        before = (await person.get("/readings/x")).text
        assert "程序的提示" not in before
        assert "第一人的说明" not in before
        assert 'action="/readings/x/score"' in before
        sent = await person.post("/readings/x/score", **ALL, remark="第二人的说明", revision="1")
        assert sent.status_code == 303
        after = (await person.get("/readings/x")).text
    for shown in ("程序的提示", "第一人的说明", "第二人的说明", "不一致", "待裁定"):
        assert shown in after
    assert given.audit.lines[0][0] == "readings.view"  # type: ignore[attr-defined]


async def test_an_own_unit_s_reader_is_refused_the_page_and_the_score() -> None:
    given = a_city()
    async with at_the_console(given, "analyst", units=[UNIT], **READER) as person:
        assert (await person.get("/readings/x")).status_code == 403
        assert (await person.post("/readings/x/score", **ALL)).status_code == 403
        assert UNIT not in (await person.get("/reviews/x")).text.split("<main", 1)[1].split("评阅标准", 1)[0]


async def test_a_reader_of_another_unit_has_it_among_what_waits_and_no_figures_of_the_city() -> None:
    async with at_the_console(a_city(), "supervisor", units=[OTHER], **READER) as person:
        page = (await person.get("/reviews/x")).text
        assert "待我评阅" in page
        assert 'href="/readings/x"' in page
        assert "种子" not in page
        assert (await person.post("/reviews/draw", period="2026-09", size="10")).status_code == 403
        assert (await person.post("/reviews/x/tell")).status_code == 403


async def test_a_refused_score_says_why_and_keeps_what_was_typed() -> None:
    async with at_the_console(a_city(), "analyst", **READER) as person:
        lacking = await person.post("/readings/x/score", **{**ALL, "tone": ""}, remark="写到一半", revision="0")
        assert lacking.status_code == 400
        assert "请填写语气" in lacking.text or "请在列出的选项中选择语气" in lacking.text
        assert "写到一半" in lacking.text
        stale = await person.post("/readings/x/score", **ALL, revision="7")
        assert "刚刚有人更新了这件评阅" in stale.text
        unknown = await person.post("/readings/x/delete")
        assert unknown.status_code == 404


async def test_units_are_told_when_all_is_settled_and_the_round_shows_how_it_was_drawn() -> None:
    kept = reviews()
    given = a_city(reviews=kept)
    async with at_the_console(given, "leader") as person:
        early = await person.post("/reviews/x/tell")
        assert "还有1件没有评定" in early.text
        kept.held = scored(kept.held)
        assert (await person.post("/reviews/x/tell")).status_code == 303
        page = (await person.get("/reviews/x")).text
    for shown in ("听取单位意见", "件数太少，不作判断", "相符", "种子", "100分"):
        assert shown in page
