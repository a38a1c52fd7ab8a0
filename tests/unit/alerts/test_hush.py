"""What is told, held and kept back, as plain decisions."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alert import Alert
from alerts.hush import Scene, released, tellings
from alerts.hush_bounds import DAY, HOUR, MINUTE, Bounds, quiet_end
from alerts.manager import DEFAULT, Reason, again
from alerts.silences import Matcher, Silence, about_to_end, made
from alerts.telling import digest_notices
from streams.errors import Rejected

NOON = 1_772_424_000_000
"""2 March 2026, 12:00 in Beijing (ms UTC)."""
NIGHT = NOON + 11 * HOUR


def alert(name: str, **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "id": name, "rule": "concern_grows", "rule_title": "集中反映", "level": "larger", "topic": "城乡建设",
        "county": "620826", "title": "静宁县·城乡建设 集中反映", "reason": "最近2小时共16条。", "opened_at": NOON,
        "updated_at": NOON, "last_firing_at": NOON, "window_from": NOON - HOUR, "window_to": NOON, "value": 16.0,
        "bound": 12.0, "count": 16, "total": 16, "peak": 16.0, "sources": {"hotline": 16}, **fields,
    }  # fmt: skip
    return Alert(**given)


def silence(**fields: Any) -> Silence:
    given: dict[str, Any] = {
        "id": "s", "matchers": (Matcher("county", "=", "620826"),), "made_by": "officer", "reason": "施工已公告",
        "starts": NOON - HOUR, "ends": NOON + HOUR, "made_at": NOON - HOUR, **fields,
    }  # fmt: skip
    return Silence(**given)


def verdicts(
    *alerts: Alert, at: int = NOON, bounds: Bounds = DEFAULT, silences: tuple[Silence, ...] = (),
    standing: tuple[Alert, ...] = (), occasion: Reason = Reason.OPENED,
) -> dict[str, tuple[str, str]]:  # fmt: skip
    found = tellings([(one, occasion) for one in alerts], Scene(bounds, silences, standing, at))
    return {one.alert.id: (one.verdict.what, one.verdict.reason) for one in found}


def test_a_silence_holds_what_it_matches_and_nothing_else() -> None:
    found = verdicts(alert("a"), alert("b", county="620825"), silences=(silence(),))
    assert found == {"a": ("hold", "silenced"), "b": ("tell", "")}


@pytest.mark.parametrize("grave", [{"danger": True}, {"level": "major"}])
def test_neither_danger_nor_a_major_alert_is_ever_hushed(grave: dict[str, Any]) -> None:
    quiet = Bounds(quiet_from="00:00", quiet_until="23:59", flap_times=1)
    city = alert("c", county="", level="major", told_at=NOON - 1)
    found = verdicts(alert("a", flaps=9, **grave), bounds=quiet, silences=(silence(),), standing=(city,))
    assert found == {"a": ("tell", "")}


def test_what_still_fires_when_a_silence_ends_speaks_then_and_what_is_signed_does_not() -> None:
    held = [alert("a", held="silenced"), alert("b", held="silenced", state="acknowledged", county="620825")]
    still, _ = released(held[:1], Scene(DEFAULT, (silence(),), held, NOON))
    assert still == []
    single, digests = released(held, Scene(DEFAULT, (silence(),), held, NOON + HOUR))
    assert {one.alert.id: (one.verdict.what, one.verdict.reason) for one in single} == {
        "a": ("tell", ""), "b": ("drop", "acknowledged"),
    }  # fmt: skip
    assert digests == []


def test_the_citys_alert_mutes_its_counties_until_it_ends() -> None:
    city = alert("city", county="", told_at=NOON - HOUR)
    assert verdicts(alert("a"), standing=(city,)) == {"a": ("hold", "inhibited")}
    held = alert("a", held="inhibited")
    (told,), _ = released([held], Scene(DEFAULT, (), [held], NOON))
    assert (told.verdict.what, told.occasion) == ("tell", Reason.OPENED)


def test_a_grave_alert_mutes_the_share_hint_of_its_key() -> None:
    hint = alert("hint", rule="mostly_negative", level="general", bound=0.8, value=0.9)
    danger = alert("d", topic="", danger=True)
    assert verdicts(hint, standing=(danger,)) == {"hint": ("hold", "inhibited")}


def test_alerts_of_one_group_speak_once_and_say_for_whom() -> None:
    (told, follower) = tellings(
        [(alert("a"), Reason.OPENED), (alert("b", rule="other", level="general"), Reason.OPENED)],
        Scene(DEFAULT, (), (), NOON),
    )
    assert (told.alert.id, [one.id for one in told.others]) == ("a", ["b"])
    assert (follower.verdict.what, follower.verdict.reason) == ("drop", "grouped")


def test_a_group_that_was_just_told_of_waits_its_interval() -> None:
    told = alert("a", told_at=NOON - MINUTE)
    assert verdicts(alert("b", rule="other"), standing=(told,)) == {"b": ("hold", "grouping")}
    assert verdicts(alert("b", rule="other"), standing=(told,), at=NOON + 4 * MINUTE) == {"b": ("tell", "")}


def test_a_less_severe_alert_waits_for_the_morning_and_then_comes_together() -> None:
    held = [alert(name, level="general", county=name, held="quiet_hours", held_until=NOON) for name in "ab"]
    assert verdicts(alert("a", level="general"), at=NIGHT) == {"a": ("hold", "quiet_hours")}
    assert quiet_end(DEFAULT, NIGHT) == NOON + 19 * HOUR
    assert quiet_end(DEFAULT, NOON) == 0
    single, (digest,) = released(held, Scene(DEFAULT, (), held, NOON))
    assert (single, len(digest.members)) == ([], 2)


def test_of_ten_thousand_at_once_only_so_many_go_out_alone_the_gravest_first() -> None:
    many = [alert(f"a{n:05}", topic=f"t{n}") for n in range(10_000)]
    grave = alert("danger", topic="other", danger=True)
    found = verdicts(*many, grave, bounds=Bounds(flood_most=20))
    assert sum(what == "tell" for what, _ in found.values()) == 20
    assert found["danger"] == ("tell", "")
    assert sum(one == ("hold", "flood") for one in found.values()) == 9_981


def test_a_flood_ends_in_one_notice_that_keeps_its_name_over_a_crash() -> None:
    until = NOON + 5 * MINUTE
    held = [alert(f"a{n}", topic=f"t{n}", held="flood", held_until=until) for n in range(100)]
    _, (whole,) = released(held, Scene(DEFAULT, (), held, until))
    _, (rest,) = released(held[50:], Scene(DEFAULT, (), held, until + MINUTE))
    assert (whole.reason, whole.until) == (rest.reason, rest.until)
    assert len(whole.members) == 100


def test_a_summary_goes_higher_up_if_it_holds_what_nobody_signed_for() -> None:
    held = [alert(f"a{n}", topic=f"t{n}", held="flood", held_until=NOON, held_for="repeated") for n in range(3)]
    given_up = [*held, alert("b", held="flood", held_until=NOON, held_for="exhausted")]
    for members, kind in ((held, "digest"), (given_up, "exhausted")):
        (whole,) = released(members, Scene(DEFAULT, (), members, NOON))[1]
        (notice,) = digest_notices(whole, ("email",), at=NOON, rota=(), link="")
        assert (notice.kind, notice.alert) == (kind, "")


def test_what_flaps_is_told_once_and_then_kept_back() -> None:
    assert [verdicts(alert("a", flaps=n))["a"] for n in (2, 3, 4)] == [
        ("tell", ""), ("tell", ""), ("drop", "flapping"),
    ]  # fmt: skip
    assert verdicts(alert("a", flaps=3), occasion=Reason.RESOLVED) == {"a": ("drop", "flapping")}


def test_the_end_is_told_to_nobody_who_did_not_hear_of_the_beginning() -> None:
    assert verdicts(alert("a", held="silenced"), occasion=Reason.RESOLVED) == {"a": ("drop", "never_told")}
    assert verdicts(alert("a", told_by="acknowledged"), occasion=Reason.RESOLVED) == {"a": ("drop", "never_told")}
    assert verdicts(alert("a", told_at=NOON, told_by="grouped"), occasion=Reason.RESOLVED) == {"a": ("tell", "")}
    together = alert("a", told_at=NOON, told_by="digest")
    assert verdicts(together, occasion=Reason.RESOLVED) == {"a": ("drop", "flood_ends")}
    assert verdicts(alert("a", told_at=NOON), occasion=Reason.RESOLVED) == {"a": ("tell", "")}


def test_who_does_not_sign_is_told_again_so_often_and_then_it_goes_higher_up() -> None:
    one = alert("a", told_at=NOON)
    assert again(one, NOON + 4 * HOUR - 1, DEFAULT) is None
    seen = []
    for n in range(1, 6):
        found = again(one, NOON + n * 4 * HOUR, DEFAULT)
        if found is None or found.alert is None:
            break
        seen.append(found.reason)
        one = alert("a", told_at=NOON + n * 4 * HOUR, repeats=found.alert.repeats,
                    exhausted_at=found.alert.exhausted_at)  # fmt: skip
    assert seen == [Reason.REPEATED] * 3 + [Reason.EXHAUSTED]
    assert again(alert("a", told_at=NOON, state="acknowledged"), NOON + DAY, DEFAULT) is None


@pytest.mark.parametrize(
    ("given", "reason", "said"),
    [
        ({}, "施工", "至少填写一个条件"),
        ({"county": ("=", "620826")}, " ", "写明静默的理由"),
        ({"topic": ("~", "(a+)+")}, "施工", "过于复杂"),
        ({"topic": ("~", "[")}, "施工", "写法不对"),
        ({"county": ("=", "620826")}, "请找张三电话13800138000", "个人信息"),
    ],
)
def test_a_silence_without_condition_or_reason_is_refused(
    given: dict[str, tuple[str, str]], reason: str, said: str
) -> None:
    with pytest.raises(Rejected, match=said):
        made(given, made_by="officer", reason=reason, starts=NOON, ends=NOON + HOUR, now=NOON)


def test_a_silence_says_that_it_ends_in_time() -> None:
    one = silence(starts=NOON, ends=NOON + 4 * HOUR)
    assert [about_to_end(one, NOON + n * HOUR // 2) for n in (0, 6, 7, 8)] == [False, False, True, False]
