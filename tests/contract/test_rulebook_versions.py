"""Versions are kept alike in memory and in Elasticsearch; at the console one proposes and another approves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from console_city import city
from console_fakes import NOW, ready
from memory_versions import MemoryVersions

from alerts.rulebook_versions import ElasticVersions, Version, Versions, in_use, of_file, proposed
from streams.clock import ms
from streams.errors import Conflict
from streams.settings import ElasticSettings

pytestmark = pytest.mark.engines
TEXT = (Path(__file__).parents[2] / "deploy" / "rulebook.yml").read_text("utf-8")
MILD = TEXT.replace("at_least: 12", "at_least: 14", 1)
AT = ms(NOW)


def _text(versions: Sequence[Version]) -> str:
    used = in_use(versions)
    return used.text if used else ""


@pytest.fixture(params=["memory", "elastic"])
async def versions(request: pytest.FixtureRequest, elastic_settings: ElasticSettings) -> AsyncIterator[Versions]:
    if request.param == "memory":
        yield MemoryVersions()
        return
    async with ready(elastic_settings) as elastic:
        yield ElasticVersions(elastic)


async def test_a_version_is_kept_once_decided_once_and_listed_the_newest_first(versions: Versions) -> None:
    assert await versions.list() == []
    first, change = of_file(TEXT, at=AT - 9, first=True), proposed(MILD, by="wang", note="少误报", at=AT)
    for one in (first, change, change):
        await versions.create(one)
    assert list(await versions.list()) == [change, first]
    assert await versions.get(change.id) == change
    assert await versions.get("none") is None
    assert await versions.decide("none", "approve", by="li", reason="", at=AT) is None
    after = await versions.decide(change.id, "approve", by="li", reason="同意", at=AT + 5)
    assert after is not None
    assert in_use(await versions.list()) == after
    with pytest.raises(Conflict):
        await versions.decide(change.id, "refuse", by="li", reason="又不同意", at=AT + 6)


async def test_at_the_console_a_change_is_shown_tried_and_approved_by_another(
    elastic_settings: ElasticSettings,
) -> None:
    async with city(elastic_settings) as (given, people):
        await given.rulebooks.create(of_file(TEXT, at=AT - 9, first=True))
        await given.accounts.create(username="root", name="root", role="admin", by="", now=NOW)
        for username in ("wang", "li"):
            await given.accounts.set_role(username, "analyst")
        wang, li = people["wang"], people["li"]
        shown = await wang.get("/rules")
        assert "集中反映" in shown
        assert "最近2小时不同留言达到12条" in shown

        refused = await wang.post("/rules", text=TEXT.replace("at_least: 12", "at_least: 0", 1), note="改")
        assert refused.status_code == 400
        assert "line 5, rule concern_grows: `at_least` must be 1 or more" in refused.text
        assert "at_least: 0" in refused.text
        assert len(await given.rulebooks.list()) == 1

        wrong = of_file("rules: []", at=AT - 5, first=False)
        await given.rulebooks.create(wrong)
        page = await wang.get(f"/rules/{wrong.id}")
        assert "没有采用，现行规则不变" in page
        assert "删除规则" not in page

        kept = await wang.post("/rules", text=MILD, note="误报偏多")
        assert kept.status_code == 303
        path = urlsplit(kept.headers["location"]).path
        page = await wang.get(path)
        assert "“集中反映”（concern_grows）至少条数：12 → 14" in page
        assert "要由另一个人批准" in page
        assert (await wang.post(f"{path}/approve", reason="")).status_code == 400
        assert _text(await given.rulebooks.list()) == TEXT
        tried = re.sub(r"<[^>]+>", " ", await li.get(f"{path}/trial"))
        assert "修改后：通知" in tried
        assert (await li.post(f"{path}/approve", reason="同意")).status_code == 303
        assert _text(await given.rulebooks.list()) == MILD
        assert "最近2小时不同留言达到14条" in await wang.get("/rules")
        (asked,), (said,) = [await given.audit.latest(kind=f"rules.{act}") for act in ("proposed", "approve")]
        assert (asked.by, said.by, said.data["reason"]) == ("wang", "li", "同意")
        assert (await li.post(f"{path}/approve", reason="")).status_code == 409
