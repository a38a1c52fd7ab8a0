"""What a person reads on a phone, and ids that make telling twice telling once."""

from __future__ import annotations

import msgspec
import pytest

from alerts.alert import LEVELS, Alert, Sample
from alerts.manager import OCCASIONS, Reason
from alerts.notices import first_notice_id, lines, notice_id, subject
from alerts.telling import notices

replace = msgspec.structs.replace
AT = 1_772_413_200_000
"""2 March 2026, nine in the morning in Beijing."""
ALERT = Alert(
    id="a1b2c3d4e5f6a7b8", rule="concern_grows", rule_title="集中反映", level="larger",
    topic="城乡建设", county="620826",
    title="静宁县·城乡建设 集中反映", reason="最近2小时共16条不同留言，平时同样时长约1条，是平时的16倍；报警线12条。",
    opened_at=AT, updated_at=AT, last_firing_at=AT, window_from=AT - 7_200_000, window_to=AT, value=16.0, bound=12.0,
    usual=1.0, count=16, total=16, peak=16.0, noticed=16.0, sources={"portal": 5, "hotline": 11},
    samples=tuple(Sample(id=str(n), text="字" * 120, source="portal", posted_at=AT) for n in range(3)),
)  # fmt: skip
TOLD = sorted(OCCASIONS)


def text(alert: Alert, occasion: Reason = Reason.OPENED, *, quiet_duty: bool = False) -> str:
    return "\n".join(lines(alert, occasion, link="http://console/alerts/a1b2", quiet_duty=quiet_duty))


@pytest.mark.parametrize("occasion", TOLD)
def test_a_notice_fits_a_phones_first_screen(occasion: Reason) -> None:
    """At most twelve lines, and with the longest samples within one WeCom card (4,096 bytes)."""
    gaps = ("微博03月01日 22:10起没有来件", "政府门户03月01日 22:10至03月02日 07:30没有来件", "论坛没有来件")
    grave = replace(ALERT, level="major", consultation="proposed", danger=True, resolved_at=AT, distinct=9, gaps=gaps)
    told = lines(grave, occasion, link="http://console/alerts/a1b2", quiet_duty=True)
    assert len(told) <= 12
    assert len((subject(grave, occasion) + "\n".join(told)).encode()) < 4096


@pytest.mark.parametrize(("level", "name"), LEVELS.items())
def test_the_first_line_says_how_grave_what_where_and_about_what(level: str, name: str) -> None:
    alert = msgspec.convert({**msgspec.to_builtins(ALERT), "level": level}, Alert)
    assert subject(alert, Reason.OPENED) == f"【{name}】新预警：静宁县·城乡建设 集中反映"


def test_it_says_how_many_since_when_where_from_what_people_wrote_and_what_to_do() -> None:
    told = text(ALERT)
    for words in ("16条", "报警线12条", "03月02日 09:00", "12345热线11、政府门户5", "· 字字", "下一步", "a1b2c3d4e5f6"):
        assert words in told
    assert told.count("· ") == 3


def test_it_says_how_many_with_and_without_copies_and_which_sources_were_silent() -> None:
    gapped = replace(ALERT, distinct=9, gaps=("微博03月02日 08:10起没有来件",))
    told = text(gapped)
    assert "共16条，合并转发后9条；来源：" in told
    assert "缺口：微博03月02日 08:10起没有来件，数字可能偏少" in told
    many = text(replace(gapped, count=812, distinct=301))
    assert "共812条，最近的500条合并转发后301条" in many
    over = text(replace(gapped, state="resolved", resolved_at=AT + 3_600_000), Reason.RESOLVED)
    assert "缺口：微博" in over
    assert "合并转发" not in over
    assert "缺口" not in text(ALERT)


def test_danger_comes_first_with_whom_to_call() -> None:
    told = lines(replace(ALERT, danger=True), Reason.OPENED, link="", quiet_duty=False)
    assert "110、119、120" in told[0]


def test_the_end_says_how_large_and_how_long_it_was_and_quotes_nobody() -> None:
    ended = replace(ALERT, state="resolved", resolved_at=AT + 5 * 3_600_000, peak=41.0)
    told = text(ended, Reason.RESOLVED)
    assert "最多时41条，持续5小时" in told
    assert "· 字" not in told
    assert "下一步" not in told


@pytest.mark.parametrize(("minutes", "said"), [(0, "1分钟"), (90, "90分钟"), (300, "5小时"), (72 * 60, "3天")])
def test_how_long_it_was_is_said_in_fitting_units(minutes: int, said: str) -> None:
    assert f"持续{said}" in text(replace(ALERT, resolved_at=AT + minutes * 60_000), Reason.RESOLVED)


def test_a_share_that_ended_is_said_in_per_cent() -> None:
    share = replace(ALERT, value=0.9, bound=0.8, peak=0.925, resolved_at=AT)
    assert "最多时92%" in text(share, Reason.RESOLVED)


def test_a_source_that_came_back_is_said_so() -> None:
    quiet = replace(ALERT, value=0.0, bound=6.0, peak=0.0, resolved_at=AT + 3 * 3_600_000)
    assert "又收到留言了，中断约3小时" in text(quiet, Reason.RESOLVED)


def test_nobody_on_duty_and_a_proposed_consultation_are_said() -> None:
    assert "无人值班" in text(ALERT, quiet_duty=True)
    assert "建议会商" in text(replace(ALERT, consultation="proposed"))
    assert "建议会商" not in text(replace(ALERT, consultation="declined"))


def test_a_replays_notice_says_so_first() -> None:
    assert subject(replace(ALERT, mode="replay"), Reason.OPENED).startswith("【历史回放】【较大】")


def test_ids_are_by_alert_occasion_channel_and_once_a_level_and_once_a_doubling() -> None:
    assert notice_id(ALERT, Reason.OPENED, "email") == notice_id(replace(ALERT, value=99.0), Reason.OPENED, "email")
    assert notice_id(ALERT, Reason.OPENED, "email") == first_notice_id(ALERT.id, "email")
    raised = {notice_id(replace(ALERT, level=level), Reason.RAISED, "email") for level in ("larger", "major")}
    grew = {notice_id(replace(ALERT, value=value), Reason.GREW, "email") for value in (16.0, 31.0, 32.0, 63.0, 64.0)}
    assert (len(raised), len(grew)) == (2, 3)
    every = {notice_id(ALERT, occasion, channel) for occasion in TOLD for channel in ("email", "wecom")}
    assert len(every) == 2 * len(TOLD)


def test_notices_are_one_for_each_channel_or_one_that_says_why_there_are_none() -> None:
    told = notices(ALERT, Reason.OPENED, ["console", "email"], rota=(), link="http://console")
    assert [(one.channel, one.state, one.reason) for one in told] == [
        ("console", "pending", ""),
        ("email", "pending", ""),
    ]
    (kept,) = notices(ALERT, Reason.OPENED, ["console", "email"], rota=(), link="", suppressed="backfill")
    assert (kept.channel, kept.state, kept.reason) == ("all", "suppressed", "backfill")
