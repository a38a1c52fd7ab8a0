"""效果评估: every figure equals a plain count over raw rows; open items stay; nothing small is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest
from effect_examples import Row, first_replies, item, middle, plain, rows

from alerts.reports.cases import Case, read
from alerts.reports.effect import compose
from alerts.reports.effect_counts import RATES, STAGES, Effect, Matter, is_public, repeats
from alerts.reports.effect_data import EffectData, totals
from alerts.reports.effect_span import before, cut_off, month_span, parse, words, year_before
from alerts.reports.numbers import FEW, HIDDEN
from alerts.reports.periods import DAY_MS, Window
from alerts.reports.rates import NO_PAST, TOO_FEW_WORDS, Rate, difference, difference_words
from alerts.reports.span_data import SpanCounted
from alerts.reports.spans import month_of
from alerts.reports.stages import percentile, stages
from alerts.reports.tree import Report, Source, Table
from streams.errors import Misconfigured

MONTH = month_span(month_of(date(2026, 10, 5)))
WINDOW = MONTH.window
CUTS = {"at once": WINDOW.end, "later": WINDOW.end + 9 * DAY_MS}


def case(row: Row) -> Case:
    return read({"record": msgspec.to_builtins(item(row))})


def counts(effect: Effect) -> dict[str, int]:
    return {name: value for name, value in vars(effect).items() if isinstance(value, int) and name != "no_limit"}


def data(some: list[Row], past: list[Row] = [], *, cut: int = WINDOW.end) -> EffectData:  # noqa: B006 - not changed
    last = before(MONTH).window
    return EffectData(
        span=MONTH, window=WINDOW, whole=True, made_at=WINDOW.end, unit="某市", names={"620826": "静宁县"},
        now=totals(map(case, some), WINDOW, cut, {}), past=totals(map(case, past), last, last.end, {}),
        year=totals((), year_before(MONTH).window, 0, {}), posts=SpanCounted(), past_posts=SpanCounted(),
        stages=stages((), (), ()), sampled=0, books={}, dead=0, gaps=("微信停了三小时",),
        after=(),
        sources=(Source(name="ledger", title="台账", index="ledger", window_from=0, window_to=1, query={}),),
    )  # fmt: skip


def table(report: Report, name: str) -> dict[object, tuple[object, ...]]:
    found = next(block for block in report.blocks() if isinstance(block, Table) and block.name == name)
    return {row[0]: row[1:] for row in found.rows}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("seed", range(4))
def test_every_count_equals_a_plain_count_over_the_raw_rows(seed: int, cut: int) -> None:
    some = rows(WINDOW, 400, seed=seed)
    found = totals(map(case, some), WINDOW, cut, {})
    assert counts(found.whole) == plain(some, WINDOW, cut)
    for group, field in (("topics", "topic"), ("counties", "county")):
        kept: Mapping[str, Effect] = getattr(found, group)
        assert {key: counts(effect) for key, effect in kept.items()} == {
            key: plain([row for row in some if row[field] == key], WINDOW, cut) for key in {row[field] for row in some}
        }
    took, waits = first_replies(some, WINDOW, cut)
    spans = found.whole.spans["first_reply"]
    assert (sorted(spans), found.whole.waiting["first_reply"]) == (took, waits)
    assert percentile(spans, waits, 50) == middle(took, waits)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_limit_counts_for_the_unit_that_had_the_item_then_whoever_has_it_now(cut: int) -> None:
    some = rows(WINDOW, 600)
    units = totals(map(case, some), WINDOW, cut, {}).units
    for unit in {row["unit"] for row in some}:
        due = 0
        for row in some:
            handled = [row] if row["earlier"] is None else [row["earlier"], *([row] if row["again"] <= cut else [])]
            for one in handled:
                inside = row["fate"] == "valid" and WINDOW.start <= one["due"] < min(WINDOW.end, cut)
                still = one is handled[-1] and not 0 < one["answered"] <= cut and 0 < row["paused"] <= cut
                due += one["due"] > 0 and one["unit"] == unit and inside and not still
        assert units[unit].due == due
        assert units[unit].valid == plain([row for row in some if row["unit"] == unit], WINDOW, cut)["valid"]


def test_an_overdue_open_item_stays_in_the_denominator() -> None:
    late = {**rows(WINDOW, 1)[0], "fate": "valid", "received": WINDOW.start, "due": WINDOW.start + DAY_MS,
            "answered": 0, "closed": 0, "earlier": None, "paused": 0}  # fmt: skip
    effect = totals([case(late)], WINDOW, WINDOW.end, {}).whole
    assert (effect.due, effect.in_time, effect.overdue) == (1, 0, 1)


def test_an_answer_after_the_cut_off_is_no_answer_yet() -> None:
    some = rows(WINDOW, 300)
    early, late = (totals(map(case, some), WINDOW, cut, {}).whole for cut in CUTS.values())
    assert early.answered < late.answered
    assert early.valid == late.valid


def test_a_message_repeats_a_matter_that_another_opened_within_ninety_days() -> None:
    one = case({**rows(WINDOW, 1)[0], "received": WINDOW.start})
    own = one.opinion_ids[0]
    assert repeats(one, {own: Matter("another", WINDOW.start - 89 * DAY_MS)})
    assert not repeats(one, {own: Matter("another", WINDOW.start - 91 * DAY_MS)})
    assert not repeats(one, {own: Matter(own, WINDOW.start)})
    assert not repeats(one, {})


def test_an_answer_by_telephone_or_by_no_known_way_is_not_public() -> None:
    assert [is_public(way) for way in ("门户网站", "电话", "", "微信私聊")] == [True, False, False, False]


def test_no_group_under_five_is_shown_and_totals_give_none_away() -> None:
    some = [{**row, "county": "620826" if place > 2 else "620802"} for place, row in enumerate(rows(WINDOW, 300))]
    report = compose(data(some))
    told = table(report, "counties")
    assert told["620802"][0] == FEW
    assert set(told["620802"][1:]) == {"—"}
    assert told["静宁县"][0] == "未列"
    for name in ("units", "topics", "counties", "rates"):
        cells = [cell for row in table(report, name).values() for cell in row]
        assert not [cell for cell in cells if isinstance(cell, int) and 0 < cell < 5]


def test_the_rates_shown_are_those_of_the_raw_rows() -> None:
    some = rows(WINDOW, 900)
    expected, told = plain(some, WINDOW, WINDOW.end), table(compose(data(some)), "rates")
    checked = 0
    for row in RATES.values():
        part, whole = expected[row.of[0]], expected[row.of[1]]
        if min(part, whole - part) >= 5:
            assert told[row.title][:2] == (f"{part / whole:.0%}", whole)
            checked += 1
    assert checked >= 8


def test_two_spans_are_compared_with_an_interval_or_not_at_all() -> None:
    past = rows(before(MONTH).window, 900, seed=9)
    told = table(compose(data(rows(WINDOW, 900), past)), "rates")
    assert re.search(r"（[+−]\d+\.\d～[+−]\d+\.\d）", str(told["答复率"][2]))
    assert told["答复率"][3] == NO_PAST
    few = table(compose(data(rows(WINDOW, 900), past[:20])), "rates")
    assert few["答复率"][2] == TOO_FEW_WORDS


def test_the_interval_is_newcombes() -> None:
    found = difference(Rate(part=56, whole=70), Rate(part=48, whole=80))  # his worked example (a): 0.0524 to 0.3339
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert difference_words(Rate(part=0, whole=40), Rate(part=0, whole=40)).startswith("无明显变化")


def test_page_one_names_gaps_and_freshness_and_never_counts_tone_as_success() -> None:
    first = compose(data(rows(WINDOW, 100))).sections[0]
    text = str(first)
    assert "数据缺口1处" in text
    assert "各渠道没有可列的数据" in text
    assert "情感变化、负面占比" in text


def test_a_span_without_items_says_so() -> None:
    assert "没有收到需要答复的件" in compose(data([])).summary


@pytest.mark.parametrize("text", ["2026-10-05..2026-10-01", "2026-10..2026-11", "2020-01-01..2026-01-01", "soon", ""])
def test_a_span_that_is_none_is_refused_with_how_it_is_written(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"written like|has from 1"):
        parse(text)


def test_any_days_are_a_span_and_compared_with_as_many_before() -> None:
    span = parse("2026-10-05..2026-10-14")
    assert (span.days, before(span).name) == (10, "2026-09-25..2026-10-04")
    assert year_before(span).name == "2025-10-05..2025-10-14"
    assert words(span) == "2026年10月5日至2026年10月14日"
    assert year_before(parse("2028-02-29..2028-03-01")).first == date(2027, 2, 28)


def test_items_are_counted_as_of_the_last_midnight_so_that_a_second_run_says_the_same() -> None:
    assert cut_off(WINDOW, datetime(2026, 11, 1, 1, 40, tzinfo=UTC)) == WINDOW.end
    assert cut_off(WINDOW, datetime(2026, 11, 3, 1, 40, tzinfo=UTC)) == WINDOW.end + 2 * DAY_MS
    assert cut_off(WINDOW, datetime(2027, 11, 3, tzinfo=UTC)) == WINDOW.end + 30 * DAY_MS
    assert cut_off(Window(start=0, end=DAY_MS // 3), datetime(1970, 1, 1, 8, tzinfo=UTC)) == DAY_MS // 3


def test_a_span_that_still_runs_says_until_when() -> None:
    assert "评估时段尚未结束" in str(compose(replace(data(rows(WINDOW, 50)), whole=False)).sections[0])


def test_the_clock_gives_no_small_count_away_by_what_is_not_done() -> None:
    """130 received and 129 of them not handed on would say that one was."""
    effect = totals((), WINDOW, WINDOW.end, {})
    effect.whole.received = effect.whole.valid = 130
    effect.whole.spans["assigned"], effect.whole.waiting["assigned"] = [60_000], 129
    name = next(label for key, label in STAGES if key == "assigned")
    clock = table(compose(replace(data([]), now=effect)), "clock")
    assert clock[f"台账：{name}"][:2] == (FEW, HIDDEN)


@pytest.mark.parametrize(
    ("days", "said"),
    [({"weibo": (0, 9, 0), "portal": (0, 0, 0)}, "3天中有2天没有任何渠道的数据"),
     ({"weibo": (1, 0, 2), "portal": (0, 3, 0)}, "")],
)  # fmt: skip
def test_page_one_says_on_how_many_days_nothing_came_at_all(days: dict[str, tuple[int, ...]], said: str) -> None:
    some = rows(WINDOW, 40)
    posts = msgspec.structs.replace(SpanCounted(), sources=dict(days), last=dict.fromkeys(days, WINDOW.start))
    text = str(compose(replace(data(some), posts=posts)).sections[0])
    assert said in text
    assert bool(said) == ("没有任何渠道的数据" in text)


@pytest.mark.parametrize("aside", range(7))
def test_what_was_set_aside_is_not_the_difference_of_two_figures_on_page_one(aside: int) -> None:
    effect = totals((), WINDOW, WINDOW.end, {})
    effect.whole.received, effect.whole.valid, effect.whole.merged = 130 + aside, 130, aside
    page = compose(replace(data([]), now=effect)).sections[0]
    told = f"收到{130 + aside}件，有效130件" if aside in (0, 5, 6) else "收到130件以上，有效130件"
    assert told in str(page)
    assert (f"{130 + aside}" in str(page)) == (aside in (0, 5, 6))
