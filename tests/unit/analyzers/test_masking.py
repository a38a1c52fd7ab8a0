"""Masking takes out what could find a person and leaves what the matter needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import text as normal_form
from analyzers.labels import MASKS
from analyzers.masking import mask, mask_page, trace


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("电话138 0013 8000", "phone", "8000"),
        ("电话一三八零零一三八零零零", "phone", "零零"),
        ("请拨０９３３-８２１２３４５", "phone", "８２１２"),
        ("身份证11010519491231002X", "id", "1949"),
        ("卡号6222021234567890128", "card", "6222"),
        ("邮箱ab.c@example.com", "email", "example"),
        ("请拨零九三三八二一二三四五", "phone", "三四五"),
        ("打008613800138000", "phone", "8000"),
        ("13800138000一直没人接", "phone", "8000"),
        ("打一三八零零一三八零零零一直没人接", "phone", "零零"),
        ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "phone", "8"),
        ("证件一一零一零五一九四九一二三一零零二X", "id", "四九"),
        ("卡6222021234567890128 13800138000", "card", "6222"),
        ("车牌甘L·D1234", "plate", "D1234"),
        ("微信：abc_12345", "account", "abc_"),
        ("QQ群号：123456789", "account", "123456"),
        ("@某某某 你好", "handle", "某某某"),
        ("微 信abc_12345", "account", "abc_"),
        ("我叫张三丰，是村民", "name", "三丰"),
        ("联系人：张 伟", "name", "张 伟"),
        ("联系人于国强，请回复", "name", "国强"),
        ("住在甲小区3栋2单元501室", "address", "501"),
        ("家住甲小区3栋2单元", "address", "3栋"),
        ("甲小区8#楼1单元六楼东户漏水", "address", "东户"),
        ("甲村三社45号", "address", "45"),
        ("现住西大街118号", "address", "118"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, kind: str, value: str) -> None:
    masked = mask(text)
    assert kind in masked.kinds
    assert value not in masked.text


@pytest.mark.parametrize(
    "text",
    [
        "国办发〔2016〕61号",
        "请拨12345或110",
        "2019年12月01日收费3000.50元",
        "工单号202012345678901234",
        "本人已经交费三年",
        "A栋78户,B栋38户",
        "5月12号停水3天",
        "工单编号13800138000",
        "统一社会信用代码91620802MA7XXXXX4T",
        "东经106.665112,北纬35.542876",
        "征地约138.0013公顷",
        "有124、159、167、55、63、68、802、147、226、262路公交车",
        "升级到1.3.8.0版",
        "甲小区3栋2单元的电梯坏了",
        "共有洋房44栋724户",
        "25栋110号某某宾馆",
        "甲小区3栋2019年交房",
        "联系人于昨日来过",
        "投诉人：银杏嘉园小区全体业主",
        "微信公众号和微信群",
        "微信wechat",
        "热线0933-12345",
    ],
)
def test_what_a_matter_needs_stays(text: str) -> None:
    assert mask(text).text == text


@given(st.text())
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


PIECES = (
    *("电话", "13800138000", "１３８ 0013-8000", "&#49;3800138000", "138\u200b00138000", "我叫", "王小明", "，"),
    *("\r\n", "住在甲小区3栋2单元501室", "@某某", "a.b@example.com", "甘L12345", "QQ:123456", "〔电话〕", "@用户", " "),
    "停水",
)
MIXED = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


@given(MIXED)
def test_masking_what_is_mixed_twice_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@given(st.one_of(MIXED, st.text(st.characters(), max_size=40)))
def test_a_trace_gives_the_masked_text_and_leads_back_to_the_original(raw: str) -> None:
    traced = trace(raw)
    assert traced.text == mask(raw).text
    masks = {MASKS[mark.kind] for mark in traced.marks}
    assert masks == {MASKS[kind] for kind in mask(raw).kinds}
    for mark in traced.marks:
        assert traced.text[mark.start : mark.end] == MASKS[mark.kind]
    hidden = {at for mark in traced.marks for at in range(mark.start, mark.end)}
    for at, char in enumerate(normal_form.fold(traced.text)):
        start, end = traced.traced.source(at, at + 1)
        if at not in hidden and char.strip():
            assert char in normal_form.normal(raw[start:end])


@pytest.mark.parametrize(
    ("raw", "piece"),
    [
        ("靜寧縣&nbsp;電話１３８ 0013-8000，快", "１３８ 0013-8000"),
        ("  电话138\u200b0013&#56;000。", "138\u200b0013&#56;000"),
        ("停水\r\n\r\n 微信：abc_12345", "abc_12345"),
    ],
)
def test_a_mask_leads_back_to_all_that_it_hides(raw: str, piece: str) -> None:
    (mark,) = trace(raw).marks
    assert raw[mark.source_start : mark.source_end] == piece


@given(st.lists(MIXED, min_size=1, max_size=6))
def test_a_text_is_masked_the_same_whatever_stands_beside_it(texts: list[str]) -> None:
    assert mask_page(texts) == [mask(text) for text in texts]
