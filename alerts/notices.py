"""Notices: what a person is told about an alert, in Chinese, so that it fits a phone's first screen.

A notice is stored before it is sent and after; its id comes from the alert, the occasion and the channel, so that doing
it twice is doing it once. Delivery is at least once: a crash between sending and storing sends again, with the same id.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from alerts.alert import LEVELS, Alert
from alerts.evaluate import number
from alerts.manager import OCCASIONS, PERSONAL, REASONS, Reason
from alerts.measured import ended
from alerts.queries import COMPARED
from streams.clock import beijing
from streams.records import SOURCES, digest

State = Literal["pending", "sending", "sent", "suppressed", "failed"]
STATES: dict[str, str] = {
    "pending": "待发送",
    "sending": "发送中",
    "sent": "已送达",
    "suppressed": "未发送（按规则）",
    "failed": "发送失败",
}
SUPPRESSED: dict[str, str] = {
    "backfill": "回放历史数据，不打扰值班人员",
    "never_told": "开始时没有通知成功，平息也不再通知",
    "pending": "观察期内，持续达到报警线才通知",
    "silenced": "已设静默，不通知",
    "inhibited": "范围更大或更严重的预警已在通知，不重复通知",
    "grouped": "同一领域、同一地区的预警已合并在一条通知里",
    "grouping": "等待与同组预警合并通知",
    "quiet_hours": "夜间免打扰，等早上汇总",
    "flood": "短时间内预警过多，等待汇总",
    "digest": "已并入汇总通知",
    "flapping": "反复波动，已通知过一次，不再逐次通知",
    "flood_ends": "平息已并入汇总通知，不再逐条通知",
    "acknowledged": "通知前已有人签收",
    "over": "通知前预警已经平息",
    "renewed": "提醒前已续签或由他人接手",
}
"""Why a notice was not sent on purpose."""
KINDS: dict[str, str] = {
    **{str(reason): REASONS[reason] for reason in OCCASIONS},
    "digest": "汇总",
    "silence_ends": "静默即将结束",
    "drill": "演练",
    "channel_silent": "通知渠道故障",
    "watcher_still": "规则巡查停止",
    "report_failed": "报告未生成或未送达",
}
"""What a notice is about: an alert's occasion, or something over many alerts."""
HELD: dict[str, str] = {
    "pending": "观察中",
    "silenced": "静默中",
    "inhibited": "已由更大范围的预警通知",
    "grouping": "待合并通知",
    "quiet_hours": "待早上汇总",
    "flood": "待汇总",
}
"""Why an alert that stands is not told yet, in few words."""
CHANNELS: dict[str, str] = {
    "console": "控制台",
    "email": "电子邮件",
    "wecom": "企业微信群机器人",
    "wecom_app": "企业微信应用",
    "dingtalk": "钉钉群机器人",
    "feishu": "飞书群机器人",
    "sms": "短信",
    "webhook": "接口推送",
    "all": "全部渠道",
}
ENDED: dict[str, str] = {
    "rule_failed": "规则已恢复判断，中断约{lasted}。",
    "drill_missing": "端到端演练已经走完全程，中断约{lasted}。",
    "ledger_overdue": "逾期的来信都已答复，预警持续{lasted}。",
    "policy_interpretation": "解读已公开，预警持续{lasted}。",
    "nobody_on_duty": "已有人值班，无人值班约{lasted}。",
    "handover_unsigned": "交接班已签字，预警持续{lasted}。",
}
"""What is said at the end of alerts that count no posts, by rule."""
NEXT: dict[Reason, str] = {
    Reason.REMINDED: "下一步：打开控制台续签，或请同事接手。",
    Reason.TAKEN: "下一步：打开控制台查看接手的理由。",
}
"""What to do next, where it isn't to sign."""
GAPS_SAID = 2
SENDING_MS = 60_000
"""After so long a notice that is being sent counts as unknown and is sent again."""


class Notice(Struct, frozen=True, kw_only=True):
    """One notice to one channel and what became of it; times in ms UTC; `lines` are its text.

    done, refused: the pieces (parts or receivers) that were delivered, and the receivers that are none; via: the
    channel that took its own one's place, empty for its own; gave_up: the channels that could not deliver it.
    """

    id: str
    alert: str
    channel: str
    kind: str
    state: State
    at: int
    subject: str
    lines: tuple[str, ...]
    reason: str = ""
    next_at: int = 0
    sent_at: int = 0
    tries: int = 0
    error: str = ""
    to: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    level: str = ""
    via: str = ""
    gave_up: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """The channel it goes by now."""
        return self.via or self.channel


def notice_id(alert: Alert, occasion: Reason, channel: str) -> str:
    """Return a notice's id: opened and resolved once, raised once a level, grew a doubling, repeated a time."""
    part = {
        Reason.RAISED: alert.level,
        Reason.GREW: str(int(math.log2(max(alert.value, 1.0)))),
        Reason.REPEATED: f"{alert.level}-{alert.repeats}-{alert.told_at}",
        Reason.EXHAUSTED: f"{alert.level}-{alert.exhausted_at}",
        Reason.LAPSED: str(alert.told_at),
        Reason.ESCALATED: rung_part(alert),
        Reason.REMINDED: str(alert.signed_at or alert.acknowledged_at),
        Reason.TAKEN: str(alert.signed_at),
    }.get(occasion, "")
    return digest("notice", alert.id, str(occasion), part, channel)


def rung_part(alert: Alert) -> str:
    """Return what tells the notice of one level of an alert's escalation from those of others."""
    told = [rung for rung in alert.ladder if rung.people]
    return f"{told[-1].round}-{told[-1].step}" if told else ""


def first_notice_id(alert: str, channel: str) -> str:
    """Return the id of the notice that told a channel of an alert (by its id) for the first time."""
    return digest("notice", alert, str(Reason.OPENED), "", channel)


def subject(alert: Alert, occasion: Reason) -> str:
    """Return the first line: level, what happened, where and about what."""
    replay = "【历史回放】" if alert.mode == "replay" else ""
    return f"{replay}【{LEVELS[alert.level]}】{REASONS[occasion]}：{alert.title}"


def lines(
    alert: Alert, occasion: Reason, *, link: str, quiet_duty: bool, more: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return a notice's text: how many, since when, why, examples, sources, and what to do next.

    more: what else it speaks for.
    """
    text: list[str] = []
    if alert.danger and occasion is not Reason.RESOLVED:
        text.append("有人说到人身安全，请立即核实；危及生命请同时联系 110、119、120。")
    if occasion is Reason.RESOLVED:
        text.append(_ended(alert))
    else:
        text.append(alert.reason)
    text += [*_standing(alert, occasion), *more]
    text.append(f"开始：{_moment(alert.opened_at)}　最近：{_moment(alert.last_firing_at)}")
    text += _where_from(alert, occasion)
    if occasion is not Reason.RESOLVED:
        shown = 2 if occasion in {Reason.EXHAUSTED, Reason.ESCALATED, *PERSONAL} else None
        text += [f"· {sample.text}" for sample in alert.samples[:shown]]
        if alert.consultation == "proposed":
            text.append("建议会商：请带班领导在控制台确认是否启动会商研判。")
        text.append(NEXT.get(occasion, "下一步：打开控制台签收，核实情况，联系责任单位。"))
    if quiet_duty:
        text.append("注意：排班表上此时无人值班，请尽快安排。")
    if link:
        text.append(link)
    text.append(f"预警编号 {alert.id[:12]}　规则：{alert.rule_title}")
    return tuple(text)


def _where_from(alert: Alert, occasion: Reason) -> list[str]:
    """Say how many with and without copies, by source, and which sources were silent in the window, on one line."""
    parts: list[str] = []
    if alert.distinct and occasion is not Reason.RESOLVED:
        of = f"最近的{COMPARED}条" if alert.count > COMPARED else ""
        parts.append(f"共{alert.count}条，{of}合并转发后{alert.distinct}条")
    if alert.sources:
        named = [f"{SOURCES.get(name, name)}{count}" for name, count in sorted(alert.sources.items())]
        parts.append("来源：" + "、".join(named))
    if alert.gaps:
        more = f"等{len(alert.gaps)}处" if alert.gaps[GAPS_SAID:] else ""
        parts.append(f"缺口：{'，'.join(alert.gaps[:GAPS_SAID])}{more}，数字可能偏少")
    return ["；".join(parts)] if parts else []


def _ended(alert: Alert) -> str:
    """Say how it was: a share in per cent, a count in posts, and of a source that was quiet how long."""
    if alert.rule in ENDED:
        return ENDED[alert.rule].format(lasted=_lasted(alert))
    if alert.measure:
        return ended(alert.measure, alert.peak, _lasted(alert))
    if not alert.peak:
        return f"又收到留言了，中断约{_lasted(alert)}。"
    most = f"{alert.peak:.0%}" if 0 < alert.bound < 1 else f"{number(alert.peak)}条"
    return f"已低于报警线，最多时{most}，持续{_lasted(alert)}。"


def _standing(alert: Alert, occasion: Reason) -> list[str]:
    """Say what a person must know beside the figures: repeats, flaps, and at the end what was answered."""
    text: list[str] = []
    if occasion is Reason.REPEATED and alert.repeats:
        text.append(f"第{alert.repeats}次提醒：还没有人签收。")
    if occasion is Reason.EXHAUSTED:
        text.append(f"已提醒{alert.repeats}次，仍没有人签收，请上级安排。")
    if occasion is Reason.ESCALATED:
        told = [rung for rung in alert.ladder if rung.people][-1:]
        text += [f"{rung.why}：{'、'.join(one.name for one in rung.people)}。" for rung in told]
    if occasion is Reason.REMINDED:
        until = f"{_moment(alert.signed_until)}到期" if alert.signed_until else "即将到期"
        text.append(f"{alert.acknowledged_by}的签收{until}，预警仍未平息。仍在处理请续签；到期后将重新通知值班人员。")
    if occasion is Reason.TAKEN:
        text.append(f"{alert.taken_from}签收的这条预警已由{alert.acknowledged_by}接手，请交接手头情况。")
    if occasion is Reason.OPENED and alert.flaps:
        text.append(f"此前一天内同一预警已出现{alert.flaps}次，属反复波动。")
    if occasion is Reason.RESOLVED:
        if alert.acknowledged_by:
            text.append(f"已由{alert.acknowledged_by}签收。")
        text += [f"处理：{line}" for line in alert.note.splitlines()[-3:]]
        if alert.consultation not in {"", "proposed", "declined"}:
            text.append("已启动会商。")
    return text


def _moment(at: int) -> str:
    return f"{beijing(at):%m月%d日 %H:%M}"


def _lasted(alert: Alert) -> str:
    minutes = max(1, (alert.resolved_at - alert.opened_at) // 60_000)
    if minutes < 120:
        return f"{minutes}分钟"
    hours = minutes // 60
    return f"{hours}小时" if hours < 72 else f"{hours // 24}天"
