"""Random and mutated texts: none may raise, none may keep a canary (python tests/bench/fuzz_analyze.py [100000])."""

from __future__ import annotations

import random
import sys

from analyzers.analysis import analyze

CANARIES = ("13800138000", "11010519491231002X", "abc.d@example.com", "甘L12345", "6222021234567890128")
ALPHABETS = (
    "".join(map(chr, range(0x20, 0x7F))),
    "停水噪音请问感谢静宁县城关镇老人孩子没人管的了是不在有我",
    "".join(map(chr, range(0x600, 0x6FF))) + "\u202e\u200f",
    "😀😡🙏👍💩\U0001f468\u200d\U0001f469",
    "".join(map(chr, range(0x20))) + "\x7f\x85\u2028",
    "\ud800\udfff\ufffe\uffff\u200b\ufeff&#;amp",
    "０１２３４５６７８９一二三四五〇幺-—. ()",
)


def text(rng: random.Random) -> tuple[str, str]:
    """Return a text and the canary in it ("" if none)."""
    parts = ["".join(rng.choices(rng.choice(ALPHABETS), k=rng.randrange(30))) for _ in range(rng.randrange(5))]
    canary = rng.choice(CANARIES) if rng.random() < 0.3 else ""
    if canary:
        parts.insert(rng.randrange(len(parts) + 1), f"。{canary}。")
    return "".join(parts), canary


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = random.Random(5)
    for start in range(0, count, 500):
        rows = [text(rng) for _ in range(500)]
        found = analyze([each for each, _ in rows])
        for (each, canary), one in zip(rows, found, strict=True):
            if canary and canary.lower() in one.normal + one.masked:
                print("kept a canary:", ascii(each))
                return 1
            if len(one.normal) != len(one.masked):
                print("places moved:", ascii(each))
                return 1
        if start % 20_000 == 0:
            print(start, flush=True)
    for big in ("停水" * 500_000, "@" * 1_000_000, "1" * 1_000_000, "&amp;" * 200_000, "本人" * 300_000):
        analyze([big])
    print(f"{count} texts and five of a megabyte: none raised, none kept a canary")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
