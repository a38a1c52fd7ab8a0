"""Masking takes out what could find a person and leaves what the matter needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.masking import mask


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("电话138 0013 8000", "phone", "8000"),
        ("电话一三八零零一三八零零零", "phone", "零零"),
        ("请拨０９３３-８２１２３４５", "phone", "８２１２"),
        ("身份证11010519491231002X", "id", "1949"),
        ("卡号6222021234567890128", "card", "6222"),
        ("邮箱ab.c@example.com", "email", "example"),
        ("车牌甘L·D1234", "plate", "D1234"),
        ("微信：abc_12345", "account", "abc_"),
        ("QQ群号：123456789", "account", "123456"),
        ("@某某某 你好", "handle", "某某某"),
        ("我叫张三丰，是村民", "name", "三丰"),
        ("住在甲小区3栋2单元501室", "address", "501"),
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
    ],
)
def test_what_a_matter_needs_stays(text: str) -> None:
    assert mask(text).text == text


@given(st.text())
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once
