"""How wide a printed table's columns are: no short cell breaks into two lines while another column has room to spare.

Widths are in em of the table's type; a text column that holds sentences keeps its declared share and wraps.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from alerts.reports.tree import Figures, Table, cell_text

TABLE_EM = 42.0
"""The text area's width (156 mm) in em of the tables' type (10.5 pt)."""
PADDING = 1.2
"""What stands left and right of a cell's text, and a little air."""
FOUR = 8.0
"""Room for a figure (twice as large) and its unit where four stand side by side, in em of the tables' type."""
WORD = 2.0
"""A title of two characters is never broken; a longer one may stand in two lines."""
KEPT = 7.5
"""What a column keeps when there is too little room for all: a name of six characters."""
SHORT = 14.0
"""A cell up to so long stays in one line, whatever its column's declared share."""


def breadth(text: str) -> float:
    """Return about how wide a text is, em: a Chinese character 1, a letter or digit 0.57, a quarter between the two."""
    wide = [unicodedata.east_asian_width(character) in "WFA" for character in text]
    turns = sum(a != b for a, b in pairwise(wide))
    return sum(1.0 if one else 0.57 for one in wide) + 0.25 * turns


def widths(table: Table) -> tuple[float, ...]:
    """Return each column's width; their sum is `TABLE_EM`."""
    whole = sum(column.width for column in table.columns)
    declared = [TABLE_EM * column.width / whole for column in table.columns]
    cells = [
        max((breadth(cell_text(row[place])) + PADDING for row in table.rows), default=0.0)
        for place in range(len(table.columns))
    ]
    heads = [breadth(column.title) + PADDING for column in table.columns]
    needs = [
        max(min(cell, max(share, SHORT)), head if head <= WORD + PADDING else head / 2 + PADDING)
        for cell, share, head in zip(cells, declared, heads, strict=True)
    ]
    spare = TABLE_EM - sum(needs)
    if spare <= 0:  # columns of sentences give way before those of names and numbers
        over = [max(0.0, need - KEPT) for need in needs]
        part = min(1.0, -spare / sum(over)) if any(over) else 0.0
        cut = [need - part * more for need, more in zip(needs, over, strict=True)]
        return tuple(TABLE_EM * one / sum(cut) for one in cut)
    # a title in one line comes before air in columns that hold little
    more = [max(0.0, head - need) for head, need in zip(heads, needs, strict=True)]
    part = min(1.0, spare / sum(more)) if any(more) else 0.0
    spare -= part * sum(more)
    return tuple(
        need + part * extra + spare * share / TABLE_EM for need, extra, share in zip(needs, more, declared, strict=True)
    )


def across(block: Figures) -> int:
    """Return how many figures stand side by side: three, or four where that leaves none alone and each fits."""
    fits = all(2 * breadth(one.shown) + breadth(one.unit) <= FOUR for one in block.items)
    return 4 if len(block.items) in {4, 7, 8} and fits else 3
