"""Small charts drawn on the server as SVG: they need no script, print well, and have their figures in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from alerts.console.words import number
from streams.clock import beijing


@dataclass(frozen=True)
class Bar:
    """One bar: when it begins (ms UTC), its height (a count), and whether it belongs to the marked stretch."""

    at: int
    value: float
    marked: bool = False


Shape = tuple[int, int]
NORMAL: Shape = (640, 150)
WIDE: Shape = (1080, 130)
SMALL: Shape = (440, 140)
"""Width and height in the units of the drawing; letters stay as large as on the page where the shapes are used."""
LEFT, BOTTOM, TOP = 34, 22, 10


def _top(values: Sequence[float]) -> float:
    """Return a round number not below the highest value."""
    most = max([*values, 1.0])
    step = 1.0
    while True:
        for factor in (1, 2, 3, 4, 5, 7.5):
            if step * factor * 4 >= most and (step * factor).is_integer():
                return step * factor * 4
        step *= 10


def columns(
    bars: Sequence[Bar], *, title: str, bound: float = 0.0, bound_title: str = "", shape: Shape = NORMAL
) -> Markup:
    """Return a column chart of counts in time, with an optional dashed line for a rule's bound."""
    if not bars:
        return Markup('<p class="empty">这段时间没有数据。</p>')
    width, height = shape
    top = _top([bar.value for bar in bars] + [bound])
    room = height - BOTTOM - TOP
    slot = (width - LEFT - 6) / len(bars)
    out = [
        Markup('<div class="chart-box">'),
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>').format(
            width, height, title, title
        ),
    ]
    for part in range(5):
        y = TOP + room * (1 - part / 4)
        out.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(LEFT, width - 6, y, y)
            + Markup('<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                LEFT - 5, y + 4, number(top * part / 4)
            )
        )
    every = max(1, -(-len(bars) // 8))
    long = bars[-1].at - bars[0].at > 2 * 86_400_000
    for place, bar in enumerate(bars):
        x = LEFT + slot * place
        tall = room * bar.value / top
        when = beijing(bar.at)
        out.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{} {}条</title></rect>'
            ).format(
                "col marked" if bar.marked else "col", x + slot * 0.12, TOP + room - tall, slot * 0.76, tall,
                f"{when:%m-%d %H:%M}", number(bar.value),
            )
        )  # fmt: skip
        if place % every == 0:
            label = f"{when:%m-%d}" if long else f"{when:%H:%M}"
            out.append(
                Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    x + slot / 2, height - 6, label
                )
            )
    if bound:
        y = TOP + room * (1 - bound / top)
        out.append(
            Markup('<line class="bound" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(LEFT, width - 6, y, y)
            + Markup('<text class="bound-label" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                width - 8, y - 4, bound_title
            )
        )
    out.append(Markup("</svg></div>"))
    return Markup().join(out)


def share(part: float, whole: float, *, tone: str = "") -> Markup:
    """Return a thin bar that shows a part of a whole; beside it the figure must stand in words."""
    wide = 100 * part / whole if whole else 0
    return Markup(
        '<svg class="share {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rest" width="100" height="8"/><rect class="part" width="{:.1f}" height="8"/></svg>'
    ).format(tone, min(wide, 100))
