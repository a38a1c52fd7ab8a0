"""Every kind of report, made from invented data and drawn as pictures, so that people can look at them.

python tests/bench/report_samples.py FOLDER [--width 760] [--posts 3000]

A month of invented posts, items, readings, alerts and gaps lies in Elasticsearch (HUIYING_TEST_ELASTICSEARCH, else one
is started); each kind is written as PDF, DOCX and, for the ledger, XLSX. Needs `pdftoppm`, and LibreOffice (`soffice`)
for pictures of the office forms; the figures' truth is a matter of the tests, not of this program.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import secrets
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

from bench_chain import engines  # noqa: E402 - the path is set above
from effect_examples import item  # noqa: E402
from effect_examples import rows as items  # noqa: E402
from handing_over import a_handover, an_item  # noqa: E402
from matter_examples import report as of_matter  # noqa: E402
from msgspec.structs import replace  # noqa: E402
from report_examples import alert, busy_day  # noqa: E402
from review_examples import ALL, NOW, OTHER, UNIT, a_round, act, closed  # noqa: E402
from span_examples import rows as opinions  # noqa: E402

from alerts.appraisal import read_weights  # noqa: E402
from alerts.exports import Head  # noqa: E402
from alerts.history import History  # noqa: E402
from alerts.inspections import InspectionService  # noqa: E402
from alerts.ledger import Item  # noqa: E402
from alerts.ledger_export import as_xlsx  # noqa: E402
from alerts.ledger_export import row as exported  # noqa: E402
from alerts.ledgers import document  # noqa: E402
from alerts.reports import daily, handover  # noqa: E402
from alerts.reports.kinds import KINDS, make_report, render  # noqa: E402
from alerts.reports.spans import Span, before, month_of  # noqa: E402
from alerts.reports.tree import Report  # noqa: E402
from alerts.review import Reading, Round  # noqa: E402
from alerts.review_rounds import reading  # noqa: E402
from alerts.reviews import reading_document, round_document  # noqa: E402
from alerts.store import document as alert_document  # noqa: E402
from analyzers.places import county_name  # noqa: E402
from deploy.init import install_templates  # noqa: E402
from streams.clock import from_ms, ms  # noqa: E402
from streams.elastic import Elastic, Op  # noqa: E402
from streams.settings import ElasticSettings  # noqa: E402
from streams.topics import (  # noqa: E402
    ALERTS,
    DEAD_LETTERS,
    GAPS,
    LEDGER,
    LIVE,
    NOTICES,
    OPINIONS,
    PAGES,
    READINGS,
    REVIEWS,
    monthly,
)

MONTH = month_of(date(2026, 9, 1))
HOUR = 3_600_000
RULES = (("concern_grows", "集中反映"), ("danger", "涉及人身安全"), ("ledger_overdue", "台账逾期"))
SEED = hashlib.sha256(b"an invented entry of the history").hexdigest()
CALLED = {"水务局": "静宁县水务局", "教育局": "庄浪县教育局", "交通局": "市交通运输局", "小局": "崇信县民政局"}


async def put(elastic: Elastic, docs: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Store documents by index and id."""
    for start in range(0, len(docs), 500):
        part = docs[start : start + 500]
        await elastic.bulk([Op(index=index, id=id_, doc=doc, kind="index") for index, id_, doc in part])
    await elastic.refresh("*")


def read_by_two(around: Round, one: Item, chance: random.Random) -> Reading:
    """Return a reading that two scored and a third decided."""
    drawn = reading(around, one, one.lead)
    assert drawn is not None
    first = {each.name: chance.choices(each.levels, [7, 2, 1][: len(each.levels)])[0] for each in drawn.rubric.criteria}
    second = {name: level if chance.random() < 0.8 else ALL[name] for name, level in first.items()}
    both = act(act(drawn, "score", "qian", first), "score", "zhou", second)
    if both.state == "settled":
        return both
    decided = {name: second[name] for name in both.differing}
    return act(both, "decide", "li", {**decided, "reason": "见原文"}, role="leader")


async def fill(elastic: Elastic, posts: int) -> None:
    """Store the invented month."""
    chance, month = random.Random(3), MONTH.window
    docs: list[tuple[str, str, dict[str, Any]]] = []
    for span, many, seed in ((MONTH, posts, 7), (before(MONTH), posts * 4 // 5, 8)):
        docs += [(monthly(OPINIONS, one["posted_at"]), one["id"], one)
                 for one in opinions(span.window, many, seed=seed, prefix=span.name)]  # fmt: skip
        for row in items(span.window, posts // 5, seed=seed, prefix=f"i{span.name}"):
            row["unit"] = CALLED.get(row["unit"], "")
            if row["earlier"]:
                row["earlier"]["unit"] = CALLED.get(row["earlier"]["unit"], "")
            docs.append((LEDGER.name, row["id"], document(item(row))))
    chosen = [closed(number, unit) for number, unit in enumerate([UNIT] * 20 + [OTHER] * 14 + ["市交通运输局"] * 11)]
    around = replace(a_round(chosen, size=45, seed=SEED), state="told", told_at=ms(NOW))
    docs.append((REVIEWS.name, around.id, round_document(around)))
    docs += [(READINGS.name, one.id, reading_document(one)) for one in (read_by_two(around, c, chance) for c in chosen)]
    for number in range(60):
        opened = month.start + chance.randrange(month.end - month.start)
        rule, title = chance.choice(RULES)
        one = replace(
            alert(f"a{number}"), rule=rule, rule_title=title, opened_at=opened,
            acknowledged_at=opened + chance.randrange(1, 120) * 60_000 if chance.random() < 0.9 else 0,
            verdict=chance.choices(["true", "false", "late", ""], [6, 2, 1, 2])[0],
        )  # fmt: skip
        docs.append((ALERTS.name, one.id, alert_document(one)))
        docs += [
            (NOTICES.name, f"n{number}{by}", {"id": f"n{number}{by}", "alert": one.id, "channel": by, "kind": "opened",
                                              "state": "sent", "at": opened, "sent_at": opened + 2_000})
            for by in ("console", "email", "wecom")
        ]  # fmt: skip
    for hour in range(-28 * 24, MONTH.days * 24):
        at = month.start + hour * HOUR
        docs += [
            (monthly(PAGES, at), f"{source}{hour}",
             {"source": source, "topic": LIVE.name, "received": rate, "stored": rate, "repeated": 0, "rejected": 0,
              "late": 0, "at": at})
            for source, rate in (("portal", 3), ("hotline", 5), ("weibo", 4), ("wechat", 2))
            if not (source == "hotline" and 240 <= hour < 300)
        ]  # fmt: skip
    gap = {"id": "g1", "source": "hotline", "missing": 300.0, "since": month.start + 240 * HOUR,
           "until": month.start + 300 * HOUR, "found_at": month.start + 250 * HOUR}  # fmt: skip
    docs.append((GAPS.name, "g1", gap))
    docs += [
        (monthly(DEAD_LETTERS, month.start), f"d{n}",
         {"id": f"d{n}", "source": "portal", "origin": "x", "ref": "", "detail": "", "size": 1,
          "reason": chance.choice(["field_missing", "not_json"]), "at": month.start + n * HOUR})
        for n in range(9)
    ]  # fmt: skip
    await put(elastic, docs)
    inspections = InspectionService(elastic, History(elastic), read_weights(""))
    for unit, text in (("静宁县水务局", "答复日期与公告不一致"), ("市交通运输局", "线路名称写错")):
        found = {"unit": unit, "finding": "wrong_fact", "where": "门户", "at": month.end - 86_400_000, "text": text}
        await inspections.record("reading", found, by="sun", role="supervisor", now=from_ms(month.end - 86_400_000))


def shift() -> Report:
    """Return a handover's paper."""
    titles = ("静宁县停水集中反映", "庄浪县校车晚点反映增多", "台账逾期2件（市交通运输局）")
    one = a_handover(*(an_item(title, title=title) for title in titles))
    return handover.compose(one, now=one.until, unit="平凉市政务舆情回应")


async def made(elastic: Elastic, span: Span) -> dict[str, Report]:
    """Return one report of each kind."""
    found = {"daily": daily.compose(busy_day()), "handover": shift()}
    found |= {kind: of_matter(kind) for kind in ("urgent", "special", "minutes")}
    for kind in KINDS:
        if kind not in found:
            period = "2026-W39" if kind == "weekly" else span.name
            found[kind] = await make_report(kind, period, elastic, NOW)
    return found


def picture(pdf: Path, width: int, pages: int) -> None:
    """Draw the first pages of a PDF beside it."""
    subprocess.run(["pdftoppm", "-png", "-r", "96", "-l", str(pages), "-scale-to-x", str(width), "-scale-to-y", "-1",
                    str(pdf), str(pdf.with_suffix(""))], check=True)  # fmt: skip


def by_office(path: Path, folder: Path) -> Path:
    """Return the PDF that LibreOffice makes of an office file."""
    subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return folder / f"{path.stem}.pdf"


async def main(folder: Path, width: int, posts: int, prefix: str, url: str) -> None:
    """Fill, make all kinds, write them, and clean up."""
    office = folder / "office"
    office.mkdir(parents=True, exist_ok=True)
    async with Elastic(ElasticSettings(elasticsearch=url, elasticsearch_prefix=prefix)) as elastic:
        await install_templates(elastic)
        try:
            await fill(elastic, posts)
            reports = await made(elastic, MONTH)
            ledger = [item(row) for row in items(MONTH.window, 40)]
        finally:
            await elastic.drop("*")
    for kind, report in reports.items():
        path = folder / f"{kind}.pdf"
        path.write_bytes(render(report, "pdf"))
        picture(path, width, 9)
        for form in ("docx", "xlsx"):
            (office / f"{kind}-{form}.{form}").write_bytes(render(report, form))
    kinds = {"help": "求助", "complaint": "投诉", "suggest": "建议"}
    lines = [exported(one, ms(NOW), county_name, kinds) for one in ledger]
    head = Head(asked={"范围": "全部"}, at=ms(NOW), index="ledger", total=len(lines), rows=len(lines))
    (office / "ledger-xlsx.xlsx").write_bytes(as_xlsx(head, lines))
    if shutil.which("soffice"):
        for path in sorted([*office.glob("*.docx"), *office.glob("*.xlsx")]):
            picture(by_office(path, office), width, 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=760)
    parser.add_argument("--posts", type=int, default=3000)
    given = parser.parse_args()
    with engines() as (_, elasticsearch):
        asyncio.run(main(given.folder, given.width, given.posts, f"sample-{secrets.token_hex(4)}-", elasticsearch))
