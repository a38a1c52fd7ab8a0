"""The same matter put sharply or mildly gets the same intent and the same urgency (design §5)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.analysis import Analysis, analyze

MATTERS = (
    "小区停水三天了,老人没有水吃",
    "工地每天半夜施工,噪音扰民睡不着",
    "低保申请交上去半年没有回复",
    "请问医保卡丢了怎么补办",
    "建议在学校门口增设人行道",
    "楼下商铺燃气泄漏,有人昏迷",
    "公司拖欠工资五个月",
    "路灯坏了一年没人修",
)
FACTS = (
    *MATTERS,
    "静宁县威戎镇路面塌陷,无人管",
    "自来水发黄有异味",
    "养老金没有到账",
    "幼儿园乱收费",
    "物业推诿,电梯故障不处理",
    "孩子找不到学校上学",
    "请问居住证怎么办理",
    "我家一楼着火了,有人被困",
    "孩子掉进没有盖的井里了",
    "一旦起火楼道跑不出去",
    "建议延长公交运营时间",
    "感谢信:民警帮老人找回了证件",
)
"""What is written about; the rest of a message is tone."""
BEFORE = (
    "你们这群废物!", "简直无耻!!!", "气死我了,", "忍无可忍了!", "滚出来看看:", "拿着工资睡大觉?", "我要骂人了,",
    "尊敬的领导,您好!", "不好意思打扰了,", "首先祝您身体健康,工作顺利。", "恳请您在百忙之中看一看:", "麻烦您了,",
    "呵呵,真是人民的好公仆啊,", "厉害了,佩服佩服,", "[怒][怒][怒]", "😡😡", "跪求各位,", "敬爱的书记:",
    ("您好,我是一名普通市民,很抱歉在您如此繁忙的时候给您写信,也知道您每天都非常辛苦,非常不容易,心里一直很敬佩您,"
    "本来不想给您添麻烦,想了很久才鼓起勇气写下这封信,还请您多多包涵,"),
)  # fmt: skip
AFTER = (
    "!!!!!!", "你们到底管不管!!!", "一群饭桶!", "良心被狗吃了?", "强烈要求马上处理!", "否则我天天打电话!", "气愤至极!",
    "谢谢您!", "辛苦了!", "万分感激!", "祝工作顺利,阖家幸福。", "恳请关心一下,拜托了。", "此致敬礼", "给您添麻烦了。",
    "真是高效啊,佩服。", "哈哈哈真会办事", "[微笑]", "🙏🙏🙏", "限你们三天之内答复!", "不给说法我就一直问下去!",
)  # fmt: skip
SHARP = (
    "{}!!!你们到底管不管!!!",
    "简直无耻,{},废物,赶紧给我滚出来处理",
    "强烈要求立刻马上处理:{},否则曝光你们",
    "{},气死我了,忍无可忍",
    "限你们今天之内答复!{}",
)
MILD = ("您好,{},麻烦您了,祝工作顺利", "尊敬的领导:{}。恳请百忙之中关心一下,谢谢", "不好意思打扰了,{},辛苦了")


@pytest.mark.parametrize("matter", MATTERS)
def test_tone_changes_neither_intent_nor_urgency(matter: str) -> None:
    plain, *others = analyze([matter, *(form.format(matter) for form in SHARP + MILD)])
    for other in others:
        assert (other.intent, other.urgent, other.urgent_terms, other.danger) == (
            plain.intent,
            plain.urgent,
            plain.urgent_terms,
            plain.danger,
        )


def decided(one: Analysis) -> tuple[object, ...]:
    """Return all that routes, times or pages: what a person wants, what can't wait, and danger."""
    return one.intent, one.urgent, one.urgent_terms, one.danger


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(FACTS),
    st.lists(st.sampled_from(BEFORE), max_size=3),
    st.lists(st.sampled_from(AFTER), max_size=4),
)
def test_no_mixture_of_insults_thanks_pleas_and_sarcasm_changes_what_is_decided(
    fact: str, before: list[str], after: list[str]
) -> None:
    plain, other = analyze([fact, f"{''.join(before)}{fact},{''.join(after)}"])
    assert decided(other) == decided(plain)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FACTS), st.integers(0, 12), st.sampled_from("!?。~"))
def test_shouting_changes_nothing(fact: str, times: int, mark: str) -> None:
    plain, loud = analyze([fact, f"{fact.replace(',', '!' * max(1, times))}{mark * times}"])
    assert decided(loud) == decided(plain)


def test_another_matter_changes_what_is_decided() -> None:
    """The tests above could fail: what they compare differs between matters."""
    assert len({decided(one) for one in analyze(FACTS)}) >= 8


def test_danger_that_is_only_talked_about_is_no_danger() -> None:
    drill, fire = analyze(["社区组织火灾演练,请问几点开始", "三楼着火了,有人被困"])
    assert not drill.danger
    assert fire.danger
