"""How alerts and notices are kept, in Elasticsearch and in memory: one suite for both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from memory_alerts import MemoryAlerts, MemoryNotices, MemorySilences

from alerts.alert import Alert, Sample
from alerts.alert_search import UNSIGNED, AlertSearch, unsigned
from alerts.notices import Notice
from alerts.silences import ElasticSilences, Matcher, Silence, Silences
from alerts.store import Alerts, AlertStore, Notices, NoticeStore, Watched
from deploy.templates import FOLDER
from streams.elastic import Elastic
from streams.errors import Conflict
from streams.settings import ElasticSettings

Stores = tuple[Alerts, Notices]
ALERT = Alert(
    id="a1", rule="concern_grows", rule_title="集中反映", level="larger", topic="城乡建设", county="620826",
    title="静宁县·城乡建设 集中反映", reason="最近2小时共15条", opened_at=1000, updated_at=1000, last_firing_at=1000,
    window_from=0, window_to=1000, value=15.0, bound=12.0, usual=1.2, count=15, total=15, peak=15.0, noticed=15.0,
    samples=(Sample(id="p", text="停水了", source="hotline", posted_at=900),), sources={"hotline": 15},
)  # fmt: skip
NOTICE = Notice(
    id="n1", alert="a1", channel="wecom", kind="opened", state="pending", at=1000, subject="新预警", lines=("一", "二"),
)  # fmt: skip
replace = msgspec.structs.replace


@pytest_asyncio.fixture(params=["memory", pytest.param("elastic", marks=pytest.mark.engines)])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield MemoryAlerts(), MemoryNotices()
        return
    settings: ElasticSettings = request.getfixturevalue("elastic_settings")
    async with Elastic(settings) as elastic:
        names = ("alerts", "notices", "checkpoints")
        await elastic.install({name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in names})
        yield AlertStore(elastic, at_once=3), NoticeStore(elastic)


async def test_what_is_stored_comes_back_whole(stores: Stores) -> None:
    alerts, notices = stores
    await alerts.create(ALERT)
    found = await alerts.get("a1")
    assert found is not None
    assert found[0] == ALERT
    await notices.add([NOTICE])
    assert await notices.get("n1") == NOTICE
    assert await alerts.get("unknown") is None
    assert await notices.get("unknown") is None


async def test_an_alert_is_created_once(stores: Stores) -> None:
    alerts, _ = stores
    await alerts.create(ALERT)
    with pytest.raises(Conflict):
        await alerts.create(replace(ALERT, title="另一个"))


async def test_who_read_an_older_state_can_not_write_over_a_newer_one(stores: Stores) -> None:
    alerts, notices = stores
    first = await alerts.create(ALERT)
    second = await alerts.put(replace(ALERT, note="先"), first)
    with pytest.raises(Conflict):
        await alerts.put(replace(ALERT, note="后"), first)
    await alerts.put(replace(ALERT, note="再"), second)
    await notices.add([NOTICE])
    ((notice, version),) = await notices.due("wecom", 0, 9)
    await notices.put(replace(notice, state="sending"), version)
    with pytest.raises(Conflict):
        await notices.put(replace(notice, state="sent"), version)


async def test_open_alerts_are_those_not_resolved_of_one_mode_oldest_first(stores: Stores) -> None:
    alerts, _ = stores
    older: dict[str, Any] = {"state": "acknowledged", "opened_at": 500}
    for number, changed in enumerate([{}, older, {"state": "resolved"}, {"mode": "replay"}]):
        await alerts.create(replace(ALERT, id=f"a{number}", **changed))
    assert [one.id for one, _ in await alerts.open("live")] == ["a1", "a0"]
    assert {one.id for one in await alerts.list(mode="live")} == {"a0", "a1", "a2"}
    assert {one.id for one in await alerts.list(state="resolved")} == {"a2"}
    assert len(await alerts.list(limit=2)) == 2


async def test_untold_alerts_are_found_whatever_their_state(stores: Stores) -> None:
    alerts, _ = stores
    await alerts.create(ALERT)
    await alerts.create(replace(ALERT, id="a2", untold="opened"))
    await alerts.create(replace(ALERT, id="a3", untold="resolved", state="resolved", opened_at=2000))
    assert [one.id for one, _ in await alerts.untold()] == ["a2", "a3"]


async def test_the_watchers_place_is_kept(stores: Stores) -> None:
    alerts, _ = stores
    assert await alerts.watched() is None
    await alerts.watch(Watched(since=1, until=2))
    await alerts.watch(Watched(since=1, until=3))
    assert await alerts.watched() == Watched(since=1, until=3)


async def test_a_notice_that_is_there_already_stays_as_it_is(stores: Stores) -> None:
    _, notices = stores
    await notices.add([])
    await notices.add([NOTICE])
    await notices.add([replace(NOTICE, subject="再来一次"), replace(NOTICE, id="n2")])
    first = await notices.get("n1")
    assert first is not None
    assert first.subject == "新预警"
    assert len(await notices.due("wecom", 0, 9)) == 2


async def test_due_notices_are_a_channels_own_whose_time_has_come_the_longest_waiting_first(stores: Stores) -> None:
    _, notices = stores
    await notices.add(
        [
            replace(NOTICE, id="later", next_at=300),
            replace(NOTICE, id="not-yet", next_at=301),
            replace(NOTICE, id="sending", state="sending", next_at=200),
            replace(NOTICE, id="sent", state="sent"),
            replace(NOTICE, id="failed", state="failed"),
            replace(NOTICE, id="mail", channel="email"),
            replace(NOTICE, id="older", at=10),
            replace(NOTICE, id="newer", at=20),
            replace(NOTICE, id="moved-on", via="sms"),
            replace(NOTICE, id="moved-here", channel="sms", via="wecom", next_at=250),
        ]
    )
    due = [one.id for one, _ in await notices.due("wecom", 300, 9)]
    assert due == ["older", "newer", "sending", "moved-here", "later"]
    assert [one.id for one, _ in await notices.due("wecom", 300, 1)] == ["older"]
    assert {one.id for one, _ in await notices.lost(["wecom"])} == {"mail", "moved-on"}


async def test_many_are_saved_at_once_and_what_somebody_else_wrote_first_is_left_alone(stores: Stores) -> None:
    alerts, _ = stores
    first = await alerts.create(ALERT)
    await alerts.put(replace(ALERT, note="先"), first)
    stale, new, again = await alerts.save(
        [(replace(ALERT, note="后"), first), (replace(ALERT, id="a2"), None), (replace(ALERT, id="a1"), None)]
    )
    assert (stale, again) == (None, None)
    found = await alerts.get("a1")
    assert found is not None
    assert found[0].note == "先"
    kept = await alerts.get("a2")
    assert kept == (replace(ALERT, id="a2"), new)
    assert await alerts.save([]) == []


async def test_more_open_alerts_than_one_answer_holds_all_come_back(stores: Stores) -> None:
    alerts, _ = stores
    await alerts.save([(replace(ALERT, id=f"a{n}", opened_at=n), None) for n in range(5)])
    assert [(one.id, version) for one, version in await alerts.open("live")] == [
        (one.id, version) for n in range(5) for one, version in [await alerts.get(f"a{n}") or (ALERT, None)]
    ]


async def test_live_alerts_that_opened_lately_whatever_became_of_them(stores: Stores) -> None:
    alerts, _ = stores
    changes: list[dict[str, Any]] = [{}, {"opened_at": 500}, {"state": "resolved"}, {"mode": "replay"}]
    for number, changed in enumerate(changes):
        await alerts.create(replace(ALERT, id=f"a{number}", **changed))
    assert {one.id for one in await alerts.lately(500)} == {"a0", "a2"}


async def test_single_notices_lately_are_a_channels_own_that_were_not_kept_back(stores: Stores) -> None:
    _, notices = stores
    await notices.add(
        [
            NOTICE,
            replace(NOTICE, id="n2", kind="grew", state="sent"),
            replace(NOTICE, id="n3", at=500),
            replace(NOTICE, id="n4", channel="email"),
            replace(NOTICE, id="n5", state="suppressed"),
            replace(NOTICE, id="n6", alert=""),
        ]
    )
    assert await notices.lately("wecom", 500) == ["a1", "a1"]


@pytest_asyncio.fixture(params=["memory", pytest.param("elastic", marks=pytest.mark.engines)])
async def silences(request: pytest.FixtureRequest) -> AsyncIterator[Silences]:
    if request.param == "memory":
        yield MemorySilences()
        return
    settings: ElasticSettings = request.getfixturevalue("elastic_settings")
    async with Elastic(settings) as elastic:
        await elastic.install({"silences": json.loads((FOLDER / "silences.json").read_text("utf-8"))})
        yield ElasticSilences(elastic)


async def test_silences_come_back_whole_the_latest_end_first_until_they_have_ended(silences: Silences) -> None:
    one = Silence(
        id="s1", matchers=(Matcher("topic", "~", "城乡.*"), Matcher("county", "=", "620826")), made_by="officer",
        reason="施工已公告", starts=1000, ends=5000, made_at=1000,
    )  # fmt: skip
    await silences.put(one)
    await silences.put(replace(one, id="s2", ends=7000))
    assert await silences.get("s1") == one
    assert await silences.get("unknown") is None
    assert [found.id for found in await silences.list()] == ["s2", "s1"]
    assert [found.id for found in await silences.list(5000)] == ["s2"]
    await silences.put(replace(one, id="s2", ends=4000, ended_by="other"))
    assert await silences.list(5000) == []


async def stored(alerts: Alerts) -> dict[str, Alert]:
    """Store alerts of every kind that the list tells apart; return them by id."""
    kinds = [
        replace(ALERT, id="first", updated_at=10), replace(ALERT, id="second", updated_at=20, level="major"),
        replace(ALERT, id="over", updated_at=30, state="resolved", county="620825"),
        replace(ALERT, id="signed", updated_at=5, state="acknowledged", acknowledged_at=4),
        replace(ALERT, id="asked", updated_at=40, state="resolved", consultation="proposed", acknowledged_at=4),
        replace(ALERT, id="held", updated_at=41, state="resolved", consultation="c1", reason="一小时*共3条"),
        replace(ALERT, id="past", updated_at=50, mode="replay"),
    ]  # fmt: skip
    for one in kinds:
        await alerts.create(one)
    return {one.id: one for one in kinds}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (AlertSearch(), ["second", "first", "signed", "held", "asked", "over"]),
        (AlertSearch(mode="replay"), ["past"]),
        (AlertSearch(state="resolved"), ["held", "asked", "over"]),
        (AlertSearch(state=UNSIGNED), ["second", "first", "held", "over"]),
        (AlertSearch(state=UNSIGNED, county="620825"), ["over"]),
        (AlertSearch(level="major"), ["second"]),
        (AlertSearch(county="620825"), ["over"]),
        (AlertSearch(consult="open"), ["held"]),
        (AlertSearch(consult="proposed"), ["asked"]),
        (AlertSearch(text="静宁县·城乡"), ["second", "first", "signed", "held", "asked", "over"]),
        (AlertSearch(text="小时*共"), ["held"]),
        (AlertSearch(text="没有的话"), []),
        (AlertSearch(counties=("620825",)), ["over"]),
        (AlertSearch(held=("c1",)), ["held"]),
        (AlertSearch(held=()), []),
        (AlertSearch(skip=1, size=2), ["first", "signed"]),
    ],
)
async def test_the_list_finds_what_was_asked_open_ones_first(
    stores: Stores, asked: AlertSearch, found: list[str]
) -> None:
    alerts, _ = stores
    known = await stored(alerts)
    answer = await alerts.find(asked)
    assert [one.id for one in answer.rows] == found
    assert answer.rows == tuple(known[name] for name in found)
    assert answer.total == (6 if asked.skip else len(found))
    near = [one for one in known.values() if asked.reaches(one)]
    assert answer.states == {state: sum(one.state == state for one in near) for state in {one.state for one in near}}
    assert answer.unsigned == sum(map(unsigned, near))
    assert answer.counties == tuple(sorted({one.county for one in near}))


async def test_what_is_over_and_wants_a_person_is_found_for_the_desk(stores: Stores) -> None:
    alerts, _ = stores
    await stored(alerts)
    assert {one.id for one in await alerts.unsigned(0)} == {"over", "asked", "held"}
    assert {one.id for one in await alerts.unsigned(35)} == {"asked", "held"}
    assert {one.id for one in await alerts.unsigned(45)} == {"asked"}


async def test_a_list_without_alerts_is_empty(stores: Stores) -> None:
    answer = await stores[0].find(AlertSearch())
    assert (answer.rows, answer.total, answer.states, answer.unsigned, answer.counties) == ((), 0, {}, 0, ())
