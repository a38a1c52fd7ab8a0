"""What an office writes keeps its own telephone and loses a person's; what a mask left behind is told."""

from __future__ import annotations

import pytest

from analyzers.office_numbers import without_persons
from analyzers.reply_checks import check


@pytest.mark.parametrize("number", ["0933-2521234", "（0933）2521234", "２５２１２３４", "400-810-1234", "12345"])
def test_an_office_s_telephone_stays_as_it_was_written(number: str) -> None:
    text = f"如有疑问请致电县供水公司 {number}，工作日接听。"
    assert without_persons(text) == text
    assert not [fault for fault in check("停水", text) if fault.kind == "personal"]


@pytest.mark.parametrize("private", ["13812345678", "138 1234 5678", "620802199001011231", "微信号wx_abc123"])
def test_what_may_be_a_person_s_is_taken_out_and_what_is_left_in_its_place_is_told(private: str) -> None:
    text = f"请联系我局0933-2521234，或{private}。"
    kept = without_persons(text)
    assert private[-9:] not in kept
    assert "0933-2521234" in kept
    told = [fault.reason for fault in check("停水", kept) if fault.kind == "personal"]
    assert len(told) == 1
    assert "是遮盖留下的" in told[0]
