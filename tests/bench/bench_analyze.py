"""How fast judgement is, beside SnowNLP's `.sentiments` and bare rjieba, on the same texts, on one core, in one run.

python tests/bench/bench_analyze.py [CSV with columns title and body, or text] [--check]

Without a file, on invented messages, which repeat few words and so suit rjieba; --check fails when a goal is missed.
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


def best(work: Callable[[], object], times: int) -> float:
    """Return the shortest of some runs, in seconds of processor time, whoever else uses the machine."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> int:
    start = time.process_time()
    from analyzers import analysis

    analysis.load()
    loaded = time.process_time() - start
    files = [each for each in sys.argv[1:] if not each.startswith("--")]
    texts = read(Path(files[0])) if files else invented(2000)
    chars = sum(map(len, texts))
    ours = best(lambda: analysis.analyze(texts), 5)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    import rjieba
    from snownlp import SnowNLP

    bare = best(lambda: [rjieba.cut(text) for text in texts], 5)
    some = [text for text in texts[:: max(1, len(texts) // 60)] if text.strip()]
    slow = best(lambda: [SnowNLP(text).sentiments for text in some], 1) / sum(map(len, some)) * chars
    rows = {
        "snownlp": slow / ours,
        "rjieba": bare / ours,
        "load s": loaded,
        "memory MB": memory,
    }
    print(f"{len(texts)} texts of {chars / len(texts):.0f} characters")
    print(f"{'':12}{'texts/s':>10}{'µs/char':>10}")
    for name, taken in (("analyze", ours), ("rjieba.cut", bare), ("snownlp", slow)):
        print(f"{name:12}{len(texts) / taken:10.0f}{taken / chars * 1e6:10.3f}")
    print(f"analyze is {rows['snownlp']:.0f}x snownlp (least 200) and {rows['rjieba']:.2f}x bare rjieba (least 0.4)")
    print(f"load {loaded:.2f} s (most 1.5), memory {memory:.0f} MB (most 300)")
    met = rows["snownlp"] >= 200 and rows["rjieba"] >= 0.4 and loaded <= 1.5 and memory <= 300
    print("met" if met else "NOT MET")
    return 1 if "--check" in sys.argv and not met else 0


if __name__ == "__main__":
    raise SystemExit(main())
