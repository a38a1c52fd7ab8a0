"""Back-tests as a picture: a lane for each rule of each rulebook, a bar for each alert, a tick for each notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.alert import LEVELS
from alerts.backtest import Backtest
from alerts.reports.charts import INK, PALE, SCHEMA, THEME, WARN, WIDTH
from streams.clock import beijing

COLOURS = {"general": PALE, "larger": INK, "major": WARN}


def _when(at: int) -> str:
    """Return a moment as the wall clock in Beijing shows it, said as UTC so that no machine's zone moves it."""
    return f"{beijing(at):%Y-%m-%dT%H:%M:%S}Z"


def timeline(tests: Mapping[str, Backtest]) -> dict[str, Any]:
    """Return the Vega-Lite specification of back-tests by their rulebooks' names."""
    bars, ticks, lanes = [], [], []
    for name, test in tests.items():
        for tried in test.rules:
            lane = f"{tried.rule.title}（{name}）"
            lanes.append(lane)
            for alert in tried.alerts:
                until = min(alert.resolved_at or test.end, test.end)
                bars.append({
                    "规则": lane, "起": _when(alert.opened_at), "止": _when(max(until, alert.opened_at)),
                    "级别": LEVELS[alert.level],
                })  # fmt: skip
            ticks += [{"规则": lane, "起": _when(one.at)} for one in tried.notices]
    start = min(test.start for test in tests.values())
    end = max(test.end for test in tests.values())
    x = {
        "field": "起", "type": "temporal", "title": "北京时间",
        "scale": {"type": "utc", "domain": [_when(start), _when(end)]},
        "axis": {"format": "%m-%d %H:%M" if end - start < 3 * 86_400_000 else "%Y-%m-%d", "labelOverlap": True},
    }  # fmt: skip
    y = {"field": "规则", "type": "nominal", "title": None, "scale": {"domain": lanes}, "axis": {"labelLimit": 260}}
    colour = {
        "field": "级别", "type": "nominal",
        "scale": {"domain": list(LEVELS.values()), "range": [COLOURS[level] for level in LEVELS]},
    }  # fmt: skip
    return {
        "$schema": SCHEMA,
        "config": THEME,
        "width": WIDTH,
        "height": {"step": 26},
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "height": 12, "minBandSize": 2, "stroke": INK, "strokeWidth": 1},
                "encoding": {"x": x, "x2": {"field": "止"}, "y": y, "color": colour},
            },
            {
                "data": {"values": ticks},
                "mark": {"type": "tick", "thickness": 1, "size": 20, "color": "#333"},
                "encoding": {"x": x, "y": y},
            },
        ],
    }
