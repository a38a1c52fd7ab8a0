"""Exports, kept searches and corrections on a real Elasticsearch, from their pages, and what is written down."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from console_fakes import NOW, ready
from opinions import opinion, signed_in

from alerts.accounts import csrf_token
from alerts.console import opinion_export
from alerts.console.security import COOKIE
from alerts.corrections import Corrections, figures
from alerts.history import History
from alerts.saved_searches import SavedSearches, made
from streams.elastic import Elastic
from streams.errors import Rejected
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import CORRECTIONS

pytestmark = pytest.mark.engines
POST = digest("post", "weibo", "1")


async def city(elastic: Elastic, count: int = 3) -> None:
    await elastic.bulk([opinion(n, f"=静宁县停水第{n}天") for n in range(count)])
    await elastic.refresh("opinions-*")


@pytest.mark.parametrize("count", [0, 3, opinion_export.BATCH, opinion_export.BATCH + 7])
async def test_an_export_has_every_text_once_in_order_and_is_written_down(
    elastic_settings: ElasticSettings, count: int
) -> None:
    async with ready(elastic_settings) as elastic:
        await city(elastic, count)
        async with signed_in(elastic) as (client, given):
            answer = await client.get("/opinions/export/jsonl?q=停水&span=all&sort=old")
            head, *rows = [json.loads(line) for line in answer.content.decode().splitlines()]
            assert [row["text"] for row in rows] == [f"=静宁县停水第{n}天" for n in range(count)]
            assert head["export"]["检索词"] == "停水"
            assert "filename*=UTF-8''" in answer.headers["content-disposition"]
            (line,) = await given.audit.latest(kind="opinions.export")
            assert (line.by, line.data["rows"], line.data["query"]["q"]) == ("admin", count, "停水")


async def test_a_search_is_kept_shown_to_its_role_drafted_as_a_rule_and_removed(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        await city(elastic)
        async with signed_in(elastic) as (client, given):
            token = csrf_token(client.cookies[COOKIE])
            form = {"csrf": token, "name": "静宁停水", "q": "停水", "county": "620826", "span": "7d"}
            assert (await client.post("/searches", data=form)).status_code == 303
            page = (await client.get("/opinions")).text
            assert "静宁停水" in page
            (kept,) = await SavedSearches(elastic).list("admin")
            assert (kept.asked["q"], kept.role) == ("停水", "admin")
            assert list(await SavedSearches(elastic).list("officer")) == []
            draft = (await client.get(f"/searches/{kept.id}")).text
            assert "最多 3 条" in draft
            assert "kind: blacklist" in draft
            assert "words: [停水]" in draft
            assert (await client.post(f"/searches/{kept.id}/remove", data={"csrf": token})).status_code == 303
            assert "静宁停水" not in (await client.get("/opinions")).text
            assert (await client.get(f"/searches/{kept.id}")).status_code == 404
            kinds = [line.kind for line in await given.audit.latest()]
            assert {"searches.kept", "searches.removed"} <= set(kinds)
            bad = await client.post("/searches", data={"csrf": token, "name": "", "q": "停水"})
            assert bad.status_code == 400


async def test_a_search_shared_with_all_is_seen_by_every_role(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        searches = SavedSearches(elastic)
        await searches.keep(made("乙", "", {"q": "水"}, 1))
        await searches.keep(made("甲", "leader", {"q": "水"}, 1))
        assert {one.name for one in await searches.list("leader")} == {"甲", "乙"}
        assert {one.name for one in await searches.list("officer")} == {"乙"}
        assert not await searches.remove("nothing")


async def test_a_correction_stands_beside_the_label_on_the_pages_and_becomes_gold(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        await city(elastic)
        async with signed_in(elastic) as (client, given):
            token = csrf_token(client.cookies[COOKIE])
            assert "更正为" in (await client.get(f"/opinions/{POST}")).text
            for label, value in (("topic", "其他"), ("urgent", "0"), ("topic", "环境保护")):
                form = {"csrf": token, "label": label, "value": value}
                assert (await client.post(f"/opinions/{POST}/correct", data=form)).status_code == 303
            page = (await client.get(f"/opinions/{POST}")).text
            assert "管理员" in page
            assert "确认无误" in page
            assert "更正：主题" in (await client.get("/opinions?q=停水&span=all")).text
            for label, value in (("sentiment", "neg"), ("topic", "没有的"), ("", "")):
                form = {"csrf": token, "label": label, "value": value}
                assert (await client.post(f"/opinions/{POST}/correct", data=form)).status_code == 400
            lines = await given.audit.latest(kind="opinions.corrected")
            assert (lines[0].data["was"], lines[0].data["value"]) == ("城乡建设", "环境保护")
            gold = await Corrections(elastic, History(elastic)).gold()
            assert [(one.label, one.value, text) for one, text in gold] == [
                ("topic", "环境保护", "=静宁县停水第1天"), ("urgent", "0", "=静宁县停水第1天"),
            ]  # fmt: skip
            assert {one.label: one.rows for one in figures(gold)} == {"topic": 1, "urgent": 1}


async def test_who_corrected_stands_in_the_history_only(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        await city(elastic)
        corrections = Corrections(elastic, History(elastic))
        await corrections.correct(POST, "intent", "help", by="wang", unit="值班员", now=NOW)
        found = await elastic.search(CORRECTIONS.name, {"query": {"match_all": {}}})
        assert "wang" not in str(found)
        with pytest.raises(Rejected):
            await corrections.correct("nothing", "intent", "help", by="wang", unit="值班员", now=NOW)


async def test_the_gold_set_is_measured_by_the_command(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        await city(elastic)
        await Corrections(elastic, History(elastic)).correct(POST, "urgent", "0", by="wang", unit="值班员", now=NOW)
    made_of = {
        "HUIYING_ELASTICSEARCH": elastic_settings.hosts[0],
        "HUIYING_ELASTICSEARCH_PREFIX": elastic_settings.elasticsearch_prefix,
    }
    command = [sys.executable, "-P", "-m", "deploy", "evaluate", "--gold", "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, env={**os.environ, **made_of}, capture_output=True, check=True, text=True
    )
    assert [(row["label"], row["rows"], row["stored"]) for row in json.loads(done.stdout)] == [("urgent", 1, 1)]
