"""The console on a real Elasticsearch: accounts, search, dead letters, books, and what is written down."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from console_fakes import NOW, MemoryAccounts, NoLetters, parts, ready
from opinions import AT, opinion, signed_in

from alerts.accounts import Accounts, AccountStore, ElasticAccounts, Session, User, csrf_token, first_admin
from alerts.console.live import Pulse
from alerts.history import History
from streams.elastic import Op
from streams.errors import Conflict
from streams.settings import ElasticSettings
from streams.topics import DEAD_LETTERS, PAGES, monthly

pytestmark = pytest.mark.engines
USER = User(username="wang", name="王", role="officer", password="$argon2id$x", created_at=1)


@pytest.fixture(params=["memory", "elastic"])
def store_of(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A way to open an account store: the fake keeps the same promises as the real one."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AccountStore]:
        if request.param == "memory":
            yield MemoryAccounts()
            return
        async with ready(request.getfixturevalue("elastic_settings")) as elastic:
            yield ElasticAccounts(elastic)

    if request.param == "elastic":
        request.getfixturevalue("elastic_settings")
    return opened  # type: ignore[return-value]


async def test_a_user_is_found_as_it_was_stored(store_of: Any) -> None:
    async with store_of() as store:
        assert await store.user("wang") is None
        await store.create(USER)
        found = await store.user("wang")
        assert found is not None
        assert found[0] == USER
        assert await store.users() == [USER]


async def test_a_name_is_taken_once(store_of: Any) -> None:
    async with store_of() as store:
        await store.create(USER)
        with pytest.raises(Conflict):
            await store.create(USER)


async def test_of_two_changes_at_once_the_second_is_refused(store_of: Any) -> None:
    async with store_of() as store:
        await store.create(USER)
        found = await store.user("wang")
        await store.put(USER, found[1])
        with pytest.raises(Conflict):
            await store.put(USER, found[1])


async def test_a_session_is_found_by_its_key_and_replaced(store_of: Any) -> None:
    async with store_of() as store:
        first = Session(username="wang", created_at=1, seen_at=1, ends_at=9)
        await store.put_session("key", first)
        assert await store.session("key") == first
        await store.put_session("key", Session(username="wang", created_at=1, seen_at=5, ends_at=9))
        assert (await store.session("key")).seen_at == 5
        assert await store.session("other") is None


async def test_the_first_admin_is_made_once_and_can_sign_in(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        made = await first_admin(elastic, NOW)
        assert made is not None
        assert await first_admin(elastic, NOW) is None
        verdict, _ = await Accounts(ElasticAccounts(elastic)).sign_in(*made, NOW)
        assert verdict.ok
        assert verdict.user is not None
        assert verdict.user.must_change
        other = await first_admin(elastic, NOW + timedelta(days=1))
        assert other is None


async def test_a_search_finds_the_phrase_marks_it_counts_it_and_is_written_down(
    elastic_settings: ElasticSettings,
) -> None:
    async with ready(elastic_settings) as elastic:
        ops = [opinion(n, f"静宁县西关街停水第{n}天") for n in range(6)]
        ops += [opinion(10, "水停在路面上"), opinion(11, "<script>alert(1)</script>停水", topic="其他")]
        assert all(outcome.ok for outcome in await elastic.bulk(ops))
        await elastic.refresh("opinions-*")
        async with signed_in(elastic) as (client, given):
            text = (await client.get("/opinions?q=停水&span=all")).text
            assert "<b>7</b> 条" in text
            assert "<mark>停水</mark>第3天" in text
            assert "水停在路面" not in text
            assert "<script>alert" not in text
            assert "负面 100%" in text
            few = (await client.get("/opinions?q=停水&span=all&topic=其他")).text
            assert "不显示情感分布" in few
            looks = await History(elastic).latest(kind="opinions.view")
            assert [look.data["shown"] for look in looks] == [1, 7]
            assert {look.by for look in looks} == {"admin"}
            assert "停水第" not in str(looks)
            del given


async def test_dead_letters_are_listed_with_their_reasons(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        reasons = ["future", "bad_row", "future"]
        ops = [
            Op(
                index=monthly(DEAD_LETTERS, AT), id=f"d{n}",
                doc={"id": f"d{n}", "source": "portal", "origin": f"posts.live-0-{n}", "ref": f"r{n}",
                     "reason": reason, "detail": "x", "size": 5, "at": AT + n},
            )
            for n, reason in enumerate(reasons)
        ]  # fmt: skip
        await elastic.bulk(ops)
        await elastic.refresh("rejected-*")
        async with signed_in(elastic) as (client, _):
            assert "时间在未来 <b>2</b>" in (await client.get("/dead-letters")).text
            one = (await client.get("/dead-letters?reason=bad_row")).text
            assert "posts.live-0-1" in one
            assert "posts.live-0-0" not in one


async def test_a_dead_letter_is_opened_mended_and_replayed_from_its_page(elastic_settings: ElasticSettings) -> None:
    class Desk(NoLetters):
        """One letter that can be mended with a time."""

        state = "open"

        async def letter(self, letter_id: str) -> Any:
            own: dict[str, Any] = {"id": letter_id, "source": "portal", "reason": "bad_time", "origin": "posts.x-0-1#0"}
            own |= {"ref": "r", "size": 9, "detail": "", "state": self.state, "by": "", "note": ""}
            return own | {"at": AT, "changed_at": 0}

        async def content(self, letter_id: str) -> tuple[dict[str, str], str]:
            del letter_id
            return {"text": "路灯不亮〔电话〕", "posted_at": "昨天"}, ""

        async def replay(self, letter_id: str, changes: Mapping[str, str], *, by: str, now: datetime) -> str:
            del letter_id, by, now
            self.state = "replayed" if changes.get("posted_at", "").isdigit() else "open"
            return "" if self.state == "replayed" else "posted_at is not a whole number"

        async def hold(self) -> Any:
            return AT, "more than 50 dead letters within a minute"

    async with ready(elastic_settings) as elastic, signed_in(elastic, letters=Desk()) as (client, given):
        assert "处理已暂停" in (await client.get("/dead-letters")).text
        page = (await client.get("/dead-letters/abc")).text
        assert "路灯不亮〔电话〕" in page
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token
        refused = await client.post("/dead-letters/abc/replay", data={"csrf": token[1], "title": "路灯"})
        assert (refused.status_code, "没有重放" in refused.text) == (400, True)
        form = {"csrf": token[1], "posted_at": "2026-05-11T08:30"}
        assert (await client.post("/dead-letters/abc/replay", data=form)).status_code == 303
        assert "重放</button>" not in (await client.get("/dead-letters/abc")).text
        kinds = [line.kind for line in await given.audit.latest()]
        assert kinds.count("letters.replayed") == 1
        assert "letters.view" in kinds


async def test_the_books_are_added_up_and_a_gap_is_shown(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        book = {"source": "portal", "received": 10, "stored": 7, "repeated": 2, "rejected": 1, "at": AT}
        await elastic.bulk([Op(index=monthly(PAGES, AT), id="p1", doc=book)])
        await elastic.refresh("pages-*")
        async with signed_in(elastic) as (client, _):
            assert "账目平衡" in (await client.get("/system")).text
            await elastic.bulk([Op(index=monthly(PAGES, AT), id="p2", doc={**book, "stored": 6})])
            await elastic.refresh("pages-*")
            assert "相差 1" in (await client.get("/system")).text


async def test_every_page_of_an_empty_city_opens(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic, signed_in(elastic) as (client, _):
        for path in ("/", "/alerts", "/opinions", "/consultations", "/reports", "/dead-letters", "/system",
                     "/system/users", "/system/audit", "/password"):  # fmt: skip
            answer = await client.get(path)
            assert answer.status_code == 200, path


async def test_the_pulse_sees_a_new_text(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic:
        pulse = Pulse(parts(documents=elastic))
        before = await pulse.look()
        await elastic.bulk([opinion(1, "静宁县停水")])
        await elastic.refresh("opinions-*")
        after = await pulse.look()
        assert {name for name in after if after[name] != before[name]} == {"opinions"}


async def test_a_form_token_of_another_session_is_refused(elastic_settings: ElasticSettings) -> None:
    async with ready(elastic_settings) as elastic, signed_in(elastic) as (client, _):
        answer = await client.post("/system/users", data={"username": "li", "csrf": csrf_token("another")})
        assert answer.status_code == 403
        assert len(await ElasticAccounts(elastic).users()) == 1
