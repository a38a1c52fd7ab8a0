"""The README's tables, written from the code: `python -m deploy.docs` rewrites them, a test holds them.

Each table stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from alerts.notices import CHANNELS
from alerts.rules import Rule
from deploy.channels import WAYS
from deploy.parts import PARTS, rulebook
from streams.metrics import METRICS
from streams.settings import PREFIX
from streams.topics import INDICES, TOPICS

README = Path(__file__).parents[1] / "README.md"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(list(head))]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def commands() -> str:
    """Return the table of commands, from the command line's own help."""
    from typer.main import get_command

    from deploy.__main__ import app

    group = get_command(app)
    rows = []
    for name, command in sorted(getattr(group, "commands", {}).items()):
        below = getattr(command, "commands", None)
        if below:
            rows += [(f"`huiying {name} {sub}`", (one.help or "").split("\n")[0]) for sub, one in sorted(below.items())]
        else:
            rows.append((f"`huiying {name}`", (command.help or "").split("\n")[0]))
    return _table(("command", "does"), rows)


def topics() -> str:
    """Return the table of Kafka topics."""
    return _table(
        ("topic", "holds", "written by", "read by", "kept"),
        [(f"`{t.name}`", t.holds, t.writers, t.readers, f"{t.retention_ms // 86_400_000} days") for t in TOPICS],
    )


def indices() -> str:
    """Return the table of Elasticsearch indices."""
    return _table(
        ("index", "holds"),
        [(f"`{i.name}{'-YYYY.MM' if i.monthly else ''}`", i.holds) for i in INDICES],
    )


def settings() -> str:
    """Return the table of settings, secrets marked."""
    rows = []
    for part in PARTS:
        for field in dataclasses.fields(part):
            default = "" if field.default in ("", None) else f"`{field.default}`"
            secret = " (secret)" if field.metadata.get("secret") else ""
            rows.append((f"`{PREFIX}{field.name.upper()}`", default, str(field.metadata["help"]) + secret))
    return _table(("setting", "default", "what it is"), rows)


def rules() -> str:
    """Return the table of the shipped rulebook."""

    def row(rule: Rule) -> tuple[str, ...]:
        return (f"`{rule.name}`", rule.title, str(rule.kind), str(rule.level), rule.reason)

    return _table(("rule", "题目", "kind", "level", "why it is there"), [row(rule) for rule in rulebook()])


def metrics() -> str:
    """Return the table of metrics."""
    rows = [
        (f"`huiying_{m.name}{'_total' if m.kind == 'counter' else ''}`", m.kind, ", ".join(m.labels), m.help)
        for m in METRICS
    ]
    return _table(("metric", "kind", "labels", "what it counts"), rows)


def channels() -> str:
    """Return the table of ways a notice goes out."""
    return _table(
        ("channel", "set up by", "in pieces of", "a minute", "sent means"),
        [
            (f"`{w.name}` {CHANNELS[w.name]}", w.setting and f"`{w.setting}`", w.pieces, w.rate, w.sent) for w in WAYS
        ],
    )


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "topics": topics,
    "indices": indices,
    "settings": settings,
    "rules": rules,
    "metrics": metrics,
    "channels": channels,
}


def written(text: str) -> str:
    """Return the README's text with every table as the code has it."""
    for name, make in TABLES.items():
        found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        table = make()
        text = found.sub(lambda m, table=table: f"{m[1]}{table}\n{m[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
