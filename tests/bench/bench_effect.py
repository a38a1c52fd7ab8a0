"""A month's 效果评估 over many posts and items of the ledger, beside the same tables from files in pandas.

python tests/bench/bench_effect.py [--posts 1000000] [--items 50000]

Invented posts, items and matters of one month lie in Elasticsearch (HUIYING_TEST_ELASTICSEARCH, else one is started),
posts and items in gzipped files too. Times are from the question to the finished content tree; storing is not in them.
Memory is the most that this process held meanwhile. Fails unless pandas counts the same. pandas is no dependency of
ours: `pip install pandas`, or its part is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above
from bench_reports import FIELDS, MONTH, NOW, fill, posts, spread  # noqa: E402
from effect_examples import item, rows  # noqa: E402

from alerts.ledgers import document  # noqa: E402
from alerts.reports import daily  # noqa: E402
from alerts.reports.effect import compose, gather  # noqa: E402
from alerts.reports.effect_counts import Effect  # noqa: E402
from alerts.reports.effect_data import GROUPS, EffectData  # noqa: E402
from alerts.reports.effect_span import month_span  # noqa: E402
from alerts.reports.periods import DAY_MS  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import EVENTS, LEDGER  # noqa: E402

MATTER = 20
Table = Mapping[Any, tuple[int, ...]]


async def fill_items(elastic: Elastic, count: int, path: Path) -> None:
    """Store items, and write them to a file."""
    made = rows(MONTH.window, count)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for start in range(0, count, 500):
            docs = [document(item(row)) for row in made[start : start + 500]]
            await elastic.bulk([Op(index=LEDGER.name, id=doc["id"], doc=doc) for doc in docs])
            file.writelines(msgspec.json.encode(doc["record"]) + b"\n" for doc in docs)
    await elastic.refresh(LEDGER.name)


async def fill_matters(elastic: Elastic, count: int) -> None:
    """Put every fifth post into a matter of 20, as the grouping does."""
    ids = [doc["id"] for number, doc in enumerate(posts(count)) if not number % 5]
    for start in range(0, len(ids), MATTER * 500):
        parts = [ids[at : at + MATTER] for at in range(start, min(start + MATTER * 500, len(ids)), MATTER)]
        await elastic.bulk([
            Op(index=EVENTS.name, id=part[0], kind="index",
               doc={"id": part[0], "posts": part, "first": MONTH.window.start, "current": True})
            for part in parts
        ])  # fmt: skip
    await elastic.refresh(EVENTS.name)


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print how long something took, and the most memory that this process held meanwhile."""
    process, stop, most = psutil.Process(), threading.Event(), [0.0]

    def look() -> None:
        while not stop.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss / 1e6)

    before, watcher = process.memory_info().rss / 1e6, threading.Thread(target=look)
    watcher.start()
    start = time.perf_counter()
    try:
        yield
    finally:
        took = time.perf_counter() - start
        stop.set()
        watcher.join()
        print(f"{what}: {took:.2f} s, {before:.0f} MB before, at most {max(most[0], before):.0f} MB", flush=True)


def items_by_pandas(path: Path, cut: int) -> dict[str, Table]:
    """Return received, valid, answered and closed items by unit, topic and county, from the file."""
    pandas = importlib.import_module("pandas")
    frame = pandas.read_json(path, lines=True, compression="gzip", dtype=False)
    frame = frame[(frame.received_at >= MONTH.window.start) & (frame.received_at < MONTH.window.end)]
    valid = ~frame.state.isin(["dismissed", "merged"])
    again = frame.started_at <= cut  # an item that was opened again after the cut-off is seen as it stood before

    def at(name: str) -> Any:
        before = frame.rounds.map(lambda found: found[-1][name] if found else 0)
        when = frame[name].where(again, before)
        return valid & (when > 0) & (when <= cut)

    frame = frame.assign(one=1, valid=valid, answered=at("answered_at"), closed=at("closed_at"))
    keys = {"units": "lead", "topics": "topic", "counties": "county"}
    return {
        group: {
            key: tuple(int(value) for value in row)
            for key, *row in frame.groupby(by)[["one", "valid", "answered", "closed"]].sum().itertuples()
        }
        for group, by in keys.items()
    }


def posts_by_pandas(path: Path) -> dict[str, Counter[Any]]:
    """Return posts by day and source, topic and county, from the file."""
    pandas = importlib.import_module("pandas")
    frame = pandas.read_csv(path, names=FIELDS, dtype=dict.fromkeys(FIELDS[1:], "str"), keep_default_na=False)
    frame = frame.assign(day=(frame.posted_at - MONTH.window.start) // DAY_MS)
    keys = {"sources": "source", "topics": "topic", "counties": "county"}
    return {name: Counter(frame.groupby([by, "day"]).size().to_dict()) for name, by in keys.items()}


def counts(groups: Mapping[str, Effect]) -> Table:
    """Return the same of an evaluation."""
    return {
        key: (one.received, one.valid, one.answered, one.closed) for key, one in groups.items() if one.received
    }


def same(data: EffectData, items: Mapping[str, Table], written: Mapping[str, Counter[Any]]) -> list[str]:
    """Return the tables that differ from those of pandas."""
    wrong = [group for group in GROUPS if counts(getattr(data.now, group)) != items[group]]
    return wrong + [f"posts by {name}" for name in written if spread(getattr(data.posts, name)) != written[name]]


async def main(many: int, items: int, prefix: str, url: str) -> None:
    """Fill, evaluate, count again from the files, and clean up."""
    async with Elastic(ElasticSettings(elasticsearch=url, elasticsearch_prefix=prefix)) as elastic:
        with tempfile.TemporaryDirectory() as folder:
            try:
                file, ledger = Path(folder, "posts.csv.gz"), Path(folder, "items.jsonl.gz")
                await fill(elastic, many, file)
                await fill_items(elastic, items, ledger)
                await fill_matters(elastic, many)
                with measured(f"a month's evaluation of {many} posts and {items} items"):
                    data = await gather(elastic, month_span(MONTH), NOW, unit="某市")
                    compose(data)
                with measured("a day's brief"):
                    daily.compose(await daily.gather(elastic, date(2026, 10, 15), NOW, unit="某市"))
                try:
                    with measured("the same tables from the files, pandas"):
                        told, written = items_by_pandas(ledger, data.now.cut), posts_by_pandas(file)
                except ModuleNotFoundError:
                    print("pandas is not installed: nothing to compare with")
                    return
                if wrong := same(data, told, written):
                    sys.exit(f"counts differ from those of pandas: {', '.join(wrong)}")
                print("all counts equal")
            finally:
                for index in ("opinions-*", LEDGER.name, EVENTS.name):
                    await elastic.drop(index)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=50_000)
    given = parser.parse_args()
    with engines() as (_, elasticsearch):
        asyncio.run(main(given.posts, given.items, f"bench-{secrets.token_hex(4)}-", elasticsearch))
