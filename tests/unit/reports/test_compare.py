"""A new version of a report lists what changed, in words for those who read the first one."""

from __future__ import annotations

import msgspec
from report_examples import alert, at, busy_day

from alerts.reports.compare import MOST, differences
from alerts.reports.daily import compose

BEFORE = compose(busy_day())


def test_changed_figures_and_cells_are_named() -> None:
    data = busy_day()
    today = msgspec.structs.replace(
        data.today,
        total=385,
        sources={**data.today.sources, "hotline": 152},
        topics={**data.today.topics, "交通出行": 42},
    )
    found = differences(BEFORE, compose(busy_day(today=today)))
    assert "群众反映：由383条改为385条" in found
    assert "“各渠道反映量（条）”“12345热线”当日：由150改为152" in found
    assert "“各主题反映量（条）”“交通出行”当日：由40改为42" in found


def test_a_new_alert_is_a_new_row() -> None:
    data = busy_day()
    late = alert("丁", title="夜间停电", opened_at=at(23))
    found = differences(BEFORE, compose(busy_day(alerts=(*data.alerts, late))))
    assert "“当日新增和此前未解除的预警”新增“23:00 一般 夜间停电”" in found


def test_an_acknowledged_alert_is_the_same_row() -> None:
    data = busy_day()
    taken = tuple(
        msgspec.structs.replace(one, state="acknowledged", acknowledged_at=at(16)) if one.state == "firing" else one
        for one in data.alerts
    )
    found = differences(BEFORE, compose(busy_day(alerts=taken)))
    assert any("状态：由待签收改为已签收" in line for line in found)
    assert not any("”新增“" in line for line in found)


def test_a_day_that_was_not_over_is_replaced_by_the_whole_day() -> None:
    data = busy_day(whole=False, window=msgspec.structs.replace(busy_day().window, end=at(18)))
    assert differences(compose(data), BEFORE) == (
        "上一版的数据截至11月22日 18:00，本版覆盖2026年11月22日 00:00 至 24:00。",
    )  # fmt: skip


def test_a_change_in_words_only_says_so() -> None:
    other = msgspec.structs.replace(BEFORE, summary="另一种说法")
    assert differences(BEFORE, other) == ("文字或说明有调整，各项数字没有变化。",)


def test_a_long_list_is_cut_and_counted() -> None:
    many = tuple(alert(f"{n}", opened_at=at(n / 10)) for n in range(15))
    found = differences(BEFORE, compose(busy_day(alerts=many, dead={}, books={})))
    assert len(found) <= MOST + 1
