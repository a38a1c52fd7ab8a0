"""How fast judgement is, beside SnowNLP's `.sentiments` and bare rjieba, on the same texts, on one core, in one run.

python tests/bench/bench_analyze.py [CSV with columns title and body, or text]... [--check]

A row for each file and one for invented messages, which repeat few words and so suit rjieba. The runs of all take
turns and the best of each counts, so that whatever else the machine does hits all alike; time is processor time.
`with why` also asks for the terms that decided. --check fails when a goal is missed anywhere.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

SAMPLE = 60
"""Texts that SnowNLP reads."""
ROUNDS = 5

_PARTS = (
    "尊敬的领导您好,我是本市{}的一名普通居民。",
    "{}从上个月开始经常停水,老人和孩子用水非常不方便,",
    "小区门口的工地每天施工到凌晨,噪音扰民,大家都休息不好,",
    "多次打电话反映一直没有人处理,物业和社区互相推诿,",
    "请问什么时候能够解决?需要准备什么材料、到哪里办理?",
    "希望有关部门到{}实地查看,给群众一个明确的答复,谢谢!",
    "孩子的学费又涨了,收费标准没有公示,家长意见很大。",
    "公交车间隔太长,早高峰要等四十分钟,建议增加班次。",
)
_PLACES = ("静宁县城关镇", "崆峒区柳湖镇", "泾川县", "华亭市东华镇", "庄浪县水洛镇", "灵台县", "崇信县")


def invented(count: int) -> list[str]:
    """Return messages of about 350 characters."""
    rng = random.Random(7)
    return ["".join(rng.choice(_PARTS).format(rng.choice(_PLACES)) for _ in range(12)) for _ in range(count)]


def read(path: Path) -> list[str]:
    """Return the texts of a CSV."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = csv.DictReader(io.StringIO(raw.decode("utf-8"), newline=""))
    return [row.get("text") or f"{row.get('title', '')}\n{row.get('body', '')}" for row in rows]


def spent(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that it takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(texts: list[str]) -> dict[str, float]:
    """Return seconds for all texts by each way; SnowNLP reads some of them, and the rest is reckoned by length."""
    import rjieba
    from snownlp import SnowNLP

    from analyzers import analysis

    some = [text for text in texts[:: max(1, len(texts) // SAMPLE)] if text.strip()]
    ways: dict[str, Callable[[], object]] = {
        "analyze": lambda: analysis.analyze(texts),
        "with why": lambda: analysis.whys(analysis.analyze(texts)),
        "rjieba": lambda: [rjieba.cut(text) for text in texts],
        "snownlp": lambda: [SnowNLP(text).sentiments for text in some],
    }
    times = {name: min(each) for name, each in zip(
        ways, zip(*([spent(work) for work in ways.values()] for _ in range(ROUNDS)), strict=True), strict=True
    )}  # fmt: skip
    times["snownlp"] *= sum(map(len, texts)) / sum(map(len, some))
    return times


def main() -> int:
    start = time.process_time()
    from analyzers import analysis

    analysis.load()
    loaded = time.process_time() - start
    files = [Path(each) for each in sys.argv[1:] if not each.startswith("--")]
    sets = {path.name.partition(".")[0]: read(path) for path in files} | {"invented": invented(2000)}
    analysis.analyze(sets["invented"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    met = loaded <= 1.5 and memory <= 300
    print(f"{'':20}{'chars/text':>11}{'texts/s':>9}{'x snownlp':>11}{'of rjieba':>11}{'with why':>10}")
    for name, texts in sets.items():
        times = measure(texts)
        ours = times["analyze"]
        ratios = times["snownlp"] / ours, times["rjieba"] / ours
        met = met and ratios[0] >= 200 and ratios[1] >= 0.4
        print(
            f"{name:20}{sum(map(len, texts)) / len(texts):11.0f}{len(texts) / ours:9.0f}"
            f"{ratios[0]:11.0f}{ratios[1]:11.2f}{times['rjieba'] / times['with why']:10.2f}"
        )
    print(f"least {'200':>45}{'0.40':>11}")
    print(f"load {loaded:.2f} s (most 1.5), memory {memory:.0f} MB with all texts held (most 300)")
    print("met" if met else "NOT MET")
    return 1 if "--check" in sys.argv and not met else 0


if __name__ == "__main__":
    raise SystemExit(main())
