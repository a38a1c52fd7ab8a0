"""Posts on one matter come together in any order and say why; copies count once."""

from __future__ import annotations

import random

import pytest

from analyzers.copies import copies, core, sketch
from analyzers.grouping import DAY, Grouper, Settings, Text
from analyzers.text import normal
from analyzers.training.events import agreement, labels, score

PLANT = (
    "梧桐新城旁边的搅拌站噪音太大，夜里睡不着",
    "梧桐新城小区附近搅拌站粉尘污染严重",
    "请关停梧桐新城门口的搅拌站,噪音粉尘扰民",
    "再次投诉梧桐新城搅拌站夜间施工",
)
OTHERS = ("医保卡丢了怎么补办", "公交车什么时候恢复运行", "学校食堂饭菜质量差", "低保申请没有回复")
LONG = "梧桐新城东门的路灯坏了一个多月，晚上老人和孩子出门看不清路，已经有人摔倒，请尽快派人来修理，谢谢。"


def texts(rows: tuple[str, ...] = PLANT + OTHERS, days: int = 1) -> list[Text]:
    return [Text(id=str(at), normal=normal(row), at=at * days * DAY) for at, row in enumerate(rows)]


def test_posts_on_one_matter_come_together_and_others_stay_alone() -> None:
    grouper = Grouper()
    for text in texts():
        grouper.add(text)
    assert [group.texts for group in grouper.settle()] == [("0", "1", "2", "3"), ("4",), ("5",), ("6",), ("7",)]


def test_matters_of_one_town_are_not_one_matter_because_of_its_name() -> None:
    """A county's and a town's name say where, and weigh by the place; 28 unlike messages were one matter by 崆峒区."""
    rows = (
        "华亭市东华街道的垃圾半个月没人清运", "华亭市东华街道今年小学报名几号开始", "华亭市东华街道往东的路灯不亮",
        "华亭市东华街道物业费涨价没有公示", "华亭市东华街道工地夜里还在施工",
    )  # fmt: skip
    grouper = Grouper()
    for at, row in enumerate(rows):
        grouper.add(Text(id=str(at), normal=normal(row), at=at * DAY, county="620881"))
    assert [len(group.texts) for group in grouper.settle()] == [1] * len(rows)


def test_the_words_of_a_flood_of_messages_do_not_become_common_by_the_flood() -> None:
    roads = ("南环路", "西城路", "中街", "北关", "东关", "成纪大道", "阿阳路", "人民路")
    rows = [f"静宁县{road}停水了，{n}点就没水" for n in range(1, 6) for road in roads]
    grouper = Grouper()
    for at, row in enumerate(rows):
        grouper.add(Text(id=f"{at:03}", normal=normal(row), at=at * 60_000, county="620826"))
    assert len(grouper.settle()) == 1


def test_a_joined_post_says_which_terms_and_how_many_days() -> None:
    grouper = Grouper()
    first, second, *_ = texts(days=3)
    assert grouper.add(first) is None
    why = grouper.add(second)
    assert why is not None
    assert why.days == 3
    assert any("梧桐" in term for term, _ in why.shared)
    assert sum(part for _, part in why.shared) <= 1.001


def test_a_group_says_what_holds_it_together() -> None:
    grouper = Grouper()
    for text in texts():
        grouper.add(text)
    group = grouper.settle()[0]
    assert any("搅拌站" in term for term, _ in group.terms[:4])
    assert (group.first, group.last) == (0, 3 * DAY)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_arrival_settles_to_the_same_groups(seed: int) -> None:
    rows = texts()
    settled = []
    for order in (rows, random.Random(seed).sample(rows, len(rows))):
        grouper = Grouper()
        for at, text in enumerate(order):
            grouper.add(text)
            if at == seed:
                grouper.settle()
        settled.append(grouper.settle())
    assert settled[0] == settled[1]


def test_texts_that_name_different_counties_are_not_one_matter() -> None:
    grouper = Grouper()
    for at, county in enumerate(("620822", "620825")):
        grouper.add(Text(id=str(at), normal=normal(PLANT[0]).replace("太", "很" * at or "太"), county=county))
    assert len(grouper.groups()) == 2


def test_the_same_words_years_later_are_another_matter() -> None:
    grouper = Grouper()
    near, far = (Text(id=str(at), normal=normal(PLANT[at]), at=at * 2000 * DAY) for at in (0, 1))
    assert grouper.add(near) is None
    assert grouper.add(far) is None


def test_the_same_post_twice_is_once() -> None:
    grouper = Grouper()
    for _ in range(2):
        grouper.add(texts()[0])
    assert [group.texts for group in grouper.settle()] == [("0",)]


def test_memory_is_bounded_and_the_newest_are_kept() -> None:
    grouper = Grouper(Settings(most=5))
    for text in texts():
        grouper.add(text)
    assert {text for group in grouper.settle() for text in group.texts} == {"3", "4", "5", "6", "7"}


def test_copies_reposts_and_edited_texts_are_found_and_follow_ups_are_not() -> None:
    rows = (LONG, LONG.replace("，", ","), f"转发//@用户:{LONG}", "求助！" + LONG, PLANT[0], PLANT[1])
    assert copies([sketch(normal(row)) for row in rows]) == [0, 0, 0, 0, 4, 5]


def test_being_a_copy_does_not_depend_on_order() -> None:
    rows = [LONG[:at] + LONG[at + 2 :] for at in range(0, 40, 4)]
    ahead = copies([sketch(row) for row in rows])
    back = copies([sketch(row) for row in reversed(rows)])
    assert len(set(ahead)) == len(set(back)) == 1


def test_a_repost_says_what_its_longest_part_says() -> None:
    assert core("看看//@用户:路灯坏了没人修 //@用户:真的") == "路灯坏了没人修"


def test_copies_count_once_in_a_group() -> None:
    grouper = Grouper()
    for at, row in enumerate((LONG, LONG, "求助！" + LONG)):
        grouper.add(Text(id=str(at), normal=normal(row)))
    assert [(group.distinct, len(group.texts)) for group in grouper.settle()] == [(1, 3)]


def test_empty_and_strange_texts_are_groups_of_their_own() -> None:
    grouper = Grouper()
    for at, row in enumerate(("", "。", "😀", "\ud800", "aaaa")):
        grouper.add(Text(id=str(at), normal=row))
    assert sum(len(group.texts) for group in grouper.settle()) == 5


def test_the_measure_counts_pairs_with_strangers_as_wrong() -> None:
    one = score({"a": 0, "b": 0, "c": 1, "x": 0}, {"a": "i", "b": "i", "c": "i"}, set())
    assert (one.precision, one.precision_within, one.recall) == (1 / 3, 1.0, 1 / 3)
    assert agreement({"a": 0, "b": 0, "c": 1}, {"a": 7, "b": 7, "c": 8}) == (1.0, 1.0)
    assert labels([]) == {}
