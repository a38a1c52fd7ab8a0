"""Answer codes mean what the platforms say they mean; one that nobody knows is final."""

from __future__ import annotations

import pytest

from alerts.channels.base import Busy, NoReceiver
from alerts.channels.codes import DINGTALK, FEISHU, REST, WECOM, judged
from streams.errors import HuiyingError, Refused, Unavailable

TABLES = {"wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU}


@pytest.mark.parametrize(
    ("platform", "code", "kind"),
    [
        ("wecom", 45009, Busy), ("wecom", 45033, Unavailable), ("wecom", -1, Unavailable), ("wecom", 40058, Refused),
        ("wecom", 82001, NoReceiver), ("wecom", 93000, Refused), ("wecom", 42001, Unavailable),
        ("dingtalk", 130101, Busy), ("dingtalk", 90030, Busy), ("dingtalk", 310000, Refused),
        ("feishu", 11232, Busy), ("feishu", 19021, Refused), ("feishu", 9499, Refused),
    ],
)  # fmt: skip
def test_a_code_is_raised_as_what_the_caller_must_do(platform: str, code: int, kind: type[HuiyingError]) -> None:
    assert type(judged(platform, TABLES[platform], code, "said")) is kind


@pytest.mark.parametrize("platform", TABLES)
def test_only_nought_is_delivered_and_an_unknown_code_is_final(platform: str) -> None:
    table = TABLES[platform]
    assert [code for code in table if judged(platform, table, code, "") is None] == [0]
    assert type(judged(platform, table, 987_654, "")) is Refused


def test_a_robot_of_dingtalk_that_is_over_its_rate_rests_for_its_ten_minutes() -> None:
    busy = judged("dingtalk", DINGTALK, 130101, "")
    assert isinstance(busy, Busy)
    assert busy.rest == REST["dingtalk"] == 600


def test_the_platforms_own_words_are_cut_to_a_line() -> None:
    assert len(str(judged("wecom", WECOM, 40058, "长\n" * 1000))) < 200
