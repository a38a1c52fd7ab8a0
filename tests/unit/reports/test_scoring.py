"""督查考核: every point equals a plain computation over raw rows, and can be computed again from the printed page."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest
from effect_examples import Row, item, rows
from msgspec.structs import replace

from alerts.appraisal import read_weights
from alerts.inspection import Inspection, make, opened
from alerts.policy import Policy
from alerts.reports.appraisal import AppraisalData, compose, scores
from alerts.reports.cases import read
from alerts.reports.effect_data import totals
from alerts.reports.effect_span import month_span
from alerts.reports.kinds import render
from alerts.reports.periods import DAY_MS, HOUR_MS
from alerts.reports.rates import Rate
from alerts.reports.scoring import Score, printed, score
from alerts.reports.spans import month_of
from alerts.reports.tree import Report, Source, Table
from streams.clock import ms

MONTH = month_span(month_of(date(2026, 10, 5)))
WINDOW = MONTH.window
CUT = WINDOW.end
WEIGHTS = read_weights("")
NOW = datetime(2026, 10, 20, 3, tzinfo=UTC)
UNIT = "水务局"


def finding(name: str, unit: str = UNIT, **changes: Any) -> Inspection:
    given = {"unit": unit, "finding": name, "where": "门户", "at": ms(NOW), "text": "见截图"}
    one = opened("reading", given, WEIGHTS, by="sun", role="supervisor", now=NOW)
    return replace(one, **changes)


def objection(points: int) -> Inspection:
    given = {"unit": UNIT, "finding": "in_time", "period": "2026-10", "text": "停机"}
    one = opened("figure", given, WEIGHTS, by="zhao", role="handler", now=NOW)
    told = {"upheld": "1", "reason": "属实", "restored": str(points)}
    return make(one, "decide", by="sun", role="supervisor", data=told, now=NOW)


def policy(number: int, *, together: bool) -> Policy:
    at = WINDOW.start + DAY_MS
    return Policy(
        id=str(number), title="办法", unit=UNIT, opened_at=at, updated_at=at, state="complete", document_at=at,
        interpretation_at=at if together else at + 2 * DAY_MS,
    )  # fmt: skip


def made(some: list[Row], found: list[Inspection] | None = None, policies: list[Policy] | None = None) -> list[Score]:
    kept = totals([read({"record": msgspec.to_builtins(item(row))}) for row in some], WINDOW, CUT, {})
    return list(scores(kept, policies or [], found or [], WEIGHTS))


def plain_score(some: list[Row], unit: str) -> float:
    """Return the score of a unit from raw rows: nothing of the program under test."""

    def done(at: int) -> bool:
        return 0 < at <= CUT

    handled = []  # what is due, each handling with its unit; and the one that is under way
    mine = []
    for row in some:
        if row["fate"] != "valid":
            continue
        again = row["earlier"] is not None and row["again"] <= CUT
        turns = [row["earlier"], row] if again else [row["earlier"] or row]
        handled += [(one, one is turns[-1] and not done(one["answered"]) and done(row["paused"])) for one in turns]
        if row["unit"] == unit and WINDOW.start <= row["received"] < WINDOW.end:
            mine.append((row, turns))
    due = [one for one, paused in handled if one["unit"] == unit and not paused
           and WINDOW.start <= one["due"] < WINDOW.end]  # fmt: skip
    answered = [row for row, turns in mine if done(turns[-1]["answered"])]
    calls = [row["calls"][-1] for row, _ in mine if row["calls"] and row["calls"][-1][2] <= CUT]
    reached = [call for call in calls if call[0] != "unreached"]
    ended = [turns for _, turns in mine if any(done(one["closed"]) for one in turns)]
    key = [row for row, _ in mine if row["leader"]]
    shares = {
        "in_time": (sum(done(one["answered"]) and one["answered"] <= one["due"] for one in due), len(due)),
        "answered": (len(answered), len(mine)),
        "solved": (sum(call[1] for call in reached), len(reached)),
        "public": (sum(row["channel"] in {"门户网站", "政务微博"} for row in answered), len(answered)),
        "reopened": (sum(any(done(one["closed"]) for one in turns[:-1]) for turns in ended), len(ended)),
        "key_signed": (sum(done(row["signed"]) for row in key), len(key)),
    }  # fmt: skip
    lost = sum((plain_loss(name, part, whole) for name, (part, whole) in shares.items()), Decimal(0))
    return float(100 - lost)


def plain_loss(name: str, part: int, whole: int) -> Decimal:
    """Return what a share costs, by hand: 1 to 4 of something count as the better end of what they may be."""
    points = {"in_time": 25, "answered": 20, "solved": 20, "public": 5, "reopened": 5, "key_signed": 10}[name]
    full = {"in_time": "1", "answered": "1", "solved": "0.9", "public": "0.6", "key_signed": "1"}
    if whole < 5 or (whole == 5 and 0 < part < 5):
        return Decimal(0)
    value = Decimal(f"{part / whole:.2f}")
    if 0 < part < 5:
        value = Decimal(0) if name == "reopened" else Decimal(math.ceil(500 / whole)) / 100
    elif 0 < whole - part < 5:
        value = Decimal(100 * (whole - 5) // whole) / 100 if name == "reopened" else Decimal(1)
    if name == "reopened":
        lost = max(Decimal(0), value - Decimal("0.05")) / Decimal("0.95")
    else:
        lost = max(Decimal(0), Decimal(full[name]) - value) / Decimal(full[name])
    return (points * lost).quantize(Decimal("0.1"), ROUND_HALF_UP)


@pytest.mark.parametrize("seed", range(4))
def test_every_score_equals_a_plain_computation_over_the_raw_rows(seed: int) -> None:
    some = rows(WINDOW, 500, seed=seed)
    told = {one.unit: one.total for one in made(some)}
    assert {"水务局", "教育局", "交通局"} <= told.keys()
    for unit in ("水务局", "教育局", "交通局"):
        assert told[unit] == plain_score(some, unit)


def test_one_to_four_cases_cost_nothing_and_their_number_is_not_to_be_read_from_a_score() -> None:
    told = [
        score(UNIT, {"answered": Rate(part=part, whole=40)}, (), WEIGHTS) for part in (36, 37, 38, 39)
    ]
    assert {one.total for one in told} == {100.0}
    assert len({one.lines for one in told}) == 1
    assert printed("answered", Rate(part=35, whole=40), 5) == ("88%", 0.88)
    assert printed("answered", Rate(part=2, whole=40), 5) == ("<13%", 0.13)
    assert printed("reopened", Rate(part=2, whole=40), 5) == ("<13%", 0.0)
    assert printed("answered", Rate(part=3, whole=4), 5) == ("—", None)


def test_a_unit_of_which_nothing_can_be_judged_has_no_score() -> None:
    (one,) = made([{**rows(WINDOW, 1)[0], "fate": "valid", "received": WINDOW.start, "unit": UNIT, "earlier": None,
                    "assigned": WINDOW.start + 1}])  # fmt: skip
    assert (one.total, one.grade) == (None, "件数太少，不评分")


def test_a_unit_without_a_case_to_judge_isn_t_passed_because_an_inspection_took_few_points() -> None:
    one = score(UNIT, {}, [finding("wrong_fact")], WEIGHTS)
    assert (one.total, one.grade, one.measured) == (None, "没有可评指标，不评分", 0)
    assert one.inspections == 5.0
    assert one.lines
    vetoed = score(UNIT, {}, [finding("forced")], WEIGHTS)
    assert (vetoed.total, vetoed.grade) == (0.0, "单项否决，不合格")


def test_inspections_deduct_veto_and_earn_a_bonus_only_above_its_bound() -> None:
    full = {"answered": Rate(part=50, whole=50)}
    deducted = score(UNIT, full, [finding("wrong_fact"), finding("stale_figures")], WEIGHTS)
    assert (deducted.total, deducted.inspections, deducted.grade) == (93.0, 7.0, "合格")
    earned = score(UNIT, full, [finding("early"), finding("shared")], WEIGHTS)
    assert (earned.total, earned.bonus) == (110.0, 10.0)
    poor = score(UNIT, {"answered": Rate(part=0, whole=50)}, [finding("early")], WEIGHTS)
    assert (poor.total, poor.bonus) == (80.0, 0.0)  # not above 80
    vetoed = score(UNIT, full, [finding("forced"), finding("early")], WEIGHTS)
    assert (vetoed.total, vetoed.grade) == (0.0, "单项否决，不合格")
    failed = score(UNIT, {"answered": Rate(part=0, whole=50), "in_time": Rate(part=0, whole=50)}, (), WEIGHTS)
    assert (failed.total, failed.grade) == (55.0, "不合格")


def test_more_bonus_than_there_may_be_is_cut_and_no_score_is_below_nothing() -> None:
    full = {"answered": Rate(part=50, whole=50)}
    many = [finding("early", at=ms(NOW) + turn) for turn in range(9)]
    assert score(UNIT, full, many, WEIGHTS).bonus == 20.0
    leaks = [finding("leak", at=ms(NOW) + turn) for turn in range(12)]
    assert score(UNIT, full, leaks, WEIGHTS).total == 0.0


def test_an_upheld_appeal_shows_in_the_next_making_with_its_reason() -> None:
    some = rows(WINDOW, 500)
    before = next(one for one in made(some) if one.unit == UNIT)
    lost = -next(line.points for line in before.lines if line.what == "按时答复率")
    after = next(one for one in made(some, [objection(3)]) if one.unit == UNIT)
    assert before.total is not None
    assert after.total == round(before.total + 3, 1)
    line = next(line for line in after.lines if line.what == "申诉：按时答复率")
    assert (line.found, line.points) == ("申诉成立", 3.0)
    assert "属实" in line.standard
    greedy = next(one for one in made(some, [objection(100)]) if one.unit == UNIT)
    assert greedy.restored == lost  # never more than it cost


def test_a_finding_withdrawn_or_appealed_with_success_costs_nothing_and_is_still_told() -> None:
    for changes in ({"state": "withdrawn", "reason": "误登"}, {"state": "decided", "upheld": True, "appeal": "x"}):
        full = {"answered": Rate(part=50, whole=50)}
        one = score(UNIT, full, [finding("wrong_fact", **changes)], WEIGHTS)
        assert one.total == 100.0
        assert one.lines[0].points == 0.0


def test_corrections_within_a_day_and_interpretations_on_the_day_are_measured() -> None:
    errors = [finding("wrong_fact", corrected_at=ms(NOW) + HOUR_MS, id="1"), finding("leak", id="2"),
              finding("wrong_fact", corrected_at=ms(NOW + timedelta(hours=25)), id="3"),
              finding("stale_figures", id="4")]  # fmt: skip
    policies = [policy(1, together=True), policy(2, together=False)]
    (one,) = made([], errors, policies)
    lines = {line.what: (line.found, line.points) for line in one.lines}
    assert lines["更正及时率"] == ("33%", -3.4)
    assert lines["同步解读率"] == ("50%", -5.0)


def report(some: list[Row], found: list[Inspection]) -> Report:
    kept = totals([read({"record": msgspec.to_builtins(item(row))}) for row in some], WINDOW, CUT, {})
    source = Source(name="ledger", title="台账", index="ledger", window_from=0, window_to=1, query={})
    return compose(AppraisalData(
        span=MONTH, window=WINDOW, made_at=CUT, unit="某市", totals=kept, policies=(), found=tuple(found),
        weights=WEIGHTS, gaps=("微信停了三小时",), sources=(source,),
    ))  # fmt: skip


def test_the_report_has_every_units_score_and_where_each_point_comes_from() -> None:
    told = report(rows(WINDOW, 500), [finding("wrong_fact"), objection(3)])
    tables = {block.name: block for block in told.blocks() if isinstance(block, Table)}
    for row in tables["scores"].rows:
        if isinstance(row[1], str):
            continue
        points = [line[4] for line in tables["lines"].rows if line[0] == row[0]]
        assert row[1] == pytest.approx(100 + sum(float(one) for one in points))
    assert "数据缺口1处" in str(told.sections[0])
    assert "不含满意率、情感、负面数量" in str(told.sections[0])
    for form in ("html", "docx", "xlsx"):
        assert len(render(told, form)) > 1000


def test_a_span_without_anything_to_judge_says_so() -> None:
    assert "没有可评分的单位" in report([], []).summary
