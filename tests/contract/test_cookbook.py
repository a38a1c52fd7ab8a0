"""What analysts copy runs: each query of the cookbook and of Kibana's charts, on a real Elasticsearch.

Kibana itself is not run here: its objects are checked as JSON, by their references, fields and queries, and each chart
is drawn with the engine's answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from console_fakes import ready
from opinions import opinion

from deploy import kibana
from streams.clock import SystemClock, ms
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import OPINIONS, monthly

ROOT = Path(__file__).parents[2]
COOKBOOK = (ROOT / "deploy" / "cookbook" / "README.md").read_text("utf-8")
RECIPES = {
    title: (index, json.loads(body))
    for title, index, body in re.findall(
        r"^## \d+\. (.+?)\n.*?```json\nPOST huiying-(\S+)/_search\n(.*?)```", COOKBOOK, re.MULTILINE | re.DOTALL
    )
}
HOUR = 3_600_000


def templates() -> dict[str, set[str]]:
    """Return every field's full name by index, from the shipped templates."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "deploy" / "index_templates").glob("*.json"):
        found[path.stem] = set(named(json.loads(path.read_text("utf-8"))["mappings"]))
    return found


def named(mapping: dict[str, Any], before: str = "") -> Iterator[str]:
    """Yield the full names of a mapping's fields."""
    for name, field in {**mapping.get("properties", {}), **mapping.get("fields", {})}.items():
        yield before + name
        yield from named(field, f"{before}{name}.")


def fields(part: Any) -> Iterator[str]:
    """Yield the names of fields that a query asks for."""
    if isinstance(part, list):
        for one in part:
            yield from fields(one)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        named_here = key in {"term", "terms", "range", "match_phrase"} and isinstance(value, dict)
        if key == "field":
            yield value
        elif (named_here and "field" not in value) or (key == "_source" and isinstance(value, list)):
            yield from value
        elif key == "sort":
            yield from (name for one in value for name in one)
        else:
            yield from fields(value)


@asynccontextmanager
async def city(settings: ElasticSettings) -> AsyncIterator[Elastic]:
    """Yield an Elasticsearch with a little of everything, an hour old."""
    at = ms(SystemClock().now()) - HOUR
    index = monthly(OPINIONS, at)
    more: dict[str, Any] = {"urgent": True, "urgent_terms": ["断水"], "late": True, "terms": ["停水"], "model": "m"}
    texts = [("静宁县停水", more), *[(f"静宁县断水第{n}天", more) for n in range(6)]]
    old = [(f"路灯不亮{n}", {"posted_at": at - 200 * HOUR, "terms": ["路灯"]}) for n in range(12)]
    ops = [opinion(n, text, **{"posted_at": at + n, **own}) for n, (text, own) in enumerate([*texts, *old])]
    documents = {
        f"pages-{index[-7:]}": {"source": "weibo", "received": 3, "stored": 3, "repeated": 0, "rejected": 0, "at": at},
        f"rejected-{index[-7:]}": {"id": "r", "source": "weibo", "reason": "bad_row", "at": at},
        "alerts": {"id": "a", "rule": "x", "rule_title": "集中反映", "level": "larger", "opened_at": at,
                   "acknowledged_at": at},
        "notices": {"id": "n", "channel": "email", "state": "sent", "at": at},
        "consultations": {"id": "c", "title": "停水", "open": True, "first_due_at": at, "opened_at": at},
        "corrections": {"post": "p", "label": "topic", "was": "其他", "value": "民政", "unit": "分析员", "at": at},
        "gaps": {"id": "g", "source": "weibo", "since": at},
    }  # fmt: skip
    async with ready(settings) as elastic:
        ops = [Op(index=index, id=op.id, doc=op.doc) for op in ops]
        ops += [Op(index=name, id="1", doc=doc) for name, doc in documents.items()]
        for outcome in await elastic.bulk(ops):
            assert outcome.ok, outcome
        for name in ("opinions-*", *documents):
            await elastic.refresh(name)
        yield elastic


def found(answer: dict[str, Any]) -> int:
    """Return how much an answer found: hits that are shown, or the first counts of its groups."""

    def counts(part: Any) -> int:
        if not isinstance(part, dict):
            return 0
        own = [int(bucket["doc_count"]) for bucket in part.get("buckets", [])]
        return max([0, *own, *map(counts, part.values())])

    return max(len(answer["hits"]["hits"]), counts(answer.get("aggregations", {})))


def test_the_cookbook_has_its_queries() -> None:
    assert len(RECIPES) == COOKBOOK.count("\n## ") == COOKBOOK.count("```json") >= 15


@pytest.mark.parametrize("title", RECIPES)
def test_a_query_of_the_cookbook_names_only_fields_that_there_are(title: str) -> None:
    index, body = RECIPES[title]
    assert set(fields(body)) <= templates()[index.removesuffix("-*")]


@pytest.mark.parametrize("title", RECIPES)
def test_a_query_of_the_cookbook_shows_no_text_and_no_sentiment_of_fewer_than_five(title: str) -> None:
    index, body = RECIPES[title]
    if index.startswith("opinions") and body["size"]:
        assert not {"text", "normal", "title", "sentiment"} & set(body["_source"])
    if "sentiment" in json.dumps(body):
        assert body["size"] == 0
        assert body["aggs"]["topics"]["terms"]["min_doc_count"] >= 5


@pytest.mark.engines
async def test_every_query_of_the_cookbook_runs_and_finds_what_it_is_for(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as elastic:
        for title, (index, body) in RECIPES.items():
            answer = await elastic.search(index, body)
            assert found(answer) > 0, title
        phrase = await elastic.search(*RECIPES["查一个短语"])
        assert phrase["hits"]["total"]["value"] == 1
        either = await elastic.search(*RECIPES["与、或、非"])
        assert either["hits"]["total"]["value"] == 7


def test_the_file_for_kibana_is_the_one_that_is_made() -> None:
    assert kibana.FILE.read_text("utf-8") == kibana.ndjson(), "run `python -m deploy.kibana`"


def test_every_object_for_kibana_refers_to_objects_of_the_same_file() -> None:
    rows = [json.loads(line) for line in kibana.ndjson().splitlines()]
    there = {(row["type"], row["id"]) for row in rows}
    assert len(there) == len(rows)
    for row in rows:
        assert {(one["type"], one["id"]) for one in row["references"]} <= there
    panels = json.loads(rows[-1]["attributes"]["panelsJSON"])
    assert {one["panelIndex"] + ":" + one["panelRefName"] for one in panels} == {
        one["name"] for one in rows[-1]["references"]
    }


def test_every_field_named_for_kibana_is_in_the_templates() -> None:
    known = templates()
    for view in kibana.VIEWS:
        assert view.time in known[view.index]
    for chart in kibana.CHARTS:
        assert set(fields(chart.aggs)) <= known[chart.view.index], chart.id
    assert set(kibana.HIDDEN) <= known["opinions"]
    personal = {"text", "normal", "sentiment", "sentiment_p", "title"}
    assert personal <= set(kibana.HIDDEN)


@pytest.mark.engines
async def test_every_chart_for_kibana_is_drawn_from_the_engines_answer(elastic_settings: ElasticSettings) -> None:
    async with city(elastic_settings) as elastic:
        for chart in kibana.CHARTS:
            spec = chart.spec()
            answer = await elastic.search(chart.view.pattern, spec["data"]["url"]["body"])
            rows: Any = answer
            for name in spec["data"]["format"]["property"].split("."):
                rows = rows[name]
            assert rows, chart.id
            drawn = vl_convert.vegalite_to_svg({**spec, "data": {"values": rows}})
            assert drawn.count('aria-roledescription="bar"') == len(rows), chart.id
            if "sentiment" in json.dumps(spec):
                assert all(row["doc_count"] >= kibana.GROUP_LEAST for row in rows)
