"""The free fonts that reports are set in: Noto Serif SC (宋体) for text, Noto Sans SC (黑体) for headings and charts.

Both are SIL OFL 1.1 and come with the package `pylopdf-fonts-zh-cn`. GB/T 9704-2012 asks for 仿宋 and 小标宋, which are
sold under licences of their own: DOCX files name them (a machine that has them uses them), PDFs embed the free ones.

Tried instead: `manimgx-fonts-cjk`, a variable collection of 33 MB. Typst sets its weights rightly; it has no 宋体.
"""

from __future__ import annotations

from pathlib import Path

import pylopdf_fonts_zh_cn

SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"


def folder() -> Path:
    """Return the folder that holds both font files."""
    return Path(pylopdf_fonts_zh_cn.serif_path()).parent
