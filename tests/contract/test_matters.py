"""Matters on a real Elasticsearch: grouped across sources, merged and split by people, shown and written down."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import psutil
import pytest
from console_fakes import NOW, browser, parts, ready

from alerts.history import History
from alerts.matters import Matters
from analyzers.analysis import analyze
from streams.clock import ms
from streams.elastic import Elastic, Op
from streams.errors import Rejected
from streams.records import digest
from streams.settings import ElasticSettings
from streams.topics import OPINIONS, monthly, pattern

pytestmark = pytest.mark.engines
TEXTS = (
    ("portal", "梧桐新城旁边的搅拌站噪音太大，夜里睡不着"),
    ("weibo", "梧桐新城小区附近搅拌站粉尘污染严重"),
    ("hotline", "请关停梧桐新城门口的搅拌站，噪音粉尘扰民"),
    ("portal", "医保卡丢了怎么补办"),
    ("portal", "医保卡丢失后的补办要多少天"),
    ("portal", "公交车什么时候恢复运行"),
)
IDS = [digest("post", source, text) for source, text in TEXTS]


async def stored(elastic: Elastic) -> None:
    """Store the texts as opinions."""
    ops = []
    for at, ((source, _), found) in enumerate(zip(TEXTS, analyze([text for _, text in TEXTS]), strict=True)):
        posted = ms(NOW) - 3_600_000 * (at + 1)
        doc: dict[str, Any] = {
            "id": IDS[at], "source": source, "title": "", "text": found.masked, "normal": found.normal, "county": "",
            "place": "", "posted_at": posted, "received_at": posted, "indexed_at": posted,
        }  # fmt: skip
        ops.append(Op(index=monthly(OPINIONS, posted), id=IDS[at], doc=doc))
    await elastic.bulk(ops)
    await elastic.refresh(pattern(OPINIONS))


async def groups(matters: Matters) -> set[frozenset[str]]:
    """Return the current matters as sets of posts."""
    return {frozenset(event.posts) for event in await matters.list()}


async def test_opinions_of_several_sources_on_one_thing_are_a_matter(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        await stored(elastic)
        matters = Matters(elastic, History(elastic), rest=0)
        assert await matters.refresh(NOW) > 0
        assert frozenset(IDS[:3]) in await groups(matters)
        event = next(one for one in await matters.list() if IDS[0] in one.posts)
        assert event.sources == {"portal": 1, "weibo": 1, "hotline": 1}
        assert any("搅拌站" in term for term in event.terms)
        assert await matters.refresh(NOW) == 0


async def test_a_persons_word_outlives_the_next_grouping_and_is_written_down(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        await stored(elastic)
        history = History(elastic)
        matters = Matters(elastic, history, rest=0)
        await matters.refresh(NOW)
        event = next(one for one in await matters.list() if IDS[0] in one.posts)
        with pytest.raises(Rejected):
            await matters.split(event.id, event.posts, by="wang", reason="全部", now=NOW)
        with pytest.raises(Rejected):
            await matters.split(event.id, IDS[:1], by="wang", reason=" ", now=NOW)
        await matters.split(event.id, IDS[:1], by="wang", reason="说的是另一处", now=NOW)
        await Matters(elastic, history, rest=0).refresh(NOW)
        assert frozenset(IDS[1:3]) in await groups(matters)
        one, two = [each for each in await matters.list() if IDS[1] in each.posts or IDS[3] in each.posts]
        await matters.merge([one.id, two.id], by="wang", reason="同一个单位", now=NOW + timedelta(minutes=1))
        await Matters(elastic, history, rest=0).refresh(NOW)
        assert await groups(matters) == {frozenset(IDS[1:5])}
        assert [entry.kind for entry in await history.latest()][:2] == ["matters.merge", "matters.split"]


async def test_an_officer_sees_a_matter_and_splits_it_from_its_page(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        await stored(elastic)
        matters = Matters(elastic, History(elastic), rest=0)
        await matters.refresh(NOW)
        event = next(one for one in await matters.list() if IDS[0] in one.posts)
        async with browser(parts(matters=matters, documents=elastic), role="officer") as client:
            listed = (await client.get("/matters")).text
            assert event.id in listed
            shown = (await client.get(f"/matters/{event.id}")).text
            assert all(text in shown for _, text in TEXTS[:3])
            token = shown.split('name="csrf" value="')[1].split('"')[0]
            form = {"csrf": token, "post": IDS[0], "reason": "说的是另一处"}
            answer = await client.post(f"/matters/{event.id}/split", data=form)
            assert answer.status_code == 303
        assert [decision.posts for decision in await matters.decisions()] == [(IDS[0],)]


def test_the_process_that_groups_ends_with_its_parent() -> None:
    """A watcher that is killed leaves nobody behind."""
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running()


ORPHAN = """
import asyncio, os, time
from alerts.aside import Aside
async def main():
    aside = Aside("works")
    print(await aside.run(os.getpid), flush=True)
    await aside.run(time.sleep, 600)
if __name__ == "__main__":
    asyncio.run(main())
"""
