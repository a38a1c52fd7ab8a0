"""督查考核: each unit's score for a month or any days, with the origin of every figure, appeals and inspections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from alerts.appraisal import INDICATORS, Weights, read_weights
from alerts.gaps import gap_words, overlapping
from alerts.inspection import FORMS, Inspection
from alerts.inspections import within
from alerts.policy import Policy
from alerts.policy_checks import rate
from alerts.reports import figures
from alerts.reports.cases import query
from alerts.reports.effect import counted, matters
from alerts.reports.effect_counts import RATES
from alerts.reports.effect_data import Totals
from alerts.reports.effect_span import cut_off, parse, words
from alerts.reports.periods import Window, moment_words
from alerts.reports.rates import Rate
from alerts.reports.scoring import Score, corrected, score, standard
from alerts.reports.sections.coverage import provenance
from alerts.reports.spans import Span, covered
from alerts.reports.tree import Block, Cell, Column, Figure, Figures, Note, Paragraph, Report, Section, Source, Table
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic

KIND = "appraisal"
TITLE = "政务舆情回应督查考核"
HOW: dict[str, str] = {
    "interpreted": "文件与解读同日公开的÷需要解读的", "corrected": "24小时内更正的÷督查发现的错误答复",
}  # fmt: skip
SCORES = (
    Column(title="单位", width=2.4), Column(title="得分", number=True, width=0.8), Column(title="等次", width=1.5),
    Column(title="指标扣分", number=True, width=0.9), Column(title="督查扣分", number=True, width=0.9),
    Column(title="申诉加回", number=True, width=0.9), Column(title="加分", number=True, width=0.7),
    Column(title="计分指标", number=True, width=0.9),
)  # fmt: skip
LINES = (
    Column(title="单位", width=1.8), Column(title="事项", width=1.7), Column(title="情况", width=1),
    Column(title="标准、依据或处理", width=2.6), Column(title="分", number=True, width=0.6),
    Column(title="来源", width=1.3),
)  # fmt: skip


@dataclass(frozen=True)
class AppraisalData:
    """All that it is made from; policies: those whose document came out in the window."""

    span: Span
    window: Window
    made_at: int
    unit: str
    totals: Totals
    policies: tuple[Policy, ...]
    found: tuple[Inspection, ...]
    weights: Weights
    gaps: tuple[str, ...]
    sources: tuple[Source, ...]


def scores(
    totals: Totals, policies: Iterable[Policy], found: Sequence[Inspection], weights: Weights
) -> tuple[Score, ...]:
    """Return every unit's score, the highest first, those that can't be judged last; plain."""
    published: dict[str, list[Policy]] = {}
    for policy in policies:
        published.setdefault(policy.unit, []).append(policy)
    inspected: dict[str, list[Inspection]] = {}
    for one in found:
        inspected.setdefault(one.unit, []).append(one)
    handled = {unit for unit, effect in totals.units.items() if unit and (effect.valid or effect.due)}
    out = []
    for unit in handled | inspected.keys() | published.keys():
        effect = totals.units.get(unit)
        rates: dict[str, Rate] = {name: effect.rate(name) for name in RATES} if effect else {}
        needed = rate(published.get(unit, ()), totals.cut)
        rates["interpreted"] = Rate(part=needed.together, whole=needed.needing)
        rates["corrected"] = corrected(inspected.get(unit, ()), weights.errors)
        out.append(score(unit, rates, inspected.get(unit, ()), weights))
    return tuple(sorted(out, key=lambda one: (one.total is None, -(one.total or 0.0), one.unit)))


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str, weights: Weights) -> AppraisalData:
    """Ask for all that it needs; raises what `Elastic.search` raises."""
    window = covered(span, now)
    cut = cut_off(window, now)
    published = {"range": {"document_at": {"gte": window.start, "lt": window.end, "format": "epoch_millis"}}}
    inspections = within(window.start, window.end, span.name)
    silent = overlapping(window.start, window.end)
    policies: list[Policy] = []
    async for hit in elastic.scan(topics.POLICIES.name, published):
        policies.append(msgspec.convert(hit.source["record"], Policy))  # noqa: PERF401 - not a plain list to extend by
    records = figures.documents(await elastic.search(topics.INSPECTIONS.name, inspections))
    asked: tuple[tuple[str, str, str, Mapping[str, object]], ...] = (
        ("ledger", "台账", topics.LEDGER.name, {"query": query(window)}),
        ("policies", "政策文件", topics.POLICIES.name, {"query": published}),
        ("inspections", "督查登记和申诉", topics.INSPECTIONS.name, inspections),
        ("gaps", "数据缺口", topics.GAPS.name, silent),
    )
    return AppraisalData(
        span=span, window=window, made_at=ms(now), unit=unit, weights=weights,
        totals=await counted(elastic, window, cut, await matters(elastic)), policies=tuple(policies),
        found=tuple(msgspec.convert([one["record"] for one in records], list[Inspection])),
        gaps=tuple(gap_words(await elastic.search(topics.GAPS.name, silent))),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=window.start, window_to=window.end, query={**body})
            for name, title, index, body in asked
        ),
    )  # fmt: skip


def compose(data: AppraisalData) -> Report:
    """Return the appraisal as a content tree; plain and total."""
    made = scores(data.totals, data.policies, data.found, data.weights)
    return Report(
        kind=KIND, period=data.span.name, title=TITLE, subtitle=words(data.span), unit=data.unit,
        window_from=data.window.start, window_to=data.window.end, made_at=data.made_at,
        sections=(
            _overview(data, made), _table(made), _lines(made), _rules(data.weights), provenance(data.sources),
        ),
        sources=data.sources, summary=_summary(data, made),
    )  # fmt: skip


def _summary(data: AppraisalData, made: Sequence[Score]) -> str:
    judged = [one for one in made if one.total is not None]
    if not judged:
        return "考核时段内没有可评分的单位：台账件数太少，也没有督查登记。"
    failed = sum(one.grade != "合格" for one in judged)
    open_ = sum(one.state == "appealed" for one in data.found)
    text = f"参加评分的单位{len(judged)}个，合格{len(judged) - failed}个，不合格{failed}个"
    vetoed = sum(bool(one.vetoes) for one in judged)
    text += f"（其中单项否决{vetoed}个）。" if vetoed else "。"
    text += f"督查登记{sum(one.form != 'figure' for one in data.found)}项。"
    return text + (f"申诉处理中{open_}项，处理后以下一次生成的考核为准。" if open_ else "没有待处理的申诉。")


def _overview(data: AppraisalData, made: Sequence[Score]) -> Section:
    judged = [one for one in made if one.total is not None]
    failed = sum(one.grade != "合格" for one in judged)
    open_ = sum(one.state == "appealed" for one in data.found)
    counts = (
        ("units", "评分单位", len(judged), "个", f"不评分{len(made) - len(judged)}个"),
        ("failed", "不合格", failed, "个", f"单项否决{sum(bool(one.vetoes) for one in judged)}个"),
        ("inspections", "督查登记", sum(one.form != "figure" for one in data.found), "项", ""),
        ("appeals", "待处理申诉", open_, "项", ""),
    )
    blocks: list[Block] = [
        Paragraph(text=_summary(data, made)),
        Figures(items=tuple(
            Figure(
                name=name, label=label, value=count, shown=str(count), unit=unit, change=change, source="inspections"
            )
            for name, label, count, unit, change in counts
        )),
        Note(
            text=(f"数据缺口{len(data.gaps)}处：{'；'.join(data.gaps[:5])}。" if data.gaps else "没有发现数据缺口。")
            + f"台账办理情况的截止时间为{moment_words(data.totals.cut)}。", warn=bool(data.gaps),
        ),
        Note(text="本考核不含满意率、情感、负面数量、来文多少，也不与个人待遇挂钩；对结果有异议的，单位可在“督查”页申诉。"),
    ]  # fmt: skip
    return Section(title="总体情况", blocks=tuple(blocks))


def _table(made: Sequence[Score]) -> Section:
    if not made:
        return Section(title="各单位得分", blocks=(Note(text="没有可列的单位。"),))
    rows: list[tuple[Cell, ...]] = []
    strong = []
    for one in made:
        if one.total is not None and one.grade != "合格":
            strong.append(len(rows))
        if one.total is None:
            rows.append((one.unit, "—", one.grade, "—", one.inspections or "—", "—", "—", 0))
            continue
        rows.append((
            one.unit, one.total, one.grade, one.indicators, one.inspections, one.restored, one.bonus, one.measured,
        ))  # fmt: skip
    return Section(title="各单位得分", blocks=(
        Table(
            name="scores", caption="各单位得分", columns=SCORES, rows=tuple(rows), strong=tuple(strong),
            source="ledger",
        ),
        Note(text="得分＝100－指标扣分－督查扣分＋申诉加回（不低于0分）＋加分；单项否决的计0分。件数不够的指标不扣分。"),
    ))  # fmt: skip


def _lines(made: Sequence[Score]) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.unit, line.what, line.found, line.standard, line.points, line.origin)
        for one in made for line in one.lines
    )  # fmt: skip
    if not rows:
        return Section(title="扣分、加分和申诉明细", blocks=(Note(text="没有扣分、加分和申诉。"),))
    return Section(title="扣分、加分和申诉明细", blocks=(
        Table(
            name="lines", caption="每一分的来源", columns=LINES, rows=rows, keys=2, source="inspections"
        ),
        Note(text="扣分按表中所列比率计算，可自行复核；写“<”“>”的比率按对单位有利的一端计，1至4件不影响得分。"),
    ))  # fmt: skip


def _rules(weights: Weights) -> Section:
    rules: tuple[tuple[Cell, ...], ...] = tuple(
        (INDICATORS[name], row.points, standard(name, row).partition("，")[2], HOW.get(name) or RATES[name].how)
        for name, row in weights.indicators.items()
    )
    columns = (
        Column(title="指标", width=1.4), Column(title="分值", number=True, width=0.6), Column(title="标准", width=1.6),
        Column(title="怎样计算", width=3.6),
    )  # fmt: skip
    findings = "；".join([*weights.findings.values()])
    text = (
        f"满分100，低于{weights.pass_from:g}分为不合格，高于{weights.bonus_from:g}分的可以加分，最多{weights.bonus_most:g}分。"
        f"督查方式：{'、'.join(title for form, title in FORMS.items() if form != 'figure')}。督查事项：{findings}。"
    )
    return Section(title="考核办法", blocks=(
        Table(name="weights", caption="指标和分值", columns=columns, rows=rules), Note(text=text),
    ))  # fmt: skip


async def build(elastic: Elastic, period: str, now: datetime, unit: str, *, given: str = "") -> Report:
    """Return the appraisal of a month or any days as of `now`; given: the file of weights, or the shipped one."""
    weights = read_weights(given)
    span = parse(period)
    return compose(await gather(elastic, span, now, unit=unit, weights=weights))
