"""How well `reply_checks.explains` agrees with readers: precision and recall on held-out replies.

Run: python tests/bench/bench_reply_checks.py portal_replies.csv.gz (columns title, body, reply, reply_explains). The
held-out part is the 3 of 10 whose id's digest says so; the thresholds were chosen on the others only.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import sys

from analyzers.reply_checks import explains


def _held_out(row: dict[str, str]) -> bool:
    return hashlib.sha256(row["id"].encode()).digest()[0] % 10 >= 7


def main(path: str) -> None:
    """Print the table of both parts; "wrong" is a reply that readers marked as not explaining."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name, part in (
        ("trained on", [row for row in rows if not _held_out(row)]),
        ("held out", [row for row in rows if _held_out(row)]),
    ):
        told = [(row["reply_explains"] == "0", not explains(row["reply"])) for row in part]
        both = sum(wrong and said for wrong, said in told)
        said = sum(said for _, said in told)
        wrong = sum(wrong for wrong, _ in told)
        sys.stdout.write(
            f"{name}: {len(part)} replies, {wrong} wrong, {said} said wrong,"
            f" precision {both / max(said, 1):.3f}, recall {both / max(wrong, 1):.3f}\n"
        )


if __name__ == "__main__":
    main(sys.argv[1])
