"""Weekly and monthly, page one: what a leader must know, and how far the data can be trusted."""

from __future__ import annotations

from alerts.deadlines import clock_colour, due_at
from alerts.reports.blank import blank_words
from alerts.reports.numbers import in_words, protect, shown, small, span_words
from alerts.reports.overlap import protect_over
from alerts.reports.periods import moment_words
from alerts.reports.sections.demands import source_name, topic_name
from alerts.reports.sections.span_counts import compared
from alerts.reports.span_data import SpanData
from alerts.reports.stages import Stage, percentile
from alerts.reports.tree import Block, Figure, Figures, Note, Paragraph, Section
from alerts.reports.trend import NO_PAST, TOO_FEW_WORDS


def limits_kept(data: SpanData) -> tuple[int, int]:
    """Return how many limits were kept, and how many were due: unmet ones that have passed stay in."""
    colours = [
        clock_colour(one.known_at, due_at(limit, one.known_at), one.met_at(limit), data.made_at)
        for one in data.consultations
        for limit in one.limits
    ]
    return colours.count("met"), sum(colour in {"met", "met_late", "red"} for colour in colours)


def stage(data: SpanData, name: str) -> Stage:
    """Return one stage by its name."""
    return next(one for one in data.stages if one.name == name)


def waited(one: Stage, percent: int) -> str:
    """Return a percentile of a stage in words."""
    if not one.spans and not one.waiting:
        return "—"
    found = percentile(one.spans, one.waiting, percent)
    return "尚未完成" if found is None else _span(found)


def overview(data: SpanData) -> Section:
    """Return 一、概况, with gaps and freshness."""
    blocks: list[Block] = [Paragraph(text=summary(data)), Figures(items=_figures(data))]
    if not data.whole:
        until = moment_words(data.window.end)
        note = f"{data.words[0]}尚未结束，数据截至{until}；比较均取同样长的时段。"
        blocks.append(Note(text=note, warn=True))
    poor = data.gaps or blank_words(data.now.sources) or not data.now.total
    blocks.append(Note(text=_freshness(data), warn=bool(poor)))
    return Section(title=f"{data.words[0]}概况", blocks=tuple(blocks))


def summary(data: SpanData) -> str:
    """Return the report in a few sentences."""
    this, last, _ = data.words
    if not data.now.total:
        text = f"{this}没有收到群众反映。请先核对各渠道接入是否正常（见“数据说明”），不能据此认为没有诉求。"
    else:
        text = f"{this}共收到群众反映{in_words(data.now.total)}，{_compared_words(data, last)}。"
        told = protect_over(data.now.topics)
        known = {key: count for key, count in told.items() if isinstance(count, int) and key not in {"", "其他"}}
        top = sorted(known, key=lambda key: (-known[key], key))[:3]
        if top:
            text += "反映较多的是" + "、".join(f"{topic_name(key)}（{known[key]}条）" for key in top) + "。"
        if data.now.urgent:
            text += f"含紧急求助的{in_words(data.now.urgent)}。"
    opened = data.opened
    major = sum(one.level == "major" for one in opened)
    text += f"新增预警{len(opened)}件，其中重大{major}件。" if opened else f"{this}没有新增预警。"
    kept, due = limits_kept(data)
    if data.consultations:
        text += f"涉及会商{len(data.consultations)}件，到期的回应时限{due}项，按时完成{kept}项。"
    return text


def _compared_words(data: SpanData, last: str) -> str:
    said = compared(data, data.now.days, (data.past.days, data.past), year=False)
    if said == NO_PAST:
        return f"{last}没有数据可比"
    if said == TOO_FEW_WORDS:
        return f"与{last}相比样本过少，不作比较"
    return f"日均与{last}相比{said}"


def _figures(data: SpanData) -> tuple[Figure, ...]:
    now, opened = data.now, data.opened
    kept, due = limits_kept(data)
    danger = protect({"danger": now.danger, "other": max(0, now.urgent - now.danger)})["danger"]
    told = stage(data, "acknowledged")
    over = sum(one.state == "resolved" and not one.acknowledged_at for one in opened)
    signed = f"其中{over}件已平息" if over else f"签收中位{waited(told, 50)}"
    said = ("consultations", f"首次发声中位{waited(stage(data, 'answered'), 50)}")
    daily = f"日均{now.total / max(1, len(now.days)):.0f}条" if now.total >= 30 else ""
    return (
        _posts("posts", "群众反映", now.total, daily),
        _posts("urgent", "紧急求助", now.urgent, f"涉及人身安全{in_words(danger)}"),
        _acts("alerts", "新增预警", len(opened), ("alerts", f"重大{sum(one.level == 'major' for one in opened)}件")),
        _acts("unacknowledged", "未签收预警", told.waiting, ("alerts", signed)),
        _acts("consultations", "涉及会商", len(data.consultations), said),
        Figure(
            name="in_time", label="按时完成时限", value=kept, shown=str(kept), unit="项",
            change=f"到期{due}项" if due else "没有到期的时限", source="consultations",
        ),
    )  # fmt: skip


def _posts(name: str, label: str, number: int, change: str) -> Figure:
    value = None if small(number) else number
    return Figure(name=name, label=label, value=value, shown=shown(number), unit="条", change=change, source="opinions")


def _acts(name: str, label: str, number: int, more: tuple[str, str]) -> Figure:
    source, change = more
    return Figure(name=name, label=label, value=number, shown=str(number), unit="件", change=change, source=source)


def _freshness(data: SpanData) -> str:
    told = protect_over(data.now.sources)
    last = [
        f"{source_name(key)}{moment_words(at)}"
        for key, at in sorted(data.now.last.items())
        if isinstance(told.get(key), int)
    ]
    text = f"各渠道最新一条：{'、'.join(last)}。" if last else "各渠道没有可列的数据。"
    absent = [source_name(key) for key in sorted(data.past.sources) if key not in data.now.sources]
    if absent:
        text += f"{'、'.join(absent)}{data.words[1]}有数据而{data.words[0]}没有，请核对接入。"
    text += blank_words(data.now.sources)
    text += f"数据缺口{len(data.gaps)}处（见“数据说明”），上列数字可能偏低。" if data.gaps else "没有发现数据缺口。"
    return text


def _span(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f}秒" if milliseconds < 60_000 else span_words(milliseconds)
