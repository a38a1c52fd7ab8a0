"""阅评: a sample that nobody chose, two readers who don't see each other, an arbiter, one appeal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace
from review_examples import ALL, NOW, OTHER, RUBRIC, UNIT, a_reading, a_round, act, closed, scored

from alerts import review_rounds
from alerts.accounts_users import User
from alerts.review_agreement import ENOUGH, agreements, kappa
from alerts.review_moves import told
from alerts.review_reach import sees_reading
from alerts.review_rounds import Standing, reply_of
from alerts.review_rubric import load_rubric
from alerts.review_sample import draw, holds, shares
from streams.clock import ms
from streams.errors import Misconfigured, Rejected

COUNTS = some.dictionaries(some.text("甲乙丙丁戊", min_size=1, max_size=3), some.integers(0, 400), max_size=12)


@given(COUNTS, some.integers(0, 500), some.integers(0, 9))
@settings(max_examples=60)
def test_every_unit_has_its_minimum_and_the_sample_has_its_size(frame: dict[str, int], size: int, least: int) -> None:
    taken = shares(frame, size, least)
    minimum = {unit: min(count, least) for unit, count in frame.items()}
    assert all(minimum[unit] <= taken[unit] <= frame[unit] for unit in frame)
    assert sum(taken.values()) == max(sum(minimum.values()), min(size, sum(frame.values())))


def test_the_same_seed_draws_the_same_sample_and_another_seed_another_one() -> None:
    frame = {UNIT: [f"a{number}" for number in range(200)], OTHER: [f"b{number}" for number in range(40)]}
    one = draw(frame, "1", size=30, least=5)
    assert one == draw({unit: list(reversed(ids)) for unit, ids in frame.items()}, "1", size=30, least=5)
    assert one != draw(frame, "2", size=30, least=5)
    assert sum(len(each.drawn) for each in one) == 30


def test_an_item_more_in_the_frame_leaves_the_order_of_the_others() -> None:
    ids = [f"a{number}" for number in range(50)]
    before = draw({UNIT: ids}, "1", size=50, least=5)[0].drawn
    after = draw({UNIT: [*ids, "new"]}, "1", size=51, least=5)[0].drawn
    assert tuple(one for one in after if one != "new") == before


def test_a_sample_that_was_touched_no_longer_holds() -> None:
    items = [closed(number) for number in range(30)]
    one = a_round(items, size=10)
    assert holds(one)
    left = next(item.id for item in items if item.id not in one.sample)
    stratum = replace(one.strata[0], drawn=(left, *one.strata[0].drawn[1:]))
    assert not holds(replace(one, strata=(stratum,)))
    assert not holds(replace(one, seed="another"))


def test_only_who_may_draws_and_never_from_nothing() -> None:
    with pytest.raises(Rejected, match="不能抽样"):
        a_round([])
    with pytest.raises(Rejected, match="10至500"):
        a_round([closed(1)], size=9)


def test_the_reply_is_the_last_one_that_ended_the_handling() -> None:
    one = closed(1)
    reply = reply_of(one)
    assert reply is not None
    assert reply.final
    assert reply_of(replace(one, replies=())) is None


def test_nobody_scores_his_own_unit_s_reply_or_one_he_worked_on_or_the_same_one_twice() -> None:
    one = a_reading()
    with pytest.raises(Rejected, match="本单位"):
        act(one, "score", "qian", ALL, units=(UNIT,))
    with pytest.raises(Rejected, match="经办过"):
        act(one, "score", "zhao", ALL)
    with pytest.raises(Rejected, match="角色"):
        act(one, "score", "qian", ALL, role="handler")
    first = act(one, "score", "qian", ALL)
    with pytest.raises(Rejected, match="另一人"):
        act(first, "score", "qian", ALL)
    assert act(first, "score", "zhou", ALL).state == "settled"
    with pytest.raises(Rejected, match="已评定"):
        act(scored(one), "score", "wu", ALL)


def test_who_only_dispatched_the_item_may_read_its_reply() -> None:
    assert act(a_reading(), "score", "wang", ALL, role="officer").state == "one"


def test_before_both_are_in_each_sees_his_own_scores_alone_and_no_step_says_what_was_scored() -> None:
    first = act(a_reading(), "score", "qian", {**ALL, "tone": "no", "remark": "有训斥的话"})
    assert first.visible("zhou") == ()
    assert first.visible("li") == ()
    assert [score.by for score in first.visible("qian")] == ["qian"]
    assert first.differing == ()
    assert first.points is None
    assert first.steps[-1].note == ""
    both = act(first, "score", "zhou", ALL)
    assert len(both.visible("zhou")) == 2
    assert both.state == "differs"
    assert both.differing == ("tone",)


def test_a_third_person_decides_what_differs_with_a_reason() -> None:
    both = scored(a_reading(), {"tone": "no", "facts": "partly"}, {"facts": "no"})
    with pytest.raises(Rejected, match="评阅人"):
        act(both, "decide", "qian", {"tone": "yes", "facts": "no", "reason": "见原文"}, role="leader")
    with pytest.raises(Rejected, match="裁定理由"):
        act(both, "decide", "li", {"tone": "yes", "facts": "no"}, role="leader")
    with pytest.raises(Rejected, match="没有“plain”"):
        act(both, "decide", "li", {"tone": "yes", "facts": "no", "plain": "no", "reason": "见原文"}, role="leader")
    done = act(both, "decide", "li", {"tone": "yes", "facts": "no", "reason": "见原文"}, role="leader")
    assert (done.state, done.points) == ("settled", 80)
    assert [score.levels["tone"] for score in done.scores] == ["no", "yes"], "what they said stays"


def test_a_unit_appeals_once_after_it_was_told_and_another_person_decides() -> None:
    both = scored(a_reading(), {"tone": "no"})
    done = act(both, "decide", "li", {"tone": "no", "reason": "训斥"}, role="leader")
    appeal = {"reason": "原文没有训斥的话"}
    with pytest.raises(Rejected, match="还没有通知单位"):
        act(done, "appeal", "zhao", appeal, role="handler", units=(UNIT,))
    heard = told(done, by="li", role="leader", at=ms(NOW))
    with pytest.raises(Rejected, match=f"只有{UNIT}"):
        act(heard, "appeal", "he", appeal, role="handler", units=(OTHER,))
    open_ = act(heard, "appeal", "zhao", appeal, role="handler", units=(UNIT,))
    assert open_.state == "appealed"
    answer = {"outcome": "changed", "tone": "yes", "answer": "原文确无训斥"}
    with pytest.raises(Rejected, match="裁定人以外"):
        act(open_, "answer", "li", answer, role="leader")
    with pytest.raises(Rejected, match="评阅人"):
        act(open_, "answer", "qian", answer, role="leader")
    with pytest.raises(Rejected, match="至少改动一项"):
        act(open_, "answer", "sun", {"outcome": "changed", "answer": "同意"}, role="supervisor")
    with pytest.raises(Rejected, match="不改各项"):
        act(open_, "answer", "sun", {**answer, "outcome": "kept"}, role="supervisor")
    changed = act(open_, "answer", "sun", answer, role="supervisor")
    assert (changed.state, changed.points) == ("settled", 100)
    with pytest.raises(Rejected, match="申诉过一次"):
        act(changed, "appeal", "zhao", appeal, role="handler", units=(UNIT,))
    kept = act(open_, "answer", "sun", {"outcome": "kept", "answer": "原文确有"}, role="supervisor")
    assert kept.points == 90


def test_a_good_example_earned_enough_and_holds_nothing_personal() -> None:
    low = scored(a_reading(), {"answers": "no"}, {"answers": "no"})
    with pytest.raises(Rejected, match="90分"):
        act(low, "example", "li", {"excerpt": "写明了时间。"}, role="leader")
    good = scored(a_reading())
    with pytest.raises(Rejected, match="个人信息"):
        act(good, "example", "li", {"excerpt": "请联系 13812345678。"}, role="leader")
    assert act(good, "example", "li", {"excerpt": "写明何时查、何时修。"}, role="leader").example


def test_a_round_is_told_when_all_is_settled_and_closed_when_units_had_their_days() -> None:
    one = a_round([closed(1)])
    with pytest.raises(Rejected, match="还有1件没有评定"):
        review_rounds.make(one, "tell", Standing(states={}, expected=1), by="li", role="leader", now=NOW)
    done = Standing(states={"settled": 1}, expected=1)
    heard = review_rounds.make(one, "tell", done, by="li", role="leader", now=NOW)
    with pytest.raises(Rejected, match="满5天"):
        review_rounds.make(heard, "close", done, by="li", role="leader", now=NOW + timedelta(days=4))
    waits = Standing(states={"appealed": 1}, expected=1)
    with pytest.raises(Rejected, match="申诉"):
        review_rounds.make(heard, "close", waits, by="li", role="leader", now=NOW + timedelta(days=6))
    closed_ = review_rounds.make(heard, "close", done, by="li", role="leader", now=NOW + timedelta(days=5))
    assert closed_.state == "closed"
    with pytest.raises(Rejected, match="角色"):
        review_rounds.make(one, "tell", done, by="wang", role="officer", now=NOW)


def test_kappa_is_cohen_s() -> None:
    # Cohen's own arithmetic: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: (0.7 - 0.5) / (1 - 0.5)
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([("yes", "yes")] * 9) is None
    assert kappa([]) is None


def test_few_pairs_say_so() -> None:
    one = scored(a_reading(), {"tone": "no"})
    assert {each.words for each in agreements([one] * 4)} == {"件数太少，不作判断"}
    some_ = {each.name: each.words for each in agreements([one] * 6)}
    assert some_["tone"] == f"一致0%，不足{ENOUGH}件，不计算一致性系数"
    assert "评分没有差别" in some_["plain"]
    many = {each.name: each for each in agreements([one, scored(a_reading())] * ENOUGH)}
    assert many["tone"].kappa == pytest.approx(0.0)
    assert many["tone"].pairs == 2 * ENOUGH


def test_a_unit_sees_its_own_replies_when_it_was_told_and_nobody_else_s() -> None:
    one = a_reading()
    handler = User(username="zhao", name="赵", role="handler", password="", created_at=0, units=(UNIT,))
    reader = User(username="he", name="何", role="supervisor", password="", created_at=0, units=(OTHER,))
    assert not sees_reading(handler, one)
    assert sees_reading(handler, replace(one, heard=True))
    assert not sees_reading(handler, replace(one, unit=OTHER, heard=True))
    assert sees_reading(reader, one)
    assert not sees_reading(replace(reader, units=(UNIT,)), one)
    assert not sees_reading(replace(reader, counties=("620825",)), one)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("points: 25", "points: 24", "add up"), ("name: tone", "name: plain", "of its own"),
     ("no: 逾期答复", "", "field `no`"), ("levels: [yes, no]", "levels: [yes]", "two or three"),
     ("good_from", "good", "good")],
)  # fmt: skip
def test_a_wrong_rubric_is_refused(old: str, new: str, what: str) -> None:
    text = (Path(__file__).parents[3] / "deploy" / "rubric.yml").read_text("utf-8")
    assert load_rubric(text) == RUBRIC
    with pytest.raises(Misconfigured, match=what):
        load_rubric(text.replace(old, new, 1))
