"""Saved objects for those who run Kibana: data views and one dashboard, made from a few lines each.

`python -m deploy.kibana` writes `huiying.ndjson`, which a test holds to this file. The views hide texts and sentiment:
Kibana's looks are not in our record, and a sentiment is shown for groups of at least five only. Every chart is a Vega
specification with an ordinary query in it, so that a test can run the query and draw the chart without Kibana.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "huiying.ndjson"
PREFIX = "huiying-"
HIDDEN = ("text", "normal", "normal.bigram", "title", "sentiment", "sentiment_p", "uncertain")
"""Fields of an opinion that no table in Kibana shows."""
GROUP_LEAST = 5
NO_SEARCH = json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})


@dataclass(frozen=True)
class View:
    """A data view: which index (bare name), its pattern, the time field, what it is called."""

    index: str
    pattern: str
    time: str
    title: str


VIEWS: tuple[View, ...] = (
    View("opinions", "opinions-*", "posted_at", "回应：舆情"),
    View("alerts", "alerts", "opened_at", "回应：预警"),
    View("pages", "pages-*", "at", "回应：账目"),
    View("rejected", "rejected-*", "at", "回应：死信"),
    View("consultations", "consultations", "opened_at", "回应：会商"),
    View("corrections", "corrections", "at", "回应：更正"),
)


@dataclass(frozen=True)
class Chart:
    """One panel: its view, its query's aggregations, where its rows are in the answer, and how they are drawn."""

    id: str
    title: str
    view: View
    aggs: dict[str, Any]
    rows: str
    mark: str
    encoding: dict[str, Any]
    width: int = 24
    transform: tuple[dict[str, Any], ...] = ()

    def spec(self) -> dict[str, Any]:
        """Return the Vega-Lite specification that Kibana draws; it adds the dashboard's time and filters itself."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "title": self.title,
            "data": {
                "url": {
                    "%context%": True, "%timefield%": self.view.time, "index": PREFIX + self.view.pattern,
                    "body": {"size": 0, "aggs": self.aggs},
                },
                "format": {"property": f"aggregations.{self.rows}.buckets"},
            },
            "transform": list(self.transform),
            "mark": {"type": self.mark, "tooltip": True},
            "encoding": self.encoding,
        }  # fmt: skip


def terms(field: str, size: int = 12, **more: Any) -> dict[str, Any]:
    """Return an aggregation by a field's values."""
    return {"terms": {"field": field, "size": size, **more}}


def bars(key: str, value: str = "doc_count", title: str = "条数") -> dict[str, Any]:
    """Return an encoding of bars that lie, the longest first."""
    return {
        "y": {"field": key, "type": "nominal", "sort": "-x", "title": None},
        "x": {"field": value, "type": "quantitative", "title": title},
    }


OPINIONS, ALERTS, PAGES, REJECTED, _, CORRECTIONS = VIEWS
DAYS = {"date_histogram": {"field": "posted_at", "calendar_interval": "day", "time_zone": "Asia/Shanghai"}}
NEGATIVE = {"neg": {"filter": {"term": {"sentiment": "neg"}}}}
CHARTS: tuple[Chart, ...] = (
    Chart("days", "每天收到的信息（北京时间）", OPINIONS, {"days": DAYS}, "days", "bar", {
        "x": {"field": "key", "type": "temporal", "title": None},
        "y": {"field": "doc_count", "type": "quantitative", "title": "条数"},
    }, width=48),
    Chart("topics", "主题", OPINIONS, {"topics": terms("topic")}, "topics", "bar", bars("key")),
    Chart("counties", "区县（行政区划代码）", OPINIONS, {"counties": terms("county")}, "counties", "bar", bars("key")),
    Chart("sources", "来源", OPINIONS, {"sources": terms("source")}, "sources", "bar", bars("key")),
    Chart(
        "feeling", f"负面占比，按主题（不少于{GROUP_LEAST}条的）", OPINIONS,
        {"topics": {**terms("topic", min_doc_count=GROUP_LEAST), "aggs": NEGATIVE}}, "topics", "bar",
        {**bars("key", "share", "占比")},
        transform=({"calculate": "datum.neg.doc_count / datum.doc_count", "as": "share"},),
    ),
    Chart("urgent", "紧急信息，按区县", OPINIONS, {
        "urgent": {"filter": {"term": {"urgent": True}}, "aggs": {"counties": terms("county")}},
    }, "urgent.counties", "bar", bars("key")),
    Chart("rules", "预警，按规则", ALERTS, {"rules": terms("rule_title")}, "rules", "bar", bars("key")),
    Chart("books", "收到的信息，按来源（账目）", PAGES, {
        "sources": {**terms("source"), "aggs": {"received": {"sum": {"field": "received"}}}},
    }, "sources", "bar", bars("key", "received.value")),
    Chart("letters", "死信，按原因", REJECTED, {"reasons": terms("reason")}, "reasons", "bar", bars("key")),
    Chart("corrected", "被更正的标签", CORRECTIONS, {"labels": terms("label")}, "labels", "bar", bars("key")),
)  # fmt: skip


def objects() -> Iterator[dict[str, Any]]:
    """Yield the saved objects: views, charts, the dashboard."""
    for view in VIEWS:
        hidden = [{"value": name} for name in HIDDEN] if view is OPINIONS else []
        said = {
            "title": PREFIX + view.pattern, "name": view.title, "timeFieldName": view.time,
            "sourceFilters": json.dumps(hidden), "fields": "[]", "allowNoIndex": True,
        }  # fmt: skip
        yield {"type": "index-pattern", "id": f"huiying-{view.index}", "attributes": said, "references": []}
    for chart in CHARTS:
        text = json.dumps(chart.spec(), ensure_ascii=False, indent=1)
        state = {"title": chart.title, "type": "vega", "params": {"spec": text}, "aggs": []}
        yield {
            "type": "visualization", "id": f"huiying-{chart.id}", "references": [],
            "attributes": {
                "title": f"回应：{chart.title}", "visState": json.dumps(state, ensure_ascii=False), "uiStateJSON": "{}",
                "description": "", "version": 1,
                "kibanaSavedObjectMeta": {"searchSourceJSON": NO_SEARCH},
            },
        }  # fmt: skip
    yield _dashboard()


def _dashboard() -> dict[str, Any]:
    panels, references, x, y = [], [], 0, 0
    for number, chart in enumerate(CHARTS):
        if x + chart.width > 48:
            x, y = 0, y + 14
        at = {"x": x, "y": y, "w": chart.width, "h": 14, "i": str(number)}
        name = f"panel_{number}"
        panels.append({
            "type": "visualization", "panelIndex": str(number), "gridData": at, "panelRefName": name,
            "embeddableConfig": {"enhancements": {}},
        })  # fmt: skip
        references.append({"name": f"{number}:{name}", "type": "visualization", "id": f"huiying-{chart.id}"})
        x += chart.width
    return {
        "type": "dashboard", "id": "huiying-overview", "references": references,
        "attributes": {
            "title": "回应：总览", "description": "只有分组数字，没有原文；情感只对不少于5条的分组",
            "panelsJSON": json.dumps(panels), "optionsJSON": json.dumps({"useMargins": True}), "version": 1,
            "timeRestore": True, "timeFrom": "now-7d", "timeTo": "now",
            "kibanaSavedObjectMeta": {"searchSourceJSON": NO_SEARCH},
        },
    }  # fmt: skip


def ndjson() -> str:
    """Return the file's content."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects())
