"""From posts to people, in relative time: the real rules, decisions and outbox; only the outside is in memory."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from city import City

from alerts.duty import Shift
from alerts.hush_bounds import Bounds
from streams.clock import ms
from streams.errors import Refused, Rejected, Unavailable

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HERE: dict[str, Any] = {"topic": "城乡建设", "county": "620826"}


@pytest.fixture
def city() -> City:
    """A city where nothing has happened yet."""
    return City()


async def test_a_surge_tells_the_officer_once_with_all_that_he_needs(city: City) -> None:
    """What, where, how many, since when, compared with what, why, examples, sources, link, what to do."""
    for day in range(1, 8):
        city.post(12, ago=day * DAY, **HERE)
    city.post(11, ago=HOUR, text="自来水停了\n两天", **HERE)
    await city.look()
    assert city.said == []
    city.post(5, source="portal", text="又停水了，没有通知", **HERE)
    await city.look()
    await city.wait(HOUR / 2)
    assert city.said == ["opened"]
    notice = city.phone.got[0][1]
    assert notice.subject == "【较大】新预警：静宁县·城乡建设 集中反映"
    text = "\n".join(notice.lines)
    figures = ("共16条不同留言", "平时同样时长约1条", "报警线12条", "2个渠道", "12345热线11、政府门户5")
    for words in (*figures, "· 又停水了", "· 自来水停了 两天", "03月02日 09:01"):
        assert words in text, words
    alert = await city.only()
    assert f"http://console/alerts/{alert.id}" in text
    assert "下一步" in text
    assert len(notice.lines) <= 12
    assert len(alert.samples) == 2


async def test_posts_that_come_twice_count_once(city: City) -> None:
    for _ in range(3):
        city.number = 0
        city.post(8, **HERE)
    await city.look()
    assert city.said == []


async def test_posts_that_come_late_are_counted_where_they_belong(city: City) -> None:
    city.post(8, **HERE)
    await city.look()
    city.clock.forward(minutes=20)
    city.post(6, ago=timedelta(minutes=25), **HERE)
    await city.look()
    assert city.said == ["opened"]
    assert (await city.only()).count == 14


async def test_other_counties_and_topics_do_not_add_up(city: City) -> None:
    for county in ("620821", "620822", "620823", "620824"):
        city.post(10, topic="民政", county=county)
    await city.look()
    assert city.said == []


async def test_what_is_usual_for_a_place_is_no_alert_there(city: City) -> None:
    for hours in range(3, 8 * 24):
        city.post(8, ago=hours * HOUR, **HERE)
    city.post(40, **HERE)
    await city.look()
    assert city.said == []


async def test_an_alert_grows_in_place_is_told_again_at_twice_the_size_and_keeps_its_peak(city: City) -> None:
    city.post(15, **HERE)
    await city.look()
    city.post(10, **HERE)
    await city.look()
    assert city.said == ["opened"]
    city.post(5, **HERE)
    await city.look()
    assert city.said == ["opened", "grew"]
    alert = await city.only()
    assert (alert.count, alert.peak, alert.state) == (30, 30, "firing")


async def test_many_posts_over_three_sources_make_it_major_and_propose_a_consultation(city: City) -> None:
    city.post(20, **HERE)
    await city.look()
    assert (await city.only()).consultation == ""
    for source in ("weibo", "portal"):
        city.post(10, source=source, **HERE)
    await city.look()
    alert = await city.only()
    assert (alert.level, alert.consultation) == ("major", "proposed")
    assert city.said == ["opened", "raised"]
    assert "建议会商" in "\n".join(city.phone.got[-1][1].lines)
    declined = await city.service.decline_consultation(alert.id, by="lead", reason="已有答复", now=city.clock.now())
    assert (declined.consultation, declined.note) == ("declined", "不启动会商（lead）：已有答复")
    with pytest.raises(Rejected):
        await city.service.decline_consultation(alert.id, by="lead", reason="再来", now=city.clock.now())


async def test_harsh_words_make_nothing_graver_and_mild_ones_nothing_lighter() -> None:
    """The same posts, all negative or all positive, give the same level, count and times."""
    seen = []
    for tone in ("neg", "pos"):
        city = City()
        for source in ("weibo", "portal", "hotline"):
            city.post(20, source=source, sentiment=tone, **HERE)
        await city.wait(HOUR)
        graded = [a for a in await city.service.alerts() if a.rule != "mostly_negative"]
        seen.append([(a.id, a.level, a.count, a.opened_at, a.consultation) for a in graded])
    assert seen[0] == seen[1]
    assert seen[0]


async def test_it_ends_when_it_has_been_below_the_bound_for_long_enough_and_says_how_it_was(city: City) -> None:
    city.post(30, **HERE)
    await city.look()
    await city.wait(timedelta(hours=3, minutes=40))
    assert city.said == ["opened"]
    await city.wait(HOUR)
    assert city.said == ["opened", "resolved"]
    text = "\n".join(city.phone.got[-1][1].lines)
    assert "最多时30" in text
    assert (await city.only()).state == "resolved"


async def test_a_second_surge_after_the_end_is_a_second_alert(city: City) -> None:
    city.post(15, **HERE)
    await city.wait(timedelta(hours=6))
    city.post(90, **HERE)
    await city.look()
    assert city.said == ["opened", "resolved", "opened"]
    assert len(await city.service.alerts()) == 2


async def test_who_signs_hears_of_it_again_only_when_it_gets_graver(city: City) -> None:
    city.post(15, **HERE)
    await city.look()
    alert = await city.only()
    signed = await city.service.acknowledge(alert.id, by="officer", note="已联系水务", now=city.clock.now())
    assert (signed.state, signed.acknowledged_by, signed.note) == ("acknowledged", "officer", "已联系水务")
    with pytest.raises(Rejected, match="officer"):
        await city.service.acknowledge(alert.id, by="other", note="", now=city.clock.now())
    city.post(20, **HERE)
    found = await city.look()
    assert found.reasons["acknowledged"] == 1
    assert city.said == ["opened"]
    for source in ("weibo", "portal"):
        city.post(10, source=source, **HERE)
    await city.look()
    assert city.said == ["opened", "raised"]
    graver = await city.only()
    assert (graver.state, graver.acknowledged_by) == ("firing", "")
    assert graver.note == "已联系水务"
    await city.service.acknowledge(alert.id, by="other", note="接手", now=city.clock.now())
    assert (await city.only()).note == "已联系水务\n接手"


async def test_one_post_of_danger_is_told_at_once_with_whom_to_call(city: City) -> None:
    city.post(1, danger=True, text="老人被困在电梯里喘不过气", county="620824")
    await city.look()
    assert city.said == ["opened"]
    text = "\n".join(city.phone.got[0][1].lines)
    assert text.startswith("有人说到人身安全")
    assert "110、119、120" in text
    assert "电梯" in text


async def test_a_negative_share_asks_to_look_and_needs_enough_posts(city: City) -> None:
    city.post(29, ago=HOUR * 3, sentiment="neg", topic="民政", county="620821")
    await city.look()
    shares = [a for a in await city.service.alerts() if a.rule == "mostly_negative"]
    assert shares == []
    city.post(3, ago=HOUR * 3, sentiment="neg", topic="民政", county="620821")
    await city.look()
    (share,) = [a for a in await city.service.alerts() if a.rule == "mostly_negative"]
    assert (share.level, share.consultation) == ("general", "")


async def test_a_source_that_went_quiet_is_told_and_its_return_too(city: City) -> None:
    for hours in range(24 * 8):
        city.post(2, ago=hours * HOUR, source="portal", county="", topic="其他")
        city.post(2, ago=hours * HOUR, source="hotline", county="620821", topic="其他")
    for _ in range(9):
        await city.wait(HOUR, every=HOUR / 2)
        city.post(2, source="hotline", county="620821", topic="其他")
    (quiet,) = await city.service.alerts()
    assert (quiet.rule, quiet.source, quiet.state) == ("source_went_quiet", "portal", "firing")
    assert "政府门户" in quiet.title
    city.post(5, source="portal", county="", topic="其他")
    await city.wait(HOUR)
    assert (await city.only()).state == "resolved"
    assert city.said == ["opened", "resolved"]


async def test_old_posts_brought_in_at_once_do_not_make_a_source_quiet_later(city: City) -> None:
    city.post(500, source="board", ago=HOUR, topic="其他", county="")
    for _ in range(12):
        await city.wait(HOUR, every=HOUR / 2)
    assert [a.rule for a in await city.service.alerts() if a.rule == "source_went_quiet"] == []


async def test_who_was_down_himself_does_not_say_that_all_sources_went_quiet(city: City) -> None:
    for hours in range(24 * 8):
        city.post(3, ago=hours * HOUR, source="portal", county="", topic="其他")
    await city.look()
    city.restart()
    city.clock.forward(hours=10)
    await city.wait(HOUR * 5, every=HOUR / 2)
    assert await city.service.alerts() == []


async def test_a_surge_during_a_break_is_found_afterwards_once(city: City) -> None:
    await city.look()
    city.restart()
    city.clock.forward(hours=8)
    city.post(20, ago=6 * HOUR, **HERE)
    await city.look()
    await city.look()
    alert = await city.only()
    assert alert.state == "resolved"
    assert city.said == ["opened", "resolved"]
    assert alert.opened_at < ms(city.clock.now() - 5 * HOUR)


async def test_a_restart_sends_nothing_again(city: City) -> None:
    city.post(15, **HERE)
    await city.look()
    for _ in range(3):
        city.restart()
        await city.wait(timedelta(minutes=15))
    assert city.said == ["opened"]


@pytest.mark.parametrize("writes", range(12))
async def test_a_kill_between_any_two_writes_loses_nothing_and_doubles_nothing(city: City, writes: int) -> None:
    """Whatever was stored when the watcher died, the next one ends in the same state."""
    city.post(15, **HERE)
    city.post(1, danger=True, county="620821", topic="交通运输")
    city.alerts.writes_left = writes // 2
    city.notices.writes_left = writes - writes // 2
    with suppress(Unavailable):
        await city.look()
    unknown = {notice.id for notice, _ in city.notices.rows.values() if notice.state == "sending"}
    city.alerts.writes_left = city.notices.writes_left = -1
    city.restart()
    await city.wait(timedelta(minutes=10), every=timedelta(minutes=2))
    got = Counter(notice.id for _, notice in city.phone.got)
    assert len(got) == 2
    assert {id_ for id_, times in got.items() if times > 1} <= unknown
    alerts = await city.service.alerts()
    assert len(alerts) == 2
    assert {a.untold for a in alerts} == {""}
    assert {notice.state for notice, _ in city.notices.all()} == {"sent"}
    assert {notice.alert for notice, _ in city.notices.all()} == {a.id for a in alerts}


async def test_two_watchers_at_once_tell_once(city: City) -> None:
    city.post(15, **HERE)
    other = city.started()
    await other.tick(city.clock.now())
    await city.look()
    await other.outbox.deliver("wecom", city.clock)
    assert city.said == ["opened"]
    assert len(await city.service.alerts()) == 1


async def test_a_refusal_that_may_pass_is_tried_again_after_growing_pauses(city: City) -> None:
    city.phone.refusals = [Unavailable("45009"), Unavailable("45009")]
    city.post(15, **HERE)
    await city.look()
    city.clock.forward(seconds=1)
    await city.deliver()
    assert len(city.phone.refusals) == 1
    for _ in range(6):
        city.clock.forward(seconds=1)
        await city.deliver()
    assert city.said == ["opened"]


async def test_a_refusal_that_is_final_is_a_failure_that_is_seen_and_its_end_is_not_told(city: City) -> None:
    city.phone.refusals = [Refused("errcode 93000")]
    city.post(15, **HERE)
    await city.look()
    ((failed, _),) = city.notices.all()
    assert (failed.state, failed.error) == ("failed", "errcode 93000")
    await city.wait(timedelta(hours=6))
    assert city.said == []
    kept = {notice.kind: (notice.state, notice.reason) for notice, _ in city.notices.all()}
    assert kept["resolved"] == ("suppressed", "never_told")


async def test_a_phone_that_is_down_keeps_no_other_from_ringing() -> None:
    city = City(channels=("wecom", "webhook"))
    city.phones[0].refusals = [Unavailable("no answer")] * 99
    city.post(15, **HERE)
    await city.look()
    assert [notice.kind for _, notice in city.phones[1].got] == ["opened"]
    await city.wait(HOUR, every=timedelta(minutes=1))
    states = {notice.channel: notice.state for notice, _ in city.notices.all()}
    assert states == {"wecom": "failed", "webhook": "sent"}


async def test_a_receiver_is_never_given_more_than_it_takes_in_a_minute() -> None:
    city = City(bounds=Bounds(flood_most=0))
    city.phone.per_minute = 20
    for n in range(50):
        city.post(1, danger=True, county=f"6208{n:02}")
    await city.look()
    await city.deliver()
    assert len(city.said) == 20
    city.clock.forward(seconds=61)
    await city.deliver()
    assert len(city.said) == 40


async def test_nobody_on_duty_is_said_in_the_notice() -> None:
    city = City(rota=(Shift(post="main", name="甲", mail="a@example.org", since="18:00", until="22:00"),))
    city.post(15, **HERE)
    await city.look()
    assert "无人值班" in "\n".join(city.phone.got[0][1].lines)


async def test_mail_goes_to_who_is_on_duty_at_that_hour() -> None:
    rota = (
        Shift(post="main", name="甲", mail="day@example.org", since="08:00", until="20:00"),
        Shift(post="main", name="乙", mail="night@example.org", since="20:00", until="08:00"),
        Shift(post="leader", name="丙", mail="lead@example.org"),
    )
    city = City(rota=rota, channels=("email",))
    city.post(15, **HERE)
    await city.look()
    assert city.phone.got[0][1].to == ("day@example.org", "lead@example.org")
    city.clock.forward(hours=14)
    city.post(90, county="620821", topic="民政")
    await city.look()
    assert city.phone.got[-1][1].to == ("night@example.org", "lead@example.org")


async def test_nothing_happens_while_nothing_changes(city: City) -> None:
    city.post(3, **HERE)
    assert (await city.look()).reasons == {}
    asked: list[str] = []
    city.alerts.down = True
    city.clock.forward(seconds=2)
    assert (await city.look()).reasons == {}
    assert asked == []


async def test_a_replay_finds_what_was_and_tells_nobody(city: City) -> None:
    """A past surge becomes an alert of the past, marked as one, and its notice is kept back with the reason."""
    start, end = city.clock.now() - 30 * DAY, city.clock.now() - 10 * DAY
    city.post(20, ago=20 * DAY, **HERE)
    result = await city.service.replay(start, end)
    assert [a.mode for a in result.alerts] == ["replay"]
    assert result.new == 1
    assert result.alerts[0].state == "resolved"
    await city.look()
    assert city.said == []
    assert {(n.state, n.reason) for n, _ in city.notices.all()} == {("suppressed", "backfill")}


async def test_a_second_replay_changes_nothing(city: City) -> None:
    start, end = city.clock.now() - 30 * DAY, city.clock.now() - 10 * DAY
    city.post(20, ago=20 * DAY, **HERE)
    first = await city.service.replay(start, end)
    rows = dict(city.alerts.rows), dict(city.notices.rows)
    second = await city.service.replay(start, end)
    assert (second.new, second.alerts) == (0, first.alerts)
    assert (city.alerts.rows, city.notices.rows) == rows


async def test_a_replay_that_is_to_tell_tells_once_and_says_that_it_is_one(city: City) -> None:
    start, end = city.clock.now() - 30 * DAY, city.clock.now() - 10 * DAY
    city.post(20, ago=20 * DAY, **HERE)
    for _ in range(2):
        await city.service.replay(start, end, notify=True)
        await city.wait(timedelta(seconds=10), every=timedelta(seconds=2))
    assert city.said == ["opened", "resolved"]
    assert city.phone.got[0][1].subject.startswith("【历史回放】")


async def test_a_signature_on_an_alert_of_a_replay_outlives_the_next_replay(city: City) -> None:
    start, end = city.clock.now() - 3 * HOUR, city.clock.now()
    city.post(20, ago=HOUR, **HERE)
    (alert,) = (await city.service.replay(start, end)).alerts
    await city.service.acknowledge(alert.id, by="officer", note="看过", now=city.clock.now())
    await city.service.replay(start, end)
    again = await city.service.alert(alert.id)
    assert again is not None
    assert (again.acknowledged_by, again.note) == ("officer", "看过")


async def test_a_matter_that_many_describe_in_the_same_words_is_found_by_itself(city: City) -> None:
    """Few a day, and no topic stands out; only the words do."""
    for day in range(15, 70):
        city.post(4, ago=day * DAY, county="", topic="城乡建设", terms=["物业收费", f"小区{day}"])
    for day in range(14):
        city.post(1, ago=day * DAY, county="", terms=["新建水泥厂", "水泥厂扬尘", "物业收费"], text="厂里扬尘大")
        city.post(3, ago=day * DAY, county="", terms=["物业收费", f"路段{day}"])
    result = await city.service.replay(city.clock.now() - 70 * DAY, city.clock.now())
    (found,) = [a for a in result.alerts if a.rule == "one_matter"]
    assert set(found.phrase.split()) <= {"新建水泥厂", "水泥厂扬尘"}
    assert found.count >= 8
    assert "厂里扬尘大" in found.samples[0].text


async def test_an_unknown_alert_can_not_be_signed_for(city: City) -> None:
    with pytest.raises(Rejected, match="没有这条预警"):
        await city.service.acknowledge("nothing", by="officer", note="", now=city.clock.now())
