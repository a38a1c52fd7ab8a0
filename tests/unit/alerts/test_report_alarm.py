"""What was not made or did not arrive is said once a day and once a delivery, in the words of the work."""

from __future__ import annotations

from msgspec.structs import replace
from report_examples import busy_day

from alerts.channels.wecom import WeCom
from alerts.deliveries import Delivery, delivery_id, receiver, state_words
from alerts.report_alarm import of_delivery, of_job
from alerts.reports import daily
from alerts.reports.card import SUMMARY, card

HOUR = 3_600_000
AT = 1_793_500_000_000
ONE = Delivery(
    id=delivery_id("r", "office@example.org", 0), report="r", kind="daily", period="2026-11-01", version=1,
    to="office@example.org", round=0, state="sent", at=AT, updated_at=AT,
)  # fmt: skip


def test_a_job_that_fails_all_day_is_one_notice_for_each_channel() -> None:
    told = [of_job("生成上周舆情周报", f"第{n}次", AT + n * 60_000, ("console", "email")) for n in range(3)]
    assert len({notice.id for notices in told for notice in notices}) == 2
    assert of_job("生成上周舆情周报", "", AT + 24 * HOUR, ("email",))[0].id not in {one.id for one in told[0]}
    assert "生成上周舆情周报没有完成" in told[0][0].subject


def test_a_letter_has_come_as_far_as_the_mail_server_and_a_card_has_arrived() -> None:
    assert (receiver(ONE), state_words(ONE)) == ("office@example.org", "已送达邮件服务器")
    posted = replace(ONE, to="dingtalk")
    assert (receiver(posted), state_words(posted)) == ("钉钉群机器人", "已送达")


def test_unknown_and_failed_are_told_apart() -> None:
    failed, unknown = (of_delivery(replace(ONE, state=state), ("email",))[0] for state in ("failed", "unknown"))
    assert failed.id != unknown.id
    assert "不明：可能已送达" in unknown.lines[0]


def test_a_card_is_one_message_however_long_the_summary() -> None:
    report = daily.compose(busy_day())
    long = replace(report, summary="供水" * 5000)
    one = card(long, "wecom", "https://desk.example.org/", "i")
    assert len(one.lines[0]) == SUMMARY
    assert len(WeCom("http://127.0.0.1:9").pieces(one)) == 1
    assert one.lines[-1] == f"https://desk.example.org/reports/{report.id}"
    assert card(report, "wecom", "https://desk.example.org", "i").lines[0] == report.summary
