"""`huiying rules`: check a rulebook before it is used, say what it changes, and its form for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from alerts.rulebook import load_rulebook
from alerts.rulebook_diff import changes
from alerts.rulebook_schema import schema
from alerts.rules import Rule
from alerts.watched_words import with_files
from deploy.parts import RULEBOOK
from streams.errors import Misconfigured

app = typer.Typer(help="Rulebooks: checked and compared before they are used.", no_args_is_help=True)


def rules_of(path: Path) -> list[Rule]:
    """Read a rulebook. Raises Misconfigured with the file, the line and what is wrong."""
    try:
        return load_rulebook(with_files(path.read_text("utf-8"), path.parent))
    except (OSError, UnicodeDecodeError, Misconfigured) as error:
        raise Misconfigured(f"{path}: {error}") from error


@app.command("schema")
def rules_schema() -> None:
    """Print the rulebook's JSON Schema, for editors."""
    print(json.dumps(schema(), ensure_ascii=False, indent=2))


@app.command("check")
def rules_check(
    rulebook: Annotated[Path, typer.Argument(help="the rulebook to check")],
    against: Annotated[Path, typer.Option(help="say what it changes in this one; empty: the shipped one")] = RULEBOOK,
) -> None:
    """Check a rulebook, its examples included, and say what it changes; fail at the first mistake, with its line."""
    rules = rules_of(rulebook)
    before = rules_of(against)
    for change in changes(before, rules):
        print(change.line())
    print(f"{len(rules)} rules, all examples come out as they say")
