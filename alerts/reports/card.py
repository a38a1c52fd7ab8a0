"""A finished report as a card for a group's robot: its title, its summary and the link to it; never a file.

The answer of the robot's platform is delivery. What broke off after the card left may have arrived: it is unknown.
"""

from __future__ import annotations

from alerts.channels.base import Channel
from alerts.channels.web import Unanswered
from alerts.notices import Notice
from alerts.reports.mailing import Unknown
from alerts.reports.tree import Report
from streams.errors import Refused

ROBOTS = ("wecom", "dingtalk", "feishu")
"""Channels that take cards: groups of people who may open the console."""
SUMMARY = 500
"""Longest summary of a card, in characters: a card is one message of every platform, and never two."""


def card(report: Report, robot: str, link: str, id_: str) -> Notice:
    """Return a report's card. link: where people open the console."""
    mark = f"（{report.mark}）" if report.mark else ""
    said = report.summary if len(report.summary) <= SUMMARY else f"{report.summary[: SUMMARY - 1]}…"
    return Notice(
        id=id_, alert="", channel=robot, kind="report", state="sending", at=report.made_at,
        subject=f"{report.title} {report.subtitle}{mark}"[:150],
        lines=(said, f"第{report.version}版，全文和附件请登录查看：", f"{link.rstrip('/')}/reports/{report.id}"),
    )  # fmt: skip


async def post(robot: Channel, notice: Notice) -> None:
    """Give a card to a robot.

    Raises Unavailable (surely not delivered: try again), Refused (never will be) or Unknown (don't send it again).
    """
    pieces = robot.pieces(notice)
    if len(pieces) != 1:
        raise Refused(f"a card must be one message, not {len(pieces)}")
    try:
        await robot.send(notice, pieces[0])
    except Unanswered as error:
        raise Unknown(f"对方没有答复，可能已送达：{error}") from error
