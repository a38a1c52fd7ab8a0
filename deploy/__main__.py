"""The `huiying` command: reads the settings, wires concrete parts together, and ends with one clear line on errors."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deploy import backtesting, drilling, duty, intake, letters, rulebooks, tokens
from streams.errors import HuiyingError, Misconfigured

app = typer.Typer(
    name="huiying",
    help="Huiying 回应: hear what a city's people ask, and answer sooner.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Json = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]
Input = Annotated[Path, typer.Option("--in", help="CSV or JSONL, also .gz", exists=True, dir_okay=False)]
Output = Annotated[Path, typer.Option("--out", help="where to write")]


def settings() -> Any:
    """Return all settings, read once at start."""
    from deploy.city import serve
    from deploy.parts import Settings

    found = Settings()
    serve(found)
    return found


@app.command()
def up() -> None:
    """Run everything on this machine until Ctrl-C: engines, worker, watcher, console, clock, intake."""
    from deploy.run import run_up

    run_up(settings())


@app.command()
def demo() -> None:
    """Play one invented city day in about two minutes, in a data folder of its own, and go on running."""
    from deploy.run import run_demo

    run_demo(settings())


@app.command()
def init() -> None:
    """Create topics and index templates, and the first user if there is none."""
    from deploy.run import run_init

    run_init(settings())


@app.command()
def work() -> None:
    """Run one scoring worker: pages of posts in, opinions stored."""
    from deploy.run import run_work

    run_work(settings())


@app.command()
def collect() -> None:
    """Poll the own accounts of HUIYING_SOURCES into Kafka; without one it says so."""
    from deploy.collecting import run_collect

    run_collect(settings())


@app.command()
def gateway() -> None:
    """Run the HTTP intake: posts come in with a key, and are answered when Kafka has them."""
    intake.run_gateway(settings())


@app.command()
def watch() -> None:
    """Run the watcher: rules over stored opinions, alerts, notices."""
    from deploy.run import run_watch

    run_watch(settings())


@app.command()
def desk() -> None:
    """Run the console."""
    from deploy.run import run_desk

    run_desk(settings())


@app.command()
def clock() -> None:
    """Run the scheduler: reports on time."""
    from deploy.run import run_clock

    run_clock(settings())


@app.command()
def replay(  # noqa: PLR0917 - a command line option each
    file: Annotated[Path, typer.Argument(help="CSV or JSONL, also .gz; XLSX, XLS", exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="weibo, wechat, portal, hotline, board or other")] = "portal",
    like: Annotated[str, typer.Option("--as", help="an export with its usual columns: hotline, board or portal")] = "",
    columns: Annotated[str, typer.Option("--map", help="our=theirs, as posted_at=时间,text=标题+正文")] = "",
    speed: Annotated[str, typer.Option(help="max, or how many times faster than it happened")] = "max",
    rules: Annotated[bool, typer.Option("--rules", help="then run the rules over the file's own time")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="with --rules: send notices too, marked as replay")] = False,
    live: Annotated[bool, typer.Option("--live", help="send to the live topic, as if it came now")] = False,
    from_start: Annotated[bool, typer.Option("--from-start", help="do not resume an interrupted replay")] = False,
) -> None:
    """Send a file's messages through Kafka in their own time; doing it again changes no count."""
    from deploy.tools import run_replay

    run_replay(
        settings(), file, source=source, columns=columns, speed=speed, rules=rules, notify=notify, live=live,
        from_start=from_start, like=like,
    )  # fmt: skip


@app.command()
def books(as_json: Json = False) -> None:
    """Print received = stored + repeated + rejected, and alerts = sent + suppressed + failed; fail if unequal."""
    from deploy.tools import run_books

    run_books(settings(), as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this machine and everything outside, one line each: what is wrong and what to do."""
    from deploy.tools import run_doctor

    run_doctor(settings(), as_json=as_json)


@app.command()
def report(
    kind: Annotated[
        str,
        typer.Argument(
            help="daily, weekly, monthly, effect, appraisal, bulletin, detection, coverage, urgent, special, minutes, "
            "handover"
        ),
    ],
    period: Annotated[str, typer.Option("--for", help="2026-05-01, 2026-W18, 2026-05, an id; empty: the last")] = "",
    form: Annotated[str, typer.Option("--format", help="html, docx, pdf or xlsx")] = "html",
    out: Annotated[Path | None, typer.Option(help="file to write; empty: one named by kind and period")] = None,
) -> None:
    """Make a report and write it as HTML, DOCX, PDF or XLSX."""
    from deploy.tools import run_report

    run_report(settings(), kind, period, form, out)


@app.command()
def analyze(
    source: Input,
    out: Output,
    places: Annotated[Path | None, typer.Option(help="file with the city's places; empty: HUIYING_PLACES")] = None,
    why: Annotated[bool, typer.Option("--why", help="write the terms that decided each label too")] = False,
) -> None:
    """Label a file's texts; needs no engines. Rows that can't be read go to OUT.rejected with their reason.

    The column `text` is replaced by `masked`; all others pass through as they are, also if they hold personal data. One
    that is called as a label is (such as `topic`) is written as `in_topic`. OUT appears only when it is complete.
    """
    from deploy.city import read_city
    from deploy.offline import run_analyze

    settings()
    run_analyze(source, out, None if places is None else read_city(places, "--places"), why=why)


@app.command()
def burst(source: Input, out: Output) -> None:
    """Score a file of counts for bursts, row by row without looking ahead; needs no engines.

    The file is CSV with the columns timestamp and value, also .gz, in steps of any length. OUT holds the same rows and
    anomaly_score from 0 to 1. OUT appears only when it is complete.
    """
    from deploy.offline import run_burst

    run_burst(source, out)


@app.command()
def train(
    data: Annotated[Path, typer.Option(help="folder with the training data", exists=True, file_okay=False)],
    out: Annotated[Path | None, typer.Option(help="folder for the weights; empty: the one in use")] = None,
    only: Annotated[
        Literal["topic"] | None, typer.Option(help="retrain this model, keep the other weights; empty: all")
    ] = None,
) -> None:
    """Train the models from data outside the repository."""
    from deploy.offline import run_train

    run_train(data, out, only)


@app.command()
def evaluate(
    data: Annotated[
        Path | None, typer.Option(help="folder with the test data", exists=True, file_okay=False)
    ] = None,
    gold: Annotated[
        bool, typer.Option("--gold", help="on the labels that staff corrected; needs Elasticsearch, no folder")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the table of figures: how good the models are, beside simpler ones, or on what staff corrected."""
    from deploy.offline import run_evaluate, run_gold

    if gold:
        run_gold(settings(), as_json=as_json)
    if data is not None:
        run_evaluate(data, as_json=as_json)
    elif not gold:
        raise typer.BadParameter("name the folder with --data, or ask for --gold")


app.command("backtest")(backtesting.command)
app.command("drill")(drilling.command)
places_app = typer.Typer(help="The city's places.", no_args_is_help=True)
explain_app = typer.Typer(help="Why, with all inputs; sends nothing.", no_args_is_help=True)
audit_app = typer.Typer(help="The append-only record.", no_args_is_help=True)
user_app = typer.Typer(help="People who sign in.", no_args_is_help=True)
app.add_typer(places_app, name="places")
app.add_typer(explain_app, name="explain")
app.add_typer(letters.app, name="dead-letters")
app.add_typer(intake.app, name="key")
app.add_typer(tokens.app, name="token")
app.add_typer(duty.app, name="duty")
app.add_typer(rulebooks.app, name="rules")
app.add_typer(audit_app, name="audit")
app.add_typer(user_app, name="user")


@places_app.command("build")
def places_build(
    adcodes: Annotated[Path, typer.Option(help="CSV with adcode and name of all places; longitude, latitude if there")],
    city: Annotated[str, typer.Option(help="the city's code of six digits, as 410900")],
    out: Annotated[Path, typer.Option(help="file to write, for HUIYING_PLACES")],
    tree: Annotated[Path | None, typer.Option(help="towns and villages: one a line, indented by tabs")] = None,
) -> None:
    """Make the file of another city's places from public codes and names."""
    from deploy.city import run_places_build

    run_places_build(adcodes, city, tree, out)


@explain_app.command("post")
def explain_post(
    post: Annotated[str, typer.Argument(help="an opinion's id; or give --text")] = "",
    text: Annotated[str, typer.Option(help="a text to judge, without any engine")] = "",
) -> None:
    """Show a text's normal form, masks and labels, each with the terms that decided it."""
    from deploy.tools import run_explain_post

    run_explain_post(settings(), post, text)


@explain_app.command("rule")
def explain_rule(name: Annotated[str, typer.Argument(help="a rule's name; empty: all")] = "") -> None:
    """Show a rule with its reason, its bounds, an example that fires and one that does not."""
    from deploy.tools import run_explain_rule

    run_explain_rule(name)


@explain_app.command("alert")
def explain_alert(alert: Annotated[str, typer.Argument(help="an alert's id")]) -> None:
    """Show why an alert fired, decide it anew from its posts, and show what became of its notices."""
    from deploy.tools import run_explain_alert

    run_explain_alert(settings(), alert)


@audit_app.command("verify")
def audit_verify() -> None:
    """Walk the hash chain of who did and saw what; fail at the first broken entry."""
    from deploy.tools import run_audit_verify

    run_audit_verify(settings())


@user_app.command("add")
def user_add(
    username: Annotated[str, typer.Argument(help="small letters and digits")],
    name: Annotated[str, typer.Option(help="name shown on screen")],
    role: Annotated[str, typer.Option(help="officer, handler, supervisor, analyst, leader or admin")] = "officer",
    unit: Annotated[list[str] | None, typer.Option(help="department it is limited to; again for more")] = None,
    county: Annotated[list[str] | None, typer.Option(help="code of a county it is limited to; again for more")] = None,
) -> None:
    """Add a person; prints a first password once."""
    from deploy.tools import run_user_add

    run_user_add(settings(), username, name, role, units=unit or (), counties=county or ())


@user_app.command("password")
def user_password(username: Annotated[str, typer.Argument(help="who")]) -> None:
    """Give a person a new first password, printed once; it must be changed at the next sign-in."""
    from deploy.tools import run_user_password

    run_user_password(settings(), username)


@user_app.command("list")
def user_list() -> None:
    """List the people who may sign in."""
    from deploy.tools import run_user_list

    run_user_list(settings())


def main() -> None:
    """Run the command; our own errors end it with one line and exit code 1, Ctrl-C with 130.

    Where a person must change something first, the code is 78 (EX_CONFIG): the supervisor does not try again.
    """
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="replace")
    try:
        app()
    except HuiyingError as error:
        line = " ".join(str(error).split())
        if "--json" in sys.argv:
            print(json.dumps({"error": line}, ensure_ascii=False))
        print(f"huiying: {line}", file=sys.stderr)
        raise SystemExit(78 if isinstance(error, Misconfigured) else 1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None
    except BrokenPipeError:
        os._exit(0)  # whoever read our output has gone; there is nobody left to tell


if __name__ == "__main__":
    main()
