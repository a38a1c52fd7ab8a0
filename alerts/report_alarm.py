"""A report that was not made, or did not arrive, is told to the staff by every channel of notices, once.

Judged by what stands stored at each look, so that a stop between a failure and its alarm loses nothing; ids come from
content, so that looking again tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from alerts.channels.base import plain
from alerts.deliveries import Delivery, receiver, state_words
from alerts.notices import Notice
from alerts.reports.kinds import KINDS
from streams.clock import beijing
from streams.records import digest

KIND = "report_failed"


def of_job(title: str, detail: str, at: int, channels: Sequence[str]) -> list[Notice]:
    """Return the notices of a job that failed at a moment (ms UTC): one for each channel, once a day of Beijing."""
    text = (f"{title}没有完成：{plain(detail)[:200]}", "系统每5分钟自动重试；仍不成功时请系统管理员处理。")
    return _notices(f"{title} {beijing(at):%Y-%m-%d}", f"【系统】{title}没有完成", text, at, channels)


def of_delivery(one: Delivery, channels: Sequence[str]) -> list[Notice]:
    """Return the notices of a delivery that failed or is unknown: one for each channel, once."""
    text = (
        f"{KINDS[one.kind].title}（{one.period}）发给{receiver(one)}：{state_words(one)}。{plain(one.error)[:200]}",
        "下一步：请在“报告”页核对收件人是否收到，需要时重新发送。",
    )
    return _notices(f"{one.id} {one.state}", "【系统】报告没有送达", text, one.updated_at, channels)


def _notices(what: str, subject: str, text: tuple[str, ...], at: int, channels: Sequence[str]) -> list[Notice]:
    return [
        Notice(id=digest("notice", KIND, what, channel), alert="", channel=channel, kind=KIND, state="pending", at=at,
               subject=subject, lines=text)
        for channel in channels
    ]  # fmt: skip
