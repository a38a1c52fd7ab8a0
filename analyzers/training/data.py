"""Read the development data (outside the repository) and keep what repeats together."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analyzers import text
from analyzers.masking import mask_page

SEED = 20261123
_HAN = re.compile(r"[^\u4e00-\u9fff]")


class Rows(NamedTuple):
    """Texts as `analyze` sees them (cleaned, masked, folded), their labels and ids ("" where there is none)."""

    texts: list[str]
    labels: list[str]
    ids: list[str]


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV, gzipped or not; raises OSError if it isn't there."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def prepared(texts: Iterable[str]) -> list[str]:
    """Return texts the way the models meet them."""
    raw = [each.replace("_x000D_", " ") for each in texts]
    return [
        each
        for at in range(0, len(raw), 100)
        for each in text.fold_page([m.text for m in mask_page(raw[at : at + 100])]).texts()
    ]


def sentiment(folder: Path, name: str = "sentiment_dev") -> Rows:
    """Return the Weibo rows."""
    rows = read(folder / f"{name}.csv.gz")
    return Rows(prepared(row["text"] for row in rows), [row["label"] for row in rows], [""] * len(rows))


def topics_segmented(folder: Path) -> Rows:
    """Return the segmented civic rows, joined without spaces."""
    rows = read(folder / "topic_dev_segmented.csv.gz")
    return Rows(
        prepared("".join(row["text"].split()) for row in rows), [row["label"] for row in rows], [""] * len(rows)
    )


def topics_raw(folder: Path) -> Rows:
    """Return the raw civic rows."""
    rows = read(folder / "topic_dev_raw.csv.gz")
    return Rows(prepared(row["text"] for row in rows), [row["label"] for row in rows], [""] * len(rows))


def taxonomy(folder: Path, topics: Sequence[str]) -> Rows:
    """Return a short text for each third-level entry of the civic taxonomy under these topics, narrowest word first."""
    rows = [row for row in read(folder / "civic_taxonomy.csv") if row["level1"] in topics]
    texts = prepared(f"{row['level3']} {row['level2']} {row['level3']}" for row in rows)
    return Rows(texts, [row["level1"] for row in rows], [""] * len(rows))


def portal(folder: Path) -> Rows:
    """Return the portal messages, title before body, without labels."""
    rows = read(folder / "portal_stream.csv.gz")
    return Rows(
        prepared(f"{row['title']}\n{row['body']}" for row in rows), [""] * len(rows), [row["id"] for row in rows]
    )


def groups(texts: list[str], size: int = 10) -> NDArray[np.int64]:
    """Return a group number per text: texts that share one of their three least `size`-character pieces are one."""
    parent = list(range(len(texts)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    seen: dict[int, int] = {}
    for index, each in enumerate(texts):
        body = _HAN.sub("", each)
        starts = range(max(1, len(body) - size + 1)) if body else ()
        pieces = sorted({crc32(body[i : i + size].encode()) for i in starts})[:3]
        for piece in pieces:
            other = seen.setdefault(piece, index)
            parent[root(index)] = root(other)
    return np.array([root(index) for index in range(len(texts))])


def folds(grouped: NDArray[np.int64], count: int, seed: int = SEED) -> NDArray[np.int64]:
    """Return a fold per text, whole groups together, the same every time."""
    rng = np.random.default_rng(seed)
    names = np.unique(grouped)
    to = dict(zip(rng.permutation(names).tolist(), (np.arange(len(names)) % count).tolist(), strict=True))
    return np.array([to[name] for name in grouped.tolist()])
