"""Charts hold only what may be shown, and draw without anything from outside."""

from __future__ import annotations

import json

from alerts.reports import charts
from alerts.reports.drawing import png, svg
from alerts.reports.numbers import FEW, HIDDEN

NAMES = ("当日", "前一日")


def test_suppressed_hours_are_drawn_alike_and_named() -> None:
    spec = charts.hours([FEW, 40, HIDDEN, 0, 7], [6, 0, 9, 0, 0], names=NAMES)
    columns = {row["时"]: row for row in spec["layer"][0]["data"]["values"]}
    assert columns[0]["数"] == columns[2]["数"]
    assert columns[0]["类"] == columns[2]["类"] == charts.FEW_LEGEND
    assert 3 not in columns
    assert columns[1] == {"时": 1, "数": 40, "类": "当日"}


def test_a_chart_without_a_day_before_has_no_line() -> None:
    assert len(charts.hours([7], [0], names=NAMES)["layer"]) == 1


def test_a_ranking_leaves_out_what_may_not_be_shown() -> None:
    spec = charts.ranking({"甲": 9, "乙": FEW, "丙": 30, "丁": 0}, {"甲": FEW, "丙": 12}, names=NAMES)
    rows = [(row["组"], row["日"], row["数"]) for row in spec["data"]["values"]]
    assert rows == [("丙", "当日", 30), ("丙", "前一日", 12), ("甲", "当日", 9)]


def test_charts_draw() -> None:
    for spec in (
        charts.hours([7, FEW, 9], [5, 6, 7], names=NAMES),
        charts.hours([0] * 24, [0] * 24, names=NAMES),
        charts.ranking({"供水供气供暖": 9}, {}, names=NAMES),
        charts.ranking({}, {}, names=NAMES),
    ):
        json.dumps(spec)
        drawn = svg(spec, label='图 <"&>')
        assert drawn.startswith('<svg role="img" aria-label="图 &lt;&quot;&amp;&gt;"')
        assert "script" not in drawn
        assert png(spec)[:4] == b"\x89PNG"
