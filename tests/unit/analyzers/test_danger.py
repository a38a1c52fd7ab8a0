"""A danger that is there is told at once; one that is supposed, feared or long past is not."""

from __future__ import annotations

import pytest

from analyzers.analysis import analyze


@pytest.mark.parametrize(
    "text",
    [
        "崆峒区新民路一栋居民楼着火了，有人被困在六楼！",
        "静宁县威戎镇燃气泄漏，味道很大",
        "我家老人快不行了，救护车进不来",
        "有人持刀在学校门口，请赶快派人",
        "孩子掉进没有盖的井里了",
    ],
)
def test_a_danger_that_is_there_is_told(text: str) -> None:
    assert analyze([text])[0].danger


@pytest.mark.parametrize(
    "text",
    [
        "小区消防通道被堵，一旦发生火灾后果不堪设想。",
        "万一电动车起火怎么办，请规范充电。",
        "建议学校开展火灾演练和防溺水宣传。",
        "这是给父母看病的救命钱，希望早点报销。",
        "线路老化存在触电隐患，请安排检修。",
        "该小区曾经发生过火灾，请加装喷淋。",
    ],
)
def test_a_danger_that_is_supposed_or_past_pages_nobody(text: str) -> None:
    assert not analyze([text])[0].danger


@pytest.mark.parametrize("sharp", ["", "你们到底管不管！", "再不来就投诉你们，太不负责任了！！"])
def test_tone_changes_no_danger(sharp: str) -> None:
    assert analyze([f"华亭市安口镇仓库起火，{sharp}"])[0].danger
    assert not analyze([f"华亭市安口镇楼道堆满杂物，一旦起火很危险，{sharp}"])[0].danger
