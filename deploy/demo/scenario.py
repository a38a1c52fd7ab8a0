"""The written day as a list of posts: pure, from `day.yml`, a date and a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from streams.clock import BEIJING, ms
from streams.records import Kind, Post

DAY = Path(__file__).with_name("day.yml")
SEED = 20260501
BEGINS = time(6, 0)
ENDS = time(23, 0)
KINDS: dict[str, Kind] = {"hotline": "order", "weibo": "post", "wechat": "comment"}


class Timed(Struct, frozen=True):
    """A post, and the moment (ms UTC, in the demo's time) at which its source hands it over."""

    at: int
    post: Post


def _clock(day: date, text: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), BEIJING)


def _fill(text: str, fill: Mapping[str, list[str]], chance: random.Random) -> str:
    return text.format(**{name: chance.choice(words) for name, words in fill.items()})


def _post(
    row: Mapping[str, Any], at: datetime, native_id: str, fill: Mapping[str, list[str]], chance: random.Random
) -> Timed:
    posted = at.replace(year=row["year"]) if "year" in row else at
    title = _fill(row.get("title", ""), fill, chance)
    text = _fill(row["text"], fill, chance)
    kind = KINDS.get(row["source"], "message")
    post = Post(source=row["source"], native_id=native_id, posted_at=ms(posted), title=title, text=text, kind=kind)
    return Timed(at=ms(at), post=post)


def posts_of(day: date, *, file: Path = DAY) -> list[Timed]:
    """Return the day's posts in the order in which they arrive; the same date gives the same posts."""
    script = yaml.safe_load(file.read_text("utf-8"))
    chance = random.Random(SEED)  # noqa: S311 - a written day, not a secret  # nosec B311
    out: list[Timed] = []
    run = f"{day:%Y%m%d}"
    background = script["background"]
    for hour, count in background["per_hour"].items():
        for _ in range(count):
            at = _clock(day, f"{hour:02d}:00") + timedelta(seconds=chance.uniform(0, 3600))
            row = chance.choice(background["posts"])
            out.append(_post(row, at, f"demo-{run}-b{len(out)}", background["fill"], chance))
    for wave in script["incident"]:
        begin, end = _clock(day, wave["from"]), _clock(day, wave["to"])
        for _ in range(wave["count"]):
            at = begin + (end - begin) * chance.random()
            row = script["incident_posts"][chance.choice(wave["posts"])]
            out.append(_post(row, at, f"demo-{run}-i{len(out)}", script["incident_fill"], chance))
    for row in script["oddities"]:
        number = len(out) - 1 if row.get("same_as_before") else len(out)
        out.append(_post(row, _clock(day, row["at"]), f"demo-{run}-o{number}", {}, chance))
    return sorted(out, key=lambda timed: timed.at)
