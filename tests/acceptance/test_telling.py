"""What is told, held and kept back, in relative time: the 17 semantics of good alert managers, on the real service.

Hours count from nine on a Monday morning; a watcher looks every five minutes. Whatever reached the phone must have been
wanted. The rules are plain ones of the tests' own, so that each course turns on one thing. Escalation, channels and the
watcher's own death have tests of their own as well; here is what the manager owes of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from city import City
from course import Course, between

from alerts.alert import Key
from alerts.console.desk import watching
from alerts.duty import Shift
from alerts.evaluate import Tally
from alerts.hush_bounds import HOUR, MINUTE, Bounds
from streams.errors import Refused, Unavailable

HERE: dict[str, Any] = {"topic": "城乡建设", "county": "620826"}
THERE: dict[str, Any] = {"topic": "城乡建设", "county": "620821"}
RULE = """
  - name: {name}
    title: {title}
    kind: count
    level: {level}
    reason: 一小时内很多人说同一件事
    key: [{key}]
    window: 1h
    step: 10m
    recover: {recover}
    at_least: {least}
    fires: {{count: 99}}
    silent: {{count: 1}}
"""


def rule(
    name: str = "many", *, key: str = "topic, county", level: str = "larger", least: int = 10, recover: str = "30m"
) -> str:
    """Return one row of a rulebook."""
    return RULE.format(name=name, title=f"{name}集中反映", level=level, key=key, least=least, recover=recover)


def course(*rules: str, **given: Any) -> Course:
    """Return an empty course under these rules, the bounds as given over those by default."""
    bounds = Bounds(**{"quiet_levels": (), **given.pop("bounds", {})})
    return Course(City("rules:" + "".join(rules or (rule(),)), bounds=bounds, **given))


# 1
async def test_an_alert_is_its_rule_and_key_whatever_is_said_and_when() -> None:
    one = course()
    for n in range(6):
        one.at(n / 6).post(12, text=f"停水{n}", **HERE)
    one.at(0.5).post(12, text="停水", **THERE)
    one.want(between(0, 0)).notice("opened", county="620826")
    one.want(between(0.1, 1)).notice("grew", times=2, county="620826")
    one.want(between(0.5, 0.5)).notice("opened", county="620821")
    assert len(await one.play(1)) == 2


# 2
async def test_a_group_waits_for_its_others_then_speaks_once_then_keeps_its_distance() -> None:
    one = course(
        rule(), rule("more", least=14, level="general"), rule("most", least=18, level="general"),
        bounds={"group_wait": 10 * MINUTE, "group_interval": 20 * MINUTE},
    )  # fmt: skip
    one.at(1).post(12, **HERE)
    one.at(1.08).post(3, **HERE)
    one.at(1.25).post(4, **HERE)
    one.want(between(1.16, 1.3)).notice("opened", rule="many", says="同组预警：静宁县·城乡建设 more集中反映")
    one.want(between(1.5, 1.67)).notice("opened", rule="most")
    one.want(between(2.25, 2.8)).notice("resolved", rule="many", says="同时平息：静宁县·城乡建设 most集中反映")
    await one.play(3.5)


# 3
async def test_what_stays_as_it_is_says_nothing_until_its_time_to_repeat() -> None:
    one = course(bounds={"repeat_every": 4 * HOUR, "repeats_most": 2})
    for half in range(26):
        one.at(half / 2).post(6, **HERE)
    one.want(between(0.5, 0.5)).notice("opened")
    one.want(between(4.5, 4.75)).notice("repeated", says="第1次提醒")
    one.want(between(8.5, 9)).notice("repeated", says="第2次提醒")
    one.want(between(12.5, 13)).notice("exhausted", says="请上级安排")
    await one.play(13)


# 4
async def test_who_heard_of_the_beginning_hears_of_the_end_with_peak_length_and_answers() -> None:
    rota = (Shift(post="main", name="甲", mail="a@example.org"),)
    one = course(rota=rota, channels=("email",))
    one.at(0).post(30, **HERE)
    one.at(0.5).sign(note="水务已抢修")
    one.want(between(0, 0)).notice("opened")
    one.want(between(1.25, 1.5)).notice("resolved", says="处理：水务已抢修")
    (alert,) = await one.play(2)
    beginning, end = (notice for _, notice in one.city.phone.got)
    assert beginning.to == end.to == ("a@example.org",)
    assert "最多时30条，持续" in "\n".join(end.lines)
    assert alert.state == "resolved"


async def test_the_end_of_what_was_never_told_is_not_told() -> None:
    one = course()
    one.at(0).silence(6, county="620826")
    one.at(1).post(12, **HERE)
    one.want(between(5, 6)).notice("silence_ends")
    (alert,) = await one.play(6)
    assert alert.state == "resolved"
    kept = {(notice.kind, notice.reason) for notice, _ in one.city.notices.all() if notice.alert}
    assert kept == {("opened", "silenced"), ("resolved", "never_told")}


async def test_who_heard_of_many_together_hears_of_their_ends_together() -> None:
    one = course(bounds={"flood_most": 2, "repeats_most": 0})
    for n in range(9):
        one.at(0).post(12, topic=f"领域{n}", county="620821")
    one.want(between(0, 0)).notice("opened", times=2)
    one.want(between(0, 0.1)).notice("digest", says="共7条")
    one.want(between(1.25, 1.5)).notice("resolved", times=2)
    one.want(between(1.25, 1.5)).notice("digest", says="已平息，这几分钟内平息的其余预警不再逐条通知。共7条")
    await one.play(2)


# 5
async def test_the_citys_alert_mutes_its_counties_until_it_ends_then_those_that_still_fire_speak() -> None:
    one = course(rule(recover="3h"), rule("city", key="topic", least=25))
    one.at(0).post(30, county="620822", topic="城乡建设", source="weibo")
    one.at(0.5).post(12, **HERE)
    one.at(1.1).post(12, **HERE)
    one.want(between(0, 0)).notice("opened", rule="city")
    one.want(between(1.25, 2)).notice("resolved", rule="city")
    one.want(between(1.25, 2)).notice("opened", rule="many", county="620826")
    await one.play(2)
    muted = {notice.alert for notice, _ in one.city.notices.all() if notice.reason == "inhibited"}
    assert len(muted) == 2


# 6
async def test_a_silence_mutes_the_notice_not_the_event_says_that_it_ends_and_then_lets_speak() -> None:
    one = course()
    one.at(0).silence(3, county="620826")
    for half in range(8):
        one.at(half / 2).post(7, **HERE)
    one.at(1).post(12, **THERE)
    one.want(between(1, 1)).notice("opened", county="620821")
    one.want(between(2.4, 2.6)).notice("silence_ends", says="现在压住1条未解除的预警")
    one.want(between(2.25, 2.5)).notice("resolved", county="620821")
    one.want(between(3, 3)).notice("opened", county="620826")
    await one.play(3.5)
    assert one.city.counted["hold", "silenced"] == 1


@pytest.mark.parametrize("grave", [{"danger": True}, {"source": "board"}])
async def test_no_silence_hushes_danger_to_life_or_a_major_alert(grave: dict[str, Any]) -> None:
    danger = rule("danger", key="county", least=1).replace("kind: count", "kind: urgent").replace(
        "{count: 99}", "{count: 1, danger: 1}").replace("{count: 1}", "{count: 1, danger: 0}")  # fmt: skip
    major = rule("major", least=10).replace("    fires", "    major: {at_least: 11, sources: 1}\n    fires")
    one = course(danger if "danger" in grave else major)
    one.at(0).silence(1, county="620826")
    one.at(0.25).post(12, **{**HERE, **grave})
    one.want(between(0.25, 0.25)).notice("opened")
    one.want(between(0.5, 1)).notice("silence_ends")
    await one.play(0.9)


# 7
async def test_at_night_the_less_severe_waits_for_the_morning_and_the_severe_passes() -> None:
    one = course(rule("mild", level="general", recover="12h"), rule("grave", key="topic", least=30),
                 bounds={"quiet_levels": ("general",), "repeats_most": 0})  # fmt: skip
    one.at(14).post(12, **HERE)
    one.at(15).post(12, **THERE)
    one.at(16).post(30, topic="民政", county="")
    one.want(between(16, 16)).notice("opened", rule="grave")
    one.want(between(17.25, 17.5)).notice("resolved", rule="grave")
    one.want(between(22, 22)).notice("digest", says="夜间免打扰期间的预警，以下汇总。共3条")
    await one.play(22.5)


# 8
async def test_what_comes_and_goes_is_told_so_often_and_then_once_that_it_flaps() -> None:
    one = course(bounds={"flap_times": 2, "repeats_most": 0})
    for n in range(6):
        one.at(3 * n).post(12, **HERE)
    for n in range(2):
        one.want(between(3 * n, 3 * n)).notice("opened")
        one.want(between(3 * n + 1.25, 3 * n + 1.5)).notice("resolved")
    one.want(between(6, 6)).notice("opened", says="此前一天内同一预警已出现2次，属反复波动")
    assert len(await one.play(18)) == 6
    assert one.city.counted["drop", "flapping"] == 4
    assert one.city.counted["drop", "never_told"] == 3


async def test_a_dip_shorter_than_the_time_to_recover_ends_nothing() -> None:
    one = course(rule(recover="40m"))
    one.at(0).post(12, **HERE)
    one.at(1.4).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    one.want(between(2.8, 3.2)).notice("resolved")
    assert len(await one.play(4)) == 1


async def test_what_does_not_last_its_pending_time_is_told_to_nobody() -> None:
    one = course(rule(recover="10m").replace("    fires", "    pending: 40m\n    fires"))
    one.at(0).post(10, ago=timedelta(minutes=50), **THERE)
    for n in range(3):
        one.at(n / 2).post(12, **HERE)
    one.want(between(0.66, 0.9)).notice("opened", county="620826")
    one.want(between(2, 3)).notice("resolved", county="620826")
    await one.play(3)
    assert one.city.counted == {
        ("hold", "pending"): 3, ("drop", "never_told"): 1, ("tell", ""): 2,
    }  # fmt: skip


async def test_what_is_major_waits_for_no_pending_time() -> None:
    row = "    pending: 40m\n    major: {at_least: 30, sources: 1}\n    fires"
    one = course(rule().replace("    fires", row))
    one.at(0).post(12, **HERE)
    one.at(0.25).post(20, **HERE)
    one.want(between(0.25, 0.25)).notice("opened", says="【重大】")
    await one.play(0.5)


async def test_an_open_alert_ends_only_below_its_bound_to_clear() -> None:
    row = rule(recover="10m").replace("    fires", "    clear: 0.5\n    fires")
    one = course(row, bounds={"repeats_most": 0})
    one.at(0).post(12, **HERE)
    for n in range(1, 13):
        one.at(n / 3).post(3, **HERE)
        one.at(n / 3).post(3, **THERE)
    one.want(between(0, 0)).notice("opened", county="620826")
    one.want(between(4.6, 5.2)).notice("resolved", county="620826")
    assert len(await one.play(6)) == 1


# 9
async def test_a_share_of_few_and_a_multiple_of_nothing_say_nothing() -> None:
    share = rule("share", level="general", least=30).replace("kind: count", "kind: share\n    share: 0.8").replace(
        "{count: 99}", "{count: 40, negative: 40}").replace("{count: 1}", "{count: 19, negative: 19}")  # fmt: skip
    spike = rule("spike", least=12).replace(
        "kind: count", "kind: spike\n    times_usual: 3\n    usual_over: 6h\n    usual_at_least: 4").replace(
        "{count: 99}", "{count: 99, usual: 5}")  # fmt: skip
    one = course(share, spike)
    one.at(0).post(29, sentiment="neg", **HERE)
    one.at(3).post(31, sentiment="neg", **THERE)
    one.want(between(3, 3)).notice("opened", rule="share", county="620821")
    one.want(between(4.25, 4.5)).notice("resolved", rule="share")
    await one.play(5)


# 10
async def test_a_source_that_says_nothing_is_an_alert_of_its_own_kind() -> None:
    quiet = rule("quiet", key="source", least=3, recover="10m").replace(
        "kind: count", "kind: quiet\n    usual_over: 3d").replace(
        "{count: 99}", "{count: 0, usual: 20}").replace("{count: 1}", "{count: 0, usual: 1}")  # fmt: skip
    one = course(quiet)
    for n in range(76):
        one.at(n).post(0 if n == 75 else 4, source="portal", **HERE)
    one.want(between(75, 76)).notice("opened", says="没有收到任何留言")
    await one.play(76)


async def test_a_rule_that_fails_is_an_alert_and_stops_no_other_and_keeps_its_alerts_as_they_are() -> None:
    one = course(rule(recover="10m"), rule("other", key="topic", least=30, recover="10m"))
    counts, asked = one.city.counts, one.city.counts.tallies
    broken = False

    async def tallies(parts: Sequence[str], start: int, end: int, words: Sequence[str] = ()) -> dict[Key, Tally]:
        if broken and list(parts) == ["topic", "county"]:
            msg = "a bug"
            raise KeyError(msg)
        return await asked(parts, start, end, words)

    def break_(*, now: bool) -> Callable[[], Awaitable[None]]:
        async def deed() -> None:
            nonlocal broken
            broken = now

        return deed

    counts.tallies = tallies  # type: ignore[method-assign]  # a store of the test's own, made to fail as a bug would
    one.at(0).post(12, **HERE)
    one.at(0.5).do(break_(now=True))
    one.at(1).post(30, topic="民政", county="620822")
    one.at(4).do(break_(now=False))
    one.want(between(0, 0)).notice("opened", rule="many")
    said = "规则“many集中反映”（many）运行出错（KeyError）"
    one.want(between(0.5, 0.75)).notice("opened", rule="rule_failed", says=said)
    one.want(between(1, 1)).notice("opened", rule="other")
    one.want(between(1.9, 2.5)).notice("resolved", rule="other")
    one.want(between(4, 4.5)).notice("resolved", rule="rule_failed", says="规则已恢复判断")
    one.want(between(4, 4.5)).notice("resolved", rule="many")
    await one.play(5)


# 11
async def test_who_signed_is_asked_again_when_it_lasts_and_when_it_rises() -> None:
    one = course(rule().replace("    fires", "    major: {at_least: 40, sources: 1}\n    fires"),
                 bounds={"sign_lasts": 6 * HOUR, "repeats_most": 1})  # fmt: skip
    for half in range(24):
        one.at(half / 2).post(6, **HERE)
    one.at(1).sign(by="甲", note="在办")
    one.at(8).sign(by="乙")
    one.at(9).post(30, **HERE)
    one.want(between(0.5, 0.5)).notice("opened")
    one.want(between(6, 6.5)).notice("reminded")
    one.want(between(7, 7.5)).notice("lapsed")
    one.want(between(9, 9)).notice("raised")
    (alert,) = await one.play(10)
    assert alert.acknowledged_by == ""
    assert "甲的签收到期" in alert.note


async def test_who_signed_is_reminded_once_before_it_ends_and_may_renew_it() -> None:
    one = course(bounds={"sign_lasts": 6 * HOUR, "sign_remind": HOUR})
    for half in range(32):
        one.at(half / 2).post(6, **HERE)
    one.at(1).sign(by="甲")
    one.at(6.8).renew(by="甲", note="抢修队已到")
    one.want(between(0.5, 0.5)).notice("opened")
    one.want(between(6, 6.5)).notice("reminded", says="甲的签收")
    one.want(between(11.8, 12.3)).notice("reminded", says="到期后将重新通知值班人员")
    one.want(between(12.8, 13.3)).notice("lapsed")
    (alert,) = await one.play(15)
    assert [entry.how for entry in alert.signatures] == ["signed", "renewed", "lapsed"]
    assert "甲续签：抢修队已到" in alert.note


async def test_the_former_owner_is_told_at_his_own_address_when_somebody_takes_it_over() -> None:
    rota = (Shift(post="main", name="甲", mail="a@example.org", since="06:00", until="22:00"),)
    one = course(rota=rota, bounds={"sign_lasts": 24 * HOUR})
    for half in range(10):
        one.at(half / 2).post(6, **HERE)
    one.at(1).sign(by="甲")
    one.at(2).take_over(by="乙", reason="甲去现场，由我跟进")
    one.want(between(0.5, 0.5)).notice("opened")
    one.want(between(2, 2.5)).notice("taken_over", says="由乙接手")
    (alert,) = await one.play(5)
    assert (alert.acknowledged_by, alert.taken_from, alert.untold) == ("乙", "甲", "")
    assert "原签收人甲" in alert.note


# 12
async def test_nobody_is_reminded_once_somebody_has_signed_and_an_empty_duty_is_said() -> None:
    rota = (Shift(post="main", name="甲", mail="a@example.org", since="18:00", until="22:00"),)
    one = course(bounds={"repeat_every": HOUR}, rota=rota)
    for half in range(12):
        one.at(half / 2).post(6, **HERE)
    one.at(2).sign()
    one.want(between(0.5, 0.5)).notice("opened", says="无人值班")
    one.want(between(1.5, 1.75)).notice("repeated")
    await one.play(6)


# 13
async def test_restarts_repeat_nothing_and_lose_nothing() -> None:
    one = course(bounds={"group_interval": HOUR} )
    one.at(0).post(12, **HERE)
    one.at(0.2).post(12, **THERE)
    for n in range(1, 20):
        one.at(n / 10).restart()
    one.want(between(0, 0)).notice("opened", county="620826")
    one.want(between(0.2, 0.2)).notice("opened", county="620821")
    one.want(between(1.4, 2)).notice("resolved", times=2)
    await one.play(2.5)


async def _flood(after: int, look: int) -> tuple[City, Counter[str], set[str]]:
    """Play a flood of eight alerts in which the watcher dies after so many writes of its first or second look."""
    city = course(bounds={"flood_most": 2, "repeats_most": 0}).city
    for n in range(8):
        city.post(12, topic=f"领域{n}", county="620821")
    unknown: set[str] = set()
    for number in range(2):
        if number == look:
            city.alerts.writes_left, city.notices.writes_left = after // 2, after - after // 2
            with suppress(Unavailable):
                await city.look()
            city.alerts.writes_left = city.notices.writes_left = -1
            unknown = {notice.id for notice, _ in city.notices.all() if notice.state == "sending"}
            city.restart()
        city.clock.forward(minutes=2 * number + 1)
        await city.look()
    await city.wait(timedelta(minutes=4), every=timedelta(minutes=1))
    return city, Counter(notice.id for _, notice in city.phone.got), unknown


@pytest.mark.parametrize("look", [0, 1])
@pytest.mark.parametrize("after", range(0, 48, 3))
async def test_a_kill_amid_a_flood_loses_and_doubles_nothing(after: int, look: int) -> None:
    """Who of equals speaks alone may differ; that everybody is told of, and by how many messages, may not."""
    city, got, unknown = await _flood(after, look)
    kinds = Counter(notice.kind for notice, _ in city.notices.all() if notice.id in got)
    assert kinds == {"opened": 2, "digest": 1}
    assert {id_ for id_, times in got.items() if times > 1} <= unknown
    assert Counter(alert.told_by or "told" for alert in await city.service.alerts()) == {"told": 2, "digest": 6}
    assert {(alert.untold, alert.held) for alert in await city.service.alerts()} == {("", "")}


# 14
async def test_what_one_channel_refuses_is_seen_as_failed_and_another_still_tells() -> None:
    one = course(channels=("wecom", "webhook"))
    one.city.phones[1].refusals = [Refused("errcode 40058")] * 2
    one.at(0).post(12, **HERE)
    one.want(between(0, 0)).notice("opened")
    await one.play(0.5)
    states = {notice.channel: (notice.state, notice.error) for notice, _ in one.city.notices.all()}
    assert states == {"wecom": ("sent", ""), "webhook": ("failed", "errcode 40058")}


# 15
async def test_every_occasion_leaves_a_record_with_its_reason_and_is_counted() -> None:
    one = course(rule(), rule("city", key="topic", least=25), bounds={"flood_most": 2, "repeats_most": 0})
    one.at(0).silence(6, county="620822")
    one.at(0.1).post(12, topic="民政", county="620822")
    for n in range(5):
        one.at(0.2).post(12, topic=f"领域{n}", county="620821")
    one.want(between(0.2, 0.25)).notice("opened", times=2)
    one.want(between(0.25, 0.4)).notice("digest", says="共3条")
    alerts = await one.play(0.6)
    kept = Counter((notice.state, notice.reason) for notice, _ in one.city.notices.all() if notice.kind == "opened")
    assert kept == {
        ("sent", ""): 2, ("suppressed", "silenced"): 1, ("suppressed", "flood"): 3, ("suppressed", "digest"): 3,
    }  # fmt: skip
    assert one.city.counted == {
        ("tell", ""): 2, ("hold", "silenced"): 1, ("hold", "flood"): 3, ("drop", "digest"): 3,
    }  # fmt: skip
    assert Counter(alert.held or alert.told_by or "told" for alert in alerts) == {
        "told": 2, "silenced": 1, "digest": 3,
    }  # fmt: skip


# 16
async def test_what_was_told_together_is_repeated_too_and_goes_higher_up_rather_than_quiet() -> None:
    one = course(bounds={"flood_most": 1, "repeat_every": 2 * HOUR, "repeats_most": 1})
    for half in range(12):
        for n in range(3):
            one.at(half / 2).post(6, topic=f"领域{n}", county="620821")
    one.want(between(0.5, 0.5)).notice("opened")
    one.want(between(0.5, 0.6)).notice("digest", says="共2条")
    one.want(between(2.5, 3)).notice("repeated", times=3)
    one.want(between(4.5, 5.5)).notice("exhausted", times=3)
    assert all(alert.exhausted_at for alert in await one.play(5.5))


# 17
async def test_somebody_outside_sees_that_the_watcher_died() -> None:
    one = course()
    await one.play(1)
    kept = one.city.alerts.kept
    assert kept is not None
    answer = {"hits": {"hits": [{"_source": {"position": kept.until}}]}}
    assert watching(answer, kept.until + 2 * MINUTE, demo=False).well
    assert not watching(answer, kept.until + HOUR, demo=False).well


async def test_a_notice_counts_copies_once_and_names_the_source_that_was_silent() -> None:
    city = City()

    async def gaps(since: int, until: int, source: str) -> tuple[str, ...]:
        assert since < until
        return () if source else ("微博03月02日 08:10起没有来件",)

    city.service.gaps = gaps
    city.post(10, text="城关镇停水三天了，一点消息都没有", topic="城乡建设", county="620826")
    for number in range(6):
        city.post(1, text=f"{'东西南北中前'[number]}街{number}号楼上停水，{number}天没水用了", source="portal")
    await city.look()
    ((_, notice),) = city.phone.got
    assert "共16条，合并转发后7条；来源：" in "\n".join(notice.lines)
    assert "缺口：微博03月02日 08:10起没有来件" in "\n".join(notice.lines)
    assert (await city.only()).distinct == 7
    await city.wait(timedelta(hours=6))
    assert city.said == ["opened", "resolved"]
    assert "缺口：微博" in "\n".join(city.phone.got[-1][1].lines)
