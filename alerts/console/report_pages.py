"""报告: the list, reading one, and taking it away as a file. Both are written to the history."""

from __future__ import annotations

import asyncio
from datetime import date
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from alerts.console import gates
from alerts.console.security import Asked
from alerts.console.view import bare, onward, page
from alerts.deliveries import receiver, state_words
from alerts.reach import limited, sees_consultation
from alerts.reports.kinds import FORMS, KINDS, filename, render
from alerts.reports.periods import parse_day
from alerts.reports.render_html import html_body
from streams.clock import beijing
from streams.errors import Misconfigured

DOWNLOADS: dict[str, str] = {"docx": "Word 文档", "pdf": "PDF 文件", "xlsx": "Excel 附表", "html": "网页文件"}


async def listing(asked: Asked) -> Response:
    """Show the reports there are, newest first, and the form to make one."""
    wanted = kind if (kind := asked.request.query_params.get("kind", "")) in KINDS else ""
    reports = await asked.parts.reports.latest(wanted)
    if limited(asked.who):
        seen = {c.id for c in await asked.parts.consultations.list() if sees_consultation(asked.who, c)}
        reports = [one for one in reports if gates.about_matter(one.kind) and one.period in seen]
    today = beijing(asked.now).date()
    return page(
        asked, "reports.html", reports=reports, KINDS={key: kind.title for key, kind in KINDS.items()},
        OF_DAYS=[key for key, kind in KINDS.items() if kind.of_day is not None],
        latest=today.isoformat(), DOWNLOADS=DOWNLOADS, wanted=wanted, error="",
    )  # fmt: skip


async def open_report(asked: Asked) -> Response:
    """Show one report as it will be printed, inside the console."""
    report = await asked.parts.reports.report(asked.path("id"))
    if report is None:
        return _missing()
    await asked.saw("reports.view", report.id, [str(report.version)])
    text = await asyncio.to_thread(html_body, report)  # charts take up to a second to draw
    return page(
        asked, "report.html", report=report, DOWNLOADS=DOWNLOADS, receiver=receiver, state_words=state_words,
        body=Markup(text),  # noqa: S704 - our renderer escapes  # nosec B704
        deliveries=await asked.parts.reports.deliveries(report.id),
    )  # fmt: skip


async def send_again(asked: Asked) -> Response:
    """Have a report mailed again to the list, in the name of who asked for it."""
    report = await asked.parts.reports.report(asked.path("id"))
    if report is None:
        return _missing()
    count = await asked.parts.reports.send_again(report.id, asked.who.username, asked.parts.clock.now())
    if not count:
        return bare(
            "没有发送", "还没有设置收件人（HUIYING_REPORT_MAIL_TO）或群机器人，请联系管理员。", 400,
            back=f"/reports/{report.id}", back_text="返回报告",
        )  # fmt: skip
    await asked.note("reports.sent", report.id, {"period": report.period, "version": report.version, "shown": count})
    return onward(f"/reports/{report.id}?done=sent")


async def download(asked: Asked) -> Response:
    """Answer a report as a file."""
    form = asked.path("form")
    report = await asked.parts.reports.report(asked.path("id"))
    if report is None or form not in FORMS:
        return _missing()
    await asked.note("reports.export", report.id, {"form": form, "version": report.version})
    data = await asyncio.to_thread(render, report, form)
    name = quote(filename(report, form))
    return Response(
        data,
        media_type=FORMS[form][1],
        headers={"content-disposition": f"attachment; filename=\"report.{form}\"; filename*=UTF-8''{name}"},
    )


async def make(asked: Asked) -> Response:
    """Make the report that a day lies in again, as of now; the one before stays as its earlier version."""
    kind = KINDS.get(name := asked.form.get("kind", "daily"))
    if kind is not None and kind.of_day is None:
        return await _about_matter(asked, name)
    if limited(asked.who):
        return await _far(asked, gates.whole_city(asked.who))
    try:
        day = parse_day(asked.form.get("day", ""))
    except Misconfigured:
        day = date.max
    if day > beijing(asked.now).date() or kind is None or kind.of_day is None:
        return bare("没有生成", "请选择今天或以前的日期。", 400, back="/reports", back_text="返回报告")
    report = await asked.parts.reports.make(name, kind.of_day(day), asked.parts.clock.now())
    await asked.note("reports.made", report.id, {"kind": name, "period": report.period, "version": report.version})
    return onward(f"/reports/{report.id}")


async def _far(asked: Asked, why: str) -> Response:
    """Refuse what is out of reach, and write it down."""
    await asked.note("access.refused", "reports.make", {"path": "POST /reports/daily", "reason": why})
    return bare("没有权限", why, 403, back="/reports", back_text="返回报告")


async def _about_matter(asked: Asked, kind: str) -> Response:
    """Make a report on one consultation."""
    matter = asked.form.get("matter", "")
    back = {"back": f"/consultations/{quote(matter)}", "back_text": "返回会商"}
    if why := await gates.consultation(asked.parts, asked.who, matter, acts=False):
        return await _far(asked, why)
    try:
        report = await asked.parts.reports.make(kind, matter, asked.parts.clock.now())
    except Misconfigured:
        return bare("没有生成", "没有这件会商，或等级不是重大以上（快报只用于已确认的重大事件）。", 400, **back)
    await asked.note("reports.made", report.id, {"kind": kind, "period": report.period, "version": report.version})
    return onward(f"/reports/{report.id}")


def _missing() -> Response:
    return bare("没有这份报告", "它可能还没有生成，或地址写错了。", 404, back="/reports", back_text="返回报告")
