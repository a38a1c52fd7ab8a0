"""From a Vega-Lite specification to a picture, on this machine: SVG for screens and PDF, PNG for DOCX."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

import msgspec
import vl_convert

from alerts.reports.fonts import folder

_FROM_NOWHERE: list[str] = []
"""No chart may fetch anything."""


@lru_cache(maxsize=1)
def _ready() -> None:
    vl_convert.register_font_directory(str(folder()))


def svg(spec: dict[str, Any], *, label: str = "") -> str:
    """Return the chart as one `<svg>` element without scripts, labelled in Chinese for those who can't see it."""
    return _svg(msgspec.json.encode(spec, order="deterministic").decode(), label)


def png(spec: dict[str, Any], *, scale: float = 2.0) -> bytes:
    """Return the chart as PNG, `scale` times its size on screen."""
    _ready()
    text = msgspec.json.encode(spec, order="deterministic").decode()
    picture: bytes = vl_convert.vegalite_to_png(text, scale=scale, allowed_base_urls=_FROM_NOWHERE)
    return picture


@lru_cache(maxsize=64)
def _svg(text: str, label: str) -> str:
    _ready()
    drawn: str = vl_convert.vegalite_to_svg(text, allowed_base_urls=_FROM_NOWHERE)
    # Vega describes every mark in English for screen readers; one Chinese sentence says it better
    plain = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", drawn)
    return plain.replace("<svg ", f'<svg role="img" aria-label="{escape(label, quote=True)}" ', 1)
