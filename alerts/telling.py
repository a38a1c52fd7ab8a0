"""From a decision to notices: who is told by which channel, in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from alerts.alert import LEVELS, Alert
from alerts.duty import Shift
from alerts.duty_now import on_duty
from alerts.hush import Digest
from alerts.manager import Reason
from alerts.notices import GAPS_SAID, Notice, lines, notice_id, subject
from alerts.reaching import owner, receivers, ways
from alerts.rota import Rota
from analyzers.places import county_name
from streams.clock import from_ms
from streams.records import SOURCES, digest

SHOWN = 5


def notices(
    alert: Alert,
    occasion: Reason,
    channels: Sequence[str],
    *,
    rota: tuple[Shift, ...] | Rota,
    link: str,
    suppressed: str = "",
    others: Sequence[Alert] = (),
    at: int = 0,
) -> list[Notice]:
    """Return the notices of an occasion, one for each channel, or a single one that says why nobody is told.

    link: address of the console, empty for none; suppressed: a key of `alerts.notices.SUPPRESSED`; others: the group
    that it speaks for; at: when it is told (ms UTC), else when the alert changed.
    """
    at = at or alert.updated_at
    on = on_duty(rota, from_ms(at))
    text = lines(
        alert, occasion, link=f"{link}/alerts/{alert.id}" if link else "", quiet_duty=bool(rota) and on.empty,
        more=together(others, alert),
    )
    own = owner(alert, occasion, rota)
    return [
        Notice(
            id=notice_id(alert, occasion, channel if suppressed in {"", "backfill"} else f"{channel}-{suppressed}"),
            alert=alert.id,
            channel=channel,
            kind=str(occasion),
            state="suppressed" if suppressed else "pending",
            reason=suppressed,
            at=at,
            subject=subject(alert, occasion),
            lines=text,
            to=receivers(channel, (alert, *others), occasion, rota, at),
            level=alert.level,
        )
        for channel in (("all",) if suppressed else ways(channels, own, rota))
    ]


def together(others: Sequence[Alert], leader: Alert) -> tuple[str, ...]:
    """Return the lines by which a notice speaks for its group's other alerts: what they are, and how many sources."""
    if not others:
        return ()
    sources = {name for alert in (leader, *others) for name in alert.sources}
    rest = len(others) - SHOWN
    more = [f"另有{rest}条同组预警。"] if rest > 0 else []
    if leader.state == "resolved":
        return (*(f"同时平息：{alert.title}。" for alert in others[:SHOWN]), *more)
    titles = [f"同组预警：{alert.title}。{alert.reason}" for alert in others[:SHOWN]]
    return (*titles, *more, f"合计来自{len(sources)}个渠道。")


def digest_id(reason: str, until: int, channel: str) -> str:
    """Return the id of the one notice over alerts that were held for a reason until a moment (ms UTC)."""
    return digest("notice", "digest", reason, str(until), channel)


def digest_notices(
    found: Digest, channels: Sequence[str], *, at: int, rota: tuple[Shift, ...] | Rota, link: str
) -> list[Notice]:
    """Return one notice a channel over many alerts: how many of which level, topic and county, the gravest by name.

    Its id comes from why and until when they were held, so that storing it twice is storing it once.
    """
    on = on_duty(rota, from_ms(at))
    members = found.members
    occasion = Reason.REPEATED if found.tellings else Reason.RESOLVED
    kind = str(Reason.EXHAUSTED) if any(one.held_for == Reason.EXHAUSTED for one in members) else "digest"
    over = found.tellings == []
    dangers = 0 if over else sum(alert.danger for alert in members)
    why = {"flood": "短时间内预警过多，以下合并通知。", "quiet_hours": "夜间免打扰期间的预警，以下汇总。"}
    text = [
        *(["其中有人说到人身安全，请立即核实；危及生命请同时联系110、119、120。"] if dangers else []),
        f"{why.get(found.reason, '以下预警已平息，这几分钟内平息的其余预警不再逐条通知。')}共{len(members)}条"
        + (f"，涉及人身安全{dangers}条。" if dangers else "。"),
        "级别：" + _counted([LEVELS[alert.level] for alert in members]),
        "领域：" + _counted([alert.topic or "不分领域" for alert in members]),
        "县区：" + _counted([county_name(alert.county) if alert.county else "全市" for alert in members]),
        "渠道：" + _counted([SOURCES.get(name, name) for alert in members for name in sorted(alert.sources)]),
        *_gaps(members),
        *(f"· {alert.title}" + ("" if over else f"：{alert.reason}") for alert in members[:3]),
        *([] if over else ["下一步：打开控制台逐条签收，先看人身安全和级别高的。"]),
        *(["注意：排班表上此时无人值班，请尽快安排。"] if rota and on.empty else []),
        *([f"{link}/alerts?state={'resolved' if over else 'firing'}"] if link else []),
    ]
    said = f"{len(members)}条预警{'已平息' if over else ''}：{members[0].title}{'等' if len(members) > 1 else ''}"
    return [
        Notice(
            id=digest_id(found.reason, found.until, channel), alert="", channel=channel, kind=kind, state="pending",
            at=at, subject=f"【汇总】{said}", lines=tuple(text), to=receivers(channel, members, occasion, rota, at),
        )
        for channel in channels
    ]  # fmt: skip


def _gaps(members: Sequence[Alert]) -> list[str]:
    """Return the line that names the sources which were silent in any of the alerts' windows."""
    gaps = list(dict.fromkeys(gap for alert in members for gap in alert.gaps))
    more = f"等{len(gaps)}处" if gaps[GAPS_SAID:] else ""
    return [f"缺口：{'，'.join(gaps[:GAPS_SAID])}{more}，数字可能偏少"] if gaps else []


def _counted(names: Sequence[str]) -> str:
    counted = Counter(names).most_common()
    said = "、".join(f"{name}{count}" for name, count in counted[:SHOWN])
    return said + (f"等{len(counted)}项" if len(counted) > SHOWN else "") if counted else "无"
