"""效果评估, page one: were people answered, how soon, was it solved; and how far the data can be trusted."""

from __future__ import annotations

from alerts.reports.blank import blank_words
from alerts.reports.effect_counts import RATES, Effect
from alerts.reports.effect_data import EffectData
from alerts.reports.effect_span import is_month
from alerts.reports.numbers import LEAST, at_least, in_words, protect, share, shown, small, span_words
from alerts.reports.periods import DAY_MS, HOUR_MS, moment_words
from alerts.reports.rates import Rate
from alerts.reports.sections.demands import source_name
from alerts.reports.stages import Stage, percentile
from alerts.reports.tree import Block, Figure, Figures, Note, Paragraph, Section

HEADLINE = ("answered", "in_time", "solved", "reopened")
NEVER = (
    "本评估只看问题是否得到答复和解决。情感变化、负面占比、批评意见多少、话题排名升降都不作为成效，未列入；"
    "反映数量减少不等于问题解决。"
)


def overview(data: EffectData) -> Section:
    """Return 一、总体情况, with gaps and freshness."""
    blocks: list[Block] = [Paragraph(text=summary(data)), Figures(items=figures(data))]
    if not data.whole:
        note = f"评估时段尚未结束，数据截至{moment_words(data.window.end)}；比较均取同样长的时段。"
        blocks.append(Note(text=note, warn=True))
    poor = data.gaps or blank_words(data.posts.sources) or not data.posts.total
    blocks.append(Note(text=freshness(data), warn=bool(poor)))
    blocks.append(Note(text=f"台账办理情况的截止时间为{moment_words(data.now.cut)}，此后的办理不计入。{NEVER}"))
    return Section(title="总体情况", blocks=tuple(blocks))


def rate_words(rate: Rate) -> str:
    """Return a share as it may be shown: of fewer than 5 there is none."""
    return share(rate.part, rate.whole)


def cases_words(count: int) -> str:
    """Return a count of items in a sentence."""
    return in_words(count).replace("条", "件")


def received_words(effect: Effect) -> str:
    """Return how many items came in: in steps of 5 where the difference to the valid ones beside it would be small."""
    if small(effect.received - effect.valid) and effect.valid:
        return at_least(effect.received).replace("条", "件")
    return cases_words(effect.received)


def waited(stage: Stage, percent: int) -> str:
    """Return a percentile of a stage in words; none for fewer than 5 items."""
    if len(stage.spans) + stage.waiting < LEAST:
        return "—"
    found = percentile(stage.spans, stage.waiting, percent)
    if found is None:
        return "尚未完成"
    # from a day on minutes say nothing and take a line
    return span_words(found if found < DAY_MS else round(found / HOUR_MS) * HOUR_MS)


def stage_of(data: EffectData, name: str) -> Stage:
    """Return a stage of the ledger's clock."""
    effect = data.now.whole
    return Stage(name=name, label=name, spans=tuple(effect.spans[name]), waiting=effect.waiting[name])


def summary(data: EffectData) -> str:
    """Return the report in a few sentences."""
    effect = data.now.whole
    if not effect.received and not effect.due:
        return (
            "评估时段内台账没有收到需要答复的件，也没有到期的件。"
            "请先核对各渠道接入和台账是否启用（见“数据说明”），不能据此认为没有诉求。"
        )
    text = f"收到{received_words(effect)}，有效{cases_words(effect.valid)}，"
    text += f"答复率{rate_words(effect.rate('answered'))}。"
    text += f"本期到期{cases_words(effect.due)}，按时答复率{rate_words(effect.rate('in_time'))}"
    text += f"，其中至今逾期未答复{cases_words(effect.overdue)}。" if effect.overdue else "，没有逾期未答复的。"
    first = stage_of(data, "first_reply")
    if len(first.spans) + first.waiting >= LEAST:
        most = waited(first, 90)
        text += f"首次答复用时中位{waited(first, 50)}，"
        text += "截止时一成以上还没有首次答复。" if most == "尚未完成" else f"九成在{most}以内。"
    if effect.contacted >= LEAST:
        text += f"回访联系上{effect.contacted}件，诉求人确认解决{rate_words(effect.rate('solved'))}。"
    else:
        text += "回访联系上的件数太少，不能说明是否解决。"
    return text


def figures(data: EffectData) -> tuple[Figure, ...]:
    """Return the headline figures."""
    effect = data.now.whole
    out = [
        _received(effect),
        *(_rate(name, effect.rate(name), data) for name in HEADLINE),
    ]
    first = stage_of(data, "first_reply")
    found = percentile(first.spans, first.waiting, 50) if len(first.spans) + first.waiting >= LEAST else None
    out.append(Figure(
        name="first_reply", label="首次答复中位", value=None if found is None else round(found / 3_600_000, 1),
        shown=waited(first, 50), unit="", change=f"九成在{waited(first, 90)}", source="ledger",
    ))  # fmt: skip
    return tuple(out)


def _count(name: str, label: str, number: int, change: str) -> Figure:
    value = None if small(number) else number
    return Figure(name=name, label=label, value=value, shown=shown(number), unit="件", change=change, source="ledger")


def _received(effect: Effect) -> Figure:
    more = f"不需办理或并入的{cases_words(effect.dismissed + effect.merged)}"
    told = received_words(effect)
    if told == cases_words(effect.received):
        return _count("received", "收到", effect.received, more)
    return Figure(name="received", label="收到", value=None, shown=told, unit="", change=more, source="ledger")


def _rate(name: str, rate: Rate, data: EffectData) -> Figure:
    row = RATES[name]
    told = rate_words(rate)
    value = round(rate.value, 4) if told[:1].isdecimal() else None
    change = f"基数{cases_words(rate.whole)}"
    if name == "in_time":
        change += f"，逾期未答复{cases_words(data.now.whole.overdue)}"
    return Figure(name=name, label=row.title, value=value, shown=told, unit="", change=change, source="ledger")


def freshness(data: EffectData) -> str:
    """Say how fresh each source is, which one fell silent, and how many gaps there are."""
    told = protect({key: sum(days) for key, days in data.posts.sources.items()})
    last = [
        f"{source_name(key)}{moment_words(at)}"
        for key, at in sorted(data.posts.last.items())
        if isinstance(told.get(key), int)
    ]
    text = f"各渠道最新一条：{'、'.join(last)}。" if last else "各渠道没有可列的数据。"
    absent = [source_name(key) for key in sorted(data.past_posts.sources) if key not in data.posts.sources]
    if absent:
        text += f"{'、'.join(absent)}{'上月' if is_month(data.span) else '上期'}有数据而本期没有，请核对接入。"
    text += blank_words(data.posts.sources)
    return text + (
        f"数据缺口{len(data.gaps)}处（见“数据说明”），下列数字可能偏低。" if data.gaps else "没有发现数据缺口。"
    )
