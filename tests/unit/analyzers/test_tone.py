"""The same matter put sharply or mildly gets the same intent and the same urgency (design §5)."""

from __future__ import annotations

import pytest

from analyzers.analysis import analyze

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


def test_danger_that_is_only_talked_about_is_no_danger() -> None:
    drill, fire = analyze(["社区组织火灾演练,请问几点开始", "三楼着火了,有人被困"])
    assert not drill.danger
    assert fire.danger
