"""答复前后, as blocks of a report."""

from __future__ import annotations

from alerts.consultation import Consultation
from alerts.reports.after import CAUTION, After, lines, remark
from alerts.reports.periods import HOUR_MS, moment_words
from alerts.reports.tree import Block, Cell, Column, Note, Section, Table

COLUMNS = (
    Column(title="情况", width=2.4), Column(title="发布前", number=True, width=0.9),
    Column(title="发布后", number=True, width=0.9), Column(title="比较", number=True, width=2.4),
)  # fmt: skip
MANY = (
    Column(title="会商事项", width=2.4), Column(title="发布", width=1.3), Column(title="情况", width=2.2),
    Column(title="发布前", number=True, width=0.8), Column(title="发布后", number=True, width=0.8),
    Column(title="比较", number=True, width=2),
)  # fmt: skip


def after_of(found: tuple[After, ...]) -> tuple[Block, ...]:
    """Return the blocks of one consultation."""
    blocks: list[Block] = []
    for place, one in enumerate(found):
        blocks.append(Table(
            name=f"after{place}", caption=f"{one.name}前后（{moment_words(one.at)}发布）", columns=COLUMNS,
            rows=tuple(lines(one)), source="after",
        ))  # fmt: skip
        blocks.append(Note(text=remark(one)))
    return tuple(blocks) or (Note(text="尚未对外发布信息，没有答复前后可比。", warn=True),)


def after_all(found: tuple[tuple[Consultation, tuple[After, ...]], ...]) -> Section:
    """Return the section of a report on a span: each consultation whose first text came out in it."""
    rows: list[tuple[Cell, ...]] = []
    hours: set[int] = set()
    for one, effects in found:
        for effect in effects[:1]:
            hours.add(effect.length // HOUR_MS)
            rows += [(one.title, moment_words(effect.at), *line) for line in lines(effect)]
    if not rows:
        return Section(title="会商答复前后", blocks=(Note(text="评估时段内没有首次发声的会商。"),))
    span = f"前后各取{min(hours)}小时" if len(hours) == 1 else f"前后各取{min(hours)}至{max(hours)}小时"
    return Section(
        title="会商答复前后",
        blocks=(
            Table(
                name="after", caption="首次发声前后", columns=MANY, rows=tuple(rows), keys=3, source="consultations"
            ),
            Note(text=f"{span}。{CAUTION}"),
        ),
    )
