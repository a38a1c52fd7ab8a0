"""The same text is one, posts on the same thing are one event, and a person's word outranks the guess."""

from __future__ import annotations

import random

import pytest

from analyzers.analysis import analyze
from analyzers.events import DAY, Grouper

PLANT = (
    "梧桐新城旁边的搅拌站噪音太大",
    "梧桐新城小区附近搅拌站粉尘污染严重",
    "请关停梧桐新城门口的搅拌站,噪音粉尘扰民",
    "再次投诉梧桐新城搅拌站夜间施工",
)
OTHERS = ("医保卡丢了怎么补办", "公交车什么时候恢复运行", "学校食堂饭菜质量差", "低保申请没有回复")


def test_texts_that_differ_in_blanks_and_width_have_one_key() -> None:
    first, second, third = analyze(["小区停水三天，没人管！", "小区停水三天,没人管!", "学校门口堵车"])
    assert first.event_key == second.event_key != third.event_key


def test_posts_on_one_thing_come_together_and_say_why() -> None:
    grouper = Grouper()
    joined = [grouper.add(str(at), each, at=at * DAY) for at, each in enumerate(PLANT + OTHERS)]
    assert len({each.event for each in joined[:4]}) == 1
    assert {each.event for each in joined[4:]} == {"4", "5", "6", "7"}
    assert any("梧桐新城" in phrase for phrase in joined[1].shared)


def test_order_of_arrival_changes_little() -> None:
    rows = list(enumerate(PLANT + OTHERS))
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        grouper = Grouper()
        for number, each in rows:
            grouper.add(str(number), each, at=0)
        biggest = max(grouper.groups().values(), key=len)
        assert set(biggest) == {"0", "1", "2", "3"}


def test_the_same_post_twice_is_once() -> None:
    grouper = Grouper()
    grouper.add("a", PLANT[0])
    grouper.add("a", PLANT[0])
    assert grouper.groups() == {"a": ("a",)}


def test_a_person_merges_and_splits_and_that_stays() -> None:
    grouper = Grouper()
    for number, each in enumerate(PLANT[:2] + OTHERS[:1]):
        grouper.add(str(number), each)
    grouper.merge("0", "2")
    assert grouper.groups() == {"0": ("0", "1", "2")}
    fresh = grouper.split("0", ["2"])
    assert grouper.groups() == {"0": ("0", "1"), fresh: ("2",)}
    with pytest.raises(ValueError, match="some, not all"):
        grouper.split("0", ["0", "1"])
