"""The first section: what a leader must know in half a minute."""

from __future__ import annotations

from alerts.reports.day import DayData
from alerts.reports.numbers import change_words, in_words, protect, shown, small
from alerts.reports.periods import clock_words
from alerts.reports.sections.acknowledged import AlertsOfDay
from alerts.reports.sections.consulted import ConsultationsOfDay
from alerts.reports.sections.coverage import gaps
from alerts.reports.sections.demands import topic_name
from alerts.reports.tree import Block, Figure, Figures, Note, Paragraph, Section


def overview(data: DayData) -> Section:
    """Return 一、当日概况."""
    alerts, consultations = AlertsOfDay.of(data), ConsultationsOfDay.of(data)
    blocks: list[Block] = [Paragraph(text=summary(data)), Figures(items=_figures(data, alerts, consultations))]
    if not data.whole:
        until = clock_words(data.window.end, data.day)
        blocks.append(Note(text=f"本日尚未结束，数据截至{until}；与前一日的比较取同一时段。", warn=True))
    missing = gaps(data)
    if missing:
        blocks.append(Note(text="".join(missing) + "上列数字可能偏低。", warn=True))
    return Section(title="当日概况", blocks=tuple(blocks))


def summary(data: DayData) -> str:
    """Return the brief in three or four sentences."""
    day = f"{data.day.month}月{data.day.day}日"
    alerts, consultations = AlertsOfDay.of(data), ConsultationsOfDay.of(data)
    parts = [_posts_sentence(data, day), *_alert_sentences(alerts)]
    if consultations.open or consultations.overdue:
        late = f"，其中{consultations.overdue}件已超过回应时限" if consultations.overdue else "，均在回应时限内"
        parts.append(f"会商在办{consultations.open}件{late}。")
    else:
        parts.append("没有在办的会商。")
    return "".join(parts)


def _posts_sentence(data: DayData, day: str) -> str:
    today = data.today
    if not today.total:
        return f"{day}没有收到群众反映。请先核对各渠道接入是否正常（见“数据说明”），不能据此认为没有诉求。"
    text = f"{day}共收到群众反映{in_words(today.total)}"
    text += f"，{change_words(today.total, data.past.total)}。" if data.past.total else "（前一日没有数据可比）。"
    topics = protect(today.topics)
    told = {key: value for key, value in topics.items() if isinstance(value, int) and key not in {"", "其他"}}
    top = sorted(told, key=lambda key: (-told[key], key))[:3]
    if top:
        text += "反映较多的是" + "、".join(f"{topic_name(key)}（{told[key]}条）" for key in top) + "。"
    counties = {k: v for k, v in protect(today.counties).items() if isinstance(v, int) and k}
    if counties:
        most = min(counties, key=lambda key: (-counties[key], key))
        text += f"写明地点的反映中，{data.county(most)}最多（{counties[most]}条）。"
    if today.urgent:
        text += f"含紧急求助的{in_words(today.urgent)}。"
    return text


def _alert_sentences(alerts: AlertsOfDay) -> list[str]:
    if not alerts.opened:
        return ["当日没有新增预警。"] if not alerts.waiting else [f"当日没有新增预警，此前{alerts.waiting}件仍未签收。"]
    text = f"新增预警{alerts.opened}件"
    if alerts.major:
        text += f"，其中重大{alerts.major}件"
    told = [f"未签收{alerts.waiting}件"] if alerts.waiting else []
    told += [f"没有人签收即已平息{alerts.unsigned}件"] if alerts.unsigned else []
    return [f"{text}；{'，'.join(told)}。" if told else f"{text}，均已签收。"]


def _figures(data: DayData, alerts: AlertsOfDay, consultations: ConsultationsOfDay) -> tuple[Figure, ...]:
    today, past = data.today, data.past
    compared = change_words(today.total, past.total) if past.total else "前一日无数据"
    danger = protect({"danger": today.danger, "other": max(0, today.urgent - today.danger)})["danger"]
    busy = consultations
    return (
        _count("posts", "群众反映", today.total, compared),
        _count("urgent", "紧急求助", today.urgent, f"涉及人身安全{in_words(danger)}"),
        _plain(("alerts", "新增预警"), alerts.opened, f"重大{alerts.major}件", "alerts"),
        _plain(("waiting", "未签收预警"), alerts.waiting + alerts.unsigned, _signed_words(alerts), "alerts"),
        _plain(("consultations", "在办会商"), busy.open, f"当日办结{busy.closed}件", "consultations"),
        _plain(("overdue", "超时未回应"), busy.overdue, "按会商时限", "consultations"),
    )


def _signed_words(alerts: AlertsOfDay) -> str:
    return f"其中{alerts.unsigned}件已平息" if alerts.unsigned else alerts.speed


def _count(name: str, label: str, number: int, change: str) -> Figure:
    """Return a figure that counts what people wrote: suppressed when small."""
    value = None if small(number) else number
    return Figure(name=name, label=label, value=value, shown=shown(number), unit="条", change=change, source="opinions")


def _plain(names: tuple[str, str], number: int, change: str, source: str) -> Figure:
    """Return a figure that counts our own acts, which are not suppressed."""
    name, label = names
    return Figure(name=name, label=label, value=number, shown=str(number), unit="件", change=change, source=source)
