"""`huiying backtest` on a real Elasticsearch: it says what would have fired, and leaves every index as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from memory_counts import opinion
from stream import templates

from alerts.backtest import backtest
from alerts.counts import ElasticCounts
from alerts.rulebook import load_rulebook
from alerts.store import AlertStore
from streams.elastic import Elastic, Op
from streams.settings import ElasticSettings
from streams.topics import OPINIONS, monthly, pattern

pytestmark = pytest.mark.engines
HOUR = 3_600_000
START = 1_767_225_600_000
"""2026-01-01 08:00 in Beijing."""
ROW: dict[str, Any] = {
    "name": "many", "title": "集中反映", "kind": "count", "level": "larger", "reason": "许多人说同一件事",
    "key": ["topic", "county"], "window": "2h", "step": "1h", "recover": "2h", "at_least": 5,
    "fires": {"count": 5}, "silent": {"count": 4},
}  # fmt: skip


def book(folder: Path, name: str, **changed: Any) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump({"rules": [{**ROW, **changed}]}, allow_unicode=True), "utf-8")
    return path


def run(elastic: ElasticSettings, home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "HUIYING_HOME": str(home),
        "HUIYING_ELASTICSEARCH": elastic.elasticsearch,
        "HUIYING_ELASTICSEARCH_PREFIX": elastic.elasticsearch_prefix,
    } | more
    command = [sys.executable, "-m", "deploy", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


async def stored(settings: ElasticSettings) -> dict[str, int]:
    """Return how many documents each index of this installation holds."""
    async with Elastic(settings) as elastic:
        await elastic.refresh("*")
        return {name: await elastic.count(name, {"match_all": {}}) for name in await elastic.names("*")}


async def test_two_rulebooks_over_stored_posts_are_compared_and_nothing_is_stored(
    elastic_settings: ElasticSettings, tmp_path: Path
) -> None:
    posts = [opinion(f"small{n}", START + 3 * HOUR + n * 60_000) for n in range(6)]
    posts += [opinion(f"large{n}", START + 12 * HOUR + n * 60_000) for n in range(20)]
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        await elastic.bulk([Op(index=monthly(OPINIONS, o["posted_at"]), id=o["id"], doc=o) for o in posts])
        await elastic.refresh(pattern(OPINIONS))
    before = await stored(elastic_settings)
    mild, strict = book(tmp_path, "mild.yml"), book(tmp_path, "strict.yml", at_least=12, fires={"count": 12})
    drawn = tmp_path / "picture.svg"
    words = ["backtest", "--rulebook", str(mild), "--against", str(strict)]
    words += ["--from", "2026-01-01", "--to", "2026-01-02"]

    done = run(elastic_settings, tmp_path, *words, "--json", "--out", str(drawn))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    alerts = found["A"]["rules"]["many"]["alerts"]
    assert [(one["peak"], one["opened_at"]) for one in alerts] == [(6.0, START + 4 * HOUR), (20.0, START + 13 * HOUR)]
    assert found["A"]["missed_by_other"] == [alerts[0]["id"]]
    assert found["B"]["missed_by_other"] == []
    assert [one["reason"] for one in found["B"]["rules"]["many"]["notices"]] == ["opened", "resolved"]
    assert (found["A"]["load"]["notices"], found["A"]["load"]["shifts"]) == (4, 5)
    assert drawn.read_text("utf-8").startswith("<svg")

    said = run(elastic_settings, tmp_path, *words).stdout
    assert "of A's 2 alerts the other misses 1, tells 0 later" in said
    assert "2026-01-01 12:00  新预警  较大" in said
    assert await stored(elastic_settings) == before


async def test_a_wrong_rulebook_or_stretch_is_refused_in_one_line(
    elastic_settings: ElasticSettings, tmp_path: Path
) -> None:
    wrong = book(tmp_path, "wrong.yml", step="45m")
    words = ["backtest", "--rulebook", str(wrong), "--from", "2026-01-01", "--to", "2026-01-02"]
    done = run(elastic_settings, tmp_path, *words)
    assert done.returncode != 0
    assert "wrong.yml: rulebook, line 2, rule many: `window` must be a multiple of `step`" in done.stderr
    done = run(elastic_settings, tmp_path, "backtest", "--from", "2026-01-02", "--to", "2026-01-01")
    assert done.returncode != 0
    assert "--to 2026-01-01 is before --from 2026-01-02" in done.stderr


async def test_an_alert_is_decided_again_from_its_posts_and_a_changed_rule_is_said(
    elastic_settings: ElasticSettings, tmp_path: Path
) -> None:
    posts = [opinion(f"p{n}", START + HOUR + n * 60_000) for n in range(6)]
    mild, strict = book(tmp_path, "mild.yml"), book(tmp_path, "strict.yml", at_least=12, fires={"count": 12})
    async with Elastic(elastic_settings) as elastic:
        await elastic.install(templates())
        await elastic.bulk([Op(index=monthly(OPINIONS, o["posted_at"]), id=o["id"], doc=o) for o in posts])
        await elastic.refresh(pattern(OPINIONS))
        rules = load_rulebook(mild.read_text("utf-8"))
        (alert,) = (await backtest(rules, ElasticCounts(elastic), START, START + 9 * HOUR)).alerts
        await AlertStore(elastic).create(alert)
    before = await stored(elastic_settings)
    done = run(elastic_settings, tmp_path, "explain", "alert", alert.id, HUIYING_RULEBOOK=str(mild))
    assert done.returncode == 0, done.stderr
    assert "posts 6, negative 0, danger 0, by source {'hotline': 6}" in done.stdout
    assert "-> opened, as it was stored" in done.stdout
    done = run(elastic_settings, tmp_path, "explain", "alert", alert.id, HUIYING_RULEBOOK=str(strict))
    assert "now different (the rule was changed, or posts came late): fires: yes -> no" in done.stdout
    assert await stored(elastic_settings) == before
