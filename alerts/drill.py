"""The drill (演练): a marked notice by every channel, the fallbacks too, and the word whether each came through.

Of the whole chain (`alerts.drill_chain`) or of the channels alone. It goes the way every notice goes: stored, sent by
the watcher, judged by the receiver's answer. What does not come through pages by itself, for a channel that gave up a
notice or lets it wait is told of (`alerts.channel_health`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from msgspec import Struct

from alerts.notices import CHANNELS, STATES, Notice
from alerts.outbox import Outbox
from alerts.schedule_job import Job, Work
from streams.clock import beijing, ms
from streams.errors import Misconfigured
from streams.records import digest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "mon-fri", "*")
ASK_EVERY = 0.5


class Came(Struct, frozen=True, kw_only=True):
    """What became of a channel's drill: whether it came through by the channel itself, and one Chinese line."""

    channel: str
    well: bool
    text: str


def drill(channels: Sequence[str], at: int, *, took: int | None = None) -> list[Notice]:
    """Return the drill's notices, one for each channel. at: when it is held, ms UTC.

    took: seconds that a test post took through the whole chain, None for a drill that begins at the notice.
    """
    names = "、".join(CHANNELS[name] for name in channels)
    chain = "" if took is None else f"演练留言已走完接收、处理、入库、规则全程，到形成通知用时{took}秒。"
    text = (
        f"这是一次{'通知渠道' if took is None else '端到端'}演练，不是预警，无需处置。{chain}",
        f"演练时间：{beijing(at):%m月%d日 %H:%M}",
        f"应收到的渠道：{names}。",
        "如有渠道没有收到，请告知系统管理员。",
    )
    return [
        Notice(id=digest("notice", "drill", str(at), name), alert="", channel=name, kind="drill", state="pending",
               at=at, subject=f"【演练】{'通知渠道' if took is None else '端到端'}检查：{CHANNELS[name]}", lines=text)
        for name in channels
    ]  # fmt: skip


def came(notice: Notice) -> Came:
    """Say what became of one of the drill's notices; one that another channel had to deliver is not well."""
    well = notice.state == "sent" and not notice.via and not notice.refused
    said = STATES[notice.state]
    if notice.via:
        said += f"，由{CHANNELS[notice.via]}代发"
    return Came(channel=notice.channel, well=well, text=said + (f"（{notice.error}）" if notice.error else ""))


async def held(
    outbox: Outbox, at: int, seconds: float, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    begun: bool = False,
) -> list[Came]:  # fmt: skip
    """Hold a drill and wait until all came through or failed, so many seconds at most. Raises Unavailable.

    begun: it began with a test post at that moment, and the watcher makes the notices when that is back.
    """
    notices = drill(outbox.every, at)
    if not begun:
        await outbox.add(notices)
    waited = 0.0
    while True:
        found = [await outbox.notices.get(notice.id) for notice in notices]
        if waited >= seconds or all(one and one.state in {"sent", "failed"} for one in found):
            lost = "演练留言没有走完全程：请看接收、处理和规则巡查是否都在运行"
            return [
                came(one) if one else Came(channel=notice.channel, well=False, text=lost)
                for one, notice in zip(found, notices, strict=True)
            ]
        await pause(ASK_EVERY)
        waited += ASK_EVERY


def job(begin: Callable[[int], Awaitable[object]], days: str) -> Job:
    """Return the scheduled drill: at ten past nine on these weekdays. Raises Misconfigured for a day that is none.

    begin: begins a drill of the whole chain at a moment (ms UTC).
    """
    if days not in DAYS:
        raise Misconfigured(f"HUIYING_NOTICE_DRILL must be one of {', '.join(DAYS)} or empty, not {days!r}")

    async def run(work: Work) -> str:
        await begin(ms(work.now))
        return "已发出演练留言，走完全程后由各渠道通知"

    late, first = timedelta(hours=2), timedelta(minutes=1)  # a system that was just set up has missed no drill
    return Job(id="drill", title="端到端演练", hour=9, minute=10, weekdays=days, run=run, grace=late, first=first)
