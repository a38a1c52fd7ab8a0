"""How much personal data masking finds, by kind, in invented texts: `python tests/bench/bench_masking.py [COUNT]`.

`--read FILE.csv[.gz]` instead shows every mask in 1,000 of a file's texts (columns title and body, or text), so that a
person can count those which hide no personal data.
"""

from __future__ import annotations

import csv
import gzip
import random
import sys
from difflib import SequenceMatcher
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from personal_data import KINDS, Value, survives, value

from analyzers.labels import MASKS
from analyzers.masking import mask_page

CARRIERS = (
    "我家门口的路灯坏了三个月，请尽快修好。{}，谢谢！",
    "{}",
    "尊敬的领导：您好！{}。小区停水已经两天，老人孩子没水喝",
    "工地夜里施工噪音大，打12345没人管。\r\n{}\r\n2019年11月3日",
    "😡😡太气人了[怒]{}，物业费一年3600元",
    "关于国办发〔2016〕61号文件的落实，请答复，{}",
    "垃圾三天没人清运（{}）望核实",
    "举报黑车，{}，工单号20191203004512",
)
CUES = {
    "phone": ("电话", "联系电话：", "手机号", "请拨打", "我的号码是", "", "tel:", "有事打", "致电"),
    "id": ("身份证", "身份证号：", "证件号码", "", "身份证号码是"),
    "card": ("卡号", "银行卡", "工资卡：", "", "请退到"),
    "email": ("邮箱", "邮箱：", "", "发到", "Email:"),
    "plate": ("车牌", "车牌号：", "", "一辆", "车号"),
    "account": ("", "", "请加"),
    "handle": ("", "", "转发"),
    "name": ("", "", "，"),
    "address": ("家住", "住在", "地址：", "我家在", "我是"),
}
TAILS = {"handle": (" 快来看", "：转发", "，你看", " "), "address": ("，", "漏水", "的业主", "")}


def cases(kind: str, count: int, seed: int) -> list[tuple[str, Value]]:
    """Return texts, each with the value hidden in it."""
    rng = random.Random(f"{kind} {seed}")
    out = []
    for _ in range(count):
        one = value(kind, rng)
        said = rng.choice(CUES[kind]) + one.written + rng.choice(TAILS.get(kind, ("",)))
        out.append((rng.choice(CARRIERS).format(said), one))
    return out


def read(file: str, count: int = 1000, around: int = 14) -> int:
    """Print each mask with what it hides and what stands around it; the draw is fixed."""
    open_ = gzip.open if file.endswith(".gz") else open
    with open_(file, "rt", encoding="utf-8") as lines:
        rows = [row.get("text") or f"{row['title']}\n{row['body']}" for row in csv.DictReader(lines)]
    texts = random.Random(7).sample(rows, min(count, len(rows)))
    masked = mask_page(texts)
    for text, out in zip(texts, masked, strict=True):
        if not out.kinds:
            continue
        for what, since, until, left, right in SequenceMatcher(None, text, out.text, autojunk=False).get_opcodes():
            if what != "equal" and text[since:until].strip():
                before, after = text[max(0, since - around) : since], text[until : until + around]
                shown = f"{before}«{text[since:until]}»{after} → {out.text[left:right]}"
                print(" ".join(shown.split()))
    print(f"{sum(bool(out.kinds) for out in masked)} of {len(texts)} texts hold a mask")
    return 0


def main() -> int:
    if sys.argv[1:2] == ["--read"]:
        return read(sys.argv[2])
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    show = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for kind in KINDS:
        rows = cases(kind, count, 1)
        masked = mask_page([text for text, _ in rows])
        missed = [text for (text, one), out in zip(rows, masked, strict=True) if survives(one, out.text)]
        other = sum(kind not in out.kinds for out in masked) - len(missed)
        print(f"{kind:8} {MASKS[kind]} recall {1 - len(missed) / count:.4f}, as another kind {other}")
        for text in missed[:show]:
            print("   ", ascii(text) if not text.isprintable() else text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
