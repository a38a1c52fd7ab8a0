"""阅评通报: a month's review of our own replies; how drawn, what was found, by unit, examples. Never of who asked.

Counts of one to four are not shown, nor what a total would give away; an example is what a person rewrote for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from alerts.reports.numbers import LEAST, protect, share, shown
from alerts.reports.periods import Window, moment_words
from alerts.reports.sections.coverage import provenance
from alerts.reports.spans import Span, covered
from alerts.reports.tree import Block, Cell, Column, Figure, Figures, Note, Paragraph, Report, Section, Source, Table
from alerts.review import Reading, Round, round_id
from alerts.review_agreement import agreements
from alerts.review_rubric import LEVELS
from alerts.review_sample import holds
from streams import topics
from streams.clock import ms
from streams.elastic import Elastic

KIND = "bulletin"
TITLE = "政务答复阅评通报"
READINGS_MOST = 1000
EXAMPLES = 5


class BulletinData(Struct, frozen=True, kw_only=True):
    """A month's round, if one was drawn, and its readings; made_at: ms UTC."""

    span: Span
    window: Window
    made_at: int
    unit: str
    round: Round | None
    readings: tuple[Reading, ...]
    sources: tuple[Source, ...]

    @property
    def settled(self) -> tuple[Reading, ...]:
        """The readings that stand."""
        return tuple(one for one in self.readings if one.state == "settled")


def points(readings: Sequence[Reading]) -> float:
    """Return the mean of what settled readings earned."""
    return sum(one.points or 0.0 for one in readings) / len(readings)


def compose(data: BulletinData) -> Report:
    """Return the bulletin as a content tree; a month without a round has one too, and says so."""
    around = data.round
    sections: tuple[Section, ...]
    if around is None:
        sections = (Section(title="阅评情况", blocks=(Paragraph(text="本月没有开展答复阅评。"),)),)
        summary = f"{data.span.words}没有开展答复阅评。"
    elif around.state == "reading":
        text = f"本月抽取{len(around.sample)}件，正在评阅；评定齐全并通知单位后才列结果。"
        sections = (Section(title="阅评情况", blocks=(Paragraph(text=text), *_method(around))),)
        summary = f"{data.span.words}的答复阅评尚在进行。"
    else:
        sections = (_overview(data, around), _criteria(data, around), _units(data), _examples(data), _process(data))
        summary = (
            f"从{around.frame}件办结答复中抽取{len(around.sample)}件，评定{len(data.settled)}件，"
            f"平均{points(data.settled):.1f}分。" if data.settled else f"抽取{len(around.sample)}件，尚无评定。"
        )  # fmt: skip
    return Report(
        kind=KIND, period=data.span.name, title=TITLE, subtitle=data.span.words, unit=data.unit,
        window_from=data.window.start, window_to=data.window.end, made_at=data.made_at,
        sections=(*sections, provenance(data.sources)), sources=data.sources, summary=summary,
    )  # fmt: skip


def _method(one: Round) -> tuple[Block, ...]:
    text = (
        f"范围：{moment_words(one.frame_from)}至{moment_words(one.frame_to)}办结且有答复的台账{one.frame}件，"
        f"涉及{len(one.strata)}个单位。{moment_words(one.drawn_at)}分单位随机抽取{len(one.sample)}件，"
        f"每个单位不少于{one.least}件，不足的全部抽取。"
        "范围先记入审计记录，以该条记录的校验值为种子，评分前已固定，不能挑选。"
    )
    check = "重抽结果与记录相符。" if holds(one) else "重抽结果与记录不符，本通报不可采用，请核查。"
    parts = " ".join(one.seed[at : at + 8] for at in range(0, len(one.seed), 8))  # so that a line can break in it
    seed = Paragraph(text=f"种子（64位）：{parts}。{check}")
    rule = "、".join(f"{each.title}{each.points}分" for each in one.rubric.criteria)
    readers = (
        f"标准：{rule}。做到得满分，部分做到得一半。每件由两人各自评阅，互不知道对方评分；"
        "不评本单位和本人经办的答复；不一致的由第三人写明理由裁定。只评答复，不评来信人和来信。"
    )
    return Paragraph(text=text), seed, Paragraph(text=readers)


def _overview(data: BulletinData, one: Round) -> Section:
    done = data.settled
    items: list[tuple[str, str, float | int | None, str, str]] = [
        ("frame", "可抽答复", one.frame, str(one.frame), "件"),
        ("sample", "抽取", len(one.sample), str(len(one.sample)), "件"),
        ("settled", "评定", len(done), str(len(done)), "件"),
    ]
    if len(done) >= LEAST:
        items.append(("points", "平均", round(points(done), 1), f"{points(done):.1f}", "分"))
    figures = Figures(
        items=tuple(
            Figure(name=name, label=label, value=value, shown=words, unit=unit, source="readings")
            for name, label, value, words, unit in items
        )
    )
    blocks: list[Block] = [figures]
    if one.state == "heard":
        blocks.append(Note(text="本通报正在听取各单位意见，结果可能因申诉更改。", warn=True))
    if late := len(one.sample) - len(done):
        blocks.append(Note(text=f"抽取的答复中有{late}件申诉未处理或尚未评定，没有计入。", warn=True))
    return Section(title="阅评情况", blocks=(*blocks, *_method(one)))


def _criteria(data: BulletinData, one: Round) -> Section:
    rows: list[tuple[Cell, ...]] = []
    faults: list[tuple[int, str]] = []
    done = data.settled
    for each in one.rubric.criteria:
        found = Counter(reading.levels[each.name] for reading in done)
        told = protect({level: found[level] for level in each.levels})
        cells = [told.get(level, "—") for level in LEVELS]
        rows.append((each.title, *cells, share(found["yes"], len(done))))
        faults.append((len(done) - found["yes"], each.title))
    columns = (
        Column(title="标准", width=2), *(Column(title=words, number=True) for words in LEVELS.values()),
        Column(title="做到率", number=True),
    )  # fmt: skip
    faults.sort(key=lambda fault: (-fault[0], fault[1]))
    worst = [f"“{title}”（{count}件）" for count, title in faults if count >= LEAST]
    text = f"没有完全做到较多的是{'、'.join(worst[:3])}。" if worst else f"各项没有完全做到的都不足{LEAST}件。"
    table = Table(name="criteria", caption="各项标准（件）", columns=columns, rows=tuple(rows), source="readings")
    return Section(title="评定结果和常见问题", blocks=(Paragraph(text=text), table))


def _units(data: BulletinData) -> Section:
    by_unit: dict[str, list[Reading]] = {}
    for one in data.settled:
        by_unit.setdefault(one.unit, []).append(one)
    told = protect({unit: len(found) for unit, found in by_unit.items()})
    rows: list[tuple[Cell, ...]] = []
    for unit in sorted(by_unit):
        found = by_unit[unit]
        counted = isinstance(told[unit], int)
        missed = Counter(name for one in found for name, level in one.levels.items() if level != "yes")
        titles = {each.name: each.title for each in found[0].rubric.criteria}
        most = [titles[name] for name, count in sorted(missed.items(), key=lambda m: (-m[1], m[0])) if count >= LEAST]
        rows.append((
            unit, told[unit], f"{points(found):.1f}" if counted else "—",
            ("、".join(most[:2]) or "无集中问题") if counted else "—",
        ))  # fmt: skip
    columns = (
        Column(title="单位", width=2.4), Column(title="评定件数", number=True), Column(title="平均分", number=True),
        Column(title=f"没有完全做到{LEAST}件以上的标准", width=2.4),
    )  # fmt: skip
    note = Note(text=f"不足{LEAST}件的单位不列件数和平均分；抽样有误差，相差不大的分数不作排名依据。")
    table = Table(name="units", caption="各单位评定情况", columns=columns, rows=tuple(rows), source="readings")
    return Section(title="各单位情况", blocks=(table, note) if rows else (Note(text="尚无评定。"),))


def _examples(data: BulletinData) -> Section:
    found = sorted({one.example for one in data.settled if one.example})[:EXAMPLES]
    if not found:
        return Section(title="较好的答复", blocks=(Paragraph(text="本月没有选出范例。"),))
    note = Note(text="摘录由人改写，去掉了人名、地点和日期。")
    return Section(title="较好的答复", blocks=(*(Paragraph(text=f"“{text}”") for text in found), note))


def _process(data: BulletinData) -> Section:
    rows = tuple((one.title, one.pairs, one.words) for one in agreements(data.readings))
    columns = (Column(title="标准", width=1.5), Column(title="件数", number=True), Column(title="一致程度", width=3))
    table = Table(name="agreement", caption="两人评阅的一致程度", columns=columns, rows=rows, source="readings")
    differed = sum(bool(one.differing) for one in data.readings)
    appeals = [one.appeal for one in data.readings if one.appeal is not None]
    changed = sum(one.outcome == "changed" for one in appeals)
    text = (
        f"两人评分有任一项不一致的{shown(differed)}件，均由第三人裁定。单位申诉{shown(len(appeals))}件，"
        f"由未参与评阅和裁定的人处理，更改评定{shown(changed)}件。"
    )
    note = Note(text="κ（科恩一致性系数）扣除碰巧一致，1为完全一致，0为与碰巧无异；按裁定之前的评分计算。")
    return Section(title="评阅质量和申诉", blocks=(Paragraph(text=text), table, note))


async def gather(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> BulletinData:
    """Ask for all that the bulletin needs; raises what `Elastic` raises."""
    window = covered(span, now)
    found = await elastic.get(topics.REVIEWS.name, round_id(span.name))
    around = msgspec.convert(found.source["record"], Round) if found else None
    query = {"term": {"round": round_id(span.name)}}
    body = {"size": READINGS_MOST, "query": query, "sort": [{"id": {"order": "asc", "unmapped_type": "keyword"}}]}
    hits = (await elastic.search(topics.READINGS.name, body))["hits"]["hits"]
    asked = (
        ("reviews", "阅评的抽样记录", topics.REVIEWS.name, {"ids": {"values": [round_id(span.name)]}}),
        ("readings", "评阅记录", topics.READINGS.name, query),
    )
    return BulletinData(
        span=span, window=window, made_at=ms(now), unit=unit, round=around,
        readings=tuple(msgspec.convert([hit["_source"]["record"] for hit in hits], list[Reading])),
        sources=tuple(
            Source(name=name, title=title, index=index, window_from=window.start, window_to=window.end,
                   query={"query": one})
            for name, title, index, one in asked
        ),
    )  # fmt: skip


async def build(elastic: Elastic, span: Span, now: datetime, *, unit: str) -> Report:
    """Return the bulletin of a month as of `now`; stores nothing."""
    return compose(await gather(elastic, span, now, unit=unit))
