"""What the page 系统 says of reports: whether they are made, whether they arrive, and whether their templates hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alerts.console.parts import Check, Health
from alerts.deadlines import calendar_years
from alerts.deliveries import Deliveries
from alerts.reports.kinds import KINDS
from alerts.reports.section_titles import SECTIONS
from alerts.reports.settings import ReportSettings
from alerts.reports.template import looked_through
from alerts.schedule import states
from alerts.schedule_jobs import URGENT, jobs
from deploy.report_checks import AHEAD, SOON, known_until
from streams.clock import Clock
from streams.elastic import Elastic
from streams.errors import HuiyingError


def sending(deliveries: Deliveries, clock: Clock) -> Check:
    """Return the check of mailed reports: what failed or is unknown stays in sight for a week."""
    async def check() -> Health:
        try:
            count = await deliveries.trouble(clock.now() - timedelta(days=7))
        except HuiyingError as error:
            return Health("报告发送", False, f"查不到：{error}")
        text = f"近7天有{count}份报告发送失败或不明是否送达，请到“报告”页查看" if count else "近7天没有发送失败"
        return Health("报告发送", not count, text)

    return check


def scheduled(elastic: Elastic, settings: ReportSettings) -> Check:
    """Return the check of the scheduled reports: which job failed, or came too late."""
    async def check() -> Health:
        name = "定时报告"
        if not settings.report_jobs:
            return Health(name, True, "已关闭（HUIYING_REPORT_JOBS）")
        try:
            found = [one for one in await states(elastic, (*jobs(settings), URGENT)) if one.troubled]
        except HuiyingError as error:
            return Health(name, False, f"查不到：{error}")
        said = "；".join(f"{one.title}没有完成：{one.detail}" for one in found)
        return Health(name, not found, said or "正常")

    return check


def calendar(clock: Clock) -> Check:
    """Return the check of the working days: a year whose holidays are not known stops reports and limits."""
    async def check() -> Health:
        last = calendar_years()[-1]
        text = f"节假日安排收录到{last}年"
        if not known_until(clock.now(), AHEAD):
            text += f"；{last + 1}年的安排公布后请系统管理员更新，否则周报、月度报告和工作日时限将停止计算"
        return Health("工作日历", known_until(clock.now(), SOON), text)

    return check


def dressed(settings: ReportSettings) -> Check:
    """Return the check of the reports' templates."""
    async def check() -> Health:
        if not settings.report_templates:
            return Health("报告模板", True, "未设置，按默认样式")
        try:
            found = looked_through(Path(settings.report_templates), {kind: SECTIONS.get(kind, ()) for kind in KINDS})
        except HuiyingError as error:
            return Health("报告模板", False, f"有误，报告暂按默认样式生成，请系统管理员修改：{error}")
        return Health("报告模板", True, f"正常：{'、'.join(found) or '无'}")

    return check
