"""The ``trady2`` command: each command runs one flow or one registry verb.

Results go to standard output (with ``--json`` exactly one JSON object), everything else to standard error.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import queries, telling
from flows.audit_command import audit
from flows.options import Actor, ConfigFile, Json, Name, Prefect, Reason, me, print_result, run
from trady2.errors import Trady2Error

__all__ = ["app", "command", "main"]

app = typer.Typer(
    help="Train, judge, version, activate and serve models of short-term upward price moves.",
    epilog="Begin with: trady2 demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
bars_app = typer.Typer(help="Bars: import and look.", no_args_is_help=True)
features_app = typer.Typer(help="Feature vectors: build and look.", no_args_is_help=True)
app.add_typer(bars_app, name="bars")
app.add_typer(features_app, name="features")


@bars_app.command("import", epilog="Example: trady2 bars import downloads/*.zip --timeframe 1h")
def bars_import(
    paths: Annotated[list[str], typer.Argument(help="Files or folders: CSV, ZIP, Parquet, Feather.")],
    asset: Annotated[str | None, typer.Option(help="The asset of all files; else read from them.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Such as 1h or 15m; else the usual step.")] = None,
    bars: Annotated[str, typer.Option(help="Where the bars are stored.")] = "data/bars",
    fetched_at: Annotated[str | None, typer.Option(help="When the files were fetched, ISO time with zone.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="New bars win over stored ones that differ.")] = False,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Import files of bars: mend what has one honest repair, quarantine the rest, count both."""
    parameters = {"paths": paths, "asset": asset, "timeframe": timeframe, "bars": bars, "replace": replace}
    result = run("import_bars", {**parameters, "fetched_at": queries.utc_time(fetched_at)}, prefect=prefect)
    print_result(result, as_json, telling.imported(result))


@features_app.command("build", epilog="Example: trady2 features build --config configs/ml.example.yaml")
def features_build(config: ConfigFile, as_json: Json = False, prefect: Prefect = False) -> None:
    """Build the feature vectors of what is new since the last time."""
    result = run("build_features", {"config": config}, prefect=prefect)
    print_result(result, as_json, telling.built(result))


@features_app.command("list", epilog="Example: trady2 features list")
def features_list(as_json: Json = False) -> None:
    """Show every indicator, its parameters and its formula."""
    indicators = queries.indicator_rows()
    print_result({"indicators": indicators}, as_json, telling.indicators(indicators))


@app.command(epilog="Example: trady2 train --config configs/ml.example.yaml")
def train(config: ConfigFile, actor: Actor = None, as_json: Json = False, prefect: Prefect = False) -> None:
    """Train, backtest the test zone and register one version. It does not become active by itself."""
    result = run("train_model", {"config": config, "actor": me(actor)}, prefect=prefect)
    print_result(result, as_json, telling.trained(result))


@app.command(epilog="Example: trady2 backtest --version 1.0.0+20251101_120000 --output reports/mine")
def backtest(
    version: Annotated[str, typer.Option("--version", "-v", help="The exact version.")],
    config: Annotated[str | None, typer.Option("--config", "-c", help="Another YAML file than the version's.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", help="Prefix of the report's files.")] = "reports/report",
    start: Annotated[str | None, typer.Option(help="First bar, ISO time with zone; else the test zone.")] = None,
    end: Annotated[str | None, typer.Option(help="First bar left out, ISO time with zone.")] = None,
    name: Name = "trady2",
    actor: Actor = None,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Backtest a registered version and write report.html and report.json."""
    span = {"start": queries.utc_time(start), "end": queries.utc_time(end)}
    parameters = {"version": version, "config": config, "output": output, "name": name, "actor": me(actor), **span}
    result = run("backtest_model", parameters, prefect=prefect)
    print_result(result, as_json, telling.backtested(result))


app.command(epilog="Example: trady2 audit --config configs/ml.example.yaml")(audit)


@app.command(epilog="Example: trady2 versions --name trady2")
def versions(name: Name = "trady2", as_json: Json = False) -> None:
    """List the versions of a model, the newest first."""
    rows = queries.version_rows(name)
    print_result({"name": name, "versions": rows}, as_json, telling.versions(name, rows))


@app.command(epilog="Example: trady2 activate 1.0.0+20251101_120000 --reason 'beats the last one on the test zone'")
def activate(
    version: Annotated[str, typer.Argument(help="The exact version.")],
    reason: Reason,
    name: Name = "trady2",
    actor: Actor = None,
    force: Annotated[bool, typer.Option("--force", help="Overrule a failed audit.")] = False,
    as_json: Json = False,
    prefect: Prefect = False,
) -> None:
    """Make a version the one that the service answers with."""
    parameters = {"version": version, "reason": reason, "actor": me(actor), "name": name, "force": force}
    result = run("activate_model", parameters, prefect=prefect)
    print_result(result, as_json, telling.activated(result))


@app.command(epilog="Example: trady2 rollback --reason 'drift since Monday'")
def rollback(
    reason: Reason, name: Name = "trady2", actor: Actor = None, as_json: Json = False, prefect: Prefect = False
) -> None:
    """Go back to the version that was active before."""
    result = run("rollback_model", {"reason": reason, "actor": me(actor), "name": name}, prefect=prefect)
    print_result(result, as_json, telling.activated(result))


@app.command(epilog="Example: trady2 active --as-of 2025-11-01T12:00:00Z")
def active(
    name: Name = "trady2",
    as_of: Annotated[str | None, typer.Option("--as-of", help="Then instead of now, ISO time with zone.")] = None,
    as_json: Json = False,
) -> None:
    """Show the active version and since when."""
    result = queries.active_row(name, as_of)
    print_result(result, as_json, telling.activated(result))


@app.command(epilog="Example: trady2 predict --asset BTC-USDT --as-of latest")
def predict(
    asset: Annotated[str, typer.Option(help="The asset.")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="`latest`, or an ISO time with zone.")] = None,
    url: Annotated[str | None, typer.Option(help="Ask a running service; else answer here.")] = None,
    vectors: Annotated[str, typer.Option(help="Folder of the feature vectors.")] = "data/vectors",
    name: Name = "trady2",
    as_json: Json = False,
) -> None:
    """Predict from the newest stored vector; the answer is the service's, to the bit."""
    answer = queries.answer(asset, as_of, url=url, vectors=Path(vectors), name=name)
    print_result(answer, as_json, telling.predicted(answer))


@app.command(epilog="Example: trady2 demo --bars downloads/")
def demo(
    bars: Annotated[list[str] | None, typer.Option("--bars", help="Files or folders of bars; else simulated.")] = None,
    folder: Annotated[str, typer.Option(help="Where everything of the demo lies.")] = ".demo",
    as_json: Json = False,
) -> None:
    """Run everything once: bars, features, training, activation, backtest and a served prediction."""
    from flows.demo import run_demo

    result = run_demo(Path(folder), bars or [])
    print_result(result, as_json, telling.demonstrated(result))


@app.command(epilog="Example: trady2 up --port 4200")
def up(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 4200, as_json: Json = False) -> None:
    """Start a Prefect server and a worker in the background and deploy every flow."""
    from flows.console import Console
    from flows.server import up as start

    result = start(Console(), port=port)
    print_result(result, as_json, telling.is_up(result))


@app.command(epilog="Example: trady2 down")
def down(as_json: Json = False) -> None:
    """Stop what `trady2 up` started."""
    from flows.server import down as stop

    result = stop()
    print_result(result, as_json, f"stopped the worker and the Prefect server at {result['url']}")


def main() -> None:
    """Run the command; a refusal is one clear sentence and exit code 1, never a traceback."""
    try:
        app()
    except Trady2Error as error:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": {"code": type(error).__name__, "message": str(error)}}) + "\n")
        sys.stderr.write(f"trady2: {error}\n")
        sys.exit(1)


def command() -> None:
    """Run the command in a process of its own.

    LightGBM imports scikit-learn where it finds it, which takes seconds and is never used by these commands.
    """
    if len(sys.argv) > 1 and sys.argv[1] in {"train", "audit", "backtest", "activate", "rollback", "predict"}:
        sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # Python's way to say: not to be had
    main()


if __name__ == "__main__":
    command()
