"""An invented city beside 平凉: its codes, its tree, and its file of places as `huiying places build` makes it."""

from __future__ import annotations

from pathlib import Path

from analyzers.training.places import build, write

ADCODES = """adcode,name,longitude,latitude
990000000000,虚构省,100,30
990100000000,云溪市,100.1,30.1
990102000000,望岚区,100.11,30.1
990121000000,青禾县,100.2,30.2
990122000000,云溪县,100.3,30.3
990200000000,石桥市,101.5,31
990221000000,青岩县,101.5,31.1
"""
TREE = """\t云溪市\t990100\t云溪
\t\t望岚区\t990102\t望岚
\t\t\t松口镇
\t\t\t\t河湾村
\t\t青禾县\t990121\t青禾
\t\t\t青禾镇
\t\t\t\t石磨坪村
"""


def write_sources(folder: Path) -> tuple[Path, Path]:
    """Write the list of codes and the tree of the invented city."""
    adcodes, tree = folder / "adcodes.csv", folder / "tree.txt"
    adcodes.write_text(ADCODES, encoding="utf-8")
    tree.write_text(TREE, encoding="utf-8")
    return adcodes, tree


def write_places(folder: Path, *, tree: bool = True) -> Path:
    """Write the invented city's file of places, with its towns and villages if there is a `tree` of them."""
    adcodes, towns = write_sources(folder)
    path = folder / "yunxi.json"
    write(build(adcodes, "990100", towns if tree else None), path)
    return path
