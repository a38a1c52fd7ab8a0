"""What is watched for is what happens, never who: names, handles and numbers are refused, as far as can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.rulebook import load_rulebook
from alerts.watched_words import MOST, problem_of, refused, with_files
from streams.errors import Misconfigured

ROW: dict[str, Any] = {
    "name": "danger_words", "title": "说到重点词", "kind": "blacklist", "level": "larger", "reason": "立即核实",
    "key": ["county"], "window": "1h", "step": "10m", "at_least": 1, "words": ["煤气泄漏"],
    "fires": {"count": 1, "text": "楼道里煤气泄漏"}, "silent": {"count": 5, "text": "路灯不亮"},
}  # fmt: skip


def book(**changed: Any) -> str:
    return yaml.safe_dump({"rules": [{**ROW, **changed}]}, allow_unicode=True)


@pytest.mark.parametrize(
    "word",
    [
        "爆炸", "煤气泄漏", "塌方", "溺水", "山体滑坡", "食物中毒", "瓦斯爆炸", "洪水", "余震", "龙卷风", "高压线断落",
        "马路塌陷", "江水倒灌", "白烟", "石油泄漏", "高温中暑", "水管爆裂", "校车侧翻", "温度过高", "群体性中毒",
    ],
)  # fmt: skip
def test_words_of_danger_may_be_watched_for(word: str) -> None:
    assert refused(word) == ""


@pytest.mark.parametrize(
    "word",
    [
        "张三", "李明", "王某某", "何某", "王局长", "李县长", "老李", "赵小明", "欧阳娜娜", "司马光", "网友小明",
        "王二小", "李明爆炸", "wang123", "@回应办", "13812345678", "老张",
        "某大V", "水", "一二三四五六七八九十一二三", "abc爆炸",
    ],
)  # fmt: skip
def test_people_accounts_and_numbers_may_not(word: str) -> None:
    assert refused(word)


def test_a_refusal_names_the_place_in_the_list_and_not_the_word() -> None:
    with pytest.raises(Misconfigured, match="word 2: it looks like a person") as said:
        load_rulebook(book(words=["煤气泄漏", "赵小明"]))
    assert "赵小明" not in str(said.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"words": []}, "a blacklist needs the words"),
        ({"words": ["塌方", "塌方"]}, "word 2: it is there already"),
        ({"words": ["!file words.txt"]}, "read only from a rulebook's file"),
        ({"times_usual": 2, "usual_over": "7d"}, "they have no `times_usual`"),
        ({"kind": "count"}, "only it has them"),
        ({"fires": {"count": 1, "text": "没有写到"}}, "its example that should fire does not"),
        ({"silent": {"count": 1, "text": "煤气泄漏了"}}, "its example that should be silent fires"),
    ],
)
def test_a_list_that_will_not_do_is_refused_with_why(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_rulebook(book(**changed))


def test_a_list_has_an_end() -> None:
    assert f"may have {MOST} words" in problem_of(["爆炸"] * (MOST + 1))


def test_words_of_a_file_stand_in_the_text_that_is_approved(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# 事件\n煤气泄漏\n\n塌方\n", "utf-8")
    text = book(words=["PLACE"]).replace("- PLACE", "- '!file words.txt'")
    (rule,) = load_rulebook(with_files(text, tmp_path))
    assert rule.words == ("煤气泄漏", "塌方")


@pytest.mark.parametrize("name", ["nothing.txt", "/etc/hostname", "../outside.txt", "empty.txt"])
def test_a_file_that_is_missing_empty_or_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "empty.txt").write_text("# nothing\n", "utf-8")
    (tmp_path / "outside.txt").write_text("塌方\n", "utf-8")
    with pytest.raises(Misconfigured, match="!file"):
        with_files(f"- '!file {name}'\n", here)
