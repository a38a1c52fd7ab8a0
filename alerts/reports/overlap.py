"""Complementary suppression over time: what a week or month may show beside the briefs of its days.

A brief shows `<5` and `未列`; a week's exact row minus the days that were shown can give such a cell away, alone or by
the tables' totals together. So each cell that the briefs withhold is looked at in the table of rows and days, of which
all sums are known: it is safe as long as it can still be one more or one less while all sums stay. Where it is not,
rows of the week show only what the briefs already say they have at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from alerts.reports.numbers import FEW, HIDDEN, LEAST, protect, small

Days = Sequence[int]
UNBOUNDED = 1 << 40
MERGED = ""
"""The node of all rows that show no exact sum: only their sum together is known."""
_Node = tuple[str, str | int]


class Cell(Struct, frozen=True):
    """A row's count on a day that the day's brief withholds, and what a reader knows of it: least and most."""

    row: str
    day: int
    count: int
    least: int
    most: int


def withheld(rows: Mapping[str, Days]) -> list[Cell]:
    """Return the cells that the briefs of the days do not show."""
    found: list[Cell] = []
    for day in range(max(map(len, rows.values()), default=0)):
        counts = {key: days[day] for key, days in rows.items() if day < len(days)}
        for key, told in protect(counts).items():
            if told == FEW:
                found.append(Cell(key, day, counts[key], 1, LEAST - 1))
            elif told == HIDDEN:
                found.append(Cell(key, day, counts[key], 1 if small(counts[key]) else LEAST, UNBOUNDED))
    return found


def given_away(cells: Sequence[Cell], inexact: Iterable[str], few: Iterable[str] = ()) -> list[Cell]:
    """Return the cells that can be computed from the briefs and a week that shows all rows but the inexact ones.

    few: inexact rows whose sum is under 5; all their cells count as given away where that sum can be computed.
    """
    merged = set(inexact)
    edges: dict[_Node, list[tuple[int, _Node]]] = {}
    for place, cell in enumerate(cells):
        row, day = _row(cell, merged), ("day", cell.day)
        if cell.count < cell.most:  # it may be one more: the row has one more, the day is to have one less elsewhere
            edges.setdefault(row, []).append((place, day))
        if cell.count > cell.least:
            edges.setdefault(day, []).append((place, row))

    def moves(cell: Cell, without: frozenset[int]) -> bool:
        """Say whether a cell can be one more or one less while all sums stay and some cells do."""
        row, day = _row(cell, merged), ("day", cell.day)
        return (cell.count < cell.most and _reaches(edges, day, row, without)) or (
            cell.count > cell.least and _reaches(edges, row, day, without)
        )

    bad = {place for place, cell in enumerate(cells) if not moves(cell, frozenset({place}))}
    for key in few:
        own = frozenset(place for place, cell in enumerate(cells) if cell.row == key)
        if not any(moves(cells[place], own) for place in own):
            bad |= own
    return [cells[place] for place in sorted(bad)]


def _row(cell: Cell, merged: set[str]) -> _Node:
    return ("rows", MERGED) if cell.row in merged else ("row", cell.row)


def _reaches(
    edges: Mapping[_Node, Sequence[tuple[int, _Node]]], start: _Node, end: _Node, without: frozenset[int]
) -> bool:
    """Say whether other cells can make up for a change of one: a way from start to end that avoids some cells."""
    seen, open_ = {start}, [start]
    while open_:
        for place, node in edges.get(open_.pop(), ()):
            if place in without or node in seen:
                continue
            if node == end:
                return True
            seen.add(node)
            open_.append(node)
    return False


def inexact_rows(rows: Mapping[str, Days], told: Mapping[str, int | str]) -> frozenset[str]:
    """Return the rows that may show no exact sum; told: the sums as they may be shown beside each other."""
    cells = withheld(rows)
    unknown = {cell.row for cell in cells}
    few = [key for key, shown in told.items() if shown == FEW]
    # what the briefs give away by themselves is not the week's doing
    before = {(cell.row, cell.day) for cell in given_away(cells, unknown, few)}
    inexact = {key for key, shown in told.items() if isinstance(shown, str)}
    while True:
        bad = [cell for cell in given_away(cells, inexact, few) if (cell.row, cell.day) not in before]
        more = next(_more(bad, cells, unknown - inexact, {key: sum(days) for key, days in rows.items()}), None)
        if more is None:
            return frozenset(inexact)
        inexact.add(more)


def _more(
    bad: Sequence[Cell], cells: Sequence[Cell], left: set[str], sums: Mapping[str, int]
) -> Iterator[str]:
    """Yield the next row to show inexactly: the one that is given away, else the smallest one beside it."""
    if not bad or not left:
        return
    yield from (cell.row for cell in bad if cell.row in left)
    days = {cell.day for cell in bad}
    beside = {cell.row for cell in cells if cell.day in days and cell.row in left}
    yield min(beside or left, key=lambda row: (sums[row], row))


def protect_over(rows: Mapping[str, Days]) -> dict[str, int | str]:
    """Return the rows' sums as they may be shown beside their total and beside the briefs of the days.

    A row that would give a day's cell away becomes `N条以上`, N what the briefs add up to; `未列` below 5.
    """
    told = protect({key: sum(days) for key, days in rows.items()})
    cells = withheld(rows)
    if not cells:
        return told
    known = {key: sum(days) for key, days in rows.items()}
    ones: dict[str, int] = {}
    for cell in cells:
        known[cell.row] += cell.least - cell.count
        ones[cell.row] = ones.get(cell.row, 0) + 1
    for row in inexact_rows(rows, told):
        # under 5 in all and four days with some: each has one
        if isinstance(told[row], int) or (told[row] == FEW and ones.get(row, 0) >= LEAST - 1):
            told[row] = f"{known[row]}条以上" if known[row] >= LEAST else HIDDEN
    return told
