"""Train a version, and backtest one."""

from __future__ import annotations

from typing import Annotated

import typer

from flows import queries, telling
from flows.commands.options import Actor, ConfigFile, Json, Name, Prefect, me, run, show

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: trady2 train --config configs/ml.example.yaml")
def train(config: ConfigFile, actor: Actor = None, as_json: Json = False, prefect: Prefect = False) -> None:
    """Train, backtest the test zone and register one version. It does not become active by itself."""
    result = run("train_model", {"config": config, "actor": me(actor)}, prefect=prefect)
    show(result, as_json, telling.trained(result))


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
    show(result, as_json, telling.backtested(result))
