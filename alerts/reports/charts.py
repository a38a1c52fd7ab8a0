"""Charts as Vega-Lite specifications: plain data, one theme; they hold only counts that may be shown.

Colours differ in lightness too, so that a black-and-white print still reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.reports.numbers import LEAST

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
INK = "#1f3a5f"
PALE = "#9fb6d0"
FAINT = "#d5dbe3"
WARN = "#b23a2e"
FONTS = "Noto Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
WIDTH = 560
FEW_LEGEND = f"少于{LEAST}条或未列（高度不代表数量）"

THEME: Spec = {
    "font": FONTS,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": "#333",
        "titleColor": "#333",
        "gridColor": "#e8e8e8",
        "domainColor": "#888",
        "tickColor": "#888",
    },
    "legend": {
        "labelFontSize": 12, "title": None, "orient": "top", "labelLimit": 320, "symbolType": "square", "offset": 6,
    },
}  # fmt: skip


def hours(today: Sequence[int | str], before: Sequence[int | str], *, names: tuple[str, str]) -> Spec:
    """Return posts by hour: today as columns, the day before as a line; suppressed hours as low grey columns."""
    columns = [
        {
            "时": hour,
            "数": value if isinstance(value, int) else _low(today),
            "类": names[0] if isinstance(value, int) else FEW_LEGEND,
        }
        for hour, value in enumerate(today)
        if value != 0
    ]
    line = [{"时": hour, "数": value, "类": names[1]} for hour, value in enumerate(before) if isinstance(value, int)]
    kinds = [names[0], names[1], FEW_LEGEND]
    used = {row["类"] for row in columns + line}
    colours = [colour for kind, colour in zip(kinds, (INK, WARN, FAINT), strict=True) if kind in used]
    colour = {
        "field": "类", "type": "nominal", "scale": {"domain": [k for k in kinds if k in used], "range": colours},
    }  # fmt: skip
    x = {
        "field": "时", "type": "ordinal", "title": "时（北京时间）", "scale": {"domain": list(range(len(today)))},
        "axis": {"labelAngle": 0, "labelOverlap": True, "grid": False},
    }  # fmt: skip
    y = {"field": "数", "type": "quantitative", "title": "条", "axis": {"tickMinStep": 1, "format": "d"}}
    layers: list[Spec] = [
        {"data": {"values": columns}, "mark": {"type": "bar"}, "encoding": {"x": x, "y": y, "color": colour}}
    ]
    if any(row["数"] for row in line):
        mark = {"type": "line", "point": {"filled": False, "fill": "white", "size": 24}, "strokeWidth": 1.5}
        layers.append({"data": {"values": line}, "mark": mark, "encoding": {"x": x, "y": y, "color": colour}})
    return {"$schema": SCHEMA, "config": THEME, "width": WIDTH, "height": 190, "layer": layers}


def days(labels: Sequence[str], counts: Sequence[int | str]) -> Spec:
    """Return posts by day as columns; suppressed days as low grey columns."""
    rows = [
        {
            "日": label,
            "数": value if isinstance(value, int) else _low(counts),
            "类": "条数" if isinstance(value, int) else FEW_LEGEND,
        }
        for label, value in zip(labels, counts, strict=True)
    ]
    kinds = [kind for kind in ("条数", FEW_LEGEND) if any(row["类"] == kind for row in rows)]
    scale = {"domain": kinds, "range": [INK if kind == "条数" else FAINT for kind in kinds]}
    encoding: Spec = {
        "x": {
            "field": "日", "type": "nominal", "title": None, "sort": list(labels),
            "axis": {"labelAngle": 0, "labelOverlap": True, "grid": False},
        },
        "y": {"field": "数", "type": "quantitative", "title": "条", "axis": {"tickMinStep": 1, "format": "d"}},
        "color": {"field": "类", "type": "nominal", "scale": scale},
    }  # fmt: skip
    if len(kinds) < 2:
        encoding["color"]["legend"] = None
    return {
        "$schema": SCHEMA, "config": THEME, "width": WIDTH, "height": 190, "data": {"values": rows},
        "mark": {"type": "bar"}, "encoding": encoding,
    }  # fmt: skip


def ranking(
    today: Mapping[str, int | str], before: Mapping[str, int | str], *, names: tuple[str, str], limit: int = 10
) -> Spec:
    """Return the largest groups as bars with their numbers, the day before as a pale bar below; only shown counts."""
    numbers = {key: value for key, value in today.items() if isinstance(value, int) and value > 0}
    keys = sorted(numbers, key=lambda key: (-numbers[key], key))[:limit]
    rows: list[Spec] = []
    for key in keys:
        rows.append({"组": key, "数": numbers[key], "日": names[0]})
        past = before.get(key, 0)
        if isinstance(past, int):
            rows.append({"组": key, "数": past, "日": names[1]})
    encoding: Spec = {
        "y": {
            "field": "组", "type": "nominal", "title": None, "sort": keys,
            "axis": {"ticks": False, "domain": False, "labelLimit": 160, "labelPadding": 8},
        },
        "yOffset": {"field": "日", "sort": list(names)},
        "x": {"field": "数", "type": "quantitative", "title": "条", "axis": {"tickMinStep": 1, "format": "d"}},
        "color": {"field": "日", "type": "nominal", "scale": {"domain": list(names), "range": [INK, PALE]}},
    }  # fmt: skip
    text = {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": "#333"}}
    return {
        "$schema": SCHEMA,
        "config": THEME,
        "width": WIDTH - 110,
        "height": {"step": 13},
        "data": {"values": rows},
        "encoding": encoding,
        "layer": [
            {"mark": {"type": "bar"}},
            {**text, "encoding": {"text": {"field": "数"}, "color": {"value": "#333"}}},
        ],
    }


def _low(values: Sequence[int | str]) -> float:
    """Return the height of a suppressed column: visible, and below any number shown."""
    top = max((value for value in values if isinstance(value, int)), default=0)
    return max(top * 0.04, 1.0)
