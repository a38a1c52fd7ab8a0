"""Commands that need no engines: labels and burst scores for a file, training, evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from analyzers.places import Gazetteer
from streams.errors import Misconfigured

if TYPE_CHECKING:
    from alerts.corrections import Correction
    from deploy.parts import Settings

MODELS = Path(__file__).parents[1] / "analyzers" / "models"
LACKS = "{} needs {}, which is not here; run `make setup-test`, which installs it"


def bar() -> Progress:
    """Return a progress bar on standard error, so that output stays clean."""
    from rich.console import Console

    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip


def run_analyze(source: Path, out: Path, city: Gazetteer | None = None, *, why: bool = False) -> None:
    """Label a file's texts."""
    from analyzers.files import analyze_file

    with bar() as shown:
        task = shown.add_task("analyze", total=source.stat().st_size)
        try:
            done = analyze_file(
                source, out, lambda read, whole: shown.update(task, completed=read, total=whole), city=city, why=why
            )
        except ValueError as error:
            raise Misconfigured(f"{source}: {error}") from error
        except OSError as error:
            raise Misconfigured(f"{error.filename or source}: {error.strerror}") from error
        shown.update(task, completed=source.stat().st_size)
    print(f"{done.read} rows: {done.written} labelled in {out}" + (
        f", {done.rejected} rejected in {out}.rejected" if done.rejected else ""
    ))  # fmt: skip


def run_burst(source: Path, out: Path) -> None:
    """Score a file of counts for bursts."""
    from deploy.burst_file import burst_file

    print(f"{burst_file(source, out)} rows scored in {out}")


def run_train(data: Path, out: Path | None, only: str | None) -> None:
    """Train the models, or only those of `only`."""
    try:
        from analyzers.training.train import train, train_topics
    except ImportError as error:
        raise Misconfigured(LACKS.format("training", error.name)) from error
    with bar() as shown:
        tasks: dict[str, object] = {}

        def tell(what: str) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=None)

        try:
            figures = (train_topics if only == "topic" else train)(data, out or MODELS, tell)
        except OSError as error:
            raise Misconfigured(f"{error.filename}: {error.strerror}") from error
    for name, value in figures.items():
        print(f"{name:40} {value:.4f}")


def run_evaluate(data: Path, *, as_json: bool) -> None:
    """Print the table of figures."""
    try:
        from analyzers.training.evaluate import as_text, evaluate
    except ImportError as error:
        raise Misconfigured(LACKS.format("evaluation", error.name)) from error
    try:
        table = evaluate(data)
    except OSError as error:
        raise Misconfigured(f"{error.filename}: {error.strerror}") from error
    if as_json:
        import json

        print(json.dumps([msgspec.structs.asdict(row) for row in table], ensure_ascii=False, indent=1))
    else:
        print(as_text(table))



def run_gold(settings: Settings, *, as_json: bool) -> None:
    """Print how the models of today do on the labels that staff corrected or confirmed."""
    import asyncio
    import json

    from alerts.corrections import Corrections, figures
    from alerts.history import History
    from streams.elastic import Elastic
    from streams.settings import ElasticSettings

    async def ask() -> list[tuple[Correction, str]]:
        async with Elastic(settings[ElasticSettings]) as elastic:
            return await Corrections(elastic, History(elastic)).gold()

    table = figures(asyncio.run(ask()))
    if as_json:
        print(json.dumps([msgspec.structs.asdict(row) for row in table], ensure_ascii=False, indent=1))
        return
    if not table:
        print("nobody has corrected or confirmed a label yet: 舆情 → 详情与更正")
        return
    print("| label | checked by staff | right when stored | right today | recall today |\n|---|---|---|---|---|")
    for row in table:
        recalls = ", ".join(f"{value or '(none)'} {share:.3f}" for value, share in row.recalls.items())
        print(f"| {row.label} | {row.rows} | {row.stored / row.rows:.4f} | {row.today / row.rows:.4f} | {recalls} |")
    print("people correct what they notice: compare models on it, and do not read it as the share of right labels")
